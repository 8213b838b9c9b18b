//! The nearest name to a misspelt one.

/// The candidate that a person most likely meant, or none when all are too far away.
///
/// Case is ignored. A swap of two neighbours, letters or words (`ImapTestDeep` and `ImapDeepTest`), counts as one
/// mistake. A third of the letters may be wrong.
pub fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = written.to_lowercase();
    let allowed = (folded.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| *candidate != written)
        .map(|candidate| match has_words_of(candidate, written) {
            true => (1, candidate),
            false => (strsim::osa_distance(&folded, &candidate.to_lowercase()), candidate),
        })
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Names as a message lists them: in backticks, with commas between them.
pub fn name_list(names: impl IntoIterator<Item = impl std::fmt::Display>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// The help for a misspelt name.
pub fn did_you_mean(name: impl std::fmt::Display) -> String {
    format!("Did you mean `{name}`?")
}

/// "Did you mean `x`?" for a name that is nearly known, or the list of known names.
pub fn suggestion(written: &str, known: &[&str]) -> String {
    match nearest(written, known.iter().copied()) {
        Some(near) => did_you_mean(near),
        None => format!("Available: {}", name_list(known)),
    }
}

/// Whether two names consist of the same words in any order. False for a single word.
fn has_words_of(one: &str, other: &str) -> bool {
    one.len() == other.len() && {
        let (one, other) = (words(one), words(other));
        one.len() > 1 && one == other
    }
}

/// The words of a name, sorted: they begin with a capital or stand between other signs than letters and digits.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_small = false;
    for letter in name.chars() {
        if !letter.is_alphanumeric() || letter.is_uppercase() && after_small {
            words.push(String::new());
        }
        after_small = !letter.is_uppercase();
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.extend(letter.to_lowercase());
        }
    }
    words.sort_unstable();
    words
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_slips_and_nothing_else() {
        let names = ["health_set", "server_health", "restart"];
        assert_eq!(nearest("healt_set", names), Some("health_set"));
        assert_eq!(nearest("Restrat", names), Some("restart"));
        assert_eq!(nearest("reboot_now", names), None);
        assert_eq!(nearest("health_server", names), Some("server_health"));
        let monitors = ["ImapBeepTestMonitor", "ImapDeepTestMonitor", "ImapSelfTestMonitor"];
        assert_eq!(nearest("ImapTestDeepMonitor", monitors), Some("ImapDeepTestMonitor"));
    }
}
