//! The probe's password must not appear anywhere, in any encoding.

use super::dovecot::{PASSWORD, USER};
use super::site::Site;
use base64::Engine;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Panics if the password appears in one of the texts, in a delivered mail, or in stored state.
#[track_caller]
pub fn assert_secret(site: &Site, texts: &[&str]) {
    let mails = site.postbox.mails().into_iter().map(|mail| mail.header + &mail.body);
    let kept = files_below(&site.state());
    for text in texts.iter().map(|text| (*text).to_owned()).chain(mails).chain(kept) {
        if let Some(form) = forms().into_iter().find(|form| text.contains(form.as_str())) {
            panic!("the password of the probe is seen, as {form:?}, in\n{text}");
        }
    }
}

/// Encodings in which the password could appear.
fn forms() -> Vec<String> {
    let engine = base64::engine::general_purpose::STANDARD_NO_PAD;
    let hex: String = PASSWORD.bytes().map(|byte| format!("{byte:02x}")).collect();
    vec![
        PASSWORD.to_owned(),
        PASSWORD.replace(' ', "+"),
        PASSWORD.replace(' ', "%20"),
        PASSWORD.replace(' ', "\\ "),
        engine.encode(PASSWORD),
        engine.encode(format!("\0{USER}\0{PASSWORD}")),
        hex.to_uppercase(),
        hex,
    ]
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => texts.extend(files_below(&path)),
            path => texts.extend(fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())),
        }
    }
    texts
}

/// Repeatedly reads the command line and environment of every process on this machine.
pub struct Watch {
    stop: Arc<AtomicBool>,
    watching: JoinHandle<(BTreeSet<String>, Vec<String>)>,
}

impl Watch {
    /// Starts the thread that reads.
    pub fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let watching = std::thread::spawn(move || {
            let (mut programs, mut leaks) = (BTreeSet::new(), Vec::new());
            while !stopped.load(Ordering::Relaxed) {
                for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
                    let read = |name: &str| {
                        let bytes = fs::read(process.path().join(name)).unwrap_or_default();
                        String::from_utf8_lossy(&bytes).replace('\0', " ")
                    };
                    let (command, environment) = (read("cmdline"), read("environ"));
                    if forms().iter().any(|form| command.contains(form) || environment.contains(form)) {
                        leaks.push(format!("{command} [{environment}]"));
                    }
                    programs.insert(command);
                }
                std::thread::sleep(Duration::from_millis(2));
            }
            (programs, leaks)
        });
        Self { stop, watching }
    }

    /// Stops, panics if the password appeared, and returns all command lines that it read.
    pub fn end(self) -> BTreeSet<String> {
        self.stop.store(true, Ordering::Relaxed);
        let (programs, leaks) = self.watching.join().expect("somebody watches");
        assert_eq!(leaks, Vec::<String>::new());
        programs
    }
}
