//! What every action makes of empty, foreign, failed and arbitrary answers.

use super::log::FIELDS;
use super::*;
use proptest::prelude::*;

#[tokio::test]
async fn no_object_and_a_warning_is_no_answer_of_any_action() {
    for (action, arguments) in actions() {
        let (world, _) = world(|_| warned("The server could not be reached."));
        let error = perform_on(&world, action, arguments).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unknown, "{action}: {error}");
        assert!(error.message.contains("The server could not be reached"), "{action}: {error}");
    }
}

#[tokio::test]
async fn no_object_alone_is_an_answer_only_where_the_signature_says_so() {
    for (action, arguments) in actions() {
        let result = answered(action, arguments, json!([])).await;
        match action {
            "database_copies" => assert_eq!(result, Ok(Value::list([]))),
            "databases_moved_back" => assert_eq!(result, Ok(Value::Absent)),
            _ => assert_eq!(result.unwrap_err().kind, ErrorKind::Unknown, "{action}"),
        }
    }
}

#[tokio::test]
async fn error_records_become_kinds() {
    for (action, arguments) in actions() {
        for (stage, id, kind) in [
            (ErrorStage::Connect, "AccessDenied,PSSessionOpenFailed", ErrorKind::Unreachable),
            (ErrorStage::Bind, "NamedParameterNotFound,X", ErrorKind::Refused),
            (ErrorStage::Command, "X", ErrorKind::Failed),
        ] {
            let record =
                ErrorRecord { stage, id: id.into(), category: String::new(), message: "LOGIN user c4nary".into() };
            let (world, _) =
                world(move |_| Envelope { ok: false, errors: vec![record.clone()], ..envelope(json!([])) });
            let error = perform_on(&world, action, arguments.clone()).await.unwrap_err();
            assert_eq!(error.kind, kind, "{action}");
            assert!(error.message.ends_with("LOGIN user ***"), "{action}: {error}");
        }
    }
}

#[tokio::test]
async fn an_answer_about_another_server_is_no_answer() {
    for (action, arguments) in actions() {
        let (world, _) = world(|request| {
            let row = request.select.iter().map(|property| {
                let value = match property.as_str() {
                    "Server" | "MailboxServer" | "ServerFqdn" => json!("mbx2.contoso.com"),
                    "Name" if request.cmdlet == "Get-MailboxServer" => json!("MBX2"),
                    "Name" => request.parameters.get("Name").cloned().unwrap_or(json!("x")),
                    "Status" => json!("Running"),
                    _ => json!("x"),
                };
                (property.clone(), value)
            });
            envelope(json!([row.collect::<serde_json::Map<_, _>>()]))
        });
        let error = perform_on(&world, action, arguments).await.unwrap_err();
        let changed = ["protocol_logging", "activation_blocked", "component_held"].contains(&action);
        assert_eq!(error.kind, if changed { ErrorKind::Unknown } else { ErrorKind::Protocol }, "{action}: {error}");
        assert!(error.message.contains("the answer is about"), "{action}: {error}");
    }
}

#[tokio::test]
async fn what_could_stand_for_everything_is_never_sent() {
    let (world, scripted) = world(|_| envelope(json!([])));
    for (action, arguments) in actions() {
        for position in 0..arguments.len() {
            for bad in ["", "  ", "a\nb", "a\0b"] {
                let mut arguments = arguments.clone();
                if matches!(arguments[position].1, Value::Text(_)) {
                    arguments[position].1 = Value::text(bad);
                    let error = perform_on(&world, action, arguments).await.unwrap_err();
                    assert_eq!(error.kind, ErrorKind::Refused, "{action} {bad:?}");
                }
            }
        }
    }
    assert!(scripted.requests.borrow().is_empty());
    let (mut world, scripted) = (world, scripted);
    world.hosts[0].address = "mbx1; Stop-Computer".to_owned();
    let error = perform_on(&world, "imap_settings", vec![]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    world.hosts[0].address = "mbx1".to_owned();
    world.settings = BackendSettings::default();
    let error = perform_on(&world, "imap_settings", vec![]).await.unwrap_err();
    assert!(error.kind == ErrorKind::Refused && error.message.contains("`powershell:`"));
    assert!(scripted.requests.borrow().is_empty());
}

/// JSON of every shape, from the values that properties have to those that they never should.
fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,20}".prop_map(Json::from),
        prop::sample::select(vec![
            "mbx1.contoso.com",
            "True",
            "Running",
            "Healthy",
            "Initializing",
            "ImapProxy",
            "ImapCTPMonitor",
            "MSExchangeHM",
            "2026-11-24T08:00:00Z",
            "0001-01-01T00:00:00Z",
            "Maintenance|Active|",
            "||",
            "1",
            FIELDS,
            "[Proxy=x] _Mbx:y",
            "2026-11-24T08:00:00Z,\"\"\",Proxy:",
            "login a b",
        ])
        .prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::hash_map("[A-Za-z]{1,4}", inner, 0..4).prop_map(|map| json!(map)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_envelope_makes_an_action_panic_or_go_on_for_ever(
        values in prop::collection::vec(prop::collection::vec(any_json(), 1..16), 0..4),
        warnings in prop::collection::vec(".{0,20}", 0..2),
        errors in prop::collection::vec((".{0,20}", ".{0,20}", ".{0,20}"), 0..2),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for (action, arguments) in actions() {
            let (values, warnings, errors) = (values.clone(), warnings.clone(), errors.clone());
            let (world, scripted) = world(move |request| {
                let data = values.iter().map(|row| request.select.iter().cloned().zip(row.iter().cycle().cloned()).collect());
                let errors = errors.iter().map(|(id, category, message)| ErrorRecord {
                    stage: ErrorStage::Command, id: id.clone(), category: category.clone(), message: message.clone(),
                });
                let errors: Vec<_> = errors.collect();
                Envelope { schema: SCHEMA, ok: errors.is_empty(), data: data.collect(), warnings: warnings.clone(), errors }
            });
            let _ = runtime.block_on(perform_on(&world, action, arguments));
            prop_assert!(scripted.requests.borrow().len() < 1000, "{action}");
        }
    }
}
