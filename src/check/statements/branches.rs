//! `if` and `match`: exhaustiveness, flow, and what an unknown verdict may decide.

use crate::check::approvals::reason;
use crate::check::context::Context;
use crate::check::expressions::{UnknownTaint, quoted};
use crate::check::scope::{BodyScope, Narrowing};
use crate::check::statements::BranchEnd;
use crate::check::unknown_taint::{OpenConditions, SettledQuestions, is_verdict, known_type, unknown_word};
use crate::diagnostic::{Diagnostic, code, name_list};
use crate::program::types::{EnumType, Type};
use crate::program::{Block, Statement, StatementKind};
use crate::source::Span;
use crate::syntax::ast;
use crate::syntax::ast::{AmountKind, Pattern};
use crate::value::{Class, Value};
use ecow::EcoString;
use std::collections::HashMap;

/// The ways out of a branching statement.
#[derive(Default)]
pub(super) struct BranchOutcomes {
    /// Whether some branch falls through.
    some_complete: bool,
    /// Whether some branch diverges.
    some_leave: bool,
    /// Conditions through which an unknown verdict leads to what follows, if another branch diverges.
    deciding: OpenConditions,
    /// The same for conditions inside the branches.
    inside: OpenConditions,
    /// Whether some branch falls through without an approval.
    some_unapproved: bool,
    /// What is settled in every branch that falls through.
    settled: Option<SettledQuestions>,
}

impl BranchOutcomes {
    /// Adds a branch. One that may end the run can do so although control may reach its end.
    pub(super) fn add(&mut self, end: BranchEnd, ends: bool, entered_by: OpenConditions) {
        self.some_leave |= ends;
        if end.completes {
            self.some_complete = true;
            self.some_unapproved |= !end.approved;
            self.settled = Some(self.settled.map_or(end.settled, |settled| settled.both(end.settled)));
            self.deciding = self.deciding.or(end.open);
            if entered_by != end.open {
                self.inside = self.inside.or(end.open);
            }
        } else {
            self.some_leave = true;
        }
    }

    /// What follows depends on a condition only where a branch diverges.
    fn after(&self, before: OpenConditions) -> OpenConditions {
        if self.some_leave { self.deciding } else { before.or(self.inside) }
    }

    /// The state where the branches meet; `approvals` is the number of approvals before them.
    pub(super) fn meet(&self, body: &mut BodyScope<'_>, before: OpenConditions, approvals: usize) {
        body.place.open = self.after(before);
        body.place.settled = self.settled.unwrap_or(body.place.settled);
        body.place.approved = !self.some_unapproved;
        if self.some_unapproved {
            body.approvals.lose(approvals, reason::BRANCH);
        }
    }
}

impl<'a> Context<'a> {
    pub(crate) fn if_else(
        &mut self,
        body: &mut BodyScope<'a>,
        branches: &'a [(ast::Expression, ast::Block)],
        otherwise: Option<&'a ast::Block>,
    ) -> (StatementKind, bool) {
        let before = body.place.open;
        let approvals = body.approvals.count();
        let outer = body.enter();
        let mut ways = BranchOutcomes::default();
        let mut place = body.place;
        let mut lowered = Vec::with_capacity(branches.len());
        let mut only = (Narrowing::default(), true);
        let mut observes = false;
        let mut guarded: Option<Span> = None;
        for (written, block) in branches {
            let observations = body.observations;
            let condition = self.expect(body, written, &Type::Boolean);
            observes |= body.observations > observations;
            let mark = body.enter();
            body.narrow_types(&condition.narrowing.when_true);
            let mut here = self.decided(place, body, condition.unknown_taint, condition.span());
            if self.is_failed_goal(body, written) {
                here.goal_failed = Some((written.ungrouped().span, body.changes));
            }
            let ((block, end, class), ends) =
                self.noting_endings(body, |context, body| context.measured_branch(body, block, here));
            body.leave(mark);
            if observes && end.completes && class >= Class::Disrupt {
                guarded = guarded.or(Some(condition.span()));
            }
            ways.add(end, ends, here.open);
            // Later branches are reached because this condition did not hold.
            place = self.decided(place, body, condition.unknown_taint.not(), condition.span());
            body.narrow_types(&condition.narrowing.when_false);
            only = (condition.narrowing, end.completes);
            lowered.push((condition.expression, block));
        }
        let mut else_leaves = false;
        let otherwise = match otherwise {
            Some(block) => {
                let ((block, end), ends) =
                    self.noting_endings(body, |context, body| context.branch(body, block, place));
                ways.add(end, ends, place.open);
                else_leaves = !end.completes;
                Some(block)
            }
            None => {
                if let Some(condition) = guarded {
                    self.report(
                        Diagnostic::error(
                            code::GUARD_WITHOUT_ELSE,
                            condition,
                            "A disruption depends on this condition, but there is no `else`",
                        )
                        .help("Add `else { … }` and say in it what happens otherwise, at least with `notify` or `escalate`"),
                    );
                }
                ways.add(BranchEnd::falling_through(place), false, place.open);
                None
            }
        };
        body.leave(outer);
        // After `if x is absent { escalate … }`, `x` is present. With `else`, the reverse.
        if branches.len() == 1 {
            let (narrowing, completes) = only;
            match (completes, else_leaves) {
                (false, false) => body.narrow_types(&narrowing.when_false),
                (true, true) => body.narrow_types(&narrowing.when_true),
                _ => {}
            }
        }
        ways.meet(body, before, approvals);
        (StatementKind::If { branches: lowered, otherwise }, ways.some_complete)
    }

    /// `temporarily … if CONDITION`: a branch with one change, which belongs to the block around it.
    ///
    /// It needs no `else` where an observation decides about a disruption: the line itself says what may be left out.
    pub(crate) fn temporarily_if(
        &mut self,
        body: &mut BodyScope<'a>,
        what: &'a ast::Subject,
        condition: &'a ast::Expression,
        keep_on_failure: bool,
        span: Span,
    ) -> (StatementKind, bool) {
        let before = body.place;
        let approvals = body.approvals.count();
        let condition = self.expect(body, condition, &Type::Boolean);
        body.forget_expression();
        let mark = body.enter();
        body.narrow_types(&condition.narrowing.when_true);
        let mut ways = BranchOutcomes::default();
        body.place = self.decided(before, body, condition.unknown_taint, condition.span());
        let entered_by = body.place.open;
        let node = self.node();
        let ((kind, completes), ends) =
            self.noting_endings(body, |context, body| context.temporarily(body, what, None, keep_on_failure, span));
        ways.add(BranchEnd { completes, ..BranchEnd::falling_through(body.place) }, ends, entered_by);
        body.leave(mark);
        let without = self.decided(before, body, condition.unknown_taint.not(), condition.span());
        ways.add(BranchEnd::falling_through(without), false, without.open);
        body.place = before;
        body.approvals.lose(approvals, reason::CONDITION);
        ways.meet(body, before.open, approvals);
        let change = Block { statements: vec![Statement { node, span, kind }] };
        (StatementKind::TemporarilyIf { condition: condition.expression, change }, true)
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "values of every other type cannot be matched")]
    pub(crate) fn match_value(
        &mut self,
        body: &mut BodyScope<'a>,
        value: &'a ast::Expression,
        arms: &'a [ast::Arm],
        span: Span,
    ) -> (StatementKind, bool) {
        let before = body.place.open;
        let approvals = body.approvals.count();
        let (subject, typed) = self.subject(body, value);
        let type_of = match &typed.type_of {
            Type::Optional(_) => {
                let diagnostic = self.may_be_absent(value.span);
                self.report(diagnostic);
                Type::Invalid
            }
            Type::Enum(_) | Type::Text | Type::Number | Type::Boolean | Type::Duration | Type::Size | Type::Percent => {
                typed.type_of.clone()
            }
            Type::Invalid => Type::Invalid,
            other => {
                let message =
                    format!("{} cannot be matched: only words, texts, numbers and quantities can", quoted(other));
                self.error(code::NOT_COMPARABLE, value.span, message);
                Type::Invalid
            }
        };
        let verdict = is_verdict(&type_of);
        self.note_questions(body, value, UnknownTaint { when_true: false, when_false: true });
        let mut known: Vec<(EcoString, Type)> = Vec::new();
        if let ast::ExpressionKind::Path(path) = &value.kind
            && verdict
        {
            known.push((path.text.clone(), known_type(&type_of)));
        }
        let prompt = if let ast::ExpressionKind::Ask(prompt) = &value.kind { Some(prompt) } else { None };
        let default = prompt.and_then(|prompt| Some(prompt.default.as_ref()?.text.as_str()));
        // Whether every arm that an unknown verdict can take diverges.
        let mut turned_away = true;
        let mut ways = BranchOutcomes::default();
        let mut seen: HashMap<String, Span> = HashMap::new();
        let mut lowered: Vec<(Vec<Value>, Block)> = Vec::new();
        let mut otherwise: Option<(Block, Span)> = None;
        let unknown = unknown_word(&type_of).unwrap_or("unknown");
        // An outcome may be `escalated` for other reasons.
        let is_plain_verdict = verdict && unknown == "unknown";
        let is_unknown = |path: &ast::Path| path.text.rsplit('.').next() == Some(unknown);
        let mut patterns = arms.iter().flat_map(|arm| &arm.patterns);
        let names_unknown = patterns.any(|pattern| matches!(pattern, Pattern::Word(path) if is_unknown(path)));
        for arm in arms {
            let mut values = Vec::new();
            for pattern in &arm.patterns {
                if let Some(value) = self.pattern(pattern, &type_of) {
                    let at = pattern_span(pattern);
                    match seen.get(&case(&value)).copied() {
                        Some(first) => {
                            let message = format!("Duplicate case `{value}`");
                            self.report(
                                Diagnostic::error(code::DUPLICATE_ARM, at, message).also(first, "first given here"),
                            );
                        }
                        None => drop(seen.insert(case(&value), at)),
                    }
                    values.push(value);
                }
            }
            let is_else = arm.patterns.is_empty();
            let holds = |value: Value| values.contains(&value) || is_else && !seen.contains_key(&case(&value));
            let by_unknown = if verdict {
                // A verdict that an unknown verdict has chosen can be any word.
                let here = values.contains(&Value::word(unknown)) || is_else && !names_unknown;
                UnknownTaint { when_true: here || typed.unknown_taint.any(), when_false: !here }
            } else if type_of == Type::Boolean {
                let here = typed.unknown_taint.when_true && holds(Value::Boolean(true))
                    || typed.unknown_taint.when_false && holds(Value::Boolean(false));
                UnknownTaint { when_true: here, when_false: typed.unknown_taint.any() && !here }
            } else {
                UnknownTaint { when_true: typed.unknown_taint.any(), when_false: false }
            };
            let mut here = self.decided(body.place, body, by_unknown, value.span);
            if verdict
                && self.is_goal(body, value)
                && values.iter().all(|value| *value == Value::word("failed"))
                && !is_else
            {
                here.goal_failed = Some((arm.span, body.changes));
            }
            // An arm for `unknown` alone, or an `else` that is left with it alone.
            here.only_unknown |= is_plain_verdict
                && match is_else {
                    true => {
                        !names_unknown
                            && ["passed", "failed"].iter().all(|word| seen.contains_key(&case(&Value::word(*word))))
                    }
                    false => values.iter().all(|value| *value == Value::word("unknown")),
                };
            if let (Some(default), false) = (default, is_else)
                && !values.contains(&Value::word(default))
            {
                // A person has chosen this arm: silence takes the default.
                here.open = OpenConditions::default();
                here.settled = SettledQuestions::EVERYTHING;
            }
            let mark = body.enter();
            if !by_unknown.when_true {
                body.narrow_types(&known);
            }
            let ((block, end), ends) =
                self.noting_endings(body, |context, body| context.branch(body, &arm.block, here));
            body.leave(mark);
            turned_away &= !(by_unknown.when_true && end.completes);
            ways.add(end, ends, here.open);
            if !is_else {
                lowered.push((values, block));
            } else if let Some((_, first)) = &otherwise {
                let first = *first;
                let message = "Duplicate `else`";
                self.report(Diagnostic::error(code::DUPLICATE_ARM, arm.span, message).also(first, "first given here"));
            } else {
                otherwise = Some((block, arm.span));
            }
        }
        let complete = self.exhaustive(&type_of, &seen, otherwise.as_ref().map(|(_, span)| *span), span);
        ways.some_complete |= !complete;
        ways.meet(body, before, approvals);
        if turned_away {
            body.narrow_types(&known);
        }
        let otherwise = otherwise.map(|(block, _)| block);
        (StatementKind::Match { subject, arms: lowered, otherwise }, ways.some_complete)
    }

    /// What `lower` returns, and whether the statements that it lowers may end the run for another reason than an unknown
    /// verdict.
    pub(crate) fn noting_endings<T>(
        &mut self,
        body: &mut BodyScope<'a>,
        lower: impl FnOnce(&mut Self, &mut BodyScope<'a>) -> T,
    ) -> (T, bool) {
        let outer = std::mem::take(&mut body.may_end);
        let lowered = lower(self, body);
        let ends = std::mem::replace(&mut body.may_end, outer);
        body.may_end |= ends;
        (lowered, ends)
    }

    /// Whether every case has an arm. Reports missing cases.
    #[expect(clippy::wildcard_enum_match_arm, reason = "every other type has too many values to list")]
    fn exhaustive(
        &mut self,
        type_of: &Type,
        seen: &HashMap<String, Span>,
        otherwise: Option<Span>,
        span: Span,
    ) -> bool {
        let head = Span::new(span.file, span.start, span.start + 5);
        let words: Option<(Vec<EcoString>, bool)> = match type_of {
            Type::Enum(words) => Some((words.words.clone(), words.open)),
            Type::Boolean => Some((vec!["true".into(), "false".into()], false)),
            Type::Invalid => return otherwise.is_some() || !seen.is_empty(),
            _ => None,
        };
        let missing: Vec<EcoString> = words.as_ref().map_or_else(Vec::new, |(words, _)| {
            words.iter().filter(|word| !seen.contains_key(word.as_str())).cloned().collect()
        });
        match (words, otherwise) {
            (Some((_, false)), Some(span)) if missing.is_empty() => {
                let message = "Unreachable `else`: every word already has an arm";
                self.error(code::DUPLICATE_ARM, span, message).help("Remove one of them");
            }
            (Some((_, false)), None) if !missing.is_empty() => {
                let message = format!("Missing cases in this match: {}", name_list(&missing));
                let help = format!("Add `{} {{ … }}`, or `else {{ … }}`", missing.join(", "));
                self.report(Diagnostic::error(code::NOT_EXHAUSTIVE, head, message).help(help));
                return false;
            }
            (Some((_, true)), None) => {
                let message = format!("Missing `else`: `{type_of}` is an open enum, which may have other words");
                self.report(Diagnostic::error(code::NOT_EXHAUSTIVE, head, message).help("Add `else { … }`"));
                return false;
            }
            (None, None) => {
                let message = format!("Missing `else`: the arms do not cover every `{type_of}`");
                self.report(Diagnostic::error(code::NOT_EXHAUSTIVE, head, message).help("Add `else { … }`"));
                return false;
            }
            _ => {}
        }
        true
    }

    fn pattern(&mut self, pattern: &'a Pattern, type_of: &Type) -> Option<Value> {
        let value = match pattern {
            Pattern::Word(path) => return self.pattern_word(path, type_of),
            Pattern::Text(text) => (Value::Text(self.literal(text, "A case of `match`")), Type::Text),
            Pattern::Amount(amount) => match &amount.kind {
                AmountKind::Number(number) => (Value::Number(*number), Type::Number),
                AmountKind::Duration(duration) => (Value::Duration(*duration), Type::Duration),
                AmountKind::Size(bytes) => (Value::Size(*bytes), Type::Size),
                AmountKind::Percent(percent) => (Value::Percent(*percent), Type::Percent),
                AmountKind::Name(path) => return self.pattern_word(path, type_of),
                AmountKind::Invalid => return None,
            },
        };
        if *type_of != Type::Invalid && value.1 != *type_of {
            let message = format!("The matched value is {}, but this case is {}", quoted(type_of), quoted(&value.1));
            let mut diagnostic = Diagnostic::error(code::TYPE_MISMATCH, pattern_span(pattern), message);
            if matches!((type_of, &value.1), (Type::Enum(_), Type::Text)) {
                diagnostic = diagnostic.help("Write a word of an enum without quotes");
            }
            self.report(diagnostic);
            return None;
        }
        Some(value.0)
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "only booleans and enums have words")]
    fn pattern_word(&mut self, path: &ast::Path, type_of: &Type) -> Option<Value> {
        let text = path.text.as_str();
        match type_of {
            Type::Invalid => None,
            Type::Boolean if text == "true" || text == "false" => Some(Value::Boolean(text == "true")),
            Type::Enum(words) => {
                let word = text.strip_prefix(&format!("{}.", words.name)).unwrap_or(text);
                if words.words.iter().any(|known| known == word) {
                    return Some(Value::word(word));
                }
                let diagnostic = self.unknown_word(words, path.span, word);
                self.report(diagnostic);
                None
            }
            other => {
                let message = format!("The matched value is {}, but `{text}` is a word", quoted(other));
                self.error(code::TYPE_MISMATCH, path.span, message);
                None
            }
        }
    }

    fn unknown_word(&self, words: &EnumType, span: Span, word: &str) -> Diagnostic {
        let message = match words.name.as_str() {
            "" => format!("`{word}` is not one of the choices"),
            name => format!("`{name}` has no word `{word}`"),
        };
        self.unknown(code::UNKNOWN_WORD, span, message, word, words.words.iter().map(EcoString::as_str))
    }
}

/// A pattern as a key: equal for patterns of the same type that look alike.
fn case(value: &Value) -> String {
    value.to_string()
}

fn pattern_span(pattern: &Pattern) -> Span {
    match pattern {
        Pattern::Word(path) => path.span,
        Pattern::Text(text) => text.span,
        Pattern::Amount(amount) => amount.span,
    }
}
