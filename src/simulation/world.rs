//! The simulated world: real backends over a model, on virtual time.

use super::exchange::{Accepts, Account, Applied, Model, Violation};
use super::variation::Variation;
use super::world_file::{Unreachable, WorldFile};
use crate::diagnostic::nearest;
use crate::engine::address::Address;
use crate::engine::event::Event;
use crate::engine::world::{
    ChangeNote, Charge, Notification, Pending, Prompt, PromptReply, ReadWorld, Reply, Request, World,
};
use crate::engine::{Ending, RunOutcome};
use crate::transport::powershell;
use crate::transport::powershell::{Envelope, PowerShellSettings};
use crate::transport::process::{Captured, ExitReason as ProcessEnding, Invocation, ProcessOutput};
use crate::transport::ssh::FarCommand;
use crate::transport::system::{BoxFuture, System};
use crate::transport::tcp::ConnectError;
use crate::value::{ActionError, Contact, ErrorKind, MOST_APPROVALS, SignedDuration, Timestamp, Value};
use crate::world::Dispatcher;
use crate::world::virtual_time::{Deadlock, Person, VirtualEnvironment};
use std::cell::RefCell;
use std::future::Future;
use std::task::{Context, Poll};
use std::time::Duration;

/// What a simulation consists of.
pub struct SimulationConfig<'a> {
    /// The world file.
    pub file: &'a WorldFile,
    /// The variation of the world.
    pub variation: Variation,
    /// The contacts of the inventory.
    pub contacts: &'a [Contact],
    /// Carries out calls.
    pub calls: Dispatcher<'a>,
    /// Receives the events of the run.
    pub listener: Box<dyn Fn(&Event) + 'a>,
}

/// A world in which a model replaces everything that backends reach.
pub struct Simulated<'a> {
    environment: VirtualEnvironment,
    start: Timestamp,
    calls: Dispatcher<'a>,
    powershell: PowerShellSettings,
    model: RefCell<Model>,
    listener: Box<dyn Fn(&Event) + 'a>,
}

impl<'a> Simulated<'a> {
    /// The world at its start.
    ///
    /// # Errors
    /// One sentence for each part of the world file that does not fit the inventory.
    pub fn new(site: SimulationConfig<'a>) -> Result<Self, Vec<String>> {
        let SimulationConfig { file, variation, contacts, calls, listener } = site;
        let mut unknown = unknown_contacts(file, contacts);
        unknown.extend(too_many_approvals(file));
        let model = match Model::new(&variation.exchange, calls.hosts, file.start, variation.seed) {
            Ok(model) if unknown.is_empty() => model,
            Ok(_) => return Err(unknown),
            Err(mistakes) => return Err(unknown.into_iter().chain(mistakes).collect()),
        };
        let environment = VirtualEnvironment::new(file.start);
        environment.know_contacts(contacts);
        for answerer in &variation.people {
            let names: Vec<&str> = answerer.by.iter().map(String::as_str).collect();
            let person = Person::answering(&answerer.question, &answerer.answer);
            let person = person.after(answerer.after.into());
            environment.add_person(if names.is_empty() { person } else { person.by(&names) });
        }
        match &file.contacts.unreachable {
            Unreachable::All => environment.make_everybody_unreachable(),
            Unreachable::Named(names) => names.iter().for_each(|name| environment.make_unreachable(name)),
        }
        if let Some(after) = variation.cancelled_after {
            environment.cancel_at(environment.in_time(after.into()));
        }
        // No program is started: the model recognises requests by this command.
        let usual = || PowerShellSettings { command: vec!["powershell.exe".to_owned()], exchange: Vec::new() };
        let powershell = calls.settings.get().cloned().unwrap_or_else(usual);
        Ok(Self { environment, start: file.start, calls, powershell, model: RefCell::new(model), listener })
    }

    /// The time of the world.
    pub fn now(&self) -> Timestamp {
        self.environment.now()
    }

    /// Cancels the run at that time.
    pub fn cancel_at(&self, at: Timestamp) {
        self.environment.cancel_at(at);
    }

    /// Runs a future on this world's virtual time.
    ///
    /// # Errors
    /// If the future waits for something that never happens.
    pub fn drive<T>(&self, future: impl Future<Output = T>) -> Result<T, Deadlock> {
        self.environment.drive(future)
    }

    /// The time at the start.
    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// Every effect on the model so far, in the order of their beginnings, including those before the start.
    pub fn ledger(&self) -> Vec<Applied> {
        self.model.borrow().ledger().to_vec()
    }

    /// Judges what a run that has just ended says of the site. Called at its end: another run may go on.
    pub fn judge_end(&self, ending: &Ending, alerts: Vec<(String, String)>) -> Vec<Violation> {
        let mut model = self.model.borrow_mut();
        model.advance(self.environment.now());
        let resolved = ending.outcome == RunOutcome::Resolved;
        model.violations_at_end(&Account { resolved, alerts, ..Account::default() })
    }

    /// Judges the finished runs of this world by the effects in the model and its final state. `alerts` are the monitors
    /// or health sets of all runs, each with its server: see [`super::alerts_of_run`].
    pub fn judge(&self, endings: &[&Ending], alerts: Vec<(String, String)>) -> Vec<Violation> {
        let mut model = self.model.borrow_mut();
        model.advance(self.environment.now());
        let messages = self.environment.sent_messages().into_iter().map(|sent| {
            let evidence = sent.notification.evidence.iter().map(|seen| format!("{}: {}", seen.label, seen.value));
            [sent.notification.subject, sent.notification.body]
                .into_iter()
                .chain(evidence)
                .collect::<Vec<_>>()
                .join("\n")
        });
        let left = endings.iter().flat_map(|ending| &ending.left_in_place);
        model.violations(&Account {
            resolved: false,
            alerts,
            left_in_place: left.map(|left| format!("{} {}", left.change, left.undo.as_deref().unwrap_or(""))).collect(),
            messages: messages.collect(),
            disruptions: endings.iter().flat_map(|ending| ending.disruptions.clone()).collect(),
        })
    }

    /// One of several runs in this world: they share all of it, and wait for each other's locks.
    pub fn run(&self, number: usize) -> RunInWorld<'_, 'a> {
        RunInWorld { world: self, number }
    }

    /// Replies when this long has passed since the start.
    pub async fn after_start(&self, after: SignedDuration) {
        self.environment.timer(self.start.checked_add(after).unwrap_or(Timestamp::MAX)).await;
    }

    async fn effect(&self, request: Request) -> Reply<Value> {
        let result = self.calls.perform(&request, self.now(), self).await;
        Reply { at: self.now(), result }
    }

    /// The answer to a request to PowerShell.
    async fn answer(&self, request: &powershell::Request, limit: Duration) -> Result<Envelope, ActionError> {
        let limit = self.environment.in_time(SignedDuration::try_from(limit).unwrap_or(SignedDuration::MAX));
        let (known, ticket) = self.model.borrow_mut().begin(self.now(), request);
        if known > limit {
            self.environment.timer(limit).await;
            return Err(ActionError::new(ErrorKind::TimedOut, "PowerShell did not finish in time"));
        }
        self.environment.timer(known).await;
        Ok(self.model.borrow_mut().finish(self.now(), ticket))
    }
}

/// The unreachable contacts of the world file that the inventory does not name.
fn unknown_contacts(file: &WorldFile, contacts: &[Contact]) -> Vec<String> {
    let Unreachable::Named(names) = &file.contacts.unreachable else { return Vec::new() };
    let unknown = names.iter().filter(|name| contacts.iter().all(|contact| contact.name != name.as_str()));
    let sentence = |name: &String| match nearest(name, contacts.iter().map(|contact| contact.name.as_str())) {
        Some(near) => format!("Unknown contact `{name}`. Did you mean `{near}`?"),
        None => format!("Unknown contact `{name}`"),
    };
    unknown.map(sentence).collect()
}

/// The people of the world file who are more than can approve one prompt.
fn too_many_approvals(file: &WorldFile) -> Option<String> {
    let most = MOST_APPROVALS as usize;
    let person = file.people.iter().find(|person| person.by.len() > most)?;
    Some(format!("Only {most} person can approve a prompt, but `by` names {}", person.by.len()))
}

impl System for Simulated<'_> {
    fn elapsed(&self) -> Duration {
        Duration::try_from(self.now().duration_since(self.start)).unwrap_or_default()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        let until = self.environment.in_time(SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX));
        Box::pin(async move {
            self.environment.timer(until).await;
        })
    }

    fn run<'o>(
        &'o self,
        invocation: Invocation<'o>,
        limit: Duration,
    ) -> BoxFuture<'o, Result<ProcessOutput, ActionError>> {
        Box::pin(async move {
            let Some(request) = powershell::request_of(&invocation, &self.powershell) else {
                let program = invocation.arguments.first().map_or("", String::as_str);
                let message = format!("This world does not simulate the command {program:?}");
                return Err(ActionError::new(ErrorKind::Refused, message));
            };
            let envelope = self.answer(&request, limit).await?;
            let mut stdout = Captured::default();
            stdout.push(&powershell::written(&envelope));
            Ok(ProcessOutput { ending: ProcessEnding::Code(0), stdout, stderr: Captured::default() })
        })
    }

    fn run_on<'o>(&'o self, command: FarCommand<'o>, _: Duration) -> BoxFuture<'o, Result<ProcessOutput, ActionError>> {
        let program = command.words.first().cloned().unwrap_or_default();
        let message = format!("This world does not simulate the command {program:?} on {}", command.host);
        Box::pin(async { Err(ActionError::new(ErrorKind::Refused, message)) })
    }

    fn connect<'o>(&'o self, host: &'o str, port: u16, limit: Duration) -> BoxFuture<'o, Result<(), ConnectError>> {
        let accepts = self.model.borrow_mut().accepts(self.now(), host, port);
        Box::pin(async move {
            match accepts {
                Accepts::Accepted => Ok(()),
                Accepts::Refused => Err(ConnectError::Refused),
                Accepts::Silent => {
                    self.sleep(limit).await;
                    Err(ConnectError::TimedOut)
                }
            }
        })
    }
}

impl ReadWorld for Simulated<'_> {
    fn observe(&self, request: Request) -> Pending<'_, Value> {
        Box::pin(self.effect(request))
    }

    fn wait(&self, _: Address, until: Timestamp) -> Pending<'_, ()> {
        self.environment.wait(until)
    }

    fn record(&self, event: &Event) {
        self.environment.close_incidents(event);
        (self.listener)(event);
    }

    fn poll_cancel(&self, _: &mut Context<'_>) -> Poll<Timestamp> {
        self.environment.poll_cancel()
    }
}

impl World for Simulated<'_> {
    fn act(&self, request: Request) -> Pending<'_, Value> {
        Box::pin(self.effect(request))
    }

    fn ask(&self, asking: Prompt) -> Pending<'_, PromptReply> {
        self.environment.ask(asking)
    }

    fn notify(&self, notification: Notification) -> Pending<'_, ()> {
        if let Some(incident) = self.environment.followed_by(&notification) {
            (self.listener)(&incident.event(&notification.run, self.now()));
        }
        self.environment.notify(notification)
    }

    fn lock(&self, _: Address, names: Vec<String>, until: Timestamp) -> Pending<'_, ()> {
        self.environment.lock(0, names, until)
    }

    fn unlock(&self, names: &[String]) {
        self.environment.unlock(names);
    }

    fn note_change(&self, _: ChangeNote) -> Pending<'_, ()> {
        self.environment.reply_at(self.now(), Ok(()))
    }

    fn delete_change_note(&self, _: &Address) {}

    fn admit(&self, _: Address, until: Timestamp) -> Pending<'_, ()> {
        self.environment.admit(until)
    }

    fn check_limits(&self, _: Address, charges: Vec<Charge>) -> Pending<'_, ()> {
        self.environment.check_limits(&charges)
    }

    fn charge(&self, _: Address, charges: Vec<Charge>) -> Pending<'_, ()> {
        self.environment.charge(&charges)
    }
}

/// A run in a world that others run in as well.
pub struct RunInWorld<'w, 'a> {
    world: &'w Simulated<'a>,
    number: usize,
}

impl ReadWorld for RunInWorld<'_, '_> {
    fn observe(&self, request: Request) -> Pending<'_, Value> {
        self.world.observe(request)
    }

    fn wait(&self, address: Address, until: Timestamp) -> Pending<'_, ()> {
        self.world.wait(address, until)
    }

    fn record(&self, event: &Event) {
        self.world.record(event);
    }

    fn poll_cancel(&self, context: &mut Context<'_>) -> Poll<Timestamp> {
        self.world.poll_cancel(context)
    }
}

impl World for RunInWorld<'_, '_> {
    fn act(&self, request: Request) -> Pending<'_, Value> {
        self.world.act(request)
    }

    fn ask(&self, prompt: Prompt) -> Pending<'_, PromptReply> {
        self.world.ask(prompt)
    }

    fn notify(&self, notification: Notification) -> Pending<'_, ()> {
        self.world.notify(notification)
    }

    fn lock(&self, _: Address, names: Vec<String>, until: Timestamp) -> Pending<'_, ()> {
        self.world.environment.lock(self.number, names, until)
    }

    fn unlock(&self, names: &[String]) {
        self.world.unlock(names);
    }

    fn note_change(&self, note: ChangeNote) -> Pending<'_, ()> {
        self.world.note_change(note)
    }

    fn delete_change_note(&self, address: &Address) {
        self.world.delete_change_note(address);
    }

    fn admit(&self, address: Address, until: Timestamp) -> Pending<'_, ()> {
        self.world.admit(address, until)
    }

    fn check_limits(&self, address: Address, charges: Vec<Charge>) -> Pending<'_, ()> {
        self.world.check_limits(address, charges)
    }

    fn charge(&self, address: Address, charges: Vec<Charge>) -> Pending<'_, ()> {
        self.world.charge(address, charges)
    }
}
