//! The protocol log of an IMAP front end: the mailbox servers to which it proxied.

use super::server::Server;
use super::settings;
use crate::transport::powershell::is_cut;
use crate::value::{ActionError, ErrorKind, Timestamp, Value};
use ecow::EcoString;
use regex::Regex;
use std::sync::LazyLock;

/// The number of lines read from the end of each file.
const TAIL: u64 = 2000;

/// The number of lines at the beginning of a file among which is the one that names the columns.
const HEAD: u64 = 20;

/// The mailbox servers to which sessions since then were proxied, the latest first, each once.
pub(super) async fn proxied_to(server: &Server<'_>, since: Timestamp) -> Result<Value, ActionError> {
    let folder = settings::log_folder(server).await?;
    let path = format!("{}\\IMAP4*.LOG", folder.trim_end_matches('\\'));
    let read = async |count: &str, lines: u64, like: &str| {
        let request = server.windows("Get-Content")?.with("Path", path.as_str()).with(count, lines);
        let answer = server.send(request.only("Line", like).select("Line")).await?;
        answer.objects_or_none()?.iter().map(|line| line.text("Line")).collect::<Result<Vec<_>, _>>()
    };
    let lines = read("Tail", TAIL, "*Proxy:*").await?;
    if lines.is_empty() {
        return Ok(Value::list([]));
    }
    // The end of a long file lacks the line that names the columns.
    let headers = read("TotalCount", HEAD, "#Fields:*").await?;
    let forms: Vec<Vec<&str>> = headers.iter().filter_map(|line| columns(line)).collect();
    let mut seen: Vec<ProxiedTo> = Vec::new();
    let mut understood = false;
    for line in &lines {
        let Some(entry) = entry(line, &forms) else { continue };
        understood = true;
        seen.extend(entry.filter(|proxied| proxied.at >= since));
    }
    if !understood {
        let message = "the protocol log has no `#Fields:` line that matches its entries";
        return Err(
            ActionError::new(ErrorKind::Protocol, message).with(Value::list(headers.into_iter().map(Value::Text)))
        );
    }
    seen.sort_by_key(|proxied| std::cmp::Reverse(proxied.at));
    let mut servers: Vec<EcoString> = Vec::new();
    for proxied in seen {
        if !servers.iter().any(|known| known.eq_ignore_ascii_case(&proxied.to)) {
            servers.push(proxied.to);
        }
    }
    Ok(Value::list(servers.into_iter().map(Value::Text)))
}

struct ProxiedTo {
    at: Timestamp,
    to: EcoString,
}

fn columns(line: &str) -> Option<Vec<&str>> {
    line.strip_prefix("#Fields:").map(|names| names.split(',').map(str::trim).collect())
}

/// Parses an entry. `None` where no format has its number of columns, or it has no time. Formats differ between builds,
/// each with another number of columns.
fn entry(line: &str, forms: &[Vec<&str>]) -> Option<Option<ProxiedTo>> {
    // Only in the context of the server: clients choose the user name and the tag that an answer repeats.
    static PROXY: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r#"(?:^|Msg=")Proxy:([A-Za-z0-9][A-Za-z0-9.-]{0,254}):[0-9]+"#).ok());
    if is_cut(line) {
        return None;
    }
    let cells = cells(line);
    let form = forms.iter().find(|form| form.len() == cells.len())?;
    let cell = |names: &[&str]| {
        let position = form.iter().position(|own| names.iter().any(|name| own.eq_ignore_ascii_case(name)))?;
        cells.get(position)
    };
    let at = cell(&["dateTime", "date-time"])?.parse::<Timestamp>().ok()?;
    let context = cell(&["context"])?;
    let found = PROXY.as_ref().and_then(|proxy| proxy.captures(context)).and_then(|found| found.get(1));
    Some(found.map(|name| ProxiedTo { at, to: name.as_str().trim_end_matches('.').into() }))
}

/// The cells of a line of CSV. A quote within quotes is doubled.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ',' if !quoted => cells.push(String::new()),
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                push(&mut cells, '"');
            }
            '"' => quoted = !quoted,
            other => push(&mut cells, other),
        }
    }
    cells
}

fn push(cells: &mut [String], letter: char) {
    if let Some(cell) = cells.last_mut() {
        cell.push(letter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &str =
        "#Fields: dateTime,sessionId,seqNumber,sIp,cIp,user,duration,rqsize,rpsize,command,parameters,context,puid";
    const OLD: &str = "#Fields: dateTime,sessionId,seqNumber,sIp,cIp,user,duration,command,parameters,context";

    fn read(line: &str) -> Option<Option<String>> {
        let forms = [columns(NEW).unwrap(), columns(OLD).unwrap()];
        entry(line, &forms).map(|proxied| proxied.map(|proxied| proxied.to.to_string()))
    }

    #[test]
    fn entries_are_read_by_the_names_of_their_columns() {
        let context = r#""R=OK;Msg=""Proxy:MBX1.contoso.com:1993:SSL;ProxySuccess""""#;
        let new = format!(
            "2026-11-24T08:00:00.000Z,0a1b,3,10.0.0.1:993,10.0.0.9:5,HealthMailboxA,12,43,20,login,HealthMailboxA *****,{context},"
        );
        assert_eq!(read(&new), Some(Some("MBX1.contoso.com".to_owned())));
        let old =
            format!("2026-11-24T08:00:00.000Z,0a1b,3,10.0.0.1:993,10.0.0.9:5,HealthMailboxA,12,login,x,{context}");
        assert_eq!(read(&old), Some(Some("MBX1.contoso.com".to_owned())));
        assert_eq!(read("2026-11-24T08:00:00Z,1,2,3,4,5,6,7,8,9,10,R=OK,"), Some(None));
        assert_eq!(read("2026-11-24T08:00:00Z,too,few"), None);
        assert_eq!(read("yesterday,1,2,3,4,5,6,7,8,9,10,R=OK,"), None);
    }

    #[test]
    fn what_a_client_chose_is_no_word_of_the_server() {
        let user = r#""R=OK;Msg=""Proxy:evil.example:1993:SSL""""#;
        assert_eq!(read(&format!("2026-11-24T08:00:00Z,1,2,3,4,{user},6,7,8,login,{user},R=OK,")), Some(None));
        let tag = r#""R=""Proxy:evil.example:1 NO LOGIN failed.""""#;
        assert_eq!(read(&format!("2026-11-24T08:00:00Z,1,2,3,4,5,6,7,8,login,10,{tag},")), Some(None));
    }
}
