//! The results of advice: the answer on a procedure, its verdicts by the kind of delivery, and what they depend on.

use stranded_model::World;
use stranded_model::assumption::Assumption;
use stranded_model::id::{MessageSet, ServerId};
use stranded_model::liveness::Liveness;
use stranded_model::procedure::{Act, Procedure, StepResult};
use stranded_model::property::Safety;
use stranded_model::scenario::{Delivery, Run};

use crate::check::Trace;
use crate::engine::Truncation;
use crate::property::Property;
use crate::scenario::Spec;
use crate::snapshot::{Snapshot, UnobservedFact};

/// The advice on one procedure in one direction.
#[derive(Debug)]
pub struct Advice {
    /// The procedure.
    pub procedure: Procedure,
    /// The source of its run.
    pub from: ServerId,
    /// The destination of its run.
    pub to: ServerId,
    /// The ability of the mail system to perform it.
    pub ability: Ability,
    /// The verdict under each kind of delivery.
    pub cases: Vec<AdviceCase>,
    /// The harm that open sessions and caches can do, if the procedure does none without them.
    pub sessions: Option<Box<AdviceHarm>>,
    /// Its steps if nothing disturbs it and it ends `ok`, for reports.
    pub plan: Option<Plan>,
}

/// The ability of a mail system to perform a procedure, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ability {
    /// It can, as far as that is known.
    Can,
    /// The procedure needs in-transit marks, and the observation does not show if the system has them.
    Perhaps,
    /// It cannot.
    Cannot,
}

impl Ability {
    /// Returns the ability of the system: that of the caller's system if the caller knows it, else as far as the snapshot shows it.
    pub(super) fn of(
        snapshot: &Snapshot,
        procedure: &Procedure,
        plan: Option<&Plan>,
        can_perform: Option<fn(&PlannedStep) -> bool>,
    ) -> Self {
        let needs_marks = || procedure.has_act(|act| matches!(act, Act::Mark { .. } | Act::Unmark { .. }));
        let cannot_here = |can_perform: fn(&PlannedStep) -> bool| {
            plan.is_some_and(|plan| plan.steps.iter().any(|step| !can_perform(step)))
        };
        match can_perform {
            Some(can_perform) if procedure.has_act(|act| !can_perform(&PlannedStep::anywhere(act))) => Self::Cannot,
            Some(can_perform) if cannot_here(can_perform) => Self::Cannot,
            Some(_) => Self::Can,
            None if !needs_marks() => Self::Can,
            None => match snapshot.has_marks {
                Some(true) => Self::Can,
                Some(false) => Self::Cannot,
                None => Self::Perhaps,
            },
        }
    }
}

impl Advice {
    /// Returns true if the procedure marks mailboxes as in transit, which only some systems can do, and the observation
    /// shows no store that can.
    #[must_use]
    pub fn lacks_marks(&self, snapshot: &Snapshot) -> bool {
        Ability::of(snapshot, &self.procedure, None, None) != Ability::Can
    }

    /// Returns true if the system can perform it, and if it ends with `ok` where nothing disturbs it.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        self.ability == Ability::Can && self.plan.is_some()
    }

    /// Returns true if a step deletes the recipient, a mailbox, or all of its messages.
    #[must_use]
    pub fn deletes(&self) -> bool {
        let is_deletion = |act: &Act| {
            matches!(act, Act::DeleteRecipient { .. } | Act::DeleteMailbox { .. } | Act::EmptyMailbox { .. })
        };
        self.procedure.has_act(is_deletion)
    }

    /// Returns the facts to observe first, if the answer depends on some: the fewest that can make it safe. If no value of them is known to
    /// do that, all on which it depends.
    #[must_use]
    pub fn to_observe(&self) -> Vec<UnobservedFact> {
        let Some(case) = self.answering_case() else { return Vec::new() };
        if case.settling.is_empty() {
            case.unobserved.iter().map(|one| one.fact).collect()
        } else {
            case.settling.clone()
        }
    }
}

/// The steps of a procedure that nothing disturbs.
#[derive(Debug)]
pub struct Plan {
    /// The steps in order, without the report; a repeated step is listed once.
    pub steps: Vec<PlannedStep>,
    /// The servers that were observed to have no mailbox, and whose steps are void for that reason.
    pub absent: Vec<ServerId>,
    /// The run.
    pub run: Run,
    /// The world of the run.
    pub world: World,
}

/// A step of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedStep {
    /// The act.
    pub act: Act,
    /// Its result; that of the last act if the step repeats.
    pub result: StepResult,
    /// The home that the program looked up before.
    pub home: Option<ServerId>,
    /// False if the step changes or saves a mailbox in a store that is not the home at this moment.
    pub is_at_home: bool,
    /// True if the observation shows that the step has nothing to do.
    pub is_void: bool,
}

impl PlannedStep {
    /// Returns a step for the question if a system can perform an act at all.
    #[must_use]
    pub fn anywhere(act: &Act) -> Self {
        Self { act: act.clone(), result: StepResult::Ok, home: None, is_at_home: true, is_void: false }
    }
}

/// The answer on a procedure, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// It does no harm, whatever the unobserved facts are, if its preconditions are met.
    Safe,
    /// An unobserved fact decides if it does harm.
    Depends,
    /// It refuses, and changes no mail and no home.
    Refuses,
    /// A search is incomplete.
    Inconclusive,
    /// It can do harm, whatever the unobserved facts are.
    Unsafe,
}

impl Answer {
    /// Returns the name that reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Depends => "depends",
            Self::Refuses => "refuses",
            Self::Inconclusive => "inconclusive",
            Self::Unsafe => "unsafe",
        }
    }
}

/// The verdict on a procedure under one kind of delivery, all answers to the assumptions, and all values of the unobserved facts.
#[derive(Debug)]
pub struct AdviceCase {
    /// The kind of delivery.
    pub delivery: Delivery,
    /// The worst verdict over all answers; `Depends` if only some values of the unobserved facts allow harm.
    pub verdict: AdviceVerdict,
    /// The assumptions that were varied.
    pub varied: Vec<Assumption>,
    /// True if mail that arrives can be returned to its sender.
    pub can_return_mail: bool,
    /// The harm of the worst verdict, with the shortest path to it.
    pub harm: Option<Box<AdviceHarm>>,
    /// The unobserved facts that decide, if the verdict depends on some.
    pub unobserved: Vec<Dependence>,
    /// The fewest unobserved facts that make it harmless, if each is as in an undisturbed site; empty if there are none.
    pub settling: Vec<UnobservedFact>,
    /// The harm that replicas can do which were not observed and differ from the others.
    pub replicas: Option<Box<AdviceHarm>>,
    /// The largest number of unobserved facts that were taken to be otherwise at the same time, if not all of them were.
    pub others_max: Option<usize>,
}

/// An unobserved fact that decides if a procedure does harm.
#[derive(Debug)]
pub struct Dependence {
    /// The fact.
    pub fact: UnobservedFact,
    /// True if the procedure does harm where the fact is not as in an undisturbed site.
    pub if_otherwise: bool,
    /// The harm.
    pub harm: AdviceHarm,
}

/// Something that the administrator must ensure, so that a safe procedure is safe.
#[derive(Clone, Copy, Debug)]
pub struct Precondition<'a> {
    /// The condition.
    pub kind: PreconditionKind,
    /// The harm without it, if a search showed it.
    pub harm: Option<&'a AdviceHarm>,
}

/// A condition that the administrator controls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreconditionKind {
    /// Delivery is held from before the observation until every replica names the new home.
    HoldDelivery,
    /// Delivery is held while the procedure runs, until every replica names the new home.
    HoldDeliveryDuringRun,
    /// Sessions and caches that remember the recipient are ended.
    EndSessions,
    /// Replication has finished: the replicas that were not observed agree with the others.
    FinishReplication,
}

impl PreconditionKind {
    /// Returns the name that reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::HoldDelivery => "hold-delivery",
            Self::HoldDeliveryDuringRun => "hold-delivery-during-run",
            Self::EndSessions => "end-sessions",
            Self::FinishReplication => "finish-replication",
        }
    }
}

/// The verdict on running a procedure, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdviceVerdict {
    /// It loses and duplicates no message, never deletes a last copy, ends, and leaves every message at one home. If it
    /// declines because of new mail, it has changed nothing.
    Safe,
    /// It declines or cannot start, and changes no mail and no home.
    Refuses,
    /// An unobserved fact decides if it does harm.
    Depends,
    /// The search is incomplete.
    Inconclusive(Truncation),
    /// It can leave a store with more copies of a message than it had.
    Duplicates,
    /// It can leave home attributes that name different servers.
    NoHome,
    /// It can leave messages at a server that is not the home.
    OutOfReach,
    /// It can reach a state from which it can never finish.
    NeverDone,
    /// It can lose messages.
    Loses,
}

impl AdviceVerdict {
    /// Returns the name that reports use; each harm has the name `unsafe`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Safe => Answer::Safe.name(),
            Self::Refuses => Answer::Refuses.name(),
            Self::Depends => Answer::Depends.name(),
            Self::Inconclusive(_) => Answer::Inconclusive.name(),
            Self::Duplicates | Self::NoHome | Self::OutOfReach | Self::NeverDone | Self::Loses => Answer::Unsafe.name(),
        }
    }

    /// Returns the violated property.
    #[must_use]
    pub fn property(self) -> Option<Property> {
        match self {
            Self::Safe | Self::Refuses | Self::Depends | Self::Inconclusive(_) => None,
            Self::Duplicates => Some(Property::Safety(Safety::NoDuplicates)),
            Self::NoHome => Some(Property::Safety(Safety::HomeCoherent)),
            Self::OutOfReach => Some(Property::Safety(Safety::Reachable)),
            Self::NeverDone => Some(Property::Liveness(Liveness::RepairCompletes)),
            Self::Loses => Some(Property::Safety(Safety::NoLoss)),
        }
    }

    /// Returns the name of the harm.
    #[must_use]
    pub fn harm(self) -> Option<&'static str> {
        match self {
            Self::Safe | Self::Refuses | Self::Depends | Self::Inconclusive(_) => None,
            Self::Duplicates => Some("duplicates"),
            Self::NoHome => Some("no-home"),
            Self::OutOfReach => Some("out-of-reach"),
            Self::NeverDone => Some("never-done"),
            Self::Loses => Some("loses"),
        }
    }
}

/// The harm that a procedure can do.
#[derive(Clone, Debug)]
pub struct AdviceHarm {
    /// The verdict.
    pub verdict: AdviceVerdict,
    /// The kind of delivery.
    pub delivery: Delivery,
    /// The messages that are lost or out of reach.
    pub messages: MessageSet,
    /// The scenario of the harm, so that the trace can be replayed.
    pub spec: Spec,
    /// The assumptions that the scenario touches.
    pub touched: Vec<Assumption>,
    /// The world of the harm.
    pub world: World,
    /// The shortest trace to the harm.
    pub trace: Trace,
}

impl Advice {
    /// Returns the answer: the best one that some kind of delivery allows. Harm outranks a refusal: a procedure that refuses
    /// under one kind of delivery and does harm under another is unsafe.
    #[must_use]
    pub fn answer(&self) -> Answer {
        let any = |wanted: fn(AdviceVerdict) -> bool| self.cases.iter().any(|case| wanted(case.verdict));
        if any(|verdict| verdict == AdviceVerdict::Safe) {
            Answer::Safe
        } else if any(|verdict| verdict == AdviceVerdict::Depends) {
            Answer::Depends
        } else if any(|verdict| verdict.harm().is_some()) {
            Answer::Unsafe
        } else if any(|verdict| matches!(verdict, AdviceVerdict::Inconclusive(_))) {
            Answer::Inconclusive
        } else {
            Answer::Refuses
        }
    }

    /// Returns the case that the answer is about: the hardest safe one, or the mildest one that depends on unobserved facts.
    #[must_use]
    pub fn answering_case(&self) -> Option<&AdviceCase> {
        let is = |wanted: AdviceVerdict| move |case: &&AdviceCase| case.verdict == wanted;
        let safe = self.cases.iter().rev().find(is(AdviceVerdict::Safe));
        safe.or_else(|| self.cases.iter().find(is(AdviceVerdict::Depends)))
    }

    /// Returns the preconditions of the answer, if it is safe or depends on unobserved facts.
    #[must_use]
    pub fn preconditions(&self) -> Vec<Precondition<'_>> {
        let Some(case) = self.answering_case() else { return Vec::new() };
        let hold = match case.delivery {
            Delivery::Never => Some(PreconditionKind::HoldDelivery),
            Delivery::Before | Delivery::UntilRepair => Some(PreconditionKind::HoldDeliveryDuringRun),
            Delivery::AnyTime => None,
        };
        let harder = self.cases.iter().filter(|other| other.delivery > case.delivery);
        let harm = harder.flat_map(AdviceCase::harms).next();
        let hold = hold.map(|kind| Precondition { kind, harm });
        let sessions = self.sessions.as_deref();
        let sessions = sessions.map(|harm| Precondition { kind: PreconditionKind::EndSessions, harm: Some(harm) });
        let replicas = case.replicas.as_deref();
        let replicas =
            replicas.map(|harm| Precondition { kind: PreconditionKind::FinishReplication, harm: Some(harm) });
        [hold, sessions, replicas].into_iter().flatten().collect()
    }
}

impl AdviceCase {
    /// Returns true if the procedure does no harm, or none for some values of the unobserved facts.
    #[must_use]
    pub fn can_be_run(&self) -> bool {
        matches!(self.verdict, AdviceVerdict::Safe | AdviceVerdict::Depends)
    }

    /// Returns every harm of this case: that of the verdict, and those of the unobserved facts.
    pub fn harms(&self) -> impl Iterator<Item = &AdviceHarm> {
        self.harm.as_deref().into_iter().chain(self.unobserved.iter().map(|one| &one.harm))
    }
}
