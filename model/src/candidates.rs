//! Candidate actions: all actions that a scenario allows, possible or not in a given state.

use crate::action::{Action, ActionKind, Fate, Part, View};
use crate::id::{AdministratorId, Id, MailboxId, MessageId, ServerId};
use crate::procedure::MemoryLife;
use crate::scenario::{Delivery, Fault, Replication, Run, Scenario};
use crate::world::World;

/// Every action that the scenario allows; [`World::step`] decides which are possible in a state.
pub(crate) fn actions(scenario: &Scenario) -> Vec<Action> {
    let mut actions = Vec::new();
    for mailbox in (0..scenario.site.mailboxes).map(MailboxId::at) {
        actions.extend(mail_actions(scenario, mailbox));
        actions.extend(administrator_actions(scenario, mailbox));
        actions.extend(store_actions(scenario, mailbox));
        actions.extend(directory_actions(scenario, mailbox));
    }
    let parts = [(Fault::StoreCrashes, Part::Store), (Fault::ReplicaUnreachable, Part::Replica)];
    for (_, part) in parts.into_iter().filter(|(fault, _)| scenario.environment.faults.contains(fault)) {
        for server in scenario.site.servers.ids() {
            actions.extend([Action::Fail { server, part }, Action::Recover { server, part }]);
        }
    }
    actions
}

/// The views that mail and users may use.
fn views(scenario: &Scenario) -> Vec<View> {
    let replicas = match scenario.site.replication {
        Replication::Instant => 1,
        Replication::Eventual => scenario.site.servers.count(),
    };
    let remembered = scenario.environment.stale_views.then_some(View::Remembered);
    (0..replicas).map(|index| View::Replica(ServerId::at(index))).chain(remembered).collect()
}

fn mail_actions(scenario: &Scenario, mailbox: MailboxId) -> Vec<Action> {
    let mut actions = Vec::new();
    let messages = || (0..scenario.site.messages).map(MessageId::at);
    for by in views(scenario) {
        if scenario.environment.delivery != Delivery::Never {
            actions.push(Action::Deliver { mailbox, by });
        }
        // A message may be queued in any scenario, also by an earlier one, so it can always be tried again.
        actions.extend(messages().map(|message| Action::Redeliver { mailbox, message, by }));
        if scenario.environment.logon {
            actions.push(Action::LogOn { mailbox, by });
        }
        if scenario.environment.owner_deletes > 0 {
            actions.extend(messages().map(|message| Action::OwnerDeletes { mailbox, message, by }));
        }
    }
    actions
}

fn administrator_actions(scenario: &Scenario, mailbox: MailboxId) -> Vec<Action> {
    let faults = &scenario.environment.faults;
    let lossy = [
        (Fault::RequestLost, Fate::RequestLost),
        (Fault::ReplyLost, Fate::ReplyLost),
        (Fault::RequestLate, Fate::RequestLate),
    ];
    let mut actions = Vec::new();
    for (index, data) in scenario.administrators.iter().enumerate() {
        let administrator = AdministratorId::at(index);
        let runs = 0..u8::try_from(data.runs.len()).expect("an administrator has few runs");
        actions.extend(runs.map(|run| Action::Start { mailbox, administrator, run }));
        let lost = lossy.iter().filter(|(fault, _)| faults.contains(fault)).map(|(_, fate)| *fate);
        for fate in [Fate::Answered].into_iter().chain(lost) {
            let takes_any = fate != Fate::RequestLost && data.runs.iter().any(Run::takes_any_message);
            let messages = (0..scenario.site.messages).map(MessageId::at).filter(|_| takes_any);
            let messages = [None].into_iter().chain(messages.map(Some));
            actions.extend(messages.map(|message| Action::Act { mailbox, administrator, message, fate }));
        }
        if faults.contains(&Fault::ProgramDies) {
            actions.push(Action::Die { mailbox, administrator });
        }
        let has_journal = |run: &Run| run.procedure.memory == MemoryLife::Journal;
        if faults.contains(&Fault::JournalLost) && data.runs.iter().any(has_journal) {
            actions.push(Action::LoseJournal { mailbox, administrator });
        }
    }
    if faults.contains(&Fault::RequestLate) {
        actions.push(Action::TakeEffect { mailbox });
    }
    actions
}

/// The faults of a store that concern one mailbox.
fn store_actions(scenario: &Scenario, mailbox: MailboxId) -> Vec<Action> {
    let faults = &scenario.environment.faults;
    let mut actions = Vec::new();
    for server in scenario.site.servers.ids() {
        if faults.contains(&Fault::JournalOutlivesMail) {
            actions.push(Action::LoseRecent { mailbox, server });
        }
        if faults.contains(&Fault::StoreLooksEmpty) {
            actions.extend([Action::LookEmpty { mailbox, server }, Action::Reappear { mailbox, server }]);
        }
    }
    actions
}

fn directory_actions(scenario: &Scenario, mailbox: MailboxId) -> Vec<Action> {
    let servers = || scenario.site.servers.ids();
    let mut actions = Vec::new();
    if scenario.site.replication == Replication::Eventual {
        let pairs = servers().flat_map(|from| servers().filter(move |to| *to != from).map(move |to| (from, to)));
        actions.extend(pairs.map(|(from, to)| Action::Replicate { mailbox, from, to }));
    }
    let readable = match scenario.site.replication {
        Replication::Instant => 1,
        Replication::Eventual => scenario.site.servers.count(),
    };
    if scenario.environment.stale_views {
        actions.extend(servers().take(readable).map(|from| Action::Refresh { mailbox, from }));
    }
    if scenario.environment.other_edits > 0 {
        // With equal replicas, the choice matters only if one of them may be unreachable.
        let writable = if scenario.environment.faults.contains(&Fault::ReplicaUnreachable) {
            scenario.site.servers.count()
        } else {
            readable
        };
        actions.extend(servers().take(writable).map(|replica| Action::Edit { mailbox, replica }));
    }
    actions
}

impl World {
    /// The kinds of action that the scenario allows.
    #[must_use]
    pub fn kinds(&self) -> Vec<ActionKind> {
        ActionKind::ALL.into_iter().filter(|kind| self.actions().iter().any(|action| action.kind() == *kind)).collect()
    }
}
