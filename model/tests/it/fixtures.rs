//! Fixtures: small worlds, states and actions for the tests.

use stranded_model::action::{Action, Fate, Part, View};
use stranded_model::assumption::{Assumption, Assumptions};
use stranded_model::id::{AdministratorId, Id, MailboxId, MessageId, MessageSet, ServerId};
use stranded_model::procedure::{
    Act, Handler, ListPurpose, MemoryLife, Outcome, Procedure, ServerRef, Step, StepResult,
};
use stranded_model::scenario::{
    Administrator, CopyOrder, Delivery, Environment, Replication, Run, RunId, RunsMax, Scenario, Site,
};
use stranded_model::state::{Account, Contents, Homes, Mailbox, Mark, Recipient, Stamp, State};
use stranded_model::table::Table;
use stranded_model::{Occurrence, Refusal, World};

/// The home of the mailbox at the start, and the source of runs.
pub(crate) const SOURCE: ServerId = ServerId(0);
/// The destination of runs.
pub(crate) const DESTINATION: ServerId = ServerId(1);
/// The only mailbox of most worlds in the tests.
pub(crate) const MAILBOX: MailboxId = MailboxId(0);
/// The only administrator of most worlds in the tests.
pub(crate) const FIRST: AdministratorId = AdministratorId(0);
/// Another administrator.
pub(crate) const SECOND: AdministratorId = AdministratorId(1);

/// The first administrator's program executes its next step and receives the result.
pub(crate) const ACT: Action = act(None, Fate::Answered);
/// The first administrator's program executes its next step, and the request is lost.
pub(crate) const ACT_REQUEST_LOST: Action = act(None, Fate::RequestLost);
/// The first administrator's program executes its next step, and the reply is lost.
pub(crate) const ACT_REPLY_LOST: Action = act(None, Fate::ReplyLost);
/// The first administrator starts the first run.
pub(crate) const START: Action = start(0);
/// The first administrator's program dies.
pub(crate) const DIE: Action = Action::Die { mailbox: MAILBOX, administrator: FIRST };
/// The next message arrives, routed by the replica of the source.
pub(crate) const DELIVER: Action = deliver(SOURCE);
/// The user logs on to the home that the replica of the source names.
pub(crate) const LOG_ON: Action = Action::LogOn { mailbox: MAILBOX, by: View::Replica(SOURCE) };

/// The first administrator's program executes its next step on this message, with this fate.
pub(crate) const fn act(message: Option<MessageId>, fate: Fate) -> Action {
    Action::Act { mailbox: MAILBOX, administrator: FIRST, message, fate }
}

/// The first administrator's program executes its next step on this message and receives the result.
pub(crate) const fn act_on(message: u8) -> Action {
    act(Some(MessageId(message)), Fate::Answered)
}

/// The first administrator starts this run.
pub(crate) const fn start(run: u8) -> Action {
    Action::Start { mailbox: MAILBOX, administrator: FIRST, run }
}

/// The next message arrives, routed by the replica of this server.
pub(crate) const fn deliver(by: ServerId) -> Action {
    Action::Deliver { mailbox: MAILBOX, by: View::Replica(by) }
}

/// A queued message is tried again, routed by the replica of the source.
pub(crate) const fn redeliver(message: u8) -> Action {
    Action::Redeliver { mailbox: MAILBOX, message: MessageId(message), by: View::Replica(SOURCE) }
}

/// The owner deletes a message in the home that the replica of the source names.
pub(crate) const fn owner_deletes(message: u8) -> Action {
    Action::OwnerDeletes { mailbox: MAILBOX, message: MessageId(message), by: View::Replica(SOURCE) }
}

/// A replica receives the recipient from another.
pub(crate) const fn replicate(from: ServerId, to: ServerId) -> Action {
    Action::Replicate { mailbox: MAILBOX, from, to }
}

/// An unrelated edit of the recipient on a replica.
pub(crate) const fn edit(replica: ServerId) -> Action {
    Action::Edit { mailbox: MAILBOX, replica }
}

/// A service stops.
pub(crate) const fn fail(server: ServerId, part: Part) -> Action {
    Action::Fail { server, part }
}

/// A service answers again.
pub(crate) const fn recover(server: ServerId, part: Part) -> Action {
    Action::Recover { server, part }
}

/// A step without label or handlers.
pub(crate) fn step(act: Act) -> Step {
    Step { label: None, act, on: Vec::new(), when: Vec::new(), line: 1 }
}

/// A step with a jump after this result.
pub(crate) fn handled(act: Act, result: StepResult, next: usize) -> Step {
    Step { on: vec![Handler { result, next }], ..step(act) }
}

/// The act that lists a store.
pub(crate) const fn list(at: ServerRef) -> Act {
    Act::List { at, purpose: ListPurpose::Listed }
}

/// The act that ends a run.
pub(crate) fn report(outcome: Outcome) -> Act {
    Act::Report { outcome, says: None }
}

/// A run from the source to the destination, connected to the source, with one execution.
pub(crate) fn run(steps: Vec<Step>) -> Run {
    let (name, source) = ("a procedure".to_owned(), Vec::new());
    let procedure = Procedure { name, source, memory: MemoryLife::Run, steps };
    Run { procedure, from: SOURCE, to: DESTINATION, connected_to: SOURCE, runs_max: RunsMax::Times(1) }
}

/// A run that executes this act and reports `ok`.
pub(crate) fn doing(act: Act) -> Run {
    doing_all(vec![act])
}

/// A run that executes these acts and reports `ok`.
pub(crate) fn doing_all(acts: Vec<Act>) -> Run {
    run(acts.into_iter().chain([report(Outcome::Ok)]).map(step).collect())
}

/// A run that only reports.
pub(crate) fn reporting(outcome: Outcome) -> Run {
    run(vec![step(report(outcome))])
}

/// Two servers, one mailbox, two messages at any time, instant replication, and one administrator with these runs.
pub(crate) fn site(runs: Vec<Run>) -> Scenario {
    let last = u8::try_from(runs.len()).unwrap() - 1;
    Scenario {
        site: Site {
            servers: servers(&["source", "destination"]),
            home: SOURCE,
            mailboxes: 1,
            messages: 2,
            replication: Replication::Instant,
        },
        environment: Environment {
            delivery: Delivery::AnyTime,
            logon: true,
            owner_deletes: 1,
            other_edits: 1,
            stale_views: false,
            faults: Vec::new(),
            faults_max: 0,
            copy_order: CopyOrder::Any,
        },
        start: None,
        administrators: vec![Administrator { name: "first".to_owned(), runs }],
        last_run: RunId { administrator: FIRST, run: last },
        properties: Vec::new(),
    }
}

/// The second administrator, with these runs.
pub(crate) fn second(runs: Vec<Run>) -> Administrator {
    Administrator { name: "second".to_owned(), runs }
}

/// The servers of a site, by name.
pub(crate) fn servers(names: &[&str]) -> Table<ServerId, String> {
    Table::of(names.len(), |server: ServerId| names[server.index()].to_owned())
}

/// The scenario with eventual replication.
pub(crate) fn lagging(mut scenario: Scenario) -> Scenario {
    scenario.site.replication = Replication::Eventual;
    scenario
}

/// A world in which every assumption has its first answer.
pub(crate) fn world(scenario: &Scenario) -> World {
    World::new(scenario, Assumptions::default())
}

/// A world in which this assumption has this answer.
pub(crate) fn world_where(scenario: &Scenario, assumption: Assumption, value: &str) -> World {
    let answer = assumption.values().iter().position(|other| *other == value).unwrap();
    World::new(scenario, Assumptions::default().with(assumption, u8::try_from(answer).unwrap()))
}

/// The initial state of a world, changed by the test.
pub(crate) fn prepared(world: &World, prepare: impl FnOnce(&mut Account)) -> State {
    let mut state = world.initial[0].clone();
    prepare(&mut state.accounts[MAILBOX]);
    state
}

/// The state after these actions.
pub(crate) fn after(world: &World, state: &State, actions: &[Action]) -> State {
    actions.iter().fold(state.clone(), |state, action| occurred(world, &state, *action).state)
}

/// The result of this action.
pub(crate) fn occurred(world: &World, state: &State, action: Action) -> Occurrence {
    match world.occur(state, &action) {
        Ok(occurrence) => occurrence,
        Err(refusal) => panic!("{action:?} is not possible: {refusal}\n{state:#?}"),
    }
}

/// The refusal of this action after those.
pub(crate) fn refusal_after(world: &World, state: &State, actions: &[Action], last: Action) -> Refusal {
    world.step(&after(world, state, actions), &last).expect_err("the action is possible")
}

/// The result of a step, and the account after it.
pub(crate) fn answer(act: Act, prepare: impl FnOnce(&mut Account)) -> (StepResult, Account) {
    answer_in(&site(vec![doing(act)]), prepare)
}

/// As [`answer`], for the last step of the first run of this scenario before its report.
pub(crate) fn answer_in(scenario: &Scenario, prepare: impl FnOnce(&mut Account)) -> (StepResult, Account) {
    let world = world(scenario);
    last_answer(&world, after(&world, &prepared(&world, prepare), &[START]))
}

/// The result of the last step of the running program before its report, and the account after it.
pub(crate) fn last_answer(world: &World, mut state: State) -> (StepResult, Account) {
    let mut last = None;
    loop {
        let (act, next) = world.next_act(&state, MAILBOX, FIRST).expect("the program does not wait");
        let executed = occurred(world, &state, act).step.unwrap();
        let (_, step) = executed.in_procedure(world);
        if matches!(step.act, Act::Report { .. }) {
            return last.expect("a step before the report");
        }
        let account = next.accounts[MAILBOX].clone();
        if executed.ended.is_some() {
            return (executed.result, account);
        }
        last = Some((executed.result, account));
        state = next;
    }
}

/// The set of these messages.
pub(crate) fn messages(numbers: &[u8]) -> MessageSet {
    numbers.iter().map(|number| MessageSet::just(MessageId(*number))).fold(MessageSet::EMPTY, MessageSet::with)
}

/// An unmarked mailbox with these messages.
pub(crate) fn holding(numbers: &[u8]) -> Mailbox {
    Mailbox::Present(Contents { messages: messages(numbers), ..Contents::EMPTY })
}

/// A mailbox with these messages, marked by a move from the source to the destination.
pub(crate) fn marked(owner: AdministratorId, numbers: &[u8], pending: &[u8]) -> Mailbox {
    let mark = Mark::InTransit { owner, from: SOURCE, to: DESTINATION, pending: messages(pending) };
    Mailbox::Present(Contents { messages: messages(numbers), mark, ..Contents::EMPTY })
}

/// A recipient whose home is this server, with the stamp of a fresh site.
pub(crate) fn homed_on(server: ServerId) -> Recipient {
    Recipient::Live { homes: Homes::both(server), stamp: Stamp::default() }
}

/// A recipient whose home is this server, with this stamp.
pub(crate) fn version(server: ServerId, version: u8, changed: u8, signature: ServerId) -> Recipient {
    Recipient::Live { homes: Homes::both(server), stamp: Stamp { version, changed, signature } }
}

/// A deleted recipient.
pub(crate) const TOMBSTONE: Recipient =
    Recipient::Tombstone { stamp: Stamp { version: 0, changed: 0, signature: SOURCE } };

impl Put for Account {
    fn put(&mut self, at: ServerId, mailbox: Mailbox) {
        self.mailboxes[at] = mailbox;
        self.record.accepted = self.record.accepted.with(mailbox.held());
    }

    fn set_recipient(&mut self, recipient: Recipient) {
        self.recipients.values_mut().for_each(|replica| *replica = recipient);
    }
}

/// Preparation of an account by a test.
pub(crate) trait Put {
    /// Puts a mailbox into a store; its messages count as accepted.
    fn put(&mut self, at: ServerId, mailbox: Mailbox);
    /// Writes a recipient into every replica.
    fn set_recipient(&mut self, recipient: Recipient);
}
