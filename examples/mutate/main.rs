//! Makes every mutant of the shipped runbooks, shows them to `check` and to the runbooks' own tests, and keeps what
//! became of them below `target/`.
//!
//! `mutate [FOLDER…]` tries the folders that are named, `--page` writes docs/reports/mutation.md from what is kept, and `--list`
//! prints every mutant with what killed it. `--page` or `--list` alone try nothing.

mod mutation;

use mutation::folder::Folder;
use mutation::scripted::Scripted;
use mutation::table::{self, Tried};
use mutation::trial::{self, Tests};
use mutation::worlds::Worlds;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Seeds of the varied site that a mutant has to pass.
const SEEDS: std::ops::Range<u64> = 1..21;

const THREADS: usize = 2;

const FOLDERS: [&str; 2] = ["dovecot", "exchange"];

fn main() -> std::io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (options, named): (Vec<_>, Vec<_>) = words.iter().map(String::as_str).partition(|word| word.starts_with("--"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let kept = |name: &str| root.join("target/mutation").join(format!("{name}.json"));
    for name in FOLDERS {
        if named.contains(&name) || (named.is_empty() && options.is_empty()) {
            keep(&kept(name), &tried(root, name)?)?;
        }
    }
    let read =
        |name: &&str| -> std::io::Result<Tried> { Ok(serde_json::from_str(&std::fs::read_to_string(kept(name))?)?) };
    if options.contains(&"--list") {
        let wanted = FOLDERS.iter().filter(|name| named.is_empty() || named.contains(name));
        wanted.map(read).try_for_each(|tried| tried.map(|tried| print!("{}", tried.all())))?;
    }
    if options.contains(&"--page") {
        let all: Vec<Tried> = FOLDERS.iter().map(read).collect::<Result<_, _>>()?;
        std::fs::write(root.join("docs/reports/mutation.md"), table::page(&all))?;
    }
    Ok(())
}

fn keep(path: &PathBuf, tried: &Tried) -> std::io::Result<()> {
    std::fs::create_dir_all(path.parent().unwrap_or(path))?;
    std::fs::write(path, serde_json::to_string(tried)?)
}

fn tried(root: &Path, name: &str) -> std::io::Result<Tried> {
    let began = Instant::now();
    let folder = Folder::read(&root.join("runbooks").join(name))?;
    let worlds = (name == "exchange").then(|| Worlds::read(root, SEEDS));
    let tests: Vec<&dyn Tests> = [&Scripted as &dyn Tests].into_iter().chain(worlds.iter().map(|it| it as _)).collect();
    let said = match &worlds {
        Some(worlds) => format!(
            "its tests are {} runs in the worlds, and {} variations of the site with each runbook",
            worlds.runs(),
            SEEDS.count()
        ),
        None => "its tests are the `test` blocks beside the runbooks".to_owned(),
    };
    if let Some(why) = trial::unmutated(&folder, &tests) {
        return Err(std::io::Error::other(format!("runbooks/{name} does not pass as it is: {why}")));
    }
    eprintln!("{name}: passes as it is, after {:.0?}", began.elapsed());
    let made = mutation::make(&folder);
    eprintln!("{name}: {} mutants after {:.0?}", made.mutants.len(), began.elapsed());
    let verdicts = trial::run(&folder, &made.mutants, &tests, THREADS);
    let profile = if cfg!(debug_assertions) { "" } else { " --release" };
    let took = began.elapsed().as_secs_f64();
    let how = format!("`cargo run{profile} --example mutate {name}` took {took:.0} s on {THREADS} threads.");
    eprintln!("{name}: judged after {took:.0} s");
    Ok(Tried::new(&folder, made, verdicts, said, how))
}
