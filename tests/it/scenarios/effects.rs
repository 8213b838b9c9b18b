//! Changes, from the text to their undo: rules 3, 4, 6 and 7.

use super::setup::{alerted, body, declared, ends, on, play, play_body, results, run_in};
use crate::support::program::{RunResult, at, d, health, value, world};
use rectify::engine::RunOutcome::{Escalated, Refused, Resolved};
use rectify::engine::event::EventKind;
use rectify::value::{ActionError, EffectOutcome, ErrorKind, Value};
use rectify::world::scripted::{Person, Rule, ScriptedAnswer};

const OUT: &str = "
  procedure Out(server: web) {
    svc.touch(server)
    svc.drain(server)
    svc.restart(server)
  } undo {
    svc.resume(server)
    svc.touch(server)
  }";

#[test]
fn a_procedure_that_stops_half_way_is_undone_whatever_its_suffix() {
    let main =
        "runbook Main(server: web) { contact oncall\n temporarily do Out(server), keep on failure\n resolve \"out\" }";
    let text = format!("{OUT}\n{main}");
    let result = play(&text, world().with(on("restart", "fe1").fails(ErrorKind::Failed, "no")));
    let half = [
        "0s svc.touch(on: fe1)",
        "0s svc.drain(on: fe1)",
        "0s-0s svc.restart(on: fe1) Failed",
        "0s svc.resume(on: fe1)",
        "0s svc.touch(on: fe1)",
    ];
    ends(&result, Escalated, "no", &half);
    assert!(result.left().is_empty());
    let whole = ["0s svc.touch(on: fe1)", "0s svc.drain(on: fe1)", "0s svc.restart(on: fe1)"];
    let undone = ["0s svc.resume(on: fe1)", "0s svc.touch(on: fe1)"];
    ends(&play(&text, world()), Resolved, "out", &[&whole[..], &undone[..]].concat());
    let kept = text.replace("resolve \"out\"", "escalate to oncall \"badly\"");
    let result = play(&kept, world());
    ends(&result, Escalated, "badly", &whole);
    assert_eq!(result.left(), ["do Out(fe1) | svc.resume(on: fe1); svc.touch(on: fe1)"]);
}

#[test]
fn nested_changes_are_undone_inside_out_though_one_fails() {
    let text = "
      temporarily svc.set(server, value: 5)
      step \"Inner\" {
        temporarily svc.drain(server)
        temporarily { svc.touch(server) } undo { svc.kick(server) }
        notify vendor \"in the middle\" with svc.value(server)
      }
      resolve if fixed
      escalate to oncall \"no\"";
    let world = world().with(value(1)).with(health(&[true])).with(on("kick", "fe1").fails(ErrorKind::Failed, "jammed"));
    let result = play_body(text, world);
    let ledger = [
        "0s svc.set(on: fe1, value: 5)",
        "0s svc.drain(on: fe1)",
        "0s svc.touch(on: fe1)",
        "0s-0s svc.kick(on: fe1) Failed",
        "0s svc.resume(on: fe1)",
        "0s svc.set(on: fe1, value: 1)",
    ];
    let reason = "clean-up failed: svc.touch(on: fe1) is still in place, its undo failed: jammed";
    ends(&result, Escalated, reason, &ledger);
    assert_eq!(result.left(), ["svc.touch(on: fe1) | svc.kick(on: fe1)"]);
    assert!(body(&result).contains("to undo it: svc.kick(on: fe1)"), "{}", body(&result));
}

#[test]
fn retention_decides_what_is_left_in_place() {
    let set = "svc.set(on: fe1, value: 5)";
    for (retention, suffix, good_undone, bad_undone, bad_left) in [
        ("temporarily", "", true, true, 0),
        ("temporarily", ", keep on failure", true, false, 1),
        ("permanently", "", false, false, 1),
        ("permanently", ", undo on failure", false, true, 0),
    ] {
        for (end, undone, left) in
            [("resolve \"well\"", good_undone, 0), ("escalate to oncall \"badly\"", bad_undone, bad_left)]
        {
            let text = format!("{retention} svc.set(server, value: 5){suffix}\n let seen = svc.value(server)\n {end}");
            let result = play_body(&text, world().with(value(1)).with(health(&[true])));
            let made = format!("0s {set}");
            let mut ledger = vec![made.as_str()];
            ledger.extend(undone.then_some("0s svc.set(on: fe1, value: 1)"));
            assert_eq!(
                (result.ledger(), result.left().len()),
                (ledger.iter().map(|it| (*it).to_owned()).collect(), left),
                "{text}"
            );
        }
    }
}

#[test]
fn fixed_until_clean_up_is_said_only_where_it_was_fixed() {
    let fixed = "temporarily svc.set(server, value: 5)\n resolve if fixed\n escalate to oncall \"no\"";
    let ledger = ["0s svc.set(on: fe1, value: 5)", "0s svc.set(on: fe1, value: 1)"];
    let result = play_body(fixed, world().with(value(1)).with(health(&[true, false])));
    ends(&result, Escalated, "fixed before clean-up, but the goal no longer holds", &ledger);
    let said = "temporarily svc.set(server, value: 5)\n let seen = svc.value(server)\n resolve \"drained for good\"";
    let result = play_body(said, world().with(value(1)).with(health(&[false])));
    ends(&result, Escalated, "the goal does not hold, although the runbook says: drained for good", &ledger);
    let result = play_body(said, world().with(value(1)));
    ends(
        &result,
        Escalated,
        "it is unknown whether the goal holds, although the runbook says: drained for good",
        &ledger,
    );
}

/// The goal is asked again where it failed before, even without an effect: resolved means that it holds.
#[test]
fn a_goal_that_failed_is_asked_again() {
    let text = "resolve if fixed\n wait 10s\n resolve \"it settles by itself\"";
    let result = play_body(text, world().with(health(&[false, true])));
    ends(&result, Resolved, "it settles by itself", &[]);
    let result = play_body(text, world().with(health(&[false, false])));
    ends(&result, Escalated, "the goal does not hold, although the runbook says: it settles by itself", &[]);
}

#[test]
fn a_run_may_end_resolved_without_its_goal() {
    let text = "permanently svc.set(server, value: 5)\n resolve if fixed within 1m every 30s\n \
                permanently svc.set(server, value: 1)\n resolve \"rolled back\" without goal";
    let result = play_body(text, world().with(value(1)).with(health(&[false])));
    let ledger = ["0s svc.set(on: fe1, value: 5)", "1m svc.set(on: fe1, value: 1)"];
    ends(&result, Resolved, "rolled back (without its goal)", &ledger);
    // It is asked in its window, and not after the rollback.
    let asked = result.events().iter().filter(|event| matches!(event.kind, EventKind::ProbeAnswered { .. })).count();
    assert_eq!(asked, 3);
}

#[test]
fn what_was_undone_on_failure_stays_and_is_listed_where_only_the_goal_says_no() {
    let text = "permanently svc.set(server, value: 5), undo on failure\n resolve \"set\"";
    let result = play_body(text, world().with(value(1)).with(health(&[false])));
    ends(
        &result,
        Escalated,
        "the goal does not hold, although the runbook says: set",
        &["0s svc.set(on: fe1, value: 5)"],
    );
    assert_eq!(result.left(), ["svc.set(on: fe1, value: 5) | svc.set(on: fe1, value: 1)"]);
    assert_eq!(result.ending.left_in_place[0].why, "its block ended well, so that it stays");
    assert!(body(&result).contains("to undo it: svc.set(on: fe1, value: 1)"), "{}", body(&result));
}

#[test]
fn a_once_call_whose_answer_is_lost_is_confirmed() {
    let text = "svc.reboot(server)\n resolve if fixed\n escalate to oncall \"no\"";
    let boots = |after: &str| on("boot_id", "fe1").answers(Value::text("monday")).answers(Value::text(after));
    let lost = || world().with(on("reboot", "fe1").fails(ErrorKind::Unknown, "the line broke")).with(health(&[true]));
    let result = play_body(text, lost().with(boots("tuesday")));
    ends(&result, Resolved, "fixed", &["0s-0s svc.reboot(on: fe1) Unknown"]);
    assert_eq!(results(&result), [("svc.reboot(on: fe1)".to_owned(), EffectOutcome::Done)]);
    let result = play_body(text, lost().with(boots("monday")));
    let reason = "svc.reboot(on: fe1) was not carried out: afterwards there was still monday; the line broke";
    ends(&result, Escalated, reason, &["0s-0s svc.reboot(on: fe1) Unknown"]);
    let kick = text.replace("reboot", "kick");
    let lost = || world().with(on("kick", "fe1").times_out()).with(health(&[true]));
    let result = play_body(&kick, lost().person(Person::answering("Was svc.kick", "done").after(d("5m"))));
    ends(&result, Resolved, "fixed", &["0s-1m svc.kick(on: fe1) Unknown"]);
    let result = play_body(&kick, lost());
    let reason = "it is unknown whether svc.kick(on: fe1) was carried out, and it must not be repeated blindly; \
                  svc.kick(on: fe1) did not answer in time";
    ends(&result, Escalated, reason, &["0s-1m svc.kick(on: fe1) Unknown"]);
}

#[test]
fn the_outermost_clause_decides_whether_an_action_may_be_repeated() {
    let team = "
      backend team {
        disrupt sure(on: host) idempotent { svc.kick(on) }
        disrupt plain(on: host) { svc.reboot(on) }
        disrupt deep(on: host) { team.sure(on) }
      }
      runbook Main(server: web) { contact oncall\n goal Healthy(server)\n ACT\n resolve if fixed\n escalate to oncall \"no\" }";
    let lost = |action| on(action, "fe1").fails(ErrorKind::Unknown, "lost").takes(d("1s"));
    // A declared action that is `idempotent` over a `once` action is retried without asking anybody.
    let text = team.replace("ACT", "retry 2 times every 5s { team.sure(server) }");
    let result = play(&text, world().with(lost("kick")).with(health(&[true])));
    ends(&result, Resolved, "fixed", &["0s-0s svc.kick(on: fe1) Unknown", "5s-6s svc.kick(on: fe1)"]);
    assert!(result.world.prompts().is_empty());
    let text = team.replace("ACT", "team.deep(server)");
    let result = play(&text, world().with(lost("kick")));
    ends(&result, Escalated, "lost", &["0s-0s svc.kick(on: fe1) Unknown"]);
    assert!(result.world.prompts().is_empty());
    // Without clauses of its own, a declared action inherits `once` and `confirm` from its callee.
    let boots = on("boot_id", "fe1").answers(Value::text("monday")).answers(Value::text("tuesday"));
    let text = team.replace("ACT", "team.plain(server)");
    let result = play(&text, world().with(lost("reboot")).with(boots).with(health(&[true])));
    ends(&result, Resolved, "fixed", &["0s-0s svc.reboot(on: fe1) Unknown"]);
}

#[test]
fn an_idempotent_call_over_once_is_broken_off_by_a_cancellation() {
    let text = "
      backend team { disrupt sure(on: host) idempotent { svc.kick(on) } }
      runbook Main(server: web) { contact oncall\n team.sure(server)\n resolve \"well\" }";
    let result = play(text, world().with(on("kick", "fe1").takes(d("50s"))).cancel_at(at("10s")));
    assert_eq!((result.ledger(), result.ending.duration), (vec!["0s-? svc.kick(on: fe1)".to_owned()], d("10s")));
}

#[test]
fn a_limit_that_is_spent_on_the_way_is_said_and_not_caught() {
    let text = "
      limit svc.restart 1 per 24h per dag
      runbook Main(server: web) {
        contact oncall
        for each in hosts(web), at most 5 {
          try { svc.restart(each) } catch wrong { notify oncall \"${wrong.message}\" }
        }
        resolve \"all\"
      }";
    let result = play(text, world());
    assert_eq!((result.ending.outcome, result.ledger()), (Escalated, vec!["0s svc.restart(on: fe1)".to_owned()]));
    let (first, second) = ("svc.restart(on: fe1)".to_owned(), "svc.restart(on: fe2)".to_owned());
    assert_eq!(results(&result), [(first, EffectOutcome::Done), (second, EffectOutcome::Refused)]);
    assert!(body(&result).contains("- svc.restart(on: fe2): refused, "), "{}", body(&result));
    assert_eq!(result.ending.disruptions, ["svc.restart(on: fe1)"]);
}

#[test]
fn two_calls_on_one_host_never_overlap() {
    let text = "
      runbook Main(server: web) {
        contact oncall
        lock server
        for each in [server, server], 2 at a time { svc.restart(each) }
        resolve \"both\"
      }";
    let result = play(text, world().with(Rule::new("svc.restart").takes(d("10s"))));
    ends(&result, Resolved, "both", &["0s-10s svc.restart(on: fe1)", "10s-20s svc.restart(on: fe1)"]);
}

#[test]
fn the_undo_is_shown_as_a_runbook_would_write_it() {
    let text = r#"
      backend box "A box" {
        record Old { label: text }
        observe label(on: host) -> Old
        change name(on: host, text: text, also: list<text>) saves old = label(on)
          undo name(on, text: "was ${old.label}: ${text}", also: also) idempotent
        change paint(on: host, text: text) idempotent
      }
      procedure Painted(server: web, colour: text) { box.paint(server, text: colour) }
      undo { box.paint(server, text: "not ${colour}") }
      runbook Main(server: web) {
        contact oncall
        permanently box.name(server, text: "a \"b\"", also: ["x", "y"])
        permanently do Painted(server, "red")
        resolve "named"
      }"#;
    let old = Value::record("Old", [("label", Value::text("old"))]);
    let result = play(text, world().with(Rule::new("box.label").answers(old)));
    let undos = result.events().into_iter().filter_map(|event| match event.kind {
        EventKind::ChangeOpened { undo, .. } => undo,
        _ => None,
    });
    assert_eq!(
        undos.collect::<Vec<_>>(),
        [r#"box.name(on: fe1, text: "was old: a \"b\"", also: ["x", "y"])"#, r#"box.paint(on: fe1, text: "not red")"#,]
    );
}

/// Two blocks that run at once: one ends after a minute, the other after three.
fn two_holders(change: &str) -> RunResult {
    let text = format!(
        "procedure Emptied(on: web) {{
          let before = svc.value(on)
          svc.set(on, value: 5)
        }} undo {{
          svc.set(on, value: before)
        }}
        runbook Main(server: web) {{
          contact oncall
          for pause in [1m, 3m], 2 at a time {{
            {change}
            wait pause
            svc.touch(server)
          }}
          resolve \"both\"
        }}"
    )
    .replace("svc.touch(server)", "svc.restart(server)");
    let answers = Rule::new("svc.value").answers(Value::number(1)).answers(Value::number(5));
    play(&text, world().with(answers))
}

fn opened_and_undone(result: &RunResult) -> (usize, usize) {
    let count = |wanted: fn(&EventKind) -> bool| result.events().iter().filter(|event| wanted(&event.kind)).count();
    (
        count(|kind| matches!(kind, EventKind::ChangeOpened { .. })),
        count(|kind| matches!(kind, EventKind::ChangeUndone { .. })),
    )
}

/// The first holder finds what was there before. The last one restores that, and nobody earlier.
#[test]
fn the_last_holder_of_a_temporary_change_undoes_it() {
    let set = "svc.set(on: fe1, value: 5)";
    let made_twice = vec![format!("0s {set}"), format!("0s {set}")];
    let restored = "3m svc.set(on: fe1, value: 1)".to_owned();
    let cases = [
        ("temporarily svc.set(server, value: 5)", made_twice.clone(), restored.clone()),
        ("temporarily do Emptied(server)", made_twice.clone(), restored.clone()),
        (
            "temporarily { let before = svc.value(server)\n svc.set(server, value: 5) } undo { svc.set(server, value: before) }",
            made_twice,
            restored,
        ),
        // It may not be repeated, so that it is done once.
        ("temporarily svc.drain(server)", vec!["0s svc.drain(on: fe1)".into()], "3m svc.resume(on: fe1)".into()),
    ];
    for (change, made, restored) in cases {
        let result = two_holders(change);
        let restarts = ["1m svc.restart(on: fe1)".to_owned(), "3m svc.restart(on: fe1)".to_owned()];
        let expected: Vec<String> = made.into_iter().chain(restarts).chain([restored]).collect();
        assert_eq!(result.ledger(), expected, "{change}");
        assert_eq!(opened_and_undone(&result), (1, 1), "{change}");
        assert!(result.left().is_empty(), "{change}");
    }
}

/// Changes with other values are held by themselves.
#[test]
fn different_changes_are_undone_by_themselves() {
    let text = "
      runbook Main(server: web) {
        contact oncall
        for value in [5, 6], 2 at a time {
          temporarily svc.set(server, value)
          svc.restart(server)
        }
        resolve \"both\"
      }";
    let result = play(text, world().with(value(1)));
    assert_eq!(opened_and_undone(&result), (2, 2));
}

/// A change that another part of the run made permanent stays.
#[test]
fn a_temporary_change_that_is_made_permanent_stays() {
    let text = "
      temporarily svc.set(server, value: 5)
      svc.restart(server)
      permanently svc.set(server, value: 5)
      escalate to oncall \"look\"";
    let result = play_body(text, world().with(value(1)).with(health(&[false])));
    assert_eq!(result.ledger().last().map(String::as_str), Some("0s svc.set(on: fe1, value: 5)"));
    assert_eq!(result.left(), ["svc.set(on: fe1, value: 5) | svc.set(on: fe1, value: 1)"]);
}

/// What an undo restores is read while the target is held: without the lock nothing is read.
#[test]
fn the_state_before_a_change_is_read_with_the_lock() {
    let text = "temporarily svc.set(server, value: 5)\n svc.restart(server)\n resolve \"done\"";
    let unread = || world().with(Rule::new("svc.value").fails(ErrorKind::Unreachable, "it was read"));
    let result = play_body(text, unread().with_lock_held("fe1"));
    assert!(result.ending.reason.contains("another run holds the lock of fe1"), "{}", result.ending.reason);
    let result = play_body(text, unread());
    assert!(result.ending.reason.contains("it was read"), "{}", result.ending.reason);
}

/// What a child run made permanent is listed where the caller handles that the child did not end well.
#[test]
fn the_permanent_changes_of_a_handled_child_are_listed() {
    let text = |ending: &str| {
        format!(
            "runbook Main(server: web) {{
              contact oncall
              permanently svc.set(server, value: 3)
              match run Child(server) {{
                resolved {{ resolve \"the child\" }}
                escalated, cancelled {{ resolve \"without the child\" }}
              }}
            }}
            runbook Child(server: web) {{
              contact oncall
              permanently svc.set(server, value: 5)
              {ending}
            }}"
        )
    };
    let result = play(&text("escalate to oncall \"it did not help\""), world().with(value(1)));
    assert_eq!((result.ending.outcome, result.ending.reason.as_str()), (Resolved, "without the child"));
    assert_eq!(result.left(), ["svc.set(on: fe1, value: 5) | svc.set(on: fe1, value: 1)"]);
    assert_eq!(result.ending.left_in_place[0].why, "it was meant to stay; its run ended escalated");
    let result = play(&text("resolve \"it helped\""), world().with(value(1)));
    assert_eq!((result.ending.outcome, result.left().len()), (Resolved, 0));
}

/// An escalation that was sent before clean-up ended is followed by a message if a change stays in place.
#[test]
fn what_stays_after_a_long_clean_up_is_told() {
    let text = "
      backend slow { disrupt off(on: host) undo back(on)\n disrupt back(on: host) idempotent timeout 30m }
      runbook Main(server: web) {
        contact oncall
        temporarily slow.off(server)
        svc.restart(server)
        escalate to vendor \"it is late\"
      }";
    let played = |undo: Rule| play(text, world().with(undo));
    let stuck = ScriptedAnswer::Fails(d("20m"), ActionError::new(ErrorKind::Failed, "it is stuck"));
    let failing = played(Rule::new("slow.back").answer(stuck));
    assert_eq!(
        failing.sent_messages(),
        ["vendor: Main: it is late", "vendor: Main: clean-up is over, and one change is left in place"]
    );
    let second = &failing.world.sent_messages()[1].notification;
    assert!(second.body.contains("slow.off(on: fe1) (its undo failed: it is stuck)"), "{}", second.body);
    assert_eq!(played(Rule::new("slow.back").takes(d("20m"))).sent_messages(), ["vendor: Main: it is late"]);
}

/// A list of what is left shows the values of loops and of names.
#[test]
fn what_is_left_is_shown_with_its_values() {
    let text = "
      temporarily {
        let level = svc.value(server)
        svc.set(server, value: level)
        for value in [7, 8] { svc.set(server, value) }
      } undo {
        for value in [2, 3] { svc.set(server, value) }
        if on.dag == \"dag1\" { svc.set(server, value: 4) } else { svc.set(server, value: 6) }
      }, keep on failure
      svc.restart(server)
      escalate to oncall \"look\"";
    let result = play_body(&text.replace("on.dag", "server.dag"), world().with(value(1)).with(health(&[false])));
    let [left] = &result.ending.left_in_place[..] else { panic!("{:?}", result.ending.left_in_place) };
    let set = |value: u32| format!("svc.set(on: fe1, value: {value})");
    assert_eq!(left.change, [1, 7, 8].map(set).join("; "));
    assert_eq!(left.undo.as_deref(), Some([2, 3, 4].map(set).join("; ").as_str()));
}

/// A change that is to stay unless its block fails is no reason to undo what an outer block holds.
#[test]
fn a_change_that_is_undone_on_failure_leaves_an_outer_one() {
    let text = "
      temporarily svc.drain(server)
      try {
        permanently svc.drain(server), undo on failure
        svc.kick(server)
      } catch error { notify oncall \"${error.message}\" }
      svc.restart(server)
      escalate to oncall \"end\"";
    let stuck = on("kick", "fe1").fails(ErrorKind::Failed, "stuck");
    let result = play_body(text, world().with(stuck).with(health(&[false])));
    let expected = [
        "0s svc.drain(on: fe1)",
        "0s-0s svc.kick(on: fe1) Failed",
        "0s svc.restart(on: fe1)",
        "0s svc.resume(on: fe1)",
    ];
    assert_eq!(result.ledger(), expected);
    assert!(result.left().is_empty(), "{:?}", result.left());
}

/// A change that was made permanent before, and is undone at the end of a temporary one, is not listed as in place.
#[test]
fn a_permanent_change_that_a_temporary_one_has_undone_is_not_listed() {
    let text = "
      permanently svc.drain(server)
      step \"again\" {
        temporarily svc.drain(server)
        svc.restart(server)
      }
      escalate to oncall \"end\"";
    let result = play_body(text, world().with(health(&[false])));
    assert_eq!(result.ledger().last().map(String::as_str), Some("0s svc.resume(on: fe1)"));
    assert!(result.left().is_empty(), "{:?}", result.left());
}

#[test]
fn a_pause_keeps_every_effect_from_beginning() {
    let body = "temporarily svc.drain(server)\nsvc.restart(server)\nwait 20s\nsvc.restart(server)\nresolve \"done\" without goal";
    // It begins in the middle of the run, and the second restart waits for its end.
    let result = play_body(body, world().paused(at("10s"), at("60s")));
    let acted =
        ["0s svc.drain(on: fe1)", "0s svc.restart(on: fe1)", "60s svc.restart(on: fe1)", "60s svc.resume(on: fe1)"];
    let acted = acted.map(|line| line.replace("60s", "1m"));
    ends(&result, Resolved, "done (without its goal)", &acted.each_ref().map(String::as_str));
    // An undo waits as well.
    let short = body.replace("wait 20s\nsvc.restart(server)\n", "wait 20s\n");
    let result = play_body(&short, world().paused(at("10s"), at("60s")));
    assert_eq!(result.ledger().last().map(String::as_str), Some("1m svc.resume(on: fe1)"));
    assert!(result.sent_messages().is_empty());
    // Somebody is told of an undo that waits for long.
    let result = play_body(&short, world().paused(at("10s"), at("2h")));
    assert_eq!(result.ledger().last().map(String::as_str), Some("2h svc.resume(on: fe1)"));
    let told = result.world.sent_messages();
    let subject = &told[0].notification.subject;
    assert!(subject.contains("an undo waits: svc.resume(on: fe1)") && told[0].at == at("320s"), "{subject}");
}

#[test]
fn what_an_undo_restores_is_read_after_a_pause() {
    let body = "wait 20s\ntemporarily svc.set(server, value: 5)\nsvc.restart(server)\nresolve \"done\" without goal";
    let result = play_body(body, world().with(value(3)).paused(at("10s"), at("60s")));
    // Asked once, when the pause is over.
    assert_eq!(result.ledger().first().map(String::as_str), Some("1m svc.set(on: fe1, value: 5)"));
    assert_eq!(result.world.observations().len(), 1);
}

#[test]
fn a_run_that_begins_during_a_pause_observes() {
    let text = "
      runbook Main(server: web) {
        contact oncall
        ends within 30m
        let seen = svc.value(server)
        try { svc.restart(server) } catch error { notify oncall \"${error.message}\" }
        resolve \"${seen}\"
      }";
    let program = declared(text);
    let paused = |until: &str| world().with(value(3)).paused(at("0s"), at(until));
    let by_hand = run_in(&program, "Main", "fe1", paused("10m"));
    ends(&by_hand, Refused, "svc.restart(on: fe1) was not done: effects are paused", &[]);
    assert_eq!(by_hand.world.observed(), 1);
    let by_alert = alerted(&program, "Main", "fe1", paused("10m"));
    ends(&by_alert, Resolved, "3", &["10m svc.restart(on: fe1)"]);
    let in_vain = alerted(&program, "Main", "fe1", paused("2h"));
    ends(&in_vain, Escalated, "svc.restart(on: fe1) was not done: effects are paused", &[]);
}
