//! The guard between the real library and servers that are made up.

use super::*;
use async_imap::{Client, Connection, Session};
use futures_util::TryStreamExt;
use proptest::prelude::*;
use tokio::io::{DuplexStream, Join, Sink};

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(work)
}

/// A guard whose tags are `r-1`, `r-2`: what is sent can be written down beforehand.
fn guarded<S: AsyncRead + AsyncWrite + Unpin>(stream: S, in_tls: bool) -> Guard<S> {
    let mut guard = Guard::new(stream, in_tls, false).unwrap_or_else(|_| panic!("random bytes"));
    guard.tags = "r-".to_owned();
    guard
}

/// A server that sends all this at once and reads nothing.
fn talker(sent: &[u8]) -> Client<Guard<Join<&[u8], Sink>>> {
    Client::new(guarded(tokio::io::join(sent, tokio::io::sink()), true))
}

/// The message of the error that ended an exchange.
fn problem<S: AsyncRead + AsyncWrite + Unpin>(connection: &mut Connection<Guard<S>>) -> String {
    match connection.get_mut().take_result::<(), io::Error>(Ok(())) {
        Ok((_, answer)) => format!("granted: {}", answer.server_text.text),
        Err(stop) => stop.into_error().message,
    }
}

#[test]
fn what_the_library_would_not_survive_does_not_get_there() {
    let sent = "* OK [ALERT]密\r\nr-1 OK [ALERT]密\r\n* OK [ALERT]密\r\n* NO [ALERT]密\r\n* 1 FETCH (INTERNALDATE NIL)\r\n\
                * 1 FETCH (UID 7 INTERNALDATE NIL)\r\n* METADATA \"\" (/private/\u{7f}\")\r\n* ID (\"a\" NIL)\r\n\
                * 1 FETCH (UID 7 BODY[HEADER] {3}\r\nabc)\r\nr-2 OK [ALERT]密\r\n";
    block_on(async {
        let mut client = talker(sent.as_bytes());
        client.read_response().await.expect("a greeting");
        let mut session = client.login("a", "b").await.unwrap_or_else(|(error, _)| panic!("{error}"));
        let fetched = session.uid_fetch("7", "(UID BODY.PEEK[HEADER])").await.expect("a command");
        let fetched: Vec<_> = fetched.try_collect().await.expect("an answer");
        assert_eq!(
            fetched.iter().map(|fetch| (fetch.uid, fetch.header())).collect::<Vec<_>>(),
            [(Some(7), Some(&b"abc"[..]))]
        );
        assert_eq!(problem(&mut session), "granted: 密");
    });
}

#[test]
fn an_answer_to_no_question_is_an_error() {
    // The library's tag, an unused one of ours, the next one, and an unknown one.
    for early in ["A0001 OK done\r\n", "r-0 OK done\r\n", "r-2 OK done\r\n", "x OK done\r\n"] {
        block_on(async {
            let sent = format!("* OK hello\r\n{early}");
            let mut client = talker(sent.as_bytes());
            client.read_response().await.expect("a greeting");
            let Err((_, mut client)) = client.login("a", "b").await else { panic!("{early}: logged in") };
            assert_eq!(problem(&mut client), "the server answered a command that was not sent", "{early}");
            assert!(!client.get_ref().is_sound());
        });
    }
    // The right tag, before the server requested the literal with the password.
    block_on(async {
        let mut client = talker(b"* OK hello\r\nr-1 OK done\r\n");
        client.read_response().await.expect("a greeting");
        let Err((_, mut client)) = client.login("a", "密").await else { panic!("logged in") };
        assert_eq!(problem(&mut client), "the server answered OK before LOGIN was sent completely");
    });
}

/// Everything that the guard sent to the server.
async fn came_out(mut server: DuplexStream) -> String {
    use tokio::io::AsyncReadExt;
    let mut told = String::new();
    server.read_to_string(&mut told).await.expect("the client goes");
    told
}

#[test]
fn before_tls_no_password_goes_out() {
    use tokio::io::AsyncWriteExt;
    block_on(async {
        let (ours, mut server) = tokio::io::duplex(4096);
        server.write_all(b"* OK hello\r\n").await.expect("the client hears");
        server.shutdown().await.expect("nothing more is said");
        let mut client = Client::new(guarded(ours, false));
        client.read_response().await.expect("a greeting");
        let Err((_, mut client)) = client.login("alice", "canary").await else { panic!("logged in") };
        assert!(problem(&mut client).contains("a command that must not be sent without TLS"));
        drop(client);
        assert_eq!(came_out(server).await, "");
    });
}

#[test]
fn a_command_goes_out_once_and_alone() {
    use tokio::io::AsyncWriteExt;
    block_on(async {
        let (ours, mut server) = tokio::io::duplex(4096);
        server.write_all(b"* OK hello\r\nr-1 OK done\r\nr-2 NO not now\r\n").await.expect("the client hears");
        server.shutdown().await.expect("nothing more is said");
        let mut client = Client::new(guarded(ours, true));
        client.read_response().await.expect("a greeting");
        let mut session = client.login("alice", "a\"\\b").await.unwrap_or_else(|(error, _)| panic!("{error}"));
        assert!(session.append("INBOX", None, None, "a message").await.is_err());
        assert_eq!(problem(&mut session), "refused: not now");
        assert!(session.expunge().await.is_err(), "whatever is marked as deleted is not ours");
        assert!(problem(&mut session).contains("an unexpected command"));
        assert!(session.logout().await.is_err(), "nothing goes out after that");
        drop(session);
        let told = "r-1 LOGIN \"alice\" \"a\\\"\\\\b\"\r\nr-2 APPEND \"INBOX\" {9}\r\n";
        assert_eq!(came_out(server).await, told);
    });
}

#[test]
fn tags_are_not_to_be_guessed() {
    let tags = |_| Guard::new(tokio::io::empty(), true, false).map(|guard| guard.tags).unwrap_or_default();
    let seen: std::collections::BTreeSet<String> = (0..100).map(tags).collect();
    assert_eq!(seen.len(), 100);
    assert!(seen.iter().all(|tag| tag.len() == 18), "{seen:?}");
}

/// Arbitrary output of a server, made of meaningful and meaningless pieces.
fn flood() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        "* ",
        "+ ",
        "OK",
        "NO ",
        "BYE ",
        "PREAUTH ",
        "[",
        "]",
        "(",
        ")",
        "\"",
        "\\",
        "\r\n",
        "\n",
        "\r",
        "\0",
        " ",
        "{",
        "}",
        "{3}\r\n",
        "{3+}\r\n",
        "{-1}\r\n",
        "{70000}\r\n",
        "FETCH (UID 1 BODY[HEADER] ",
        "CAPABILITY IMAP4rev1",
        "UIDVALIDITY 7",
        "* OK hello\r\n",
        "* 1 EXISTS\r\n",
        "\u{202E}",
        "密",
        "+ go on\r\n",
        "* OK [UIDVALIDITY 7]密\r\n",
        "* OK [ALERT]密\r\n",
        "* SEARCH 1 2 4294967296\r\n",
        "* SEARCH 7\r\n",
        "* 1 FETCH (UID 7 BODY[HEADER] {3}\r\nabc)\r\n",
        "* 1 FETCH (BODY[HEADER] {0}\r\n UID 7)\r\n",
        "* 1 FETCH (BODY[HEADER] {3} UID 7)\r\n",
        "* 1 FETCH (FLAGS (\\Seen  \\) MODSEQ (18446744073709551616))\r\n",
        "* 1 FETCH (INTERNALDATE NIL)\r\n",
    ]);
    let piece = prop_oneof![8 => pieces.prop_map(|piece| piece.as_bytes().to_vec()), 1 => any::<Vec<u8>>()];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Sends every command that the backend uses, and ignores the results.
async fn talk(sent: &[u8]) -> Option<()> {
    let mut client = talker(sent);
    client.read_response().await.ok()?;
    let _ = client.run_command_and_check_ok("CAPABILITY", None).await;
    let mut session: Session<_> = client.login("alice", "密").await.ok()?;
    let _ = session.append("INBOX", Some("(\\Seen)"), None, "a message").await;
    let _ = session.select("INBOX").await;
    let _ = session.uid_search("HEADER a \"b\"").await;
    if let Ok(fetched) = session.uid_fetch("7", "(UID BODY.PEEK[HEADER])").await {
        let fetched: Result<Vec<_>, _> = fetched.try_collect().await;
        fetched.iter().flatten().for_each(|fetch| drop(fetch.header().map(<[u8]>::to_vec)));
    }
    if let Ok(stored) = session.uid_store("7", "+FLAGS.SILENT (\\Deleted)").await {
        let _: Result<Vec<_>, _> = stored.try_collect().await;
    }
    if let Ok(expunged) = session.uid_expunge("7").await {
        let _: Result<Vec<_>, _> = expunged.try_collect().await;
    }
    let _ = session.logout().await;
    Some(())
}

proptest! {
    /// The guard alone, without the catch of panics: a panic of the library fails the test.
    #[test]
    fn no_server_can_make_the_library_panic(floods in prop::collection::vec(flood(), 10), last in 0..10_usize) {
        block_on(talk(&floods.concat()));
        // Also with the answers that the library expects, where possible, so that every command is reached.
        let mut sent = b"* OK hello\r\n".to_vec();
        for (number, flood) in (1..=last).zip(&floods) {
            if matches!(number, 2 | 3) {
                sent.extend_from_slice(b"+ go on\r\n");
            }
            if number == last {
                sent.extend_from_slice(flood);
            }
            sent.extend_from_slice(format!("r-{number} OK done\r\n").as_bytes());
        }
        block_on(talk(&sent));
    }
}
