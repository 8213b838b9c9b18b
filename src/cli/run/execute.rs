//! Runs one runbook in the live world and shows its progress.

use super::RunArguments;
use crate::backend::human::Console;
use crate::backend::registry;
use crate::cli::output::{Output, can_redraw, mask_of, report};
use crate::cli::{Exit, Format, logging, store};
use crate::engine;
use crate::engine::address::Address;
use crate::engine::event::{Event, EventKind, LeftInPlace};
use crate::engine::world::{Notification, World};
use crate::engine::{Ending, Start};
use crate::project::Project;
use crate::project::alert::Alert;
use crate::project::selection::Job;
use crate::report::run::{JsonLines, LiveView, PlainLines, Tally, View};
use crate::report::sanitise_line;
use crate::secret::{Redacted, Secrets};
use crate::transport::process::{dropped_groups_have_ended, end_every_group};
use crate::value::{Host, Timestamp};
use crate::world::dry_run::DryRun;
use crate::world::live::{Cancel, Channels, Live, LiveConfig, Store, StoreError};
use crate::world::{Dispatcher, live};
use ecow::EcoString;
use futures_util::FutureExt;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// A run that exceeds this number of statements is assumed to loop forever.
const STEP_LIMIT: u64 = 1_000_000;

/// The view, shared by the world and the clock.
type SharedView = Rc<RefCell<Box<dyn View>>>;

/// What the runs of one command share.
pub struct CommandContext<'a> {
    /// How the command was started.
    pub arguments: &'a RunArguments,
    /// Where the runs are shown.
    pub output: &'a Output,
    /// The store. `None` for a dry run without one.
    pub store: Option<Store>,
    /// Where people answer.
    pub console: Rc<Console>,
    /// Counts the signals that ask the command to stop.
    pub stops: watch::Receiver<u32>,
    /// The secrets of each project, by its folder.
    secrets: RefCell<BTreeMap<PathBuf, Arc<Secrets>>>,
}

impl<'a> CommandContext<'a> {
    /// Opens the store and the console.
    ///
    /// # Errors
    /// There is no usable store. A dry run needs none.
    pub fn open(
        arguments: &'a RunArguments,
        output: &'a Output,
        stops: watch::Receiver<u32>,
    ) -> Result<Self, StoreError> {
        let store = match store::open() {
            Ok(store) => Some(store),
            Err(_) if arguments.dry_run => None,
            Err(why) => return Err(why),
        };
        let console = Rc::new(Console::terminal(arguments.unattended));
        Ok(Self { arguments, output, store, console, stops, secrets: RefCell::default() })
    }

    /// The secrets of a project. From now on the log masks them.
    fn secrets_of(&self, project: &Project) -> Arc<Secrets> {
        let mut secrets = self.secrets.borrow_mut();
        let of_project = secrets.entry(project.folder.clone()).or_insert_with(|| {
            let secrets = Arc::new(project.secrets());
            logging::mask_with(secrets.clone());
            secrets
        });
        of_project.clone()
    }
}

/// Runs a job. `label` tells its lines apart from those of other runs. A panic inside becomes [`Exit::Internal`]: the view
/// then still shows what is left in place, and the contact of the runbook hears of it.
pub async fn execute(job: &Job, id: String, label: Option<String>, shared: &CommandContext<'_>) -> Exit {
    let CommandContext { arguments, store, stops, .. } = shared;
    if *stops.borrow() > 0 {
        report(&format!("A signal arrived before {} was started: nothing was changed", job.call_text()));
        return Exit::Cancelled;
    }
    let secrets = shared.secrets_of(&job.project);
    let view: SharedView = Rc::new(RefCell::new(view(shared, label, &secrets)));
    let cancel = Cancel::default();
    let found = store.as_ref().map(live::found).unwrap_or_default();
    let shown = store.as_ref().map(|store| store.path().display().to_string().into());
    let tally = Rc::new(RefCell::new(Tally::default()));
    let context = RunContext { project: &job.project, hosts: &job.program.hosts, secrets: &secrets, shared };
    let world = context.world(&id, &cancel, &view, &tally);
    let start = Start {
        runbook: job.runbook,
        arguments: job.arguments.clone(),
        run: id.as_str().into(),
        at: world.now(),
        step_limit: STEP_LIMIT,
        by_alert: arguments.alert.is_some(),
        store: shown.filter(|_| !arguments.dry_run),
        found,
    };
    let run = async {
        let stops = stops.clone();
        if arguments.dry_run {
            let reading = DryRun::new(&world);
            watch(engine::dry_run(&job.program, &reading, start), &world, &view, &cancel, stops).await
        } else {
            watch(engine::run(&job.program, &world, start), &world, &view, &cancel, stops).await
        }
    };
    let exit = match AssertUnwindSafe(run).catch_unwind().await {
        Ok(exit) => exit,
        Err(_) => {
            view.borrow_mut().abandoned("an internal error ended the run", world.now());
            if !arguments.dry_run {
                let left = tally.borrow().left_in_place("the run ended before its clean-up");
                let mut stops = stops.clone();
                tokio::select! {
                    () = report_internal_error(job, &world, left, &view, &id) => {}
                    _ = stops.wait_for(|count| *count > 1) => {}
                }
            }
            Exit::Internal
        }
    };
    // Before the world releases its locks: no other run may start while a process of this run is alive.
    if *stops.borrow() > 1 {
        // Every other run is woken by the second signal as well, and first keeps what it has not sent.
        tokio::task::yield_now().await;
        end_every_group();
    } else {
        dropped_groups_have_ended().await;
    }
    exit
}

/// Tells the contact of a runbook that a fault of this program has ended its run, and what is left in place.
async fn report_internal_error(job: &Job, world: &Live<'_>, left: Vec<LeftInPlace>, view: &SharedView, id: &str) {
    let Some(runbook) = job.program.runbooks.get(job.runbook) else { return };
    let contact = runbook.contact.clone().or_else(|| job.project.default_contact().map(EcoString::from));
    let Some(contact) = contact else { return };
    let called = sanitise_line(&job.call_text()).into_owned();
    let message = "an internal error of rectify ended the run, and nothing was undone";
    let mut body = format!("{called}: {message}.\n\nRun {id} of {called}, {:?}.\n", runbook.title);
    body.push_str(if left.is_empty() { "\nNothing is left in place.\n" } else { "\nLeft in place:\n" });
    for LeftInPlace { change, undo, why } in left {
        let undo = undo.map(|undo| format!("; to undo it: {undo}")).unwrap_or_default();
        body.push_str(&format!("- {}\n", sanitise_line(&format!("{change} ({why}){undo}"))));
    }
    let notification = Notification {
        hosts: Vec::new(),
        address: Address::default(),
        run: id.into(),
        runbook: called.clone(),
        topic: runbook.name.clone(),
        contact: contact.clone(),
        escalation: true,
        subject: format!("[{called}] {}: {message}", runbook.title),
        body,
        evidence: Vec::new(),
    };
    let detail = world.notify(notification).await.result.err().map(|error| error.to_string());
    let kind = EventKind::Notified { contact, message: message.to_owned(), delivered: detail.is_none(), detail };
    view.borrow_mut().event(&Event { schema: 1, time: world.now(), run: id.into(), kind });
}

/// What the live world needs from a project.
struct RunContext<'a> {
    project: &'a Project,
    hosts: &'a [Host],
    secrets: &'a Secrets,
    shared: &'a CommandContext<'a>,
}

impl<'a> RunContext<'a> {
    fn world(&self, id: &str, cancel: &Cancel, view: &SharedView, tally: &Rc<RefCell<Tally>>) -> Live<'a> {
        let inventory = self.project.inventory.as_ref();
        Live::new(LiveConfig {
            calls: Dispatcher {
                backends: registry::live(),
                hosts: self.hosts,
                secrets: self.secrets,
                folder: self.project.folder.clone(),
                settings: inventory.map(|inventory| inventory.settings.clone()).unwrap_or_default(),
            },
            channels: Channels {
                contacts: inventory.map(|inventory| inventory.contacts.clone()).unwrap_or_default(),
                mail: inventory.and_then(|inventory| inventory.settings.get().cloned()),
                terminal: Box::new(show_message),
                console: self.shared.console.clone(),
                approvers: inventory.map(|inventory| inventory.policy.approvers.clone()).unwrap_or_default(),
            },
            store: self.shared.store.clone().unwrap_or_default(),
            run: id.to_owned(),
            cancel: cancel.clone(),
            listener: {
                let (view, tally) = (view.clone(), tally.clone());
                Box::new(move |event| {
                    tally.borrow_mut().event(event);
                    view.borrow_mut().event(event);
                })
            },
        })
    }
}

/// Records alerts that are over.
pub fn record_resolved(alerts: Vec<Alert>, id: &str, shared: &CommandContext<'_>) {
    let mut view = view(shared, None, &Arc::new(Secrets::default()));
    for Alert { name, labels, .. } in alerts {
        let labels = labels.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let kind = EventKind::AlertResolved { alert: name.into(), labels };
        view.event(&Event { schema: 1, time: Timestamp::now(), run: id.into(), kind });
    }
}

/// Stores a message without a recipient on this machine, and prints its path to standard error.
pub fn keep(text: &str, shared: &CommandContext<'_>) {
    let Some(store) = &shared.store else { return };
    match live::last_resort(store, &Secrets::default().redact_text(text)) {
        Ok(path) => report(&format!("No default_contact is defined, so the message is stored in {path}")),
        Err(why) => report(&why.to_string()),
    }
}

/// A message to the default contact of a project, outside of any run.
pub struct Notifier<'p> {
    /// The project whose default contact receives it.
    pub project: &'p Project,
    /// One line.
    pub subject: String,
    /// The full text.
    pub body: String,
}

impl Notifier<'_> {
    /// Sends the message. Returns whether it was delivered; `None` if a signal came first.
    pub async fn notify(self, id: &str, label: Option<String>, shared: &CommandContext<'_>) -> Option<bool> {
        let contact: EcoString = self.project.default_contact().unwrap_or_default().into();
        let secrets = shared.secrets_of(self.project);
        let view: SharedView = Rc::new(RefCell::new(view(shared, label, &secrets)));
        let context = RunContext { project: self.project, hosts: &[], secrets: &secrets, shared };
        let world = context.world(id, &Cancel::default(), &view, &Rc::default());
        let notification = Notification {
            hosts: Vec::new(),
            address: Address::default(),
            run: id.into(),
            runbook: String::new(),
            topic: "alerts without a runbook".into(),
            contact: contact.clone(),
            escalation: true,
            subject: self.subject.clone(),
            body: self.body,
            evidence: Vec::new(),
        };
        let mut stops = shared.stops.clone();
        let reply = tokio::select! {
            reply = world.notify(notification) => Some(reply),
            _ = stops.wait_for(|count| *count > 0) => None,
        };
        let Some(reply) = reply else {
            report(&format!("A signal arrived before {contact} was told: {}", self.subject));
            return None;
        };
        let detail = reply.result.err().map(|error| error.to_string());
        let delivered = detail.is_none();
        let kind = EventKind::Notified { contact, message: self.subject, delivered, detail };
        view.borrow_mut().event(&Event { schema: 1, time: world.now(), run: id.into(), kind });
        Some(delivered)
    }
}

/// Shows a message on the terminal; returns whether there is one. On standard output the view shows it with its event.
fn show_message(text: &Redacted<String>) -> bool {
    if std::io::stdout().is_terminal() {
        return true;
    }
    if std::io::stderr().is_terminal() {
        report(text);
        return true;
    }
    false
}

/// Polls the run, stops it when signals arrive, and ticks the view once a second.
async fn watch(
    run: impl Future<Output = Ending>,
    world: &Live<'_>,
    view: &SharedView,
    cancel: &Cancel,
    mut stops: watch::Receiver<u32>,
) -> Exit {
    let mut run: Pin<&mut _> = pin!(run);
    let mut clock = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            ending = &mut run => return Exit::for_ending(&ending),
            Ok(()) = stops.changed() => {
                if *stops.borrow_and_update() > 1 {
                    view.borrow_mut().abandoned("a second signal ended the run at once", world.now());
                    return Exit::Cancelled;
                }
                view.borrow_mut().cancelling();
                cancel.cancel(world.now());
            }
            _ = clock.tick() => view.borrow_mut().tick(world.now()),
        }
    }
}

/// The view of a run. One of several runs is shown in lines with a label: only one could redraw the terminal.
fn view(shared: &CommandContext<'_>, label: Option<String>, secrets: &Arc<Secrets>) -> Box<dyn View> {
    let (mask, style) = (mask_of(secrets), shared.output.style());
    let sink = Box::new(std::io::stdout());
    match (shared.arguments.format, label) {
        (Format::Json, _) => Box::new(JsonLines::new(sink, mask)),
        (Format::Text, Some(label)) => Box::new(PlainLines::new(sink, mask, style).with_label(label)),
        (Format::Text, None) if can_redraw() => Box::new(LiveView::new(sink, mask, style)),
        (Format::Text, None) => Box::new(PlainLines::new(sink, mask, style)),
    }
}

/// A unique name for a run: its start and 48 random bits.
pub fn new_run_id() -> String {
    let random = getrandom::u64().unwrap_or_else(|_| std::process::id().into()) & 0xffff_ffff_ffff;
    format!("{}-{random:012x}", Timestamp::now().strftime("%Y%m%d-%H%M%S"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::selection::{LoadReporter, Selection};

    struct Silent;

    impl LoadReporter for Silent {
        fn diagnostics(&self, diagnostics: Vec<crate::diagnostic::Diagnostic>, _: &crate::source::SourceMap) {
            assert!(diagnostics.is_empty(), "{diagnostics:?}");
        }

        fn skipped(&self, why: &str) {
            panic!("{why}");
        }
    }

    /// What no runbook can bring about: the contact hears of it, by name of runbook and host.
    #[test]
    fn the_contact_hears_of_an_internal_error_and_of_what_is_left_in_place() {
        let folder = tempfile::tempdir().unwrap();
        let book = "role web {}\nrunbook Down(server: web) {\n  title \"It is down\"\n  contact desk\n  ends within 1h\n  \
                    resolve \"done\"\n}\n";
        std::fs::write(folder.path().join("a.runbook"), book).unwrap();
        let inventory = "hosts:\n  web1: {roles: [web]}\ncontacts:\n  desk: {terminal: true}\n";
        std::fs::write(folder.path().join("rectify.yaml"), inventory).unwrap();
        let selection = Selection::load(&folder.path().join("a.runbook"), None, false, &Silent).unwrap();
        let job = selection.by_name(None, &[("server".to_owned(), "web1".to_owned())]).unwrap();
        let secrets = Secrets::default();
        let told = Rc::new(RefCell::new(Vec::new()));
        let channels = Channels {
            contacts: job.project.inventory.as_ref().unwrap().contacts.clone(),
            mail: None,
            terminal: {
                let told = told.clone();
                Box::new(move |text| {
                    told.borrow_mut().push(text.to_string());
                    true
                })
            },
            console: Rc::new(Console::nobody()),
            approvers: Vec::new(),
        };
        let world = Live::new(LiveConfig {
            calls: Dispatcher {
                backends: Vec::new(),
                hosts: &[],
                secrets: &secrets,
                folder: PathBuf::new(),
                settings: Default::default(),
            },
            channels,
            store: Store::at(folder.path().join("store")).unwrap(),
            run: "r1".to_owned(),
            cancel: Cancel::default(),
            listener: Box::new(|_| {}),
        });
        let (change, undo) = ("own.drain(web1)".to_owned(), Some("own.undrain(web1)".to_owned()));
        let left = vec![LeftInPlace { change, undo, why: "the run ended before its clean-up".to_owned() }];
        let view: SharedView = {
            let mask: crate::report::run::Mask = Rc::new(|text| Secrets::default().redact_text(text));
            Rc::new(RefCell::new(Box::new(JsonLines::new(Box::new(std::io::sink()), mask))))
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(report_internal_error(&job, &world, left, &view, "r1"));
        let told = told.borrow();
        let [message] = told.as_slice() else { panic!("{told:?}") };
        for part in
            ["Run r1 of Down(server: web1)", "an internal error", "own.drain(web1)", "to undo it: own.undrain(web1)"]
        {
            assert!(message.contains(part), "{part}: {message}");
        }
    }
}
