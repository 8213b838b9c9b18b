//! Overhead of the interpreter: statements without effects, and waits in virtual time.

#[path = "../tests/it/support/program.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod program;

use criterion::{Criterion, criterion_group, criterion_main};
use program::{ProgramBuilder, bind, num, repeat, resolve, starting, world};
use rectify::engine::{RunOutcome, run};
use rectify::program::{Program, Statement};

fn program(body: Vec<Statement>, every: &str) -> Program {
    let mut builder = ProgramBuilder::new();
    builder.runbook(vec![repeat(100_000, every, body), resolve("well")]);
    builder.finish()
}

fn runs(program: &Program) {
    let world = world();
    let ending = world.drive(run(program, &world, starting()));
    assert_eq!(ending.map(|ending| ending.outcome), Ok(RunOutcome::Resolved));
}

fn engine(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("engine");
    group.sample_size(10);
    let no_op = program(vec![bind(1, num(1), None)], "0s");
    group.bench_function("100,000 no-op steps", |bencher| bencher.iter(|| runs(&no_op)));
    let waits = program(vec![bind(1, num(1), None)], "1s");
    group.bench_function("100,000 no-op steps, 1s apart", |bencher| bencher.iter(|| runs(&waits)));
    group.finish();
}

criterion_group!(benches, engine);
criterion_main!(benches);
