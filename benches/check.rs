//! Parsing, checking and linting: one long file, and a thousand files of 3 KB.
//!
//! `cargo bench --bench check`

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rectify::backend::registry;
use rectify::check::Session;
use rectify::lint;
use rectify::lint::LintOptions;
use rectify::source::{FileError, FileId, Files};
use rectify::syntax::parse;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};

struct InMemory(BTreeMap<PathBuf, String>);

impl Files for InMemory {
    fn resolve(&self, _: &Path, written: &str) -> Result<PathBuf, FileError> {
        Ok(PathBuf::from(written))
    }

    fn read(&self, path: &Path) -> Result<String, FileError> {
        self.0.get(path).cloned().ok_or(FileError::NotFound)
    }
}

/// Parses and checks every file in one session.
fn check(files: &InMemory) -> usize {
    let catalog = registry::catalog();
    let mut session = Session::new(files, catalog, None, catalog.sources().clone());
    files.0.keys().filter(|path| session.check(path).program.is_some()).count()
}

/// Parses, checks and lints every file in one session.
fn lint(files: &InMemory) -> usize {
    let catalog = registry::catalog();
    let mut session = Session::new(files, catalog, None, catalog.sources().clone());
    let mut facts = Vec::new();
    for path in files.0.keys() {
        let checked = session.check(path);
        if let (Some(program), Some(file)) = (&checked.program, session.read_file(path)) {
            facts.push(lint::check_file(&session, file, program, None));
        }
    }
    let settings = LintOptions { inventory: None, whole: true, today: jiff::civil::date(2026, 6, 1) };
    lint::finish(&facts, settings).len()
}

fn speed(criterion: &mut Criterion) {
    let farm = include_str!("../tests/valid/farm.runbook");
    let front = include_str!("../tests/valid/front-and-back.runbook").replace("import \"farm.runbook\"", "");
    let small = include_str!("../tests/valid/etcd.runbook");
    let one = InMemory([("one".into(), format!("{farm}{front}"))].into());
    let many = InMemory((0..1_000).map(|number| (format!("{number:04}").into(), small.to_owned())).collect());
    let mut group = criterion.benchmark_group("parse and check");
    for (name, files) in [("one file", &one), ("1,000 files", &many)] {
        assert_eq!(check(files), files.0.len());
        let bytes = files.0.values().map(String::len).sum::<usize>();
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_with_input(BenchmarkId::new(name, bytes), files, |bencher, files| {
            bencher.iter(|| check(black_box(files)));
        });
        group.bench_with_input(BenchmarkId::new(format!("{name}, with the rules"), bytes), files, |bencher, files| {
            bencher.iter(|| lint(black_box(files)));
        });
        group.bench_with_input(BenchmarkId::new(format!("{name}, parse only"), bytes), files, |bencher, files| {
            bencher.iter(|| files.0.values().map(|text| parse(FileId(0), text).diagnostics.len()).sum::<usize>());
        });
    }
    group.finish();
}

criterion_group!(benches, speed);
criterion_main!(benches);
