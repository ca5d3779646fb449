//! The same scene for another procedure: who acts, on which servers, under what circumstances stays; what they run is another.

use super::bundle::Bundle;
use super::{Spec, builtin, to_toml};

/// The scenario with this built-in procedure in the place of every procedure that its runs name. What is expected of a
/// scenario is expected of its own procedures, so nothing is any more.
///
/// # Errors
/// There is no built-in procedure of this name.
pub fn with_procedure(spec: &Spec, name: &str) -> Result<Spec, String> {
    let Some(found) = builtin::procedure(name) else {
        let builtins = builtin::procedures();
        let names: Vec<&str> = builtins.iter().map(|builtin| builtin.name).collect();
        return Err(format!("there is no procedure `{name}`; there are {}", names.join(", ")));
    };
    let mut other = spec.clone();
    for run in other.scenario.administrators.iter_mut().flat_map(|person| &mut person.runs) {
        run.procedure = found.decoded();
    }
    other.expect = Vec::new();
    other.never = Vec::new();
    let mut bundle = Bundle { main: to_toml(&other), files: Vec::new() };
    if let Some(earlier) = spec.from.as_ref().filter(|earlier| builtin::scenario(&earlier.name).is_none()) {
        bundle.add(&format!("{}.toml", earlier.name), &earlier.text);
    }
    other.text = bundle.join();
    Ok(other)
}
