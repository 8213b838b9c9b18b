//! What the program says of its own doings, when asked to.

use tracing_subscriber::EnvFilter;

/// Starts logging to standard error if `-v` or `RECTIFY_LOG` asks for it; otherwise costs nothing.
pub fn start(verbose: u8) {
    let wanted = std::env::var("RECTIFY_LOG").ok().filter(|wanted| !wanted.is_empty());
    let filter = match (wanted, verbose) {
        (Some(wanted), _) => EnvFilter::builder().parse_lossy(wanted),
        (None, 0) => return,
        (None, 1) => EnvFilter::new("rectify=info"),
        (None, 2) => EnvFilter::new("rectify=debug"),
        (None, _) => EnvFilter::new("trace"),
    };
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
}
