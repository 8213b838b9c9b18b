//! Parsing: one file of 1 MB, and a thousand files of 3 KB.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rectify::source::FileId;
use rectify::syntax::parse;
use std::hint::black_box;

const EVERY_FORM: &str = include_str!("../tests/fixtures/syntax/every-form.runbook");
const ORDINARY: &str = include_str!("../tests/fixtures/syntax/ordinary.runbook");

/// Repeats an ordinary file, to about this many bytes.
fn about(bytes: usize) -> String {
    ORDINARY.repeat((bytes / ORDINARY.len()).max(1))
}

fn reading(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    let large = about(1_000_000);
    assert!(parse(FileId(0), &large).diagnostics.is_empty());
    group.throughput(Throughput::Bytes(large.len() as u64));
    group.bench_function("one file of 1 MB", |bencher| bencher.iter(|| parse(FileId(0), black_box(&large))));

    let small = about(3_000);
    group.throughput(Throughput::Bytes(small.len() as u64 * 1000));
    group.bench_function("1,000 files of 3 KB", |bencher| {
        bencher.iter(|| (0..1000).map(|_| parse(FileId(0), black_box(&small)).file.declarations.len()).sum::<usize>())
    });

    group.throughput(Throughput::Bytes(EVERY_FORM.len() as u64));
    group.bench_function("every form", |bencher| bencher.iter(|| parse(FileId(0), black_box(EVERY_FORM))));
    group.finish();
}

criterion_group!(benches, reading);
criterion_main!(benches);
