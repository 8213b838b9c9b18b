//! Looks for all forms of all known values at once.

use super::SHORTEST;
use super::encodings::forms_of;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::collections::{BTreeSet, HashSet};
use std::ops::{Bound, Range};
use zeroize::Zeroizing;

/// What to look for.
///
/// Line ends do not count: `base64` and terminals break lines where they like. Up to [`BREAKS`] of them in a row are
/// skipped in the text and in what is looked for.
pub(super) struct Patterns {
    searcher: Option<AhoCorasick>,
    /// Length of the longest form without line ends.
    longest: usize,
    /// What a text may end with that was cut, and what one may begin with.
    begun: Parts,
    ended: Parts,
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

/// What stands wherever this program has cut a text. What is left of a secret beside it is masked as well.
const CUT: &[u8] = "…".as_bytes();

/// What is shown for bytes that are no character: where a cut goes through one, its rest.
const BROKEN: &[u8] = "\u{fffd}".as_bytes();

/// A character of four bytes leaves at most three.
const MOST_BROKEN: usize = 3;

/// So many cuts of a text are looked at from each end: this program makes two at most, and what came from outside must
/// not make the search long.
const MOST_CUTS: usize = 256;

/// The beginnings of forms; or their ends, read backwards.
#[derive(Default)]
struct Parts {
    forms: BTreeSet<Vec<u8>>,
    /// How they begin, so that hardly any text has to be compared with them.
    heads: HashSet<[u8; SHORTEST]>,
}

impl Parts {
    fn new(forms: impl Iterator<Item = Vec<u8>>) -> Self {
        let forms: BTreeSet<Vec<u8>> = forms.collect();
        let heads = forms.iter().filter_map(|form| form.first_chunk().copied()).collect();
        Self { forms, heads }
    }

    /// From where on the whole rest of the text is the beginning of a form.
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
        // Overlapping matches are all wanted: of two secrets that share a border neither may show its other end.
        // The table of a full automaton would take gigabytes for a secret of 64 KiB.
        let searcher = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .build(&forms);
        Self { searcher: searcher.ok().filter(|_| !forms.is_empty()), longest, begun, ended, short }
    }

    /// Whether the text is, as a whole, a value that is too short to be looked for.
    pub(super) fn is_whole(&self, text: &str) -> bool {
        self.short.iter().any(|short| short.eq_ignore_ascii_case(text.trim()))
    }

    /// Every place where a secret stands, or what a cut has left of one, in order, none touching the next.
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

    /// The beginnings of secrets before a cut, and their ends after one.
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

/// The end of what stands before a cut, but for what is left of a character that was cut itself.
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

/// The same for what stands after it.
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

/// Where texts were cut.
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
