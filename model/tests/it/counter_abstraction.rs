//! Counter abstraction: any number of messages, of which one is tracked.

use pretty_assertions::assert_eq;
use stranded_model::Refusal;
use stranded_model::action::{Action, View};
use stranded_model::assumption::Assumptions;
use stranded_model::counter_abstraction::{Choice, CounterAbstraction, Rest, TRACKED, Taken, abstraction_of};
use stranded_model::id::{MessageId, MessageSet};
use stranded_model::procedure::{Act, Outcome, ServerRef};
use stranded_model::state::{Contents, Mailbox, State};

use crate::fixtures::{
    ACT, DELIVER, DESTINATION, MAILBOX, SOURCE, START, act_on, prepared, report, run, site, step, world,
};

const COPY: Act = Act::CopyMessage { from: ServerRef::From, to: ServerRef::To };

fn abstraction() -> CounterAbstraction {
    let run = run(vec![step(COPY), step(report(Outcome::Ok))]);
    CounterAbstraction::new(&site(vec![run]), Assumptions::default())
}

fn set(messages: &[u8]) -> MessageSet {
    messages.iter().fold(MessageSet::EMPTY, |set, message| set.with(MessageSet::just(MessageId(*message))))
}

fn holding(messages: &[u8]) -> Mailbox {
    Mailbox::Present(Contents { messages: set(messages), ..Contents::EMPTY })
}

/// The tracked message and untracked ones are at the source, and the destination is a shell.
fn filled(abstraction: &CounterAbstraction) -> State {
    prepared(abstraction.world(), |account| {
        account.mailboxes[SOURCE] = holding(&[0, 1]);
        account.mailboxes[DESTINATION] = Mailbox::SHELL;
        account.record.accepted = set(&[0]);
    })
}

fn chosen(action: Action, taken: Taken) -> Choice {
    Choice { action, taken }
}

fn other(like: u8, rest: Rest) -> Taken {
    Taken::Other { like: MessageId(like), rest }
}

fn stores(state: &State) -> [MessageSet; 2] {
    [SOURCE, DESTINATION].map(|server| state.accounts[MAILBOX].mailboxes[server].held())
}

#[test]
fn messages_in_the_same_locations_share_a_number_and_lose_their_record() {
    let world = world(&site(vec![run(vec![step(report(Outcome::Ok))])]));
    let state = prepared(&world, |account| {
        account.mailboxes[SOURCE] = holding(&[0, 1, 2, 3, 5]);
        account.mailboxes[DESTINATION] = holding(&[3]);
        account.record.accepted = set(&[0, 1, 2, 3, 4, 5]);
        account.record.owner_deleted = set(&[4, 5]);
    });
    let seen = abstraction_of(&state, MessageId(2));
    // Number 3 is the message that its owner deleted elsewhere; the one in no location is forgotten.
    assert_eq!(stores(&seen), [set(&[0, 1, 2, 3]), set(&[2])]);
    let record = seen.accounts[MAILBOX].record;
    assert_eq!((record.accepted, record.owner_deleted), (set(&[0]), set(&[3])));
    assert_eq!(abstraction_of(&state, MessageId(0)), abstraction_of(&state, MessageId(1)));
    assert_eq!(abstraction_of(&state, MessageId(6)).accounts[MAILBOX].record.accepted, MessageSet::EMPTY);
}

#[test]
fn the_tracked_message_arrives_once_and_untracked_messages_arrive_repeatedly() {
    let abstraction = abstraction();
    let [tracked, another] = [Taken::Tracked, Taken::New].map(|taken| chosen(DELIVER, taken));
    let first = abstraction.step(&abstraction.world().initial[0], &tracked).unwrap();
    assert_eq!(stores(&first)[0], set(&[0]));
    assert_eq!(abstraction.step(&first, &tracked), Err(Refusal::MessagesUsedUp));
    let second = abstraction.step(&first, &another).unwrap();
    assert_eq!(stores(&second)[0], set(&[0, 1]));
    assert_eq!(second.accounts[MAILBOX].record.accepted, set(&[0]));
    assert_eq!(abstraction.step(&second, &another), Ok(second));
}

#[test]
fn a_copy_takes_the_chosen_message_and_reports_ok_after_the_last() {
    let abstraction = abstraction();
    let state = abstraction.step(&filled(&abstraction), &chosen(START, Taken::Nothing)).unwrap();
    let act = act_on(TRACKED.0);
    let copied = |taken| abstraction.step(&state, &chosen(act, taken)).map(|state| stores(&state));
    assert_eq!(copied(Taken::Tracked), Ok([set(&[0, 1]), set(&[0])]));
    assert_eq!(copied(other(1, Rest::None)), Ok([set(&[0, 1]), set(&[1])]));
    assert_eq!(copied(other(1, Rest::Some)), Ok([set(&[0, 1, 2]), set(&[2])]));
    assert_eq!(copied(other(2, Rest::None)), Err(Refusal::AnotherTaken));
    assert_eq!(copied(Taken::Nothing), Err(Refusal::AnotherTaken));
    let all = abstraction.step(&state, &chosen(act, Taken::Tracked)).unwrap();
    let all = abstraction.step(&all, &chosen(act, other(1, Rest::None))).unwrap();
    assert_eq!(abstraction.step(&all, &chosen(act, Taken::Tracked)), Err(Refusal::AnotherTaken));
    // The last lacking message ended the step.
    assert!(abstraction.step(&all, &chosen(ACT, Taken::Nothing)).is_ok());
}

#[test]
fn an_owner_delete_of_an_untracked_message_uses_up_the_supply() {
    let abstraction = abstraction();
    let delete = Action::OwnerDeletes { mailbox: MAILBOX, message: TRACKED, by: View::Replica(SOURCE) };
    let state = filled(&abstraction);
    let after = abstraction.step(&state, &chosen(delete, other(1, Rest::Some))).unwrap();
    assert_eq!((stores(&after)[0], after.accounts[MAILBOX].deletes_left), (set(&[0, 1]), 0));
    assert_eq!(abstraction.step(&after, &chosen(delete, Taken::Tracked)), Err(Refusal::DeletesUsedUp));
    let last = abstraction.step(&state, &chosen(delete, other(1, Rest::None))).unwrap();
    assert_eq!(stores(&last)[0], set(&[0]));
    assert_eq!(abstraction.step(&state, &chosen(delete, Taken::Nothing)), Err(Refusal::AnotherTaken));
}

#[test]
fn a_step_that_needs_a_number_beyond_the_capacity_is_refused() {
    let abstraction = abstraction();
    let full = prepared(abstraction.world(), |account| {
        account.mailboxes[SOURCE] =
            Mailbox::Present(Contents { messages: MessageSet::first(MessageSet::CAPACITY), ..Contents::EMPTY });
        account.record.accepted = set(&[0]);
    });
    assert_eq!(abstraction.step(&full, &chosen(DELIVER, Taken::New)), Err(Refusal::NumbersUsedUp));
}

#[test]
fn every_action_is_listed_with_each_of_its_choices() {
    let abstraction = abstraction();
    let taken = |wanted: Action| {
        abstraction
            .choices()
            .iter()
            .filter(move |choice| choice.action == wanted)
            .map(|choice| choice.taken)
            .collect::<Vec<_>>()
    };
    assert_eq!(taken(DELIVER), [Taken::Tracked, Taken::New]);
    assert_eq!(taken(START), [Taken::Nothing]);
    assert_eq!(taken(ACT), [Taken::Nothing]);
    assert_eq!(taken(act_on(TRACKED.0)).len(), 1 + 2 * (MessageSet::CAPACITY - 1));
}
