//! Coverage of the tests of all files. Identifies files by name, because each program numbers its own.

use crate::engine::world::Reached;
use crate::program::{NodeId, Program};
use crate::report::test_results::{CoverageResult, MissedLine};
use crate::source::{FileId, SourceMap, Span};
use crate::test_runner::coverage_points::{PointKind, coverage_points};
use std::collections::{BTreeMap, BTreeSet};

/// File name, byte offset, and how the place is reached.
type Point = (String, u32, Reached);

/// Expected and reached places.
#[derive(Default)]
pub struct Coverage {
    /// Key: file name and byte offset of the declaration.
    expected: BTreeMap<(String, u32), Expected>,
    reached: BTreeSet<Point>,
}

struct Expected {
    name: String,
    points: Vec<(Point, PointKind, MissedLine)>,
}

impl Coverage {
    /// Expects the declarations of `file` to be reached; imported declarations are left out.
    pub fn expect(&mut self, program: &Program, file: Option<FileId>, sources: Option<&SourceMap>) {
        let Some(sources) = sources else { return };
        for declared in coverage_points(program).into_iter().filter(|declared| Some(declared.span.file) == file) {
            let points = declared.points.iter().filter_map(|place| {
                let text = sources.text(place.span).lines().next().unwrap_or_default().trim_end();
                let text = text.strip_suffix('{').unwrap_or(text).trim_end().to_owned();
                let line = sources.file(place.span.file)?.position(place.span.start).line;
                let what = match place.what {
                    PointKind::Step => "step",
                    PointKind::Ending => "ending",
                };
                Some((point(place.span, place.by, sources)?, place.what, MissedLine { what, line, text }))
            });
            let Some((file, start, _)) = point(declared.span, Reached::Started, sources) else { continue };
            let expected = Expected { name: declared.name.to_string(), points: points.collect() };
            self.expected.insert((file, start), expected);
        }
    }

    /// Adds what one run has reached.
    pub fn add(&mut self, program: &Program, reached: &BTreeSet<(NodeId, Reached)>, sources: &SourceMap) {
        let all = coverage_points(program).into_iter().flat_map(|declared| declared.points);
        let found = all.filter(|place| reached.contains(&(place.node, place.by)));
        self.reached.extend(found.filter_map(|place| point(place.span, place.by, sources)));
    }

    /// One result per declaration, sorted by file and offset.
    pub fn results(self) -> Vec<CoverageResult> {
        let reached = self.reached;
        let coverage_of = |((file, _), expected): ((String, u32), Expected)| {
            let count = |wanted: PointKind| expected.points.iter().filter(|(_, what, _)| *what == wanted).count();
            let (steps, endings) = (count(PointKind::Step), count(PointKind::Ending));
            let missed = expected.points.into_iter().filter(|(point, ..)| !reached.contains(point));
            CoverageResult { file, name: expected.name, steps, endings, missed: missed.map(|(.., it)| it).collect() }
        };
        self.expected.into_iter().map(coverage_of).collect()
    }
}

fn point(span: Span, by: Reached, sources: &SourceMap) -> Option<Point> {
    Some((sources.file(span.file)?.name.to_string(), span.start, by))
}
