//! Runs one runbook in the live world and shows its progress.

use super::RunArguments;
use super::runtime::RunRuntime;
use crate::backend::human::Console;
use crate::backend::registry;
use crate::cli::output::{Output, can_redraw, mask_of, report};
use crate::cli::signals::Signals;
use crate::cli::{Exit, Format, logging, store};
use crate::engine;
use crate::engine::address::Address;
use crate::engine::event::{Event, EventKind};
use crate::engine::world::{Notification, World};
use crate::engine::{Ending, Start};
use crate::project::Project;
use crate::project::alert::Alert;
use crate::project::selection::Job;
use crate::report::run::{JsonLines, LiveView, PlainLines, View};
use crate::secret::{Redacted, Secrets};
use crate::transport::process::end_every_group;
use crate::value::{Host, Timestamp};
use crate::world::dry_run::DryRun;
use crate::world::live::{Cancel, Channels, Live, LiveConfig, Store};
use crate::world::{Dispatcher, live};
use ecow::EcoString;
use std::cell::RefCell;
use std::io::IsTerminal;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// A run that exceeds this number of statements is assumed to loop forever.
const STEP_LIMIT: u64 = 1_000_000;

/// The view, shared by the world and the clock.
type SharedView = Rc<RefCell<Box<dyn View>>>;

/// Runs a job. A panic inside becomes [`Exit::Internal`]; the view then still shows what is left in place.
pub fn execute(job: &Job, id: String, arguments: &RunArguments, runtime: &mut RunRuntime, output: &Output) -> Exit {
    let store = match store::open() {
        Ok(store) => Some(store),
        // A dry run stores nothing.
        Err(_) if arguments.dry_run => None,
        Err(why) => {
            report(&why.to_string());
            return Exit::Usage;
        }
    };
    let secrets = Arc::new(job.project.secrets());
    logging::mask_with(secrets.clone());
    let view: SharedView = Rc::new(RefCell::new(view(arguments.format, output, &secrets)));
    let cancel = Cancel::default();
    let found = store.as_ref().map(live::found).unwrap_or_default();
    let shown = store.as_ref().map(|store| store.path().display().to_string().into());
    let context = RunContext { project: &job.project, hosts: &job.program.hosts, secrets: &secrets };
    let world = context.world(store.unwrap_or_default(), &id, arguments, &cancel, &view);
    let start = Start {
        runbook: job.runbook,
        arguments: job.arguments.clone(),
        run: id.into(),
        at: world.now(),
        step_limit: STEP_LIMIT,
        by_alert: arguments.alert.is_some(),
        store: shown.filter(|_| !arguments.dry_run),
        found,
    };
    let RunRuntime { runtime, signals } = runtime;
    let to_the_end = || {
        runtime.block_on(async {
            if arguments.dry_run {
                let reading = DryRun::new(&world);
                watch(engine::dry_run(&job.program, &reading, start), &world, &view, &cancel, signals).await
            } else {
                watch(engine::run(&job.program, &world, start), &world, &view, &cancel, signals).await
            }
        })
    };
    let exit = catch_unwind(AssertUnwindSafe(to_the_end)).unwrap_or_else(|_| {
        view.borrow_mut().abandoned("an internal error ended the run", world.now());
        Exit::Internal
    });
    // Before the world releases its locks: no other run may start while a process of this run is alive.
    end_every_group();
    exit
}

/// What the live world needs from a project.
struct RunContext<'a> {
    project: &'a Project,
    hosts: &'a [Host],
    secrets: &'a Secrets,
}

impl<'a> RunContext<'a> {
    fn world(&self, store: Store, id: &str, arguments: &RunArguments, cancel: &Cancel, view: &SharedView) -> Live<'a> {
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
                console: Console::terminal(arguments.unattended),
                approvers: inventory.map(|inventory| inventory.policy.approvers.clone()).unwrap_or_default(),
            },
            store,
            run: id.to_owned(),
            cancel: cancel.clone(),
            listener: {
                let view = view.clone();
                Box::new(move |event| view.borrow_mut().event(event))
            },
        })
    }
}

/// Records alerts that are over.
pub fn record_resolved(alerts: Vec<Alert>, id: &str, arguments: &RunArguments, output: &Output) {
    let mut view = view(arguments.format, output, &Arc::new(Secrets::default()));
    for Alert { name, labels, .. } in alerts {
        let labels = labels.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let kind = EventKind::AlertResolved { alert: name.into(), labels };
        view.event(&Event { schema: 1, time: Timestamp::now(), run: id.into(), kind });
    }
}

/// Stores a message without a recipient on this machine, and prints its path to standard error.
pub fn keep(text: &str) {
    let kept = store::open().map_err(|error| error.to_string()).and_then(|store| {
        let text = Secrets::default().redact_text(text);
        live::last_resort(&store, &text).map_err(|error| error.to_string())
    });
    match kept {
        Ok(path) => report(&format!("No default_contact is defined, so the message is stored in {path}")),
        Err(why) => report(&why),
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
    /// Whether it is tried again for as long as an escalation is.
    pub persistent: bool,
}

impl Notifier<'_> {
    /// Sends the message. Returns whether it was delivered; `None` if a signal came first.
    pub fn notify(self, id: &str, arguments: &RunArguments, runtime: &mut RunRuntime, output: &Output) -> Option<bool> {
        let contact: EcoString = self.project.default_contact().unwrap_or_default().into();
        let store = match store::open() {
            Ok(store) => store,
            Err(why) => {
                report(&why.to_string());
                return Some(false);
            }
        };
        let secrets = Arc::new(self.project.secrets());
        logging::mask_with(secrets.clone());
        let view: SharedView = Rc::new(RefCell::new(view(arguments.format, output, &secrets)));
        let context = RunContext { project: self.project, hosts: &[], secrets: &secrets };
        let world = context.world(store, id, arguments, &Cancel::default(), &view);
        let notification = Notification {
            address: Address::default(),
            run: id.into(),
            contact: contact.clone(),
            escalation: self.persistent,
            subject: self.subject.clone(),
            body: self.body,
            evidence: Vec::new(),
        };
        let RunRuntime { runtime, signals } = runtime;
        let reply = runtime.block_on(async {
            tokio::select! {
                reply = world.notify(notification) => Some(reply),
                () = signals.stop() => None,
            }
        });
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

/// Polls the run, handles signals, and ticks the view once a second.
async fn watch(
    run: impl Future<Output = Ending>,
    world: &Live<'_>,
    view: &SharedView,
    cancel: &Cancel,
    signals: &mut Signals,
) -> Exit {
    let mut run: Pin<&mut _> = pin!(run);
    let mut clock = tokio::time::interval(Duration::from_secs(1));
    let mut stopping = false;
    loop {
        tokio::select! {
            ending = &mut run => return Exit::for_ending(&ending),
            () = signals.stop() => {
                if stopping {
                    view.borrow_mut().abandoned("a second signal ended the run at once", world.now());
                    return Exit::Cancelled;
                }
                stopping = true;
                view.borrow_mut().cancelling();
                cancel.cancel(world.now());
            }
            _ = clock.tick() => view.borrow_mut().tick(world.now()),
        }
    }
}

fn view(format: Format, output: &Output, secrets: &Arc<Secrets>) -> Box<dyn View> {
    let mask = mask_of(secrets);
    let sink = Box::new(std::io::stdout());
    match format {
        Format::Json => Box::new(JsonLines::new(sink, mask)),
        Format::Text if can_redraw() => Box::new(LiveView::new(sink, mask, output.style())),
        Format::Text => Box::new(PlainLines::new(sink, mask, output.style())),
    }
}

/// A unique name for a run: its start and 48 random bits.
pub fn new_run_id() -> String {
    let random = getrandom::u64().unwrap_or_else(|_| std::process::id().into()) & 0xffff_ffff_ffff;
    format!("{}-{random:012x}", Timestamp::now().strftime("%Y%m%d-%H%M%S"))
}
