//! A state as bytes, which mean the same in every process. The numbers that stand for the parts of a state are given as parts
//! are met, and every worker meets others.

use stranded_model::id::{AdministratorId, Id, MailboxId, MessageId, MessageSet, ServerId};
use stranded_model::procedure::Outcome;
use stranded_model::state::{
    Account, Contents, Ended, Home, Homes, Mailbox, Mark, Phase, Program, Recipient, Record, Server, Service, Shared,
    Stamp, State, Transport,
};
use stranded_model::table::{ENTRIES_MAX, Table};

/// The bytes of a state.
pub(super) fn written(state: &State) -> Box<[u8]> {
    let mut bytes = Vec::with_capacity(128);
    state.put(&mut bytes);
    bytes.into_boxed_slice()
}

/// The state of these bytes; none, if they are those of no state.
pub(super) fn read(mut bytes: &[u8]) -> Option<State> {
    let state = State::take(&mut bytes)?;
    bytes.is_empty().then_some(state)
}

/// What can be written as bytes and read again.
trait Content: Sized {
    /// Adds the bytes of this value.
    fn put(&self, bytes: &mut Vec<u8>);
    /// Takes the bytes of a value from the front.
    fn take(bytes: &mut &[u8]) -> Option<Self>;
}

/// A structure is its fields, one after the other. One that is not listed does not compile.
macro_rules! structures {
    ($($name:ident { $($field:ident),* })*) => {$(
        impl Content for $name {
            fn put(&self, bytes: &mut Vec<u8>) {
                let Self { $($field),* } = self;
                $($field.put(bytes);)*
            }

            fn take(bytes: &mut &[u8]) -> Option<Self> {
                $(let $field = Content::take(bytes)?;)*
                Some(Self { $($field),* })
            }
        }
    )*};
}

/// An enumeration is the number of its variant, and what is in it. A variant that is not listed does not compile.
macro_rules! enumerations {
    ($($name:ident { $($number:literal $variant:ident $({ $($field:ident),* })? $(($inner:ident))?,)* })*) => {$(
        impl Content for $name {
            fn put(&self, bytes: &mut Vec<u8>) {
                match self {$(
                    Self::$variant $({ $($field),* })? $(($inner))? => {
                        bytes.push($number);
                        $($($field.put(bytes);)*)?
                        $($inner.put(bytes);)?
                    }
                )*}
            }

            fn take(bytes: &mut &[u8]) -> Option<Self> {
                match u8::take(bytes)? {
                    $($number => {
                        $($(let $field = Content::take(bytes)?;)*)?
                        $(let $inner = Content::take(bytes)?;)?
                        Some(Self::$variant $({ $($field),* })? $(($inner))?)
                    })*
                    _ => None,
                }
            }
        }
    )*};
}

structures! {
    State { accounts, shared }
    Shared { servers, faults_left }
    Server { store, replica }
    Account { recipients, remembered, mailboxes, queued, transport, saved, edits_left, programs, record }
    Homes { mdb, mta }
    Stamp { version, changed, signature }
    Contents { messages, expunged, mark }
    Program { run, executions, phase, ended, owes_retry }
    Record { accepted, returned, owner_deleted, destroyed, false_success, self_move }
}

enumerations! {
    Service { 0 Up, 1 Down, }
    Transport { 0 Open, 1 Held, }
    Recipient { 0 Absent, 1 Live { homes, stamp }, 2 Tombstone { stamp }, }
    Home { 0 Server(server), 1 Malformed, }
    Mailbox { 0 Absent, 1 Present(contents), }
    Mark { 0 Settled, 1 InTransit { owner, from, to, pending }, }
    Phase { 0 Idle, 1 Running { next, arrived, read }, }
    Ended { 0 Never, 1 Reported(outcome), 2 Died, }
    Outcome { 0 Ok, 1 Refused, 2 Failed, 3 Unknown, }
}

impl Content for u8 {
    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.push(*self);
    }

    fn take(bytes: &mut &[u8]) -> Option<Self> {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        Some(*first)
    }
}

impl Content for bool {
    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.push(u8::from(*self));
    }

    fn take(bytes: &mut &[u8]) -> Option<Self> {
        match u8::take(bytes)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Content for MessageSet {
    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.push(self.iter().fold(0, |all, message| all | 1 << message.index()));
    }

    fn take(bytes: &mut &[u8]) -> Option<Self> {
        let all = u8::take(bytes)?;
        let messages = (0..Self::MESSAGES_MAX).filter(|place| all & 1 << place != 0);
        Some(messages.fold(Self::EMPTY, |set, place| set.with(Self::just(MessageId::at(place)))))
    }
}

impl<T: Content> Content for Option<T> {
    fn put(&self, bytes: &mut Vec<u8>) {
        self.is_some().put(bytes);
        if let Some(value) = self {
            value.put(bytes);
        }
    }

    fn take(bytes: &mut &[u8]) -> Option<Self> {
        if bool::take(bytes)? { Some(Some(T::take(bytes)?)) } else { Some(None) }
    }
}

impl<I: Id, T: Content> Content for Table<I, T> {
    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.push(u8::try_from(self.count()).unwrap_or(u8::MAX));
        self.values().for_each(|value| value.put(bytes));
    }

    fn take(bytes: &mut &[u8]) -> Option<Self> {
        let count = usize::from(u8::take(bytes)?);
        if count > ENTRIES_MAX {
            return None;
        }
        let entries: Option<Vec<T>> = (0..count).map(|_| T::take(bytes)).collect();
        let mut entries = entries?.into_iter();
        Some(Self::of(count, |_| entries.next().expect("as many were taken as were counted")))
    }
}

macro_rules! identifiers {
    ($($name:ident)*) => {$(
        impl Content for $name {
            fn put(&self, bytes: &mut Vec<u8>) {
                bytes.push(self.0);
            }

            fn take(bytes: &mut &[u8]) -> Option<Self> {
                u8::take(bytes).map(Self)
            }
        }
    )*};
}

identifiers! { ServerId MailboxId AdministratorId }
