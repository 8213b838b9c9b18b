//! Settings that backends read from `rectify.yaml`, kept without knowing the backends: at most one value of each type.

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

/// Settings of one backend. `inventory::Section` implements it for every type that `rectify.yaml` can hold.
pub trait Settings: Any + Debug + Send + Sync {
    /// The TCP port that the settings name. An alert about a port finds its host by it.
    fn port(&self) -> Option<u16>;

    /// The action whose outcome cannot be confirmed with these settings, and what they lack for it.
    fn unconfirmed(&self) -> Option<UnconfirmedAction>;

    /// Whether `other` has the same type and value.
    fn equals(&self, other: &dyn Any) -> bool;
}

/// An action that the settings of a host allow, and whose outcome nothing can confirm there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnconfirmedAction {
    /// The action: `host.reboot`.
    pub action: &'static str,
    /// The key of the inventory that is missing: `reboot.boot_id`.
    pub missing: &'static str,
    /// How it may be written.
    pub example: &'static str,
}

/// The settings of all backends, for one host or for the whole inventory.
#[derive(Debug, Clone, Default)]
pub struct BackendSettings(Vec<Arc<dyn Settings>>);

impl BackendSettings {
    /// The settings of a type, if the inventory has them.
    pub fn get<S: Settings>(&self) -> Option<&S> {
        self.0.iter().find_map(|settings| as_any(settings.as_ref()).downcast_ref())
    }

    /// Adds settings. They replace those of the same type.
    pub fn insert<S: Settings>(&mut self, settings: S) {
        self.0.retain(|other| !as_any(other.as_ref()).is::<S>());
        self.0.push(Arc::new(settings));
    }

    /// These settings and `settings`.
    #[must_use]
    pub fn with<S: Settings>(mut self, settings: S) -> Self {
        self.insert(settings);
        self
    }

    /// The TCP ports that the settings name.
    pub fn ports(&self) -> impl Iterator<Item = u16> {
        self.0.iter().filter_map(|settings| settings.port())
    }

    /// The actions whose outcome cannot be confirmed.
    pub fn unconfirmed(&self) -> impl Iterator<Item = UnconfirmedAction> {
        self.0.iter().filter_map(|settings| settings.unconfirmed())
    }
}

impl PartialEq for BackendSettings {
    fn eq(&self, other: &Self) -> bool {
        let has = |settings: &Arc<dyn Settings>| other.0.iter().any(|other| settings.equals(as_any(other.as_ref())));
        self.0.len() == other.0.len() && self.0.iter().all(has)
    }
}

impl Eq for BackendSettings {}

fn as_any(settings: &dyn Settings) -> &dyn Any {
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq)]
    struct Port(u16);

    #[derive(Debug, Clone, PartialEq)]
    struct Name(&'static str);

    impl Settings for Port {
        fn port(&self) -> Option<u16> {
            Some(self.0)
        }

        fn unconfirmed(&self) -> Option<UnconfirmedAction> {
            None
        }

        fn equals(&self, other: &dyn Any) -> bool {
            other.downcast_ref() == Some(self)
        }
    }

    impl Settings for Name {
        fn port(&self) -> Option<u16> {
            None
        }

        fn unconfirmed(&self) -> Option<UnconfirmedAction> {
            None
        }

        fn equals(&self, other: &dyn Any) -> bool {
            other.downcast_ref() == Some(self)
        }
    }

    #[test]
    fn settings_are_found_by_their_type() {
        let settings = BackendSettings::default().with(Port(1)).with(Name("a")).with(Port(2));
        assert_eq!(settings.get::<Port>(), Some(&Port(2)));
        assert_eq!(settings.get::<Name>(), Some(&Name("a")));
        assert_eq!(settings.ports().collect::<Vec<_>>(), [2]);
        assert_eq!(settings, BackendSettings::default().with(Name("a")).with(Port(2)), "their order does not count");
        for other in
            [BackendSettings::default(), settings.clone().with(Name("b")), BackendSettings::default().with(Port(2))]
        {
            assert_ne!(settings, other);
        }
    }
}
