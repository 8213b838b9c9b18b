//! Fields of records, facts of hosts, and the members and methods of lists and texts.

use super::{Typed, UnknownTaint, ordered, quoted};
use crate::check::commands::Origin;
use crate::check::context::Context;
use crate::check::declarations::ANSWER;
use crate::check::scope::BodyScope;
use crate::check::unknown_taint::is_verdict;
use crate::diagnostic::{Diagnostic, code};
use crate::program::types::Type;
use crate::program::{Expression, ExpressionKind, Method};
use crate::syntax::ast;
use ecow::EcoString;

const OF_LISTS: [&str; 7] = ["count", "first", "last", "max", "min", "sum", "distinct"];
const OF_TEXTS: [&str; 4] = ["lines", "number", "json", "capture"];

impl<'a> Context<'a> {
    /// `.name` of a value, with its taint.
    pub(crate) fn member(&mut self, of: Typed, name: &ast::Name) -> Typed {
        let by_unknown = of.unknown_taint.everything();
        // Facts of hosts come from the inventory.
        let outside = if matches!(of.type_of, Type::Host(_)) { Origin::Written } else { of.outside };
        let of_answer = matches!(&of.type_of, Type::Record(record) if record.name == ANSWER);
        let of_verdicts = matches!(&of.type_of, Type::List(item) if item.holds(is_verdict));
        let value = Typed { outside, ..self.plain_member(of, name) };
        match name.text.as_str() {
            // A missing value means that nothing could be observed, so the verdict is unknown.
            "value" if of_answer => Typed { unknown_taint: UnknownTaint::BOTH, absent_if_unknown: true, ..value },
            // The reason depends on the verdict, and the number of distinct verdicts depends on each of them.
            "reason" if of_answer => Typed { unknown_taint: UnknownTaint::BOTH, ..value },
            "distinct" if of_verdicts => Typed { unknown_taint: UnknownTaint::BOTH, ..value },
            _ => Typed { unknown_taint: by_unknown, ..value },
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "values of every other type have no members")]
    fn plain_member(&mut self, of: Typed, name: &ast::Name) -> Typed {
        let span = of.span().to(name.span);
        let word = name.text.as_str();
        let method = |method, type_of| {
            Typed::plain(
                Expression { kind: ExpressionKind::Method(Box::new(of.expression.clone()), method), span },
                type_of,
            )
        };
        match &of.type_of {
            Type::Invalid => Typed::invalid(span),
            Type::Record(record) => match record.field(word) {
                Some(type_of) => {
                    let kind = ExpressionKind::Field(Box::new(of.expression), name.text.clone());
                    Typed::plain(Expression { kind, span }, type_of.clone())
                }
                None => {
                    let known = record.fields.iter().map(|(field, _)| field.as_str());
                    let message = format!("`{}` has no field `{word}`", record.name);
                    self.report(self.unknown(code::UNKNOWN_FIELD, name.span, message, word, known));
                    Typed::invalid(span)
                }
            },
            Type::Host(roles) => self.host_member(&of, roles, name),
            Type::List(item) => {
                let item = item.as_ref().clone();
                let one = Type::Optional(Box::new(item.clone()));
                match word {
                    "count" => method(Method::Count, Type::Number),
                    "first" => method(Method::First, one),
                    "last" => method(Method::Last, one),
                    "distinct" if item.holds(|inner| matches!(inner, Type::Secret | Type::Json)) => {
                        let (code, what) = match item.holds(|inner| *inner == Type::Secret) {
                            true => (code::SECRET_USED, "secrets"),
                            false => (code::JSON_USED, "undecoded json"),
                        };
                        let message = format!("`distinct` compares the items, but {what} cannot be compared");
                        self.error(code, name.span, message);
                        Typed::invalid(span)
                    }
                    "distinct" => method(Method::Distinct, Type::List(Box::new(item))),
                    "max" | "min" if ordered(&item) => {
                        method(if word == "max" { Method::Max } else { Method::Min }, one)
                    }
                    "sum" if matches!(item, Type::Number | Type::Duration | Type::Size | Type::Invalid) => {
                        method(Method::Sum(item.clone()), item)
                    }
                    "max" | "min" | "sum" => {
                        let message = format!("`list<{item}>` has no property `{word}`");
                        self.error(code::UNKNOWN_FIELD, name.span, message);
                        Typed::invalid(span)
                    }
                    _ => {
                        self.report(self.unknown(
                            code::UNKNOWN_FIELD,
                            name.span,
                            format!("A list has no property `{word}`"),
                            word,
                            OF_LISTS,
                        ));
                        Typed::invalid(span)
                    }
                }
            }
            Type::Text => match word {
                "lines" => method(Method::Lines, Type::List(Box::new(Type::Text))),
                "number" => method(Method::Number, Type::Optional(Box::new(Type::Number))),
                "json" => method(Method::Json, Type::Json),
                _ => {
                    let message = format!("A text has no property `{word}`");
                    self.report(self.unknown(code::UNKNOWN_FIELD, name.span, message, word, OF_TEXTS));
                    Typed::invalid(span)
                }
            },
            Type::Optional(_) => {
                let diagnostic = self.may_be_absent(of.span());
                self.report(diagnostic);
                Typed::invalid(span)
            }
            Type::Json => {
                self.report(
                    Diagnostic::error(code::UNKNOWN_FIELD, name.span, "Undecoded json has no fields")
                        .help(format!("Extract it with `.jq(\".{word}\")`, or decode the whole value: `… as RECORD`")),
                );
                Typed::invalid(span)
            }
            other => {
                let message = format!("{} has no property `{word}`", quoted(other));
                self.error(code::UNKNOWN_FIELD, name.span, message);
                Typed::invalid(span)
            }
        }
    }

    fn host_member(&mut self, of: &Typed, roles: &[EcoString], name: &ast::Name) -> Typed {
        let span = of.span().to(name.span);
        let word = name.text.as_str();
        let fact = self.fact(roles, word).or(matches!(word, "name" | "address").then_some(Type::Text));
        let Some(type_of) = fact else {
            let declared = &self.declared.roles;
            let shapes: Vec<_> = roles.iter().filter_map(|role| declared.get(role).copied()).collect();
            let somewhere = shapes.iter().any(|shape| shape.fields.iter().any(|field| field.name.text == word));
            let diagnostic = if roles.is_empty() {
                let message = format!("`{word}` is not known of a host without a role");
                Diagnostic::error(code::UNKNOWN_FIELD, name.span, message)
                    .help("Narrow the host to a role: `… as ROLE`")
            } else if somewhere {
                let message = format!("Not every `{}` has the same fact `{word}`", of.type_of);
                Diagnostic::error(code::UNKNOWN_FIELD, name.span, message)
                    .help(format!("Test for its role first: `if … is {} {{ … }}`", roles[0]))
            } else {
                let known = shapes.iter().flat_map(|shape| &shape.fields).map(|field| field.name.text.as_str());
                let message = format!("{} has no fact `{word}`", quoted(&of.type_of));
                self.unknown(code::UNKNOWN_FIELD, name.span, message, word, known.chain(["name", "address"]))
            };
            self.report(diagnostic);
            return Typed::invalid(span);
        };
        let kind = ExpressionKind::Fact(Box::new(of.expression.clone()), name.text.clone());
        Typed::plain(Expression { kind, span }, type_of)
    }

    /// `.name(arguments)` of a value, with its taint.
    pub(crate) fn method(
        &mut self,
        body: &mut BodyScope<'a>,
        of: Typed,
        name: &ast::Name,
        arguments: &'a [ast::Argument],
    ) -> Typed {
        let by_unknown = of.unknown_taint.everything();
        let outside = of.outside;
        let value = self.plain_method(body, of, name, arguments);
        Typed { unknown_taint: value.unknown_taint.or(by_unknown), outside: outside.max(value.outside), ..value }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "values of every other type have no methods")]
    fn plain_method(
        &mut self,
        body: &mut BodyScope<'a>,
        of: Typed,
        name: &ast::Name,
        arguments: &'a [ast::Argument],
    ) -> Typed {
        let span = of.span().to(name.span);
        let (method, type_of) = match (name.text.as_str(), &of.type_of) {
            (_, Type::Invalid) => return Typed::invalid(span),
            (_, Type::Optional(_)) => {
                let diagnostic = self.may_be_absent(of.span());
                self.report(diagnostic);
                return Typed::invalid(span);
            }
            ("capture", Type::Text) => {
                let regex = self.literal_argument(arguments, name).and_then(|text| self.regex(text));
                (regex.map(Method::Capture), Type::Optional(Box::new(Type::Text)))
            }
            ("jq", Type::Json) => {
                let filter = self.literal_argument(arguments, name).and_then(|text| self.jq_filter(text));
                (filter.map(Method::Jq), Type::Json)
            }
            (word, _) if arguments.is_empty() && (OF_LISTS.contains(&word) || OF_TEXTS.contains(&word)) => {
                return self.member(of, name);
            }
            (word, other) => {
                for argument in arguments {
                    self.expression(body, &argument.value, None);
                }
                let known: &[&str] = match other {
                    Type::Text => &OF_TEXTS,
                    Type::Json => &["jq"],
                    Type::List(_) => &OF_LISTS,
                    _ => &[],
                };
                let message = format!("{} has no method `{word}`", quoted(other));
                self.report(self.unknown(code::UNKNOWN_FIELD, name.span, message, word, known.iter().copied()));
                return Typed::invalid(span);
            }
        };
        match method {
            Some(method) => {
                let kind = ExpressionKind::Method(Box::new(of.expression), method);
                Typed::plain(Expression { kind, span }, type_of)
            }
            None => Typed::invalid(span),
        }
    }

    /// The literal argument of `capture` and `jq`.
    fn literal_argument(&mut self, arguments: &'a [ast::Argument], name: &ast::Name) -> Option<&'a ast::Text> {
        let word = &name.text;
        let diagnostic = match arguments {
            [ast::Argument { label: None, value, .. }] => match &value.kind {
                ast::ExpressionKind::Text(text) => return Some(text),
                ast::ExpressionKind::Invalid => return None,
                ast::ExpressionKind::Number(_)
                | ast::ExpressionKind::Duration(_)
                | ast::ExpressionKind::Size(_)
                | ast::ExpressionKind::Percent(_)
                | ast::ExpressionKind::Path(_)
                | ast::ExpressionKind::Call(_)
                | ast::ExpressionKind::Member { .. }
                | ast::ExpressionKind::List(_)
                | ast::ExpressionKind::Comprehension(_)
                | ast::ExpressionKind::Group(_)
                | ast::ExpressionKind::Not(_)
                | ast::ExpressionKind::Negate(_)
                | ast::ExpressionKind::Binary { .. }
                | ast::ExpressionKind::As { .. }
                | ast::ExpressionKind::Is { .. }
                | ast::ExpressionKind::Conditional { .. }
                | ast::ExpressionKind::Quantifier { .. }
                | ast::ExpressionKind::Ask(_)
                | ast::ExpressionKind::Check(_)
                | ast::ExpressionKind::Run(_) => {
                    let message = format!("The argument of `{word}` must be a literal text");
                    Diagnostic::error(code::NOT_A_LITERAL, value.span, message).help("Write it as `r\"…\"` here")
                }
            },
            [] => {
                Diagnostic::error(code::MISSING_ARGUMENT, name.span, format!("`{word}` needs a text as its argument"))
            }
            [_, extra, ..] => {
                Diagnostic::error(code::EXTRA_ARGUMENT, extra.span, format!("`{word}` takes exactly one argument"))
            }
            [labelled] => {
                let message = format!("`{word}` takes its argument without a name");
                Diagnostic::error(code::UNKNOWN_PARAMETER, labelled.span, message)
            }
        };
        self.report(diagnostic);
        None
    }

    fn jq_filter(&mut self, text: &ast::Text) -> Option<EcoString> {
        let Some(filter) = text.literal() else {
            self.error(code::NOT_A_LITERAL, text.span, "A jq filter must not contain `${…}`");
            return None;
        };
        // Compiling a filter includes all definitions of jq, so each filter is compiled once.
        let known =
            self.patterns.filters.entry(filter.clone()).or_insert_with(|| crate::value::jq::check(&filter)).clone();
        match known {
            Ok(()) => Some(filter),
            Err(reason) => {
                self.error(code::BAD_PATTERN, text.span, format!("Malformed jq filter: {reason}"));
                None
            }
        }
    }
}
