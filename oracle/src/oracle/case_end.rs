//! The end of a case: the observations are judged once more, as the last ones. A verdict that depends on something still to come is
//! withheld, with its reason.

use stranded_model::id::{Id, MailboxId};
use stranded_model::property::Safety;
use stranded_search::names;

use super::harm_observed::{HarmKind, MailboxAtEnd};
use super::verdict::{CaseVerdict, ONCE_FINISHED, Withheld, violation};
use super::{FINDINGS_KEPT, Judgement, Oracle};

/// The properties that the end of a case decides.
const JUDGED_AT_END: [Safety; 5] =
    [Safety::HomeCoherent, Safety::TransitOwned, Safety::Reachable, Safety::OneHome, Safety::NoDuplicates];

impl Oracle<'_> {
    /// Ends the case: nothing else happens in it. An owed retry does not excuse harm any more. A second call changes nothing.
    pub fn end_case(&mut self) {
        for end in self.state.watch.at_end() {
            self.end_mailbox(&end);
        }
        let exercise = &mut self.state.exercise;
        exercise.evidence.end_case(exercise.cases, self.spec);
    }

    /// Says that the case ends before its programs had all their runs, for a reason that is not the system's.
    pub fn stop_case(&mut self) {
        self.state.watch.stop();
    }

    /// Returns true if the case, ended now, leaves a run that an administrator owes, or a verdict that is withheld.
    #[must_use]
    pub fn is_unfinished(&mut self) -> bool {
        let (findings, withheld) = (self.state.findings_of_case.len(), self.state.withheld_of_case.len());
        let now = self.state.clone();
        self.end_case();
        let ended = std::mem::replace(&mut self.state, now);
        ended.findings_of_case[findings..].iter().any(|finding| finding.owes_runs)
            || ended.withheld_of_case.len() > withheld
    }

    /// Returns the judgement of all events so far, with the end of the case after them. More events may follow.
    pub fn judgement(&mut self) -> Judgement {
        let now = self.state.clone();
        self.end_case();
        let judgement = self.judgement_so_far();
        self.state = now;
        judgement
    }

    fn end_mailbox(&mut self, end: &MailboxAtEnd) {
        let mut mailboxes = (0..self.spec.scenario.site.mailboxes).map(MailboxId::at);
        let Some(mailbox) = mailboxes.find(|one| names::mailbox(*one) == end.mailbox) else { return };
        if !end.calls.is_empty() {
            self.withhold(end, None, &end.calls);
        }
        if !end.is_observed {
            self.withhold(end, None, &end.unobserved);
            return;
        }
        let lacking = self.state.exercise.evidence.lacking_now(&end.mailbox, self.spec);
        if !lacking.is_empty() {
            let reason = format!("not observed after the last operation: {}", lacking.join(", "));
            self.note_withheld(end, None, reason);
        }
        if !end.has_run {
            // Harm that no run of the case did, and that none has repaired.
            for harm in &end.harms {
                let reason = format!("no procedure was run on it yet, and {}", harm.says);
                self.withhold(end, harm.kind.property(), &[reason]);
            }
            return;
        }
        let model = self.explanations().map(|set| self.sets.violated_at_end(set, mailbox));
        let is_unreachable = end.harms.iter().any(|harm| harm.kind == HarmKind::Violation(Safety::Reachable));
        if model.is_none() && !is_unreachable && !end.unobserved.is_empty() {
            self.withhold(end, None, &end.unobserved);
        }
        let reasons = |lists: [&[String]; 2]| lists.concat();
        for property in JUDGED_AT_END {
            let shown = end.harms.iter().find(|harm| harm.kind == HarmKind::Violation(property));
            // The model has no such mark at the end: it belongs to the owed retry.
            let asked = model.filter(|_| property != Safety::TransitOwned);
            let is_possible = asked.map_or(shown.is_some(), |model| model.if_final & property.bit() != 0);
            let is_known = self.state.findings_of_case.iter().any(|finding| finding.property == Some(property));
            if !is_possible || is_known {
                continue;
            }
            // A retry removes the mark and the second copy, which hide no mail.
            let waits = matches!(property, Safety::OneHome | Safety::TransitOwned) && end.owes_retry;
            let is_certain = match asked {
                Some(model) => model.at_end & property.bit() != 0,
                None => end.open.is_empty() && end.unobserved.is_empty(),
            };
            if waits {
                self.withhold(end, Some(property), &reasons([&end.owed, &end.open]));
            } else if is_certain && !end.is_stopped {
                let of_model = violation(property);
                let of_model = of_model.strip_prefix(ONCE_FINISHED).unwrap_or(of_model);
                let says = shown.map_or(of_model, |harm| &harm.says);
                let owed: String = end.owed.iter().map(|run| format!("; {run}")).collect();
                let says = format!("at the end of the case, {says}{owed}");
                self.find_owing(CaseVerdict::of(property), Some(property), says, !end.owed.is_empty());
            } else {
                self.withhold(end, Some(property), &reasons([&end.open, &end.unobserved]));
            }
        }
    }

    fn withhold(&mut self, end: &MailboxAtEnd, property: Option<Safety>, reasons: &[String]) {
        let says = match reasons {
            [] => "the observations do not decide it".to_owned(),
            reasons => reasons.join(", "),
        };
        self.note_withheld(end, property, says);
        let state = &mut self.state;
        state.withheld_cases.entry(property).or_default().insert(state.exercise.cases);
    }

    /// Notes the reason for the report; it decides no property.
    fn note_withheld(&mut self, end: &MailboxAtEnd, property: Option<Safety>, reason: String) {
        let case_number = self.state.exercise.cases;
        let withheld = Withheld { mailbox: end.mailbox.clone(), property, reason, case_number };
        let state = &mut self.state;
        if state.withheld_of_case.contains(&withheld) {
            return;
        }
        state.withheld_of_case.push(withheld.clone());
        if state.withheld.len() < FINDINGS_KEPT {
            state.withheld.push(withheld);
        } else {
            state.withheld_left_out += 1;
        }
    }
}
