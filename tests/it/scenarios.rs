//! From the text of a runbook to the last effect: what the checker lets through, the engine runs as the reference says.
//!
//! Every scenario is checked with an inventory and run in the scripted world, and its whole ledger and its end are held
//! against what `docs/language.md` promises.

mod dovecot;
mod dry_runs;
mod effects;
mod endings;
mod setup;
mod statements;
