//! `rectify explain CODE`.

use super::output::report;
use super::{Exit, Output};
use crate::diagnostic::{CODES, nearest, rule_page};
use clap::Args;

/// Says what a diagnostic means, with an example and its cure
#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// A code such as E0201, or the name of a rule
    code: String,
}

pub fn run(arguments: &ExplainArguments, output: &Output) -> Exit {
    let written = arguments.code.trim();
    let code = rule_page(&written.to_lowercase()).map_or_else(|| written.to_uppercase(), |page| page.code.to_string());
    if let Some(page) = page(&code) {
        output.print(page);
        return Exit::Success;
    }
    let known = CODES.iter().map(|page| page.code.0);
    let near = nearest(&code, known).or_else(|| nearest(written, CODES.iter().filter_map(|page| page.rule)));
    let cure = match near {
        Some(nearest) => format!("did you mean {nearest}?"),
        None => "codes look like E0201; docs/codes/README.md lists them".to_owned(),
    };
    report(&format!("There is no diagnostic {:?}: {cure}", arguments.code));
    Exit::Usage
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
    "E0301" "E0302" "E0303" "E0304" "E0305" "E0306" "E0307" "E0308" "E0309" "E0310" "E0311" "E0312" "E0313" "E0314"
    "E0401" "E0402" "E0403" "E0404" "E0405" "E0406" "E0407" "E0408" "E0409" "E0410" "E0411"
    "E0501" "E0502" "E0503" "E0504" "E0505" "E0506" "E0507" "E0508" "E0509"
    "E0601" "E0602" "E0603" "E0604"
    "E0701" "E0702"
    "E0801" "E0802"
    "L0001" "L0002" "L0003" "L0004" "L0005"
    "L0101" "L0102" "L0103" "L0104"
    "L0201" "L0202"
    "L0301" "L0302" "L0303" "L0304" "L0305"
    "L0401" "L0402" "L0403" "L0404"
    "L0501" "L0502" "L0503" "L0504" "L0505" "L0506"
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
