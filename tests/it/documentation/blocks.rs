//! Runbook blocks in Markdown, and the fixtures that complete fragments.

use super::FIXTURES;
use std::path::Path;

/// A runbook block.
pub struct Block {
    /// Line number of the fence.
    pub line: usize,
    /// Content between the fences.
    pub text: String,
    /// Whether the block is marked `fragment`.
    pub fragment: bool,
    /// Codes that the block must have.
    pub wrong: Vec<String>,
}

/// Every block marked `runbook`.
pub fn blocks_of(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, Option<Block>)> = None;
    for (number, line) in (1..).zip(markdown.lines()) {
        let marks: String = line.trim_start().chars().take_while(|mark| *mark == '`').collect();
        match &mut open {
            None if marks.len() >= 3 => {
                let mut words = line.trim_start().trim_start_matches('`').split_whitespace();
                let block = (words.next() == Some("runbook")).then(|| {
                    let words: Vec<&str> = words.collect();
                    let wrong = words.iter().skip_while(|word| **word != "wrong").skip(1);
                    Block {
                        line: number,
                        text: String::new(),
                        fragment: words.contains(&"fragment"),
                        wrong: wrong.map(|word| (*word).to_owned()).collect(),
                    }
                });
                open = Some((marks, block));
            }
            None => {}
            Some((fence, _)) if line.trim() == fence.as_str() => {
                blocks.extend(open.take().and_then(|(_, block)| block));
            }
            Some((_, Some(block))) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            Some((_, None)) => {}
        }
    }
    blocks
}

const DECLARATIONS: &[&str] =
    &["import", "role", "record", "enum", "open", "probe", "procedure", "runbook", "backend", "test"];
const HEADERS: &[&str] = &["title", "alert", "goal", "lock", "ends"];
const SIGNATURES: &[&str] = &["observe", "change", "disrupt", "destroy"];

impl Block {
    /// The whole file: the block, or the fixture with the fragment inserted.
    pub fn completed(&self, read: impl Fn(&Path) -> String) -> Result<String, String> {
        if !self.fragment {
            return Ok(self.text.clone());
        }
        let around = read(&Path::new(FIXTURES).join(self.surroundings()?));
        let lines = around.lines().map(|line| if line.trim() == "# the block" { self.text.as_str() } else { line });
        Ok(lines.collect::<Vec<_>>().join("\n"))
    }

    /// The fixture for a fragment, chosen by the fragment's first word.
    fn surroundings(&self) -> Result<&'static str, String> {
        let mut lines = self.text.lines().map(str::trim);
        let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
        let line = first.ok_or("the block is empty")?;
        let word = line.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        // `limit` starts a header, or a declaration if an action's name follows.
        let limits_action = line.strip_prefix("limit ").is_some_and(|rest| rest.starts_with(char::is_alphabetic));
        Ok(if DECLARATIONS.contains(&word) || limits_action {
            "declarations.runbook"
        } else if (HEADERS.contains(&word) || word == "limit") && !line.ends_with('{') {
            "headers.runbook"
        } else if SIGNATURES.contains(&word) {
            "signatures.runbook"
        } else {
            "statements.runbook"
        })
    }
}
