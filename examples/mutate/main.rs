//! Makes every mutant of the shipped runbooks, shows them to `check` and to the runbooks' own tests, and tells who
//! noticed. `--write` writes docs/mutation.md; `--all` lists every mutant with what killed it.

mod mutation;

use mutation::folder::Folder;
use mutation::scripted::Scripted;
use mutation::table::{self, Tried};
use mutation::trial::{self, Tests};
use mutation::worlds::Worlds;
use std::path::Path;
use std::time::Instant;

/// Seeds of the varied site that a mutant has to pass.
const SEEDS: std::ops::Range<u64> = 1..41;

const THREADS: usize = 2;

fn main() -> std::io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let asked = |word: &str| words.iter().any(|it| it == word);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The interpreter has a fault where a mutant makes it panic; that is told as a killer, on one line.
    std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
    let began = Instant::now();
    let mut tried = Vec::new();
    for name in ["dovecot", "exchange"] {
        if words.iter().any(|word| !word.starts_with("--") && word != name) {
            continue;
        }
        let folder = Folder::read(&root.join("runbooks").join(name))?;
        let worlds = (name == "exchange").then(|| Worlds::read(&folder.path, SEEDS));
        let tests: Vec<&dyn Tests> =
            [&Scripted as &dyn Tests].into_iter().chain(worlds.iter().map(|it| it as _)).collect();
        let said = match &worlds {
            Some(worlds) => {
                format!("{} runs in the worlds, and {} variations of the site", worlds.runs(), SEEDS.count())
            }
            None => "the `test` blocks beside the runbooks".to_owned(),
        };
        if let Some(why) = trial::unmutated(&folder, &tests) {
            return Err(std::io::Error::other(format!("runbooks/{name} does not pass as it is: {why}")));
        }
        eprintln!("{name}: passes as it is, after {:.0?}", began.elapsed());
        let made = mutation::make(&folder);
        eprintln!("{name}: {} mutants after {:.0?}", made.mutants.len(), began.elapsed());
        let verdicts = trial::run(&folder, &made.mutants, &tests, THREADS);
        eprintln!("{name}: judged after {:.0?}", began.elapsed());
        tried.push(Tried { folder, made, verdicts, tests: said });
    }
    let profile = if cfg!(debug_assertions) { "" } else { " --release" };
    let how = format!(
        "The figures are those of `cargo run{profile} --example mutate -- --write`, which took {:.0} s on {THREADS} threads.",
        began.elapsed().as_secs_f64()
    );
    for it in &tried {
        print!("{}", if asked("--all") { it.all() } else { it.survivors() });
    }
    if asked("--write") {
        std::fs::write(root.join("docs/mutation.md"), table::page(&tried, &how))?;
    }
    Ok(())
}
