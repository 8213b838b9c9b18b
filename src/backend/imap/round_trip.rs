//! A round trip: appends a message to a mailbox, finds it by its token, and deletes it.

use super::Login;
use super::endpoint::Endpoint;
use super::guard::random_word;
use super::progress::{Phase, Progress};
use super::session::{Library, Opening, Session, require_uidplus};
use super::session_end::{ImapResult, SessionEnd};
use crate::value::{ActionError, Timestamp, Value};
use async_imap::types::{Fetch, Seq};
use futures_util::TryStreamExt;
use std::collections::BTreeSet;

/// The header that marks our messages.
const HEADER: &str = "X-Rectify-Probe";
/// The most of our messages that are deleted at once; more are a sign of another fault.
const LEFT: usize = 100;

/// Appends a message, reads it back and deletes it.
pub(super) async fn perform(
    endpoint: &Endpoint,
    login: &Login,
    mailbox: &str,
    progress: &mut Progress,
) -> Result<Value, ActionError> {
    let reached = async {
        let mut session = Session::open(endpoint, progress).await?;
        session.log_in(login, progress).await?;
        require_uidplus(progress)?;
        let token = format!("{}{}", owner(&endpoint.host), random_word(16)?);
        let (validity, uid) = append(&mut session, mailbox, &token, progress).await?;
        // A quarter of the time is reserved for deleting the message.
        let whole = progress.reserve(4);
        let read = read_back(&mut session, mailbox, validity, uid, &token, progress).await;
        progress.release_reserve(whole);
        match read {
            Ok(()) => {
                expunge(&mut session, &[uid], progress).await.map_err(|stop| with_undeleted_message(&token, stop))?;
                session.close(progress).await;
                Ok(token)
            }
            // The state of this session is unknown.
            Err(stop) => match delete_messages(endpoint, login, mailbox, &token, progress).await {
                Ok(()) => Err(stop),
                Err(_) => Err(with_undeleted_message(&token, stop)),
            },
        }
    };
    let token = reached.await.map_err(SessionEnd::into_error)?;
    Ok(Value::record(
        "RoundTrip",
        [
            ("token", Value::text(token)),
            ("append", progress.phase_duration(Phase::Append)),
            ("fetch", progress.phase_duration(Phase::Fetch)),
            ("remove", progress.phase_duration(Phase::Remove)),
            ("total", progress.total()),
        ],
    ))
}

/// Deletes every message that earlier round trips through this host left. No other round trip can be running: an action
/// holds the lock of its host.
pub(super) async fn remove_left(
    endpoint: &Endpoint,
    login: &Login,
    mailbox: &str,
    progress: &mut Progress,
) -> Result<Value, ActionError> {
    let removed = delete_messages(endpoint, login, mailbox, &owner(&endpoint.host), progress).await;
    removed.map_err(SessionEnd::into_error).map(|()| Value::Absent)
}

/// Deletes the messages whose token has this prefix, in a session of its own.
async fn delete_messages(
    endpoint: &Endpoint,
    login: &Login,
    mailbox: &str,
    token: &str,
    progress: &mut Progress,
) -> Result<(), SessionEnd> {
    let mut session = Session::open(endpoint, progress).await?;
    session.log_in(login, progress).await?;
    session.open_mailbox(Opening::ToChange, mailbox, progress).await?;
    let query = format!("HEADER {HEADER} \"{token}\"");
    let search = async |library: &mut Library| library.uid_search(query).await;
    let (found, _) = session.run(Phase::Fetch, progress, search).await?;
    let mut ours = Vec::new();
    for uid in found.into_iter().collect::<BTreeSet<u32>>().into_iter().take(LEFT) {
        // A search is only a hint: only messages with our header are deleted.
        if fetch(&mut session, uid, progress).await?.is_some_and(|headers| has_token(&headers, token)) {
            ours.push(uid);
        }
    }
    if !ours.is_empty() {
        require_uidplus(progress)?;
        expunge(&mut session, &ours, progress).await?;
    }
    session.close(progress).await;
    Ok(())
}

/// The prefix of the tokens of a host. It is hexadecimal, so that any name fits into a header and none is part of
/// another.
fn owner(host: &str) -> String {
    let name: String = host.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("on-{name}.")
}

fn message(token: &str) -> String {
    let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_string(&Timestamp::now()).unwrap_or_default();
    format!(
        "Date: {date}\r\nFrom: <rectify@probe.invalid>\r\nTo: <rectify@probe.invalid>\r\n\
         Subject: rectify looks whether mail can be stored\r\nMessage-ID: <{token}@probe.invalid>\r\n\
         {HEADER}: {token}\r\n\r\nThis message is taken away again at once. If it is still here, it may be deleted.\r\n"
    )
}

/// Appends the message and returns its UID.
async fn append(
    session: &mut Session,
    mailbox: &str,
    token: &str,
    progress: &mut Progress,
) -> Result<(u32, u32), SessionEnd> {
    let message = message(token);
    let append = async |library: &mut Library| library.append(mailbox, Some("(\\Seen)"), None, &message).await;
    let ((), answer) = session.run(Phase::Append, progress, append).await?;
    let server_text = answer.server_text;
    let mut numbers = server_text.detail.split(' ').map(str::parse);
    match (server_text.code.as_deref(), numbers.next(), numbers.next(), numbers.next()) {
        (Some("APPENDUID"), Some(Ok(validity)), Some(Ok(uid)), None) => Ok((validity, uid)),
        _ => {
            let stop = SessionEnd::protocol(
                "the server stored the message but did not report its UID",
                server_text.text.as_bytes(),
            );
            Err(with_undeleted_message(token, stop))
        }
    }
}

/// Reads the message with this UID.
async fn read_back(
    session: &mut Session,
    mailbox: &str,
    validity: u32,
    uid: u32,
    token: &str,
    progress: &mut Progress,
) -> Result<(), SessionEnd> {
    let (opened, _) = session.open_mailbox(Opening::ToChange, mailbox, progress).await?;
    if opened.uid_validity != Some(validity) {
        return Err(SessionEnd::answer(ImapResult::Refused, "the mailbox was recreated while the message was in it"));
    }
    match fetch(session, uid, progress).await? {
        Some(literal) if has_token(&literal, token) => Ok(()),
        Some(_) => {
            Err(SessionEnd::answer(ImapResult::Refused, "the server returned another message than the stored one"))
        }
        None => Err(SessionEnd::answer(ImapResult::Refused, "the stored message is missing")),
    }
}

/// Deletes these messages of the open mailbox, and no others.
async fn expunge(session: &mut Session, uids: &[u32], progress: &mut Progress) -> Result<(), SessionEnd> {
    let set = uids.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
    let mark = async |library: &mut Library| {
        library.uid_store(&set, "+FLAGS.SILENT (\\Deleted)").await?.try_collect::<Vec<Fetch>>().await
    };
    session.run(Phase::Remove, progress, mark).await?;
    let expunge = async |library: &mut Library| library.uid_expunge(&set).await?.try_collect::<Vec<Seq>>().await;
    session.run(Phase::Remove, progress, expunge).await?;
    Ok(())
}

/// The headers of the message with this UID, if the server sends it.
async fn fetch(session: &mut Session, uid: u32, progress: &mut Progress) -> Result<Option<Vec<u8>>, SessionEnd> {
    let fetch = async |library: &mut Library| {
        library.uid_fetch(uid.to_string(), "(UID BODY.PEEK[HEADER])").await?.try_collect::<Vec<Fetch>>().await
    };
    let (fetched, _) = session.run(Phase::Fetch, progress, fetch).await?;
    let ours = fetched.iter().filter(|fetch| fetch.uid == Some(uid));
    Ok(ours.filter_map(Fetch::header).next().map(<[u8]>::to_vec))
}

/// Whether the headers of a message hold a token with this prefix.
fn has_token(headers: &[u8], token: &str) -> bool {
    String::from_utf8_lossy(headers).lines().any(|line| {
        let value = line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case(HEADER));
        value.is_some_and(|(_, value)| value.trim().starts_with(token))
    })
}

/// Adds to an error that the message was not deleted.
fn with_undeleted_message(token: &str, stop: SessionEnd) -> SessionEnd {
    let mut error = stop.into_error();
    error.message = format!("{}; the message with {HEADER}: {token} was not removed", error.message);
    SessionEnd::Error(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_of_one_host_is_none_of_another() {
        let token = format!("{}0123", owner("fe10"));
        let message = message(&token);
        assert!(has_token(message.as_bytes(), &token));
        assert!(has_token(message.as_bytes(), &owner("fe10")));
        assert!(!has_token(message.as_bytes(), &owner("fe1")));
        assert!(!has_token(b"Subject: on-66653130.0123\r\n", &owner("fe10")));
    }
}
