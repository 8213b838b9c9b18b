//! A lab on this machine that can be broken and repaired: two Dovecot servers and a mail server, with the runbooks of
//! `runbooks/dovecot`. `docs/lab.md` describes it.
//!
//! `demo` breaks the lab, repairs it with a runbook and removes it. `up` keeps it running until Ctrl-C.

#[path = "../tests/it/lab/mod.rs"]
mod lab;

use lab::Site;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    let what = std::env::args().nth(1).unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let _guard = runtime.enter();
    // From here on, Ctrl-C is an event: the run that it interrupts ends first, then the lab shuts down.
    let mut interrupt = signal(SignalKind::interrupt()).expect("a signal");
    let Some(program) = program() else {
        eprintln!("Build the program first: cargo build");
        return ExitCode::from(2);
    };
    match what.as_str() {
        "demo" => demo(&program),
        "up" => {
            let [mut terminate, mut hang_up] =
                [SignalKind::terminate(), SignalKind::hangup()].map(|kind| signal(kind).expect("a signal"));
            up(&program, || {
                runtime.block_on(async {
                    tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {}, _ = hang_up.recv() => {} }
                });
            })
        }
        _ => {
            eprintln!(
                "Say what to do:\n  demo   break the site, repair it, take it away\n  up     keep it until Ctrl-C"
            );
            ExitCode::from(2)
        }
    }
}

/// The program, built next to this example.
fn program() -> Option<PathBuf> {
    let beside = std::env::current_exe().ok()?.parent()?.parent()?.join("rectify");
    beside.is_file().then_some(beside)
}

fn start() -> Site {
    println!("Starting a front end, a back end and a mail server on this machine …");
    Site::start_at(&Path::new(env!("CARGO_MANIFEST_DIR")).join("runbooks/dovecot"))
}

fn demo(program: &Path) -> ExitCode {
    let site = start();
    let before = processes(&site);
    println!("Stopping the back end. Customers log in through the front end, which still greets them.");
    site.stop("back");
    println!("Alertmanager would now send lab/alert.json, and that starts:\n");
    println!("  $ rectify run . --alert lab/alert.json\n");
    let status = site.command(program).args(["run", ".", "--alert", "lab/alert.json"]).status();
    let code = status.expect("the program starts").code();
    println!(
        "\nIt ended with exit code {}.",
        code.map_or_else(|| "none: a signal".to_owned(), |code| code.to_string())
    );
    let after = processes(&site);
    for (place, name) in ["front end", "back end"].into_iter().enumerate() {
        let shown = |number: Option<u32>| number.map_or_else(|| "none".to_owned(), |number| number.to_string());
        let what = if before[place] == after[place] { "left alone" } else { "another process" };
        println!("The {name}'s process: {} before, {} after: {what}.", shown(before[place]), shown(after[place]));
    }
    let mails = site.postbox.mails();
    for mail in &mails {
        let subject = mail.header.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or_default();
        println!("Mail to {}: {subject}", mail.to);
    }
    println!("Stopping everything …");
    match code {
        Some(0) => ExitCode::SUCCESS,
        Some(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        None => ExitCode::FAILURE,
    }
}

fn processes(site: &Site) -> [Option<u32>; 2] {
    [site.lab.front.process(), site.lab.back.process()]
}

fn up(program: &Path, wait_for_interrupt: impl FnOnce()) -> ExitCode {
    let site = start();
    let project = site.project.display();
    let program = program.display();
    println!(
        "It runs until you press Ctrl-C. In another shell, as the same user:

  cd {project}
  export XDG_STATE_HOME=$PWD/lab/state      # locks and limits of the lab, apart from your own
  alias rectify={program}

  # Break it: one of
  supervisorctl -c lab/supervisord.conf stop back
  kill -STOP -- -$(supervisorctl -c lab/supervisord.conf pid back)
  echo 'not it' > lab/probe-password
  supervisorctl -c lab/supervisord.conf stop smtp

  # Repair it
  rectify run front-end.runbook server=fe1 --dry-run
  rectify run front-end.runbook server=fe1
  rectify run . --alert lab/alert.json
  rectify run maintenance.runbook server=be1 reason=\"a new disk\"

  # Look at it
  supervisorctl -c lab/supervisord.conf status
  find lab/mail/ -type f | xargs -r cat
"
    );
    wait_for_interrupt();
    println!("Stopping everything …");
    ExitCode::SUCCESS
}
