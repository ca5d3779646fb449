//! The verdict on one procedure, from a search of all reachable states under every answer to the assumptions that make a difference.

use stranded_model::World;
use stranded_model::assumption::{Assumption, Assumptions};
use stranded_model::id::{AdministratorId, MailboxId, MessageSet};
use stranded_model::procedure::{Act, Outcome};
use stranded_model::property::Safety;
use stranded_model::scenario::Delivery;
use stranded_model::state::{Account, Ended, Homes, Phase, Recipient, State};

use crate::check::{Trace, combinations, rest_of_procedure};
use crate::engine::{Graph, Limits};

use super::world::AdviceWorld;
use super::{Advice, AdviceCase, AdviceHarm, AdviceVerdict, Plan};

/// The result under one combination of answers.
struct Finding {
    verdict: AdviceVerdict,
    messages: MessageSet,
    can_return_mail: bool,
    trace: Option<Trace>,
}

/// Returns the advice on one procedure.
pub(super) fn advice(source: &AdviceWorld<'_>, limits: &Limits<'_>) -> Advice {
    let undisturbed = Undisturbed::of(source, limits);
    let deliveries = source.circumstances.deliveries.iter();
    Advice {
        procedure: source.procedure.clone(),
        from: source.from,
        to: source.to,
        cases: deliveries.map(|delivery| case(source, *delivery, &undisturbed, limits)).collect(),
        plan: plan(source, limits),
    }
}

/// The answers under which the procedure changes nothing if nothing disturbs it.
struct Undisturbed {
    touched: Vec<Assumption>,
    idle: Vec<Assumptions>,
}

impl Undisturbed {
    fn of(source: &AdviceWorld<'_>, limits: &Limits<'_>) -> Self {
        let scenario = source.spec(Delivery::Never, false).scenario;
        let touched = scenario.touches();
        let does_nothing = |answers: &Assumptions| is_idle(&Graph::of(&source.world(&scenario, *answers), limits));
        let idle = combinations(Assumptions::default(), &touched).filter(does_nothing).collect();
        Self { touched, idle }
    }

    fn is_idle(&self, answers: &Assumptions) -> bool {
        let agrees = |idle: &&Assumptions| self.touched.iter().all(|one| idle.answer(*one) == answers.answer(*one));
        self.idle.iter().any(|idle| agrees(&idle))
    }
}

fn case(source: &AdviceWorld<'_>, delivery: Delivery, undisturbed: &Undisturbed, limits: &Limits<'_>) -> AdviceCase {
    let spec = source.spec(delivery, true);
    let touched = spec.scenario.touches();
    let mut worst: Option<(Finding, World)> = None;
    let mut can_return_mail = false;
    for assumptions in combinations(Assumptions::default(), &touched) {
        let world = source.world(&spec.scenario, assumptions);
        let found = finding(&Graph::of(&world, limits), undisturbed.is_idle(&assumptions));
        can_return_mail |= found.can_return_mail;
        if worst.as_ref().is_none_or(|(worst, _)| is_worse(&found, worst)) {
            worst = Some((found, world));
        }
    }
    let (found, world) = worst.expect("there is at least one combination of answers");
    let harm = found
        .trace
        .map(|trace| Box::new(AdviceHarm { messages: found.messages, spec, touched: touched.clone(), world, trace }));
    AdviceCase { delivery, verdict: found.verdict, varied: touched, can_return_mail, harm }
}

/// Returns true if a result is worse than the worst so far, or as bad with a shorter trace.
fn is_worse(found: &Finding, worst: &Finding) -> bool {
    let length = |finding: &Finding| finding.trace.as_ref().map_or(usize::MAX, |trace| trace.path.actions.len());
    found.verdict > worst.verdict || found.verdict == worst.verdict && length(found) < length(worst)
}

fn account(state: &State) -> &Account {
    &state.accounts[MailboxId::default()]
}

/// Returns true if the procedure changes nothing when nothing disturbs it: it never reports `ok`, and after each run the state is an
/// initial one.
fn is_idle(graph: &Graph<'_>) -> bool {
    // Replication is not an effect of the procedure, so replicas are compared by the homes that they can have after it.
    let homes = |state: &State| account(state).recipients.values().map(Recipient::homes).collect::<Vec<_>>();
    let initial: Vec<Option<Homes>> = graph.world().initial.iter().flat_map(homes).collect();
    let kept = |state: &State| {
        let Account { mailboxes, queued, transport, saved, .. } = account(state).clone();
        (mailboxes, queued, transport, saved)
    };
    let is_as_before = |state: &State| {
        graph.world().initial.iter().any(|first| kept(first) == kept(state))
            && homes(state).iter().all(|one| initial.contains(one))
    };
    let program = |state: &State| account(state).programs[AdministratorId::default()];
    graph.truncated.is_none()
        && graph.states.iter().zip(&graph.edges).all(|(state, edges)| {
            match (program(state).phase, program(state).ended) {
                (Phase::Idle, Ended::Reported(Outcome::Ok)) => false,
                (Phase::Idle, Ended::Never | Ended::Died | Ended::Reported(_)) => is_as_before(state),
                // A program that waits forever never ends.
                (Phase::Running { .. }, _) => is_as_before(state) || !edges.is_empty(),
            }
        })
}

fn finding(graph: &Graph<'_>, is_idle: bool) -> Finding {
    let world = graph.world();
    let can_return_mail = graph.states.iter().any(|state| !account(state).record.returned.is_empty());
    let bad = |verdict: AdviceVerdict, number: u32, messages: MessageSet| Finding {
        verdict,
        messages,
        can_return_mail,
        trace: Some(trace(graph, number)),
    };
    let good = |verdict: AdviceVerdict| Finding { verdict, messages: MessageSet::EMPTY, can_return_mail, trace: None };
    let gone = |state: &State| account(state).lost().with(account(state).record.destroyed);
    if let Some(number) = graph.nearest(|state| !gone(state).is_empty()) {
        return bad(AdviceVerdict::Loses, number, gone(&graph.states[number as usize]));
    }
    if let Some(truncated) = graph.truncated {
        return good(AdviceVerdict::Inconclusive(truncated));
    }
    if is_idle {
        return good(AdviceVerdict::NotApplicable);
    }
    let is_quiescent = |state: &State| world.is_quiescent(&state.accounts[MailboxId::default()], &state.shared);
    let is_left =
        |state: &State| is_quiescent(state) && !Safety::Reachable.holds(world, state) && !has_declined(world, state);
    if let Some(number) = graph.nearest(is_left) {
        return bad(AdviceVerdict::OutOfReach, number, unseen(account(&graph.states[number as usize])));
    }
    match graph
        .leads_to(is_quiescent)
        .into_iter()
        .position(|leads| !leads)
        .and_then(|number| u32::try_from(number).ok())
    {
        Some(number) => bad(AdviceVerdict::NeverDone, number, unseen(account(&graph.states[number as usize]))),
        None => good(AdviceVerdict::Safe),
    }
}

/// Returns true if every run was refused and the messages are where they were initially, apart from new mail.
fn has_declined(world: &World, state: &State) -> bool {
    let now = account(state);
    let is_as_before = |before: &State| {
        let before = account(before);
        let mut stores = before.mailboxes.iter();
        before.agreed_home() == now.agreed_home()
            && stores.all(|(server, mailbox)| mailbox.held().is_within(now.mailboxes[server].held()))
    };
    now.programs.values().all(|program| program.ended == Ended::Reported(Outcome::Refused))
        && world.initial.iter().any(is_as_before)
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

/// Returns the steps of the procedure on the shortest path to `ok`, without disturbance and under the default assumptions.
fn plan(source: &AdviceWorld<'_>, limits: &Limits<'_>) -> Option<Plan> {
    let scenario = source.spec(Delivery::Never, false).scenario;
    let world = source.world(&scenario, Assumptions::default());
    let graph = Graph::of(&world, limits);
    let is_ok =
        |state: &State| account(state).programs.values().all(|program| program.ended == Ended::Reported(Outcome::Ok));
    let path = graph.path_to(graph.nearest(is_ok)?);
    let states = path.states(&world);
    let mut acts: Vec<Act> = Vec::new();
    for (state, action) in states.iter().zip(&path.actions) {
        let Some(executed) = world.occur(state, action).ok().and_then(|occurrence| occurrence.step) else { continue };
        let act = &executed.in_procedure(&world).1.act;
        if !matches!(act, Act::Report { .. }) && acts.last() != Some(act) {
            acts.push(act.clone());
        }
    }
    let run = world.scenario.run(world.scenario.last_run).clone();
    Some(Plan { acts, run, world })
}
