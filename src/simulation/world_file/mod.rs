//! World files: the modelled system, its state at the start, and its faults.
//!
//! A world may extend another: its groups are merged into those of the other, and any other value replaces the one of
//! the other.

use super::exchange;
use super::exchange::ModelDuration;
use crate::diagnostic::{Diagnostic, code};
use crate::source::{FileError, FileId, SourceFile, SourceMap, Span};
use crate::value::Timestamp;
use crate::yaml;
use crate::yaml::{Kind, Node, Reader};
use serde::Deserialize;
use serde::de::{self, Deserializer, Error as _, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// The longest chain of worlds that extend each other.
const MOST_EXTENDED: usize = 8;

/// A world file, merged with those that it extends.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct WorldFile {
    /// A description in one line.
    pub title: Option<String>,
    /// The seed of the random numbers: durations are drawn from ranges.
    pub seed: u64,
    /// The time at the start.
    #[cfg_attr(feature = "schema", schemars(with = "String", extend("format" = "date-time")))]
    #[serde(deserialize_with = "read_time")]
    pub start: Timestamp,
    /// The alert that starts the run.
    pub alert: Option<WorldAlert>,
    /// Alerts that come later; each starts a run of its own in the same world.
    pub further_alerts: Vec<FurtherAlert>,
    /// Which contacts can be reached.
    pub contacts: Contacts,
    /// The people who answer questions.
    pub people: Vec<PersonSettings>,
    /// How long after the start the run is cancelled.
    pub cancelled_after: Option<ModelDuration>,
    /// The modelled Exchange.
    pub exchange: exchange::Settings,
    /// The path of the inventory, resolved from the folder of the file that names it.
    #[serde(skip)]
    pub inventory: Option<PathBuf>,
}

fn read_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = String::deserialize(deserializer)?;
    let wrong = || D::Error::custom(format!("`{text}` is not a time, such as `2026-01-31T03:00:00Z`"));
    text.parse().map_err(|_| wrong())
}

impl Default for WorldFile {
    fn default() -> Self {
        Self {
            title: None,
            seed: 1,
            // A Monday at three in the morning. It is fixed, so that a run can be repeated.
            start: Timestamp::constant(1_768_186_800, 0),
            alert: None,
            further_alerts: Vec::new(),
            contacts: Contacts::default(),
            people: Vec::new(),
            cancelled_after: None,
            exchange: exchange::Settings::default(),
            inventory: None,
        }
    }
}

/// The alert of a world.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WorldAlert {
    /// Its name.
    pub name: String,
    /// Its labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

/// An alert that comes after the first one.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FurtherAlert {
    /// Its name.
    pub name: String,
    /// Its labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// How long after the start it comes.
    #[serde(default)]
    pub after: ModelDuration,
}

/// Which contacts can be reached.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Contacts {
    /// The contacts that cannot be reached: `all`, or their names.
    pub unreachable: Unreachable,
}

/// Contacts that cannot be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreachable {
    /// All of them.
    All,
    /// These.
    Named(Vec<String>),
}

impl Default for Unreachable {
    fn default() -> Self {
        Self::Named(Vec::new())
    }
}

impl<'de> Deserialize<'de> for Unreachable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Unreachable;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`all` or a list of contacts")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Unreachable, E> {
                match text {
                    "all" => Ok(Unreachable::All),
                    name => Ok(Unreachable::Named(vec![name.to_owned()])),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Unreachable, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = items.next_element()? {
                    names.push(name);
                }
                Ok(Unreachable::Named(names))
            }
        }
        deserializer.deserialize_any(Names)
    }
}

/// A person who answers questions.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PersonSettings {
    /// A text that the question must contain; empty for every question.
    #[serde(default)]
    pub question: String,
    /// The answer: one of the choices; `approve` or `deny`, or `done` or `failed`.
    pub answer: String,
    /// The time until the answer.
    #[serde(default)]
    pub after: ModelDuration,
    /// The name of the person who answers; no more names than people who can approve one prompt.
    #[serde(default)]
    pub by: Vec<String>,
}

impl PersonSettings {
    /// A person who gives one answer to every question.
    pub fn answering(answer: &str, after: ModelDuration) -> Self {
        Self { question: String::new(), answer: answer.to_owned(), after, by: Vec::new() }
    }
}

/// Reads a world and those that it extends. Adds their texts to `sources`. Returns the diagnostics if there is any.
pub fn load(
    path: &Path,
    read: &dyn Fn(&Path) -> Result<String, FileError>,
    sources: &mut SourceMap,
) -> Result<WorldFile, Vec<Diagnostic>> {
    let mut loading = Loading { read, sources, reader: Reader::new(), inventory: None, known: Vec::new() };
    let root = loading.layer(path, None);
    let Loading { mut reader, inventory, .. } = loading;
    let world = root.and_then(|root| reader.decode::<WorldFile>(root.span.before(), &root));
    match world {
        Some(world) if reader.diagnostics.is_empty() => Ok(WorldFile { inventory, ..world }),
        _ => Err(reader.diagnostics),
    }
}

struct Loading<'l> {
    read: &'l dyn Fn(&Path) -> Result<String, FileError>,
    sources: &'l mut SourceMap,
    reader: Reader,
    /// From the outermost file that names one.
    inventory: Option<PathBuf>,
    known: Vec<PathBuf>,
}

impl Loading<'_> {
    /// A file, merged with those that it extends. `from` is the position of its name.
    fn layer(&mut self, path: &Path, from: Option<Span>) -> Option<Node> {
        let text = match (self.read)(path) {
            Ok(text) => text,
            Err(error) => {
                let span = from.unwrap_or_else(|| {
                    let file = self.sources.add(SourceFile::new(path.to_string_lossy().into_owned(), ""));
                    Span::new(file, 0, 0)
                });
                let message = format!("`{}` {error}", path.display());
                self.reader.diagnostics.push(Diagnostic::error(code::UNREADABLE_FILE, span, message));
                return None;
            }
        };
        if let Some(span) = from.filter(|_| self.known.iter().any(|known| known == path)) {
            self.reader.error(span, format!("`{}` extends itself", path.display()));
            return None;
        }
        if let Some(span) = from.filter(|_| self.known.len() >= MOST_EXTENDED) {
            self.reader.error(span, format!("Too many extended world files (limit {MOST_EXTENDED})"));
            return None;
        }
        self.known.push(path.to_owned());
        let file: FileId = self.sources.add(SourceFile::new(path.to_string_lossy().into_owned(), text.as_str()));
        let mut node = yaml::parse(file, &text, &mut self.reader.diagnostics)?;
        let inventory = self.take(&mut node, "inventory");
        if let Some((written, _)) = inventory {
            self.inventory.get_or_insert_with(|| beside(path, &written));
        }
        match self.take(&mut node, "extends") {
            Some((written, span)) => {
                let base = self.layer(&beside(path, &written), Some(span))?;
                Some(merge(node, base))
            }
            None => Some(node),
        }
    }

    /// Removes an entry with a path from a file.
    fn take(&mut self, node: &mut Node, name: &str) -> Option<(String, Span)> {
        let Kind::Map(entries) = &mut node.kind else { return None };
        let at = entries.iter().position(|(key, _)| key.text() == Some(name))?;
        let (_, value) = entries.remove(at);
        self.reader.text(&value, name).map(|text| (text.to_owned(), value.span))
    }
}

/// The path that a file names.
fn beside(file: &Path, written: &str) -> PathBuf {
    let path = file.parent().unwrap_or(Path::new("")).join(written);
    // Normalised: `worlds/../rectify.yaml` is `rectify.yaml`, so that a file has one name.
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir
                if plain
                    .components()
                    .next_back()
                    .is_some_and(|last| matches!(last, std::path::Component::Normal(_))) =>
            {
                plain.pop();
            }
            std::path::Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// Merges the groups of a world into those of another; any other value replaces the one of the other.
fn merge(top: Node, base: Node) -> Node {
    match (top.kind, base.kind) {
        (Kind::Map(top_entries), Kind::Map(mut entries)) => {
            for (key, value) in top_entries {
                let at = entries.iter().position(|(known, _)| known.text() == key.text());
                match at {
                    Some(at) => {
                        let (_, below) = entries.remove(at);
                        entries.insert(at, (key, merge(value, below)));
                    }
                    None => entries.push((key, value)),
                }
            }
            Node { span: top.span, kind: Kind::Map(entries) }
        }
        (kind, _) => Node { span: top.span, kind },
    }
}

#[cfg(test)]
mod tests;
