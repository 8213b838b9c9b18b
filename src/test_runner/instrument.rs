//! Instruments a program for a test: replaces what the test answers itself.

use crate::engine::constant;
use crate::program::test_block::{GivenHost, Subject, Test};
use crate::program::types::{EnumType, Type};
use crate::program::{
    Action, BodyResult, Call, Comparison, Expression, ExpressionKind, Locals, NodeId, Probe, Program, Statement,
    StatementKind, Subject as LetSubject,
};
use crate::value::{ActionError, BackendSettings, Class, Host, Timestamp, Value};
use ecow::EcoString;
use std::sync::Arc;

/// The backend of the actions that replace probes.
pub(super) const PROBE: &str = "probe";

/// The local that holds the verdict that a test gives for a probe.
const VERDICT: &str = "verdict";

/// The program that a test runs. Hosts, probes and actions keep their indices.
///
/// # Errors
/// A fact of a host cannot be evaluated.
pub(super) fn instrument(program: &Program, test: &Test, now: Timestamp) -> Result<Program, ActionError> {
    let mut staged = program.clone();
    for given in &test.hosts {
        add_host(&mut staged, given, test.locals, now)?;
    }
    let mut probes: Vec<usize> = Vec::new();
    for given in &test.givens {
        match given.subject {
            Subject::Probe(probe, _) if !probes.contains(&probe) => {
                probes.push(probe);
                ask_the_test(&mut staged, probe);
            }
            Subject::Action(action, _) => remove_body(&mut staged, action),
            Subject::Probe(..) | Subject::Ask(_) => {}
        }
    }
    Ok(staged)
}

fn add_host(program: &mut Program, given: &GivenHost, locals: usize, now: Timestamp) -> Result<(), ActionError> {
    let mut facts: Vec<(EcoString, Value)> = Vec::with_capacity(given.facts.len());
    for (name, value) in &given.facts {
        // Two roles may declare the same fact. A blank value of one does not replace a value of the other.
        let value = constant(program, value, locals, now)?;
        match facts.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) if is_blank(known) => *known = value,
            Some(_) => {}
            None => facts.push((name.clone(), value)),
        }
    }
    let host = Host {
        name: given.name.clone(),
        address: given.name.to_string(),
        aliases: Vec::new(),
        roles: given.roles.clone(),
        facts,
        settings: BackendSettings::default(),
        same_machine_as: None,
    };
    match program.hosts.iter_mut().find(|known| known.name == host.name) {
        Some(known) => *known = host,
        None => program.hosts.push(host),
    }
    Ok(())
}

fn is_blank(value: &Value) -> bool {
    matches!(value, Value::Absent) || value.as_text() == Some("") || value.is_empty_list()
}

/// Replaces the clauses of a probe by one observation that asks the test. Timeout and retries stay.
fn ask_the_test(program: &mut Program, index: usize) {
    let action = program.actions.len();
    program.nodes += 2;
    let (asking, binding) = (NodeId(program.nodes - 1), NodeId(program.nodes));
    let Some(probe) = program.probes.get_mut(index) else { return };
    let names = probe.parameters.iter().map(|parameter| parameter.name.clone());
    let own: Locals = names.clone().collect();
    let with_verdict: Locals = names.chain([VERDICT.into()]).collect();
    let signature = signature_of(probe, own);
    let (slot, span) = (probe.parameters.len(), probe.span);
    let expression = |kind| Expression { kind, span };
    let is = |word: &str| {
        let verdict = Box::new(expression(ExpressionKind::Local(slot)));
        let word = Box::new(expression(ExpressionKind::Constant(Value::word(word))));
        expression(ExpressionKind::Compare(Comparison::Equal, verdict, word))
    };
    let arguments = (0..slot).map(|slot| expression(ExpressionKind::Local(slot))).collect();
    let call = Call { node: asking, action, arguments, span };
    let value = LetSubject::Value(expression(ExpressionKind::Observe(Box::new(call))));
    let kind = StatementKind::Let { slot, name: VERDICT.into(), value, otherwise: None };
    probe.statements = vec![Statement { node: binding, span, kind }];
    probe.ask = None;
    probe.unknown_if = Some(is("unknown"));
    probe.passed_if = is("passed");
    probe.locals = with_verdict;
    program.actions.push(signature);
}

fn signature_of(probe: &Probe, locals: Locals) -> Action {
    let words = ["passed", "failed", "unknown"].map(EcoString::from).to_vec();
    Action {
        backend: PROBE.into(),
        name: probe.name.clone(),
        class: Class::Observe,
        parameters: probe.parameters.clone(),
        locals,
        returns: Type::Enum(Arc::new(EnumType { name: "Verdict".into(), words, open: false })),
        empty_is_an_answer: false,
        timeout: probe.timeout,
        fresh: None,
        idempotent: false,
        once: false,
        confirm: None,
        saves: None,
        undo: None,
        body: None,
    }
}

/// Removes the body of a team's own action, so that the world receives the call itself. Keeps what the body implies:
/// the shorter timeout, and whether the action may be repeated.
fn remove_body(program: &mut Program, index: usize) {
    let mut timeout = None;
    let mut repetition = None;
    let mut inner = Some(index);
    while let Some(action) = inner.and_then(|at| program.actions.get(at)) {
        timeout = timeout.into_iter().chain([action.timeout]).min();
        repetition = repetition.or((action.once || action.idempotent).then_some((action.once, action.idempotent)));
        inner = match action.body.as_ref().map(|body| &body.result) {
            Some(BodyResult::Act(call)) => Some(call.action),
            _ => None,
        };
    }
    if let Some(action) = program.actions.get_mut(index) {
        action.body = None;
        action.timeout = timeout.unwrap_or(action.timeout);
        (action.once, action.idempotent) = repetition.unwrap_or((action.once, action.idempotent));
    }
}
