//! The parts of the world that the scenarios of a check leave out. Each runbook is looked at by itself, so that a broad scenario of one
//! does not hide a narrow scenario of another.

use std::iter;

use stranded_model::assumption::Assumption;
use stranded_model::scenario::{Delivery, Environment, Fault, Replication, Run, RunsMax};
use stranded_search::scenario::{Number, Numbers, Spec, builtin, parse_procedure};

use crate::report::not_tried::NotTried;

/// The ways to try a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::command) enum Ways {
    /// The keys of a scenario file.
    Keys,
    /// The flags of `stranded check PROCEDURE --from`.
    Flags,
}

/// The way to try a part that has no flag.
const NO_FLAG: &str = "a scenario of your own";

impl Ways {
    fn of(self, key: &str, flag: &str) -> String {
        match self {
            Self::Keys => format!("`{key}`"),
            Self::Flags => flag.to_owned(),
        }
    }
}

/// Returns the parts that all scenarios of a procedure leave out, for each procedure that lacks something. Procedures that lack the same
/// stand together.
pub(in crate::command) fn not_tried(specs: &[&Spec], ways: Ways) -> Vec<NotTried> {
    let mut by_procedure: Vec<(String, Vec<&Spec>)> = Vec::new();
    for spec in specs {
        for name in runbooks(spec) {
            match by_procedure.iter_mut().find(|(other, _)| *other == name) {
                Some((_, specs)) => specs.push(spec),
                None => by_procedure.push((name, vec![spec])),
            }
        }
    }
    let mut all: Vec<NotTried> = Vec::new();
    for (name, specs) in by_procedure {
        let parts = parts(&name, &specs, ways);
        match all.iter_mut().find(|one| one.parts == parts) {
            Some(one) => one.procedures.push(name),
            None => all.push(NotTried { procedures: vec![name], parts }),
        }
    }
    if let [only] = &mut all[..] {
        only.procedures.clear();
    }
    all.retain(|one| !one.parts.is_empty());
    all
}

/// Returns the names of the procedures that a scenario is about: those that are not built in, or all if each is built in.
fn runbooks(spec: &Spec) -> Vec<String> {
    let is_built_in = |run: &Run| {
        let builtin = builtin::procedure(&run.procedure.name);
        let parsed = builtin.and_then(|one| parse_procedure(&one.file_name(), one.text, &spec.names).ok());
        parsed.is_some_and(|procedure| procedure == run.procedure)
    };
    let (own, built_in): (Vec<&Run>, Vec<&Run>) =
        spec.scenario.runs().map(|(_, run)| run).partition(|run| !is_built_in(run));
    let mut names: Vec<String> = Vec::new();
    for run in if own.is_empty() { built_in } else { own } {
        if !names.contains(&run.procedure.name) {
            names.push(run.procedure.name.clone());
        }
    }
    names
}

/// Returns the parts that all these scenarios of a procedure leave out, each with the way to try it.
fn parts(procedure: &str, specs: &[&Spec], ways: Ways) -> Vec<String> {
    let none = |tries: &dyn Fn(&Environment) -> bool| !specs.iter().any(|spec| tries(&spec.scenario.environment));
    let mut parts: Vec<(&str, String)> = Vec::new();
    let untried = Fault::ALL.iter().filter(|fault| none(&|one| one.faults_max > 0 && one.faults.contains(fault)));
    let untried: Vec<&str> = untried.map(|fault| fault.name()).collect();
    if !untried.is_empty() {
        parts.push(("faults", format!("{}: {}", ways.of("faults", "--faults"), untried.join(", "))));
    }
    if specs.iter().all(|spec| spec.scenario.site.replication == Replication::Instant) {
        parts.push(("replicas that learn of a change later", ways.of("replication", "--replication eventual")));
    }
    if none(&|one| one.delivery == Delivery::AnyTime) {
        let never = none(&|one| one.delivery != Delivery::Never);
        let mail = if never { "mail that arrives" } else { "mail that arrives during the run" };
        parts.push((mail, ways.of("delivery", "leave out --delivery")));
    }
    if ways == Ways::Flags && specs.iter().any(|spec| spec.scenario.reads_deletions()) {
        parts.push(("deletions that a store remembers from before", "stranded advise".to_owned()));
    }
    if specs.iter().all(|spec| spec.numbers.messages == Number::Given && spec.scenario.site.messages <= 1) {
        parts.push(("more than one message", ways.of("messages", NO_FLAG)));
    }
    if specs.iter().all(|spec| spec.leaves_end_open()) {
        let is_counted = specs.iter().all(|spec| spec.numbers == Numbers::GIVEN);
        let (part, key) = match is_counted {
            true => ("whether each run ends", "repair-completes"),
            false => ("whether each run ends, which needs a number", "messages"),
        };
        parts.push((part, ways.of(key, NO_FLAG)));
    }
    parts.extend(further_run(procedure, specs).map(|part| (part, ways.of("runs-max", NO_FLAG))));
    for (part, key, is_untried) in [
        ("logons", "logon", none(&|one| one.logon)),
        ("deletions by the owner", "owner-deletes", none(&|one| one.owner_deletes > 0)),
        ("other edits of the recipient", "other-edits", none(&|one| one.other_edits > 0)),
        ("stale views", "stale-views", none(&|one| one.stale_views)),
    ] {
        if is_untried {
            parts.push((part, ways.of(key, NO_FLAG)));
        }
    }
    let says = |same: &[(&str, String)]| {
        let names: Vec<&str> = same.iter().map(|(part, _)| *part).collect();
        format!("{} ({})", names.join(", "), same[0].1)
    };
    let parts = parts.chunk_by(|(_, one), (_, other)| one == other).map(says);
    parts.chain(specs.iter().filter_map(|spec| pinned(spec, specs))).collect()
}

/// Returns the further run of a procedure that no scenario allows, if there is one. A run in a predecessor is a run, too.
fn further_run(procedure: &str, specs: &[&Spec]) -> Option<&'static str> {
    let mut is_retried = false;
    for spec in specs {
        let chain = iter::successors(Some(*spec), |spec| spec.from.as_deref());
        let runs = chain.flat_map(|spec| spec.scenario.runs()).filter(|(_, run)| run.procedure.name == procedure);
        let runs: Vec<RunsMax> = runs.map(|(_, run)| run.runs_max).collect();
        let repeats = |runs_max: &RunsMax| match runs_max {
            RunsMax::Any => true,
            RunsMax::Times(times) => *times > 1,
            RunsMax::UntilOk => false,
        };
        if runs.len() > 1 || runs.iter().any(repeats) {
            return None;
        }
        is_retried |= runs.contains(&RunsMax::UntilOk);
    }
    Some(if is_retried { "a second run after one that reported ok" } else { "a second run of the procedure" })
}

/// Returns the assumptions that a scenario pins and that no other one varies, as a part.
fn pinned(spec: &Spec, specs: &[&Spec]) -> Option<String> {
    let is_varied =
        |one: Assumption| specs.iter().any(|spec| spec.answer(one).is_none() && spec.touches().contains(&one));
    let names = spec.pinned.iter().map(|(one, _)| *one).filter(|one| !is_varied(*one));
    let names: Vec<&str> = names.map(Assumption::name).collect();
    (!names.is_empty()).then(|| format!("other answers to {} (`[assume]` of {})", names.join(", "), spec.name))
}
