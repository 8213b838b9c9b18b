//! The declarations of the files by name, and their types.

pub(crate) mod bodies;
pub(crate) mod goals;
pub(crate) mod hosts;
pub(crate) mod limits;
pub(crate) mod signatures;

use super::context::Context;
use super::expressions::quoted;
use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, code};
use crate::program::types::{EnumType, RecordType, Type};
use crate::source::Span;
use crate::syntax::ast;
use crate::value::ErrorKind;
use ecow::{EcoString, eco_format};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

/// Maximum nesting of records in records.
const DEEPEST_RECORD: usize = 32;

/// Declarations by name, in the order of the text.
#[derive(Default)]
pub(super) struct Declarations<'a> {
    pub roles: BTreeMap<EcoString, &'a ast::Shape>,
    pub records: BTreeMap<EcoString, &'a ast::Shape>,
    pub enums: BTreeMap<EcoString, &'a ast::Enumeration>,
    pub limits: Vec<&'a ast::Limit>,
    pub probes: Vec<&'a ast::Probe>,
    pub procedures: Vec<&'a ast::Procedure>,
    pub runbooks: Vec<&'a ast::Runbook>,
    /// The teams' own backends, then those of the catalog.
    pub backends: BTreeMap<EcoString, &'a ast::Backend>,
    /// The teams' own backends only.
    pub own_backends: Vec<&'a ast::Backend>,
    /// Indices of probes, procedures and runbooks.
    places: HashMap<EcoString, (Kind, usize)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Probe,
    Procedure,
    Runbook,
}

/// All declared enums and those of the language, to find the meaning of words without context.
#[derive(Default)]
pub(super) struct EnumWords {
    pub enums: BTreeMap<EcoString, Type>,
    pub having: BTreeMap<EcoString, Vec<Type>>,
}

impl<'a> Declarations<'a> {
    pub fn collect(trees: &[&'a ast::File], catalog: &'a Catalog, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut all = Self::default();
        let mut names: HashMap<EcoString, Span> = HashMap::new();
        for backend in catalog.backends() {
            all.backends.insert(backend.name.text.clone(), backend);
        }
        // Imports come first: a name that they have taken is reported in the file itself.
        let imported = trees.iter().skip(1).chain(trees.first());
        for name in imported.flat_map(|tree| &tree.declarations).filter_map(declared_name) {
            names.entry(name.text.clone()).or_insert(name.span);
        }
        for declaration in trees.iter().flat_map(|tree| &tree.declarations) {
            let Some(name) = declared_name(declaration) else {
                if let ast::Declaration::Limit(limit) = declaration {
                    all.limits.push(limit);
                }
                continue;
            };
            let taken = names.get(&name.text).copied().filter(|first| *first != name.span);
            let word = name.text.as_str();
            let builtin =
                builtin_type(word).is_some() || RESERVED.contains(&word) || all.backends.contains_key(&name.text);
            match taken {
                Some(first) => {
                    let message = format!("`{}` is declared twice", name.text);
                    diagnostics.push(
                        Diagnostic::error(code::DUPLICATE_NAME, name.span, message)
                            .here("declared again here")
                            .also(first, "first declared here"),
                    );
                    continue;
                }
                None if builtin => {
                    let message = format!("`{}` is already the name of a built-in type, word or backend", name.text);
                    diagnostics.push(Diagnostic::error(code::DUPLICATE_NAME, name.span, message));
                    continue;
                }
                None => {}
            }
            let key = name.text.clone();
            match declaration {
                ast::Declaration::Role(it) => drop(all.roles.insert(key, it)),
                ast::Declaration::Record(it) => drop(all.records.insert(key, it)),
                ast::Declaration::Enumeration(it) => drop(all.enums.insert(key, it)),
                ast::Declaration::Probe(it) => {
                    all.places.insert(key, (Kind::Probe, all.probes.len()));
                    all.probes.push(it);
                }
                ast::Declaration::Procedure(it) => {
                    all.places.insert(key, (Kind::Procedure, all.procedures.len()));
                    all.procedures.push(it);
                }
                ast::Declaration::Runbook(it) => {
                    all.places.insert(key, (Kind::Runbook, all.runbooks.len()));
                    all.runbooks.push(it);
                }
                ast::Declaration::Backend(it) => {
                    all.backends.insert(key, it);
                    all.own_backends.push(it);
                }
                ast::Declaration::Import(_) | ast::Declaration::Test(_) | ast::Declaration::Limit(_) => {}
            }
        }
        all
    }

    fn index_of(&self, name: &str, wanted: Kind) -> Option<usize> {
        self.places.get(name).filter(|(kind, _)| *kind == wanted).map(|(_, place)| *place)
    }

    pub fn probe_index(&self, name: &str) -> Option<usize> {
        self.index_of(name, Kind::Probe)
    }

    pub fn procedure_index(&self, name: &str) -> Option<usize> {
        self.index_of(name, Kind::Procedure)
    }

    pub fn runbook_index(&self, name: &str) -> Option<usize> {
        self.index_of(name, Kind::Runbook)
    }

    /// All names of types, for suggestions.
    fn type_names(&self) -> impl Iterator<Item = &str> {
        let plain = ["text", "number", "boolean", "duration", "size", "percent", "time", "version", "host", "list"];
        let declared = self.roles.keys().chain(self.records.keys()).chain(self.enums.keys()).map(EcoString::as_str);
        plain.into_iter().chain(["json", "secret"]).chain(declared)
    }
}

pub(super) fn verdict_type() -> Arc<EnumType> {
    static VERDICT: LazyLock<Arc<EnumType>> = LazyLock::new(|| closed("Verdict", &["passed", "failed", "unknown"]));
    VERDICT.clone()
}

/// The verdict of a probe that cannot be `unknown`. It compares like any verdict, but an unknown verdict does not
/// decide it.
pub(super) fn known_verdict_type() -> Arc<EnumType> {
    static VERDICT: LazyLock<Arc<EnumType>> = LazyLock::new(|| closed("Verdict", &["passed", "failed", "unknown"]));
    VERDICT.clone()
}

/// The outcome of a run. A run that could not tell ends `escalated`.
pub(super) fn outcome_type() -> Arc<EnumType> {
    static OUTCOME: LazyLock<Arc<EnumType>> =
        LazyLock::new(|| closed("Outcome", &["resolved", "escalated", "cancelled"]));
    OUTCOME.clone()
}

/// The outcome of a run that asks no probe, or of one whose questions were asked again.
pub(super) fn known_outcome_type() -> Arc<EnumType> {
    static OUTCOME: LazyLock<Arc<EnumType>> =
        LazyLock::new(|| closed("Outcome", &["resolved", "escalated", "cancelled"]));
    OUTCOME.clone()
}

/// The type of `e` in `catch e`.
pub(super) fn error_type() -> Type {
    let kinds: Vec<&str> = ErrorKind::ALL.iter().map(|kind| kind.as_str()).collect();
    record(
        "Error",
        [("kind", Type::Enum(closed("ErrorKind", &kinds))), ("message", Type::Text), ("action", Type::Text)],
    )
}

/// The name of the record type of `goal.answer`.
pub(super) const ANSWER: &str = "Answer";

pub(super) fn answer_type(value: Option<Type>) -> Type {
    let fields = [
        ("probe", Type::Text),
        ("verdict", Type::Enum(verdict_type())),
        ("reason", Type::Text),
        ("started", Type::Time),
        ("ended", Type::Time),
    ];
    let value = value.map(|value| ("value", Type::Optional(Box::new(value))));
    record(ANSWER, fields.into_iter().chain(value))
}

fn closed(name: &str, words: &[&str]) -> Arc<EnumType> {
    Arc::new(EnumType { name: name.into(), words: words.iter().map(|word| (*word).into()).collect(), open: false })
}

fn record(name: &str, fields: impl IntoIterator<Item = (&'static str, Type)>) -> Type {
    let fields = fields.into_iter().map(|(name, type_of)| (name.into(), type_of)).collect();
    Type::Record(Arc::new(RecordType { name: name.into(), fields }))
}

/// Names with a meaning of their own where a type or a call is expected.
const RESERVED: [&str; 10] =
    ["list", "empty", "absent", "present", "hosts", "Answer", "ErrorKind", "goal", "run", "now"];

fn builtin_type(name: &str) -> Option<Type> {
    Some(match name {
        "text" => Type::Text,
        "number" => Type::Number,
        "boolean" => Type::Boolean,
        "duration" => Type::Duration,
        "size" => Type::Size,
        "percent" => Type::Percent,
        "time" => Type::Time,
        "version" => Type::Version,
        "host" => Type::Host(Vec::new()),
        "json" => Type::Json,
        "secret" => Type::Secret,
        "Verdict" => Type::Enum(verdict_type()),
        "Outcome" => Type::Enum(outcome_type()),
        "Error" => error_type(),
        _ => return None,
    })
}

impl<'a> Context<'a> {
    /// Resolves every declared type once, used or not.
    pub fn resolve_declared_types(&mut self) {
        let roles: Vec<&'a ast::Shape> = self.declared.roles.values().copied().collect();
        for role in roles {
            for (name, type_of) in self.fields(role, None) {
                // No value of the inventory would have such a type.
                if type_of.holds(|inner| matches!(inner, Type::Record(_) | Type::Json)) {
                    let field = role.fields.iter().find(|field| field.name.text == name);
                    let span = field.map_or(role.span, |field| field.type_of.span);
                    let message = format!("A fact of a host cannot be {}", quoted(&type_of));
                    let diagnostic = Diagnostic::error(code::UNKNOWN_TYPE, span, message);
                    self.report(diagnostic.help("Declare several facts instead, with simple types or lists of them"));
                }
            }
        }
        let records: Vec<&'a ast::Shape> = self.declared.records.values().copied().collect();
        for shape in records {
            self.record(&shape.name.text.clone(), shape, None, shape.name.span);
        }
        let enums: Vec<&'a ast::Enumeration> = self.declared.enums.values().copied().collect();
        for enumeration in enums {
            self.enumeration(&enumeration.name.text.clone(), enumeration);
        }
        for backend in self.declared.own_backends.clone() {
            for shape in &backend.records {
                self.record(&qualified(backend, &shape.name.text), shape, Some(backend), shape.name.span);
            }
            for enumeration in &backend.enumerations {
                self.enumeration(&qualified(backend, &enumeration.name.text), enumeration);
            }
        }
    }

    /// The facts of a role or the fields of a record. Duplicate names are errors.
    pub fn fields(&mut self, shape: &'a ast::Shape, inside: Option<&'a ast::Backend>) -> Vec<(EcoString, Type)> {
        let mut fields: Vec<(EcoString, Type)> = Vec::with_capacity(shape.fields.len());
        let mut seen: HashSet<&EcoString> = HashSet::new();
        for field in &shape.fields {
            if !seen.insert(&field.name.text) {
                let message = format!("`{}` has two fields named `{}`", shape.name.text, field.name.text);
                self.error(code::DUPLICATE_NAME, field.name.span, message).help("Rename one of them");
                continue;
            }
            let type_of = self.type_of(&field.type_of, inside);
            fields.push((field.name.text.clone(), type_of));
        }
        fields
    }

    /// A record by its plain or qualified name, for its constructor.
    pub fn record_named(&mut self, name: &EcoString, span: Span, inside: Option<&'a ast::Backend>) -> Type {
        self.plain_type(name, span, inside)
    }

    fn record(
        &mut self,
        key: &EcoString,
        shape: &'a ast::Shape,
        inside: Option<&'a ast::Backend>,
        asked_at: Span,
    ) -> Type {
        match self.types.get(key) {
            Some(Some(known)) => return known.clone(),
            Some(None) => {
                let message = format!("The record `{}` contains itself", shape.name.text);
                self.report(Diagnostic::error(code::RECURSION, asked_at, message).help("Use a list of names instead"));
                return Type::Invalid;
            }
            None => {}
        }
        if self.open_records == DEEPEST_RECORD {
            let message = format!("Records contain records more than {DEEPEST_RECORD} levels deep here");
            self.error(code::TOO_DEEP, asked_at, message);
            return Type::Invalid;
        }
        self.types.insert(key.clone(), None);
        self.open_records += 1;
        let fields = self.fields(shape, inside);
        self.open_records -= 1;
        let resolved = Type::Record(Arc::new(RecordType { name: shape.name.text.clone(), fields }));
        self.types.insert(key.clone(), Some(resolved.clone()));
        resolved
    }

    fn enumeration(&mut self, key: &EcoString, enumeration: &'a ast::Enumeration) -> Type {
        if let Some(Some(known)) = self.types.get(key) {
            return known.clone();
        }
        let mut words: Vec<EcoString> = Vec::with_capacity(enumeration.words.len());
        let mut seen: HashSet<&EcoString> = HashSet::new();
        for word in &enumeration.words {
            if !seen.insert(&word.text) {
                let message = format!("`{}` has the word `{}` twice", enumeration.name.text, word.text);
                self.error(code::DUPLICATE_NAME, word.span, message).help("Remove one of them");
            } else {
                words.push(word.text.clone());
            }
        }
        let name = enumeration.name.text.clone();
        let resolved = Type::Enum(Arc::new(EnumType { name, words, open: enumeration.open }));
        self.types.insert(key.clone(), Some(resolved.clone()));
        resolved
    }

    /// A type. `inside` is the backend whose file contains it. `a or b` joins roles; `or empty` is left to signatures.
    pub fn type_of(&mut self, written: &'a ast::Type, inside: Option<&'a ast::Backend>) -> Type {
        let mut alternatives = written.alternatives.iter();
        let Some(first) = alternatives.next() else { return Type::Invalid };
        let mut joined = self.type_named(first, inside);
        for other in alternatives.filter(|other| other.path.text != "empty") {
            let next = self.type_named(other, inside);
            joined = match (joined, next) {
                (Type::Host(mut roles), Type::Host(more)) if !roles.is_empty() && !more.is_empty() => {
                    roles.extend(more);
                    roles.sort();
                    roles.dedup();
                    Type::Host(roles)
                }
                (Type::Invalid, _) | (_, Type::Invalid) => Type::Invalid,
                _ => {
                    let message = "Only roles can be joined by `or`";
                    self.error(code::UNKNOWN_TYPE, other.span, message);
                    Type::Invalid
                }
            };
        }
        joined
    }

    pub fn type_named(&mut self, written: &'a ast::TypeName, inside: Option<&'a ast::Backend>) -> Type {
        let name = &written.path.text;
        let plain = match (name.as_str(), &written.inner) {
            ("list", Some(inner)) => Type::List(Box::new(self.type_of(inner, inside))),
            ("list", None) => {
                let message = "Missing item type of `list`";
                self.report(
                    Diagnostic::error(code::UNKNOWN_TYPE, written.span, message)
                        .help("Write, for example, `list<text>`"),
                );
                Type::Invalid
            }
            (_, Some(inner)) => {
                self.error(
                    code::UNKNOWN_TYPE,
                    inner.span,
                    format!("`{name}` takes no type parameter: only `list` does"),
                );
                Type::Invalid
            }
            _ => self.plain_type(name, written.path.span, inside),
        };
        if written.optional && plain != Type::Invalid { Type::Optional(Box::new(plain)) } else { plain }
    }

    fn plain_type(&mut self, name: &EcoString, span: Span, inside: Option<&'a ast::Backend>) -> Type {
        if let Some(builtin) = builtin_type(name) {
            return builtin;
        }
        if let Some((backend, own)) = name.split_once('.') {
            if let Some(backend) = self.declared.backends.get(backend).copied()
                && let Some(found) = self.type_in(backend, own, span)
            {
                return found;
            }
        } else if let Some(found) = inside.and_then(|backend| self.type_in(backend, name, span)) {
            return found;
        }
        if self.declared.roles.contains_key(name) {
            return Type::Host(vec![name.clone()]);
        }
        if let Some(shape) = self.declared.records.get(name).copied() {
            return self.record(name, shape, None, span);
        }
        if let Some(enumeration) = self.declared.enums.get(name).copied() {
            return self.enumeration(name, enumeration);
        }
        // The plain name of a backend's type, where only one backend has it.
        let having: Vec<&'a ast::Backend> =
            self.declared.backends.values().copied().filter(|backend| has_type(backend, name)).collect();
        if let [backend] = having.as_slice()
            && let Some(found) = self.type_in(backend, name, span)
        {
            return found;
        }
        let message = format!("Unknown type, role, record or enum `{name}`");
        let diagnostic = self.unknown(code::UNKNOWN_TYPE, span, message, name, self.declared.type_names());
        self.report(diagnostic);
        Type::Invalid
    }

    fn type_in(&mut self, backend: &'a ast::Backend, name: &str, span: Span) -> Option<Type> {
        let key = qualified(backend, name);
        if let Some(shape) = backend.records.iter().find(|shape| shape.name.text == name) {
            return Some(self.record(&key, shape, Some(backend), span));
        }
        let enumeration = backend.enumerations.iter().find(|enumeration| enumeration.name.text == name)?;
        Some(self.enumeration(&key, enumeration))
    }

    /// The common facts of several roles: those that all roles declare with the same type.
    pub fn fact(&mut self, roles: &[EcoString], fact: &str) -> Option<Type> {
        let mut found: Option<Type> = None;
        for role in roles {
            let shape = self.declared.roles.get(role).copied()?;
            let field = shape.fields.iter().find(|field| field.name.text == fact)?;
            // Every role was resolved at the start, so nothing is reported twice.
            let quiet = self.diagnostics.len();
            let type_of = self.type_of(&field.type_of, None);
            self.diagnostics.truncate(quiet);
            match &found {
                Some(known) if *known != type_of => return None,
                _ => found = Some(type_of),
            }
        }
        found
    }

    /// The enums for words without context.
    pub fn enum_words(&mut self) -> Rc<EnumWords> {
        if let Some(known) = &self.words {
            return known.clone();
        }
        let declared: Vec<(EcoString, &'a ast::Enumeration)> =
            self.declared.enums.iter().map(|(name, it)| (name.clone(), *it)).collect();
        let mut words = EnumWords::default();
        let of_the_language = [verdict_type(), outcome_type()].map(Type::Enum);
        let all = declared.into_iter().map(|(name, it)| self.enumeration(&name, it)).chain(of_the_language);
        for type_of in all {
            let Type::Enum(enumeration) = &type_of else { continue };
            for word in &enumeration.words {
                words.having.entry(word.clone()).or_default().push(type_of.clone());
            }
            words.enums.insert(enumeration.name.clone(), type_of.clone());
        }
        self.words.insert(Rc::new(words)).clone()
    }
}

/// The name that a declaration takes.
fn declared_name(declaration: &ast::Declaration) -> Option<&ast::Name> {
    match declaration {
        ast::Declaration::Import(_) | ast::Declaration::Test(_) | ast::Declaration::Limit(_) => None,
        ast::Declaration::Role(it) | ast::Declaration::Record(it) => Some(&it.name),
        ast::Declaration::Enumeration(it) => Some(&it.name),
        ast::Declaration::Probe(it) => Some(&it.name),
        ast::Declaration::Procedure(it) => Some(&it.name),
        ast::Declaration::Runbook(it) => Some(&it.name),
        ast::Declaration::Backend(it) => Some(&it.name),
    }
}

fn qualified(backend: &ast::Backend, name: &str) -> EcoString {
    eco_format!("{}.{name}", backend.name.text)
}

fn has_type(backend: &ast::Backend, name: &str) -> bool {
    backend.records.iter().any(|shape| shape.name.text == name)
        || backend.enumerations.iter().any(|enumeration| enumeration.name.text == name)
}
