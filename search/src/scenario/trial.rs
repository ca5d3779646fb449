//! Trials of a procedure: scenarios in which a user runs it once, from the quiescent states of another scenario or on a fresh site, under one
//! kind of delivery.

use std::io;

use stranded_model::id::MessageSet;
use stranded_model::scenario::{Delivery, Fault, Replication};

use super::bundle::Bundle;
use super::diagnostic::Diagnostics;
use super::load::{is_path, name_in, text_of};
use super::write::trial_text;
use super::{Number, Spec, builtin, delivery_name, is_scenario_text, parse_scenario, unknown_name};

/// The start of a trial.
#[derive(Clone, Copy, Debug)]
pub enum TrialStart<'a> {
    /// The quiescent states of a scenario; the run is between the servers of its last run.
    Quiescent(&'a Spec),
    /// A fresh site of two servers.
    Fresh {
        /// The source of the run, which is the home.
        source: &'a str,
        /// The destination of the run.
        destination: &'a str,
    },
}

/// The events that can occur during a trial, besides mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrialOptions {
    /// The kinds of faults. With any, the user runs the procedure again until it reports `ok`.
    pub faults: Vec<Fault>,
    /// The largest number of faults.
    pub faults_max: u8,
    /// The kind of replication; without one, that of the scenario at the start, or instant on a fresh site.
    pub replication: Option<Replication>,
}

impl TrialStart<'_> {
    /// The kinds of delivery to try, from the mildest to the hardest.
    #[must_use]
    pub fn deliveries(&self) -> [Delivery; 3] {
        match self {
            Self::Quiescent(_) => [Delivery::Never, Delivery::UntilRepair, Delivery::AnyTime],
            Self::Fresh { .. } => [Delivery::Before, Delivery::UntilRepair, Delivery::AnyTime],
        }
    }
}

/// The number of messages on a fresh site.
pub(super) const FRESH_MESSAGES: usize = 2;

/// Loads a procedure by name or path, as a scenario that starts in the quiescent states of another: a user runs the procedure once,
/// between the servers of that scenario's last run, and nothing else happens. Every property is expected to hold.
///
/// # Errors
/// Everything that is wrong with the file.
pub fn load_procedure_in(path_or_name: &str, from: &Spec) -> Result<Spec, Diagnostics> {
    let found = Found::of(path_or_name)?;
    found.trial(&found.name, TrialStart::Quiescent(from), Delivery::Never, &TrialOptions::default())
}

/// Loads a procedure by name or path, as one scenario for each kind of delivery, with one message more than the scenario at the start. Each
/// has the name of the procedure and of the delivery, and every property is expected to hold.
///
/// # Errors
/// Everything that is wrong with the file, and a start that leaves no message to arrive.
pub fn load_trials(
    path_or_name: &str,
    start: TrialStart<'_>,
    deliveries: &[Delivery],
    options: &TrialOptions,
) -> Result<Vec<Spec>, Diagnostics> {
    let found = Found::of(path_or_name)?;
    let trial = |delivery: &Delivery| {
        let name = format!("{}-{}", found.name, delivery_name(*delivery));
        found.trial(&name, start, *delivery, options)
    };
    deliveries.iter().map(trial).collect()
}

/// A procedure by its name or its file.
struct Found<'a> {
    path_or_name: &'a str,
    name: String,
    /// The reference in a scenario.
    reference: String,
    /// The text, if the procedure is not built in.
    text: Option<String>,
}

impl<'a> Found<'a> {
    fn of(path_or_name: &'a str) -> Result<Self, Diagnostics> {
        if builtin::procedure(path_or_name).is_some() {
            let name = path_or_name.to_owned();
            return Ok(Self { path_or_name, reference: name.clone(), name, text: None });
        }
        if !is_path(path_or_name) {
            let names: Vec<&str> = builtin::all_procedures().map(|builtin| builtin.name).collect();
            return Err(unknown_name("procedure", path_or_name, &names));
        }
        let text = text_of(path_or_name)?;
        if is_scenario_text(&text) {
            let message = format!("{path_or_name} is a scenario, not a procedure");
            return Err(Diagnostics::just(message, Some("check it without `--from`".to_owned())));
        }
        let file = path_or_name.rsplit_once('/').map_or(path_or_name, |(_, file)| file);
        let reference = if file.ends_with(".toml") { file.to_owned() } else { format!("{file}.toml") };
        let name = name_in(&text).unwrap_or_else(|| "unnamed".to_owned());
        Ok(Self { path_or_name, name, reference, text: Some(text) })
    }

    fn trial(
        &self,
        name: &str,
        start: TrialStart<'_>,
        delivery: Delivery,
        options: &TrialOptions,
    ) -> Result<Spec, Diagnostics> {
        let mut bundle = Bundle::default();
        bundle.files.extend(self.text.clone().map(|text| (self.reference.clone(), text)));
        let from = match start {
            TrialStart::Fresh { .. } => None,
            TrialStart::Quiescent(from) => {
                has_room(from, delivery)?;
                Some(match builtin::scenario(&from.name) {
                    Some(builtin) if builtin.text == from.text => from.name.clone(),
                    Some(_) | None => {
                        let file = format!("from/{}.toml", from.name);
                        bundle.add(&file, &from.text);
                        file
                    }
                })
            }
        };
        bundle.main = trial_text((name, &self.name, &self.reference), (start, from.as_deref()), delivery, options);
        let none = |path: &str| Err(io::Error::new(io::ErrorKind::NotFound, format!("no file {path}")));
        let spec = parse_scenario(self.path_or_name, &bundle.join(), &none)?;
        Ok(Spec { may_be_unreached: true, ..spec }.expecting_an_end())
    }
}

/// Checks that one message more than those of a scenario can arrive.
fn has_room(from: &Spec, delivery: Delivery) -> Result<(), Diagnostics> {
    let is_full = from.numbers.messages == Number::Given && from.scenario.site.messages >= MessageSet::MESSAGES_MAX;
    if delivery == Delivery::Never || !is_full {
        return Ok(());
    }
    let message = format!("{} has {} messages, and no message more can arrive", from.name, MessageSet::MESSAGES_MAX);
    let help = "start from a scenario with fewer messages, or try only --delivery never";
    Err(Diagnostics::just(message, Some(help.to_owned())))
}
