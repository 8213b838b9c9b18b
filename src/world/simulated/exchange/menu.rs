//! Faults drawn at random, from the whole menu.

use super::faults::Fault;
use super::settings::Settings;
use crate::value::Host;

/// None to three faults that fit the site. With the server of an alert, about half of them are its own.
pub fn random_faults(_seed: u64, _hosts: &[Host], _settings: &Settings, _alert_server: Option<&str>) -> Vec<Fault> {
    Vec::new()
}
