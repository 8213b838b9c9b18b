//! Layering: which module may use which, checked against the imports of all sources.

use crate::support::repository;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Modules that every module may use.
const SHARED: [&str; 3] = ["source", "diagnostic", "value"];

/// A module, the modules that it may use besides the shared ones, and whether it is pure: no file, socket, process,
/// clock or environment variable.
const MODULES: &[(&str, &[&str], bool)] = &[
    ("source", &[], true),
    ("diagnostic", &[], true),
    ("value", &[], true),
    ("secret", &[], false),
    ("syntax", &[], true),
    ("format", &["syntax"], true),
    ("catalog", &["syntax"], true),
    ("yaml", &[], true),
    ("inventory", &["secret", "yaml"], true),
    ("program", &["syntax"], true),
    ("check", &["syntax", "catalog", "inventory", "program"], true),
    ("lint", &["syntax", "check", "inventory", "program"], true),
    ("engine", &["program"], true),
    ("docgen", &["syntax", "program"], true),
    ("transport", &["secret"], false),
    ("backend", &["catalog", "inventory", "secret", "transport", "yaml"], false),
    ("world", &["engine", "program", "inventory", "backend", "transport", "secret"], false),
    ("simulation", &["world", "engine", "program", "transport", "yaml"], false),
    ("test_runner", &["simulation", "world", "engine", "program"], false),
    ("project", &["backend", "catalog", "check", "inventory", "lint", "program", "secret", "syntax"], false),
    ("report", &["engine", "secret"], false),
    ("cli", &["*"], false),
];

/// Paths that a pure module may not use.
const OUTSIDE: [&str; 10] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::os",
    "std::thread",
    "tokio",
    "rustix",
    "async_imap",
    "lettre",
];

/// `syntax` and `check` start a thread for its stack size; `value` parses IP addresses.
const ALLOWED: &[(&str, &str)] = &[("syntax", "std::thread"), ("check", "std::thread"), ("value", "std::net")];

/// Libraries that only one module may use.
const OWNED: &[(&str, &str)] = &[
    ("miette", "report"),
    ("clap", "cli"),
    ("pest", "syntax"),
    ("async_imap", "backend"),
    ("pulldown_cmark", "docgen"),
];

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn source_folder() -> PathBuf {
    repository().join("src")
}

/// Whether a file, by its path in `src`, is compiled for tests only: the file that declares it says `#[cfg(test)]`, or
/// is a test file itself. The name is not enough: `tests.rs` may be about test blocks.
fn is_test_module(inside: &Path) -> bool {
    let folder = inside.parent().unwrap_or(Path::new(""));
    let is_folder = inside.file_name().is_some_and(|name| name == "mod.rs");
    let (name, declared_in) = match is_folder {
        true => (folder.file_name(), folder.parent().unwrap_or(Path::new(""))),
        false => (inside.file_stem(), folder),
    };
    let Some(name) = name.map(|name| name.to_string_lossy()) else { return false };
    let candidates = [declared_in.join("mod.rs"), declared_in.with_extension("rs"), declared_in.join("lib.rs")];
    let parent = candidates.iter().find(|path| **path != inside && source_folder().join(path).is_file());
    let parent = parent.unwrap_or_else(|| panic!("no file declares src/{}", inside.display()));
    let text = fs::read_to_string(source_folder().join(parent)).expect("readable source");
    let for_tests = ["", "pub ", "pub(crate) ", "pub(super) "]
        .iter()
        .any(|visibility| text.contains(&format!("#[cfg(test)]\n{visibility}mod {name};")));
    for_tests || (!parent.ends_with("lib.rs") && is_test_module(parent))
}

/// The lines of code of each file, by module, without comments and inline tests.
fn modules() -> BTreeMap<String, Vec<(PathBuf, String)>> {
    let source = source_folder();
    let mut modules: BTreeMap<String, Vec<(PathBuf, String)>> = BTreeMap::new();
    for path in rust_files(&source) {
        let inside = path.strip_prefix(&source).expect("below src").to_owned();
        let first = inside.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
        let module = first.trim_end_matches(".rs").to_owned();
        if module == "lib" || module == "main" || is_test_module(&inside) {
            continue;
        }
        let text = fs::read_to_string(&path).expect("readable source");
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        modules.entry(module).or_default().push((inside, code));
    }
    modules
}

/// The names that follow a prefix: one, or those of a group in braces.
fn names_after<'t>(code: &'t str, prefix: &'t str) -> Vec<&'t str> {
    let first = |text: &'t str| {
        let text = text.trim_start();
        &text[..text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())]
    };
    let mut found = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        let rest = &code[at + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(group.split('}').next().unwrap_or_default().split(',').map(first)),
            None => found.push(first(rest)),
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

fn names(code: &str, library: &str) -> bool {
    code.match_indices(library).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + library.len()..].chars().next();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') && after == Some(':')
    })
}

#[test]
fn every_module_is_in_the_table() {
    let found: Vec<String> = modules().into_keys().collect();
    for module in &found {
        assert!(MODULES.iter().any(|(name, ..)| name == module), "src/{module} is not in the table of modules");
    }
    for (module, ..) in MODULES {
        assert!(found.iter().any(|name| name == module), "the table names src/{module}, which does not exist");
    }
}

#[test]
fn the_architecture_shows_the_table() {
    let page = fs::read_to_string(repository().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `src/"))
        .map(|row| row.trim_end_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert_eq!(rows.len(), MODULES.len());
    for (module, may_use, pure) in MODULES {
        let row = rows.iter().find(|row| row[0].trim_end_matches('`').trim_end_matches(".rs") == *module);
        let [_, _, used, is_pure] = row.unwrap_or_else(|| panic!("no row for src/{module}"))[..] else {
            panic!("src/{module}: four columns")
        };
        let used: BTreeSet<&str> = used.split(", ").filter(|name| !name.is_empty()).collect();
        if !may_use.contains(&"*") {
            assert_eq!(used, may_use.iter().copied().collect(), "src/{module}");
        }
        // Modules that every module may use are not in the column of any.
        assert_eq!(is_pure == "yes", *pure, "src/{module}");
    }
}

#[test]
fn imports_follow_the_layers() {
    let mut wrong = Vec::new();
    for (module, files) in modules() {
        let Some((_, may_use, _)) = MODULES.iter().find(|(name, ..)| *name == module) else { continue };
        for (path, code) in files {
            for used in names_after(&code, "crate::") {
                if !MODULES.iter().any(|(name, ..)| *name == used) {
                    continue;
                }
                let allowed =
                    used == module || SHARED.contains(&used) || may_use.contains(&used) || may_use.contains(&"*");
                if !allowed || (used == "cli" && module != "cli") {
                    wrong.push(format!("{}: {module} may not use {used}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_backend_knows_another() {
    for (path, code) in modules().remove("backend").expect("backends") {
        let own = path.components().nth(1).map(|part| part.as_os_str().to_string_lossy().into_owned());
        for used in names_after(&code, "crate::backend::") {
            let folder = source_folder().join("backend").join(used);
            assert!(
                !folder.is_dir() || own.as_deref() == Some(used),
                "{}: a backend may not use the backend {used}",
                path.display()
            );
        }
    }
}

#[test]
fn pure_modules_stay_pure() {
    let mut wrong = Vec::new();
    for (module, files) in modules() {
        let Some((.., true)) = MODULES.iter().find(|(name, ..)| *name == module) else { continue };
        for (path, code) in files {
            for path_outside in OUTSIDE {
                let root = path_outside.split("::").next().unwrap_or(path_outside);
                let named = if root == "std" { code.contains(path_outside) } else { names(&code, path_outside) };
                if named && !ALLOWED.contains(&(module.as_str(), path_outside)) {
                    wrong.push(format!("{}: {module} is pure and may not name {path_outside}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn libraries_stay_in_their_modules() {
    let mut wrong = Vec::new();
    for (module, files) in modules() {
        for (path, code) in files {
            for (library, owner) in OWNED {
                if module != *owner && names(&code, library) {
                    wrong.push(format!("{}: only {owner} may name {library}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_test_file_is_forgotten() {
    let folder = repository().join("tests/it");
    let main = fs::read_to_string(folder.join("main.rs")).expect("tests/it/main.rs");
    for entry in fs::read_dir(&folder).expect("tests/it") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if name != "main" {
            assert!(main.contains(&format!("mod {name};")), "tests/it/{name} is in no test binary");
        }
    }
    let strays = fs::read_dir(folder.parent().expect("tests")).expect("tests");
    for entry in strays {
        let path = entry.expect("an entry").path();
        assert!(path.extension().is_none_or(|it| it != "rs"), "{} would be a test binary of its own", path.display());
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    for path in rust_files(&source_folder()) {
        let inside = path.strip_prefix(source_folder()).expect("below src");
        if !matches!(inside.to_str(), Some("lib.rs" | "main.rs")) && is_test_module(inside) {
            continue;
        }
        let text = fs::read_to_string(&path).expect("readable source");
        assert!(text.starts_with("//! "), "{} does not begin with a sentence on what it is for", path.display());
    }
}
