//! The effect of each procedure in a state, as a reader should understand it. A recovery is no cure where nothing is at risk. The page,
//! the terminal and every report show the same effects.

use stranded_search::names;
use stranded_search::rescue::{Outlook, RescueEffect};

use super::procedure_words::is_cure;

/// The effect of a procedure, if it ran in a state and nothing else happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// It puts no mail out of reach, and none is out of reach before it.
    Idle,
    /// It recovers all mail.
    Recovers,
    /// It recovers all mail, and leaves the mailbox in transit.
    LeavesInTransit,
    /// It does no harm here, and it is known to be defective.
    Risky,
    /// It refuses, or changes nothing that helps.
    NoHelp,
    /// It can put mail out of reach.
    Strands,
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
            Self::LeavesInTransit => "transit",
            Self::Risky => "risky",
            Self::NoHelp => "declines",
            Self::Strands => "strands",
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
            Self::LeavesInTransit => "⇄",
            Self::Risky => "!",
            Self::NoHelp => "–",
            Self::Strands => "⚠",
            Self::Destroys(_) => "✕",
            Self::Unknown => "?",
        }
    }

    /// Returns it in a few words.
    #[must_use]
    pub fn short(&self) -> &'static str {
        match self {
            Self::Idle => "nothing to recover",
            Self::Recovers => "recovers all mail",
            Self::LeavesInTransit => "leaves it in transit",
            Self::Risky => "defective program",
            Self::NoHelp => "no help",
            Self::Strands => "strands mail",
            Self::Destroys(_) => "destroys mail",
            Self::Unknown => "not known",
        }
    }

    /// Returns its meaning in a sentence.
    #[must_use]
    pub fn meaning(&self) -> &'static str {
        match self {
            Self::Idle => "no mail is out of reach, before and after it",
            Self::Recovers => "afterwards all mail is at the home",
            Self::LeavesInTransit => "afterwards all mail is at the home, but the mailbox stays in transit",
            Self::Risky => "it does no harm at this step; by a known defect it strands or destroys mail",
            Self::NoHelp => "it refuses, or changes nothing that helps",
            Self::Strands => "it can put mail where its owner cannot reach it",
            Self::Destroys(_) => "it can destroy mail",
            Self::Unknown => "it has too many states to try it",
        }
    }

    /// Returns it in a few words, with the messages that it can destroy.
    #[must_use]
    pub fn says(&self) -> String {
        match self {
            Self::Destroys(messages) => format!("destroys {}", messages.join(" ")),
            Self::Idle
            | Self::Recovers
            | Self::LeavesInTransit
            | Self::Risky
            | Self::NoHelp
            | Self::Strands
            | Self::Unknown => self.short().to_owned(),
        }
    }

    /// Returns every kind, without messages, the best first.
    #[must_use]
    pub fn all() -> [Self; 8] {
        [
            Self::Idle,
            Self::Recovers,
            Self::LeavesInTransit,
            Self::Risky,
            Self::NoHelp,
            Self::Unknown,
            Self::Strands,
            Self::Destroys(Vec::new()),
        ]
    }
}

/// Returns the effect of each procedure in one state. It depends on nothing but the state.
#[must_use]
pub fn in_state(outlook: &Outlook) -> Vec<ProcedureRemedy> {
    let remedy = |effect: &RescueEffect, procedure: &str| match effect {
        RescueEffect::Saves | RescueEffect::LeavesInTransit if !is_cure(procedure) => Remedy::Risky,
        RescueEffect::Saves if outlook.is_whole || !outlook.has_mail => Remedy::Idle,
        RescueEffect::Saves => Remedy::Recovers,
        RescueEffect::LeavesInTransit => Remedy::LeavesInTransit,
        RescueEffect::Declines => Remedy::NoHelp,
        RescueEffect::Strands => Remedy::Strands,
        RescueEffect::Loses(lost) => {
            Remedy::Destroys(lost.iter().flat_map(|(_, messages)| names::messages(*messages)).collect())
        }
        RescueEffect::Unknown => Remedy::Unknown,
    };
    outlook.rescues.iter().map(|one| (one.procedure.clone(), remedy(&one.effect, &one.procedure))).collect()
}

/// Returns the names of the procedures with each effect, the best effect first. All procedures that destroy mail are one group, whatever they
/// destroy.
#[must_use]
pub fn by_kind(outlook: &Outlook) -> Vec<(Remedy, Vec<String>)> {
    let all = in_state(outlook);
    let of_kind = |kind: Remedy| {
        let same = all.iter().filter(|(_, remedy)| remedy.name() == kind.name()).map(|(name, _)| name.clone());
        let names: Vec<String> = same.collect();
        (!names.is_empty()).then_some((kind, names))
    };
    Remedy::all().into_iter().filter_map(of_kind).collect()
}
