//! Modelled systems: what real backends talk to when a runbook is tried where nothing real is at hand.

pub mod exchange;
