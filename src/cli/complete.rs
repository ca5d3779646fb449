//! Completion of arguments: a shell asks the program itself, so that the names are those of the installed program, and files are
//! completed beside them.

use std::ffi::OsStr;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter as _};
use stranded_search::scenario::{Family, builtin};

/// Returns the completion of scenarios: built-in ones, families and files.
pub(super) fn scenarios() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let built_in = builtin::scenarios().iter().map(|builtin| builtin.name);
        let families = Family::ALL.into_iter().filter(|family| *family != Family::User).map(Family::name);
        let mut candidates = starting_with(typed, built_in.chain(families));
        candidates.extend(PathCompleter::file().complete(typed));
        candidates
    })
}

/// Returns the completion of built-in scenarios and procedures.
pub(super) fn built_ins() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        let scenarios = builtin::scenarios().iter().map(|builtin| builtin.name);
        let procedures = builtin::all_procedures().map(|builtin| builtin.name);
        starting_with(typed, scenarios.chain(procedures))
    })
}

fn starting_with(typed: &OsStr, names: impl Iterator<Item = &'static str>) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let mut names: Vec<&str> = names.filter(|name| name.starts_with(typed.as_ref())).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(CompletionCandidate::new).collect()
}
