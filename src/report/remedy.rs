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

    /// Returns it in a few words.
    #[must_use]
    pub fn short(&self) -> &'static str {
        match self {
            Self::Idle => "nothing to repair",
            Self::Recovers => "recovers all mail",
            Self::Risky => "recovers here, destroys elsewhere",
            Self::NoHelp => "no help",
            Self::Destroys(_) => "destroys mail",
            Self::Unknown => "not known",
        }
    }

    /// Returns its meaning in a sentence.
    #[must_use]
    pub fn meaning(&self) -> &'static str {
        match self {
            Self::Idle => "all mail is at the home, before and after it",
            Self::Recovers => "afterwards all mail is at the home",
            Self::Risky => "it recovers all mail here; at another step, or by a known defect, it destroys mail",
            Self::NoHelp => "it refuses, or leaves mail unreachable",
            Self::Destroys(_) => "it can destroy mail",
            Self::Unknown => "it has too many states to try it",
        }
    }

    /// Returns it in a few words, with the messages that it can destroy.
    #[must_use]
    pub fn says(&self) -> String {
        match self {
            Self::Destroys(messages) => format!("destroys {}", messages.join(" ")),
            Self::Idle | Self::Recovers | Self::Risky | Self::NoHelp | Self::Unknown => self.short().to_owned(),
        }
    }

    /// Returns every kind, without messages.
    #[must_use]
    pub fn all() -> [Self; 6] {
        [Self::Idle, Self::Recovers, Self::Risky, Self::NoHelp, Self::Destroys(Vec::new()), Self::Unknown]
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
