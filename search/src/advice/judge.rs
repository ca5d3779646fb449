//! The verdict on one procedure: all that is reachable is searched, under every answer to the assumptions that make a
//! difference.

use stranded_model::World;
use stranded_model::assumption::{Assumption, Assumptions};
use stranded_model::id::{AdministratorId, MailboxId, MessageSet};
use stranded_model::procedure::{Act, Outcome};
use stranded_model::property::Safety;
use stranded_model::scenario::Delivery;
use stranded_model::state::{Account, Ended, Homes, Phase, Recipient, State};

use crate::check::{Trace, combinations, rest_of_procedure};
use crate::engine::{Graph, Limits};

use super::world::Question;
use super::{Advice, Case, Harm, Plan, Verdict};

/// What was found under one combination of answers.
struct Finding {
    verdict: Verdict,
    messages: MessageSet,
    can_return_mail: bool,
    trace: Option<Trace>,
}

/// The advice on one procedure.
pub(super) fn advice(question: &Question<'_>, limits: &Limits<'_>) -> Advice {
    let undisturbed = Undisturbed::of(question, limits);
    let deliveries = question.circumstances.deliveries.iter();
    Advice {
        procedure: question.procedure.clone(),
        from: question.from,
        to: question.to,
        cases: deliveries.map(|delivery| case(question, *delivery, &undisturbed, limits)).collect(),
        plan: plan(question, limits),
    }
}

/// Under which answers the procedure does nothing when nothing disturbs it.
struct Undisturbed {
    touched: Vec<Assumption>,
    idle: Vec<Assumptions>,
}

impl Undisturbed {
    fn of(question: &Question<'_>, limits: &Limits<'_>) -> Self {
        let scenario = question.spec(Delivery::Never, false).scenario;
        let touched = scenario.touches();
        let does_nothing = |answers: &Assumptions| is_idle(&Graph::of(&question.world(&scenario, *answers), limits));
        let idle = combinations(Assumptions::default(), &touched).filter(does_nothing).collect();
        Self { touched, idle }
    }

    fn is_idle(&self, answers: &Assumptions) -> bool {
        let agrees = |idle: &&Assumptions| self.touched.iter().all(|one| idle.answer(*one) == answers.answer(*one));
        self.idle.iter().any(|idle| agrees(&idle))
    }
}

fn case(question: &Question<'_>, delivery: Delivery, undisturbed: &Undisturbed, limits: &Limits<'_>) -> Case {
    let spec = question.spec(delivery, true);
    let touched = spec.scenario.touches();
    let mut worst: Option<(Finding, World)> = None;
    let mut can_return_mail = false;
    for assumptions in combinations(Assumptions::default(), &touched) {
        let world = question.world(&spec.scenario, assumptions);
        let found = finding(&Graph::of(&world, limits), undisturbed.is_idle(&assumptions));
        can_return_mail |= found.can_return_mail;
        if worst.as_ref().is_none_or(|(worst, _)| is_worse(&found, worst)) {
            worst = Some((found, world));
        }
    }
    let (found, world) = worst.expect("there is at least one combination of answers");
    let harm = found
        .trace
        .map(|trace| Box::new(Harm { messages: found.messages, spec, touched: touched.clone(), world, trace }));
    Case { delivery, verdict: found.verdict, varied: touched, can_return_mail, harm }
}

/// Worse, or as bad and sooner.
fn is_worse(found: &Finding, worst: &Finding) -> bool {
    let length = |finding: &Finding| finding.trace.as_ref().map_or(usize::MAX, |trace| trace.path.actions.len());
    found.verdict > worst.verdict || found.verdict == worst.verdict && length(found) < length(worst)
}

fn account(state: &State) -> &Account {
    &state.accounts[MailboxId::default()]
}

/// Whether the procedure does nothing when nothing disturbs it: it never reports `ok`, and whenever it has ended everything is
/// as it was.
fn is_idle(graph: &Graph<'_>) -> bool {
    // Versions that replicate are nobody's act, so replicas are compared by what they can come to say.
    let said = |state: &State| account(state).recipients.values().map(Recipient::homes).collect::<Vec<_>>();
    let at_first: Vec<Option<Homes>> = graph.world().initial.iter().flat_map(said).collect();
    let kept = |state: &State| {
        let Account { mailboxes, queued, transport, saved, .. } = account(state).clone();
        (mailboxes, queued, transport, saved)
    };
    let is_as_before = |state: &State| {
        graph.world().initial.iter().any(|first| kept(first) == kept(state))
            && said(state).iter().all(|homes| at_first.contains(homes))
    };
    let program = |state: &State| account(state).programs[AdministratorId::default()];
    graph.truncated.is_none()
        && graph.states.iter().zip(&graph.edges).all(|(state, edges)| {
            match (program(state).phase, program(state).ended) {
                (Phase::Idle, Ended::Reported(Outcome::Ok)) => false,
                (Phase::Idle, Ended::Never | Ended::Died | Ended::Reported(_)) => is_as_before(state),
                // A program that waits for ever never ends.
                (Phase::Running { .. }, _) => is_as_before(state) || !edges.is_empty(),
            }
        })
}

fn finding(graph: &Graph<'_>, is_idle: bool) -> Finding {
    let world = graph.world();
    let can_return_mail = graph.states.iter().any(|state| !account(state).record.returned.is_empty());
    let bad = |verdict: Verdict, number: u32, messages: MessageSet| Finding {
        verdict,
        messages,
        can_return_mail,
        trace: Some(trace(graph, number)),
    };
    let good = |verdict: Verdict| Finding { verdict, messages: MessageSet::EMPTY, can_return_mail, trace: None };
    let gone = |state: &State| account(state).lost().with(account(state).record.destroyed);
    if let Some(number) = graph.nearest(|state| !gone(state).is_empty()) {
        return bad(Verdict::Loses, number, gone(&graph.states[number as usize]));
    }
    if let Some(truncated) = graph.truncated {
        return good(Verdict::Inconclusive(truncated));
    }
    if is_idle {
        return good(Verdict::NotApplicable);
    }
    let rests = |state: &State| world.is_quiescent(&state.accounts[MailboxId::default()], &state.shared);
    let is_left = |state: &State| rests(state) && !Safety::Reachable.holds(world, state) && !has_declined(world, state);
    if let Some(number) = graph.nearest(is_left) {
        return bad(Verdict::OutOfReach, number, unseen(account(&graph.states[number as usize])));
    }
    match graph.leads_to(rests).into_iter().position(|leads| !leads).and_then(|number| u32::try_from(number).ok()) {
        Some(number) => bad(Verdict::NeverDone, number, unseen(account(&graph.states[number as usize]))),
        None => good(Verdict::Safe),
    }
}

/// Whether the run was refused and everything is where it was at first, apart from mail that has come.
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

/// What is owed and is not in the mailbox that every replica names as the home.
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

/// What the procedure does on the shortest way to its `ok` when nothing disturbs it, as the assumptions stand by default.
fn plan(question: &Question<'_>, limits: &Limits<'_>) -> Option<Plan> {
    let scenario = question.spec(Delivery::Never, false).scenario;
    let world = question.world(&scenario, Assumptions::default());
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
