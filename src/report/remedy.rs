//! The effect of each procedure at each state of a trace, as a reader should understand it. A recovery is no cure where nothing is at
//! risk, and none if the same procedure destroys mail at another state of the trace. The page and the terminal show the same effects.

use std::collections::BTreeSet;

use stranded_search::names;
use stranded_search::rescue::{Outlook, RescueEffect, RescueMap};

use super::procedure_words::is_cure;

/// The effect of a procedure, if it ran in a state and nothing else happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// It keeps all mail at the home, where all mail is already.
    Idle,
    /// It recovers all mail.
    Recovers,
    /// It recovers all mail here, and destroys mail at another state; or it is known to be defective.
    Risky,
    /// It refuses, or leaves mail unreachable.
    NoHelp,
    /// It can destroy these messages.
    Destroys(Vec<String>),
    /// It has more states than are searched.
    Unknown,
}

/// A procedure with its effect in one state.
pub type ProcedureRemedy = (String, Remedy);

impl Remedy {
    /// Returns its name, as the page knows it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Recovers => "saves",
            Self::Risky => "risky",
            Self::NoHelp => "declines",
            Self::Destroys(_) => "loses",
            Self::Unknown => "unknown",
        }
    }

    /// Returns its sign. Each kind has its own.
    #[must_use]
    pub fn sign(&self) -> &'static str {
        match self {
            Self::Idle => "○",
            Self::Recovers => "✓",
            Self::Risky => "!",
            Self::NoHelp => "–",
            Self::Destroys(_) => "✕",
            Self::Unknown => "?",
        }
    }

    /// Returns its meaning as a clause without a subject.
    #[must_use]
    pub fn says(&self) -> String {
        match self {
            Self::Idle => "nothing to repair".to_owned(),
            Self::Recovers => "recovers all mail".to_owned(),
            Self::Risky => "recovers all mail here, no cure: it destroys mail at other steps".to_owned(),
            Self::NoHelp => "no help: it refuses, or leaves mail unreachable".to_owned(),
            Self::Destroys(messages) => format!("destroys {}", messages.join(" ")),
            Self::Unknown => "unknown: the search reached its limit of states".to_owned(),
        }
    }
}

/// Returns the effect of each procedure in one state, as far as that state shows it.
#[must_use]
pub fn in_state(outlook: &Outlook) -> Vec<ProcedureRemedy> {
    remedies(outlook, is_cure)
}

/// Returns the effect of each procedure in every state of a trace.
#[must_use]
pub fn along(map: &RescueMap) -> Vec<Vec<ProcedureRemedy>> {
    let rescues = map.outlooks.iter().flat_map(|outlook| &outlook.rescues);
    let destroys = rescues.filter(|one| matches!(one.effect, RescueEffect::Loses(_)));
    let destroying: BTreeSet<&str> = destroys.map(|one| one.procedure.as_str()).collect();
    let is_cure = |name: &str| is_cure(name) && !destroying.contains(name);
    map.outlooks.iter().map(|outlook| remedies(outlook, is_cure)).collect()
}

fn remedies(outlook: &Outlook, is_cure: impl Fn(&str) -> bool) -> Vec<ProcedureRemedy> {
    let remedy = |effect: &RescueEffect, procedure: &str| match effect {
        RescueEffect::Saves if outlook.is_whole => Remedy::Idle,
        RescueEffect::Saves if is_cure(procedure) => Remedy::Recovers,
        RescueEffect::Saves => Remedy::Risky,
        RescueEffect::Declines => Remedy::NoHelp,
        RescueEffect::Loses(lost) => {
            Remedy::Destroys(lost.iter().flat_map(|(_, messages)| names::messages(*messages)).collect())
        }
        RescueEffect::Unknown => Remedy::Unknown,
    };
    outlook.rescues.iter().map(|one| (one.procedure.clone(), remedy(&one.effect, &one.procedure))).collect()
}
