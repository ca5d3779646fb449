//! Random scenarios, searched in every way that must give the same: by each engine, with one and with two threads, with and
//! without the symmetry of mailboxes, and for any number of messages against one, two and three.
//!
//! `STRANDED_COUNT` sets the number of scenarios and `STRANDED_SEED` the seed of the first; the next one has the next seed.

mod drawn;
mod textbook;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use pretty_assertions::assert_eq;
use rayon::ThreadPool;
use stranded_model::World;
use stranded_model::id::MailboxId;
use stranded_model::liveness::Liveness;
use stranded_model::property::{Invariant, Safety};
use stranded_search::check::{Checked, Combination, check, combinations_of, counter_abstraction, world};
use stranded_search::engine::{Cluster, Engine, Limits, LivenessResult, Search, liveness_results};
use stranded_search::property::{Property, Verdict};
use stranded_search::scenario::{STEPS, Spec};

use self::drawn::{Draw, DrawnScenario};
use self::textbook::{LivenessVerdict, Reachable};
use crate::engines::{Essence, by_the_book};

/// The number of scenarios of a run.
const COUNT: u64 = 500;
/// The most states of a world that is searched completely; of a larger one, the nearest.
const STATES_MAX: usize = 1_000;
/// The same for one world in [`LARGE_EVERY`], whose levels are long enough for several threads.
const STATES_MAX_LARGE: usize = 12_000;
/// One scenario of this many is large.
const LARGE_EVERY: usize = 24;
/// The most states of a world whose liveness is judged by its definition.
const STATES_BY_DEFINITION: usize = 150;
/// The most steps from the start: a loop that writes the directory has no end.
const DEPTH_MAX: usize = 100;
/// The numbers of messages that are compared with any number.
const NUMBERS: std::ops::RangeInclusive<usize> = 1..=3;

/// The threads and workers that search one scenario after the other.
struct Engines {
    pools: [ThreadPool; 2],
    clusters: [Cluster; 2],
}

/// Returns a number that the environment gives.
fn given(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is not a number")))
}

/// A scenario under test. If the test panics, its seed and its text are printed.
struct UnderTest<'a> {
    seed: u64,
    scenario: &'a DrawnScenario,
}

impl Drop for UnderTest<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}\nto repeat it: STRANDED_SEED={} STRANDED_COUNT=1", self.scenario.spec.text, self.seed);
        }
    }
}

#[test]
fn all_engines_agree_on_random_scenarios() {
    let from_clock = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let first = given("STRANDED_SEED").unwrap_or_else(from_clock);
    let count = given("STRANDED_COUNT").unwrap_or(COUNT);
    eprintln!("random scenarios: STRANDED_SEED={first} STRANDED_COUNT={count}");
    let next = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let run = || {
        let engines = Engines::started();
        let mut tally = Tally::default();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return tally;
            }
            tally.add(&engines.compare(first.wrapping_add(number)));
        }
    };
    let tallies = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
    });
    let mut all = Tally::default();
    tallies.iter().for_each(|one| all.add(one));
    eprintln!("{all:?}");
    if count >= COUNT {
        all.check_variety();
    }
}

/// The variety of the scenarios that were compared.
#[derive(Debug, Default)]
struct Tally {
    states: usize,
    worlds: usize,
    complete: usize,
    any_messages: usize,
    any_decided: usize,
    violated: BTreeSet<&'static str>,
    liveness: BTreeSet<LivenessVerdict>,
    steps: BTreeSet<String>,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.states += other.states;
        self.worlds += other.worlds;
        self.complete += other.complete;
        self.any_messages += other.any_messages;
        self.any_decided += other.any_decided;
        self.violated.extend(&other.violated);
        self.liveness.extend(&other.liveness);
        self.steps.extend(other.steps.iter().cloned());
    }

    /// A test that compares nothing must fail.
    fn check_variety(&self) {
        assert_eq!(self.steps.len(), STEPS.len(), "some step was never drawn");
        assert!(self.complete * 3 > self.worlds, "too few worlds were searched completely");
        assert!(self.any_messages > 20 && self.any_decided > 0);
        assert_eq!(self.liveness.len(), 3, "some verdict on liveness never occurred");
        assert!(self.violated.len() + 2 > Safety::ALL.len(), "only {:?} were violated", self.violated);
    }
}

impl Engines {
    fn started() -> Self {
        let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        Self { pools: [pool(1), pool(2)], clusters: [1, 2].map(|workers| Cluster::local(Some(workers)).unwrap()) }
    }

    fn compare(&self, seed: u64) -> Tally {
        let mut draw = Draw::seeded(seed);
        let scenario = draw.scenario();
        let _under_test = UnderTest { seed, scenario: &scenario };
        let is_large = draw.one_in(LARGE_EVERY);
        let states_max = if is_large { STATES_MAX_LARGE } else { STATES_MAX };
        let mut tally = Tally { steps: steps_of(&scenario.spec), ..Tally::default() };
        if scenario.has_any_messages {
            self.compare_any_messages(&scenario, states_max, &mut tally);
        } else {
            self.compare_worlds(&scenario.spec, is_large, states_max, &mut tally);
        }
        tally
    }

    fn compare_worlds(&self, spec: &Spec, is_large: bool, states_max: usize, tally: &mut Tally) {
        for answers in combinations_of(spec) {
            let few = few(states_max);
            // A predecessor with too many states has no final states to start from.
            let Ok(world) = world(spec, answers, Engine::Exact, &few) else { continue };
            let limits = within_reach(&self.pools[0].install(|| Engine::Exact.search(&world, &few)));
            let search = |engine: Engine, limits: &Limits<'_>| engine.search(&world, limits);
            let found = self.compare_searches(&search, is_large, &limits);
            if !is_large {
                let steps_max = limits.depth_max.unwrap_or(usize::MAX);
                assert_eq!((found.states, found.depth, found.lengths.clone()), by_the_book(&world, steps_max));
            }
            tally.note(&found);
            if found.truncated.is_none() && found.states <= STATES_BY_DEFINITION {
                tally.liveness.extend(compare_liveness(&world));
            }
        }
        let limits = few(states_max);
        let checked = |engine: Engine, limits: &Limits<'_>, pool: usize| {
            let limits = Limits { cluster: Some(&self.clusters[pool]), ..*limits };
            self.pools[pool].install(|| check(spec, engine, &limits))
        };
        let plain = checked(Engine::Exact, &limits, 0);
        if plain.is_complete() {
            let reduced = Limits { symmetry: true, ..limits };
            for (engine, limits, pool) in
                [(Engine::Exact, &reduced, 1), (Engine::Timely, &reduced, 1), (Engine::Stateright, &limits, 1)]
            {
                let other = checked(engine, limits, pool);
                assert_eq!(verdicts(&plain), verdicts(&other), "{engine} with symmetry {}", limits.symmetry);
            }
        }
    }

    /// Searches the same rules by every engine, and returns what they agree on.
    fn compare_searches<C: std::fmt::Debug + PartialEq + Send>(
        &self,
        search: &(impl Fn(Engine, &Limits<'_>) -> Search<C> + Sync),
        is_large: bool,
        limits: &Limits<'_>,
    ) -> Essence {
        let plain = self.pools[0].install(|| search(Engine::Exact, limits));
        let essence = Essence::within_limits(&plain);
        for symmetry in [false, true] {
            let alone = self.pools[0].install(|| search(Engine::Exact, &Limits { symmetry, ..*limits }));
            assert_eq!(Essence::within_limits(&alone), essence, "symmetry {symmetry}");
            for (pool, cluster) in self.pools.iter().zip(&self.clusters) {
                let limits = Limits { symmetry, cluster: Some(cluster), ..*limits };
                for engine in [Engine::Exact, Engine::Timely] {
                    let found = pool.install(|| search(engine, &limits));
                    let threads = pool.current_num_threads();
                    let what = format!("{engine} with {threads} threads, symmetry {symmetry}");
                    assert_eq!(Essence::within_limits(&found), essence, "{what}");
                    assert_eq!(found.representatives, alone.representatives, "{what}");
                    assert_eq!(found.violations, alone.violations, "{what}: the paths differ");
                }
            }
        }
        if !is_large {
            assert_eq!(Essence::within_limits(&search(Engine::Stateright, limits)), essence, "stateright");
        }
        essence
    }

    /// Compares the engines on the counter abstraction, and its verdicts with those for few messages.
    fn compare_any_messages(&self, scenario: &DrawnScenario, states_max: usize, tally: &mut Tally) {
        let few = few(states_max);
        for answers in combinations_of(&scenario.spec) {
            let Ok(abstraction) = counter_abstraction(&scenario.spec, answers, Engine::Exact, &few) else { continue };
            let search = |engine: Engine, limits: &Limits<'_>| engine.search_counter_abstraction(&abstraction, limits);
            let limits = within_reach(&self.pools[0].install(|| search(Engine::Exact, &few)));
            let found = self.compare_searches(&search, false, &limits);
            tally.note(&found);
            tally.any_messages += 1;
        }
        let many = Limits { states_max: Some(STATES_MAX_LARGE), ..few };
        let any = self.pools[1].install(|| check(&scenario.spec, Engine::Exact, &many));
        let by_number = NUMBERS.map(|messages| scenario.with_messages(messages)).collect::<Vec<_>>();
        let by_number: Vec<Checked<'_>> =
            by_number.iter().map(|spec| self.pools[1].install(|| check(spec, Engine::Exact, &many))).collect();
        for case in &any.combinations {
            let of_number: Vec<&Combination> = by_number
                .iter()
                .filter_map(|checked| {
                    checked.combinations.iter().find(|other| other.world.assumptions == case.world.assumptions)
                })
                .collect();
            tally.any_decided += usize::from(check_any(&scenario.spec, case, &of_number));
        }
    }
}

/// Checks the verdicts for any number of messages against those for one, two and three. Returns true if all were compared.
fn check_any(spec: &Spec, any: &Combination, of_number: &[&Combination]) -> bool {
    assert_eq!(any.search.defect, None);
    let is_complete = of_number.len() == NUMBERS.count() && of_number.iter().all(|one| one.search.truncated.is_none());
    for (property, verdict) in spec.properties().into_iter().zip(&any.verdicts) {
        let Property::Safety(safety) = property else { continue };
        let length =
            |case: &Combination| case.search.violations[safety as usize].as_ref().map(|path| path.actions.len());
        let first = of_number.iter().find_map(|case| length(case));
        let name = safety.name();
        match verdict {
            Verdict::Violated if is_complete => assert_eq!(length(any), first, "{name}: the lengths differ"),
            Verdict::Violated | Verdict::Inconclusive => {}
            Verdict::Holds => assert_eq!(first, None, "{name} holds for any number of messages, and not for some"),
            Verdict::Vacuous => {
                let is_exercised = |case: &&Combination| case.search.coverage.is_exercised(Invariant::BuiltIn(safety));
                assert!(!of_number.iter().any(is_exercised), "{name} is not vacuous for some number");
            }
            Verdict::Depends | Verdict::Error => panic!("{name} has the verdict {verdict:?} in one combination"),
        }
        if is_complete && any.search.truncated.is_none() && *verdict == Verdict::Inconclusive {
            assert_eq!(first, None, "{name} is violated with few messages, and undecided for any number");
        }
    }
    is_complete && any.search.truncated.is_none()
}

impl Tally {
    fn note(&mut self, found: &Essence) {
        self.worlds += 1;
        self.states += found.states;
        self.complete += usize::from(found.truncated.is_none());
        let violated = Safety::ALL.into_iter().zip(&found.lengths).filter(|(_, length)| length.is_some());
        self.violated.extend(violated.map(|(safety, _)| safety.name()));
    }
}

/// Compares the search for liveness with the definition, and returns the verdicts.
fn compare_liveness(world: &World) -> Vec<LivenessVerdict> {
    let results = liveness_results(world, &Liveness::ALL, &Limits::default()).unwrap();
    let reachable = Reachable::of(world);
    let compare = |(property, result): (Liveness, LivenessResult)| {
        let verdict = match &result {
            LivenessResult::Vacuous => LivenessVerdict::Vacuous,
            LivenessResult::Holds => LivenessVerdict::Holds,
            LivenessResult::Violated(_) => LivenessVerdict::Violated,
        };
        assert_eq!(verdict, reachable.verdict(property), "{}", property.name());
        if let LivenessResult::Violated(lasso) = result {
            let states = lasso.path.states(world);
            assert_eq!(states.get(lasso.repeats_from), states.last(), "the loop of {} closes", property.name());
            let mut around = states[lasso.repeats_from..].iter();
            assert!(around.all(|state| !property.is_reached(world, state, MailboxId(0))), "{}", property.name());
        }
        verdict
    };
    Liveness::ALL.into_iter().zip(results).map(compare).collect()
}

fn few(states_max: usize) -> Limits<'static> {
    Limits { states_max: Some(states_max), depth_max: Some(DEPTH_MAX), ..Limits::default() }
}

/// Returns limits within which every engine finds the same: the last step of a truncated search is left out.
fn within_reach<C>(found: &Search<C>) -> Limits<'static> {
    let depth_max = found.truncated.map(|_| found.depth.saturating_sub(1));
    Limits { depth_max, ..Limits::default() }
}

fn verdicts(checked: &Checked<'_>) -> Vec<(Property, Verdict)> {
    checked.results.iter().map(|one| (one.property, one.verdict)).collect()
}

/// Returns the words of the steps of all procedures that the scenario's text defines.
fn steps_of(spec: &Spec) -> BTreeSet<String> {
    let is_step = |line: &&str| line.starts_with("do = ");
    let word = |line: &str| line.trim_start_matches("do = ").trim_matches('"').to_owned();
    spec.text.lines().filter(is_step).map(word).collect()
}
