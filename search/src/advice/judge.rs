//! The judgement of one procedure: searches of all reachable states, under every answer to the assumptions that make a difference, and from
//! every state that the observation allows.

use std::cell::RefCell;

use stranded_model::assumption::{Assumption, Assumptions};
use stranded_model::scenario::{Delivery, Scenario};
use stranded_model::state::State;

use crate::check::combinations;
use crate::engine::{Graph, Limits};
use crate::snapshot::UnobservedFact;

use super::finding::{Finding, Judged, Tolerance, account, is_idle};
use super::plan::plan;
use super::starts::{Possibility, Sides, Start};
use super::world::{AdviceWorld, Setting};
use super::{Ability, Advice, AdviceCase, AdviceHarm, AdviceVerdict, Dependence};

/// Returns the advice on one procedure.
pub(super) fn advice(source: &AdviceWorld<'_>, limits: &Limits<'_>) -> Advice {
    let judge = Judge { source, limits, idle: RefCell::default() };
    let cases: Vec<AdviceCase> = source.circumstances.deliveries.iter().map(|delivery| judge.case(*delivery)).collect();
    let can_be_run = cases.iter().any(AdviceCase::can_be_run);
    // No administrator performs the steps of a procedure that does harm or refuses.
    let plan = if can_be_run { plan(source, limits) } else { None };
    let ability = Ability::of(source.snapshot, source.procedure, plan.as_ref(), source.circumstances.can_perform);
    Advice {
        procedure: source.procedure.clone(),
        from: source.from,
        to: source.to,
        ability,
        sessions: if can_be_run { judge.sessions() } else { None },
        cases,
        plan,
    }
}

/// The verdicts from some starts.
struct Verdicts {
    /// The worst verdict from each start.
    by_start: Vec<AdviceVerdict>,
    varied: Vec<Assumption>,
    can_return_mail: bool,
    /// The worst harm from each start that was searched alone.
    alone: Vec<(usize, Option<AdviceHarm>)>,
}

impl Verdicts {
    /// Returns the worst harm from a start, if the search has already found it.
    fn harm(&self, start: usize) -> Option<&Option<AdviceHarm>> {
        self.alone.iter().find(|(index, _)| *index == start).map(|(_, harm)| harm)
    }
}

/// The most facts of which all sets are tried.
const FACTS_MAX: usize = 12;

/// The end of the searches from some starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Until {
    /// Every start was searched under every answer to the assumptions.
    AllIsSearched,
    /// A search showed harm.
    Harm,
}

struct Judge<'a> {
    source: &'a AdviceWorld<'a>,
    limits: &'a Limits<'a>,
    /// The starts from which it is known whether the procedure changes anything without disturbance.
    idle: RefCell<Vec<(Undisturbed, bool)>>,
}

/// A start without disturbance.
#[derive(PartialEq, Eq)]
struct Undisturbed {
    setting: Setting,
    possibilities: Vec<Possibility>,
    assumptions: Assumptions,
}

impl Judge<'_> {
    fn case(&self, delivery: Delivery) -> AdviceCase {
        let setting = Setting::of(delivery, true);
        let facts = self.source.facts(setting);
        let (starts, others_max) = self.source.starts(setting, &facts);
        let verdicts = self.verdicts(setting, &starts, Until::AllIsSearched);
        let Verdicts { by_start, varied, can_return_mail, .. } = &verdicts;
        let harm_from = |start: usize| match verdicts.harm(start) {
            Some(known) => known.clone(),
            None => self.harm(setting, &starts[start]),
        };
        let is_harmful = |verdict: &AdviceVerdict| verdict.harm().is_some();
        let mut case = AdviceCase {
            delivery,
            verdict: AdviceVerdict::Safe,
            varied: varied.clone(),
            can_return_mail: *can_return_mail,
            harm: None,
            unobserved: Vec::new(),
            settling: Vec::new(),
            replicas: None,
            others_max,
        };
        let combinations = Combinations::of(&starts, by_start);
        if by_start.iter().any(is_harmful) && !combinations.all_are_harmful() {
            case.verdict = AdviceVerdict::Depends;
            let dependence = |(index, fact): (usize, &Sides)| {
                let (start, if_otherwise) = combinations.decided_by(index)?;
                let harm = harm_from(start)?;
                Some(Dependence { fact: fact.fact, if_otherwise, harm })
            };
            case.unobserved = facts.iter().enumerate().filter_map(dependence).collect();
            if case.unobserved.is_empty() {
                case.unobserved = together(&facts, &starts, by_start, harm_from);
            }
            case.settling = combinations.settled_by().into_iter().map(|index| facts[index].fact).collect();
        } else {
            case.verdict = match by_start.iter().max() {
                Some(worst) if is_harmful(worst) || matches!(worst, AdviceVerdict::Inconclusive(_)) => *worst,
                Some(_) | None => combinations.assumed(),
            };
            let shows = |index: &usize| by_start[*index] == case.verdict && is_harmful(&case.verdict);
            let nearest = (0..starts.len()).filter(shows).min_by_key(|index| starts[*index].others());
            case.harm = nearest.and_then(harm_from).map(Box::new);
        }
        if case.can_be_run() {
            case.replicas = self.replicas(setting);
        }
        case
    }

    /// Returns the worst verdict from each start. Starts with a mark are searched apart, because only there a mark is nothing new.
    fn verdicts(&self, setting: Setting, starts: &[Start], until: Until) -> Verdicts {
        let mut verdicts = Verdicts {
            by_start: vec![AdviceVerdict::Safe; starts.len()],
            varied: Vec::new(),
            can_return_mail: false,
            alone: Vec::new(),
        };
        for is_marked in [false, true] {
            let numbers: Vec<usize> =
                (0..starts.len()).filter(|index| starts[*index].is_marked() == is_marked).collect();
            let part: Vec<Start> = numbers.iter().map(|index| starts[*index].clone()).collect();
            if part.is_empty() {
                continue;
            }
            let scenario = self.source.scenario(setting, &part);
            let touched = self.source.touched(&scenario, setting, &part);
            let mut worst_alone: Option<(Finding, Assumptions)> = None;
            for assumptions in combinations(Assumptions::default(), &touched) {
                let world = self.source.world(&scenario, assumptions, setting, &part);
                let graph = Graph::of(&world, self.limits);
                let judged = Judged::of(&graph, Tolerance { is_held: setting.is_held, is_marked });
                for (number, verdict) in numbers.iter().zip(judged.verdicts(&world.initial)) {
                    let worst = &mut verdicts.by_start[*number];
                    if *worst > verdict {
                        continue;
                    }
                    let verdict = self.unless_idle(verdict, setting, &starts[*number], assumptions);
                    *worst = (*worst).max(verdict);
                    if numbers.len() == 1 && verdict.harm().is_some() {
                        keep_worst(&mut worst_alone, Finding { verdict, ..judged.worst() }, assumptions);
                    }
                }
                let returns = |state: &State| !account(state).record.returned.is_empty();
                verdicts.can_return_mail |= graph.states.iter().any(returns);
                if until == Until::Harm && verdicts.by_start.iter().any(|verdict| verdict.harm().is_some()) {
                    return verdicts;
                }
            }
            if let [number] = numbers.as_slice() {
                let harm = worst_alone.and_then(|worst| self.harm_of(setting, scenario, &part, &touched, worst));
                verdicts.alone.push((*number, harm));
            }
            verdicts.varied.extend(touched);
        }
        verdicts.varied.sort();
        verdicts.varied.dedup();
        verdicts
    }

    /// Returns the worst harm from one start, with the shortest trace over all answers.
    fn harm(&self, setting: Setting, start: &Start) -> Option<AdviceHarm> {
        let starts = std::slice::from_ref(start);
        let scenario = self.source.scenario(setting, starts);
        let touched = self.source.touched(&scenario, setting, starts);
        let mut worst: Option<(Finding, Assumptions)> = None;
        for assumptions in combinations(Assumptions::default(), &touched) {
            let world = self.source.world(&scenario, assumptions, setting, starts);
            let graph = Graph::of(&world, self.limits);
            let tolerance = Tolerance { is_held: setting.is_held, is_marked: start.is_marked() };
            let mut found = Judged::of(&graph, tolerance).worst();
            if worst.as_ref().is_some_and(|(worst, _)| worst.verdict > found.verdict) {
                continue;
            }
            found.verdict = self.unless_idle(found.verdict, setting, start, assumptions);
            keep_worst(&mut worst, found, assumptions);
        }
        self.harm_of(setting, scenario, starts, &touched, worst?)
    }

    /// Returns the harm that a search has found.
    fn harm_of(
        &self,
        setting: Setting,
        scenario: Scenario,
        starts: &[Start],
        touched: &[Assumption],
        (Finding { verdict, messages, trace }, assumptions): (Finding, Assumptions),
    ) -> Option<AdviceHarm> {
        let spec = self.source.spec(scenario);
        let world = self.source.world(&spec.scenario, assumptions, setting, starts);
        let (delivery, touched) = (setting.delivery, touched.to_vec());
        Some(AdviceHarm { verdict, delivery, messages, spec, touched, world, trace: trace? })
    }

    /// Returns the verdict, or that the procedure refuses: nothing that it leaves undone is its harm, if it changes nothing without
    /// disturbance.
    fn unless_idle(
        &self,
        verdict: AdviceVerdict,
        setting: Setting,
        start: &Start,
        assumptions: Assumptions,
    ) -> AdviceVerdict {
        let is_asked = match verdict {
            AdviceVerdict::Safe => start.is_assumed(),
            AdviceVerdict::Duplicates
            | AdviceVerdict::NoHome
            | AdviceVerdict::OutOfReach
            | AdviceVerdict::NeverDone => true,
            AdviceVerdict::Refuses | AdviceVerdict::Depends | AdviceVerdict::Inconclusive(_) | AdviceVerdict::Loses => {
                false
            }
        };
        if is_asked && self.is_idle(setting, start, assumptions) { AdviceVerdict::Refuses } else { verdict }
    }

    /// Returns true if the procedure changes nothing from a start without disturbance. The kinds of delivery share the answer.
    fn is_idle(&self, setting: Setting, start: &Start, assumptions: Assumptions) -> bool {
        let setting = Setting { delivery: Delivery::Never, with_faults: false, ..setting };
        let asked = Undisturbed { setting, possibilities: start.possibilities.clone(), assumptions };
        if let Some((_, known)) = self.idle.borrow().iter().find(|(known, _)| *known == asked) {
            return *known;
        }
        let starts = std::slice::from_ref(start);
        let scenario = self.source.scenario(setting, starts);
        let is_idle = is_idle(&Graph::of(&self.source.world(&scenario, assumptions, setting, starts), self.limits));
        self.idle.borrow_mut().push((asked, is_idle));
        is_idle
    }

    /// Returns the harm that open sessions and caches can do. A session that remembers an old home puts mail there, even if the transport
    /// holds mail, so mail arrives at any time.
    fn sessions(&self) -> Option<Box<AdviceHarm>> {
        let snapshot = self.source.snapshot;
        if !snapshot.has_sessions && !snapshot.unobserved.contains(&UnobservedFact::Sessions) {
            return None;
        }
        self.first_harm(Setting { with_sessions: true, ..Setting::of(Delivery::AnyTime, false) })
    }

    /// Returns the harm that replicas can do which were not observed and differ from the others.
    fn replicas(&self, setting: Setting) -> Option<Box<AdviceHarm>> {
        let is_replica = |fact: &UnobservedFact| matches!(fact, UnobservedFact::Replica(_));
        if !self.source.snapshot.unobserved.iter().any(is_replica) {
            return None;
        }
        self.first_harm(Setting { with_replicas: true, ..setting })
    }

    /// Returns the harm from a start that allows any, if only sessions or replicas differ from the snapshot.
    fn first_harm(&self, setting: Setting) -> Option<Box<AdviceHarm>> {
        let is_replica = |fact: &Sides| matches!(fact.fact, UnobservedFact::Replica(_));
        let facts: Vec<Sides> = self.source.facts(setting).into_iter().filter(is_replica).collect();
        let (starts, _) = self.source.starts(setting, &facts);
        let verdicts = self.verdicts(setting, &starts, Until::Harm).by_start;
        let harmful = verdicts.iter().position(|verdict| verdict.harm().is_some())?;
        self.harm(setting, &starts[harmful]).map(Box::new)
    }
}

/// The verdicts on each combination of sides.
struct Combinations<'a> {
    starts: &'a [Start],
    by_start: &'a [AdviceVerdict],
}

impl<'a> Combinations<'a> {
    fn of(starts: &'a [Start], by_start: &'a [AdviceVerdict]) -> Self {
        Self { starts, by_start }
    }

    fn is_harmful(&self, sides: &[usize]) -> bool {
        self.harmful_start(sides).is_some()
    }

    fn harmful_start(&self, sides: &[usize]) -> Option<usize> {
        let shows = |index: &usize| self.starts[*index].sides == sides && self.by_start[*index].harm().is_some();
        (0..self.starts.len()).find(shows)
    }

    /// Returns true if no combination is free of harm.
    fn all_are_harmful(&self) -> bool {
        self.starts.iter().all(|start| self.is_harmful(&start.sides))
    }

    /// Returns the worst verdict if everything is as the snapshot assumes.
    fn assumed(&self) -> AdviceVerdict {
        let verdicts = self.starts.iter().zip(self.by_start).filter(|(start, _)| start.is_assumed());
        verdicts.map(|(_, verdict)| *verdict).max().unwrap_or(AdviceVerdict::Safe)
    }

    /// Returns the smallest set of facts that leaves no harmful start if each of them is as the snapshot assumes; empty if there is none.
    fn settled_by(&self) -> Vec<usize> {
        let harmful = self.starts.iter().zip(self.by_start).filter(|(_, verdict)| verdict.harm().is_some());
        let others = |(start, _): (&Start, &AdviceVerdict)| {
            (0..start.sides.len()).filter(|index| start.sides[*index] > 0).fold(0_u32, |bits, index| bits | 1 << index)
        };
        let mut harmful: Vec<u32> = harmful.map(others).collect();
        harmful.sort_unstable();
        harmful.dedup();
        let facts = self.starts.first().map_or(0, |start| start.sides.len());
        if facts > FACTS_MAX || harmful.contains(&0) {
            return Vec::new();
        }
        let settles = |set: &u32| harmful.iter().all(|others| others & set != 0);
        let smallest = (1..1_u32 << facts).filter(settles).min_by_key(|set| set.count_ones()).unwrap_or(0);
        (0..facts).filter(|index| smallest & 1 << index != 0).collect()
    }

    /// Returns a harmful start that becomes harmless if only this fact changes, the one nearest to the snapshot, and true if the fact is
    /// otherwise there.
    fn decided_by(&self, fact: usize) -> Option<(usize, bool)> {
        let differs_only_here = |one: &[usize], other: &[usize]| {
            (0..one.len()).all(|index| (one[index] == other[index]) != (index == fact))
        };
        let decides = |sides: &[usize]| {
            let others = self.starts.iter().filter(|other| differs_only_here(sides, &other.sides));
            others.into_iter().any(|other| !self.is_harmful(&other.sides))
        };
        let harmful = (0..self.starts.len()).filter(|index| self.by_start[*index].harm().is_some());
        let deciding = harmful.filter(|index| decides(&self.starts[*index].sides));
        let nearest = deciding.min_by_key(|index| self.starts[*index].others())?;
        Some((nearest, self.starts[nearest].sides[fact] > 0))
    }
}

/// Returns the facts that do harm only together.
fn together(
    facts: &[Sides],
    starts: &[Start],
    by_start: &[AdviceVerdict],
    harm_from: impl Fn(usize) -> Option<AdviceHarm>,
) -> Vec<Dependence> {
    let harmful = (0..starts.len()).filter(|index| by_start[*index].harm().is_some());
    let Some(nearest) = harmful.min_by_key(|index| starts[*index].others()) else { return Vec::new() };
    let Some(harm) = harm_from(nearest) else { return Vec::new() };
    let otherwise = facts.iter().zip(&starts[nearest].sides).filter(|(_, side)| **side > 0);
    let dependence =
        |(fact, _): (&Sides, &usize)| Dependence { fact: fact.fact, if_otherwise: true, harm: harm.clone() };
    otherwise.map(dependence).collect()
}

/// Keeps the worse of two results.
fn keep_worst(worst: &mut Option<(Finding, Assumptions)>, found: Finding, assumptions: Assumptions) {
    if worst.as_ref().is_none_or(|(worst, _)| is_worse(&found, worst)) {
        *worst = Some((found, assumptions));
    }
}

/// Returns true if a result is worse than the worst so far, or as bad with a shorter trace.
fn is_worse(found: &Finding, worst: &Finding) -> bool {
    let length = |finding: &Finding| finding.trace.as_ref().map_or(usize::MAX, |trace| trace.path.actions.len());
    found.verdict > worst.verdict || found.verdict == worst.verdict && length(found) < length(worst)
}
