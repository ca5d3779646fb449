//! The names of servers, administrators, mailboxes and messages in reports, and of actions in a trace.

use stranded_model::World;
use stranded_model::action::{Action, Fate, Part, View};
use stranded_model::id::{AdministratorId, Id, MailboxId, MessageId, MessageSet, ServerId};
use stranded_model::scenario::Scenario;
use stranded_model::state::{Contents, State};

/// Returns the name of a server.
#[must_use]
pub fn server(scenario: &Scenario, server: ServerId) -> &str {
    &scenario.site.servers[server]
}

/// Returns the name of an administrator.
#[must_use]
pub fn administrator(scenario: &Scenario, administrator: AdministratorId) -> &str {
    &scenario.administrators[administrator.index()].name
}

/// Returns the name of a mailbox: `mailbox-1`, `mailbox-2`, …
#[must_use]
pub fn mailbox(mailbox: MailboxId) -> String {
    format!("mailbox-{}", mailbox.0 + 1)
}

/// Returns the name of a message: `m1`, `m2`, … in order of arrival at its mailbox.
#[must_use]
pub fn message(message: MessageId) -> String {
    format!("m{}", message.0 + 1)
}

/// Returns the names of messages.
#[must_use]
pub fn messages(messages: MessageSet) -> Vec<String> {
    messages.iter().map(message).collect()
}

/// Returns the names of the messages in the folders of a mailbox, each once for every copy.
#[must_use]
pub fn copies(contents: &Contents) -> Vec<String> {
    contents.messages.iter().flat_map(|one| std::iter::repeat_n(message(one), contents.copies(one))).collect()
}

/// Parses the name of a message.
#[must_use]
pub fn parse_message(name: &str) -> Option<MessageId> {
    let number: usize = name.strip_prefix('m')?.parse().ok()?;
    (1..=MessageSet::MESSAGES_MAX).contains(&number).then(|| MessageId::at(number - 1))
}

/// Returns the name of an action in a state. An action has one name in all traces, and two actions that are enabled in one state have
/// different names.
#[must_use]
pub fn action(world: &World, state: &State, action: &Action) -> String {
    let scenario = &world.scenario;
    let kind = action.kind().name();
    let view = |view: View| match view {
        View::Replica(id) => server(scenario, id),
        View::Remembered => "an older view",
    };
    match *action {
        Action::Deliver { mailbox: id, by } | Action::LogOn { mailbox: id, by } => {
            format!("{kind} {} by {}", mailbox(id), view(by))
        }
        Action::Redeliver { mailbox: id, message: which, by }
        | Action::OwnerDeletes { mailbox: id, message: which, by } => {
            format!("{kind} {} {} by {}", mailbox(id), message(which), view(by))
        }
        Action::Start { mailbox: id, administrator: who, run } => {
            let procedure = &scenario.administrators[who.index()].runs[usize::from(run)].procedure.name;
            format!("{kind} {} {} {}-{procedure}", mailbox(id), administrator(scenario, who), run + 1)
        }
        Action::Act { mailbox: id, administrator: who, message: taken, fate } => {
            let program = &state.accounts[id].programs[who];
            let step = program.execution().map_or("nothing".to_owned(), |execution| {
                world.run_of(who, program).procedure.step_name(usize::from(execution.next))
            });
            let taken = taken.map_or(String::new(), |taken| format!(" {}", message(taken)));
            let fate = match fate {
                Fate::Answered => String::new(),
                Fate::RequestLost | Fate::ReplyLost | Fate::RequestLate => format!(" {kind}"),
            };
            format!("act {} {} {step}{taken}{fate}", mailbox(id), administrator(scenario, who))
        }
        Action::TakeEffect { mailbox: id } => format!("{kind} {}", mailbox(id)),
        Action::LoseRecent { mailbox: id, server: at }
        | Action::LookEmpty { mailbox: id, server: at }
        | Action::Reappear { mailbox: id, server: at } => format!("{kind} {} {}", mailbox(id), server(scenario, at)),
        Action::Die { mailbox: id, administrator: who } | Action::LoseJournal { mailbox: id, administrator: who } => {
            format!("{kind} {} {}", mailbox(id), administrator(scenario, who))
        }
        Action::Replicate { mailbox: id, from, to } => {
            format!("{kind} {} {} {}", mailbox(id), server(scenario, from), server(scenario, to))
        }
        Action::Refresh { mailbox: id, from } => format!("{kind} {} {}", mailbox(id), server(scenario, from)),
        Action::Edit { mailbox: id, replica } => format!("{kind} {} {}", mailbox(id), server(scenario, replica)),
        Action::Fail { server: id, part: Part::Store | Part::Replica }
        | Action::Recover { server: id, part: Part::Store | Part::Replica } => {
            format!("{kind} {}", server(scenario, id))
        }
    }
}
