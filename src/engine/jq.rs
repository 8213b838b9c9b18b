//! jq filters over JSON: pure, literal, first result only.

use super::compute::mismatch;
use crate::value::ActionError;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, data, unwrap_valr};
use jaq_json::{Val, read};

/// What of jq reaches outside: the environment, the clock, the time zone, the process and its error output. A filter that
/// names one does not compile.
const OUTSIDE: [&str; 10] = [
    "debug",
    "debug_empty",
    "env",
    "halt",
    "halt_error",
    "localtime",
    "now",
    "stderr",
    "stderr_empty",
    "strflocaltime",
];

/// The first result of a filter.
pub(super) fn first_result(filter: &str, input: &serde_json::Value) -> Result<serde_json::Value, ActionError> {
    let wrong = |what: String| mismatch(format!("the jq filter {filter:?} {what}"));
    let input = serde_json::to_vec(input).map_err(|error| wrong(format!("has no input: {error}")))?;
    let input = read::parse_single(&input).map_err(|error| wrong(format!("cannot read its input: {error}")))?;
    let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let definitions = definitions.filter(|definition| !OUTSIDE.contains(&definition.name));
    let functions = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    let functions = functions.filter(|function| !OUTSIDE.contains(&function.0));
    let arena = Arena::default();
    let modules = Loader::new(definitions)
        .load(&arena, File { code: filter, path: () })
        .map_err(|_| wrong("is not a filter".to_owned()))?;
    let filter = Compiler::default()
        .with_funs(functions)
        .compile(modules)
        .map_err(|_| wrong("names something that does not exist".to_owned()))?;
    let context = Ctx::<data::JustLut<Val>>::new(&filter.lut, Vars::new([]));
    let result = filter.id.run((context, input)).map(unwrap_valr).next();
    match result {
        None => Err(wrong("gave no result".to_owned())),
        Some(Err(error)) => Err(wrong(format!("failed: {error}"))),
        Some(Ok(value)) => {
            serde_json::from_str(&value.to_string()).map_err(|_| wrong("gave something that is not JSON".to_owned()))
        }
    }
}
