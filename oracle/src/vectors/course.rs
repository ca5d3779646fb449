//! All that may be answered and seen on a way, under any answer to the assumptions: what the oracle would keep, worked out
//! beforehand, with everything that nobody can tell apart from there on put together.

use std::collections::{BTreeMap, BTreeSet};

use stranded_model::action::{Action, ActionKind};
use stranded_model::id::{Id, MailboxId};
use stranded_model::procedure::Outcome as Result;
use stranded_model::state::State;
use stranded_model::table::Table;

use crate::oracle::asked::operation;
use crate::oracle::explanation::{Effect, Status};
use crate::oracle::step::{Names, Op, Step as Asked, Told};
use crate::oracle::{Belief, Beliefs, Explanation, observed};
use crate::protocol::{Done, Event, Observation, Operation};
use stranded_search::names;
use stranded_search::scenario::Spec;

use super::file::{Allowed, Harm, Level, Outcome, SCHEMA, Step, Vector};
use super::map::{self, Map, Path, RequestBody};
use super::{Wanted, required};

/// The most explanations of one place that are kept at once.
pub(super) const EXPLANATIONS_MAX: usize = 20_000;
/// The most places of one step. Beyond, the way is cut: nobody could read the vector.
const PLACES_MAX: usize = 400;

/// What became of a way.
#[derive(Debug)]
pub(super) struct Course {
    /// How many of its asks are in the vector.
    pub(super) asked: usize,
    /// Whether that is not all.
    pub(super) is_truncated: bool,
    /// None if nothing is left of it.
    pub(super) vector: Option<Vector>,
}

/// What may come of a step, place by place, before places are put together. Locations are numbered as they are found.
enum Found {
    Do(Operation, Vec<Following<(Done, Option<Done>)>>),
    Observe(String, Vec<Following<Observation>>),
}

impl Course {
    pub(super) fn of(wanted: &Wanted<'_>, beliefs: &mut Beliefs, map: &Map<'_>, path: &Path) -> Self {
        let mut walk = Walk::new(wanted, beliefs, &map.world.initial[path.start]);
        let first = walk.places.clone();
        let mut operations = Vec::new();
        let mut covers = BTreeSet::new();
        let mut at = map.world.initial[path.start].clone();
        let mut is_truncated = false;
        for (body, to) in &path.asks {
            let Some(asked) = walk.operation(body, &at) else { break };
            let kept = (walk.found.len(), walk.places.clone());
            if !walk.take(&asked, *body) {
                walk.found.truncate(kept.0);
                walk.places = kept.1;
                is_truncated = true;
                break;
            }
            covers.insert(map::name(map.world, &at, body));
            operations.push(asked);
            if let Some(to) = to {
                at = map.state(*to).clone();
            }
        }
        let asked = operations.len();
        let mailboxes = walk.mailboxes().count();
        let (start, found) = (walk.start, walk.found);
        if asked == 0 {
            return Self { asked, is_truncated, vector: None };
        }
        let (initial, steps) = together(first.len(), found);
        debug_assert_eq!(steps.len(), asked * (1 + mailboxes));
        let mut vector = Vector {
            id: String::new(),
            schema: SCHEMA,
            scenario: wanted.spec.name.clone(),
            model_hash: stranded_search::model_hash(),
            source: sources(wanted.spec, &operations),
            covers: covers.into_iter().collect(),
            requires: required(&operations),
            start,
            initial,
            steps,
        };
        vector.id = vector.hash();
        Self { asked, is_truncated, vector: Some(vector) }
    }
}

/// A way as it is gone.
struct Walk<'a, 'b> {
    wanted: &'a Wanted<'a>,
    beliefs: &'b mut Beliefs,
    names: Names<'a>,
    /// The messages of each mailbox in the order in which they arrive on the way, for their names.
    now: Explanation,
    start: BTreeMap<String, Observation>,
    places: Vec<Belief>,
    found: Vec<Found>,
}

impl<'a, 'b> Walk<'a, 'b> {
    fn new(wanted: &'a Wanted<'a>, beliefs: &'b mut Beliefs, initial: &State) -> Self {
        let worlds = beliefs.scenes().iter().flat_map(|scene| &scene.world.initial);
        let at_first = crate::oracle::at_first(worlds, wanted.spec.scenario.site.mailboxes);
        let mut names = Names::new(wanted.spec, at_first);
        let arrivals = Table::of(initial.accounts.count(), |mailbox: MailboxId| {
            initial.accounts[mailbox].record.accepted.iter().map(|message| message.0).collect()
        });
        let now = Explanation { world: 0, state: initial.clone(), arrivals, calls: Vec::new() };
        let is_fresh = wanted.spec.from.is_none() && wanted.spec.scenario.start.is_none();
        let mailboxes = (0..wanted.spec.scenario.site.mailboxes).map(MailboxId::at);
        let observation =
            |mailbox| (names::mailbox(mailbox), observed::observation(wanted.spec, &names, &now, mailbox));
        let start: BTreeMap<String, Observation> = mailboxes.filter(|_| !is_fresh).map(observation).collect();
        let reset = names.step(&Event::Reset { start: start.clone() });
        let looks = match reset.expect("a scenario has names for all that it starts with") {
            Asked::Reset(looks) => looks,
            Asked::Did(..) | Asked::Call(..) | Asked::Return(..) | Asked::Observed(..) => Vec::new(),
        };
        let all = beliefs.initial(&looks);
        let places = beliefs.each(all);
        Self { wanted, beliefs, names, now, start, places, found: Vec::new() }
    }

    fn mailboxes(&self) -> impl Iterator<Item = MailboxId> + use<> {
        (0..self.wanted.spec.scenario.site.mailboxes).map(MailboxId::at)
    }

    /// What an implementation is asked for this; none if it has no name, which a message has as soon as it has arrived.
    fn operation(&mut self, body: &RequestBody, state: &State) -> Option<Operation> {
        self.now.state = state.clone();
        match *body {
            RequestBody::Act(action) => operation(self.wanted.spec, &self.names, &self.now, &action),
            RequestBody::Run { mailbox, administrator, run, crash } => {
                let start = Action::Start { mailbox, administrator, run };
                let Operation::Start { run } = operation(self.wanted.spec, &self.names, &self.now, &start)? else {
                    return None;
                };
                Some(Operation::Run { run, crash })
            }
        }
    }

    /// Works out what may be answered to something that is asked, and seen after it; whether that is not too much.
    fn take(&mut self, asked: &Operation, body: RequestBody) -> bool {
        let Ok(op) = self.names.op(asked) else { return false };
        if let (Op::Deliver { mailbox, message, .. }, RequestBody::Act(Action::Deliver { .. })) = (op, body) {
            self.now.arrivals[mailbox].push(message);
        }
        self.answers(asked, op) && self.mailboxes().all(|mailbox| self.observations(mailbox))
    }

    fn answers(&mut self, asked: &Operation, op: Op) -> bool {
        let is_crash = matches!(op, Op::Run { crash: true, .. });
        let mut next = Locations::default();
        let mut of_places = Vec::new();
        for place in std::mem::take(&mut self.places) {
            let mut outcomes = BTreeMap::new();
            for reported in reported(asked) {
                let Ok(after) = self.beliefs.after(place, &Asked::Did(op, reported)) else { return false };
                if self.beliefs.is_empty(after) {
                    continue;
                }
                // Who says nothing may still be at it for ever, so a vector ends there.
                let ends = reported.result == Result::Unknown && !is_crash;
                let to = if ends { BTreeSet::new() } else { next.numbers(&self.beliefs.each(after)) };
                outcomes.insert((reported.result.into(), reported.ended.map(Into::into)), to);
            }
            if self.may_go_beyond(place, op) {
                outcomes.insert((Done::Refused, None), BTreeSet::new());
            }
            of_places.push(outcomes);
        }
        self.places = next.all;
        self.found.push(Found::Do(asked.clone(), of_places));
        self.places.len() <= PLACES_MAX && !self.places.is_empty()
    }

    /// Whether in some explanation only the bounds of the scenario forbid it: of what a system does there, nothing is known.
    fn may_go_beyond(&mut self, place: Belief, op: Op) -> bool {
        let open = self.beliefs.closed(place).unwrap_or_default();
        let is_beyond = |status: Status| matches!(status, Status::Over(Effect::Refused(reason)) if reason.is_bound());
        open.iter().any(|number| {
            let now = self.beliefs.explanation(*number);
            self.beliefs.scene(now).begin(now, &op).into_iter().any(|(status, _)| is_beyond(status))
        })
    }

    fn observations(&mut self, mailbox: MailboxId) -> bool {
        let mut next = Locations::default();
        let mut of_places = Vec::new();
        for place in std::mem::take(&mut self.places) {
            let Ok(open) = self.beliefs.closed(place) else { return false };
            let mut observations: BTreeMap<Observation, BTreeSet<usize>> = BTreeMap::new();
            for number in open {
                let now = self.beliefs.explanation(number);
                let observation = observed::observation(self.wanted.spec, &self.names, now, mailbox);
                let single = self.beliefs.single(number);
                observations.entry(observation).or_default().insert(next.number(single));
            }
            of_places.push(observations);
        }
        self.places = next.all;
        self.found.push(Found::Observe(names::mailbox(mailbox), of_places));
        self.places.len() <= PLACES_MAX
    }
}

/// Locations that were found after a step.
#[derive(Default)]
struct Locations {
    all: Vec<Belief>,
    numbers: BTreeMap<Belief, usize>,
}

impl Locations {
    fn number(&mut self, place: Belief) -> usize {
        *self.numbers.entry(place).or_insert_with(|| {
            self.all.push(place);
            self.all.len() - 1
        })
    }

    fn numbers(&mut self, places: &[Belief]) -> BTreeSet<usize> {
        places.iter().map(|place| self.number(*place)).collect()
    }
}

/// Every answer that differs from the others.
fn reported(asked: &Operation) -> Vec<Told> {
    let just = |result| Told { result, ended: None };
    let mut all: Vec<Told> = Result::ALL.into_iter().map(just).collect();
    if matches!(asked.kind(), Some(ActionKind::Act | ActionKind::RequestLost | ActionKind::ReplyLost)) {
        all.extend(Result::ALL.into_iter().map(|ended| Told { result: Result::Ok, ended: Some(ended) }));
    }
    all
}

/// Puts places together from which the same may follow, from the last step backwards, and numbers them by what that is.
fn together(first: usize, found: Vec<Found>) -> (Vec<usize>, Vec<Step>) {
    let mut steps = Vec::new();
    // The new number of each place after the step; after the last one nothing tells them apart.
    let mut after: Option<Vec<usize>> = None;
    for step in found.into_iter().rev() {
        let renumbered = |places: &BTreeSet<usize>| -> BTreeSet<usize> {
            places.iter().map(|place| after.as_ref().map_or(0, |numbers| numbers[*place])).collect()
        };
        let (step, numbers) = match step {
            Found::Do(operation, of_places) => {
                let (kinds, numbers) = kinds(&of_places, renumbered);
                (answered(operation, &kinds), numbers)
            }
            Found::Observe(mailbox, of_places) => {
                let (kinds, numbers) = kinds(&of_places, renumbered);
                (observed(mailbox, &kinds), numbers)
            }
        };
        steps.push(step);
        after = Some(numbers);
    }
    steps.reverse();
    let initial: BTreeSet<usize> =
        after.map_or_else(BTreeSet::new, |numbers| numbers[..first].iter().copied().collect());
    (initial.into_iter().collect(), steps)
}

type Following<T> = BTreeMap<T, BTreeSet<usize>>;

/// The kinds of place there are, in order, and the kind of each place.
fn kinds<T: Ord + Clone>(
    of_places: &[Following<T>],
    renumbered: impl Fn(&BTreeSet<usize>) -> BTreeSet<usize>,
) -> (Vec<Following<T>>, Vec<usize>) {
    let known = |following: &Following<T>| -> Following<T> {
        following.iter().map(|(what, places)| (what.clone(), renumbered(places))).collect()
    };
    let of_places: Vec<Following<T>> = of_places.iter().map(known).collect();
    let kinds: BTreeSet<&Following<T>> = of_places.iter().collect();
    let kinds: Vec<Following<T>> = kinds.into_iter().cloned().collect();
    let kind = |following: &Following<T>| kinds.binary_search(following).unwrap_or_default();
    let numbers = of_places.iter().map(kind).collect();
    (kinds, numbers)
}

/// From which places to which, and from which places nowhere.
#[derive(Clone, Debug, Default)]
struct Moves {
    moves: Vec<(usize, usize)>,
    ends: Vec<usize>,
}

/// Each thing that may follow, with its moves.
fn moves<T: Ord + Clone>(kinds: &[Following<T>]) -> BTreeMap<T, Moves> {
    let mut all: BTreeMap<T, Moves> = BTreeMap::new();
    for (from, following) in kinds.iter().enumerate() {
        for (what, places) in following {
            let found = all.entry(what.clone()).or_default();
            found.moves.extend(places.iter().map(|to| (from, *to)));
            found.ends.extend(places.is_empty().then_some(from));
        }
    }
    all
}

fn answered(operation: Operation, kinds: &[Following<(Done, Option<Done>)>]) -> Step {
    let moves = moves(kinds);
    let is_definite = |(result, _): &(Done, Option<Done>)| matches!(result, Done::Ok | Done::Refused);
    let definite: Vec<&(Done, Option<Done>)> = moves.keys().filter(|answer| is_definite(answer)).collect();
    let failed = [&(Done::Failed, None)];
    // Where nothing else can come of it, failing is what it has to do.
    let must: Option<(Done, Option<Done>)> = match definite[..] {
        [] => failed.into_iter().find(|answer| moves.contains_key(answer)).copied(),
        [only] => kinds.iter().all(|following| following.contains_key(only)).then_some(*only),
        [..] => None,
    };
    let level = |answer: &(Done, Option<Done>)| if must == Some(*answer) { Level::Must } else { Level::May };
    let must_not = [Done::Ok, Done::Refused].into_iter().filter(|one| !moves.keys().any(|(result, _)| result == one));
    let must_not = must_not.collect();
    let outcome = |(answer, Moves { moves, ends }): ((Done, Option<Done>), Moves)| Outcome {
        result: answer.0,
        ended: answer.1,
        level: level(&answer),
        moves,
        ends,
    };
    Step::Do { operation, outcomes: moves.clone().into_iter().map(outcome).collect(), must_not }
}

fn observed(mailbox: String, kinds: &[Following<Observation>]) -> Step {
    let moves = moves(kinds);
    let level = if moves.len() == 1 { Level::Must } else { Level::May };
    let everywhere = moves.keys().map(kept).reduce(|all, one| all.intersection(&one).cloned().collect());
    let lost = everywhere.unwrap_or_default().into_iter().collect();
    let allowed = |(observation, Moves { moves, .. })| Allowed { observation, level, moves };
    Step::Observe { mailbox, observations: moves.into_iter().map(allowed).collect(), must_not: Harm { lost } }
}

/// The messages that are anywhere.
fn kept(observation: &Observation) -> BTreeSet<String> {
    let stored = observation.stores.values().flatten().filter_map(|store| store.messages.as_ref());
    let lists = [&observation.queued, &observation.returned, &observation.saved].into_iter().flatten();
    stored.chain(lists).flatten().cloned().collect()
}

/// The sources of what is asked: of the scenario, of each kind of action, and of each procedure that is run.
fn sources(spec: &Spec, operations: &[Operation]) -> Vec<String> {
    let of_kinds =
        operations.iter().filter_map(Operation::kind).flat_map(ActionKind::sources).map(|source| (*source).to_owned());
    let runs = operations.iter().any(|operation| matches!(operation, Operation::Run { .. } | Operation::Start { .. }));
    let of_runs = spec.scenario.runs().filter(|_| runs).flat_map(|(_, run)| run.procedure.source.clone());
    let all: BTreeSet<String> = spec.source.iter().cloned().chain(of_kinds).chain(of_runs).collect();
    all.into_iter().collect()
}
