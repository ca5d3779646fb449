//! The exact engine: breadth-first, one level after the other, over whole states. The first state found that breaks a
//! property is a nearest one, for every property in the same run, and the same one for any number of threads.
//!
//! The states of a level are expanded in their order, many at a time. What they lead to is offered to the states that are
//! known; of what is new the first stays, and stands in the next level where it was first found. So the order is that of a
//! search which takes one state after the other, and the trace that it finds first is the first in the order of the actions.

mod chunk;
pub(super) mod many;
mod parts;
mod resume;
mod searching;
pub(super) mod single;
pub(super) mod space;
pub(super) mod visited;
mod walk;
pub(super) mod way;
pub(super) mod word;

use stranded_model::coverage::Coverage;
use stranded_model::property::Safety;
use stranded_model::state::State;

use self::many::Many;
use self::searching::Searching;
use self::single::Single;
use self::space::TooNarrow;
use super::limits::{Cut, Limits};
use super::rules::Rules;
use super::{Path, Search};

/// What a search found, whose choices may be more than actions.
pub(super) struct Found<C> {
    pub(super) states: usize,
    pub(super) representatives: usize,
    pub(super) waiting: usize,
    pub(super) depth: usize,
    pub(super) cut: Option<Cut>,
    pub(super) violations: [Option<Way<C>>; Safety::ALL.len()],
    pub(super) coverage: Coverage,
    pub(super) at_rest: Vec<State>,
    pub(super) defect: Option<String>,
}

/// A way through a world.
pub(super) struct Way<C> {
    pub(super) initial: State,
    pub(super) choices: Vec<C>,
}

pub(super) fn search_rules<R: Rules>(rules: &R, limits: &Limits<'_>) -> Search<R::Choice> {
    let found = search(rules, limits);
    Search {
        states: found.states,
        representatives: found.representatives,
        waiting: found.waiting,
        depth: found.depth,
        cut: found.cut,
        violations: found.violations.map(|way| way.map(|way| Path { initial: way.initial, actions: way.choices })),
        coverage: found.coverage,
        at_rest: found.at_rest,
        defect: found.defect,
    }
}

/// Searches all that can be reached under these rules. Where a number does not fit in the words, wider ones are taken.
pub(super) fn search<R: Rules>(rules: &R, limits: &Limits<'_>) -> Found<R::Choice> {
    let narrow = |TooNarrow| "a world has more different parts than a machine word can number".to_owned();
    let found = if rules.world().scenario.site.mailboxes == 1 {
        Searching::new(Single::new(rules), rules, limits).go()
    } else {
        let found = Searching::new(Many::<&R, u64>::new(rules, limits.symmetry), rules, limits).go();
        match found {
            Ok(found) => Ok(found),
            Err(TooNarrow) => Searching::new(Many::<&R, u128>::new(rules, limits.symmetry), rules, limits).go(),
        }
    };
    found.unwrap_or_else(|reason| Found::nothing(rules, narrow(reason)))
}

impl<C> Found<C> {
    fn nothing<R: Rules>(rules: &R, defect: String) -> Self {
        Self {
            states: 0,
            representatives: 0,
            waiting: 0,
            depth: 0,
            cut: None,
            violations: std::array::from_fn(|_| None),
            coverage: Coverage::of(rules.world()),
            at_rest: Vec::new(),
            defect: Some(defect),
        }
    }
}
