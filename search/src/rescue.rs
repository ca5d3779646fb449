//! The rescue map: for every state of a trace, the procedures that would still recover all mail, and the point of no
//! return.
//!
//! Each rescue is tried in a world of its own. Running programs have stopped and failed servers work again; no mail
//! arrives, no fault occurs, and one administrator runs one procedure once, between the servers of the scenario's last
//! run. Replication continues as in the scenario. Each mailbox is rescued separately, because no rule reads two
//! mailboxes.

use stranded_model::World;
use stranded_model::assumption::{Assumption, Assumptions};
use stranded_model::id::{AdministratorId, Id, MailboxId, MessageSet};
use stranded_model::procedure::{Outcome, Procedure};
use stranded_model::property::Safety;
use stranded_model::scenario::{Administrator, Run, RunId, RunsMax, Scenario, Site};
use stranded_model::state::{Account, Ended, State};
use stranded_model::table::Table;

use crate::check::{Trace, combinations};
use crate::engine::{Graph, Limits};
use crate::scenario::{self, QUIET, Spec, builtin};

/// The most states of a rescue of one mailbox. Only a runbook that writes the directory in a circle has more.
const STATES_MAX: usize = 50_000;

/// The effect of one procedure in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rescue {
    /// The procedure.
    pub procedure: String,
    /// The effect of the procedure.
    pub effect: RescueEffect,
}

/// The effect of a procedure on the messages that must be recovered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RescueEffect {
    /// In every execution the procedure reports `ok` and loses nothing, and all replicas name one home that holds every
    /// message that its owner can expect, except those that wait in the transport.
    Saves,
    /// The same, but the procedure can end with a mailbox in transit, and no program takes the mark off.
    LeavesInTransit,
    /// The procedure can end otherwise, but it leaves every message where it was, or where its owner can reach it.
    Declines,
    /// The procedure can move a message or a home so that a message is out of reach, but it loses none.
    Strands,
    /// The procedure can lose these messages.
    Loses(Vec<(MailboxId, MessageSet)>),
    /// The procedure has more states than are searched.
    Unknown,
}

/// The possible rescues in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// True if there is nothing to rescue: all replicas name one home, and every message that its owner can expect is
    /// there or in the transport.
    pub is_whole: bool,
    /// True if a message is destroyed.
    pub is_lost: bool,
    /// True if there is a message that its owner can expect.
    pub has_mail: bool,
    /// The effect of each procedure.
    pub rescues: Vec<Rescue>,
}

/// The possible rescues in every state of a trace. While no message is destroyed, a procedure between other servers may still recover all
/// mail; such procedures are not tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RescueMap {
    /// The outlook in the initial state and after each step, including the steps of `after`.
    pub outlooks: Vec<Outlook>,
    /// The number of the first state from which on no procedure recovers all mail; `None` if there is none, or if the
    /// trace ends before that is certain.
    pub point_of_no_return: Option<usize>,
}

impl RescueMap {
    /// Builds the map. `is_final` says that losses at the end of the trace are permanent.
    #[must_use]
    pub fn of(outlooks: Vec<Outlook>, is_final: bool) -> Self {
        let beyond_rescue = outlooks.iter().rev().take_while(|outlook| outlook.is_beyond_rescue()).count();
        let point_of_no_return = (is_final && beyond_rescue > 0).then(|| outlooks.len() - beyond_rescue);
        Self { outlooks, point_of_no_return }
    }
}

impl Outlook {
    /// Returns the possible rescues in a state.
    #[must_use]
    pub fn of(world: &World, state: &State, procedures: &[Procedure], answered: &[Assumption]) -> Self {
        Self {
            is_whole: state.accounts.values().all(is_whole),
            is_lost: state.accounts.values().any(|account| !account.lost().is_empty()),
            has_mail: has_mail(state),
            rescues: rescues(world, state, procedures, answered),
        }
    }

    /// The procedures that recover all mail and leave no mailbox in transit.
    pub fn saving_procedures(&self) -> impl Iterator<Item = &str> {
        let saves = self.rescues.iter().filter(|rescue| rescue.effect == RescueEffect::Saves);
        saves.map(|rescue| rescue.procedure.as_str())
    }

    /// Returns true if mail is destroyed and none of these procedures recovers it.
    #[must_use]
    pub fn is_beyond_rescue(&self) -> bool {
        let is_hope = |effect: &RescueEffect| match effect {
            RescueEffect::Saves | RescueEffect::LeavesInTransit | RescueEffect::Unknown => true,
            RescueEffect::Declines | RescueEffect::Strands | RescueEffect::Loses(_) => false,
        };
        self.is_lost && !self.rescues.iter().any(|rescue| is_hope(&rescue.effect))
    }
}

/// Returns the rescue map of a trace, with all built-in procedures and those of the scenario. Assumptions have the
/// answers of the trace. If a procedure touches an assumption that the scenario does not, it must succeed under every
/// answer.
#[must_use]
pub fn map(spec: &Spec, world: &World, trace: &Trace) -> RescueMap {
    let (procedures, answered) = (procedures(spec), spec.touches());
    let mut states = trace.path.states(world);
    for action in &trace.after {
        let next = states.last().and_then(|state| world.step(state, action).ok());
        states.push(next.expect("every step of a trace is possible"));
    }
    let outlooks: Vec<Outlook> = states.iter().map(|state| Outlook::of(world, state, &procedures, &answered)).collect();
    let is_final = trace.repeats_from.is_some() || states.last().is_some_and(|last| is_final(world, last));
    RescueMap::of(outlooks, is_final)
}

/// Returns true if losses in a state are permanent: mail is lost, or every mailbox is quiescent.
#[must_use]
pub fn is_final(world: &World, state: &State) -> bool {
    let mut accounts = state.accounts.values();
    accounts.any(|account| !account.lost().is_empty())
        || state.accounts.values().all(|account| world.is_quiescent(account, &state.shared))
}

/// The built-in procedures and those of the scenario, for its site.
///
/// # Panics
/// If a built-in procedure has errors, which none has.
#[must_use]
pub fn procedures(spec: &Spec) -> Vec<Procedure> {
    let parsed = |builtin: &scenario::Builtin| {
        scenario::parse_procedure(&builtin.file_name(), builtin.text, &spec.names)
            .unwrap_or_else(|diagnostics| panic!("a built-in procedure has errors:\n{diagnostics}"))
    };
    let mut procedures: Vec<Procedure> = builtin::procedures().iter().map(parsed).collect();
    for (_, run) in spec.scenario.runs() {
        if procedures.iter().all(|other| other.name != run.procedure.name) {
            procedures.push(run.procedure.clone());
        }
    }
    procedures
}

/// Returns the effect of each procedure in a state. Assumptions that are not in `answered` are tried with every answer.
#[must_use]
pub fn rescues(world: &World, state: &State, procedures: &[Procedure], answered: &[Assumption]) -> Vec<Rescue> {
    let rescue = |procedure: &Procedure| {
        let mut open: Vec<Assumption> = procedure.assumptions().filter(|one| !answered.contains(one)).collect();
        open.sort();
        open.dedup();
        let cases = combinations(world.assumptions, &open).flat_map(|assumptions| {
            let attempts = attempts(world, state, procedure, assumptions);
            attempts.into_iter().map(|(mailbox, attempt)| effect(&attempt, mailbox))
        });
        // A late request can still take effect, which the attempts leave out.
        let is_late = state.accounts.values().any(|account| account.late.is_some());
        let best = if is_late { RescueEffect::Unknown } else { RescueEffect::Saves };
        Rescue { procedure: procedure.name.clone(), effect: cases.fold(best, RescueEffect::worse) }
    };
    procedures.iter().map(rescue).collect()
}

/// For each mailbox, the world in which one administrator runs the procedure once on it and nothing else acts.
#[must_use]
pub fn attempts(
    world: &World,
    state: &State,
    procedure: &Procedure,
    assumptions: Assumptions,
) -> Vec<(MailboxId, World)> {
    let last = world.scenario.run(world.scenario.last_run);
    let run = Run { procedure: procedure.clone(), runs_max: RunsMax::Times(1), ..last.clone() };
    let scenario = Scenario {
        site: Site { mailboxes: 1, ..world.scenario.site.clone() },
        start: None,
        environment: QUIET,
        administrators: vec![Administrator { name: "rescuer".to_owned(), runs: vec![run] }],
        last_run: RunId { administrator: AdministratorId::at(0), run: 0 },
        properties: Vec::new(),
    };
    let only_this = |account: &Account| State { accounts: Table::of(1, |_| account.clone()), ..state.clone() };
    let attempt = |account: &Account| World::interrupted(&scenario, assumptions, &only_this(account));
    let state = world.stopped(state);
    state.accounts.iter().map(|(mailbox, account)| (mailbox, attempt(account))).collect()
}

/// Returns true if all replicas name one home, and every message that its owner can expect is there or in the
/// transport.
#[must_use]
pub fn is_whole(account: &Account) -> bool {
    account.agreed_home().is_some() && out_of_reach(account).is_empty()
}

/// Returns true if there is a message that its owner can expect.
#[must_use]
pub fn has_mail(state: &State) -> bool {
    state.accounts.values().any(|account| !account.outstanding().is_empty())
}

/// Returns the messages that the owner can expect and that are neither at the home nor in the transport.
fn out_of_reach(account: &Account) -> MessageSet {
    let held = account.agreed_home().map_or(MessageSet::EMPTY, |home| account.stored(home).held());
    account.outstanding().without(account.queued).without(held)
}

/// Returns true if every program reported `ok` and all mail is recovered.
#[must_use]
pub fn is_saved(account: &Account) -> bool {
    account.programs.values().all(|program| program.ended == Ended::Reported(Outcome::Ok)) && is_whole(account)
}

fn effect(attempt: &World, mailbox: MailboxId) -> RescueEffect {
    let graph = Graph::of(attempt, &Limits { states_max: Some(STATES_MAX), ..Limits::default() });
    let account = |state: &State| state.accounts[MailboxId::default()].clone();
    let lost = |state: &State| account(state).lost();
    let before = attempt.initial.iter().map(lost).fold(MessageSet::EMPTY, MessageSet::with);
    let after = graph.states.iter().map(lost).fold(MessageSet::EMPTY, MessageSet::with).without(before);
    if !after.is_empty() {
        return RescueEffect::Loses(vec![(mailbox, after)]);
    }
    if graph.truncated.is_some() {
        return RescueEffect::Unknown;
    }
    // Replication is fair: if the good end is always reachable, it is reached.
    let saved = graph.leads_to(|state| is_saved(&account(state)));
    let ends = || (0..graph.states.len()).filter(|number| graph.edges[*number].is_empty());
    if saved.into_iter().any(|saved| !saved) {
        let reached = |account: &Account| account.outstanding().without(out_of_reach(account));
        let at_first = attempt.initial.iter().map(|state| reached(&account(state))).reduce(MessageSet::common);
        let was_reached = at_first.unwrap_or_default();
        let strands = |number: usize| {
            let end = account(&graph.states[number]);
            !out_of_reach(&end).common(was_reached).is_empty()
        };
        return if ends().any(strands) { RescueEffect::Strands } else { RescueEffect::Declines };
    }
    let is_owned = |number: usize| Safety::TransitOwned.holds(attempt, &graph.states[number]);
    if ends().all(is_owned) { RescueEffect::Saves } else { RescueEffect::LeavesInTransit }
}

impl RescueEffect {
    /// Returns the worse of two effects, with the losses of both.
    fn worse(self, other: Self) -> Self {
        match (self, other) {
            (Self::Loses(mut losses), Self::Loses(others)) => {
                for (mailbox, messages) in others {
                    match losses.iter_mut().find(|(other, _)| *other == mailbox) {
                        Some((_, all)) => *all = all.with(messages),
                        None => losses.push((mailbox, messages)),
                    }
                }
                Self::Loses(losses)
            }
            (Self::Loses(lost), _) | (_, Self::Loses(lost)) => Self::Loses(lost),
            (one, other) => one.max(other),
        }
    }
}
