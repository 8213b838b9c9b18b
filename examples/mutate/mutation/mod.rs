//! Mechanical mutation of runbooks: small slips made at every place, and who notices.
//!
//! An [`operators::Operator`] makes slips of one kind, each a replacement in the text of one file. What does not parse,
//! means the same as before or was made already is no mutant. The mutants of a folder are shown to its killers in turn:
//! `check` ([`folder`]), then the folder's own tests ([`scripted`], [`worlds`]).

pub mod folder;
pub mod operators;
pub mod reasons;
pub mod scripted;
pub mod table;
mod texts;
mod tree;
pub mod trial;
mod words;
pub mod worlds;

use std::ops::Range;

/// A replacement in the text of a file.
#[derive(Debug, Clone)]
pub struct Edit {
    /// The bytes that go.
    pub range: Range<usize>,
    /// What comes instead.
    pub with: String,
}

/// One slip in one file of a folder.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// Which operator made it, by its name.
    pub operator: &'static str,
    /// The file, by its position in the folder.
    pub file: usize,
    /// The line where it begins, from 1.
    pub line: usize,
    /// What was replaced, and by what, on one line.
    pub slip: String,
    /// The file's text with the slip.
    pub text: String,
}

/// What was made of a folder, and how much of it was no mutant.
#[derive(Debug, Default)]
pub struct Made {
    /// In the order of files, operators and places.
    pub mutants: Vec<Mutant>,
    /// Slips that the parser refuses.
    pub unparsed: usize,
    /// Slips that an earlier operator made already.
    pub twice: usize,
    /// Slips after which every program of the folder is the same.
    pub same: usize,
}

/// Makes every slip in every file of a folder that is mutated.
pub fn make(folder: &folder::Folder) -> Made {
    make_with(folder, |_| true)
}

/// The same with some operators alone, by name.
pub fn make_with(folder: &folder::Folder, wanted: impl Fn(&str) -> bool) -> Made {
    let mut made = Made::default();
    let words = words::Words::of(folder);
    let meant = folder.meaning(None);
    for (position, file) in folder.files.iter().enumerate() {
        let input =
            operators::OperatorInput { text: &file.text, tree: tree::NodeIndex::new(&file.tree), words: &words };
        let mut known = std::collections::BTreeSet::from([file.text.clone()]);
        for operator in operators::OPERATORS.iter().filter(|it| wanted(it.name)) {
            let mut edits = Vec::new();
            (operator.make)(&input, &mut edits);
            for edit in edits {
                let mut text = file.text.clone();
                text.replace_range(edit.range.clone(), &edit.with);
                if !known.insert(text.clone()) {
                    made.twice += 1;
                } else if !folder::parses(&text) {
                    made.unparsed += 1;
                } else if meant.is_some() && folder.meaning(Some((position, &text))) == meant {
                    made.same += 1;
                } else {
                    let line = file.text[..edit.range.start].matches('\n').count() + 1;
                    let slip = texts::slip(&file.text, &edit);
                    made.mutants.push(Mutant { operator: operator.name, file: position, line, slip, text });
                }
            }
        }
    }
    made
}
