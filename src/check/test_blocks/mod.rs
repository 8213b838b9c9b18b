//! `test` blocks: checks names, arguments, answers and expectations against what they refer to.

pub(crate) mod defaults;

use super::context::Context;
use super::scope::{BodyKind, BodyScope};
use crate::diagnostic::{Diagnostic, code};
use crate::program::test_block::{
    Answer, Expectation, ExpectationKind, ExpectedOutcome, GivenHost, GivenRule, Pattern, Subject, Test,
};
use crate::program::types::Type;
use crate::program::{Expression, Parameter};
use crate::source::Span;
use crate::syntax::ast;
use crate::syntax::ast::{GivenAnswer, GivenSubject, TestLine};
use crate::value::{Class, ErrorKind, SignedDuration};
use ecow::EcoString;

/// The answers to a request for approval and to manual work.
const APPROVALS: [&str; 5] = ["approve", "deny", "done", "not_done", "failed"];

/// The test that is being checked.
#[derive(Default)]
pub(super) struct TestContext {
    /// Its own hosts, with their roles.
    pub hosts: Vec<(EcoString, Vec<EcoString>)>,
    /// Whether it runs in a simulated world, which has its own inventory.
    pub in_world: bool,
    /// Hosts that could not be looked up.
    pub missing: Vec<Diagnostic>,
}

impl<'a> Context<'a> {
    /// Lowers the tests of the checked file. Tests of imported files are checked with those files.
    pub(super) fn lower_tests(&mut self, file: &'a ast::File) {
        let mut titles: Vec<(EcoString, Span)> = Vec::new();
        for declaration in &file.declarations {
            let ast::Declaration::Test(written) = declaration else { continue };
            let title = self.literal(&written.title, "A test title");
            match titles.iter().find(|(known, _)| *known == title) {
                Some((_, first)) => {
                    let message = format!("Duplicate test title {title:?}");
                    let diagnostic = Diagnostic::error(code::DUPLICATE_NAME, written.title.span, message);
                    self.report(diagnostic.also(*first, "first used here"));
                }
                None => titles.push((title.clone(), written.title.span)),
            }
            self.test = Some(TestContext::default());
            let test = self.lower_test(title, written);
            self.test = None;
            self.program.tests.extend(test);
        }
    }

    fn lower_test(&mut self, title: EcoString, written: &'a ast::Test) -> Option<Test> {
        let mut body = BodyScope::new(BodyKind::Signature, None);
        let hosts = self.given_hosts(&mut body, written);
        let subject = self.tested_runbook(&mut body, written);
        let mut test = Test {
            title,
            title_span: written.title.span,
            runbook: 0,
            arguments: Vec::new(),
            locals: 0,
            hosts,
            givens: Vec::new(),
            nobody_answers: false,
            cancelled_after: None,
            world: None,
            expectations: Vec::new(),
            missing: Vec::new(),
            span: written.span,
        };
        for line in &written.lines {
            match line {
                TestLine::Given { subject, answers, timings, span } => {
                    self.given(&mut body, &mut test, subject, answers, timings, *span);
                }
                TestLine::Expect { expectation, timings, span } => {
                    let found = self.expectation(&mut body, expectation, timings, *span);
                    test.expectations.extend(found);
                }
            }
        }
        if !written.lines.iter().any(|line| matches!(line, TestLine::Expect { .. })) {
            let diagnostic = Diagnostic::error(code::MISSING_PART, written.title.span, "This test has no expectation");
            self.report(diagnostic.help("Add what should happen: `expect resolved` or `expect escalated to CONTACT`"));
        }
        test.locals = body.locals().len();
        test.missing = self.test.take().map(|place| place.missing).unwrap_or_default();
        (test.runbook, test.arguments) = subject?;
        Some(test)
    }

    fn tested_runbook(&mut self, body: &mut BodyScope<'a>, written: &'a ast::Test) -> Option<(usize, Vec<Expression>)> {
        let Some(call) = &written.subject else {
            let message = "This test names no runbook";
            let diagnostic = Diagnostic::error(code::MISSING_PART, written.title.span, message);
            self.report(diagnostic.help("Write `for RUNBOOK(…)` after its title"));
            return None;
        };
        let name = call.path.text.as_str();
        let Some(target) = self.declared.runbook_index(name) else {
            let known = self.declared.runbooks.iter().map(|runbook| runbook.name.text.as_str());
            let message = format!("Unknown runbook `{name}`");
            let mut diagnostic = self.unknown(code::UNKNOWN_NAME, call.path.span, message, name, known);
            if diagnostic.help.is_none() {
                diagnostic = diagnostic.help("Import the file that declares it");
            }
            self.report(diagnostic);
            self.check_unknown_arguments(body, call);
            return None;
        };
        let parameters = self.runbook_parameters.get(target).cloned()?;
        let arguments = self.arguments(body, &parameters, &call.arguments, name, call.span);
        self.reject_observations(body, call.span);
        Some((target, arguments?))
    }

    /// Hosts come first, wherever they are written, since everything else may name them.
    fn given_hosts(&mut self, body: &mut BodyScope<'a>, written: &'a ast::Test) -> Vec<GivenHost> {
        let subjects = || {
            written.lines.iter().filter_map(|line| match line {
                TestLine::Given { subject, .. } => Some(subject),
                TestLine::Expect { .. } => None,
            })
        };
        let mut hosts = Vec::new();
        for subject in subjects() {
            match subject {
                GivenSubject::World(_) => self.note_test(|place| place.in_world = true),
                GivenSubject::Host { name, roles } => {
                    let roles = roles.iter().map(|role| role.path.text.clone()).collect();
                    let name = self.literal(name, "A host name");
                    self.note_test(|place| place.hosts.push((name, roles)));
                }
                GivenSubject::Call(_)
                | GivenSubject::Name(_)
                | GivenSubject::Ask(_)
                | GivenSubject::Nobody
                | GivenSubject::Cancelled => {}
            }
        }
        for subject in subjects() {
            let GivenSubject::Host { name, roles } = subject else { continue };
            let literal = name.literal().unwrap_or_default();
            let same = |host: &GivenHost| host.name == literal;
            if hosts.iter().any(same) {
                self.error(code::DUPLICATE_NAME, name.span, format!("The host `{literal}` is given twice"))
                    .help("Remove one of them");
            }
            hosts.push(self.given_host(body, literal, roles));
        }
        hosts
    }

    fn note_test(&mut self, note: impl FnOnce(&mut TestContext)) {
        if let Some(place) = &mut self.test {
            note(place);
        }
    }

    fn given_host(&mut self, body: &mut BodyScope<'a>, name: EcoString, roles: &'a [ast::Call]) -> GivenHost {
        let mut host = GivenHost { name, roles: Vec::new(), facts: Vec::new() };
        for role in roles {
            let Some(shape) = self.declared.roles.get(&role.path.text).copied() else {
                let known = self.declared.roles.keys().map(EcoString::as_str);
                let message = format!("Unknown role `{}`", role.path.text);
                let diagnostic = self.unknown(code::UNKNOWN_TYPE, role.path.span, message, &role.path.text, known);
                self.report(diagnostic);
                self.check_unknown_arguments(body, role);
                continue;
            };
            let reported = self.diagnostics.len();
            let facts = self.fields(shape, None);
            // The mistake was reported at the role.
            self.diagnostics.truncate(reported);
            let parameters: Vec<Parameter> = facts
                .into_iter()
                .map(|(name, type_of)| Parameter { default: self::defaults::fact(&name, &type_of), name, type_of })
                .collect();
            let values = self.arguments(body, &parameters, &role.arguments, &role.path.text, role.span);
            self.reject_observations(body, role.span);
            host.roles.push(role.path.text.clone());
            let named = parameters.iter().map(|parameter| parameter.name.clone());
            host.facts.extend(named.zip(values.unwrap_or_default()));
        }
        host
    }

    fn given(
        &mut self,
        body: &mut BodyScope<'a>,
        test: &mut Test,
        subject: &'a GivenSubject,
        answers: &'a [GivenAnswer],
        timings: &'a ast::Timings,
        span: Span,
    ) {
        let may_wait = !matches!(subject, GivenSubject::Nobody | GivenSubject::World(_) | GivenSubject::Host { .. });
        self.reject_timings(timings, if may_wait { &["after"] } else { &[] }, "`given`");
        let after = timings.after.as_ref().filter(|_| may_wait);
        let after = after.and_then(|after| self.literal_duration(after, "The delay"));
        let in_world = self.test.as_ref().is_some_and(|place| place.in_world);
        if in_world && !matches!(subject, GivenSubject::World(_) | GivenSubject::Cancelled) {
            let message = "A test with a simulated world takes no other `given` lines";
            let diagnostic = Diagnostic::error(code::MISPLACED, span, message);
            self.report(diagnostic.help("Change the world file instead, or remove the world: a simulated world has its own hosts, people and answers"));
            return;
        }
        let mut add = |subject, answers| {
            test.givens.push(GivenRule { subject, answers, after: after.unwrap_or(SignedDuration::ZERO), span });
        };
        match subject {
            GivenSubject::Nobody => test.nobody_answers = true,
            GivenSubject::Host { .. } => {}
            GivenSubject::Cancelled => test.cancelled_after = after,
            GivenSubject::World(path) => {
                if test.world.is_some() {
                    self.error(code::DUPLICATE_CLAUSE, span, "A test can have only one world")
                        .help("Remove one of them");
                }
                test.world = Some((self.literal(path, "A world path"), path.span));
            }
            GivenSubject::Ask(message) => {
                let about = self.literal(message, "The text of a question");
                let answers = self.answers_of_people(answers, span);
                add(Subject::Ask(about), answers);
            }
            GivenSubject::Name(path) => {
                if let Some(subject) = self.given_subject(body, path, None) {
                    let answers = self.given_answers(body, &subject, answers, span);
                    add(subject, answers);
                }
            }
            GivenSubject::Call(call) => {
                if let Some(subject) = self.given_subject(body, &call.path, Some(call)) {
                    let answers = self.given_answers(body, &subject, answers, span);
                    add(subject, answers);
                }
            }
        }
    }

    /// A probe or an action, with the arguments to match.
    fn given_subject(
        &mut self,
        body: &mut BodyScope<'a>,
        path: &'a ast::Path,
        call: Option<&'a ast::Call>,
    ) -> Option<Subject> {
        let name = path.text.as_str();
        if name.contains('.') {
            let index = self.action_of(body, path)?;
            let parameters = self.program.actions.get(index)?.parameters.clone();
            return Some(Subject::Action(index, self.call_pattern(body, &parameters, call)));
        }
        let Some(index) = self.declared.probe_index(name) else {
            let known = self.declared.probes.iter().map(|probe| probe.name.text.as_str());
            let message = format!("Unknown probe `{name}`");
            let mut diagnostic = self.unknown(code::UNKNOWN_NAME, path.span, message, name, known);
            if diagnostic.help.is_none() {
                diagnostic = diagnostic.help("Give a probe, or an action with its backend: `backend.action`");
            }
            self.report(diagnostic);
            return None;
        };
        let parameters = self.probe_parameters.get(index).cloned()?;
        Some(Subject::Probe(index, self.call_pattern(body, &parameters, call)))
    }

    /// The arguments of a call that may leave out those that do not matter.
    fn call_pattern(
        &mut self,
        body: &mut BodyScope<'a>,
        parameters: &[Parameter],
        call: Option<&'a ast::Call>,
    ) -> Pattern {
        let Some(call) = call else { return Vec::new() };
        let optional: Vec<Parameter> = parameters
            .iter()
            .map(|parameter| Parameter { default: Some(crate::value::Value::Absent), ..parameter.clone() })
            .collect();
        let values = self.arguments(body, &optional, &call.arguments, &call.path.text, call.span);
        self.reject_observations(body, call.span);
        let Some(values) = values else { return Vec::new() };
        let mut next = 0;
        let place = |argument: &ast::Argument| match &argument.label {
            Some(label) => parameters.iter().position(|parameter| parameter.name == label.text),
            None => {
                next += 1;
                Some(next - 1)
            }
        };
        let places: Vec<usize> = call.arguments.iter().filter_map(place).collect();
        let argument = |place: usize| Some((parameters.get(place)?.name.clone(), values.get(place)?.clone()));
        places.into_iter().filter_map(argument).collect()
    }

    fn given_answers(
        &mut self,
        body: &mut BodyScope<'a>,
        subject: &Subject,
        answers: &'a [GivenAnswer],
        span: Span,
    ) -> Vec<Answer> {
        answers
            .iter()
            .filter_map(|answer| match subject {
                Subject::Action(index, _) => self.answer_of_action(body, *index, answer),
                Subject::Probe(..) | Subject::Ask(_) => self.verdict(body, answer, span),
            })
            .collect()
    }

    fn verdict(&mut self, body: &mut BodyScope<'a>, answer: &'a GivenAnswer, span: Span) -> Option<Answer> {
        let place = match answer {
            GivenAnswer::Verdict(word) => {
                return Some(match word.text.as_str() {
                    "passes" => Answer::Passes,
                    "fails" => Answer::Fails,
                    _ => Answer::Unknown,
                });
            }
            GivenAnswer::Value(value) => {
                // A plain name may be a word that an action knows.
                if !matches!(value.kind, ast::ExpressionKind::Path(_)) {
                    self.expression(body, value, None);
                }
                value.span
            }
            GivenAnswer::Error { .. } | GivenAnswer::TimesOut => span,
        };
        let diagnostic = Diagnostic::error(code::MISPLACED, place, "A probe can only pass, fail or be unknown");
        self.report(
            diagnostic
                .help("Write, for example, `fails, then passes`, or give the answer of the action that the probe asks"),
        );
        None
    }

    fn answer_of_action(&mut self, body: &mut BodyScope<'a>, index: usize, answer: &'a GivenAnswer) -> Option<Answer> {
        let action = self.program.actions.get(index)?;
        let (class, returns) = (action.class, action.returns.clone());
        let name = format!("{}.{}", action.backend, action.name);
        match answer {
            GivenAnswer::Value(value) if returns == Type::Nothing => {
                let message = format!("`{name}` has no answer");
                let diagnostic = Diagnostic::error(code::MISPLACED, value.span, message);
                self.report(diagnostic.help("Write `passes` to say that it succeeds"));
                None
            }
            GivenAnswer::Value(value) => {
                let typed = self.expect(body, value, &returns);
                self.reject_observations(body, value.span);
                Some(Answer::Value(typed.expression))
            }
            GivenAnswer::Verdict(word) => match word.text.as_str() {
                "passes" if class == Class::Observe => {
                    let message = format!("The answer of the observation `{name}` is missing");
                    let diagnostic = Diagnostic::error(code::MISPLACED, word.span, message);
                    self.report(diagnostic.help("Write `answers VALUE`"));
                    None
                }
                "passes" => Some(Answer::Passes),
                "fails" => Some(Answer::Error(ErrorKind::Failed, None)),
                _ => Some(Answer::Error(ErrorKind::Unknown, None)),
            },
            GivenAnswer::Error { kind, message } => {
                let found = kind.as_ref().map(|kind| self.error_kind(kind));
                let message = message.as_ref().map(|message| self.literal(message, "An error message"));
                Some(Answer::Error(found.unwrap_or(Some(ErrorKind::Failed))?, message))
            }
            GivenAnswer::TimesOut => Some(Answer::TimesOut),
        }
    }

    fn error_kind(&mut self, word: &ast::Name) -> Option<ErrorKind> {
        let found = ErrorKind::ALL.iter().copied().find(|kind| kind.as_str() == word.text);
        if found.is_none() {
            let known = ErrorKind::ALL.iter().map(|kind| kind.as_str());
            let message = format!("Unknown kind of error `{}`", word.text);
            self.report(self.unknown(code::UNKNOWN_WORD, word.span, message, &word.text, known));
        }
        found
    }

    fn answers_of_people(&mut self, answers: &'a [GivenAnswer], span: Span) -> Vec<Answer> {
        let word = match answers {
            [GivenAnswer::Value(ast::Expression { kind: ast::ExpressionKind::Path(path), .. })] => Some(path),
            _ => None,
        };
        match word {
            Some(path) => {
                let word = &path.text;
                if !APPROVALS.contains(&word.as_str()) && !self.choices.contains(word) {
                    let known: Vec<EcoString> = self.choices.clone();
                    let known = APPROVALS.into_iter().chain(known.iter().map(EcoString::as_str));
                    let message = format!("`{word}` is not an answer to any question here");
                    self.report(self.unknown(code::UNKNOWN_WORD, path.span, message, word, known));
                }
                vec![Answer::Word(word.clone())]
            }
            _ => {
                let message = "The answer of a person must be a single word";
                let diagnostic = Diagnostic::error(code::MISPLACED, span, message);
                let help = "Write one of the choices, `approve` or `deny`, or `done` or `failed`, as in `given ask \"…\" answers approve`";
                self.report(diagnostic.help(help));
                Vec::new()
            }
        }
    }

    fn expectation(
        &mut self,
        body: &mut BodyScope<'a>,
        written: &'a ast::Expectation,
        timings: &'a ast::Timings,
        span: Span,
    ) -> Option<Expectation> {
        let may_end = matches!(
            written,
            ast::Expectation::Outcome { .. } | ast::Expectation::Within | ast::Expectation::Call { .. }
        );
        self.reject_timings(timings, if may_end { &["within"] } else { &[] }, "`expect`");
        let within = timings.within.as_ref().filter(|_| may_end);
        let within = within.and_then(|within| self.literal_duration(within, "The time limit"));
        let kind = match written {
            ast::Expectation::Within => ExpectationKind::Within,
            ast::Expectation::Outcome { word, contact, text } => {
                let outcome = match word.text.as_str() {
                    "resolved" => ExpectedOutcome::Resolved,
                    "cancelled" => ExpectedOutcome::Cancelled,
                    _ => ExpectedOutcome::Escalated,
                };
                if let Some(contact) = contact.as_ref().filter(|_| outcome != ExpectedOutcome::Escalated) {
                    let message = format!("A run that is {} tells no contact", outcome.as_str());
                    self.error(code::MISPLACED, contact.span, message).help("Remove `to` and the contact");
                }
                let contact = contact.as_ref().map(|contact| self.contact(contact));
                let text = text.as_ref().map(|text| self.literal(text, "The text of a reason"));
                ExpectationKind::Outcome { outcome, contact, text }
            }
            ast::Expectation::NoneOfClass(word) => {
                let classes = [Class::Change, Class::Disrupt, Class::Destroy];
                let Some(class) = classes.into_iter().find(|class| class.as_str() == word.text) else {
                    let diagnostic =
                        Diagnostic::error(code::MISPLACED, word.span, "`no observe` never holds: every run observes");
                    self.report(diagnostic.help("Write `no change`, `no disrupt` or `no destroy`"));
                    return None;
                };
                ExpectationKind::NoneOf(class)
            }
            ast::Expectation::LeftInPlace(calls) => {
                let calls: Vec<_> = calls.iter().map(|call| self.expected_call(body, call)).collect();
                ExpectationKind::LeftInPlace(calls.into_iter().collect::<Option<_>>()?)
            }
            ast::Expectation::Call { negated, call, times } => {
                let times = match (times, negated) {
                    (Some(_), true) => {
                        let diagnostic = Diagnostic::error(code::MISPLACED, span, "The number of calls is given twice");
                        self.report(diagnostic.help("Write `expect no CALL` or `expect CALL once`"));
                        return None;
                    }
                    (None, true) | (Some(ast::Times::Never), _) => Some(0),
                    (Some(ast::Times::Once), _) => Some(1),
                    (Some(ast::Times::Exactly(amount)), _) => {
                        Some(self.literal_count(amount, "The number of calls", 0)?)
                    }
                    (None, false) => None,
                };
                let (action, pattern) = self.expected_call(body, call)?;
                ExpectationKind::Call(action, pattern, times)
            }
        };
        Some(Expectation { kind, within, span })
    }

    /// A call to look for among the effects of the run.
    fn expected_call(&mut self, body: &mut BodyScope<'a>, call: &'a ast::Call) -> Option<(usize, Pattern)> {
        if !call.path.text.contains('.') {
            let message = format!("`{}` is not an action, and only calls of actions are counted", call.path.text);
            let diagnostic = Diagnostic::error(code::UNKNOWN_ACTION, call.path.span, message);
            self.report(diagnostic.help("Write the backend as well: `backend.action(…)`"));
            return None;
        }
        let index = self.action_of(body, &call.path)?;
        let action = self.program.actions.get(index)?;
        if action.class == Class::Observe {
            let message = format!("`{}` is an observation, and only calls with an effect are counted", call.path.text);
            self.error(code::MISPLACED, call.path.span, message)
                .help("Give its answer instead: `given CALL answers VALUE`");
            return None;
        }
        let parameters = action.parameters.clone();
        Some((index, self.call_pattern(body, &parameters, Some(call))))
    }

    /// Reports observations in a test, whose values must not depend on the world.
    fn reject_observations(&mut self, body: &mut BodyScope<'a>, span: Span) {
        if std::mem::take(&mut body.observations) > 0 {
            let diagnostic = Diagnostic::error(code::NOT_A_LITERAL, span, "A test must not make observations");
            self.report(diagnostic.help("Write the value as a literal"));
        }
    }
}
