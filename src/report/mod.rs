//! Output for people and programs: diagnostics, runs and test results as text, JSON and CI formats.

mod fingerprint;
mod github;
mod gitlab;
mod json;
mod junit;
mod location;
mod markup;
pub mod run;
mod sanitise;
mod sarif;
pub mod simulation;
mod terminal;
pub mod test_results;

pub use github::findings_as_github;
pub use gitlab::findings_as_gitlab;
pub use json::findings_as_json;
pub use junit::findings_as_junit;
pub use sanitise::{same_length, sanitise, sanitise_line};
pub use sarif::findings_as_sarif;
pub use terminal::{Style, findings_as_text};
