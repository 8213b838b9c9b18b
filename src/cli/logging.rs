//! The program's log. Masks secrets like every other output.

use crate::secret::Secrets;
use std::io::Write;
use std::sync::{Arc, PoisonError, RwLock};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

/// The secrets of all runs of this process.
static SECRETS: RwLock<Vec<Arc<Secrets>>> = RwLock::new(Vec::new());

/// Starts logging to standard error: warnings, and what `-v` or `RECTIFY_LOG` selects.
pub fn start(verbose: u8) {
    let wanted = std::env::var("RECTIFY_LOG").ok().filter(|wanted| !wanted.is_empty());
    let filter = match (wanted, verbose) {
        (Some(wanted), _) => EnvFilter::builder().parse_lossy(wanted),
        (None, 0) => EnvFilter::new("rectify=warn"),
        (None, 1) => EnvFilter::new("rectify=info"),
        (None, 2) => EnvFilter::new("rectify=debug"),
        (None, _) => EnvFilter::new("trace"),
    };
    // Not `init`: it also installs a bridge from `log` if a dependency enables that feature. async-imap logs whole
    // commands there, and masking must not be the only protection of a password.
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Masked)
        .with_ansi(false)
        // Runs, steps and effects are spans; log their start and end.
        .with_span_events(FmtSpan::NEW | FmtSpan::CLOSE)
        .finish();
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Masks these secrets from now on, besides those before.
pub fn mask_with(secrets: Arc<Secrets>) {
    SECRETS.write().unwrap_or_else(PoisonError::into_inner).push(secrets);
}

/// Masks the secrets in a text.
pub fn masked(text: &str) -> String {
    let all = SECRETS.read().unwrap_or_else(PoisonError::into_inner);
    all.iter().fold(text.to_owned(), |text, secrets| secrets.redact_text(&text).into_inner())
}

/// Writes to standard error and masks each event as a whole.
#[derive(Debug, Clone, Copy)]
struct Masked;

impl Write for Masked {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let text = masked(&String::from_utf8_lossy(bytes));
        std::io::stderr().lock().write_all(text.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().flush()
    }
}

impl MakeWriter<'_> for Masked {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        *self
    }
}
