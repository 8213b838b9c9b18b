//! The files of `tests/valid` have no findings.

use crate::support::files::{TestFolder, check, roots};

#[test]
fn nothing_is_found() {
    for root in roots("valid") {
        let (checked, found) = check(&TestFolder, &root);
        assert_eq!(found, [], "{}", root.display());
        assert!(checked.program.is_some());
    }
}
