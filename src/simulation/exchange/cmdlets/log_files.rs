//! Get-Content on the protocol log of a server: the files of a folder, each with its first or last lines.

use super::bind::Parameters;
use super::reply::Reply;
use super::shape::like;
use crate::simulation::exchange::model::protocol_log::LOCATION;
use crate::simulation::exchange::model::state::Site;

/// The lines of every file that matches a path with wildcards. No match is an empty result; a path without wildcards
/// that does not exist is an error.
pub(super) fn get(site: &mut Site, parameters: &Parameters) -> Reply {
    let path = parameters.text("Path");
    let lines_of = |name| parameters.number(name).and_then(|lines| usize::try_from(lines).ok()).unwrap_or(usize::MAX);
    let (head, tail) = (lines_of("TotalCount"), lines_of("Tail"));
    let Some(server) = parameters.computer.map(|id| &site[id]) else { return Reply::nothing() };
    let mut lines = Vec::new();
    let mut found = false;
    for (name, content) in server.log.files() {
        if like(path, &format!(r"{LOCATION}\{name}")) {
            found = true;
            let skipped = content.len().saturating_sub(tail);
            lines.extend(content.into_iter().skip(skipped).take(head));
        }
    }
    if !found && !path.contains(['*', '?', '[']) {
        let message = format!("Cannot find path '{path}' because it does not exist.");
        return parameters.failed("PathNotFound", "ObjectNotFound", message);
    }
    Reply::objects(lines.into_iter().map(|line| vec![("Line", line.into())]).collect())
}
