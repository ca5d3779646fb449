//! `stranded check PROCEDURE --from SCENARIO`, and the same of `stranded diff`: the scenarios to check.

use stranded_model::scenario::Delivery;
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
    if matches!(start, TrialStart::Fresh { .. }) && *delivery == Some(Delivery::Never) {
        let modes: Vec<&str> = start.deliveries().into_iter().map(scenario::delivery_name).collect();
        let reason = format!(
            "--delivery never with --from {FRESH} leaves no mail that could be lost; use one of {}",
            modes.join(", ")
        );
        return Err(CommandError::Usage(reason));
    }
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
