//! Finds all forms of all known values at once.

use super::SHORTEST;
use super::encodings::forms_of;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::collections::{BTreeSet, HashSet};
use std::ops::{Bound, Range};
use zeroize::Zeroizing;

/// The search for the forms of known values.
///
/// Line ends are ignored, because `base64` and terminals break lines anywhere: up to [`BREAKS`] in a row are skipped in
/// the text and in the forms.
pub(super) struct Patterns {
    searcher: Option<AhoCorasick>,
    /// Length of the longest form without line ends.
    longest: usize,
    /// The beginnings of forms before a cut, and the ends of forms after one.
    begun: Parts,
    ended: Parts,
    /// Values too short to be found inside a text.
    short: Vec<Zeroizing<String>>,
}

/// A text without its line ends, and the position of each byte.
struct Joined {
    bytes: Vec<u8>,
    /// `None` when nothing was left out.
    positions: Option<Vec<usize>>,
}

const BREAKS: usize = 2;

/// The mark of a cut. Remains of a secret beside it are masked as well.
const CUT: &[u8] = "…".as_bytes();

/// The replacement character: the remains of a character that was cut.
const BROKEN: &[u8] = "\u{fffd}".as_bytes();

/// The most bytes that remain of a cut character of four.
const MOST_BROKEN: usize = 3;

/// How many cuts are examined from each end of a text. This program makes two at most; text from outside must not make
/// the search long.
const MOST_CUTS: usize = 256;

/// The beginnings of forms, or their ends read backwards.
#[derive(Default)]
struct Parts {
    forms: BTreeSet<Vec<u8>>,
    /// Their first bytes, so that few texts have to be compared.
    heads: HashSet<[u8; SHORTEST]>,
}

impl Parts {
    fn new(forms: impl Iterator<Item = Vec<u8>>) -> Self {
        let forms: BTreeSet<Vec<u8>> = forms.collect();
        let heads = forms.iter().filter_map(|form| form.first_chunk().copied()).collect();
        Self { forms, heads }
    }

    /// The position from which the whole rest of the text is the beginning of a form.
    fn begun_in(&self, text: &[u8]) -> Option<usize> {
        let begins = |rest: &[u8]| {
            let from = (Bound::Included(rest), Bound::Unbounded);
            self.forms.range::<[u8], _>(from).next().is_some_and(|form| form.starts_with(rest))
        };
        let window = |(_, rest): &(usize, &[u8])| rest.first_chunk().is_some_and(|head| self.heads.contains(head));
        let rests = (0..text.len()).filter_map(|start| Some((start, text.get(start..)?)));
        rests.filter(window).find(|(_, rest)| begins(rest)).map(|(start, _)| start)
    }
}

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
        let lower = || forms.iter().map(|form| form.to_ascii_lowercase());
        let begun = Parts::new(lower());
        let ended = Parts::new(lower().map(|form| form.into_iter().rev().collect()));
        // All overlapping matches are needed: where two secrets share a border, neither end may show. A full automaton
        // for a secret of 64 KiB would take gigabytes.
        let searcher = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .build(&forms);
        Self { searcher: searcher.ok().filter(|_| !forms.is_empty()), longest, begun, ended, short }
    }

    /// Whether the whole text is a value that is too short to be found inside a text.
    pub(super) fn is_whole(&self, text: &str) -> bool {
        self.short.iter().any(|short| short.eq_ignore_ascii_case(text.trim()))
    }

    /// The ranges of all secrets, and of remains of one beside a cut: in order and disjoint.
    pub(super) fn find(&self, text: &[u8]) -> Vec<Range<usize>> {
        let Some(searcher) = &self.searcher else { return Vec::new() };
        let joined = Joined::new(text);
        let mut found: Vec<Range<usize>> = searcher
            .find_overlapping_iter(&joined.bytes)
            .map(|found| joined.position(found.start())..joined.position(found.end() - 1) + 1)
            .collect();
        found.extend(self.beside_cuts(&joined));
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

    /// The ranges of beginnings of secrets before a cut, and of ends after one.
    fn beside_cuts(&self, joined: &Joined) -> Vec<Range<usize>> {
        let cuts: Vec<usize> = cuts_of(&joined.bytes);
        let few = cuts.len().min(MOST_CUTS);
        let looked_at = cuts.iter().take(few).chain(cuts.iter().skip(few).rev().take(MOST_CUTS));
        let window = self.longest.saturating_sub(1);
        let mut found = Vec::new();
        let mut add = |start: usize, end: usize| found.push(joined.position(start)..joined.position(end - 1) + 1);
        for &cut in looked_at {
            let last = before_broken(&joined.bytes, cut);
            let from = last.saturating_sub(window);
            let before = joined.bytes.get(from..last).unwrap_or_default().to_ascii_lowercase();
            if let Some(start) = self.begun.begun_in(&before) {
                add(from + start, cut);
            }
            let after = after_broken(&joined.bytes, cut + CUT.len());
            let until = joined.bytes.len().min(after + window);
            let mut rest = joined.bytes.get(after..until).unwrap_or_default().to_ascii_lowercase();
            rest.reverse();
            if let Some(start) = self.ended.begun_in(&rest) {
                add(after, until - start);
            }
        }
        found
    }
}

/// The end of the text before a cut, without the remains of a cut character.
fn before_broken(text: &[u8], cut: usize) -> usize {
    let mut end = cut;
    for _ in 0..MOST_BROKEN {
        if !text.get(..end).is_some_and(|before| before.ends_with(BROKEN)) {
            break;
        }
        end -= BROKEN.len();
    }
    end
}

/// The beginning of the text after a cut, without the remains of a cut character.
fn after_broken(text: &[u8], cut: usize) -> usize {
    let mut start = cut;
    for _ in 0..MOST_BROKEN {
        if !text.get(start..).is_some_and(|after| after.starts_with(BROKEN)) {
            break;
        }
        start += BROKEN.len();
    }
    start
}

/// The positions of cuts.
fn cuts_of(text: &[u8]) -> Vec<usize> {
    let first = CUT.first().copied().unwrap_or_default();
    let places = text.iter().enumerate().filter(|(_, byte)| **byte == first).map(|(position, _)| position);
    places.filter(|position| text.get(*position..).is_some_and(|rest| rest.starts_with(CUT))).collect()
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
