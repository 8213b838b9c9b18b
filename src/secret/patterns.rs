//! Looks for all forms of all known values at once.

use super::SHORTEST;
use super::forms::forms_of;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::collections::BTreeSet;
use std::ops::Range;
use zeroize::Zeroizing;

/// What to look for.
///
/// Line ends do not count: `base64` and terminals break lines where they like. Up to [`BREAKS`] of them in a row are
/// skipped in the text and in what is looked for.
pub(super) struct Patterns {
    searcher: Option<AhoCorasick>,
    /// Length of the longest form without line ends.
    longest: usize,
    /// Values too short to be looked for inside a text.
    short: Vec<Zeroizing<String>>,
}

/// A text without its line ends, and where each byte of it stood.
struct Joined {
    bytes: Vec<u8>,
    /// None when nothing was left out.
    positions: Option<Vec<usize>>,
}

const BREAKS: usize = 2;

impl Patterns {
    pub(super) fn new<'a>(values: impl Iterator<Item = &'a str>) -> Self {
        let mut forms = BTreeSet::new();
        let mut short = Vec::new();
        for value in values {
            if value.chars().count() < SHORTEST {
                short.push(Zeroizing::new(value.to_owned()));
            } else {
                forms.extend(forms_of(value));
            }
        }
        let forms: BTreeSet<Vec<u8>> = forms
            .iter()
            .map(|form| Joined::new(form.trim_ascii()).bytes)
            .filter(|form| form.len() >= SHORTEST)
            .collect();
        let longest = forms.iter().map(Vec::len).max().unwrap_or(0);
        // Overlapping matches are all wanted: of two secrets that share a border neither may show its other end.
        // The table of a full automaton would take gigabytes for a secret of 64 KiB.
        let searcher = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .build(&forms);
        Self { searcher: searcher.ok().filter(|_| !forms.is_empty()), longest, short }
    }

    /// Whether the text is, as a whole, a value that is too short to be looked for.
    pub(super) fn is_whole(&self, text: &str) -> bool {
        self.short.iter().any(|short| short.eq_ignore_ascii_case(text.trim()))
    }

    /// Every place where a secret stands, in order, none touching the next.
    pub(super) fn find(&self, text: &[u8]) -> Vec<Range<usize>> {
        let Some(searcher) = &self.searcher else { return Vec::new() };
        let joined = Joined::new(text);
        let mut found: Vec<Range<usize>> = searcher
            .find_overlapping_iter(&joined.bytes)
            .map(|found| joined.position(found.start())..joined.position(found.end() - 1) + 1)
            .collect();
        found.sort_unstable_by_key(|range| range.start);
        let mut merged: Vec<Range<usize>> = Vec::new();
        for range in found {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        merged
    }

    /// From which byte on a secret may have begun whose end has not been seen yet.
    pub(super) fn unsettled(&self, text: &[u8]) -> usize {
        let joined = Joined::new(text);
        let open = self.longest.saturating_sub(1);
        match joined.bytes.len().checked_sub(open) {
            Some(settled) if settled < joined.bytes.len() => joined.position(settled),
            Some(_) => text.len(),
            None => 0,
        }
    }
}

impl Joined {
    fn new(text: &[u8]) -> Self {
        if !text.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            return Self { bytes: text.to_vec(), positions: None };
        }
        let mut bytes = Vec::with_capacity(text.len());
        let mut positions = Vec::with_capacity(text.len());
        let mut breaks = 0;
        for (position, byte) in text.iter().enumerate() {
            breaks = if matches!(byte, b'\n' | b'\r') { breaks + 1 } else { 0 };
            if breaks == 0 || breaks > BREAKS {
                bytes.push(*byte);
                positions.push(position);
            }
        }
        Self { bytes, positions: Some(positions) }
    }

    fn position(&self, index: usize) -> usize {
        match &self.positions {
            None => index,
            Some(positions) => positions.get(index).copied().unwrap_or(index),
        }
    }
}
