//! States as bytes that mean the same in every process. Part numbers do not: each worker numbers the parts in the order
//! in which it meets them.

use stranded_model::id::{AdministratorId, Id, MailboxId, MessageId, MessageSet, ServerId};
use stranded_model::procedure::Outcome;
use stranded_model::state::{
    Account, Completion, Contents, Ended, Execution, Home, Homes, LateRequest, Mailbox, Mark, Memory, Phase, Program,
    ReadVersion, Recipient, Record, Server, Service, Shared, Stamp, State, Transport,
};
use stranded_model::table::{ENTRIES_MAX, Table};

/// Returns the bytes of a state.
pub(super) fn written(state: &State) -> Box<[u8]> {
    let mut bytes = Vec::with_capacity(128);
    state.put(&mut bytes);
    bytes.into_boxed_slice()
}

/// Returns the state of these bytes, or `None` if they are not those of a state.
pub(super) fn read(mut bytes: &[u8]) -> Option<State> {
    let state = State::take(&mut bytes)?;
    bytes.is_empty().then_some(state)
}

/// A value that can be written as bytes and read again.
trait StateBytes: Sized {
    /// Appends the bytes of this value.
    fn put(&self, bytes: &mut Vec<u8>);
    /// Takes the bytes of a value from the front.
    fn take(bytes: &mut &[u8]) -> Option<Self>;
}

/// Implements [`StateBytes`] for structures: the fields, one after the other. A missing field does not compile.
macro_rules! structures {
    ($($name:ident { $($field:ident),* })*) => {$(
        impl StateBytes for $name {
            fn put(&self, bytes: &mut Vec<u8>) {
                let Self { $($field),* } = self;
                $($field.put(bytes);)*
            }

            fn take(bytes: &mut &[u8]) -> Option<Self> {
                $(let $field = StateBytes::take(bytes)?;)*
                Some(Self { $($field),* })
            }
        }
    )*};
}

/// Implements [`StateBytes`] for enumerations: the number of the variant, then its fields. A missing variant does not
/// compile.
macro_rules! enumerations {
    ($($name:ident { $($number:literal $variant:ident $({ $($field:ident),* })? $(($inner:ident))?,)* })*) => {$(
        impl StateBytes for $name {
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
                        $($(let $field = StateBytes::take(bytes)?;)*)?
                        $(let $inner = StateBytes::take(bytes)?;)?
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
    Account {
        recipients, remembered, mailboxes, hidden, queued, late, transport, saved, edits_left, deletes_left, programs,
        record
    }
    Homes { mdb, mta }
    Stamp { version, changed, signature }
    Contents { messages, duplicated, began_twice, recent, expunged, mark }
    Program { run, executions, phase, ended, owes_retry, journal }
    Execution { next, visited, completion, required, memory }
    Memory { listed, copied, home, version }
    LateRequest { administrator, run, step, visited, message, home, version, is_superseded }
    Record { accepted, returned, owner_deleted, destroyed, false_success, self_move }
}

enumerations! {
    Service { 0 Up, 1 Down, }
    Transport { 0 Open, 1 Held, }
    Recipient { 0 Absent, 1 Live { homes, stamp }, 2 Tombstone { stamp }, }
    Home { 0 Server(server), 1 Malformed, }
    Mailbox { 0 Absent, 1 Present(contents), }
    Mark { 0 Settled, 1 InTransit { owner, from, to, pending }, }
    Phase { 0 Idle, 1 Running(execution), }
    Completion { 0 Pending, 1 Reached, 2 Spoiled, }
    ReadVersion { 0 Absent, 1 Stamp(stamp), }
    Ended { 0 Never, 1 Reported(outcome), 2 Died, }
    Outcome { 0 Ok, 1 Refused, 2 Failed, 3 Unknown, }
}

impl StateBytes for u8 {
    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.push(*self);
    }

    fn take(bytes: &mut &[u8]) -> Option<Self> {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        Some(*first)
    }
}

impl StateBytes for bool {
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

impl StateBytes for MessageSet {
    fn put(&self, bytes: &mut Vec<u8>) {
        let all: u16 = self.iter().fold(0, |all, message| all | 1 << message.index());
        bytes.extend(all.to_le_bytes());
    }

    fn take(bytes: &mut &[u8]) -> Option<Self> {
        let all = u16::from_le_bytes([u8::take(bytes)?, u8::take(bytes)?]);
        let messages = (0..Self::CAPACITY).filter(|index| all & 1 << index != 0);
        Some(messages.fold(Self::EMPTY, |set, index| set.with(Self::just(MessageId::at(index)))))
    }
}

impl<T: StateBytes> StateBytes for Option<T> {
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

impl<I: Id, T: StateBytes> StateBytes for Table<I, T> {
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
        Some(Self::of(count, |_| entries.next().expect("`entries` has `count` items")))
    }
}

macro_rules! identifiers {
    ($($name:ident)*) => {$(
        impl StateBytes for $name {
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
