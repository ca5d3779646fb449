//! `stranded check PROCEDURE --from SCENARIO`, and the same of `stranded diff`: the scenarios to check, and what they leave out.

use stranded_model::scenario::{Delivery, Fault, Replication};
use stranded_search::scenario::{self, Spec, TrialOptions, TrialStart};

use crate::cli::TrialArguments;
use crate::command::CommandError;

/// The value of `--from` that means a fresh site.
pub(in crate::command) const FRESH: &str = "fresh";

/// Returns the scenarios of each procedure, one for each kind of delivery.
pub(in crate::command) fn specs(
    procedures: &[String],
    trial: &TrialArguments,
    from: &str,
) -> Result<Vec<Spec>, CommandError> {
    let TrialArguments { between, delivery, faults, faults_max, replication } = trial;
    if procedures.is_empty() {
        let reason = "--from needs a procedure: a TOML file, or the name of a built-in procedure";
        return Err(CommandError::Usage(reason.to_owned()));
    }
    let mut faults = faults.clone();
    faults.sort();
    faults.dedup();
    let faults_max = if faults.is_empty() { 0 } else { faults_max.unwrap_or(1) };
    let options = TrialOptions { faults, faults_max, replication: *replication };
    let earlier;
    let start = match (from, between) {
        (FRESH, Some(between)) => {
            let servers = between.split_once(':').filter(|(source, destination)| source != destination);
            let Some((source, destination)) = servers else {
                let reason = format!("--move {between} does not name two servers: write --move SRC:DST");
                return Err(CommandError::Usage(reason));
            };
            TrialStart::Fresh { source, destination }
        }
        (FRESH, None) => {
            let reason = "--from fresh needs the two servers of the run: add --move SRC:DST";
            return Err(CommandError::Usage(reason.to_owned()));
        }
        (_, Some(_)) => {
            let reason =
                format!("--move needs --from {FRESH}; from {from}, the run is between the servers of its last run");
            return Err(CommandError::Usage(reason));
        }
        (_, None) => {
            earlier = scenario::load_scenario(from)?;
            TrialStart::Quiescent(&earlier)
        }
    };
    let deliveries = delivery.map_or_else(|| start.deliveries().to_vec(), |delivery| vec![delivery]);
    let mut specs: Vec<Spec> = Vec::new();
    for procedure in procedures {
        for spec in scenario::load_trials(procedure, start, &deliveries, &options)? {
            if specs.iter().any(|other| other.name == spec.name) {
                return Err(CommandError::Usage(format!("two procedures are checked as {}: rename one", spec.name)));
            }
            specs.push(spec);
        }
    }
    Ok(specs)
}

/// Returns the parts that all these scenarios leave out, each with the key that tries it.
pub(super) fn not_tried_by(specs: &[&Spec]) -> Vec<String> {
    let all = |is_left_out: &dyn Fn(&Spec) -> bool| specs.iter().all(|spec| is_left_out(spec));
    let tries = |spec: &Spec, fault: &Fault| {
        let environment = &spec.scenario.environment;
        environment.faults_max > 0 && environment.faults.contains(fault)
    };
    let untried = Fault::ALL.iter().filter(|fault| all(&|spec| !tries(spec, fault)));
    let untried: Vec<&str> = untried.map(|fault| fault.name()).collect();
    let mut left_out = Vec::new();
    if !untried.is_empty() {
        left_out.push(format!("faults (`faults`: {})", untried.join(", ")));
    }
    if all(&|spec| spec.scenario.site.replication == Replication::Instant) {
        left_out.push("replicas that learn of a change later (`replication`)".to_owned());
    }
    if all(&|spec| spec.scenario.environment.delivery == Delivery::Never) {
        left_out.push("mail that arrives (`delivery`)".to_owned());
    }
    for spec in specs {
        let names: Vec<&str> = spec.pinned.iter().map(|(one, _)| one.name()).collect();
        if !names.is_empty() {
            left_out.push(format!("other answers to {} (`[assume]` of {})", names.join(", "), spec.name));
        }
    }
    left_out
}

/// Returns the parts that the scenarios leave out, each with the flag that tries it.
pub(in crate::command) fn not_tried(arguments: &TrialArguments, specs: &[Spec]) -> Vec<String> {
    let mut left_out = Vec::new();
    let untried: Vec<&str> =
        Fault::ALL.iter().filter(|fault| !arguments.faults.contains(fault)).map(|fault| fault.name()).collect();
    if !untried.is_empty() {
        left_out.push(format!("faults (--faults: {})", untried.join(", ")));
    }
    if specs.iter().any(|spec| spec.scenario.site.replication == Replication::Instant) {
        left_out.push("replicas that learn of a change later (--replication eventual)".to_owned());
    }
    if arguments.delivery.is_some() {
        left_out.push("other kinds of delivery (leave out --delivery)".to_owned());
    }
    if specs.iter().any(|spec| spec.scenario.reads_deletions()) {
        left_out.push("deletions that a store remembers from before (stranded advise)".to_owned());
    }
    left_out.push("logons, deletions by the owner, other edits, stale views (a scenario of your own)".to_owned());
    left_out
}
