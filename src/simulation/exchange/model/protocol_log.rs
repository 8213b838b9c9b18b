//! The protocol log of IMAP on a front end, written while its service has logging loaded.

use super::probes::ProbeResult;
use super::state::{FRONT_END, ServerId, Site};
use crate::simulation::exchange::settings::duration::Moment;
use std::collections::VecDeque;

/// The default folder.
pub(in crate::simulation::exchange) const LOCATION: &str =
    r"C:\Program Files\Microsoft\Exchange Server\V15\Logging\Imap4";

const FIELDS: &str =
    "#Fields: dateTime,sessionId,seqNumber,sIp,cIp,user,duration,rqsize,rpsize,command,parameters,context,puid";

/// The most lines that are kept; nobody reads more.
const KEPT: usize = 20_000;

/// The log of a server, line by line, each with its moment.
#[derive(Debug, Clone, Default)]
pub(in crate::simulation::exchange) struct ProtocolLog {
    lines: VecDeque<(Moment, String)>,
}

impl ProtocolLog {
    fn write(&mut self, at: Moment, line: String) {
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back((at, line));
    }

    /// The files of the log, one an hour, by name: each with its header.
    pub fn files(&self) -> Vec<(String, Vec<String>)> {
        let mut files: Vec<(String, Vec<String>)> = Vec::new();
        for (at, line) in &self.lines {
            let name = format!("IMAP4{}-1.LOG", at.timestamp().strftime("%Y%m%d%H"));
            if files.last().is_none_or(|(last, _)| *last != name) {
                let header = ["#Software: Microsoft Exchange Server", "#Log-type: IMAP4 Log", FIELDS];
                files.push((name, header.map(str::to_owned).to_vec()));
            }
            if let Some((_, lines)) = files.last_mut() {
                lines.push(line.clone());
            }
        }
        files
    }
}

impl Site {
    /// Logs the session of a probe, if the service answered it and logs.
    pub fn log_session(&mut self, server: ServerId, verdict: &ProbeResult) {
        let logs = self[server].service(FRONT_END).is_some_and(|service| service.loaded_log);
        if !logs || !self[server].runs(FRONT_END) || !verdict.greeted {
            return;
        }
        let session = format!("{:016X}", self.random.next());
        let at = self.now;
        let stamp = at.timestamp().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        let user = verdict.user.as_deref().unwrap_or_default();
        let name = user.split('@').next().unwrap_or_default().to_owned();
        let login = user.is_empty().then(String::new).unwrap_or_else(|| format!("{user} *****"));
        let context = self.login_context(verdict);
        let mut steps =
            vec![("OpenSession", String::new(), String::new()), ("capability", String::new(), "R=OK".into())];
        if !user.is_empty() {
            steps.push(("login", login, context));
        }
        steps.push(("CloseSession", String::new(), String::new()));
        for (number, (command, parameters, context)) in steps.into_iter().enumerate() {
            let took = if command == "login" { 40 } else { 1 };
            let who = if command == "login" { name.as_str() } else { "" };
            let line = format!(
                "{stamp},{session},{number},127.0.0.1:993,127.0.0.1:49152,{who},{took},0,0,{command},{parameters},{context},"
            );
            self[server].log.write(at, line);
        }
    }

    /// The log text of a login: that it was proxied, and to which server.
    fn login_context(&self, verdict: &ProbeResult) -> String {
        let well = verdict.cause.is_none();
        let back = verdict.back_end.filter(|_| self.rules.back_end_name.log);
        let proxy = back.map(|id| {
            let outcome = if well { "ProxySuccess" } else { "ProxyFailed" };
            format!("Proxy:{}:1993:SSL;{outcome}", self[id].address())
        });
        match (well, proxy) {
            (true, None) => "R=OK".to_owned(),
            (true, Some(proxy)) => format!("\"R=OK;Msg=\"\"{proxy}\"\"\""),
            (false, None) => "\"R=\"\"z NO LOGIN failed.\"\"\"".to_owned(),
            (false, Some(proxy)) => format!("\"R=\"\"z NO LOGIN failed.\"\";Msg=\"\"{proxy}\"\"\""),
        }
    }
}
