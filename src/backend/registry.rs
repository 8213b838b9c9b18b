//! The list of backends: the source of the catalog, the reader and the JSON Schema of `rectify.yaml`, and the live and
//! simulated worlds.

use super::Backend;
use crate::catalog::{Catalog, SignatureFile};
use crate::inventory::{SectionType, Sections};
use std::sync::OnceLock;

/// What a backend declares of itself.
#[derive(Debug, Clone, Copy)]
pub struct Registration {
    /// The name that calls begin with.
    pub name: &'static str,
    /// What runbooks can call. `None` where they call nothing by name: `notify` and `escalate` send mail.
    pub actions: Option<Actions>,
    /// The sections that it reads in the entry of a host.
    pub host_sections: &'static [SectionType],
    /// The sections that it reads in `rectify.yaml` itself.
    pub inventory_sections: &'static [SectionType],
}

/// The actions of a backend.
#[derive(Debug, Clone, Copy)]
pub struct Actions {
    /// The text of its signature file.
    pub signatures: &'static str,
    /// The actions that its code carries out.
    pub names: &'static [&'static str],
    /// Makes the backend.
    pub backend: fn() -> Box<dyn Backend>,
    /// Whether everything that it reaches goes through [`System`](crate::transport::system::System), so that a
    /// simulation can model it.
    pub is_simulated: bool,
}

/// Every backend.
pub const BACKENDS: &[Registration] = &[
    super::exchange::REGISTRATION,
    super::exec::REGISTRATION,
    super::host::REGISTRATION,
    super::imap::REGISTRATION,
    super::mail::REGISTRATION,
    super::powershell::REGISTRATION,
    super::remote::REGISTRATION,
    super::service::REGISTRATION,
];

/// The signatures of every action.
pub fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| {
        let signatures = BACKENDS
            .iter()
            .filter_map(|backend| Some(SignatureFile { backend: backend.name, text: backend.actions?.signatures }));
        Catalog::read(signatures)
    })
}

/// The sections that backends add to `rectify.yaml`.
pub fn sections() -> Sections {
    Sections {
        host: BACKENDS.iter().flat_map(|backend| backend.host_sections).copied().collect(),
        inventory: BACKENDS.iter().flat_map(|backend| backend.inventory_sections).copied().collect(),
    }
}

/// Every backend that runbooks can call, ready to carry out calls.
pub fn live() -> Vec<Box<dyn Backend>> {
    actions().map(|actions| (actions.backend)()).collect()
}

/// The backends whose systems a simulation models.
pub fn simulated() -> Vec<Box<dyn Backend>> {
    actions().filter(|actions| actions.is_simulated).map(|actions| (actions.backend)()).collect()
}

fn actions() -> impl Iterator<Item = Actions> {
    BACKENDS.iter().filter_map(|backend| backend.actions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::testing::{TestEnvironment, call};
    use crate::syntax;
    use crate::value::Class;
    use std::path::Path;

    fn sorted<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        let mut names: Vec<&str> = names.into_iter().collect();
        names.sort_unstable();
        names
    }

    fn signed(backend: &Registration) -> Vec<&'static str> {
        let declared = catalog().backend(backend.name).unwrap_or_else(|| panic!("{} declares another", backend.name));
        sorted(declared.signatures.iter().map(|signature| signature.name.text.as_str()))
    }

    #[test]
    fn every_signature_file_is_read_without_a_mistake() {
        let callable = BACKENDS.iter().filter_map(|backend| backend.actions);
        for (actions, (id, file)) in callable.zip(catalog().sources().iter()) {
            assert_eq!(syntax::parse(id, actions.signatures).diagnostics, [], "{}", file.name);
        }
    }

    #[test]
    fn every_action_has_a_signature_and_every_signature_an_action() {
        for backend in BACKENDS {
            let Some(actions) = backend.actions else { continue };
            assert_eq!(signed(backend), sorted(actions.names.iter().copied()), "{}", backend.name);
            assert_eq!((actions.backend)().name(), backend.name);
        }
    }

    /// Without arguments every action refuses, but none of them for its name.
    #[tokio::test]
    async fn every_signature_is_dispatched() {
        let world = TestEnvironment::default();
        for backend in BACKENDS {
            let Some(actions) = backend.actions else { continue };
            let is_unknown = async |action: &str| {
                let call = call(backend.name, action, Class::Observe, vec![]);
                let result = (actions.backend)().perform(&call, &world.context()).await;
                result.is_err_and(|error| error.message.contains("has no action named"))
            };
            for action in signed(backend) {
                assert!(!is_unknown(action).await, "{}.{action}", backend.name);
            }
            assert!(is_unknown("no_such_action").await, "{}", backend.name);
        }
    }

    #[test]
    fn names_and_sections_are_there_once() {
        let names = sorted(BACKENDS.iter().map(|backend| backend.name));
        let Sections { host, inventory } = sections();
        for mut keys in [names, keys(&host), keys(&inventory)] {
            let count = keys.len();
            keys.dedup();
            assert_eq!(keys.len(), count, "{keys:?}");
        }
    }

    fn keys(sections: &[SectionType]) -> Vec<&'static str> {
        sorted(sections.iter().map(|section| section.key))
    }

    #[test]
    fn every_backend_has_a_page() {
        let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/backends");
        for backend in BACKENDS.iter().filter(|backend| backend.actions.is_some()) {
            let page = pages.join(backend.name).with_extension("md");
            assert!(page.is_file(), "{} is missing", page.display());
        }
    }
}
