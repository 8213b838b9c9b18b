//! `limit` declarations and headers.

use crate::check::context::Context;
use crate::check::scope::{BodyKind, BodyScope};
use crate::diagnostic::{Diagnostic, code};
use crate::program::types::Type;
use crate::program::{ActionLimit, Expression, ExpressionKind, LimitKey, LimitPart};
use crate::syntax::ast;
use crate::value::Class;
use ecow::EcoString;

impl<'a> Context<'a> {
    /// The `limit ACTION …` declarations.
    pub(crate) fn lower_limits(&mut self) {
        for limit in self.declared.limits.clone() {
            let Some(path) = &limit.action else {
                self.report(
                    Diagnostic::error(code::MISSING_PART, limit.span, "This limit names no action")
                        .help("Name an action: `limit host.reboot 1 per 24h per host`"),
                );
                continue;
            };
            let Some((backend, name)) = path.text.rsplit_once('.') else {
                let message = format!("`{}` is not an action: write `BACKEND.ACTION`", path.text);
                self.error(code::UNKNOWN_ACTION, path.span, message);
                continue;
            };
            let found = self.declared.backends.get(backend).copied();
            let Some(action) = found.and_then(|backend| self.action(backend, name)) else {
                let known = self.declared.backends.values().flat_map(|backend| {
                    backend.signatures.iter().map(|signature| format!("{}.{}", backend.name.text, signature.name.text))
                });
                let known: Vec<String> = known.collect();
                let message = format!("Unknown action `{}`", path.text);
                let names = known.iter().map(String::as_str);
                let diagnostic = self.unknown(code::UNKNOWN_ACTION, path.span, message, &path.text, names);
                self.report(diagnostic);
                continue;
            };
            if self.program.actions[action].class == Class::Observe {
                self.error(code::MISPLACED, path.span, "An observation needs no limit: it does no harm")
                    .help("Remove the limit");
            }
            let mut body = BodyScope::new(BodyKind::Signature, found);
            if let Some(signature) =
                found.and_then(|backend| backend.signatures.iter().find(|signature| signature.name.text == name))
            {
                let quiet = self.diagnostics.len();
                self.parameters(&mut body, &signature.parameters);
                self.diagnostics.truncate(quiet);
            }
            let parts = self.limit_parts(&mut body, limit);
            self.program.limits.push(ActionLimit { action, parts });
        }
    }

    /// The parts of a limit. A key is a parameter, a path that begins with one, or a fact of the host among the
    /// parameters.
    pub(crate) fn limit_parts(&mut self, body: &mut BodyScope<'a>, limit: &'a ast::Limit) -> Vec<LimitPart> {
        let shared = limit
            .parts
            .iter()
            .find_map(|part| if let ast::LimitPart::Key { key, .. } = part { Some(key) } else { None });
        let shared = shared.and_then(|key| self.limit_key(body, key));
        let mut parts = Vec::new();
        for part in &limit.parts {
            match part {
                ast::LimitPart::Rate { count, window, key, .. } => {
                    let key = match key {
                        Some(key) => self.limit_key(body, key),
                        None => shared.clone(),
                    };
                    let count = self.literal_count(count, "The count of a limit", 1);
                    let window = self.literal_duration(window, "The window of a limit");
                    if let (Some(count), Some(window)) = (count, window) {
                        parts.push(LimitPart::Rate { count, window, key });
                    }
                }
                ast::LimitPart::Apart { gap, .. } => {
                    if let Some(gap) = self.literal_duration(gap, "The gap of a limit") {
                        parts.push(LimitPart::Apart { gap, key: shared.clone() });
                    }
                }
                ast::LimitPart::Key { .. } => {}
            }
        }
        parts
    }

    fn limit_key(&mut self, body: &mut BodyScope<'a>, key: &'a ast::Path) -> Option<LimitKey> {
        let first = key.segments().next()?;
        if body.find(&first.text).is_some() {
            let value = self.name(body, key, None);
            let countable = value.type_of.present();
            if matches!(countable, Type::List(_) | Type::Record(_) | Type::Json | Type::Secret | Type::Nothing) {
                let message = format!("A limit can be counted per host, text or number, but not per `{countable}`");
                self.error(code::TYPE_MISMATCH, key.span, message);
            }
            return Some(LimitKey { name: key.text.clone(), value: value.expression });
        }
        // A fact of the host that the action is called on, whichever roles that host has.
        let host = body.names().into_iter().find_map(|name| match body.find(&name) {
            Some((slot, Type::Host(_))) => Some(slot),
            _ => None,
        });
        let roles = self.declared.roles.values();
        let facts: Vec<EcoString> =
            roles.flat_map(|shape| shape.fields.iter().map(|field| field.name.text.clone())).collect();
        if let Some(slot) = host
            && facts.contains(&key.text)
        {
            let local = Expression { kind: ExpressionKind::Local(slot), span: key.span };
            let kind = ExpressionKind::Fact(Box::new(local), key.text.clone());
            return Some(LimitKey { name: key.text.clone(), value: Expression { kind, span: key.span } });
        }
        let parameters = body.names();
        let known = parameters.iter().chain(&facts).map(EcoString::as_str);
        let message = format!("`{}` is neither a parameter nor a fact", key.text);
        let diagnostic = self.unknown(code::UNKNOWN_NAME, key.span, message, &key.text, known);
        self.report(diagnostic);
        None
    }
}
