//! Services of Windows, through PowerShell.

use super::manager::{Manager, Order, ServiceState, ServiceStatus};
use crate::backend::CallContext;
use crate::backend::powershell::{PowerShell, SERVICE_STATES, computer};
use crate::transport::powershell::{Numbers, Request, Target};
use crate::value::{ActionError, ErrorKind, Host};

/// `StartType`, by `ServiceStartMode`.
const START_TYPES: Numbers = &[(0, "Boot"), (1, "System"), (2, "Automatic"), (3, "Manual"), (4, "Disabled")];

/// The service control manager of a host.
pub(super) struct Windows<'a> {
    powershell: PowerShell<'a>,
    place: Target,
}

/// The result of `Get-Service`.
struct Service {
    status: String,
    /// Absent before Windows PowerShell 5.0.
    start_type: Option<String>,
}

impl<'a> Windows<'a> {
    pub fn new(host: &Host, context: &'a CallContext<'a>) -> Result<Self, ActionError> {
        Ok(Self { powershell: PowerShell::new(context)?, place: computer(host)? })
    }

    async fn service(&self, name: &str) -> Result<Service, ActionError> {
        let request = self.request("Get-Service").with("Name", name).select("Name Status StartType");
        let answer = self.powershell.send(request).await?;
        let service = answer.object()?;
        if !service.text("Name")?.eq_ignore_ascii_case(name) {
            return Err(service.mismatch("Name", "is not the one that was queried"));
        }
        let start_type = match service.optional_text("StartType")? {
            Some(_) => Some(service.enum_word("StartType", START_TYPES)?.into()),
            None => None,
        };
        Ok(Service { status: service.enum_word("Status", SERVICE_STATES)?.into(), start_type })
    }

    async fn process(&self, name: &str) -> Result<Option<u32>, ActionError> {
        // `NAME_CHARACTERS` excludes quotes and backslashes.
        let filter = format!("Name='{name}'");
        let request = self.request("Get-CimInstance").with("ClassName", "Win32_Service").with("Filter", filter);
        let answer = self.powershell.send(request.select("Name ProcessId State")).await?;
        let process = u32::try_from(answer.object()?.number("ProcessId")?);
        Ok(process.ok().filter(|number| *number != 0))
    }

    fn request(&self, cmdlet: &str) -> Request {
        Request::new(self.place.clone(), cmdlet)
    }
}

impl Manager for Windows<'_> {
    /// `MSSQL$NAME` is usual. A backslash or a quote would end the text of a query.
    const NAME_CHARACTERS: &'static str = "-_.@:$ ";

    async fn quick_status(&self, name: &str) -> Result<ServiceStatus, ActionError> {
        let service = self.service(name).await?;
        let start = service.start_type.map_or_else(String::new, |start| format!(", and starts {start}"));
        let report = format!("{name} is {}{start}", service.status);
        let state = match service.status.as_str() {
            "StartPending" => ServiceState::Starting,
            "StopPending" => ServiceState::Stopping,
            other => ServiceState::from_word(other),
        };
        Ok(ServiceStatus { state, process: None, report })
    }

    async fn status(&self, name: &str) -> Result<ServiceStatus, ActionError> {
        let status = self.quick_status(name).await?;
        let process = if status.state == ServiceState::Running { self.process(name).await? } else { None };
        Ok(ServiceStatus { process, ..status })
    }

    /// Refuses to restart a disabled service that runs: it would be stopped and not started again.
    async fn order(&self, order: Order, name: &str) -> Result<(), ActionError> {
        let (cmdlet, forced) = match order {
            Order::Start => ("Start-Service", false),
            Order::Stop => ("Stop-Service", true),
            Order::Restart => ("Restart-Service", true),
        };
        let disabled = order != Order::Stop && {
            let service = self.service(name).await?;
            let disabled = service.start_type.as_deref() == Some("Disabled");
            if disabled && order == Order::Restart && service.status != "Stopped" {
                let message = format!("{name} is disabled, so a restart would stop it without starting it again");
                return Err(ActionError::new(ErrorKind::Refused, message));
            }
            disabled
        };
        let request = self.request(cmdlet).with("Name", name);
        let request = if forced { request.with("Force", true) } else { request };
        match self.powershell.send(request).await {
            Ok(_) => Ok(()),
            Err(error) if disabled && error.kind == ErrorKind::Failed => {
                Err(ActionError { message: format!("{name} is disabled: {}", error.message), ..error })
            }
            Err(error) => Err(error),
        }
    }
}
