//! Arbitrary small worlds and random walks through them. The scenarios come from the types, so that a law is tested on
//! the rules and not only on the procedures of this project.

use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use stranded_model::action::{Action, ActionKind};
use stranded_model::assumption::{Assumption, Assumptions};
use stranded_model::dn::HomeValue;
use stranded_model::id::{AdministratorId, Id, MessageId, MessageSet, ServerId};
use stranded_model::procedure::{
    Act, Claim, Condition, Deletion, Duplicate, Handler, ListPurpose, MemoryLife, Only, Outcome, Procedure, ServerRef,
    Step, StepResult, VersionCondition,
};
use stranded_model::scenario::{
    Administrator, CopyOrder, Delivery, Environment, Fault, Replication, Run, RunId, RunsMax, Scenario, Site, Start,
};
use stranded_model::state::{Contents, Homes, Mailbox, Recipient, Stamp, State};
use stranded_model::table::Table;
use stranded_model::{Occurrence, World};

use crate::fixtures::{list, report, servers, step};

/// The most actions of a walk.
const ACTIONS_MAX: usize = 60;

/// A random walk: the world, and each action with the state before it and its result.
#[derive(Clone, Debug)]
pub(crate) struct Walk {
    pub(crate) world: World,
    pub(crate) moments: Vec<(State, Action, Occurrence)>,
    /// The last state.
    pub(crate) last: State,
}

/// Arbitrary walks through arbitrary small worlds.
pub(crate) fn walks() -> impl Strategy<Value = Walk> {
    let choices = prop::collection::vec(any::<Index>(), 0..ACTIONS_MAX);
    (scenarios(), answers(), choices).prop_map(|(scenario, assumptions, choices)| {
        let world = World::new(&scenario, assumptions);
        walk(world, &choices)
    })
}

fn walk(world: World, choices: &[Index]) -> Walk {
    let mut last = world.initial[0].clone();
    let mut moments = Vec::new();
    for choice in choices {
        let Some(action) = pick(&world, &last, choice) else { break };
        let occurrence = world.occur(&last, &action).unwrap();
        let next = occurrence.state.clone();
        moments.push((std::mem::replace(&mut last, next), action, occurrence));
    }
    Walk { world, moments, last }
}

/// Picks a possible action. Steps of programs are as likely as all other actions together, so that programs make
/// progress.
pub(crate) fn pick(world: &World, state: &State, choice: &Index) -> Option<Action> {
    let possible = world.enabled(state).map(|(action, _)| action);
    let (steps, rest): (Vec<Action>, Vec<Action>) = possible.partition(|action| action.kind() == ActionKind::Act);
    match (steps.len(), rest.len()) {
        (0, 0) => None,
        (0, _) => Some(*choice.get(&rest)),
        (_, 0) => Some(*choice.get(&steps)),
        (steps_count, rest_count) => {
            let index = choice.index(2 * rest_count);
            Some(if index < rest_count { rest[index] } else { steps[(index - rest_count) % steps_count] })
        }
    }
}

/// Arbitrary answers to the assumptions.
pub(crate) fn answers() -> impl Strategy<Value = Assumptions> {
    any::<[Index; Assumption::ALL.len()]>().prop_map(|picks| {
        Assumption::ALL.into_iter().zip(picks).fold(Assumptions::default(), |answers, (assumption, pick)| {
            answers.with(assumption, u8::try_from(pick.index(assumption.values().len())).unwrap())
        })
    })
}

/// Arbitrary small scenarios.
pub(crate) fn scenarios() -> impl Strategy<Value = Scenario> {
    (2_usize..=3).prop_flat_map(|count| {
        let people = prop::collection::vec(administrators(count), 1..=2);
        (sites(count), starts(count), environments(), people, any::<[Index; 2]>()).prop_map(
            |(site, start, environment, administrators, [administrator_index, run])| {
                let start = start.map(|start| within(start, &site));
                let administrator_index = administrator_index.index(administrators.len());
                let run = run.index(administrators[administrator_index].runs.len());
                let administrator = AdministratorId(u8::try_from(administrator_index).unwrap());
                let last_run = RunId { administrator, run: u8::try_from(run).unwrap() };
                Scenario { site, start, environment, administrators, last_run, properties: Vec::new() }
            },
        )
    })
}

fn sites(count: usize) -> BoxedStrategy<Site> {
    let replication = prop_oneof![Just(Replication::Instant), Just(Replication::Eventual)];
    (any_server(count), 1_usize..=2, 0_usize..=3, replication)
        .prop_map(move |(home, mailboxes, messages, replication)| Site {
            servers: servers(&["source", "destination", "third"][..count]),
            home,
            mailboxes,
            messages,
            replication,
        })
        .boxed()
}

/// Arbitrary starts of a mailbox.
fn starts(count: usize) -> BoxedStrategy<Option<Start>> {
    let recipient = (any_server(count), 0_u8..4, 0_u8..3).prop_map(|(home, kind, version)| {
        let stamp = Stamp { version, ..Stamp::default() };
        match kind {
            0 => Recipient::Absent,
            1 => Recipient::Tombstone { stamp },
            _ => Recipient::Live { homes: Homes::both(home), stamp },
        }
    });
    let mailbox = prop_oneof![
        1 => Just(Mailbox::Absent),
        1 => (0_u8..8).prop_map(|bits| {
            let messages = (0..3).filter(|number| bits >> number & 1 == 1).map(MessageId);
            let messages = messages.map(MessageSet::just).fold(MessageSet::EMPTY, MessageSet::with);
            Mailbox::Present(Contents { messages, ..Contents::EMPTY })
        }),
    ];
    let each = (prop::collection::vec(recipient, count), prop::collection::vec(mailbox, count));
    let start = each.prop_map(move |(recipients, mailboxes)| Start {
        recipients: Table::of(count, |server: ServerId| recipients[server.index()]),
        mailboxes: Table::of(count, |server: ServerId| mailboxes[server.index()]),
    });
    prop_oneof![2 => Just(None), 1 => start.prop_map(Some)].boxed()
}

/// Removes from the start everything that the site cannot have: messages beyond its supply, a gap in their numbers, and
/// differing replicas under instant replication.
fn within(mut start: Start, site: &Site) -> Start {
    let held = start.mailboxes.values().map(|mailbox| mailbox.messages()).fold(MessageSet::EMPTY, MessageSet::with);
    let arrived = (0..=site.messages).rev().map(MessageSet::first).find(|first| first.is_within(held));
    for mailbox in start.mailboxes.values_mut() {
        if let Mailbox::Present(contents) = mailbox {
            contents.messages = contents.messages.common(arrived.unwrap_or_default());
        }
    }
    if site.replication == Replication::Instant {
        let first = match start.recipients[ServerId(0)] {
            Recipient::Absent => Recipient::Absent,
            Recipient::Tombstone { .. } => Recipient::Tombstone { stamp: Stamp::default() },
            Recipient::Live { homes, .. } => Recipient::Live { homes, stamp: Stamp::default() },
        };
        start.recipients.values_mut().for_each(|recipient| *recipient = first);
    }
    start
}

fn environments() -> BoxedStrategy<Environment> {
    let delivery = prop_oneof![
        1 => Just(Delivery::Never),
        1 => Just(Delivery::Before),
        1 => Just(Delivery::UntilRepair),
        3 => Just(Delivery::AnyTime),
    ];
    // Of few kinds, the supply lasts until a rare one is possible.
    let of_kinds = |most: usize| subsequence(Fault::ALL.to_vec(), 0..=most);
    let faults = prop_oneof![of_kinds(Fault::ALL.len()), of_kinds(1)];
    let copy_order = prop_oneof![2 => Just(CopyOrder::Any), 1 => Just(CopyOrder::Arrival)];
    (delivery, any::<[bool; 2]>(), 0_u8..=2, 0_u8..=2, faults, 0_u8..=3, copy_order)
        .prop_map(|(delivery, [logon, stale_views], owner_deletes, other_edits, faults, faults_max, copy_order)| {
            Environment { delivery, logon, owner_deletes, other_edits, stale_views, faults, faults_max, copy_order }
        })
        .boxed()
}

fn administrators(count: usize) -> impl Strategy<Value = Administrator> {
    prop::collection::vec(runs(count), 1..=2).prop_map(|runs| Administrator { name: "administrator".to_owned(), runs })
}

fn runs(count: usize) -> BoxedStrategy<Run> {
    let runs_max = prop_oneof![(1_u8..=3).prop_map(RunsMax::Times), Just(RunsMax::Any), Just(RunsMax::UntilOk)];
    (procedures(count), any_server(count), any_server(count), any_server(count), runs_max)
        .prop_map(|(procedure, from, to, connected_to, runs_max)| Run { procedure, from, to, connected_to, runs_max })
        .boxed()
}

/// Arbitrary steps, or the article's move after an arbitrary step. The last step is always a report.
fn procedures(count: usize) -> BoxedStrategy<Procedure> {
    let any_steps = prop_oneof![
        1 => prop::collection::vec(acts(count), 1..=7),
        1 => prop::collection::vec(acts(count), 0..=1).prop_map(|first| first.into_iter().chain(article()).collect()),
        1 => (acts(count), any::<bool>()).prop_map(|(first, mirrors)| [first].into_iter().chain(mover(mirrors)).collect()),
    ];
    let end = prop::sample::select(Outcome::ALL.to_vec());
    let memory = prop_oneof![Just(MemoryLife::Run), Just(MemoryLife::Journal)];
    (any_steps, end, memory)
        .prop_flat_map(|(acts, end, memory)| {
            let last = acts.len();
            let steps: Vec<_> = acts.into_iter().map(|act| steps(act, last)).collect();
            steps.prop_map(move |mut steps| {
                steps.push(step(report(end)));
                Procedure { name: "anything".to_owned(), source: Vec::new(), memory, steps }
            })
        })
        .boxed()
}

/// A mover over IMAP that lists, lists, appends and deletes.
fn mover(mirrors: bool) -> [Act; 5] {
    let only = Only::Any;
    [
        Act::CreateMailbox { at: ServerRef::To, duplicate: Duplicate::Kept },
        list(ServerRef::From),
        Act::List { at: ServerRef::To, purpose: ListPurpose::Copied },
        Act::AppendMessage { from: ServerRef::From, to: ServerRef::To },
        if mirrors {
            Act::DeleteUnlisted { at: ServerRef::To, only }
        } else {
            Act::DeleteListed { at: ServerRef::From, only }
        },
    ]
}

fn article() -> [Act; 6] {
    [
        Act::CreateMailbox { at: ServerRef::To, duplicate: Duplicate::Deleted },
        Act::Mark { at: ServerRef::To, claim: Claim::Taken },
        Act::CopyMessage { from: ServerRef::From, to: ServerRef::To },
        Act::SyncDirectory {
            replica: ServerRef::ConnectedTo,
            from: ServerRef::From,
            to: ServerRef::To,
            condition: VersionCondition::Unconditional,
        },
        Act::DeleteMailbox { at: ServerRef::From },
        Act::Unmark { at: ServerRef::To },
    ]
}

/// A step with this act, with arbitrary handlers, under every answer or only one.
fn steps(act: Act, last: usize) -> BoxedStrategy<Step> {
    let handlers = StepResult::ALL.map(
        |result| prop_oneof![3 => Just(None), 1 => (0..=last).prop_map(move |next| Some(Handler { result, next }))],
    );
    let when = prop_oneof![
        5 => Just(Vec::new()),
        1 => prop::sample::select(vec![Assumption::DuplicateAbort, Assumption::SourceDelete, Assumption::RawApply])
            .prop_flat_map(|assumption| (0_u8..2).prop_map(move |answer| vec![(assumption, answer)])),
    ];
    (handlers, when)
        .prop_map(move |(handlers, when)| Step {
            on: handlers.into_iter().flatten().collect(),
            when,
            ..step(act.clone())
        })
        .boxed()
}

fn any_server(count: usize) -> impl Strategy<Value = ServerId> {
    (0..u8::try_from(count).unwrap()).prop_map(ServerId)
}

fn server_refs(count: usize) -> BoxedStrategy<ServerRef> {
    prop_oneof![
        4 => Just(ServerRef::From),
        4 => Just(ServerRef::To),
        1 => Just(ServerRef::ConnectedTo),
        2 => Just(ServerRef::Home),
        1 => prop_oneof![Just(ServerRef::Earlier), Just(ServerRef::Later)],
        1 => any_server(count).prop_map(ServerRef::Server),
    ]
    .boxed()
}

fn home_values(count: usize) -> BoxedStrategy<Option<HomeValue<ServerRef>>> {
    prop_oneof![
        1 => Just(None),
        1 => Just(Some(HomeValue::Malformed)),
        3 => server_refs(count).prop_map(|server_ref| Some(HomeValue::Server(server_ref))),
    ]
    .boxed()
}

fn conditions(count: usize) -> BoxedStrategy<Condition> {
    let server_ref = || server_refs(count);
    prop_oneof![
        server_ref().prop_map(Condition::HomeIs),
        (server_ref(), server_ref()).prop_map(|(one, other)| Condition::Differ(one, other)),
        server_ref().prop_map(Condition::Present),
        server_ref().prop_map(Condition::Empty),
        (server_ref(), server_ref()).prop_map(|(at, of)| Condition::HoldsAll { at, of }),
        server_ref().prop_map(Condition::EveryReplicaNames),
        Just(Condition::ReplicasAgree),
        server_ref().prop_map(Condition::ReplicasAgreeOn),
        server_ref().prop_map(Condition::NoRecipient),
        Just(Condition::NothingQueued),
        server_ref().prop_map(Condition::HoldsListed),
        Just(Condition::NothingListed),
    ]
    .boxed()
}

fn acts(count: usize) -> BoxedStrategy<Act> {
    let server_ref = || server_refs(count);
    let pair = || (server_refs(count), server_refs(count));
    let duplicate = prop_oneof![Just(Duplicate::Deleted), Just(Duplicate::Kept)];
    let claim = prop_oneof![Just(Claim::Taken), Just(Claim::Respected), Just(Claim::Token)];
    let only = || prop_oneof![Just(Only::Any), Just(Only::Copied)];
    let purpose = prop_oneof![2 => Just(ListPurpose::Listed), 1 => Just(ListPurpose::Copied)];
    let deletion = prop_oneof![Just(Deletion::Remembered), Just(Deletion::Forgotten)];
    let written = prop_oneof![Just(VersionCondition::Unconditional), Just(VersionCondition::Unchanged)];
    let in_stores = prop_oneof![
        1 => (server_ref(), duplicate).prop_map(|(at, duplicate)| Act::CreateMailbox { at, duplicate }),
        1 => server_ref().prop_map(|at| Act::DeleteMailbox { at }),
        2 => (server_ref(), purpose).prop_map(|(at, purpose)| Act::List { at, purpose }),
        2 => pair().prop_map(|(from, to)| Act::AppendMessage { from, to }),
        1 => (server_ref(), only()).prop_map(|(at, only)| Act::DeleteUnlisted { at, only }),
        1 => (server_ref(), deletion).prop_map(|(at, deletion)| Act::EmptyMailbox { at, deletion }),
        2 => pair().prop_map(|(from, to)| Act::CopyListed { from, to }),
        2 => (server_ref(), only()).prop_map(|(at, only)| Act::DeleteListed { at, only }),
        2 => pair().prop_map(|(from, to)| Act::CopyMessage { from, to }),
        1 => pair().prop_map(|(from, to)| Act::PropagateDeletions { from, to }),
        2 => (server_ref(), claim).prop_map(|(at, claim)| Act::Mark { at, claim }),
        1 => server_ref().prop_map(|at| Act::Unmark { at }),
        1 => server_ref().prop_map(|at| Act::Save { at }),
        1 => server_ref().prop_map(|at| Act::Load { at }),
        1 => server_ref().prop_map(|at| Act::Adjust { at }),
    ];
    let in_the_directory = prop_oneof![
        (server_ref(), server_ref(), server_ref(), written)
            .prop_map(|(replica, from, to, condition)| Act::SyncDirectory { replica, from, to, condition }),
        (server_ref(), home_values(count), home_values(count)).prop_map(|(replica, mdb, mta)| Act::RawEdit {
            replica,
            mdb,
            mta
        }),
        server_ref().prop_map(|replica| Act::DeleteRecipient { replica }),
        server_ref().prop_map(|replica| Act::LookUpHome { replica }),
        pair().prop_map(|(replica, home)| Act::CreateRecipient { replica, home }),
        server_ref().prop_map(|replica| Act::UpdateNow { replica }),
    ];
    let in_the_program = prop_oneof![
        conditions(count).prop_map(Act::Require),
        conditions(count).prop_map(Act::Wait),
        prop::sample::select(Outcome::ALL.to_vec()).prop_map(report),
        Just(Act::HoldDelivery),
        Just(Act::ReleaseDelivery),
    ];
    prop_oneof![5 => in_stores, 3 => in_the_directory, 2 => in_the_program].boxed()
}
