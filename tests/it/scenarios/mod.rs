//! End-to-end scenarios: the text of a runbook is checked, then run in the scripted world.
//!
//! Each scenario compares the whole ledger and the ending with what `docs/language.md` specifies.

mod dovecot;
mod dry_runs;
mod effects;
mod endings;
mod setup;
mod statements;
