//! The store of this user's runs, as the commands use it.

use super::output::report;
use crate::world::live::{Store, StoreError, StorePlaces};
use std::path::Path;

/// The store. Warns of another one on this machine.
pub fn open() -> Result<Store, StoreError> {
    let (store, other) = StorePlaces::from_environment().find()?;
    if let Some(other) = other {
        report(&two_stores(&store, &other));
    }
    Ok(store)
}

/// Warns if this machine has two stores. A store that cannot be used is no concern of a command that uses none.
pub fn warn_of_two() {
    if let Ok((store, Some(other))) = StorePlaces::from_environment().find() {
        report(&two_stores(&store, &other));
    }
}

fn two_stores(store: &Store, other: &Path) -> String {
    let (store, other) = (store.path().display(), other.display());
    format!(
        "Warning: there is a store at {other} besides {store}. Runs of this user use {store}, and see no lock and no limit of \
         the other. Move what it counts, and remove it"
    )
}
