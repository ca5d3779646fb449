//! The rescue map: for every state of a trace, which procedures would still save everything, and from where on none does.
//!
//! A rescue is tried in a world of its own. What ran has stopped and what had failed works again; no mail arrives, nothing
//! fails, and one administrator runs one procedure once, between the servers of the scenario's last run. Replication goes on as
//! in the scenario. Mailboxes are rescued one by one, because no rule of the world reads two of them at once.

use stranded_model::World;
use stranded_model::assumption::{Assumption, Assumptions};
use stranded_model::id::{AdministratorId, Id, MailboxId, MessageSet};
use stranded_model::procedure::{Outcome, Procedure};
use stranded_model::scenario::{Administrator, Run, RunId, RunsMax, Scenario, Site};
use stranded_model::state::{Account, Ended, State};
use stranded_model::table::Table;

use crate::check::{Trace, combinations};
use crate::engine::{Graph, Limits};
use crate::scenario::{self, QUIET, Spec, builtin};

/// The most states that one rescue of one mailbox may have. Only a runbook that writes the directory in a circle has more.
const STATES_MAX: usize = 50_000;

/// What one procedure would do in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rescue {
    /// The procedure.
    pub procedure: String,
    /// What it would do.
    pub effect: Effect,
}

/// What a procedure would do for the messages that are owed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// However it goes, it ends `ok`; nothing is lost, and all replicas name one home that holds every message that is owed
    /// and does not wait in the transport.
    Saves,
    /// It can end in another way, or leave a message out of reach, but it loses none.
    Declines,
    /// It can lose these messages.
    Loses(Vec<(MailboxId, MessageSet)>),
    /// It has more states than are searched.
    Unknown,
}

/// What can be done in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// Whether there is nothing to save: all replicas name one home, and everything that is owed is there or on its way.
    pub is_whole: bool,
    /// What each procedure would do.
    pub rescues: Vec<Rescue>,
}

/// What can be done in every state of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RescueMap {
    /// For the state at first and the state after each step, those of the rest of the procedure included.
    pub outlooks: Vec<Outlook>,
    /// The number of the first state from which on nothing saves everything any more; none, if the way breaks off before that is
    /// settled.
    pub point_of_no_return: Option<usize>,
}

impl RescueMap {
    /// The map of a way that ends where nothing goes on by itself, or breaks off.
    #[must_use]
    pub fn of(outlooks: Vec<Outlook>, is_final: bool) -> Self {
        let hopeless = outlooks.iter().rev().take_while(|outlook| outlook.is_hopeless()).count();
        let point_of_no_return = (is_final && hopeless > 0).then(|| outlooks.len() - hopeless);
        Self { outlooks, point_of_no_return }
    }
}

impl Outlook {
    /// The procedures that save everything.
    pub fn saviours(&self) -> impl Iterator<Item = &str> {
        let saves = self.rescues.iter().filter(|rescue| rescue.effect == Effect::Saves);
        saves.map(|rescue| rescue.procedure.as_str())
    }

    /// Whether it is known that something is lost or out of reach for good, as far as these procedures go.
    #[must_use]
    pub fn is_hopeless(&self) -> bool {
        let is_hope = |effect: &Effect| match effect {
            Effect::Saves | Effect::Unknown => true,
            Effect::Declines | Effect::Loses(_) => false,
        };
        !self.is_whole && !self.rescues.iter().any(|rescue| is_hope(&rescue.effect))
    }
}

/// The rescue map of a trace, with every built-in procedure and those of the scenario itself. What the scenario leaves open is
/// as in the trace; a procedure that turns on a question which the scenario does not touch must save under every answer.
#[must_use]
pub fn map(spec: &Spec, world: &World, trace: &Trace) -> RescueMap {
    let (procedures, answered) = (procedures(spec), spec.touches());
    let mut states = trace.path.states(world);
    for action in &trace.after {
        let next = states.last().and_then(|state| world.step(state, action).ok());
        states.push(next.expect("every step of a trace is possible"));
    }
    let outlook = |state: &State| Outlook {
        is_whole: state.accounts.values().all(is_whole),
        rescues: rescues(world, state, &procedures, &answered),
    };
    let outlooks: Vec<Outlook> = states.iter().map(outlook).collect();
    let is_final = trace.repeats_from.is_some() || states.last().is_some_and(|last| is_final(world, last));
    RescueMap::of(outlooks, is_final)
}

/// Whether what is lost or out of reach in a state stays so: mail is lost, or nothing goes on by itself.
#[must_use]
pub fn is_final(world: &World, state: &State) -> bool {
    let mut accounts = state.accounts.values();
    accounts.any(|account| !account.lost().is_empty())
        || state.accounts.values().all(|account| world.is_quiescent(account, &state.shared))
}

/// The built-in procedures and those of the scenario itself, for its site.
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
        if procedures.iter().all(|known| known.name != run.procedure.name) {
            procedures.push(run.procedure.clone());
        }
    }
    procedures
}

/// What each procedure would do in a state. Questions that are not among those that the world has answered are tried with every
/// answer.
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
        Rescue { procedure: procedure.name.clone(), effect: cases.fold(Effect::Saves, Effect::worse) }
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
    };
    let alone = |account: &Account| State { accounts: Table::of(1, |_| account.clone()), ..state.clone() };
    let attempt = |account: &Account| World::interrupted(&scenario, assumptions, &alone(account));
    state.accounts.iter().map(|(mailbox, account)| (mailbox, attempt(account))).collect()
}

/// Whether all replicas name one home, and everything that is owed is there or waits in the transport.
#[must_use]
pub fn is_whole(account: &Account) -> bool {
    let owed = account.outstanding().without(account.queued);
    account.agreed_home().is_some_and(|home| owed.is_within(account.mailboxes[home].held()))
}

/// Whether a rescue is over and everything is saved.
#[must_use]
pub fn is_saved(account: &Account) -> bool {
    account.programs.values().all(|program| program.ended == Ended::Reported(Outcome::Ok)) && is_whole(account)
}

fn effect(attempt: &World, mailbox: MailboxId) -> Effect {
    let graph = Graph::of(attempt, &Limits { states_max: Some(STATES_MAX), ..Limits::default() });
    let account = |state: &State| state.accounts[MailboxId::default()].clone();
    let lost = |state: &State| account(state).lost();
    let before = attempt.initial.iter().map(lost).fold(MessageSet::EMPTY, MessageSet::with);
    let after = graph.states.iter().map(lost).fold(MessageSet::EMPTY, MessageSet::with).without(before);
    if !after.is_empty() {
        return Effect::Loses(vec![(mailbox, after)]);
    }
    if graph.truncated.is_some() {
        return Effect::Unknown;
    }
    // Replication that can happen is not put off for ever, so a way that ends well and can always be taken is taken.
    let is_end = |number: usize| graph.edges[number].is_empty();
    let ends_well = (0..graph.states.len()).all(|number| !is_end(number) || is_saved(&account(&graph.states[number])));
    let saved = graph.leads_to(|state| is_saved(&account(state)));
    if ends_well && saved.into_iter().all(|saved| saved) { Effect::Saves } else { Effect::Declines }
}

impl Effect {
    /// The worse of two, with all that either loses.
    fn worse(self, other: Self) -> Self {
        match (self, other) {
            (Self::Loses(mut some), Self::Loses(others)) => {
                for (mailbox, messages) in others {
                    match some.iter_mut().find(|(known, _)| *known == mailbox) {
                        Some((_, all)) => *all = all.with(messages),
                        None => some.push((mailbox, messages)),
                    }
                }
                Self::Loses(some)
            }
            (Self::Loses(lost), Self::Saves | Self::Declines | Self::Unknown)
            | (Self::Saves | Self::Declines | Self::Unknown, Self::Loses(lost)) => Self::Loses(lost),
            (one, other) => one.max(other),
        }
    }
}
