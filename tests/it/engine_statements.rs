//! One scenario for each construct that the other files do not cover.

use crate::support::program::*;
use rectify::engine::RunOutcome::{Escalated, Rehearsed, Resolved};
use rectify::engine::event::{EventKind, StepResult};
use rectify::program::types::{EnumType, RecordType, Type};
use rectify::program::*;
use rectify::value::{Class, ErrorKind, Value};
use rectify::world::scripted::{Person, Rule};
use std::sync::Arc;

/// A runbook that resolves with the text of a value.
fn shows(value: impl FnOnce(&mut ProgramBuilder) -> Expression, rule: Rule) -> String {
    let mut builder = ProgramBuilder::new();
    let value = value(&mut builder);
    let message = interpolated(vec![TextPart::Value(value)]);
    builder.runbook(vec![s(StatementKind::Resolve { message, without_goal: false })]);
    builder.run(world().with(rule)).ending.reason
}

#[test]
fn steps_are_numbered_by_their_place_in_the_text() {
    let mut builder = ProgramBuilder::new();
    let procedure = builder.procedure(vec![step("p1", vec![]), step("p2", vec![step("p2a", vec![])])], None);
    let part = s(StatementKind::Do { procedure, arguments: vec![host("fe2")], retention: Retention::None });
    let skipped = when(no(), vec![step("never", vec![])], Some(vec![step("second", vec![])]));
    builder.runbook(vec![
        step("first", vec![]),
        skipped,
        part,
        step("last", vec![step("inner", vec![])]),
        resolve("well"),
    ]);
    builder.program.runbooks[0].contact = None;
    let result = builder.run(world());
    let steps: Vec<String> = result
        .events()
        .into_iter()
        .filter_map(|event| match event.kind {
            EventKind::StepStarted { number, title } => Some(format!("{number} {title}")),
            _ => None,
        })
        .collect();
    // "never" is step 2, whether its branch is taken or not.
    assert_eq!(steps, ["1 first", "3 second", "4 p1", "5 p2", "5.1 p2a", "6 last", "6.1 inner"]);
}

#[test]
fn a_step_says_how_it_ended() {
    for (last, result) in [
        (notify("go"), StepResult::Done),
        (resolve("well"), StepResult::Resolved),
        (escalate("bad"), StepResult::Escalated),
        (require(equals(num(1), arithmetic(Arithmetic::Divide, num(1), num(0))), None), StepResult::Failed),
    ] {
        let mut builder = ProgramBuilder::new();
        builder.runbook(vec![step("s", vec![last]), resolve("after")]);
        let ended = builder.run(world()).events().into_iter().find_map(|event| match event.kind {
            EventKind::StepEnded { result, .. } => Some(result),
            _ => None,
        });
        assert_eq!(ended, Some(result));
    }
}

#[test]
fn require_escalates_with_the_condition_and_its_values() {
    let mut builder = ProgramBuilder::new();
    let condition = equals(builder.observe("svc.value", vec![host("fe1")]), num(5));
    builder.runbook(vec![require(condition, None), resolve("well")]);
    let result = builder.run(world().with(value(1)));
    assert!(result.ending.reason.ends_with("svc.value(on: fe1) == 5"), "{}", result.ending.reason);
    let evidence = &result.world.sent_messages()[0].notification.evidence;
    assert_eq!((evidence[0].label.as_str(), evidence[0].value.to_string().as_str()), ("svc.value(on: fe1)", "1"));

    let mut builder = ProgramBuilder::new();
    builder.runbook(vec![require(no(), Some(vec![resolve("else")])), resolve("well")]);
    assert_eq!(builder.run(world()).ending.reason, "else");
}

#[test]
fn approval_needs_so_many_people_and_silence_is_a_no() {
    let ends = |people: Option<Person>, otherwise: bool| {
        let mut builder = ProgramBuilder::new();
        let otherwise = otherwise.then(|| block(vec![resolve("else")]));
        let (message, by, within) = (text("Really?"), num(2), dur("1h"));
        builder
            .runbook(vec![s(StatementKind::RequireApproval { message, by, within, otherwise }), resolve("approved")]);
        let world = match people {
            Some(person) => world().person(person),
            None => world(),
        };
        builder.run(world).ending
    };
    let approve = || Person::answering("Really", "approve");
    assert_eq!(ends(Some(approve().by(&["one", "two"])), false).reason, "approved");
    assert_eq!(ends(Some(approve()), false).reason, "only 1 of 2 approved in time: Really?");
    assert_eq!(ends(None, false).reason, "nobody approved in time: Really?");
    assert_eq!(ends(None, true).reason, "else");
    assert_eq!(
        ends(Some(Person::answering("Really", "deny").by(&["one", "two"])), false).reason,
        "approval was denied: Really?"
    );
}

#[test]
fn a_question_has_a_default_for_silence() {
    let ends = |answers: bool| {
        let mut builder = ProgramBuilder::new();
        let question = Question {
            node: node(),
            message: text("Fastly?"),
            choices: vec!["yes".into(), "no".into()],
            within: dur("30m"),
            default: "no".into(),
        };
        let arms = vec![
            (vec![Value::word("yes")], block(vec![resolve("yes")])),
            (vec![Value::word("no")], block(vec![resolve("no")])),
        ];
        builder.runbook(vec![s(StatementKind::Match { subject: Subject::Ask(question), arms, otherwise: None })]);
        let person = Person::answering("Fastly", "yes").after(if answers { d("29m") } else { d("31m") });
        let ending = builder.run(world().person(person)).ending;
        (ending.reason, ending.duration)
    };
    assert_eq!(ends(true), ("yes".to_owned(), d("29m")));
    assert_eq!(ends(false), ("no".to_owned(), d("30m")));
}

#[test]
fn manual_work_is_done_or_not() {
    let ends = |answer: Option<&str>| {
        let mut builder = ProgramBuilder::new();
        let manual = StatementKind::Manual { message: text("Plug it in"), within: dur("1h"), otherwise: None };
        builder.runbook(vec![s(manual), resolve("done")]);
        let world = match answer {
            Some(answer) => world().person(Person::answering("Plug", answer)),
            None => world(),
        };
        builder.run(world).ending.reason
    };
    assert_eq!(ends(Some("done")), "done");
    assert_eq!(ends(Some("failed")), "manual work failed: Plug it in");
    assert_eq!(ends(None), "manual work was not done in time: Plug it in");
}

#[test]
fn wait_until_may_have_to_hold() {
    let mut builder = ProgramBuilder::new();
    let condition = equals(builder.observe("svc.value", vec![host("fe1")]), num(5));
    let kind =
        StatementKind::WaitUntil { condition, window: window("10m", "1m"), hold: Some(dur("3m")), otherwise: None };
    builder.runbook(vec![s(kind), resolve("well")]);
    let looks = [5, 1, 5, 5, 5, 5];
    let rule = looks.iter().fold(Rule::new("svc.value"), |rule, look| rule.answers(Value::number(*look)));
    let result = builder.run(world().with(rule));
    assert_eq!((result.ending.outcome, result.ending.duration), (Resolved, d("5m")));
}

#[test]
fn absence_is_handled_by_a_value_or_by_leaving() {
    let absent = || cast(text("fe9"), Type::Host(Vec::new()), true);
    let mut builder = ProgramBuilder::new();
    let leaving = LetElse::Block(block(vec![escalate("no such host")]));
    builder.runbook(vec![
        bind(2, absent(), Some(LetElse::Value(host("fe3")))),
        notify("still here"),
        bind(3, absent(), Some(leaving)),
        resolve("well"),
    ]);
    let result = builder.run(world());
    assert_eq!((result.ending.reason.as_str(), result.sent_messages().len()), ("no such host", 2));
}

#[test]
fn a_longer_list_escalates_before_its_first_item() {
    let mut builder = ProgramBuilder::new();
    let restart = builder.act("svc.restart", vec![local(1)]);
    builder.runbook(vec![
        s(StatementKind::For {
            slot: 1,
            list: hosts(),
            at_most: Some(num(2)),
            at_a_time: None,
            block: block(vec![restart]),
        }),
        resolve("well"),
    ]);
    let result = builder.run(world());
    assert_eq!((result.ending.outcome, result.ledger().len()), (Escalated, 0));
}

#[test]
fn for_takes_one_after_the_other() {
    let mut builder = ProgramBuilder::new();
    let restart = builder.act("svc.restart", vec![local(1)]);
    builder.runbook(vec![each(1, hosts(), None, vec![restart]), resolve("well")]);
    let result = builder.run(world().with(Rule::new("svc.restart").takes(d("5s"))));
    assert_eq!(
        result.ledger(),
        ["0s-5s svc.restart(on: fe1)", "5s-10s svc.restart(on: fe2)", "10s-15s svc.restart(on: fe3)"]
    );
}

#[test]
fn repeat_ends_when_its_condition_holds_or_by_its_else() {
    let ends = |good_after: i64, otherwise: bool| {
        let mut builder = ProgramBuilder::new();
        let until = equals(builder.observe("svc.value", vec![host("fe1")]), num(0));
        let repeat = StatementKind::Repeat {
            count: num(3),
            every: Some(dur("1m")),
            until: Some(until),
            block: block(vec![builder.restart("fe1")]),
            otherwise: otherwise.then(|| block(vec![escalate("in vain")])),
        };
        builder.runbook(vec![s(repeat), resolve("well")]);
        let rule = (0..good_after).fold(Rule::new("svc.value"), |rule, _| rule.answers(Value::number(1)));
        let result = builder.run(world().with(rule.answers(Value::number(0))));
        (result.ledger().len(), result.ending.outcome, result.ending.duration)
    };
    assert_eq!(ends(1, true), (2, Resolved, d("1m")));
    assert_eq!(ends(9, true), (3, Escalated, d("2m")));
    assert_eq!(ends(9, false), (3, Escalated, d("2m")));
}

#[test]
fn retry_tries_again_and_cleans_up_between() {
    let mut builder = ProgramBuilder::new();
    let body = vec![builder.act_as(TEMPORARILY, "svc.drain", vec![host("fe1")]), builder.restart("fe1")];
    builder.runbook(vec![retry(3, "10s", body), resolve("well")]);
    let rule = Rule::new("svc.restart").fails(ErrorKind::Failed, "no").answers(Value::Absent);
    let result = builder.run(world().with(rule));
    assert_eq!(
        result.ledger(),
        [
            "0s svc.drain(on: fe1)",
            "0s-0s svc.restart(on: fe1) Failed",
            "0s svc.resume(on: fe1)",
            "10s svc.drain(on: fe1)",
            "10s svc.restart(on: fe1)",
            "10s svc.resume(on: fe1)",
        ]
    );
    assert_eq!(result.ending.outcome, Resolved);
}

#[test]
fn try_catches_errors_of_actions_and_no_endings() {
    let mut builder = ProgramBuilder::new();
    let caught = vec![s(StatementKind::Resolve {
        message: interpolated(vec![
            TextPart::Value(field(local(4), "kind")),
            TextPart::Literal(": ".into()),
            TextPart::Value(field(local(4), "message")),
        ]),
        without_goal: false,
    })];
    let body = vec![builder.restart("fe1")];
    builder.runbook(vec![attempt(body, 4, caught)]);
    let result = builder.run(world().with(Rule::new("svc.restart").fails(ErrorKind::Unreachable, "no route")));
    assert_eq!(result.ending.reason, "unreachable: no route");

    let mut builder = ProgramBuilder::new();
    builder.runbook(vec![attempt(vec![require(no(), None)], 4, vec![]), resolve("well")]);
    assert_eq!(builder.run(world()).ending.outcome, Escalated);
}

#[test]
fn a_probe_is_asked_again_and_its_errors_are_unknown() {
    let verdict = |rule: Rule| {
        shows(
            |builder| {
                builder.program.probes[0].retries = Some((2, d("30s")));
                builder.check(host("fe1"))
            },
            rule,
        )
    };
    assert_eq!(verdict(health(&[false, false, true])), "passed");
    assert_eq!(verdict(health(&[false])), "failed");
    assert_eq!(verdict(Rule::new("svc.health").times_out()), "unknown");
    assert_eq!(verdict(Rule::new("svc.health").fails(ErrorKind::Protocol, "bye")), "unknown");
    assert_eq!(verdict(Rule::new("svc.health").answers(Value::text("yes"))), "unknown", "not what its signature says");
}

#[test]
fn a_probe_may_leave_nothing_behind() {
    let mut builder = ProgramBuilder::new();
    let drain = builder.act_as(TEMPORARILY, "svc.drain", vec![local(0)]);
    builder.program.probes[0].statements = vec![drain];
    builder.runbook(vec![fixed(), escalate("no")]);
    let result = builder.run_with_goal(world().with(health(&[true])));
    assert_eq!(result.ledger()[..2], ["0s svc.drain(on: fe1)", "0s svc.resume(on: fe1)"]);
}

#[test]
fn several_observations_in_one_expression_are_made_once_each_in_order() {
    let mut builder = ProgramBuilder::new();
    let each = quantifier(Quantifier::All, 3, hosts(), {
        let value = builder.observe("svc.value", vec![local(3)]);
        equals(value, num(1))
    });
    let both = and(each, equals(builder.observe("svc.value", vec![host("fe1")]), num(2)));
    builder.runbook(vec![require(both, None), resolve("well")]);
    let looks = [1, 1, 1, 2];
    let rule = looks.iter().fold(Rule::new("svc.value"), |rule, look| rule.answers(Value::number(*look)));
    let result = builder.run(world().with(rule));
    assert_eq!((result.ending.outcome, result.world.observed()), (Resolved, 4));
}

#[test]
fn json_is_cut_and_decoded_into_a_record() {
    let shape = Type::Record(Arc::new(RecordType {
        name: "Status".into(),
        fields: vec![
            ("size".into(), Type::Size),
            ("leader".into(), Type::Boolean),
            ("on".into(), Type::Host(vec!["node".into()])),
            ("note".into(), Type::Optional(Box::new(Type::Text))),
            (
                "state".into(),
                Type::Enum(Arc::new(EnumType { name: "State".into(), words: vec!["up".into()], open: false })),
            ),
        ],
    }));
    let decode = |json: &str| {
        let json = text(json);
        shows(
            |_| {
                cast(
                    method(
                        method(json, Method::Json),
                        Method::Jq(".[0] | {size: .s, leader: (.l == 1), on, state}".into()),
                    ),
                    shape.clone(),
                    false,
                )
            },
            Rule::new("svc.value"),
        )
    };
    let good = r#"[{"s": 2048, "l": 1, "on": "FE2.example.net.", "state": "up"}]"#;
    assert_eq!(decode(good), "Status(size: 2KiB, leader: true, on: fe2, state: up)");
    assert!(decode(&good.replace("\"up\"", "\"upp\"")).contains("the field state of Status: \"upp\" is none of up"));
    assert!(decode(&good.replace("FE2", "FE9")).contains("unknown host"));
    assert!(decode("[").contains("not JSON"));
}

#[test]
fn arithmetic_failure_is_an_error_and_no_panic() {
    let huge = || constant(Value::Number(rectify::value::Decimal::MAX));
    for wrong in [
        arithmetic(Arithmetic::Divide, num(1), num(0)),
        arithmetic(Arithmetic::Multiply, huge(), num(2)),
        arithmetic(Arithmetic::Add, constant(Value::Size(u64::MAX)), constant(Value::Size(1))),
        arithmetic(Arithmetic::Subtract, constant(Value::Size(0)), constant(Value::Size(1))),
        arithmetic(Arithmetic::Add, constant(Value::Time(rectify::value::Timestamp::MAX)), dur("1s")),
        arithmetic(Arithmetic::Multiply, dur("9000h"), huge()),
    ] {
        let reason = shows(|_| wrong, Rule::new("svc.value"));
        assert!(reason.ends_with("cannot be computed"), "{reason}");
    }
    let share = constant(Value::Percent(85.into()));
    assert_eq!(
        shows(|_| arithmetic(Arithmetic::Multiply, constant(Value::Size(2 << 30)), share), Rule::new("svc.value")),
        "1.7GiB"
    );
}

#[test]
fn an_answer_that_is_not_what_the_signature_says_is_an_error() {
    let mut builder = ProgramBuilder::new();
    builder.runbook(vec![bind(2, builder.observe("svc.value", vec![host("fe1")]), None), resolve("well")]);
    let result = builder.run(world().with(Rule::new("svc.value").answers(Value::text("5"))));
    assert!(result.ending.reason.contains("expected number, got text: 5"), "{}", result.ending.reason);
}

#[test]
fn a_dry_run_asks_until_the_first_effect_and_previews_the_rest() {
    let mut builder = ProgramBuilder::new();
    let look = bind(2, builder.observe("svc.value", vec![host("fe1")]), None);
    let effect = builder.act_as(TEMPORARILY, "svc.set", vec![local(0), local(2)]);
    let condition = equals(builder.observe("svc.value", vec![host("fe1")]), num(1));
    let arms = when(condition, vec![builder.restart("fe1")], Some(vec![builder.act("host.reboot", vec![local(0)])]));
    let message = interpolated(vec![TextPart::Literal("on ".into()), TextPart::Value(local(0))]);
    let last = s(StatementKind::Resolve { message, without_goal: false });
    builder.runbook(vec![look, step("Set", vec![effect, wait("1h")]), arms, last]);
    let result = builder.dry_run(world().with(value(7)));
    assert_eq!(result.ending.outcome, Rehearsed);
    assert!(result.ledger().is_empty());
    assert_eq!(
        (result.world.observed(), result.ending.duration),
        (1, d("0s")),
        "nothing is asked or waited for afterwards"
    );
    assert_eq!(
        result.shown(),
        [
            "temporarily svc.set(on: fe1, value: 7)",
            "wait 1h",
            "if svc.value(on: fe1) == 1 <svc.value(on: fe1) == 1>",
            "  svc.restart(on: fe1) <svc.value(on: fe1) == 1>",
            "else <not: svc.value(on: fe1) == 1>",
            "  host.reboot(on: fe1) <not: svc.value(on: fe1) == 1>",
            "resolve \"on fe1\"",
        ]
    );
}

#[test]
fn a_dry_run_of_a_healthy_service_says_how_it_would_end() {
    let mut builder = ProgramBuilder::new();
    builder.runbook(vec![fixed(), escalate("no")]);
    builder.program.runbooks[0].goal = Some(builder.goal(local(0)));
    let result = builder.dry_run(world().with(health(&[true])));
    assert_eq!((result.ending.outcome, result.ending.reason.as_str()), (Rehearsed, "would end resolved: fixed"));
    let mut builder = ProgramBuilder::new();
    builder.action("svc.destroy", Class::Destroy, vec![], Type::Nothing);
    builder.runbook(vec![fixed(), escalate("no")]);
    builder.program.runbooks[0].goal = Some(builder.goal(local(0)));
    let result = builder.dry_run(world().with(health(&[false])));
    assert_eq!((result.shown().join(" "), result.sent_messages().len()), ("escalate to oncall: no".to_owned(), 0));
}

#[test]
fn jq_reaches_nothing_outside_its_input() {
    for filter in ["env", "$ENV", "now", "halt", "halt_error", "input", "debug", "stderr", "localtime"] {
        let reason = shows(
            |_| {
                let json = method(text("1"), Method::Json);
                cast(method(json, Method::Jq(filter.into())), Type::Json, false)
            },
            Rule::new("svc.value"),
        );
        assert!(reason.contains("is not defined"), "{filter}: {reason}");
    }
}

#[test]
fn spans_name_the_run_the_step_and_the_effect() {
    use std::io::Write;
    use std::sync::Mutex;
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);
    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().map(|mut written| written.extend_from_slice(bytes)).map_err(|_| std::io::ErrorKind::Other)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let written = Written::default();
    let writer = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::NEW)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        let mut builder = ProgramBuilder::new();
        let restart = builder.restart("fe1");
        builder.runbook(vec![step("Restart", vec![restart]), resolve("well")]);
        builder.run(world());
    });
    let text = written.0.lock().map(|text| String::from_utf8_lossy(&text).into_owned()).expect("the text");
    let last = text.lines().last().expect("a line");
    let spans = "run{run=r1 runbook=Main}:step{run=r1 number=1 title=Restart}:effect{run=r1 call=svc.restart(on: fe1)}";
    assert!(last.contains(spans), "{text}");
}
