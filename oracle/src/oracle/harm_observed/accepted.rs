//! The messages that a system accepted, and their loss: an accepted message must be in some location.

use stranded_model::property::Safety;

use crate::protocol::Observation;
use stranded_search::scenario::Spec;

use super::{Harm, Observed, everything, held};

impl Observed {
    /// Takes every message in doubt that the observation shows as accepted.
    pub(super) fn accept_shown(&mut self, observation: &Observation) {
        let queued = observation.queued.iter().flatten().map(String::as_str);
        for message in held(observation).chain(queued) {
            if self.in_doubt.remove(message) {
                self.excused.remove(message);
                self.accepted.insert(message.to_owned());
            }
        }
    }

    /// Returns true if a program runs on a mailbox that has accepted mail.
    pub(super) fn has_moving_mail(&self) -> bool {
        !self.accepted.is_empty() && self.programs.values().any(|program| program.is_running)
    }

    /// Returns the loss of accepted messages.
    pub(super) fn losses(&mut self, observation: &Observation, spec: &Spec) -> Vec<Harm> {
        if !self.hidden.is_empty() {
            return Vec::new();
        }
        let Some(found) = everything(observation, spec) else { return Vec::new() };
        let lost = |message: &&String| !found.contains(message.as_str()) && !self.excused.contains(*message);
        let lost: Vec<String> = self.accepted.iter().filter(lost).cloned().collect();
        let new: Vec<String> = lost.into_iter().filter(|message| self.missed.insert(message.clone())).collect();
        if new.is_empty() {
            return Vec::new();
        }
        let is_unknown = |message: &&&str| !self.accepted.contains(**message) && !self.excused.contains(**message);
        let unknown: Vec<&str> = found.iter().filter(is_unknown).copied().collect();
        let instead = match unknown.as_slice() {
            [] => String::new(),
            [one] => format!("; the store shows {one}, which was never delivered"),
            shown => format!("; the stores show {}, which were never delivered", shown.join(", ")),
        };
        let says = format!("accepted messages are lost: {}{instead}", new.join(", "));
        vec![Harm::violation(Safety::NoLoss, says)]
    }
}
