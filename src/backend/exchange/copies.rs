//! Copies of mailbox databases: their state, and moving databases back to their preferred server.

use super::server::Server;
use super::words::COPY_STATUSES;
use crate::transport::powershell::Object;
use crate::value::{ActionError, Decimal, ErrorKind, Value};
use ecow::EcoString;
use std::time::Duration;

const PROPERTIES: &str = "Name DatabaseName MailboxServer Status ActiveCopy ActiveDatabaseCopy ActivationPreference \
     CopyQueueLength ReplayQueueLength";

/// How often a moving database is polled.
const POLL_INTERVAL: Duration = Duration::from_secs(10);

/// The longest wait for a copy that initialises; normally it takes less than half a minute.
const INITIALISING: Duration = Duration::from_secs(60);

struct Copy {
    database: EcoString,
    server: EcoString,
    status: EcoString,
    active: bool,
    active_server: EcoString,
    preference: Decimal,
    copy_queue: Decimal,
    replay_queue: Decimal,
}

impl Copy {
    fn from_object(server: &Server<'_>, object: &Object<'_>) -> Result<Self, ActionError> {
        server.check_server(object, "MailboxServer")?;
        Ok(Self {
            database: object.text("DatabaseName")?,
            server: object.text("MailboxServer")?,
            status: object.enum_word("Status", COPY_STATUSES)?,
            active: object.boolean("ActiveCopy")?,
            active_server: object.text("ActiveDatabaseCopy")?,
            preference: object.number("ActivationPreference")?,
            copy_queue: object.number("CopyQueueLength")?,
            replay_queue: object.number("ReplayQueueLength")?,
        })
    }

    /// Whether its database belongs here and is active elsewhere: one of `named`, or one that prefers this server.
    fn is_away(&self, named: &Option<Vec<EcoString>>) -> bool {
        let belongs = match named {
            Some(named) => named.iter().any(|name| name.eq_ignore_ascii_case(&self.database)),
            None => self.preference == Decimal::ONE,
        };
        belongs && !self.active
    }

    fn into_value(self) -> Value {
        Value::record(
            "DatabaseCopy",
            [
                ("database", Value::Text(self.database)),
                ("server", Value::Text(self.server)),
                ("status", Value::Word(self.status)),
                ("active", Value::Boolean(self.active)),
                ("active_server", Value::Text(self.active_server)),
                ("preference", Value::Number(self.preference)),
                ("copy_queue", Value::Number(self.copy_queue)),
                ("replay_queue", Value::Number(self.replay_queue)),
            ],
        )
    }
}

async fn read(server: &Server<'_>) -> Result<Vec<Copy>, ActionError> {
    let request = server.exchange("Get-MailboxDatabaseCopyStatus").with("Server", server.address);
    let answer = server.send(request.select(PROPERTIES)).await?;
    answer.objects_or_none()?.iter().map(|object| Copy::from_object(server, object)).collect()
}

/// Every copy on the server; there may be none.
pub(super) async fn all(server: &Server<'_>) -> Result<Value, ActionError> {
    Ok(Value::list(read(server).await?.into_iter().map(Copy::into_value)))
}

/// Moves databases back to the server, one after the other: the named ones, or those that prefer it. A database whose copy
/// here is not healthy stays where it is, and that is an error: the server must not be taken for restored.
pub(super) async fn move_back(server: &Server<'_>, named: &Option<Vec<EcoString>>) -> Result<Value, ActionError> {
    let mut moved: Vec<EcoString> = Vec::new();
    let copies = settled(server, named).await?;
    let mut unknown = named.iter().flatten();
    if let Some(name) = unknown.find(|name| !copies.iter().any(|copy| copy.database.eq_ignore_ascii_case(name))) {
        let message = format!("{} has no copy of the database {name:?}", server.host.name);
        return Err(ActionError::new(ErrorKind::Refused, message));
    }
    let away: Vec<Copy> = copies.into_iter().filter(|copy| copy.is_away(named)).collect();
    let (healthy, left): (Vec<Copy>, Vec<Copy>) = away.into_iter().partition(|copy| copy.status == "Healthy");
    for copy in healthy {
        match move_one(server, &copy.database).await {
            Ok(()) => moved.push(copy.database),
            Err(error) if moved.is_empty() => return Err(error),
            Err(error) => {
                // Some databases were moved, so the error must not say that nothing was done.
                let kind = match error.kind {
                    ErrorKind::Refused | ErrorKind::Unreachable => ErrorKind::Failed,
                    kind => kind,
                };
                let message = format!("{}; moved before it: {}", error.message, moved.join(", "));
                return Err(ActionError { kind, message, ..error });
            }
        }
    }
    if left.is_empty() {
        return Ok(Value::Absent);
    }
    let left: Vec<String> = left.iter().map(|copy| format!("{} ({})", copy.database, copy.status)).collect();
    let message = format!(
        "left where they are, because their copies on {} are not healthy: {}",
        server.host.name,
        left.join(", ")
    );
    Err(ActionError::new(ErrorKind::Failed, message))
}

/// The copies, after waiting for those that initialise, as after a boot.
async fn settled(server: &Server<'_>, named: &Option<Vec<EcoString>>) -> Result<Vec<Copy>, ActionError> {
    let mut patience = INITIALISING;
    loop {
        let copies = read(server).await?;
        let initialising = copies.iter().any(|copy| copy.is_away(named) && copy.status == "Initializing");
        if !initialising || patience.is_zero() || server.time_left() <= POLL_INTERVAL {
            return Ok(copies);
        }
        server.sleep(POLL_INTERVAL).await;
        patience = patience.saturating_sub(POLL_INTERVAL);
    }
}

/// Moves one database to the server, and waits until it is mounted.
async fn move_one(server: &Server<'_>, database: &str) -> Result<(), ActionError> {
    let request = server.exchange("Move-ActiveMailboxDatabase").with("Identity", database);
    server.send(request.with("ActivateOnServer", server.address).with("Confirm", false)).await?;
    loop {
        let copies = read(server).await.map_err(ActionError::after_sending)?;
        let Some(copy) = copies.iter().find(|copy| copy.database == database) else {
            let message = format!("{database} was moved to {}, and has no copy there", server.host.name);
            return Err(ActionError::new(ErrorKind::Failed, message));
        };
        if copy.active && copy.status == "Mounted" {
            return Ok(());
        }
        if server.time_left() <= POLL_INTERVAL {
            let message =
                format!("{database} was moved to {}, and is not mounted there yet: {}", server.host.name, copy.status);
            return Err(ActionError::new(ErrorKind::TimedOut, message));
        }
        server.sleep(POLL_INTERVAL).await;
    }
}
