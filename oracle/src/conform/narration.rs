//! The steps of a recording in the words of the model. A recording says only that a program executed its next step; the model, which
//! judges the recording again, knows which step that is and which message it took.

use std::collections::BTreeMap;

use crate::oracle::Oracle;
use crate::protocol::{Event, Operation};

use super::Recording;

impl Recording {
    /// Returns for each event a sentence if it is a step of a program, otherwise `None`. After the event that the model does not
    /// explain, its step is unknown, and the sentence has only its number in the run.
    #[must_use]
    pub fn narration(&self) -> Vec<Option<String>> {
        let unknown = || vec![None; self.steps.len()];
        let Ok((spec, options)) = self.judged_by() else { return unknown() };
        let Ok(mut oracle) = Oracle::new(&spec, options) else { return unknown() };
        let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        let mut narrated = Vec::new();
        for (index, step) in self.steps.iter().enumerate() {
            narrated.push(match &step.event {
                Event::Did { operation, .. } | Event::Call { operation, .. } => {
                    let number = count(&mut counts, operation);
                    let observed: Vec<&Event> = self.steps[index + 1..]
                        .iter()
                        .map(|step| &step.event)
                        .take_while(|event| matches!(event, Event::Observed { .. }))
                        .collect();
                    match (oracle.explanations(), number) {
                        (Some(_), _) => oracle.step_in_words(operation, &observed),
                        (None, Some((who, number))) => Some(by_number(operation, who, number)),
                        (None, None) => None,
                    }
                }
                Event::Reset { .. } | Event::Return { .. } | Event::Observed { .. } => None,
            });
            if oracle.take(&step.event).is_err() {
                return unknown();
            }
        }
        narrated
    }
}

/// Counts the steps of each program since its start. Returns the program and the number of this step; `None` if the operation is none.
fn count<'a>(counts: &mut BTreeMap<(&'a str, &'a str), usize>, operation: &'a Operation) -> Option<(&'a str, usize)> {
    match operation {
        Operation::Start { run } | Operation::Run { run, .. } => {
            counts.remove(&(run.mailbox.as_str(), run.administrator.as_str()));
            None
        }
        Operation::Act { mailbox, administrator }
        | Operation::RequestLost { mailbox, administrator }
        | Operation::ReplyLost { mailbox, administrator }
        | Operation::RequestLate { mailbox, administrator } => {
            let count = counts.entry((mailbox, administrator)).or_default();
            *count += 1;
            Some((administrator, *count))
        }
        Operation::Deliver { .. }
        | Operation::Redeliver { .. }
        | Operation::LogOn { .. }
        | Operation::OwnerDeletes { .. }
        | Operation::LateEffect { .. }
        | Operation::JournalLost { .. }
        | Operation::JournalOutlivesMail { .. }
        | Operation::StoreLooksEmpty { .. }
        | Operation::StoreShowsMail { .. }
        | Operation::ProgramDies { .. }
        | Operation::Replicate { .. }
        | Operation::Refresh { .. }
        | Operation::OtherEdit { .. }
        | Operation::StoreCrashes { .. }
        | Operation::StoreRestarts { .. }
        | Operation::ReplicaUnreachable { .. }
        | Operation::ReplicaReachable { .. } => None,
    }
}

fn by_number(operation: &Operation, who: &str, number: usize) -> String {
    let is_answered = matches!(operation, Operation::Act { .. });
    let fate = if is_answered { String::new() } else { format!(", {}", operation.action()) };
    format!("{who} executes step {number} of its run{fate}")
}
