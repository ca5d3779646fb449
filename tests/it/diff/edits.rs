//! Random edits of built-in procedures: the comparison of the program against sequences that this test enumerates by itself. It names
//! actions by their text, writes down the whole graph of each side, and extends all sequences of one length by one action.

use std::collections::{BTreeMap, BTreeSet};

use pretty_assertions::assert_eq;
use rayon::prelude::*;
use stranded_model::action::Action;
use stranded_model::state::State;
use stranded_model::{Occurrence, World};
use stranded_search::check::world;
use stranded_search::diff::{CombinationDiff, Conclusion, Diff, Direction, compare};
use stranded_search::engine::{Engine, Limits, Truncation};
use stranded_search::scenario::{Spec, builtin, parse_scenario};
use toml::{Table, Value};

use crate::process::Drawn;

/// The number of edits.
const COUNT: u64 = 500;

/// A random edit of a procedure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Edit {
    Remove,
    Duplicate,
    Swap,
    Change,
    Relabel,
}

const EDITS: [Edit; 5] = [Edit::Remove, Edit::Duplicate, Edit::Swap, Edit::Change, Edit::Relabel];

impl Edit {
    /// Applies the edit to some step.
    fn apply(self, steps: &mut Vec<Value>, draw: &mut Drawn) {
        let at = below(draw, steps.len());
        match self {
            Self::Remove => drop(steps.remove(at)),
            Self::Duplicate => {
                let mut copy = steps[at].clone();
                copy.as_table_mut().unwrap().remove("label");
                steps.insert(at + 1, copy);
            }
            Self::Swap => {
                let next = (at + 1) % steps.len();
                steps.swap(at, next);
            }
            Self::Change => change(steps[at].as_table_mut().unwrap(), draw),
            Self::Relabel => relabel(steps),
        }
    }
}

fn below(draw: &mut Drawn, max: usize) -> usize {
    usize::try_from(draw.below(max as u64)).unwrap()
}

/// Changes one argument of a step to another value that may be valid.
fn change(step: &mut Table, draw: &mut Drawn) {
    let other = |value: &str| match value {
        "from" => Some("to"),
        "to" => Some("from"),
        "ok" => Some("failed"),
        "failed" => Some("ok"),
        _ => None,
    };
    let keys: Vec<String> = step
        .iter()
        .filter(|(_, value)| value.as_str().is_some_and(|word| other(word).is_some()))
        .map(|(key, _)| key.clone())
        .collect();
    if !keys.is_empty() {
        let key = &keys[below(draw, keys.len())];
        let new = other(step[key].as_str().unwrap()).unwrap();
        step.insert(key.clone(), new.into());
    }
}

/// Gives every label another name.
fn relabel(steps: &mut [Value]) {
    let renamed = |label: &Value| Value::String(format!("new-{}", label.as_str().unwrap()));
    for step in steps.iter_mut().map(|step| step.as_table_mut().unwrap()) {
        if let Some(label) = step.get_mut("label") {
            *label = renamed(label);
        }
        if let Some(Value::Table(handlers)) = step.get_mut("on") {
            handlers.iter_mut().for_each(|(_, label)| *label = renamed(label));
        }
    }
}

/// A small scenario in which one administrator runs a procedure.
struct Surroundings {
    messages: usize,
    delivery: &'static str,
    faults: &'static [&'static str],
}

impl Surroundings {
    fn drawn(draw: &mut Drawn) -> Self {
        let faults: [&[&str]; 6] = [&[], &[], &[], &[], &["program-dies"], &["reply-lost"]];
        Self {
            messages: 1 + below(draw, 2),
            delivery: ["never", "before", "until-repair", "any-time"][below(draw, 4)],
            faults: faults[below(draw, 6)],
        }
    }

    fn with(&self, procedure: &Table) -> Option<Spec> {
        let Self { messages, delivery, faults } = self;
        let (faults_max, runs_max) = if faults.is_empty() { (0, 1) } else { (1, 2) };
        let head = format!(
            "name = \"edited\"\nfamily = \"user\"\n[site]\nservers = [\"source\", \"destination\"]\nmailboxes = 1\n\
             messages = {messages}\n[environment]\ndelivery = \"{delivery}\"\nfaults = {faults:?}\nfaults-max = {faults_max}\n\
             [[run]]\nadministrator = \"admin\"\nprocedure = \"mine\"\nfrom = \"source\"\nto = \"destination\"\nruns-max = {runs_max}\n"
        );
        let mut root: Table = toml::from_str(&head).unwrap();
        root.insert("procedure".to_owned(), vec![procedure.clone()].into());
        let none = |path: &str| Err(std::io::Error::new(std::io::ErrorKind::NotFound, path.to_owned()));
        parse_scenario("edited.toml", &toml::to_string(&root).unwrap(), &none).ok()
    }
}

/// Draws a procedure and an edit of it that the reader of procedures accepts.
fn drawn(draw: &mut Drawn) -> (Spec, Spec, Vec<Edit>) {
    let names = ["move", "move-of-the-article", "method-1", "method-2", "q162998", "guarded-move", "append-repair"];
    loop {
        let surroundings = Surroundings::drawn(draw);
        let text = builtin::procedure(names[below(draw, names.len())]).unwrap().text;
        let mut procedure: Table = toml::from_str(text).unwrap();
        procedure.insert("name".to_owned(), "mine".into());
        let Some(old) = surroundings.with(&procedure) else { continue };
        let edits: Vec<Edit> = (0..=below(draw, 2)).map(|_| EDITS[below(draw, EDITS.len())]).collect();
        for edit in &edits {
            edit.apply(procedure["step"].as_array_mut().unwrap(), draw);
        }
        if let Some(new) = surroundings.with(&procedure) {
            return (old, new, edits);
        }
    }
}

/// Returns an action as text: administrator, act with its servers, message and result.
fn seen(world: &World, before: &State, action: &Action, occurrence: &Occurrence) -> String {
    let (Action::Act { administrator, message, fate, mailbox }, Some(executed)) = (action, &occurrence.step) else {
        let start = if let Action::Start { mailbox, administrator, .. } = action {
            Some((mailbox, administrator))
        } else {
            None
        };
        return start.map_or_else(|| format!("{action:?}"), |(mailbox, who)| format!("{who:?} starts on {mailbox:?}"));
    };
    let run = world.scenario.run(executed.run);
    let execution = before.accounts[*mailbox].programs[*administrator].execution().unwrap();
    let (_, step) = executed.in_procedure(world);
    let text = format!("{:?}", step.act);
    let text = text.split(", says:").next().unwrap();
    let mut words = String::new();
    let mut token = String::new();
    for letter in text.chars().chain([' ']) {
        if letter.is_alphanumeric() {
            token.push(letter);
            continue;
        }
        let server = match std::mem::take(&mut token).as_str() {
            "From" => Some(run.from),
            "To" => Some(run.to),
            "ConnectedTo" => Some(run.connected_to),
            "Earlier" => Some(run.from.min(run.to)),
            "Later" => Some(run.from.max(run.to)),
            "Home" => execution.memory.home,
            other => {
                words.push_str(other);
                None
            }
        };
        words.extend(server.map(|server| format!("Server({server:?})")));
        words.push(letter);
    }
    let (result, finished, ended) = (executed.result, executed.finished, executed.ended);
    let visited = execution.visited;
    format!("{administrator:?} {mailbox:?} {words} {visited} {message:?} {fate:?} {result:?} {finished} {ended:?}")
}

/// The states of one side after one sequence.
type States = BTreeSet<State>;

/// Returns the states after one more action, by the text of the action.
fn extended(world: &World, states: &States) -> BTreeMap<String, States> {
    let mut after: BTreeMap<String, States> = BTreeMap::new();
    for state in states {
        for action in world.actions() {
            if let Ok(occurrence) = world.occur(state, action) {
                after.entry(seen(world, state, action, &occurrence)).or_default().insert(occurrence.state);
            }
        }
    }
    after
}

/// The reachable states of a world, each with its successors by the text of the action.
struct Written {
    initial: BTreeSet<usize>,
    successors: Vec<BTreeMap<String, BTreeSet<usize>>>,
}

impl Written {
    fn of(world: &World) -> Self {
        let mut states = world.initial.clone();
        let mut numbers: BTreeMap<State, usize> = states.iter().cloned().zip(0..).collect();
        let initial = numbers.values().copied().collect();
        let mut successors = Vec::new();
        while let Some(state) = states.get(successors.len()).cloned() {
            let mut number = |state: State| {
                let next = states.len();
                *numbers.entry(state.clone()).or_insert_with(|| {
                    states.push(state);
                    next
                })
            };
            let after = extended(world, &States::from([state])).into_iter();
            successors.push(after.map(|(text, after)| (text, after.into_iter().map(&mut number).collect())).collect());
        }
        Self { initial, successors }
    }

    fn after(&self, states: &BTreeSet<usize>) -> BTreeMap<&str, BTreeSet<usize>> {
        let mut after: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        for (text, states) in states.iter().flat_map(|state| &self.successors[*state]) {
            after.entry(text).or_default().extend(states);
        }
        after
    }
}

/// The lengths of the shortest sequences that only one side has.
#[derive(Debug, Default)]
struct Shortest {
    allowed: Option<usize>,
    forbidden: Option<usize>,
}

impl Shortest {
    /// Takes all sequences of one length that both sides have, those that lead to the same states together, and extends each.
    fn of(old: &Written, new: &Written) -> Self {
        let mut found = Self::default();
        let mut both = BTreeSet::from([(old.initial.clone(), new.initial.clone())]);
        let mut seen = both.clone();
        for length in 1.. {
            let mut longer = BTreeSet::new();
            for (olds, news) in &both {
                let (olds, news) = (old.after(olds), new.after(news));
                for (text, olds) in &olds {
                    match news.get(text) {
                        Some(news) => {
                            let pair = (olds.clone(), news.clone());
                            if seen.insert(pair.clone()) {
                                longer.insert(pair);
                            }
                        }
                        None => found.forbidden = found.forbidden.or(Some(length)),
                    }
                }
                if news.keys().any(|text| !olds.contains_key(text)) {
                    found.allowed = found.allowed.or(Some(length));
                }
            }
            if longer.is_empty() || (found.allowed.is_some() && found.forbidden.is_some()) {
                break;
            }
            both = longer;
        }
        found
    }
}

/// Checks that one side has the path of a difference, and that the other side lacks exactly its last action.
fn check_path(case: &CombinationDiff, direction: Direction) {
    let Some(difference) = &case.inclusion(direction).difference else { return };
    let (has, lacks) = case.worlds(direction);
    let mut states: States = lacks.initial.iter().cloned().collect();
    let mut state = difference.path.initial.clone();
    for (number, action) in (1..).zip(&difference.path.actions) {
        let occurrence = has.occur(&state, action).unwrap();
        let text = seen(has, &state, action, &occurrence);
        let instead = extended(lacks, &states).remove(&text);
        assert_eq!(instead.is_none(), number == difference.path.actions.len(), "step {number}");
        states = instead.unwrap_or_default();
        state = occurrence.state;
    }
}

/// Counts of the comparisons: a test that compares nothing must fail.
#[derive(Debug, Default)]
struct Tally {
    alike: usize,
    different: usize,
    truncated: usize,
    one_way: usize,
    verdicts: usize,
    longest: usize,
}

impl Tally {
    fn of(old: &Spec, new: &Spec, edits: &[Edit], what: &str) -> Self {
        let diff: Diff<'_> = compare(old, new, &Limits::default());
        if diff.truncated() == Some(Truncation::Versions) {
            return Self { truncated: 1, ..Self::default() };
        }
        let mut tally = Self::default();
        for case in &diff.combinations {
            let written =
                |spec: &Spec| Written::of(&world(spec, case.answers, Engine::Exact, &Limits::default()).unwrap());
            let shortest = Shortest::of(&written(old), &written(new));
            for (direction, wanted) in Direction::ALL.into_iter().zip([shortest.allowed, shortest.forbidden]) {
                let inclusion = case.inclusion(direction);
                assert_eq!(inclusion.truncated, None, "{what}");
                let length = inclusion.difference.as_ref().map(|difference| difference.path.actions.len());
                assert_eq!(length, wanted, "{what}: {direction:?}");
                check_path(case, direction);
                tally.longest = tally.longest.max(length.unwrap_or(0));
            }
            tally.one_way = usize::from(shortest.allowed.is_some() != shortest.forbidden.is_some());
        }
        let is_alike = Direction::ALL.iter().all(|direction| diff.shortest(*direction).is_none());
        if edits.iter().all(|edit| *edit == Edit::Relabel) {
            assert!(is_alike, "{what}");
        }
        if is_alike {
            assert_eq!(diff.verdict_changes(), [], "{what}: the same behaviours, other verdicts");
        }
        assert_eq!(diff.conclusion(), if is_alike { Conclusion::Alike } else { Conclusion::Different }, "{what}");
        tally.verdicts = usize::from(!diff.verdict_changes().is_empty());
        Self { alike: usize::from(is_alike), different: usize::from(!is_alike), ..tally }
    }

    fn with(self, other: Self) -> Self {
        Self {
            alike: self.alike + other.alike,
            different: self.different + other.different,
            truncated: self.truncated + other.truncated,
            one_way: self.one_way + other.one_way,
            verdicts: self.verdicts + other.verdicts,
            longest: self.longest.max(other.longest),
        }
    }
}

#[test]
fn the_shortest_differences_of_random_edits_are_those_of_enumerated_sequences() {
    let compared = (0..COUNT).into_par_iter().map(|number| {
        let mut draw = Drawn(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (old, new, edits) = drawn(&mut draw);
        Tally::of(&old, &new, &edits, &format!("edit {number}: {edits:?}\n{}\n{}", old.text, new.text))
    });
    let tally = compared.reduce(Tally::default, Tally::with);
    eprintln!("{tally:?}");
    assert!(tally.alike > 50 && tally.different > 200 && tally.truncated < 50, "{tally:?}");
    assert!(tally.one_way > 0 && tally.verdicts > 50 && tally.longest > 5, "{tally:?}");
}
