//! The comparison of trials with the model: at each fault point, the verdict that was observed is one that the model allows.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use stranded_model::procedure::Outcome;

use super::allowed::{BEFORE, End, ModelledMover, RunEnd, Strike};
use super::places;
use crate::cyrus::LOGON;
use crate::mover::Carries;
use crate::proxy::point::{FaultPoint, Mode};
use crate::trial::judge::{Facts, Sent, judge};
use crate::trial::report::{
    DirectoryStep, FinalState, MailReport, MoverReport, RunReport, SeenMessage, TrialReport, TrialVerdict,
};
use crate::trial::run::Ended;

/// The names of the source and the destination.
const STORES: [&str; 2] = ["source", "destination"];
/// The model knows neither flags nor folders.
const NOTHING: Carries = Carries { flags: false, folders: false };

/// The comparison of one mover in one order with a procedure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Agreement {
    /// The mover.
    pub mover: String,
    /// The procedure that it is compared with.
    pub procedure: String,
    /// The moment of the directory step.
    pub order: DirectoryStep,
    /// The comparisons, one for each trial with a fault that struck.
    pub trials: Vec<Comparison>,
    /// The verdicts that the model allows at some point of a mode and that no trial of that mode had.
    pub unobserved: BTreeMap<Mode, BTreeSet<TrialVerdict>>,
}

/// The comparison of one trial with the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Comparison {
    /// The fault point.
    pub point: FaultPoint,
    /// The mode of the fault.
    pub mode: Mode,
    /// The steps that the fault can have struck; empty if the table of places does not have the point.
    pub steps: Vec<String>,
    /// The verdict of the trial, without what the model does not know.
    pub observed: TrialVerdict,
    /// The verdicts that the model allows.
    pub allowed: BTreeSet<TrialVerdict>,
}

impl Comparison {
    /// Returns true if the model allows the verdict.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.allowed.contains(&self.observed)
    }
}

impl Agreement {
    /// Returns the comparisons in which the model does not allow the verdict.
    pub fn disagreements(&self) -> impl Iterator<Item = &Comparison> {
        self.trials.iter().filter(|trial| !trial.agrees())
    }
}

/// Compares all trials of a mover with a procedure.
///
/// # Errors
/// The procedure is unknown.
pub fn compare(report: &MoverReport, procedure: &str) -> Result<Agreement, String> {
    let mut model = Model { mover: ModelledMover::new(procedure, report.order)?, known: BTreeMap::new() };
    let mut trials = Vec::new();
    let mut unobserved: BTreeMap<Mode, BTreeSet<TrialVerdict>> = BTreeMap::new();
    for trial in &report.trials {
        let (Some(point), Some(mode), Some(_)) = (&trial.point, trial.mode, trial.frame) else { continue };
        let places = places::of(&report.mover, report.order, point);
        let steps = places.iter().flat_map(|place| place.steps(mode)).map(|step| (*step).to_owned()).collect();
        let mut allowed = BTreeSet::new();
        for fault in places::faults(&report.mover, &places, mode) {
            allowed.extend(model.verdicts(fault)?);
        }
        unobserved.entry(mode).or_default().extend(allowed.iter().copied());
        let observed = observed(trial);
        trials.push(Comparison { point: point.clone(), mode, steps, observed, allowed });
    }
    for trial in &trials {
        if let Some(verdicts) = unobserved.get_mut(&trial.mode) {
            verdicts.remove(&trial.observed);
        }
    }
    unobserved.retain(|_, verdicts| !verdicts.is_empty());
    let (mover, procedure) = (report.mover.clone(), procedure.to_owned());
    Ok(Agreement { mover, procedure, order: report.order, trials, unobserved })
}

/// The verdicts of the model that were asked for.
struct Model<'a> {
    mover: ModelledMover,
    known: BTreeMap<Option<(&'a str, Strike)>, BTreeSet<TrialVerdict>>,
}

impl<'a> Model<'a> {
    fn verdicts(&mut self, fault: Option<(&'a str, Strike)>) -> Result<BTreeSet<TrialVerdict>, String> {
        if let Some(known) = self.known.get(&fault) {
            return Ok(known.clone());
        }
        let has_mail = has_mail(fault);
        let is_known = |step: &str| step.split('|').any(|step| self.mover.labels().any(|label| label == step));
        let ends = match fault {
            // Another mover's procedure may lack the step. Then the fault may strike any of its steps.
            Some((step, strike)) if !is_known(step) => {
                let mut ends = BTreeSet::new();
                for label in self.mover.labels() {
                    ends.append(&mut self.mover.ends(Some((label, strike)))?);
                }
                ends
            }
            fault => self.mover.ends(fault)?,
        };
        let verdicts: BTreeSet<TrialVerdict> = ends.iter().map(|end| verdict_of_end(end, has_mail)).collect();
        self.known.insert(fault, verdicts.clone());
        Ok(verdicts)
    }
}

/// Returns true if the fault is a delivery.
pub(super) fn has_mail(fault: Option<(&str, Strike)>) -> bool {
    matches!(fault, Some((_, Strike::Mail | Strike::WaitingMail | Strike::NoticedMail)))
}

/// Returns the verdict on an end of the model.
pub(super) fn verdict_of_end(end: &End, has_mail: bool) -> TrialVerdict {
    let name = |message: usize| match (message, has_mail) {
        (0..BEFORE, _) => format!("before-{}", message + 1),
        (BEFORE, true) => "during".to_owned(),
        (_, _) => "after".to_owned(),
    };
    let seen = |store: &BTreeMap<usize, usize>| {
        let copies = store.iter().flat_map(|(message, copies)| std::iter::repeat_n(*message, *copies));
        Some(copies.map(|message| seen_message(&name(message))).collect())
    };
    let stores = STORES.iter().zip(&end.copies).map(|(name, store)| ((*name).to_owned(), seen(store))).collect();
    let home = end.home.and_then(|home| STORES.get(usize::from(home.0))).map(|name| (*name).to_owned());
    let runs: Vec<RunReport> = end.runs.iter().map(|run| run_report(*run)).collect();
    let mail: Vec<(String, MailReport)> =
        end.mail.iter().enumerate().map(|(message, answer)| (name(message), *answer)).collect();
    verdict(&mail, &runs, &FinalState { home, stores })
}

fn run_report(run: RunEnd) -> RunReport {
    let tool = match run {
        RunEnd::Reported(Outcome::Ok) => Ended::Exited(0),
        RunEnd::Reported(Outcome::Refused | Outcome::Failed | Outcome::Unknown) => Ended::Exited(1),
        RunEnd::Killed => Ended::Killed,
    };
    RunReport { tool: Some(tool), ..RunReport::default() }
}

/// Returns the verdict of a trial without what the model does not know: flags, folders and the text of messages.
pub(super) fn observed(trial: &TrialReport) -> TrialVerdict {
    let plain = |messages: &Vec<SeenMessage>| messages.iter().map(|message| seen_message(&message.name)).collect();
    let stores = trial.end.stores.iter().map(|(name, store)| (name.clone(), store.as_ref().map(plain))).collect();
    let before = (1..=BEFORE).map(|number| (format!("before-{number}"), MailReport::Accepted));
    let mail: Vec<(String, MailReport)> =
        before.chain(trial.mail.iter().map(|(name, answer)| (name.clone(), *answer))).collect();
    // Where a user of Cyrus Murder looks depends on the entry of each folder in mupdate; the trial has what the user sees.
    let home = if trial.end.stores.contains_key(LOGON) { Some(LOGON.to_owned()) } else { trial.end.home.clone() };
    verdict(&mail, &trial.runs, &FinalState { home, stores })
}

fn verdict(mail: &[(String, MailReport)], runs: &[RunReport], end: &FinalState) -> TrialVerdict {
    let sent: Vec<Sent> = mail.iter().map(|(name, answer)| sent(name, *answer, runs.len() > 1)).collect();
    let [_, destination] = STORES;
    let facts = Facts { sent: &sent, carries: NOTHING, runs, is_fault_missing: false, end, destination };
    judge(&facts).0
}

fn sent(name: &str, answer: MailReport, is_retried: bool) -> Sent {
    let is_before_last_run = match name {
        "during" => is_retried,
        "after" => false,
        _ => true,
    };
    Sent { name: name.to_owned(), folder: String::new(), flags: Vec::new(), answer, is_before_last_run }
}

fn seen_message(name: &str) -> SeenMessage {
    SeenMessage { name: name.to_owned(), folder: String::new(), flags: Vec::new(), is_text_changed: false }
}
