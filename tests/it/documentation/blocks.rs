//! Blocks of runbook text in Markdown, and the files that fragments are completed to.

use super::FIXTURES;
use std::path::Path;

/// A block of runbook text.
pub struct Block {
    /// The line of its fence.
    pub line: usize,
    /// What stands in it.
    pub text: String,
    /// Whether it is only a part of a file.
    pub fragment: bool,
    /// The codes that it must get.
    pub wrong: Vec<String>,
}

/// Every block that calls itself a runbook.
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
    /// The whole file.
    pub fn completed(&self, read: impl Fn(&Path) -> String) -> Result<String, String> {
        if !self.fragment {
            return Ok(self.text.clone());
        }
        let around = read(&Path::new(FIXTURES).join(self.surroundings()?));
        let lines = around.lines().map(|line| if line.trim() == "# the block" { self.text.as_str() } else { line });
        Ok(lines.collect::<Vec<_>>().join("\n"))
    }

    /// The fixture that a fragment belongs into, by the word it begins with.
    fn surroundings(&self) -> Result<&'static str, String> {
        let mut lines = self.text.lines().map(str::trim);
        let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
        let line = first.ok_or("the block is empty")?;
        let word = line.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        // `limit` is a header, and with the name of an action before its numbers a declaration.
        let limits_action = line.strip_prefix("limit ").is_some_and(|rest| rest.starts_with(char::is_alphabetic));
        Ok(if DECLARATIONS.contains(&word) || limits_action {
            "declarations.runbook"
        } else if HEADERS.contains(&word) || word == "limit" {
            "headers.runbook"
        } else if SIGNATURES.contains(&word) {
            "signatures.runbook"
        } else {
            "statements.runbook"
        })
    }
}
