//! The generated pages of `docs/` and the schemas. `cargo run --example pages` writes them; a test compares them with
//! the committed files.

use super::exit::MEANINGS;
use super::{Cli, actions};
use crate::diagnostic::CODES;
use crate::lint::RULES;
use clap::{Command, CommandFactory};
use std::fmt::Write;

/// Every page: its path from the repository root, and its text.
pub fn all() -> Vec<(&'static str, String)> {
    #[cfg_attr(not(feature = "schema"), expect(unused_mut, reason = "schemas are added where they can be made"))]
    let mut pages =
        vec![("docs/actions.md", actions::page()), ("docs/cli.md", cli()), ("docs/codes/README.md", codes())];
    #[cfg(feature = "schema")]
    pages.extend([
        ("schemas/rectify.schema.json", pretty(&crate::inventory::schema(&crate::backend::registry::sections()))),
        ("schemas/world.schema.json", pretty(&crate::simulation::schema())),
    ]);
    pages
}

#[cfg(feature = "schema")]
fn pretty(schema: &serde_json::Value) -> String {
    format!("{schema:#}\n")
}

fn codes() -> String {
    let mut text = String::from(
        "# Diagnostics\n\n\
         Codes are stable and never reused. `rectify explain CODE` shows the page of a code.\n\n\
         ## Errors of the language\n\n\
         | code | meaning |\n|---|---|\n",
    );
    for page in CODES.iter().filter(|page| page.rule.is_none()) {
        let _ = writeln!(text, "| [{0}]({0}.md) | {1} |", page.code, page.title);
    }
    text.push_str(RULES_HEADING);
    for rule in RULES {
        let Some(page) = CODES.iter().find(|page| page.code == rule.code) else { continue };
        let fix = if rule.fixable { "`--fix`" } else { "" };
        let (code, name, level) = (page.code, rule.name(), rule.level.as_str());
        let _ =
            writeln!(text, "| [{code}]({code}.md) | `{name}` | {} | {level} | {} | {fix} |", page.title, rule.since);
    }
    text
}

const RULES_HEADING: &str = "
## Rules

Each rule has a name for [`# allow:`](../language.md#allow) and for [rectify.yaml](../inventory.md#lints).
`rectify explain NAME` shows the page of a rule. In a file with errors, only those rules apply that need nothing but its
text, and none if a line could not be parsed.

| code | rule | meaning | default | since | fix |
|---|---|---|---|---|---|
";

fn cli() -> String {
    let mut text = String::from("# The command line\n");
    // Fixed width and no colour: help must not depend on the terminal.
    let mut command = Cli::command().term_width(100).color(clap::ColorChoice::Never);
    command.build();
    help(&mut text, &mut command);
    let names: Vec<String> = command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    for name in names.iter().filter(|name| *name != "help") {
        if let Some(verb) = command.find_subcommand_mut(name) {
            help(&mut text, verb);
        }
    }
    text.push_str(EXITS);
    for (code, of_runs, of_others) in MEANINGS {
        let cell = |meaning: &str| if meaning.is_empty() { " ".to_owned() } else { format!(" {meaning} ") };
        let _ = writeln!(text, "| {code} |{}|{}|", cell(of_runs), cell(of_others));
    }
    text
}

fn help(text: &mut String, command: &mut Command) {
    let name = command.get_display_name().or(command.get_bin_name()).unwrap_or(command.get_name()).replace('-', " ");
    let help = command.render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    let _ = write!(text, "\n## {name}\n\n```text\n{}\n```\n", lines.join("\n").trim_end());
}

const EXITS: &str = "
## Exit codes

| exit | `run`, `simulate` | `check`, `fmt`, `simulate --seeds` and the others |
|---|---|---|
";
