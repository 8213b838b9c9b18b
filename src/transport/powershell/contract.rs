//! What goes into PowerShell and what comes out: one request as JSON on standard input, one envelope as JSON on
//! standard output. The script between them is constant; values are data and never become part of it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The version of this form.
pub const SCHEMA: u32 = 1;

/// One cmdlet to be called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Version of this form: [`SCHEMA`].
    pub schema: u32,
    /// Where it is called.
    pub place: Target,
    /// Its name, one of those that the script knows.
    pub cmdlet: String,
    /// Its parameters, splatted: a text, a number, `true` or `false` each.
    pub parameters: Map<String, Value>,
    /// Which of its objects are wanted; all when absent.
    pub filter: Option<Filter>,
    /// Which properties of each are wanted. One that does not exist comes as null, as PowerShell has it.
    pub select: Vec<String>,
}

impl Request {
    /// A call of a cmdlet, without parameters yet.
    pub fn new(place: Target, cmdlet: &str) -> Self {
        let (cmdlet, parameters) = (cmdlet.to_owned(), Map::new());
        Self { schema: SCHEMA, place, cmdlet, parameters, filter: None, select: Vec::new() }
    }

    /// Adds a parameter.
    pub fn with(mut self, parameter: &str, value: impl Into<Value>) -> Self {
        self.parameters.insert(parameter.to_owned(), value.into());
        self
    }

    /// Wants only the objects whose property is like a wildcard.
    pub fn only(mut self, property: &str, like: &str) -> Self {
        self.filter = Some(Filter { property: property.to_owned(), like: like.to_owned() });
        self
    }

    /// Wants these properties, their names apart by blanks.
    pub fn select(mut self, properties: &str) -> Self {
        self.select.extend(properties.split_whitespace().map(str::to_owned));
        self
    }

    /// Whether its cmdlet changes nothing. `Invoke-MonitoringProbe` runs a probe, which only looks.
    pub fn only_reads(&self) -> bool {
        self.cmdlet.starts_with("Get-") || self.cmdlet == "Invoke-MonitoringProbe"
    }
}

/// Where a cmdlet is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Target {
    /// In a remote session with Exchange, on the first of these servers that gives one. None: the shell itself has the
    /// Exchange cmdlets.
    Exchange {
        /// Addresses such as `http://mbx2.contoso.com/PowerShell/`, in the order in which they are tried.
        sessions: Vec<String>,
    },
    /// On a computer, through `Invoke-Command -ComputerName`.
    Computer {
        /// Its DNS name.
        name: String,
    },
    /// In the shell that was started.
    Here,
}

/// `Where-Object { $_.PROPERTY -like PATTERN }`, on this side of the session. A property that does not exist is `$null`,
/// which is like nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// The property.
    pub property: String,
    /// A PowerShell wildcard, whatever the case: `IMAP*`.
    pub like: String,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// Version of this form: [`SCHEMA`].
    pub schema: u32,
    /// Whether there was no error record.
    pub ok: bool,
    /// One object with the selected properties for each object of the pipeline.
    ///
    /// Truth values and numbers are those of JSON; a time is RFC 3339 in UTC; a list is a list of texts; everything else
    /// (enums, identities, sizes) is the text that PowerShell makes of it. An enum may also come as its number.
    pub data: Vec<Map<String, Value>>,
    /// The warning stream.
    pub warnings: Vec<String>,
    /// The error records.
    pub errors: Vec<ErrorRecord>,
}

/// An error record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorRecord {
    /// What was under way.
    pub stage: ErrorStage,
    /// `FullyQualifiedErrorId`, such as `NamedParameterNotFound,Set-ImapSettings`.
    pub id: String,
    /// `CategoryInfo.Category`, such as `InvalidArgument`.
    pub category: String,
    /// Its message.
    pub message: String,
}

/// How far a call had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorStage {
    /// No session or connection was to be had: nothing was asked of the server.
    Connect,
    /// The parameters do not fit the cmdlet: nothing was asked of the server.
    Bind,
    /// The cmdlet ran.
    Command,
}
