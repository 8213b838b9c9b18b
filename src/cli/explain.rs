//! `rectify explain CODE`.

use super::output::say;
use super::{Exit, Output};
use crate::diagnostic::{CODES, nearest};
use clap::Args;

/// Says what a diagnostic means, with an example and its cure
#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// A code such as E0201
    code: String,
}

pub fn run(arguments: &ExplainArguments, output: &Output) -> Exit {
    let code = arguments.code.trim().to_uppercase();
    if let Some(page) = page(&code) {
        output.print(page);
        return Exit::Success;
    }
    let known = CODES.iter().map(|page| page.code.0);
    let cure = match nearest(&code, known) {
        Some(nearest) => format!("did you mean {nearest}?"),
        None => "codes look like E0201; docs/codes/README.md lists them".to_owned(),
    };
    say(&format!("There is no diagnostic {:?}: {cure}", arguments.code));
    Exit::Unusable
}

macro_rules! pages {
    ($($code:literal)*) => {
        /// The page of a code.
        pub fn page(code: &str) -> Option<&'static str> {
            match code {
                $($code => Some(include_str!(concat!("../../docs/codes/", $code, ".md"))),)*
                _ => None,
            }
        }
    };
}

pages! {
    "E0101" "E0102" "E0103" "E0104" "E0105" "E0106" "E0107" "E0108" "E0109" "E0110"
    "E0201" "E0202" "E0203" "E0204" "E0205" "E0206" "E0207" "E0208" "E0209"
    "E0301" "E0302" "E0303" "E0304" "E0305" "E0306" "E0307" "E0308" "E0309" "E0310" "E0311" "E0312" "E0313"
    "E0401" "E0402" "E0403" "E0404" "E0405" "E0406" "E0407" "E0408" "E0409" "E0410"
    "E0501" "E0502" "E0503" "E0504" "E0505" "E0506" "E0507" "E0508" "E0509"
    "E0601" "E0602" "E0603" "E0604"
    "E0701" "E0702"
    "E0801" "E0802"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_page() {
        for known in CODES {
            let page = page(known.code.0).unwrap_or_else(|| panic!("{} has no page", known.code));
            let heading = format!("# {}: {}\n", known.code, known.title);
            assert!(page.starts_with(&heading), "the page of {} begins with its title", known.code);
        }
    }
}
