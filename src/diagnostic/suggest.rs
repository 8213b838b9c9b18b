//! The nearest name to a misspelt one.

/// The candidate that a person most likely meant, or none when all are too far away.
///
/// Case does not count, a swap of two neighbours is one slip, and a third of the letters may be wrong.
pub fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = written.to_lowercase();
    let allowed = (folded.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| *candidate != written)
        .map(|candidate| (strsim::osa_distance(&folded, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
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
    }
}
