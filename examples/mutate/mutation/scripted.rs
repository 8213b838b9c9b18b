//! The `test` blocks of a folder, from its files of tests.

use super::Mutant;
use super::folder::{Checks, Folder};
use super::trial::Tests;
use rectify::test_runner;

/// Every `test` of the folder's files of tests that describes its own world.
pub struct Scripted;

impl Tests for Scripted {
    fn fail(&self, folder: &Folder, mutant: &Mutant, _: &Checks) -> Option<String> {
        let programs = folder.check_tests(Some((mutant.file, &mutant.text)));
        for (program, (file, _)) in programs.iter().zip(&folder.tests) {
            let Some(program) = program else { return Some(format!("{file} has errors")) };
            for test in program.tests.iter().filter(|test| test.world.is_none()) {
                let fails = match test_runner::in_script(program, test) {
                    Ok(run) => !test_runner::judge(program, test, &run).is_empty(),
                    Err(_) => true,
                };
                if fails || !test.missing.is_empty() {
                    return Some(format!("{file}: {}", test.title));
                }
            }
        }
        None
    }
}
