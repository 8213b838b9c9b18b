//! Nothing is found in the files of `tests/right`, nor in those that they share.

use crate::corpus::{TestFiles, check, roots};

#[test]
fn nothing_is_found() {
    for root in roots("right").into_iter().chain(roots("shared")) {
        let (checked, found) = check(&TestFiles, &root);
        assert_eq!(found, [], "{}", root.display());
        assert!(checked.program.is_some());
    }
}
