//! The verdict of one search: for each initial state, the worst end that can be reached from it.

use stranded_model::World;
use stranded_model::id::{AdministratorId, MailboxId, MessageSet, ServerId};
use stranded_model::procedure::Outcome;
use stranded_model::property::Safety;
use stranded_model::state::{Account, Contents, Ended, Homes, Mailbox, Mark, Phase, Program, Recipient, State};

use crate::check::{Trace, rest_of_procedure};
use crate::engine::Graph;

use super::AdviceVerdict;

/// The things that a search does not hold against a procedure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tolerance {
    /// True if the administrator holds delivery, so that mail in the queue is only late.
    pub(super) is_held: bool,
    /// True if an earlier move left a mark, which no procedure has to remove.
    pub(super) is_marked: bool,
}

/// The verdict under one combination of answers from one start.
pub(super) struct Finding {
    pub(super) verdict: AdviceVerdict,
    pub(super) messages: MessageSet,
    pub(super) trace: Option<Trace>,
}

pub(super) fn account(state: &State) -> &Account {
    &state.accounts[MailboxId::default()]
}

/// The searched states of a world, judged.
pub(super) struct Judged<'g, 'w> {
    graph: &'g Graph<'w>,
    tolerance: Tolerance,
    /// For each kind of harm, the states that show it.
    harms: Vec<(AdviceVerdict, Vec<bool>)>,
}

impl<'g, 'w> Judged<'g, 'w> {
    /// Judges every state of a search.
    pub(super) fn of(graph: &'g Graph<'w>, tolerance: Tolerance) -> Self {
        let mut judged = Self { graph, tolerance, harms: Vec::new() };
        judged.harms.push((AdviceVerdict::Loses, graph.states.iter().map(|state| !gone(state).is_empty()).collect()));
        if graph.truncated.is_none() {
            let ends: Vec<Option<End>> = graph.states.iter().map(|state| judged.end(state)).collect();
            let leads = graph.leads_to_any(ends.iter().map(Option::is_some).collect());
            let each =
                |shows: fn(&End) -> bool| ends.iter().map(|end| end.as_ref().is_some_and(shows)).collect::<Vec<bool>>();
            judged.harms.push((AdviceVerdict::NeverDone, leads.into_iter().map(|leads| !leads).collect()));
            judged.harms.push((AdviceVerdict::OutOfReach, each(|end| end.is_out_of_reach)));
            judged.harms.push((AdviceVerdict::NoHome, each(|end| end.has_no_home)));
            judged.harms.push((AdviceVerdict::Duplicates, each(|end| end.has_duplicates)));
        }
        judged
    }

    /// Judges a state in which everything has finished, apart from what is tolerated.
    fn end(&self, state: &State) -> Option<End> {
        // No tolerance makes a program end, so most states need no copy.
        if account(state).programs.values().any(Program::is_running) {
            return None;
        }
        let world = self.graph.world();
        let settled = self.settled(state);
        if !world.is_quiescent(&settled, &state.shared) {
            return None;
        }
        let is_harmed = !has_declined(world, state);
        let violates = |safety: Safety| is_harmed && !safety.holds_once(&settled, || true);
        Some(End {
            // Mail that is only in a saved file is not in the mailbox.
            is_out_of_reach: is_harmed && !unseen(&settled).is_empty(),
            has_no_home: violates(Safety::HomeCoherent),
            has_duplicates: violates(Safety::NoDuplicates),
        })
    }

    /// Returns the verdict from each of these initial states.
    pub(super) fn verdicts(&self, initial: &[State]) -> Vec<AdviceVerdict> {
        // Every state of the graph is reachable from a single initial state.
        if let [_] = initial {
            let shown = self.harms.iter().filter(|(_, shows)| shows.contains(&true)).map(|(verdict, _)| *verdict);
            return vec![shown.chain([self.harmless()]).max().unwrap_or(AdviceVerdict::Safe)];
        }
        let mut verdicts = vec![self.harmless(); initial.len()];
        for (verdict, shows) in self.harms.iter().rev().filter(|(_, shows)| shows.contains(&true)) {
            let index = |state: &State| self.graph.states.get_index_of(state);
            let leads = self.graph.leads_to_any(shows.clone());
            for (found, state) in verdicts.iter_mut().zip(initial) {
                if index(state).is_some_and(|index| leads[index]) {
                    *found = (*found).max(*verdict);
                }
            }
        }
        verdicts
    }

    /// Returns the worst verdict over all initial states, with a shortest trace to the harm.
    pub(super) fn worst(&self) -> Finding {
        let shown =
            self.harms.iter().find_map(|(verdict, shows)| Some((*verdict, shows.iter().position(|shows| *shows)?)));
        let Some((verdict, index)) = shown else {
            return Finding { verdict: self.harmless(), messages: MessageSet::EMPTY, trace: None };
        };
        let state = &self.graph.states[index];
        let messages = match verdict {
            AdviceVerdict::Loses => gone(state),
            AdviceVerdict::NoHome => MessageSet::EMPTY,
            AdviceVerdict::Duplicates => self.settled(state).duplicated(),
            AdviceVerdict::NeverDone
            | AdviceVerdict::OutOfReach
            | AdviceVerdict::Safe
            | AdviceVerdict::Refuses
            | AdviceVerdict::Depends
            | AdviceVerdict::Inconclusive(_) => unseen(&self.settled(state)),
        };
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        Finding { verdict, messages, trace: Some(trace(self.graph, number)) }
    }

    fn harmless(&self) -> AdviceVerdict {
        self.graph.truncated.map_or(AdviceVerdict::Safe, AdviceVerdict::Inconclusive)
    }

    /// Returns the account without what is tolerated. Mail that waits reaches the home later; a procedure that declined is not to blame for
    /// mail that waits.
    fn settled(&self, state: &State) -> Account {
        let mut account = account(state).clone();
        let Tolerance { is_held, is_marked } = self.tolerance;
        if is_held || is_marked || has_declined(self.graph.world(), state) {
            account.record.returned = account.record.returned.with(account.queued);
            account.queued = MessageSet::EMPTY;
        }
        if is_marked {
            for mailbox in account.mailboxes.values_mut() {
                if let Mailbox::Present(contents) = mailbox {
                    *contents = contents.settled();
                }
            }
        }
        account
    }
}

/// The harm that is seen in a state in which everything has finished.
struct End {
    is_out_of_reach: bool,
    has_no_home: bool,
    has_duplicates: bool,
}

/// Returns the messages that a step destroyed or that are nowhere.
fn gone(state: &State) -> MessageSet {
    account(state).lost().with(account(state).record.destroyed)
}

/// Returns the homes that the replicas have at first. Replication is not an effect of the procedure, so a replica that has one of them is
/// unchanged.
fn first_homes(world: &World) -> Vec<Option<Homes>> {
    world.initial.iter().flat_map(homes).collect()
}

fn homes(state: &State) -> Vec<Option<Homes>> {
    account(state).recipients.values().map(Recipient::homes).collect()
}

/// Returns true if every run was refused, nothing was saved, no mark is new, the homes are unchanged, and the messages are where they were
/// initially, apart from new mail.
fn has_declined(world: &World, state: &State) -> bool {
    let now = account(state);
    let is_refused = now.programs.values().all(|program| program.ended == Ended::Reported(Outcome::Refused));
    if !is_refused {
        return false;
    }
    let first = first_homes(world);
    let is_as_before = |before: &State| {
        let is_kept = |(server, mailbox): (ServerId, &Mailbox)| {
            let mark = now.mailboxes[server].mark();
            mailbox.held().is_within(now.mailboxes[server].held()) && (mark == Mark::Settled || mark == mailbox.mark())
        };
        account(before).saved == now.saved && account(before).mailboxes.iter().all(is_kept)
    };
    homes(state).iter().all(|one| first.contains(one)) && world.initial.iter().any(is_as_before)
}

/// Returns true if the procedure changes no mail and no home when nothing disturbs it: it never reports `ok`, and after each run the
/// messages, the marks and the homes are initial ones. A program that never ends must leave them so in every state.
pub(super) fn is_idle(graph: &Graph<'_>) -> bool {
    let first = first_homes(graph.world());
    let kept = |state: &State| {
        let account = account(state);
        let mailboxes: Vec<Contents> = account.mailboxes.values().map(Mailbox::contents).collect();
        (mailboxes, account.queued, account.transport, account.saved)
    };
    let is_as_before = |state: &State| {
        graph.world().initial.iter().any(|first| kept(first) == kept(state))
            && homes(state).iter().all(|one| first.contains(one))
    };
    let program = |state: &State| account(state).programs[AdministratorId::default()];
    let ends = graph.leads_to(|state| !program(state).is_running() && program(state).executions > 0);
    graph.truncated.is_none()
        && graph.states.iter().zip(ends).all(|(state, ends)| match (program(state).phase, program(state).ended) {
            (Phase::Idle, Ended::Reported(Outcome::Ok)) => false,
            (Phase::Idle, Ended::Never | Ended::Died | Ended::Reported(_)) => is_as_before(state),
            (Phase::Running(_), _) => ends || is_as_before(state),
        })
}

/// Returns the messages that the user should have and that are not in the mailbox that every replica names as the home.
fn unseen(account: &Account) -> MessageSet {
    let homes = account.recipients.values().map(|recipient| recipient.homes().and_then(|homes| homes.mdb.server()));
    let held = |home| account.mailboxes[home].messages();
    let visible = homes.map(|home| home.map_or(MessageSet::EMPTY, held)).reduce(MessageSet::common);
    account.outstanding().without(visible.unwrap_or_default())
}

fn trace(graph: &Graph<'_>, number: u32) -> Trace {
    let path = graph.path_to(number);
    let after = rest_of_procedure(graph.world(), &path);
    let is_end = graph.edges[number as usize].is_empty();
    let repeats_from = is_end.then_some(path.actions.len());
    Trace { path, after, repeats_from }
}
