//! Calls as the language makes them, on real programs.

use super::*;
use crate::backend::testing::{TestEnvironment, call};
use crate::value::{Class, ErrorKind};

fn arguments(words: &[&str]) -> Value {
    Value::list(words.iter().map(|word| Value::text(*word)))
}

async fn read(world: &TestEnvironment, words: &[&str], more: Vec<(&str, Value)>) -> Result<Value, ActionError> {
    let mut given = vec![("arguments", arguments(words))];
    given.extend(more);
    Exec.perform(&call("exec", "read", Class::Observe, given), &world.context()).await
}

fn field(value: &Value, name: &str) -> Value {
    match value {
        Value::Record(record) => record.field(name).cloned().unwrap(),
        other => panic!("{other} is no record"),
    }
}

#[tokio::test]
async fn a_command_answers_with_what_it_wrote() {
    let answer = read(&TestEnvironment::default(), &["sh", "-c", "echo out; echo err >&2"], vec![]).await.unwrap();
    assert_eq!(answer.to_string(), "Output(exit_code: 0, stdout: out\n, stderr: err\n, complete: true)");
}

#[tokio::test]
async fn only_accepted_exit_codes_are_answers() {
    let script = ["sh", "-c", "echo seen; exit 3"];
    let error = read(&TestEnvironment::default(), &script, vec![]).await.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Failed, "sh ended with exit code 3"));
    assert_eq!(field(&error.evidence.unwrap(), "stdout"), Value::text("seen\n"));
    let accepts = Value::list([Value::number(0), Value::number(3)]);
    let answer = read(&TestEnvironment::default(), &script, vec![("accepts", accepts.clone())]).await.unwrap();
    assert_eq!(field(&answer, "exit_code"), Value::number(3));
    let killed =
        read(&TestEnvironment::default(), &["sh", "-c", "kill -9 $$"], vec![("accepts", accepts)]).await.unwrap_err();
    assert_eq!(killed.message, "sh was ended by signal 9 (SIGKILL)");
}

#[tokio::test]
async fn what_acted_and_was_killed_is_unknown() {
    for (action, class, kind) in [
        ("read", Class::Observe, ErrorKind::Failed),
        ("change", Class::Change, ErrorKind::Unknown),
        ("disrupt", Class::Disrupt, ErrorKind::Unknown),
        ("destroy", Class::Destroy, ErrorKind::Unknown),
    ] {
        let given = vec![("arguments", arguments(&["sh", "-c", "kill -9 $$"]))];
        let error = Exec.perform(&call("exec", action, class, given), &TestEnvironment::default().context()).await;
        assert_eq!(error.unwrap_err().kind, kind, "{action}");
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_are_kept() {
    let answer = read(&TestEnvironment::default(), &["printf", "\\377\\033[1mx"], vec![]).await.unwrap();
    assert_eq!(field(&answer, "stdout"), Value::text("\u{fffd}x"));
    assert_eq!(field(&answer, "stdout_bytes"), Value::text("/xtbMW14"));
}

#[tokio::test]
async fn a_secret_goes_in_by_standard_input_only() {
    let world = TestEnvironment::with_secret("token", "canary-4711");
    let script = "cat >/dev/null; tr '\\0' ' ' < /proc/$$/cmdline; tr '\\0' '\\n' < /proc/$$/environ";
    let given = || vec![("secret_input", Value::Secret("token".into()))];
    let seen = read(&world, &["sh", "-c", script], given()).await.unwrap();
    assert!(!seen.to_string().contains("canary-4711"));
    let echoed = read(&world, &["cat"], given()).await.unwrap();
    assert_eq!(field(&echoed, "stdout"), Value::text("canary-4711"));
    assert!(world.secrets.redact_value(&echoed).to_string().contains("stdout: ***,"), "it is masked in every sink");
    let both = vec![("secret_input", Value::Secret("token".into())), ("input", Value::text("x"))];
    assert_eq!(read(&world, &["cat"], both).await.unwrap_err().kind, ErrorKind::Refused);
}

#[tokio::test]
async fn commands_that_cannot_be_are_refused() {
    for words in [&[][..], &[""], &["echo", "a\0b"], &["/no/such/program"]] {
        assert_eq!(
            read(&TestEnvironment::default(), words, vec![]).await.unwrap_err().kind,
            ErrorKind::Refused,
            "{words:?}"
        );
    }
    let unknown = call("exec", "run", Class::Change, vec![("arguments", arguments(&["true"]))]);
    let error = Exec.perform(&unknown, &TestEnvironment::default().context()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
}
