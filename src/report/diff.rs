//! The comparison of two procedures or scenarios, as its reports show it: each world that was compared, and the words that text and JSON
//! share.

use std::collections::BTreeMap;

use stranded_model::World;
use stranded_model::assumption::{Assumption, Assumptions};
use stranded_model::scenario::Delivery;
use stranded_oracle::sentence::{self, Mood};
use stranded_search::check::{Checked, CoverageFailure};
use stranded_search::diff::{CombinationDiff, Conclusion, Diff, Difference, Direction};

/// The comparison that the command line asks for.
#[derive(Debug)]
pub struct Comparison<'a> {
    /// The old procedure or scenario, as the command line names it.
    pub old: &'a str,
    /// The new one.
    pub new: &'a str,
    /// Each world that was compared.
    pub worlds: Vec<ComparedWorld<'a>>,
    /// The parts that a comparison of procedures left out, each with the flag that tries it.
    pub not_tried: Vec<String>,
}

/// The comparison in one world.
#[derive(Debug)]
pub struct ComparedWorld<'a> {
    /// The world in which procedures were compared; none if the two sides are scenarios.
    pub trial: Option<TrialWorld>,
    /// The difference.
    pub diff: Diff<'a>,
}

/// The world in which two procedures are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialWorld {
    /// The scenario at the start, or `fresh`.
    pub from: String,
    /// The arrival of mail.
    pub delivery: Delivery,
}

/// The parts that no comparison includes.
pub const NOT_COMPARED: [&str; 4] =
    ["liveness and fairness", "coverage", "expectations", "names and labels, comments, and the texts of reports"];

impl Comparison<'_> {
    /// Returns the conclusion: different if any world differs, and not alike if a procedure ends `ok` in no world.
    #[must_use]
    pub fn conclusion(&self) -> Conclusion {
        let conclusions = self.worlds.iter().map(|world| world.diff.conclusion());
        match conclusions.max() {
            None => Conclusion::Inconclusive,
            Some(Conclusion::Alike) if self.never_ok().is_some() => Conclusion::Inconclusive,
            Some(conclusion) => conclusion,
        }
    }

    /// Returns the side whose procedure ends `ok` in no world on a mailbox that has mail, so that its effect was not compared.
    #[must_use]
    pub fn never_ok(&self) -> Option<&'static str> {
        if self.worlds.iter().any(|world| world.trial.is_none()) {
            return None;
        }
        let is_ok = |side: fn(&Diff<'_>) -> bool| self.worlds.iter().any(|world| side(&world.diff));
        let old = (!is_ok(|diff| diff.old.is_ok_with_mail)).then_some("OLD");
        old.or_else(|| (!is_ok(|diff| diff.new.is_ok_with_mail)).then_some("NEW"))
    }

    /// Returns the steps and handlers of two procedures that occur in no world, each with its side.
    #[must_use]
    pub fn unreached(&self) -> Vec<(&'static str, &CoverageFailure)> {
        if self.worlds.iter().any(|world| world.trial.is_none()) {
            return Vec::new();
        }
        let (old, new): (Vec<_>, Vec<_>) = self.worlds.iter().map(|world| (&world.diff.old, &world.diff.new)).unzip();
        let of = |side, trials: &[_]| Checked::unreached(trials).into_iter().map(move |missing| (side, missing));
        of("OLD", &old).chain(of("NEW", &new)).collect()
    }

    /// Returns the world with the shortest behaviour of a direction; of several, the first.
    #[must_use]
    pub fn shortest(&self, direction: Direction) -> Option<(&ComparedWorld<'_>, &CombinationDiff, &Difference)> {
        let found = self.worlds.iter().filter_map(|world| {
            let (case, difference) = world.diff.shortest(direction)?;
            Some((world, case, difference))
        });
        found.min_by_key(|(_, _, difference)| difference.path.actions.len())
    }
}

/// Returns the name of a conclusion.
#[must_use]
pub fn conclusion_name(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::Alike => "alike",
        Conclusion::Inconclusive => "inconclusive",
        Conclusion::Different => "different",
    }
}

/// Returns the values of a combination by name.
#[must_use]
pub fn answers(combination: Assumptions, varied: &[Assumption]) -> BTreeMap<String, String> {
    varied.iter().map(|one| (one.name().to_owned(), combination.value(*one).to_owned())).collect()
}

/// Returns the values that one side pins to another value than that of the combination.
#[must_use]
pub fn pinned(world: &World, combination: Assumptions, varied: &[Assumption]) -> BTreeMap<String, String> {
    let differs = |one: &&Assumption| world.assumptions.answer(**one) != combination.answer(**one);
    let value = |one: &Assumption| (one.name().to_owned(), world.assumptions.value(*one).to_owned());
    varied.iter().filter(differs).map(value).collect()
}

/// Returns the actions of the other side instead of the last one of a behaviour, each in one sentence.
#[must_use]
pub fn instead(world: &World, difference: &Difference) -> Vec<String> {
    let says = difference.instead.iter().filter_map(|(state, action)| {
        let occurrence = world.occur(state, action).ok()?;
        let actor = sentence::actor(world, action);
        Some(format!("{actor}: {}", sentence::says(world, state, action, Mood::Happened(&occurrence))))
    });
    let mut says: Vec<String> = says.collect();
    says.dedup();
    says
}
