//! `rectify explain CODE`.

use super::output::report;
use super::{Exit, Output};
use crate::diagnostic::{CODES, did_you_mean, nearest, rule_page};
use clap::Args;

/// Explain a diagnostic, with an example and its fix
#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// A code, such as E0201, or the name of a rule
    code: String,
}

pub fn run(arguments: &ExplainArguments, output: &Output) -> Exit {
    let written = arguments.code.trim();
    let code = written.to_uppercase();
    let page = rule_page(&written.to_lowercase()).or_else(|| CODES.iter().find(|page| page.code.0 == code));
    if let Some(page) = page {
        output.print(page.text);
        return Exit::Success;
    }
    let known = CODES.iter().map(|page| page.code.0);
    let near = nearest(&code, known).or_else(|| nearest(written, CODES.iter().filter_map(|page| page.rule)));
    let help = match near {
        Some(nearest) => did_you_mean(nearest),
        None => "Write a code such as `E0201` or the name of a rule; docs/codes/README.md lists them".to_owned(),
    };
    report(&format!("Unknown diagnostic `{}`. {help}", arguments.code));
    Exit::Usage
}
