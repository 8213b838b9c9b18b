//! Database copies, and moves back to a server.

use super::*;
use crate::value::Decimal;
use std::time::Duration;

fn copy(database: &str, more: Json) -> Json {
    let mut copy = json!({
        "Name": format!("{database}\\MBX1"), "DatabaseName": database, "MailboxServer": "MBX1", "Status": "Healthy",
        "ActiveCopy": false, "ActiveDatabaseCopy": "mbx2", "ActivationPreference": 1, "CopyQueueLength": 0,
        "ReplayQueueLength": 9_223_372_036_854_775_766_i64
    });
    copy.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    copy
}

#[tokio::test]
async fn copies_are_read_as_they_are() {
    let data = json!([copy("db1", json!({})), copy("db2", json!({"Status": "Dismounted", "ActiveCopy": "True"}))]);
    let Ok(Value::List(copies)) = answered("database_copies", vec![], data).await else { panic!("no list") };
    assert_eq!(field(&copies[0], "replay_queue"), Value::Number(Decimal::from(9_223_372_036_854_775_766_i64)));
    assert_eq!(field(&copies[0], "active"), Value::Boolean(false));
    assert_eq!(field(&copies[1], "active"), Value::Boolean(true), "a dismounted active copy is one");
    let error = answered("database_copies", vec![], json!([copy("db1", json!({"Status": 7}))])).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Mismatch, "no number of this enum is known");
}

#[tokio::test]
async fn databases_are_moved_back_one_after_the_other_and_waited_for() {
    let mut asked = 0;
    let mut moved: Vec<(String, u32)> = Vec::new();
    let (world, scripted) = world(move |request| {
        asked += 1;
        if request.cmdlet == "Move-ActiveMailboxDatabase" {
            assert_eq!(request.parameters["ActivateOnServer"], json!("mbx1.contoso.com"));
            assert_eq!(request.parameters["Confirm"], json!(false));
            moved.push((request.parameters["Identity"].as_str().unwrap().to_owned(), asked));
            return envelope(json!([]));
        }
        let state = |database: &str, ready_at: u32| match moved.iter().find(|(moved, _)| moved == database) {
            Some((_, at)) if asked > at + 2 => json!({"Status": "Mounted", "ActiveCopy": true}),
            Some(_) => json!({"Status": "Mounting", "ActiveCopy": true}),
            None if asked < ready_at => json!({"Status": "Initializing"}),
            None => json!({}),
        };
        envelope(json!([
            copy("db1", state("db1", 3)),
            copy("other", json!({"ActivationPreference": 2})),
            copy("sick", json!({"Status": "FailedAndSuspended"})),
            copy("here", json!({"Status": "Mounted", "ActiveCopy": true})),
            copy("db2", state("db2", 0)),
        ]))
    });
    let error = perform_on(&world, "databases_moved_back", vec![]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Failed, "not all of them are back");
    let said = "left where they are, because their copies on h are not healthy: sick (FailedAndSuspended)";
    assert_eq!(error.message, said);
    let moves: Vec<String> = scripted
        .requests
        .borrow()
        .iter()
        .filter(|request| request.cmdlet.starts_with("Move"))
        .map(|request| request.parameters["Identity"].to_string())
        .collect();
    assert_eq!(moves, ["\"db1\"", "\"db2\""]);
}

#[tokio::test]
async fn a_database_that_does_not_come_is_waited_for_no_longer_than_the_call() {
    let (mut world, scripted) = world(|request| match request.cmdlet.as_str() {
        "Get-MailboxDatabaseCopyStatus" => envelope(json!([copy("db1", json!({}))])),
        _ => envelope(json!([])),
    });
    world.time_left = Duration::from_secs(95);
    let error = perform_on(&world, "databases_moved_back", vec![]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
    assert!(error.message.contains("db1 was moved to h, and is not mounted there yet: Healthy"), "{error}");
    assert!((9..12).contains(&scripted.requests.borrow().len()), "{}", scripted.requests.borrow().len());
}

#[tokio::test]
async fn what_was_moved_before_a_failure_is_said() {
    let mut moved = Vec::new();
    let (world, _) = world(move |request| {
        if request.cmdlet == "Move-ActiveMailboxDatabase" {
            if !moved.is_empty() {
                let record = ErrorRecord {
                    stage: ErrorStage::Connect,
                    id: "X".into(),
                    category: "X".into(),
                    message: "Gone.".into(),
                };
                return Envelope { ok: false, errors: vec![record], ..envelope(json!([])) };
            }
            moved.push(request.parameters["Identity"].clone());
            return envelope(json!([]));
        }
        let state = |name: &str| {
            if moved.contains(&json!(name)) { json!({"Status": "Mounted", "ActiveCopy": true}) } else { json!({}) }
        };
        envelope(json!([copy("db1", state("db1")), copy("db2", state("db2"))]))
    });
    let error = perform_on(&world, "databases_moved_back", vec![]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Failed, "not `unreachable`, which would say that nothing was done");
    assert_eq!(error.message, "Move-ActiveMailboxDatabase: Gone; moved before it: db1");
}

#[tokio::test]
async fn a_move_after_which_nobody_answers_may_have_been_made() {
    let mut moved = false;
    let (world, _) = world(move |request| {
        if moved {
            let (id, category) = ("X".to_owned(), "X".to_owned());
            let record = ErrorRecord { stage: ErrorStage::Connect, id, category, message: "Gone.".into() };
            return Envelope { ok: false, errors: vec![record], ..envelope(json!([])) };
        }
        moved = request.cmdlet == "Move-ActiveMailboxDatabase";
        envelope(if moved { json!([]) } else { json!([copy("db1", json!({}))]) })
    });
    let error = perform_on(&world, "databases_moved_back", vec![]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unknown, "not `unreachable`, which would say that nothing was done");
}
