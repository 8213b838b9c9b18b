//! The data exchanged with PowerShell: one request as JSON on standard input, one envelope as JSON on standard output.
//! The script in between is constant; values are data and never become part of it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The version of the format.
pub const SCHEMA: u32 = 1;

/// A request to call one cmdlet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Version of this form: [`SCHEMA`].
    pub schema: u32,
    /// Where it runs.
    pub place: Target,
    /// Its name, one of the script's list.
    pub cmdlet: String,
    /// Its parameters: a text, a number, `true` or `false` each.
    pub parameters: Map<String, Value>,
    /// Selects objects; all when absent.
    pub filter: Option<Filter>,
    /// The properties to return. A missing property is null, as in PowerShell.
    pub select: Vec<String>,
}

impl Request {
    /// A request without parameters.
    pub fn new(place: Target, cmdlet: &str) -> Self {
        let (cmdlet, parameters) = (cmdlet.to_owned(), Map::new());
        Self { schema: SCHEMA, place, cmdlet, parameters, filter: None, select: Vec::new() }
    }

    /// Adds a parameter.
    pub fn with(mut self, parameter: &str, value: impl Into<Value>) -> Self {
        self.parameters.insert(parameter.to_owned(), value.into());
        self
    }

    /// Selects the objects with a property that matches a wildcard.
    pub fn only(mut self, property: &str, like: &str) -> Self {
        self.filter = Some(Filter { property: property.to_owned(), like: like.to_owned() });
        self
    }

    /// Selects properties; their names are separated by spaces.
    pub fn select(mut self, properties: &str) -> Self {
        self.select.extend(properties.split_whitespace().map(str::to_owned));
        self
    }

    /// Whether the cmdlet changes nothing. `Invoke-MonitoringProbe` and a `Test-` cmdlet run a probe, which only reads.
    pub fn only_reads(&self) -> bool {
        ["Get-", "Test-"].iter().any(|verb| self.cmdlet.starts_with(verb)) || self.cmdlet == "Invoke-MonitoringProbe"
    }
}

/// Where a cmdlet runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Target {
    /// In a remote session with Exchange, on the first of these servers that accepts one. Without sessions the shell
    /// itself has the Exchange cmdlets.
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

/// `Where-Object { $_.PROPERTY -like PATTERN }`, on this side of the session. A missing property is `$null` and matches
/// nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// The property.
    pub property: String,
    /// A PowerShell wildcard, whatever the case: `IMAP*`.
    pub like: String,
}

/// The answer to a request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// Version of this form: [`SCHEMA`].
    pub schema: u32,
    /// Whether there was no error record.
    pub ok: bool,
    /// One object with the selected properties for each object of the pipeline.
    ///
    /// Booleans and numbers are those of JSON, times are RFC 3339 in UTC, lists are lists of texts. Everything else
    /// (enums, identities, sizes) is the text that PowerShell converts it to. An enum may also be its number.
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
    /// The stage at which it occurred.
    pub stage: ErrorStage,
    /// `FullyQualifiedErrorId`, such as `NamedParameterNotFound,Set-ImapSettings`.
    pub id: String,
    /// `CategoryInfo.Category`, such as `InvalidArgument`.
    pub category: String,
    /// Its message.
    pub message: String,
}

/// The stages of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorStage {
    /// There was no session or connection: nothing was sent to the server.
    Connect,
    /// The parameters do not fit the cmdlet: nothing was sent to the server.
    Bind,
    /// The cmdlet ran.
    Command,
}
