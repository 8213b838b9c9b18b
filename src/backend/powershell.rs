//! Calls of PowerShell within the deadline of a backend call. Distinguishes an empty answer from no answer.

use super::registry::Registration;
use super::{CallContext, working_folder};
use crate::inventory::{SecretSources, Section, SectionType, check_command};
use crate::transport::powershell;
use crate::transport::powershell::{
    Envelope, Numbers, Object, PowerShellSettings, Request, Shell, Target, failure, sentence,
};
use crate::value::{ActionError, ErrorKind, Host, Loss, Value};
use crate::yaml::{Field, Reader};
use std::time::Duration;

/// The settings that the backends over PowerShell share, for the registry.
pub(super) const REGISTRATION: Registration = Registration {
    name: "powershell",
    actions: None,
    host_sections: &[],
    inventory_sections: &[SectionType::of::<PowerShellSettings>()],
};

impl Section for PowerShellSettings {
    const KEY: &'static str = "powershell";
    const DESCRIPTION: &'static str = "How to call PowerShell";

    fn check(&self, reader: &mut Reader, field: &Field<'_>, _secrets: &SecretSources) {
        check_command(reader, field.key, &self.command, "[powershell.exe]");
    }
}

/// `Status` of a Windows service, by `ServiceControllerStatus`.
pub(super) const SERVICE_STATES: Numbers = &[
    (1, "Stopped"),
    (2, "StartPending"),
    (3, "StopPending"),
    (4, "Running"),
    (5, "ContinuePending"),
    (6, "PausePending"),
    (7, "Paused"),
];

/// PowerShell for the time of one call.
pub(super) struct PowerShell<'a> {
    shell: Shell<'a>,
    context: &'a CallContext<'a>,
}

impl<'a> PowerShell<'a> {
    /// Uses the settings of the inventory.
    pub fn new(context: &'a CallContext<'a>) -> Result<Self, ActionError> {
        let settings = context.settings.get::<PowerShellSettings>().ok_or_else(|| {
            let message = "rectify.yaml has no `powershell:` entry, which says how to call PowerShell";
            ActionError::new(ErrorKind::Refused, message)
        })?;
        let shell = Shell { settings, folder: Some(working_folder(context)), system: context.system };
        Ok(Self { shell, context })
    }

    /// The time that the call has left.
    pub fn time_left(&self) -> Duration {
        self.context.time_left()
    }

    /// Waits for a time.
    pub async fn sleep(&self, time: Duration) {
        self.context.system.sleep(time).await;
    }

    /// The target of Exchange cmdlets in a call about a host. A session on that host is tried last: it may be sick, or
    /// about to be rebooted.
    pub fn exchange(&self, about: &Host) -> Target {
        let (own, others): (Vec<_>, Vec<_>) =
            self.shell.settings.exchange.iter().cloned().partition(|address| is_server(about, server_of(address)));
        Target::Exchange { sessions: [others, own].concat() }
    }

    /// Sends a request, with the time that the call has left.
    pub async fn send(&self, request: Request) -> Result<CmdletReply, ActionError> {
        self.send_within(request, self.time_left()).await
    }

    /// Sends a request, with at most `limit`.
    pub async fn send_within(&self, request: Request, limit: Duration) -> Result<CmdletReply, ActionError> {
        if limit.is_zero() {
            let message = format!("no time was left to call {}", request.cmdlet);
            return Err(ActionError::new(ErrorKind::TimedOut, message));
        }
        let envelope = powershell::call(&self.shell, &request, limit).await?;
        match envelope.errors.first() {
            Some(record) => Err(failure(&request.cmdlet, record)),
            None => Ok(CmdletReply { cmdlet: request.cmdlet, envelope }),
        }
    }
}

/// An answer without error records.
pub(super) struct CmdletReply {
    cmdlet: String,
    envelope: Envelope,
}

impl CmdletReply {
    /// The objects of the answer, if any.
    pub fn all_objects(&self) -> Vec<Object<'_>> {
        self.envelope.data.iter().map(|properties| Object::new(&self.cmdlet, properties)).collect()
    }

    /// The objects of the answer; there may be none. No object and a warning is an error: that is how cmdlets report an
    /// unreachable server.
    pub fn objects_or_none(&self) -> Result<Vec<Object<'_>>, ActionError> {
        match self.envelope.warnings.as_slice() {
            [first, ..] if self.envelope.data.is_empty() => {
                let message = format!("{} gave no object: {}", self.cmdlet, sentence(first));
                const MOST: usize = 10;
                let all = self.envelope.warnings.iter().map(|warning| Value::text(sentence(warning)));
                let loss = (self.envelope.warnings.len() > MOST).then_some(Loss::LeftOut);
                let shown = Value::list(all.take(MOST)).with_loss_if(loss);
                Err(ActionError::new(ErrorKind::Unknown, message).with(shown))
            }
            _ => Ok(self.all_objects()),
        }
    }

    /// The objects of the answer. No object is an error.
    pub fn objects(&self) -> Result<Vec<Object<'_>>, ActionError> {
        let objects = self.objects_or_none()?;
        if objects.is_empty() {
            let message = format!("{} gave no object and no error", self.cmdlet);
            return Err(ActionError::new(ErrorKind::Unknown, message));
        }
        Ok(objects)
    }

    /// The only object of the answer. Several are an error: cmdlets can take an identity that they do not understand
    /// for all objects.
    pub fn object(&self) -> Result<Object<'_>, ActionError> {
        match self.objects()?.as_slice() {
            [object] => Ok(*object),
            several => {
                let message = format!("{} gave {} objects instead of one", self.cmdlet, several.len());
                Err(ActionError::new(ErrorKind::Protocol, message))
            }
        }
    }
}

/// The address of a host, checked for use in parameters of cmdlets.
pub(super) fn address(host: &Host) -> Result<&str, ActionError> {
    let address = host.address.as_str();
    let usual = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-');
    if address.starts_with(|letter: char| letter.is_ascii_alphanumeric())
        && address.len() <= 255
        && address.chars().all(usual)
    {
        return Ok(address);
    }
    let message = format!("the address of {} is {address:?}, which is not a DNS name", host.name);
    Err(ActionError::new(ErrorKind::Refused, message))
}

/// The target of cmdlets that run on the host itself.
pub(super) fn computer(host: &Host) -> Result<Target, ActionError> {
    Ok(Target::Computer { name: address(host)?.to_owned() })
}

/// Whether a name that a server reports means this host: one of its names, or the first label of its address, as
/// Exchange abbreviates it.
pub(super) fn is_server(host: &Host, name: &str) -> bool {
    let is_number = |text: &str| text.parse::<std::net::IpAddr>().is_ok();
    let first = |text: &'_ str| text.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let (address, name) = (host.address.trim_end_matches('.'), name.trim_end_matches('.'));
    // A short name is compared with the first label only.
    let short = !address.contains('.') || !name.contains('.');
    host.has_name(name)
        || (short && !name.is_empty() && !is_number(address) && !is_number(name) && first(address) == first(name))
}

/// The server in `http://SERVER:PORT/PowerShell/`.
fn server_of(session: &str) -> &str {
    let rest = session.split_once("://").map_or(session, |(_, rest)| rest);
    rest.split(['/', ':', '?']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::testing::TestEnvironment;
    use crate::value::BackendSettings;

    fn host(address: &str) -> Host {
        TestEnvironment::with_host("sick", address, BackendSettings::default()).hosts.remove(0)
    }

    #[test]
    fn a_server_is_known_by_its_short_and_its_full_name() {
        for (address, name, same) in [
            ("mbx1.contoso.com", "MBX1", true),
            ("mbx1.contoso.com", "mbx1.CONTOSO.com.", true),
            ("mbx1", "MBX1.contoso.com", true),
            ("mbx1.contoso.com", "sick", true),
            ("mbx1.contoso.com", "mbx1.fabrikam.com", false),
            ("mbx1.contoso.com", "MBX10", false),
            ("mbx1.contoso.com", "", false),
            ("10.0.0.1", "10", false),
        ] {
            assert_eq!(is_server(&host(address), name), same, "{address} {name}");
        }
    }

    #[test]
    fn the_sick_server_is_asked_for_a_session_last() {
        let sessions = [
            "http://mbx1.contoso.com/PowerShell/",
            "https://mbx2.contoso.com:443/PowerShell",
            "http://MBX1/PowerShell/",
        ];
        let mut world = TestEnvironment::with_host("mbx1", "mbx1.contoso.com", BackendSettings::default());
        let exchange = sessions.map(str::to_owned).to_vec();
        world.settings.insert(PowerShellSettings { command: vec!["powershell.exe".to_owned()], exchange });
        let context = world.context();
        let place = PowerShell::new(&context).unwrap().exchange(&world.hosts[0]);
        let expected = [sessions[1], sessions[0], sessions[2]].map(str::to_owned).to_vec();
        assert_eq!(place, Target::Exchange { sessions: expected });
    }

    #[test]
    fn what_is_no_name_is_never_sent() {
        for bad in ["", "-x", ".x", "a b", "a;b", "mbx1*", "::1", "fe80::1%eth0", "ä.example", &"x".repeat(256)] {
            assert_eq!(address(&host(bad)).unwrap_err().kind, ErrorKind::Refused, "{bad}");
        }
        assert_eq!(address(&host("mbx1.contoso.com")), Ok("mbx1.contoso.com"));
    }
}
