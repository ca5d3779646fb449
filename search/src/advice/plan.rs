//! The plan of a procedure: its steps on the shortest path to `ok`, and those that the observation shows to be void.

use stranded_model::assumption::Assumptions;
use stranded_model::id::{AdministratorId, ServerId};
use stranded_model::procedure::{Act, Condition, Duplicate, Outcome, StepResult};
use stranded_model::scenario::{Delivery, Run};
use stranded_model::state::{Ended, Mailbox, Recipient, State};

use crate::engine::{Graph, Limits};
use crate::snapshot::{Snapshot, UnobservedFact};

use super::finding::account;
use super::world::{AdviceWorld, Setting};
use super::{Plan, PlannedStep};

/// Returns the steps of the procedure on the shortest path to `ok`, without disturbance and under the default assumptions.
pub(super) fn plan(source: &AdviceWorld<'_>, limits: &Limits<'_>) -> Option<Plan> {
    let setting = Setting::of(Delivery::Never, false);
    let (starts, _) = source.starts(setting, &[]);
    let scenario = source.scenario(setting, &starts);
    let world = source.world(&scenario, Assumptions::default(), setting, &starts);
    let graph = Graph::of(&world, limits);
    let is_ok =
        |state: &State| account(state).programs.values().all(|program| program.ended == Ended::Reported(Outcome::Ok));
    let path = graph.path_to(graph.nearest(is_ok)?);
    let states = path.states(&world);
    let run = world.scenario.run(world.scenario.last_run).clone();
    let occasion = Occasion { snapshot: source.snapshot, run: &run };
    let (mut steps, mut absent): (Vec<PlannedStep>, Vec<ServerId>) = (Vec::new(), Vec::new());
    for (state, action) in states.iter().zip(&path.actions) {
        let Some(executed) = world.occur(state, action).ok().and_then(|occurrence| occurrence.step) else { continue };
        let act = &executed.in_procedure(&world).1.act;
        let home =
            account(state).programs[AdministratorId::default()].execution().and_then(|running| running.memory.home);
        match steps.last_mut() {
            _ if matches!(act, Act::Report { .. }) => {}
            Some(last) if last.act == *act => last.result = executed.result,
            Some(_) | None => {
                let at_absent = occasion.absent(act, state);
                let is_void = at_absent.is_some() || occasion.is_void(act, executed.result, state);
                absent.extend(at_absent.filter(|server| !absent.contains(server)));
                let is_at_home = occasion.is_at_home(act, state);
                steps.push(PlannedStep { act: act.clone(), result: executed.result, home, is_at_home, is_void });
            }
        }
    }
    leave_out_lists(&mut steps);
    Some(Plan { steps, absent, run, world })
}

/// The facts with which a step is compared.
struct Occasion<'a> {
    snapshot: &'a Snapshot,
    run: &'a Run,
}

impl Occasion<'_> {
    /// Returns the server that a step reads or clears, if it was observed to have no mailbox and still has none.
    fn absent(&self, act: &Act, state: &State) -> Option<ServerId> {
        let (Act::List { at, .. }
        | Act::Save { at }
        | Act::EmptyMailbox { at, .. }
        | Act::DeleteListed { at, .. }
        | Act::DeleteUnlisted { at, .. }
        | Act::CopyListed { from: at, .. }
        | Act::CopyMessage { from: at, .. }
        | Act::AppendMessage { from: at, .. }) = act
        else {
            return None;
        };
        let server = self.run.server(*at)?;
        let is_absent = account(state).mailboxes[server] == Mailbox::Absent;
        (is_absent && self.was_absent(server)).then_some(server)
    }

    /// Returns true if a step has nothing to do for another reason: it compares the two servers of the advice, the mailbox that it creates
    /// was observed, or the file that it loads is empty because the source was observed to have no mailbox.
    fn is_void(&self, act: &Act, result: StepResult, state: &State) -> bool {
        let from = self.run.from;
        if let Act::CreateMailbox { at, duplicate: Duplicate::Kept } = act {
            let is_observed = self.run.server(*at).is_some_and(|server| self.was_observed(server));
            return is_observed && result == StepResult::Duplicate;
        }
        let is_known_empty = || self.was_absent(from) && account(state).saved.is_empty();
        matches!(act, Act::Require(Condition::Differ(..))) || matches!(act, Act::Load { .. }) && is_known_empty()
    }

    /// Returns true if the store was observed to have no mailbox.
    fn was_absent(&self, server: ServerId) -> bool {
        self.was_observed(server) && self.snapshot.mailboxes[server] == Mailbox::Absent
    }

    fn was_observed(&self, server: ServerId) -> bool {
        !self.snapshot.unobserved.contains(&UnobservedFact::Store(server))
    }

    /// Returns false if a step creates, changes or saves a mailbox in a store that Home-MDB does not name.
    fn is_at_home(&self, act: &Act, state: &State) -> bool {
        let (Act::CreateMailbox { at, .. }
        | Act::EmptyMailbox { at, .. }
        | Act::DeleteListed { at, .. }
        | Act::DeleteUnlisted { at, .. }
        | Act::Save { at }
        | Act::Load { at }) = act
        else {
            return true;
        };
        let is_named =
            |recipient: &Recipient, server| recipient.homes().is_some_and(|homes| homes.mdb.server() == Some(server));
        let recipients = &account(state).recipients;
        self.run.server(*at).is_none_or(|server| recipients.values().any(|recipient| is_named(recipient, server)))
    }
}

/// Marks the lists as void that no later step reads.
fn leave_out_lists(steps: &mut [PlannedStep]) {
    let reads_list = |step: &PlannedStep| step.act.reads_list() && !step.is_void;
    for index in 0..steps.len() {
        if matches!(steps[index].act, Act::List { .. }) && !steps[index + 1..].iter().any(reads_list) {
            steps[index].is_void = true;
        }
    }
}
