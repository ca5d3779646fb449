//! The search of a world with one mailbox, account by account. States with the same account differ in the services that answer and in
//! the faults that are left. A rule reads few facts about those, so one answer of the model serves many states: the search keeps the
//! states with one account as a set of bits, and follows an answer for all of them at once.
//!
//! It reaches the same states at the same distances as the search over words in [`super`], and finds the same paths: the first ones in
//! the order of the actions. It does not number states, so it cannot serve limits that depend on their order.
//!
//! [`shared_set`] has the sets, [`accounts`] numbers the accounts, [`answers`] has what the model said of one, [`asking`] asks the model,
//! [`shard`] holds states, and [`paths`] goes back from a violation.

mod accounts;
mod answers;
mod asking;
mod paths;
mod shard;
mod shared_set;

use rayon::prelude::*;
use stranded_model::property::INVARIANTS_MAX;

use self::accounts::SHARDS;
use self::asking::Asking;
use self::shard::{Found, OfIndex, Shard};
use self::shared_set::SharedSet;
use super::packed::{TooNarrow, Word};
use super::shared_numbers::SharedNumbers;
use crate::engine::Search;
use crate::engine::limits::{Limits, Truncation};
use crate::engine::rules::Rules;

/// The number of accounts to expand from which several threads do so.
const PARALLEL_MIN: usize = 256;

/// Searches all reachable states; `None` if the search over words is the better one. This one is if services can stop, so that many states
/// have the same account, and if the limits ask for nothing that depends on the order of states.
pub(super) fn search<R: Rules>(rules: &R, limits: &Limits<'_>) -> Option<Result<Search<R::Choice>, TooNarrow>> {
    let world = rules.world();
    if world.scenario.site.mailboxes != 1 || needs_order(limits) {
        return None;
    }
    let shared = SharedNumbers::of(world);
    if !shared.can_stop() || shared.count() > SharedSet::<4>::CAPACITY {
        None
    } else if shared.count() <= SharedSet::<1>::CAPACITY {
        Some(in_sets::<R, 1>(rules, limits))
    } else {
        Some(in_sets::<R, 4>(rules, limits))
    }
}

/// Returns true if the result depends on the order in which states are found.
fn needs_order(limits: &Limits<'_>) -> bool {
    let Limits { states_max, depth_max, walks, checkpoint, skip_quiescent, .. } = limits;
    !skip_quiescent || states_max.is_some() || depth_max.is_some() || walks.is_some() || checkpoint.is_some()
}

fn in_sets<R: Rules, const WORDS: usize>(rules: &R, limits: &Limits<'_>) -> Result<Search<R::Choice>, TooNarrow> {
    let narrow = ByAccount::<R, u64, WORDS>::new(rules, limits).search();
    narrow.or_else(|TooNarrow| ByAccount::<R, u128, WORDS>::new(rules, limits).search())
}

/// A search in progress.
struct ByAccount<'a, R, W: Word, const WORDS: usize> {
    limits: &'a Limits<'a>,
    asking: Asking<'a, R, W, WORDS>,
    shards: Vec<Shard<WORDS>>,
    states: u64,
    /// The number of states that were found and not expanded because the search was truncated.
    frontier: u64,
    depth: usize,
    /// For each property, the first level that violates it.
    violated: [Option<usize>; INVARIANTS_MAX],
}

impl<'a, R: Rules, W: Word, const WORDS: usize> ByAccount<'a, R, W, WORDS> {
    fn new(rules: &'a R, limits: &'a Limits<'a>) -> Self {
        Self {
            limits,
            asking: Asking::new(rules),
            shards: (0..SHARDS).map(Shard::new).collect(),
            states: 0,
            frontier: 0,
            depth: 0,
            violated: [None; INVARIANTS_MAX],
        }
    }

    fn search(mut self) -> Result<Search<R::Choice>, TooNarrow> {
        let truncated = match self.limits.stopped() {
            Some(truncated) => Some(truncated),
            None => self.levels()?,
        };
        let mut violations = std::array::from_fn(|_| None);
        for (property, path) in violations.iter_mut().enumerate() {
            *path = self.violated[property].map(|level| self.path_to(property, level));
        }
        let states = usize::try_from(self.states).unwrap_or(usize::MAX);
        Ok(Search {
            states,
            representatives: states,
            frontier: usize::try_from(self.frontier).unwrap_or(usize::MAX),
            depth: self.depth,
            truncated,
            violations,
            coverage: self.asking.coverage(),
            quiescent: Vec::new(),
            defect: None,
        })
    }

    /// Searches level after level. If the search is truncated, the states of the frontier are still judged.
    fn levels(&mut self) -> Result<Option<Truncation>, TooNarrow> {
        let mut found: Vec<Found<WORDS>> = (0..SHARDS).map(|_| Found::default()).collect();
        for (account, states) in self.asking.initial()? {
            found[0].push(account, states);
        }
        self.add(&found);
        while self.begin_level() {
            let truncated = self.expand(&mut found)?;
            if truncated.is_some() {
                self.judge();
                if self.begin_level() {
                    self.frontier += self.of_shards(|shard| count(shard.newest()));
                    self.judge();
                }
                return Ok(truncated);
            }
            self.note_violations();
        }
        Ok(None)
    }

    /// Expands the newest level.
    fn expand(&mut self, found: &mut [Found<WORDS>]) -> Result<Option<Truncation>, TooNarrow> {
        let mut round = 0;
        while self.shards.iter().any(|shard| !shard.round(round).is_empty()) {
            if let Some(truncated) = self.limits.limit_reached() {
                self.frontier = self.of_shards(|shard| count(shard.left(round)));
                return Ok(Some(truncated));
            }
            let Self { asking, shards, .. } = self;
            let expand = |(shard, found): (&mut Shard<WORDS>, &mut Found<WORDS>)| {
                found.clear();
                shard.expand(asking, round, found);
            };
            if shards.iter().map(|shard| shard.round(round).len()).sum::<usize>() < PARALLEL_MIN {
                shards.iter_mut().zip(found.iter_mut()).for_each(expand);
            } else {
                shards.par_iter_mut().zip(found.par_iter_mut()).for_each(expand);
            }
            if asking.is_too_narrow() {
                return Err(TooNarrow);
            }
            self.add(found);
            round += 1;
        }
        Ok(None)
    }

    /// Adds what was found to the next level.
    fn add(&mut self, found: &[Found<WORDS>]) {
        let Self { asking, shards, .. } = self;
        let add = |shard: &mut Shard<WORDS>| shard.add(asking.accounts(), found);
        if found.iter().map(Found::count).sum::<usize>() < PARALLEL_MIN {
            shards.iter_mut().for_each(add);
        } else {
            shards.par_iter_mut().for_each(add);
        }
    }

    /// Makes the next level the newest one. Returns true if it has states.
    fn begin_level(&mut self) -> bool {
        self.shards.iter_mut().for_each(Shard::begin_level);
        let states = self.of_shards(|shard| count(shard.newest()));
        if states > 0 {
            self.depth = self.shards[0].levels() - 1;
            self.states += states;
            let reported = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
            self.limits.report(reported(self.states), self.depth, reported(states));
        }
        states > 0
    }

    /// The sum of a number of each shard.
    fn of_shards(&self, number: impl Fn(&Shard<WORDS>) -> u64) -> u64 {
        self.shards.iter().map(number).sum()
    }

    /// Judges the newest level without expanding it.
    fn judge(&mut self) {
        let Self { asking, shards, .. } = self;
        shards.par_iter_mut().for_each(|shard| shard.judge(asking));
        self.note_violations();
    }

    /// Notes the properties that the newest level violates first.
    fn note_violations(&mut self) {
        for (property, level) in self.violated.iter_mut().enumerate() {
            if level.is_none() && self.shards.iter().any(|shard| shard.violated() & 1 << property != 0) {
                *level = Some(self.depth);
            }
        }
    }
}

/// The count of these states.
fn count<const WORDS: usize>(states: &[OfIndex<WORDS>]) -> u64 {
    states.iter().map(|(_, states)| u64::from(states.len())).sum()
}

#[cfg(test)]
mod tests {
    use stranded_model::World;
    use stranded_model::assumption::Assumptions;
    use stranded_model::counter_abstraction::CounterAbstraction;

    use super::{ByAccount, needs_order, search};
    use crate::check;
    use crate::engine::exact::{Searching, over_states};
    use crate::engine::rules::Rules;
    use crate::engine::{Engine, Limits, Search};
    use crate::scenario::load_scenario;

    /// Scenarios with services that stop: some hold, some violate several properties, some have a predecessor.
    const SCENARIOS: [&str; 7] = [
        "append-repair-late-request",
        "crash-source-gone",
        "guarded-move",
        "guarded-move-without-order",
        "guarded-move-without-respect",
        "guarded-move-without-resume",
        "guarded-move-without-retry",
    ];

    fn world(name: &str) -> World {
        let spec = load_scenario(name).unwrap_or_else(|diagnostics| panic!("{diagnostics}"));
        let pinned = spec.pinned_with_predecessors().into_iter();
        let assumptions = pinned.fold(Assumptions::default(), |all, (assumption, answer)| all.with(assumption, answer));
        check::world(&spec, assumptions, Engine::Exact, &Limits::default()).expect("the predecessor ends")
    }

    /// Returns the result of a search in words, without the quiescent states.
    fn found<C: std::fmt::Debug>(search: Search<C>) -> String {
        format!("{:?}", Search { quiescent: Vec::new(), ..search })
    }

    /// Searches by account with narrow and wide words and sets, and compares with the search over words.
    fn finds_the_same<R: Rules>(rules: &R) {
        let limits = Limits { skip_quiescent: true, ..Limits::default() };
        let expected = over_states(rules, false, || Searching { rules, limits: &limits });
        let expected = found(expected.expect("the parts fit"));
        let narrow = ByAccount::<R, u128, 1>::new(rules, &limits).search().expect("the accounts fit");
        assert_eq!(found(narrow), expected);
        let wide = ByAccount::<R, u128, 4>::new(rules, &limits).search().expect("the accounts fit");
        assert_eq!(found(wide), expected);
    }

    #[test]
    fn a_search_by_account_finds_the_states_and_paths_of_a_search_over_words() {
        for name in SCENARIOS {
            finds_the_same(&world(name));
        }
    }

    #[test]
    fn any_number_of_messages_are_searched_by_account() {
        for name in ["guarded-move-without-respect", "append-repair-faults"] {
            let World { scenario, assumptions, .. } = world(name);
            finds_the_same(&CounterAbstraction::new(&scenario, assumptions));
        }
    }

    #[test]
    fn limits_that_depend_on_the_order_of_states_are_not_served() {
        let world = world("guarded-move");
        let free = Limits { skip_quiescent: true, ..Limits::default() };
        assert!(search(&world, &free).is_some());
        for limits in
            [Limits { states_max: Some(10), ..free }, Limits { depth_max: Some(10), ..free }, Limits::default()]
        {
            assert!(needs_order(&limits) && search(&world, &limits).is_none(), "{limits:?}");
        }
    }
}
