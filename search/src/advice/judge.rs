//! The judgement of one procedure: searches of all reachable states, under every answer to the assumptions that make a difference, and from
//! every state that the observation allows.

use stranded_model::assumption::{Assumption, Assumptions};
use stranded_model::id::AdministratorId;
use stranded_model::procedure::{Act, Outcome};
use stranded_model::scenario::Delivery;
use stranded_model::state::{Ended, State};

use crate::check::combinations;
use crate::engine::{Graph, Limits};
use crate::snapshot::UnobservedFact;

use super::finding::{Finding, Judged, Tolerance, account, is_idle};
use super::starts::{Sides, Start};
use super::world::{AdviceWorld, Setting};
use super::{Ability, Advice, AdviceCase, AdviceHarm, AdviceVerdict, Dependence, Plan, PlannedStep};

/// Returns the advice on one procedure.
pub(super) fn advice(source: &AdviceWorld<'_>, limits: &Limits<'_>) -> Advice {
    let judge = Judge { source, limits };
    let cases: Vec<AdviceCase> = source.circumstances.deliveries.iter().map(|delivery| judge.case(*delivery)).collect();
    let needs_sessions = cases.iter().any(AdviceCase::can_be_run);
    Advice {
        procedure: source.procedure.clone(),
        from: source.from,
        to: source.to,
        ability: Ability::of(source.snapshot, source.procedure, source.circumstances.can_perform),
        sessions: if needs_sessions { judge.sessions() } else { None },
        cases,
        plan: plan(source, limits),
    }
}

/// The verdicts from some starts.
struct Verdicts {
    /// The worst verdict from each start.
    by_start: Vec<AdviceVerdict>,
    varied: Vec<Assumption>,
    can_return_mail: bool,
}

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
}

impl Judge<'_> {
    fn case(&self, delivery: Delivery) -> AdviceCase {
        let setting = Setting::of(delivery, true);
        let facts = self.source.facts(setting);
        let (starts, others_max) = self.source.starts(setting, &facts);
        let Verdicts { by_start, varied, can_return_mail } = self.verdicts(setting, &starts, Until::AllIsSearched);
        let is_harmful = |verdict: &AdviceVerdict| verdict.harm().is_some();
        let mut case = AdviceCase {
            delivery,
            verdict: AdviceVerdict::Safe,
            varied,
            can_return_mail,
            harm: None,
            unobserved: Vec::new(),
            replicas: None,
            others_max,
        };
        let combinations = Combinations::of(&starts, &by_start);
        if by_start.iter().any(is_harmful) && !combinations.all_are_harmful() {
            case.verdict = AdviceVerdict::Depends;
            let dependence = |(index, fact): (usize, &Sides)| {
                let (start, if_otherwise) = combinations.decided_by(index)?;
                let harm = self.harm(setting, &starts[start])?;
                Some(Dependence { fact: fact.fact, if_otherwise, harm })
            };
            case.unobserved = facts.iter().enumerate().filter_map(dependence).collect();
            if case.unobserved.is_empty() {
                case.unobserved = self.together(setting, &facts, &starts, &by_start);
            }
        } else {
            case.verdict = match by_start.iter().max() {
                Some(worst) if is_harmful(worst) || matches!(worst, AdviceVerdict::Inconclusive(_)) => *worst,
                Some(_) | None => combinations.assumed(),
            };
            let shows = |index: &usize| by_start[*index] == case.verdict && is_harmful(&case.verdict);
            let nearest = (0..starts.len()).filter(shows).min_by_key(|index| starts[*index].others());
            case.harm = nearest.and_then(|index| self.harm(setting, &starts[index])).map(Box::new);
        }
        if case.can_be_run() {
            case.replicas = self.replicas(setting);
        }
        case
    }

    /// Returns the facts that do harm only together.
    fn together(
        &self,
        setting: Setting,
        facts: &[Sides],
        starts: &[Start],
        by_start: &[AdviceVerdict],
    ) -> Vec<Dependence> {
        let harmful = (0..starts.len()).filter(|index| by_start[*index].harm().is_some());
        let Some(nearest) = harmful.min_by_key(|index| starts[*index].others()) else { return Vec::new() };
        let Some(harm) = self.harm(setting, &starts[nearest]) else { return Vec::new() };
        let otherwise = facts.iter().zip(&starts[nearest].sides).filter(|(_, side)| **side > 0);
        let dependence =
            |(fact, _): (&Sides, &usize)| Dependence { fact: fact.fact, if_otherwise: true, harm: harm.clone() };
        otherwise.map(dependence).collect()
    }

    /// Returns the worst verdict from each start. Starts with a mark are searched apart, because only there a mark is nothing new.
    fn verdicts(&self, setting: Setting, starts: &[Start], until: Until) -> Verdicts {
        let mut verdicts =
            Verdicts { by_start: vec![AdviceVerdict::Safe; starts.len()], varied: Vec::new(), can_return_mail: false };
        for is_marked in [false, true] {
            let numbers: Vec<usize> =
                (0..starts.len()).filter(|index| starts[*index].is_marked() == is_marked).collect();
            let part: Vec<Start> = numbers.iter().map(|index| starts[*index].clone()).collect();
            if part.is_empty() {
                continue;
            }
            let spec = self.source.spec(setting, &part);
            let touched = self.source.touched(&spec, setting, &part);
            for assumptions in combinations(Assumptions::default(), &touched) {
                let world = self.source.world(&spec.scenario, assumptions, setting, &part);
                let graph = Graph::of(&world, self.limits);
                let tolerance = Tolerance { is_held: setting.is_held, is_marked };
                let found = Judged::of(&graph, tolerance).verdicts(&world.initial);
                for (number, verdict) in numbers.iter().zip(found) {
                    let worst = &mut verdicts.by_start[*number];
                    *worst = (*worst).max(self.unless_idle(verdict, setting, &starts[*number], assumptions));
                }
                let returns = |state: &State| !account(state).record.returned.is_empty();
                verdicts.can_return_mail |= graph.states.iter().any(returns);
                if until == Until::Harm && verdicts.by_start.iter().any(|verdict| verdict.harm().is_some()) {
                    return verdicts;
                }
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
        let spec = self.source.spec(setting, starts);
        let touched = self.source.touched(&spec, setting, starts);
        let mut worst: Option<(Finding, Assumptions)> = None;
        for assumptions in combinations(Assumptions::default(), &touched) {
            let world = self.source.world(&spec.scenario, assumptions, setting, starts);
            let graph = Graph::of(&world, self.limits);
            let tolerance = Tolerance { is_held: setting.is_held, is_marked: start.is_marked() };
            let mut found = Judged::of(&graph, tolerance).worst();
            found.verdict = self.unless_idle(found.verdict, setting, start, assumptions);
            if worst.as_ref().is_none_or(|(worst, _)| is_worse(&found, worst)) {
                worst = Some((found, assumptions));
            }
        }
        let (Finding { verdict, messages, trace }, assumptions) = worst?;
        let world = self.source.world(&spec.scenario, assumptions, setting, starts);
        let delivery = setting.delivery;
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
        let quiet = Setting { delivery: Delivery::Never, with_faults: false, ..setting };
        let starts = std::slice::from_ref(start);
        let is_idle = || {
            let scenario = self.source.scenario(quiet, starts);
            is_idle(&Graph::of(&self.source.world(&scenario, assumptions, quiet, starts), self.limits))
        };
        if is_asked && is_idle() { AdviceVerdict::Refuses } else { verdict }
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

/// Returns true if a result is worse than the worst so far, or as bad with a shorter trace.
fn is_worse(found: &Finding, worst: &Finding) -> bool {
    let length = |finding: &Finding| finding.trace.as_ref().map_or(usize::MAX, |trace| trace.path.actions.len());
    found.verdict > worst.verdict || found.verdict == worst.verdict && length(found) < length(worst)
}

/// Returns the steps of the procedure on the shortest path to `ok`, without disturbance and under the default assumptions.
fn plan(source: &AdviceWorld<'_>, limits: &Limits<'_>) -> Option<Plan> {
    let setting = Setting::of(Delivery::Never, false);
    let (starts, _) = source.starts(setting, &[]);
    let spec = source.spec(setting, &starts);
    let world = source.world(&spec.scenario, Assumptions::default(), setting, &starts);
    let graph = Graph::of(&world, limits);
    let is_ok =
        |state: &State| account(state).programs.values().all(|program| program.ended == Ended::Reported(Outcome::Ok));
    let path = graph.path_to(graph.nearest(is_ok)?);
    let states = path.states(&world);
    let mut steps: Vec<PlannedStep> = Vec::new();
    for (state, action) in states.iter().zip(&path.actions) {
        let Some(executed) = world.occur(state, action).ok().and_then(|occurrence| occurrence.step) else { continue };
        let act = &executed.in_procedure(&world).1.act;
        let home =
            account(state).programs[AdministratorId::default()].execution().and_then(|running| running.memory.home);
        match steps.last_mut() {
            _ if matches!(act, Act::Report { .. }) => {}
            Some(last) if last.act == *act => last.result = executed.result,
            Some(_) | None => steps.push(PlannedStep { act: act.clone(), result: executed.result, home }),
        }
    }
    let run = world.scenario.run(world.scenario.last_run).clone();
    Some(Plan { steps, run, world })
}
