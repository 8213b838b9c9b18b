//! The section `monitors:`: the monitors of the team's systems, by group.
//!
//! Runbooks name monitors in texts, and only the team knows which monitors its site has. The section lists them, and
//! names in runbooks are checked against it.

use crate::yaml::{Node, Reader};
use ecow::EcoString;

/// Groups of monitors, such as the health sets of Exchange, in the order of the file. A name may be in several groups.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Monitors(Vec<(EcoString, Vec<EcoString>)>);

impl Monitors {
    /// Whether there is no group.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The groups.
    pub fn groups(&self) -> impl Iterator<Item = &EcoString> {
        self.0.iter().map(|(group, _)| group)
    }

    /// The name of every monitor.
    pub fn names(&self) -> impl Iterator<Item = &EcoString> {
        self.0.iter().flat_map(|(_, names)| names)
    }

    /// The groups that contain a monitor.
    pub fn groups_of(&self, monitor: &str) -> Vec<&EcoString> {
        let holds = |names: &[EcoString]| names.iter().any(|name| name == monitor);
        self.0.iter().filter(|(_, names)| holds(names)).map(|(group, _)| group).collect()
    }

    /// Whether a group is of this name.
    pub fn is_group(&self, name: &str) -> bool {
        self.groups().any(|group| group == name)
    }

    /// The groups that match a wildcard: `*` for any text, `?` for one character, in any case.
    pub fn groups_like(&self, wildcard: &str) -> Vec<&EcoString> {
        let wildcard: Vec<char> = wildcard.to_lowercase().chars().collect();
        self.groups().filter(|group| is_like(&group.to_lowercase(), &wildcard)).collect()
    }
}

/// Matches in one pass, with the set of positions in the wildcard that are reachable.
fn is_like(text: &str, wildcard: &[char]) -> bool {
    let past_stars = |places: &mut Vec<bool>| {
        for (place, sign) in wildcard.iter().enumerate() {
            if *sign == '*' && places.get(place) == Some(&true) {
                places.get_mut(place + 1).into_iter().for_each(|next| *next = true);
            }
        }
    };
    let mut places = vec![false; wildcard.len() + 1];
    places.first_mut().into_iter().for_each(|first| *first = true);
    past_stars(&mut places);
    for letter in text.chars() {
        let mut next = vec![false; wildcard.len() + 1];
        for (place, sign) in wildcard.iter().enumerate().filter(|(place, _)| places.get(*place) == Some(&true)) {
            let goes_to = match sign {
                '*' => place,
                sign if *sign == '?' || *sign == letter => place + 1,
                _ => continue,
            };
            next.get_mut(goes_to).into_iter().for_each(|next| *next = true);
        }
        past_stars(&mut next);
        places = next;
    }
    places.last() == Some(&true)
}

pub(super) fn read(reader: &mut Reader, node: &Node) -> Monitors {
    let groups = reader.named(node, "`monitors:`");
    let group = groups.into_iter().map(|field| {
        let names = reader.texts(field.value, field.name);
        (field.name.into(), names.into_iter().map(|(name, _)| name).collect())
    });
    Monitors(group.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_is_read_and_its_mistakes_are_told() {
        let parse = |text: &str| crate::inventory::parse(crate::source::FileId(0), text, &Default::default());
        let (inventory, found) = parse("monitors:\n  IMAP: [AMonitor, BMonitor]\n  POP: BMonitor\n");
        assert_eq!(found, []);
        assert_eq!(inventory.monitors.groups_of("BMonitor"), ["IMAP", "POP"]);
        assert!(inventory.monitors.is_group("POP") && !inventory.monitors.is_group("BMonitor"));
        for wrong in ["monitors: [AMonitor]", "monitors: {IMAP: {AMonitor: x}}"] {
            assert_eq!(parse(wrong).1.len(), 1, "{wrong}");
        }
    }

    #[test]
    fn a_wildcard_stands_for_groups() {
        let group = |name: &str| (EcoString::from(name), vec![EcoString::from("AMonitor")]);
        let monitors = Monitors(["IMAP", "IMAP.Proxy", "POP"].map(group).to_vec());
        for (wildcard, groups) in [
            ("IMAP*", vec!["IMAP", "IMAP.Proxy"]),
            ("imap", vec!["IMAP"]),
            ("*p", vec!["IMAP", "POP"]),
            ("?OP", vec!["POP"]),
            ("*", vec!["IMAP", "IMAP.Proxy", "POP"]),
            ("*.*o*y*", vec!["IMAP.Proxy"]),
            ("IMAP?", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(monitors.groups_like(wildcard), groups, "{wildcard}");
        }
        assert_eq!(monitors.groups_of("AMonitor").len(), 3);
        assert_eq!(monitors.groups_of("BMonitor").len(), 0);
    }
}
