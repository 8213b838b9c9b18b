//! What a run has done, undone and not yet undone. Needed whenever and however the run ends.

use crate::engine::address::Address;
use crate::engine::event::{Event, EventKind, FoundChange, LeftInPlace};
use crate::value::{Class, EffectOutcome, Timestamp};
use ecow::EcoString;
use std::collections::BTreeMap;

/// A call that was intended and whose outcome is not known yet.
#[derive(Debug, Clone)]
pub struct OpenCall {
    /// The call as the runbook would write it.
    pub text: String,
    /// The harm that the call can do.
    pub class: Class,
    /// When it was intended.
    pub since: Timestamp,
}

#[derive(Debug, Clone)]
struct Open {
    change: String,
    undo: Option<String>,
    permanent: bool,
}

/// Accumulates the effects and changes of a run tree from its events.
#[derive(Debug, Default)]
pub struct Tally {
    /// Identifier and start of the outermost run.
    root: Option<(EcoString, Timestamp)>,
    /// Nesting depth of each run.
    depths: BTreeMap<EcoString, usize>,
    under_way: BTreeMap<(EcoString, Address), OpenCall>,
    open: BTreeMap<(EcoString, Address), Open>,
    done: Vec<String>,
    undone: Vec<String>,
    disruptions: Vec<String>,
    /// Changes that earlier runs left in place.
    found: Vec<LeftInPlace>,
}

impl Tally {
    /// Updates the tally with the next event.
    pub fn event(&mut self, event: &Event) {
        let at = |address: &Address| (event.run.clone(), address.clone());
        match &event.kind {
            EventKind::RunStarted { parent, .. } => {
                let depth = parent.as_ref().and_then(|parent| self.depths.get(parent)).map_or(0, |depth| depth + 1);
                self.depths.insert(event.run.clone(), depth);
                self.root.get_or_insert_with(|| (event.run.clone(), event.time));
            }
            EventKind::EffectIntended { address, call, text } => {
                let under_way = OpenCall { text: text.clone(), class: call.class, since: event.time };
                self.under_way.insert(at(address), under_way);
            }
            EventKind::EffectDone { address, text, result, .. } => {
                let class = self.under_way.remove(&at(address)).map_or(Class::Change, |it| it.class);
                match result {
                    EffectOutcome::Done if class > Class::Observe => self.done.push(text.clone()),
                    EffectOutcome::Unknown if class > Class::Observe => {
                        self.done.push(format!("{text} (outcome unknown)"))
                    }
                    _ => {}
                }
                if class >= Class::Disrupt && matches!(result, EffectOutcome::Done | EffectOutcome::Unknown) {
                    self.disruptions.push(text.clone());
                }
            }
            EventKind::ChangesFound { changes } => self.found = changes.iter().map(FoundChange::left).collect(),
            EventKind::ChangeOpened { address, change, undo, permanent } => {
                let open = Open { change: change.clone(), undo: undo.clone(), permanent: *permanent };
                self.open.insert(at(address), open);
            }
            EventKind::ChangeUndone { address, change, result, .. } => {
                if matches!(result, EffectOutcome::Done) {
                    self.open.remove(&at(address));
                    self.undone.push(change.clone());
                }
            }
            _ => {}
        }
    }

    /// Whether this is the outermost run. Also true before any run started.
    pub fn is_root(&self, run: &str) -> bool {
        self.root.as_ref().is_none_or(|(root, _)| root == run)
    }

    /// Identifier and start of the outermost run.
    pub fn root(&self) -> Option<(&EcoString, Timestamp)> {
        self.root.as_ref().map(|(run, since)| (run, *since))
    }

    /// The number of runs that enclose a run; zero for an unknown run.
    pub fn depth(&self, run: &str) -> usize {
        self.depths.get(run).copied().unwrap_or(0)
    }

    /// The call at an address, while its outcome is unknown.
    pub fn under_way(&self, run: &EcoString, address: &Address) -> Option<&OpenCall> {
        self.under_way.get(&(run.clone(), address.clone()))
    }

    /// Effects that were done, in order.
    pub fn done(&self) -> &[String] {
        &self.done
    }

    /// Changes that were undone, in order.
    pub fn undone(&self) -> &[String] {
        &self.undone
    }

    /// Effects of class `disrupt` or higher, in order.
    pub fn disruptions(&self) -> &[String] {
        &self.disruptions
    }

    /// What stays in place if the run ends now: open temporary changes, and calls without an outcome.
    pub fn left_in_place(&self, why: &str) -> Vec<LeftInPlace> {
        let open = self.open.values().filter(|open| !open.permanent).map(|open| LeftInPlace {
            change: open.change.clone(),
            undo: open.undo.clone(),
            why: why.to_owned(),
        });
        let under_way = self.under_way.values().filter(|call| call.class > Class::Observe).map(|call| LeftInPlace {
            change: call.text.clone(),
            undo: None,
            why: "it was in progress, and its outcome is unknown".to_owned(),
        });
        open.chain(under_way).chain(self.found.iter().cloned()).collect()
    }
}
