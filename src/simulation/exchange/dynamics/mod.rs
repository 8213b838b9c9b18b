//! What happens in the site as time passes: faults begin and end, servers reboot, the Health Manager and its responders
//! act. Each event is planned in a queue and runs at its moment of virtual time.

pub(super) mod active_faults;
pub(super) mod administrators;
pub(super) mod cures;
pub(super) mod events;
pub(super) mod health_manager;
pub(super) mod power;
pub(super) mod random;
pub(super) mod random_faults;
pub(super) mod responders;
