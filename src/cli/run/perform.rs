//! Runs one runbook to its end in the live world, and tells of it.

use super::super::choose::Job;
use super::super::output::{Output, can_redraw, mask_of, say};
use super::super::signals::Signals;
use super::super::{Exit, Format, logging};
use super::RunArguments;
use super::stage::Stage;
use crate::backend::human::Console;
use crate::backend::{Backend, exchange, exec, host, imap, service};
use crate::engine::{self, Ending, Start};
use crate::report::run::{JsonLines, LiveView, PlainLines, View};
use crate::secret::{Redacted, Secrets};
use crate::transport::process::end_every_group;
use crate::value::Timestamp;
use crate::world::Calls;
use crate::world::live::{self, Cancel, Channels, Equipment, Live, state_folder};
use crate::world::rehearsal::Rehearsal;
use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};
use std::io::IsTerminal;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// A run that does more statements than this is going round in circles.
const STEP_LIMIT: u64 = 1_000_000;

/// Somebody told of a run, by whoever has news.
type SharedView = Rc<RefCell<Box<dyn View>>>;

/// Runs a job. What is not caught inside is a fault of this program; then too it is said what is left in place.
pub fn perform(job: &Job, id: String, arguments: &RunArguments, stage: &mut Stage, output: &Output) -> Exit {
    let folder = |variable| std::env::var_os(variable).map(PathBuf::from);
    let state = match state_folder(folder("XDG_STATE_HOME").as_deref(), folder("HOME").as_deref()) {
        Ok(state) => state,
        // A rehearsal keeps nothing.
        Err(_) if arguments.dry_run => PathBuf::new(),
        Err(why) => {
            say(&why);
            return Exit::Unusable;
        }
    };
    let inventory = job.project.inventory.as_ref();
    let secrets = Arc::new(job.project.secrets());
    logging::mask_with(secrets.clone());
    let view: SharedView = Rc::new(RefCell::new(view(arguments.format, output, &secrets)));
    let cancel = Cancel::default();
    let found = live::found(&state);
    let world = Live::new(Equipment {
        calls: Calls {
            backends: backends(),
            hosts: &job.program.hosts,
            secrets: &secrets,
            folder: job.project.folder.clone(),
            powershell: inventory.and_then(|inventory| inventory.powershell.as_ref()),
        },
        channels: Channels {
            contacts: inventory.map(|inventory| inventory.contacts.clone()).unwrap_or_default(),
            mail: inventory.and_then(|inventory| inventory.mail.clone()),
            terminal: Box::new(show_message),
            console: Console::terminal(arguments.unattended),
            approvers: inventory.map(|inventory| inventory.policy.approvers.clone()).unwrap_or_default(),
        },
        state,
        run: id.clone(),
        cancel: cancel.clone(),
        listener: {
            let view = view.clone();
            Box::new(move |event| view.borrow_mut().event(event))
        },
    });
    let start = Start {
        runbook: job.runbook,
        arguments: job.arguments.clone(),
        run: id.into(),
        at: world.now(),
        step_limit: STEP_LIMIT,
        by_alert: arguments.alert.is_some(),
        found,
    };
    let Stage { runtime, signals } = stage;
    let to_the_end = || {
        runtime.block_on(async {
            if arguments.dry_run {
                let reading = Rehearsal::of(&world);
                watch(engine::rehearse(&job.program, &reading, start), &world, &view, &cancel, signals).await
            } else {
                watch(engine::run(&job.program, &world, start), &world, &view, &cancel, signals).await
            }
        })
    };
    let exit = catch_unwind(AssertUnwindSafe(to_the_end)).unwrap_or_else(|_| {
        view.borrow_mut().abandoned("a fault of rectify itself ended the run", world.now());
        Exit::Fault
    });
    // While the world still holds its locks: nobody may begin where a command of this run still acts.
    end_every_group();
    exit
}

/// Everything that can carry out calls.
fn backends() -> Vec<Box<dyn Backend>> {
    vec![
        Box::new(exchange::Exchange),
        Box::new(exec::Exec),
        Box::new(host::HostBackend),
        Box::new(imap::Imap::default()),
        Box::new(service::Service),
    ]
}

/// Shows a message on the terminal; whether there is one. On standard output the view shows it with its event.
fn show_message(text: &Redacted<String>) -> bool {
    if std::io::stdout().is_terminal() {
        return true;
    }
    if std::io::stderr().is_terminal() {
        say(text);
        return true;
    }
    false
}

/// Polls the run, listens to signals, and lets the view know that time passes.
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
            ending = &mut run => return Exit::of(&ending),
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

/// A name that no other run has: when it began, and 48 bits of chance.
pub fn new_run_id() -> String {
    let chance = RandomState::new().hash_one(std::process::id()) & 0xffff_ffff_ffff;
    format!("{}-{chance:012x}", Timestamp::now().strftime("%Y%m%d-%H%M%S"))
}
