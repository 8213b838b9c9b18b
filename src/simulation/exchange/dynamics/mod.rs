//! TODO

pub(crate) mod active_faults;
pub(crate) mod cures;
pub(crate) mod events;
pub(crate) mod health_manager;
pub(crate) mod power;
pub(crate) mod random;
pub(crate) mod random_faults;
pub(crate) mod responders;
