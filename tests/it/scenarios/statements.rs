//! Every statement of the reference, from its text to its effects.

use super::setup::{body, ends, on, play, play_body, program, results, run_in, seen, took};
use crate::support::program::{at, d, health, value, world};
use rectify::engine::RunOutcome::{Cancelled, Escalated, Resolved};
use rectify::engine::event::EventKind;
use rectify::value::{EffectOutcome, ErrorKind, Value};
use rectify::world::scripted::{Person, Rule};

#[test]
fn a_goal_check_polls_within_its_window() {
    let body = "
      resolve if fixed
      step \"Restart\" {
        svc.restart(server)
        resolve if fixed after 10s within 5m for 1m every 20s
      }
      escalate to oncall \"still broken\" with goal.answer";
    let looks = health(&[false, false, true, false, true, true]);
    let result = play_body(body, world().with(looks));
    ends(&result, Resolved, "fixed", &["0s svc.restart(on: fe1)"]);
    // Polls at 10, 30 (holds), 50 (does not), 70 (holds), 90, 110, 130.
    took(&result, "130s");
}

#[test]
fn require_escalates_with_what_was_seen_or_leaves_by_its_else() {
    let gate = "require svc.value(server) > 3\n resolve \"enough\"";
    let result = play_body(gate, world().with(value(2)));
    let reason = "required condition does not hold: svc.value(on: fe1) > 3";
    ends(&result, Escalated, reason, &[]);
    assert!(body(&result).contains("svc.value(on: fe1): 2"), "{}", body(&result));
    let gate = "require svc.value(server) > 3 else { escalate to vendor \"too few\" }\n resolve \"enough\"";
    let result = play_body(gate, world().with(value(2)));
    ends(&result, Escalated, "too few", &[]);
    assert_eq!(result.sent_messages(), ["vendor: Main: too few"]);
    ends(&play_body(gate, world().with(value(4))), Resolved, "enough", &[]);
}

#[test]
fn approval_by_two_is_not_given_by_one() {
    let body = "require approval \"Wipe ${server}?\" by 2 within 1h\n svc.wipe(server)\n resolve if fixed\n escalate to oncall \"no\"";
    let person = |names: &[&str]| Person::answering("Wipe", "approve").after(d("5m")).by(names);
    let result = play_body(body, world().person(person(&["ann"])).with(health(&[true])));
    ends(&result, Escalated, "only 1 of 2 approved in time: Wipe fe1?", &[]);
    took(&result, "1h");
    let result = play_body(body, world().person(person(&["ann", "bob"])).with(health(&[true])));
    ends(&result, Resolved, "fixed", &["5m svc.wipe(on: fe1)"]);
    let result = play_body(body, world().person(Person::answering("Wipe", "deny").by(&["ann", "bob"])));
    ends(&result, Escalated, "approval was denied: Wipe fe1?", &[]);
}

#[test]
fn ask_takes_its_default_when_nobody_answers() {
    let body = "
      match ask \"Restart ${server} now?\" choices [now, later] within 10m default later {
        now   { svc.restart(server) }
        later { escalate to oncall \"it waits for a restart\" }
      }
      resolve if fixed
      escalate to oncall \"no\"";
    let result = play_body(body, world());
    ends(&result, Escalated, "it waits for a restart", &[]);
    took(&result, "10m");
    let now = Person::answering("Restart", "now").after(d("1m"));
    ends(&play_body(body, world().person(now).with(health(&[true]))), Resolved, "fixed", &["1m svc.restart(on: fe1)"]);
}

#[test]
fn wait_until_a_condition_has_held() {
    let body = "wait until svc.value(server) == 0 within 1m for 30s every 10s\n svc.restart(server)\n resolve if fixed\n escalate to oncall \"no\"";
    let values = [3, 0, 4, 0].into_iter().fold(on("value", "fe1"), |rule, number| rule.answers(Value::number(number)));
    let result = play_body(body, world().with(values).with(health(&[true])));
    // Polls at 0, 10 (holds), 20 (does not), 30 (holds), 40, 50, 60.
    ends(&result, Resolved, "fixed", &["1m svc.restart(on: fe1)"]);
    let result = play_body(body, world().with(value(3)));
    ends(&result, Escalated, "timed out waiting until svc.value(on: fe1) == 0", &[]);
    let result = play_body(body, world());
    let reason =
        "could not determine in time whether svc.value(on: fe1) == 0: the script says nothing of svc.value(on: fe1)";
    ends(&result, Escalated, reason, &[]);
}

#[test]
fn an_idempotent_action_is_tried_again() {
    let body = "retry 3 times every 10s { svc.restart(server) }\n resolve if fixed\n escalate to oncall \"no\"";
    let fails = || on("restart", "fe1").fails(ErrorKind::Failed, "busy").fails(ErrorKind::TimedOut, "silence");
    let result = play_body(body, world().with(fails().takes(d("1s"))).with(health(&[true])));
    let ledger =
        ["0s-0s svc.restart(on: fe1) Failed", "10s-10s svc.restart(on: fe1) Unknown", "20s-21s svc.restart(on: fe1)"];
    ends(&result, Resolved, "fixed", &ledger);
    let result = play_body(body, world().with(fails().fails(ErrorKind::Failed, "broken")));
    assert_eq!((result.ending.outcome, result.ending.reason.as_str()), (Escalated, "broken"));
    assert_eq!(result.ledger().len(), 3);
}

#[test]
fn catch_knows_kind_message_and_action() {
    let body = "
      try { svc.restart(server) } catch wrong {
        match wrong.kind {
          unreachable, refused { escalate to oncall \"${wrong.action}: ${wrong.message}\" }
          else { notify oncall \"went on after ${wrong.message}\" }
        }
      }
      resolve if fixed
      escalate to oncall \"no\"";
    let fails = |kind| on("restart", "fe1").fails(kind, "no way there");
    let result = play_body(body, world().with(fails(ErrorKind::Unreachable)));
    ends(&result, Escalated, "svc.restart(on: fe1): no way there", &["0s-0s svc.restart(on: fe1) NotPerformed"]);
    let result = play_body(body, world().with_lock_held("fe1"));
    let reason = "svc.restart(on: fe1): another run holds the lock of fe1";
    ends(&result, Escalated, reason, &[]);
    assert_eq!(results(&result), [("svc.restart(on: fe1)".to_owned(), EffectOutcome::Refused)]);
    let result = play_body(body, world().with(fails(ErrorKind::Failed)).with(health(&[true])));
    ends(&result, Resolved, "fixed", &["0s-0s svc.restart(on: fe1) Failed"]);
    assert_eq!(result.sent_messages(), ["oncall: Main: went on after no way there"]);
}

#[test]
fn what_is_caught_names_the_call_that_the_runbook_made() {
    let backend = "
      backend team {
        observe sum(on: host) -> number { svc.raw(on).jq(\".sum\") as number }
        disrupt cure(on: host) { svc.restart(on) }
      }";
    let main = |line: &str| {
        format!(
            "{backend}\nrunbook Main(server: web) {{ contact oncall\n try {{ {line} }} catch e {{ escalate to oncall \
             \"<${{e.action}}> ${{e.kind}}\" }}\n resolve \"well\" }}"
        )
    };
    let result = play(&main("team.cure(server)"), world().with(on("restart", "fe1").fails(ErrorKind::Failed, "no")));
    ends(&result, Escalated, "<team.cure(on: fe1)> failed", &["0s-0s svc.restart(on: fe1) Failed"]);
    let json = Value::Json(std::sync::Arc::new(serde_json::json!({"sum": "many"})));
    let result = play(&main("let x = team.sum(server)"), world().with(on("raw", "fe1").answers(json)));
    ends(&result, Escalated, "<team.sum(on: fe1)> mismatch", &[]);
    let result = play(&main("let x = 1 / svc.value(server)"), world().with(value(0)));
    ends(&result, Escalated, "<> mismatch", &[]);
}

#[test]
fn for_runs_in_sequence_or_in_parallel() {
    let one = "for each in hosts(web), at most 5 { svc.restart(each) }\n resolve \"all\"";
    let slow = || Rule::new("svc.restart").takes(d("10s"));
    let well = || world().with(slow()).with(health(&[true]));
    let ledger = ["0s-10s svc.restart(on: fe1)", "10s-20s svc.restart(on: fe2)", "20s-30s svc.restart(on: fe3)"];
    ends(&play_body(one, well()), Resolved, "all", &ledger);
    let two = "for each in hosts(web), at most 5, 2 at a time { svc.restart(each) }\n resolve \"all\"";
    let ledger = ["0s-10s svc.restart(on: fe1)", "0s-10s svc.restart(on: fe2)", "10s-20s svc.restart(on: fe3)"];
    ends(&play_body(two, well()), Resolved, "all", &ledger);
    let few = "for each in hosts(web), at most 2 { svc.restart(each) }\n resolve \"all\"";
    let reason = "a loop over at most 2 items got 3: none was started";
    ends(&play_body(few, well()), Escalated, reason, &[]);
}

#[test]
fn an_escalation_in_a_parallel_loop_lets_the_others_clean_up() {
    let body = "
      for each in hosts(web), at most 5, 2 at a time {
        temporarily svc.set(each, value: 7)
        svc.restart(each)
        if svc.value(each) > 3 { escalate to vendor \"${each} is beyond help\" } else { notify oncall \"${each}\" }
      }
      resolve \"all\"";
    let world = world()
        .with(Rule::new("svc.value").answers(Value::number(1)))
        .with(on("value", "fe1").answers(Value::number(2)).answers(Value::number(5)))
        .with(Rule::new("svc.set").takes(d("1s")))
        .with(Rule::new("svc.restart").takes(d("1s")))
        .with(on("restart", "fe2").takes(d("30s")));
    let result = play_body(body, world);
    ends(
        &result,
        Escalated,
        "fe1 is beyond help",
        &[
            "0s-1s svc.set(on: fe1, value: 7)",
            "0s-1s svc.set(on: fe2, value: 7)",
            "1s-2s svc.restart(on: fe1)",
            "1s-31s svc.restart(on: fe2)",
            "2s-3s svc.set(on: fe1, value: 2)",
            "31s-32s svc.set(on: fe2, value: 1)",
        ],
    );
    assert_eq!(result.sent_messages(), ["vendor: Main: fe1 is beyond help"]);
}

#[test]
fn repeat_stops_when_it_holds_and_has_an_else() {
    let body = "
      repeat 3 times every 1m until svc.health(server) { svc.restart(server) } else { escalate to vendor \"in vain\" }
      resolve if fixed
      escalate to oncall \"no\"";
    let result = play_body(body, world().with(health(&[false, true])));
    ends(&result, Resolved, "fixed", &["0s svc.restart(on: fe1)", "1m svc.restart(on: fe1)"]);
    let result = play_body(body, world().with(health(&[false])));
    assert_eq!((result.ending.reason.as_str(), result.ledger().len()), ("in vain", 3));
}

#[test]
fn manual_work_is_done_failed_or_not_heard_of() {
    let body = "manual \"Replace the disk\" within 4h else { notify oncall \"not yet\" }\n svc.restart(server)\n resolve \"as far as it goes\"";
    let well = || world().with(health(&[true]));
    let person = Person::answering("Replace", "done").after(d("2h"));
    ends(&play_body(body, well().person(person)), Resolved, "as far as it goes", &["2h svc.restart(on: fe1)"]);
    let result = play_body(body, well());
    ends(&result, Resolved, "as far as it goes", &["4h svc.restart(on: fe1)"]);
    assert_eq!(result.sent_messages(), ["oncall: Main: not yet"]);
}

#[test]
fn expressions_evaluate_as_the_checker_types_them() {
    let body = "
      let share = server.share else 50%
      let peer = server.peer else { escalate to oncall \"no peer\" }
      require share / 50% == 1.7 and 90s + run.started > run.started
      require peer.dag == server.dag and server.pair.count == 2 and peer in server.pair
      let items = svc.items(server)
      let long = [item for item in items where item matches r\"^..\" sorted by item descending]
      let first = long.first else \"none\"
      let alarms = svc.alarms(server)
      require alarms.count == 0
      wait 30s
      let since = now - run.started
      let count = long.count
      match first {
        \"zz\" { resolve \"${first} of ${count} after ${since}\" }
        else { escalate to oncall \"${first}\" }
      }";
    let items = on("items", "fe1").answers(Value::list(["a", "bb", "zz"].map(Value::text)));
    let result = play_body(body, world().with(items).with(on("alarms", "fe1").answers(Value::list([]))));
    ends(&result, Resolved, "zz of 2 after 30s", &[]);
}

#[test]
fn a_record_is_looked_into_and_an_empty_list_says_nothing() {
    let body = "
      let found = svc.seen(server)
      match found.state {
        Up { resolve \"${found.sessions}\" }
        Down, Odd { let items = svc.items(server)  
          escalate to oncall \"${items.count}\" }
      }"
    .replace("server)  \n", "server)\n");
    let result = play_body(&body, world().with(on("seen", "fe1").answers(seen("Up", 4))));
    ends(&result, Resolved, "4", &[]);
    let empty = on("items", "fe1").answers(Value::list([]));
    let result = play_body(&body, world().with(on("seen", "fe1").answers(seen("Odd", 4))).with(empty));
    ends(&result, Escalated, "svc.items answered with an empty list, which proves nothing", &[]);
    let result = play_body(&body, world().with(on("seen", "fe1").answers(seen("Sideways", 4))));
    let reason = "the answer of svc.seen does not fit its signature: the field state of Seen: \"Sideways\" is none of Up, Down, Odd";
    ends(&result, Escalated, reason, &[]);
}

#[test]
fn the_answer_of_the_goal_is_full_before_it_was_asked() {
    let body = "
      let seen = goal.answer
      let since = seen.ended - run.started
      if seen.verdict == unknown { notify oncall \"${seen.probe}: ${seen.reason}, ${since}\" }
      let value = goal.answer.value else { escalate to oncall \"nothing was seen\" with goal.answer }
      resolve \"${value}\" without goal";
    let result = play_body(body, world());
    ends(&result, Escalated, "nothing was seen", &[]);
    assert_eq!(result.sent_messages()[0], "oncall: Main: Healthy: not asked yet, 0s");
    let asked = format!("resolve if fixed\n{body}");
    let result = play_body(&asked, world().with(health(&[false])));
    ends(&result, Resolved, "false (without its goal)", &[]);
    assert_eq!(result.sent_messages(), Vec::<String>::new());
}

#[test]
fn a_probe_is_asked_again_gives_up_and_says_unknown() {
    let text = "
      probe Steady(server: web) {
        timeout 20s
        retries 2 every 5s
        let found = svc.seen(server)
        unknown if found.state == Odd
        passed if  found.sessions < 10
      }
      runbook Main(server: web) {
        contact oncall
        goal Steady(server) and not Healthy(server)
        resolve if fixed
        match check Steady(server) {
          passed  { resolve \"steady\" }
          failed  { svc.restart(server) }
          unknown { escalate to oncall \"nobody can tell\" }
        }
        escalate to oncall \"restarted\" with goal.answer
      }";
    let odd = || on("seen", "fe1").answers(seen("Odd", 1));
    ends(&play(text, world().with(odd()).with(health(&[false]))), Escalated, "unknown whether the goal holds", &[]);
    let result = play(text, world().with(odd()).with(health(&[true])));
    ends(&result, Escalated, "nobody can tell", &[]);
    let busy = on("seen", "fe1").answers(seen("Up", 20));
    let result = play(text, world().with(busy).with(health(&[false])));
    ends(&result, Escalated, "restarted", &["20s svc.restart(on: fe1)"]);
    let calm = on("seen", "fe1").answers(seen("Up", 20)).answers(seen("Up", 2));
    let result = play(text, world().with(calm).with(health(&[false])));
    ends(&result, Resolved, "fixed", &[]);
    took(&result, "5s");
}

#[test]
fn cancel_in_the_middle_undoes_and_waits_for_what_cannot_be_broken_off() {
    let body = "
      temporarily svc.set(server, value: 7)
      step \"Kick\" { svc.kick(server) }
      wait 1h
      resolve \"never\"";
    let slow = on("kick", "fe1").takes(d("40s"));
    let result = play_body(body, world().with(value(1)).with(slow).cancel_at(at("10s")));
    let ledger = ["0s svc.set(on: fe1, value: 7)", "0s-40s svc.kick(on: fe1)", "40s svc.set(on: fe1, value: 1)"];
    ends(&result, Cancelled, "it was cancelled", &ledger);
    assert!(result.sent_messages().is_empty() && result.left().is_empty());
}

#[test]
fn a_stale_answer_is_reported_and_not_used() {
    let load = || on("load", "fe1").answers(Value::number(3)).answers(Value::number(9));
    let old = "the answer of svc.load(on: fe1) is older than 5m: ask again";
    for (wait, lines, reason) in [
        ("5m", "require load == 3", "it was 3"),
        ("301s", "require load == 3", old),
        ("301s", "let twice = load * 2\n require twice == 6", old),
        ("301s", "match load { 3 { wait 1s } else { wait 2s } }", old),
        ("301s", "permanently svc.set(server, value: load)", old),
        ("301s", "do Part(load)", old),
        (
            "301s",
            "wait until load == 3 within 1m every 30s",
            &format!("could not determine in time whether load == 3: {old}"),
        ),
        ("301s", "notify vendor \"${load}\" with load", "it was 3"),
        ("301s", "try { require load == 3 } catch e { notify vendor \"${e.action} ${e.kind}\" }", "it was 3"),
        ("301s", "let again = svc.load(server)\n require again == 9", "it was 3"),
    ] {
        let text = format!(
            "procedure Part(load: number) {{ require load == 3 }}
             runbook Main(server: web) {{
               contact oncall
               let load = svc.load(server)
               wait {wait}
               {lines}
               escalate to oncall \"it was ${{load}}\" with load
             }}"
        );
        let result = play(&text, world().with(load()).with(value(1)));
        ends(&result, Escalated, reason, &[]);
    }
    let told = "load: 3";
    let text = "
      procedure Part(load: number) {
        wait 3m
        require load == 3
      }
      runbook Main(server: web) {
        contact oncall
        let load = svc.load(server)
        wait 3m
        do Part(load)
        resolve \"in time\"
      }";
    ends(&play(text, world().with(load())), Escalated, old, &[]);
    let text = "let load = svc.load(server)\n wait 10m\n escalate to oncall \"high\" with load";
    assert!(body(&play_body(text, world().with(load()))).contains(told));
}

#[test]
fn a_stale_answer_stops_a_loop_but_not_an_undo() {
    let queues = || on("queues", "fe1").answers(Value::list([1, 2, 3].map(Value::number)));
    let reason = "the answer of svc.queues(on: fe1) is older than 5m: ask again";
    let text = "for each in svc.queues(server), at most 9 { permanently svc.set(server, value: each)\n wait 3m }\n resolve \"all\"";
    let ledger = ["0s svc.set(on: fe1, value: 1)", "3m svc.set(on: fe1, value: 2)"];
    ends(&play_body(text, world().with(queues()).with(value(7))), Escalated, reason, &ledger);
    let text = "
      let load = svc.load(server)
      temporarily { svc.touch(server) } undo { svc.set(server, value: load) }
      wait 10m
      resolve \"well\"";
    let load = on("load", "fe1").answers(Value::number(3));
    let result = play_body(text, world().with(load).with(health(&[true])));
    ends(&result, Resolved, "well", &["0s svc.touch(on: fe1)", "10m svc.set(on: fe1, value: 3)"]);
}

#[test]
fn a_host_says_its_name_and_its_address() {
    let end = "resolve \"${server.name} at ${server.address}\"";
    ends(&play_body(end, world()), Resolved, "fe1 at 192.0.2.1", &[]);
    let text = "
      role box { name: text }
      runbook Main(server: box) { contact oncall\n resolve \"${server.name}\" }";
    let inventory = "
hosts: {b1: {address: 192.0.2.9, roles: [box], facts: {name: the fact wins}}}
contacts: {oncall: oncall@example.org}
mail: {server: mail.example.org, from: rectify@example.org}
";
    let program = program(&[("main.runbook", text)], inventory);
    ends(&run_in(&program, "Main", "b1", world()), Resolved, "the fact wins", &[]);
}

#[test]
fn distinct_keeps_the_first_of_each_however_many_there_are() {
    let many = (0..60_000).map(|number| Value::text(format!("line {}", number % 59_999)));
    let script = world().with(on("items", "fe1").answers(Value::list(many)));
    let began = std::time::Instant::now();
    let body = "let lines = svc.items(server)\n let last = lines.distinct.last else \"\"\n resolve \"${lines.distinct.count}, ${last}\"";
    ends(&play_body(body, script), Resolved, "59999, line 59998", &[]);
    assert!(began.elapsed() < std::time::Duration::from_secs(8), "{:?}", began.elapsed());
}

#[test]
fn a_lock_is_held_while_its_block_runs() {
    // The call after the block waits for another run, which takes the lock as soon as it is free.
    let body = "lock \"pool\" within 2m { svc.restart(server) }\nsvc.restart(server)\nresolve \"done\" without goal";
    let busy = || world().with_lock_held_until("pool", at("90s"));
    let result = play_body(body, busy());
    ends(&result, Resolved, "done (without its goal)", &["1m30s svc.restart(on: fe1)", "1m30s svc.restart(on: fe1)"]);
    assert_eq!(result.world.held(), Vec::<String>::new());
    // The default is a minute, and its end is an error that can be caught.
    let late = play_body(&body.replace(" within 2m", ""), busy());
    ends(&late, Escalated, "another run holds the lock of pool", &[]);
    took(&late, "1m");
    let caught = "try { lock \"pool\" { svc.restart(server) } } catch error { notify oncall \"${error.kind}\" }\nresolve \"done\" without goal";
    ends(&play_body(caught, busy()), Resolved, "done (without its goal)", &[]);
}

/// One branch waits for another run; the other one waits for the first, and no longer than it says.
#[test]
fn a_lock_is_waited_for_as_long_as_its_branch_says() {
    let body = "for part in [\"long\", \"short\"], 2 at a time {\n  if part == \"long\" { lock \"pool\" within 10m { svc.restart(server) } } else {\n    \
                try { lock \"pool\" within 1m { svc.restart(server) } } catch error { notify oncall \"${error.message}\" }\n  }\n}\n\
                resolve \"done\" without goal";
    let result = play_body(body, world().with_lock_held_until("pool", at("5m")));
    ends(&result, Resolved, "done (without its goal)", &["5m svc.restart(on: fe1)"]);
    let sent = result.world.sent_messages();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(
        sent[0].notification.body.contains("another branch of this run has waited for the lock \"pool\""),
        "{sent:?}"
    );
    assert_eq!(sent[0].at, at("1m"));
}

/// Two undos take one lock after the run was cancelled.
#[test]
fn undos_of_a_cancelled_run_wait_for_each_others_locks() {
    let undo = |call: &str| format!("undo {{ lock \"pool\" within 10m {{ {call} }} }}\n  wait 30m");
    let (restart, resume) = (undo("svc.restart(server)"), undo("svc.resume(server)"));
    let body = format!(
        "for part in [\"one\", \"two\"], 2 at a time {{\n  if part == \"one\" {{\n  temporarily {{ svc.touch(server) }} {restart}\n}} \
         else {{\n  temporarily {{ svc.kick(server) }} {resume}\n}}\n}}\nresolve \"done\" without goal"
    );
    let script = world().with_lock_held_until("pool", at("5m")).cancel_at(at("1m"));
    let result = play_body(&body, script);
    let effects =
        ["0s svc.touch(on: fe1)", "0s svc.kick(on: fe1)", "5m svc.restart(on: fe1)", "5m svc.resume(on: fe1)"];
    ends(&result, Cancelled, "it was cancelled", &effects);
}

#[test]
fn a_lock_is_held_until_its_changes_are_undone() {
    let body = "lock \"pool\" {\n  temporarily svc.drain(server)\n  svc.restart(server)\n}\nwait 1m\nresolve \"done\" without goal";
    let result = play_body(body, world());
    ends(
        &result,
        Resolved,
        "done (without its goal)",
        &["0s svc.drain(on: fe1)", "0s svc.restart(on: fe1)", "0s svc.resume(on: fe1)"],
    );
    // A cancelled run gives it back as well.
    let cancelled = play_body(body, world().cancel_at(at("30s")));
    assert_eq!(cancelled.world.held(), Vec::<String>::new());
}

#[test]
fn calls_of_one_run_take_turns_on_a_target() {
    let body = "for part in [\"one\", \"two\", \"three\"], 3 at a time {\n  svc.restart(server)\n  svc.restart(server)\n}\nresolve \"done\" without goal";
    let result = play_body(body, world().with(on("restart", "fe1").takes(d("10s"))));
    // Each branch has its turn before any has a second one.
    let intended = result.events().into_iter().filter_map(|event| match event.kind {
        EventKind::EffectIntended { address, .. } => Some(address.to_string()),
        _ => None,
    });
    let intended: Vec<String> = intended.collect();
    assert_eq!(intended.len(), 6);
    let branch = |address: &String| address.split('/').next().unwrap_or_default().to_owned();
    let order: Vec<String> = intended.iter().map(branch).collect();
    assert_eq!(order[..3], order[3..], "{intended:?}");
}
