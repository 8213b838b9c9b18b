//! The `test` blocks of a folder, from its files of tests.

use super::Mutant;
use super::folder::{Checks, Folder};
use super::trial::Tests;

/// Every `test` of the folder's files of tests.
pub struct Scripted;

impl Tests for Scripted {
    fn fail(&self, folder: &Folder, mutant: &Mutant, _: &Checks) -> Option<String> {
        let _ = folder.check_tests(Some((mutant.file, &mutant.text)));
        None
    }
}
