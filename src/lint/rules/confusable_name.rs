//! Names with letters of another script that look like Latin ones: readers cannot tell two such names apart.

use crate::diagnostic::{Diagnostic, Level, code};
use crate::lint::rule::{File, Rule, RuleScope};
use std::collections::BTreeSet;

pub const RULE: Rule = Rule {
    code: code::CONFUSABLE_NAME,
    level: Level::Warning,
    since: "0.1.0",
    fixable: false,
    scope: RuleScope::File(check),
};

/// Pairs of a letter and the Latin letter that it looks like.
const ALIKE: &str = "аaеeоoрpсcхxуyіiјjѕsԁdһhԛqԝwАAВBЕEКKМMНHОOРPСCТTХXУYІIЈJЅS\
                     αaοoνvρpιiυuΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧX";

fn check(file: &File<'_>, found: &mut Vec<Diagnostic>) {
    if file.source.text.is_ascii() {
        return;
    }
    let names: BTreeSet<&str> = file.index.binding_names.iter().map(|name| name.text.as_str()).collect();
    for name in file.index.binding_names.iter().filter(|name| !name.text.is_ascii()) {
        let looks_like = skeleton(&name.text);
        let twin = looks_like != name.text.as_str() && names.contains(looks_like.as_str());
        let message = if let Some((letter, script)) = foreign_letter(&name.text) {
            format!("The name `{}` mixes scripts: its {letter} is {script}", name.text)
        } else if twin {
            format!("The name `{}` looks like another name here, `{looks_like}` in Latin letters", name.text)
        } else {
            continue;
        };
        found.push(
            Diagnostic::warning(code::CONFUSABLE_NAME, name.span, message)
                .help("Write the name with letters of a single script"),
        );
    }
}

/// The name with each letter replaced by the Latin one that it looks like.
fn skeleton(name: &str) -> String {
    let latin = |letter: char| {
        let mut pairs = ALIKE.chars();
        std::iter::from_fn(|| pairs.next().zip(pairs.next()))
            .find(|(alike, _)| *alike == letter)
            .map(|(_, latin)| latin)
    };
    name.chars().map(|letter| if letter.is_ascii() { letter } else { latin(letter).unwrap_or(letter) }).collect()
}

/// The first letter of a script that resembles Latin, in a name that has Latin letters too.
fn foreign_letter(name: &str) -> Option<(char, &'static str)> {
    let is_latin = |letter: char| letter.is_ascii_alphabetic() || ('\u{C0}'..='\u{24F}').contains(&letter);
    let script = |letter: char| match letter {
        '\u{370}'..='\u{3FF}' => Some("Greek"),
        '\u{400}'..='\u{52F}' => Some("Cyrillic"),
        '\u{FF21}'..='\u{FF5A}' => Some("full-width"),
        _ => None,
    };
    let strange = name.chars().find_map(|letter| script(letter).map(|script| (letter, script)));
    strange.filter(|_| name.chars().any(is_latin))
}

#[cfg(test)]
mod tests {
    use super::{foreign_letter, skeleton};

    #[test]
    fn scripts_are_told_apart() {
        assert_eq!(foreign_letter("sеrver"), Some(('е', "Cyrillic")));
        for name in ["server", "сервер", "重启MSExchange", "größe", "αβγ"] {
            assert_eq!(foreign_letter(name), None, "{name}");
        }
        assert_eq!(skeleton("сору"), "copy");
        assert_eq!(skeleton("重启"), "重启");
    }
}
