//! Values of the Informal Trace Format together with their types, so that the types that Apalache reads from `#meta` cannot
//! differ from the values. Both are derived from `StateView`.
//!
//! Integers are `#bigint`, messages `#set`, tables by name `#map`, and optional values the variants `Some` and `None`; there is
//! no null. `None` contains the only value of the type `UNIT`, because Apalache's types have no empty tuple. Types are written in
//! Apalache's type system 1.2.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use stranded_search::state_view::{
    AccountView, ContentsView, LateView, MarkView, ProgramView, RecipientView, RecordView, ServerView, StateView,
};

/// The only value of the type [`UNIT`].
const NOTHING: &str = "U_OF_UNIT";
/// The type of the value of `None`.
const UNIT: &str = "UNIT";

/// A value of a trace.
pub(super) trait Typed {
    /// Returns its type.
    fn type_text() -> String;
    /// Returns its value, which has that type.
    fn value(&self) -> Value;
}

impl Typed for bool {
    fn type_text() -> String {
        "Bool".to_owned()
    }

    fn value(&self) -> Value {
        json!(self)
    }
}

impl Typed for u8 {
    fn type_text() -> String {
        "Int".to_owned()
    }

    fn value(&self) -> Value {
        json!({"#bigint": self.to_string()})
    }
}

impl Typed for String {
    fn type_text() -> String {
        "Str".to_owned()
    }

    fn value(&self) -> Value {
        json!(self)
    }
}

impl Typed for Vec<String> {
    fn type_text() -> String {
        format!("Set({})", String::type_text())
    }

    fn value(&self) -> Value {
        json!({"#set": self})
    }
}

impl<T: Typed> Typed for Option<T> {
    fn type_text() -> String {
        format!("Some({}) | None({UNIT})", T::type_text())
    }

    fn value(&self) -> Value {
        match self {
            Some(value) => json!({"tag": "Some", "value": value.value()}),
            None => json!({"tag": "None", "value": NOTHING}),
        }
    }
}

impl<T: Typed> Typed for BTreeMap<String, T> {
    fn type_text() -> String {
        format!("{} -> ({})", String::type_text(), T::type_text())
    }

    fn value(&self) -> Value {
        let pairs: Vec<Value> = self.iter().map(|(name, entry)| json!([name, entry.value()])).collect();
        json!({"#map": pairs})
    }
}

/// A record: the names, types and values of its fields.
pub(super) trait ItfRecord {
    /// Returns every field with its type.
    fn types() -> Vec<(&'static str, String)>;
    /// Returns every field with its value.
    fn values(&self) -> Map<String, Value>;
}

impl<R: ItfRecord> Typed for R {
    fn type_text() -> String {
        let fields: Vec<String> = R::types().iter().map(|(name, text)| format!("{name}: {text}")).collect();
        format!("{{ {} }}", fields.join(", "))
    }

    fn value(&self) -> Value {
        Value::Object(self.values())
    }
}

/// Implements a record from the names of its fields; a missing field does not compile.
macro_rules! record {
    ($record:ident { $($field:ident),+ }) => {
        impl ItfRecord for $record {
            fn types() -> Vec<(&'static str, String)> {
                vec![$((stringify!($field), type_of(|record: &Self| &record.$field))),+]
            }

            fn values(&self) -> Map<String, Value> {
                let Self { $($field),+ } = self;
                [$((stringify!($field).to_owned(), $field.value())),+].into_iter().collect()
            }
        }
    };
}

/// Returns the type of a field.
fn type_of<R, T: Typed>(_: impl Fn(&R) -> &T) -> String {
    T::type_text()
}

/// The choices of a step, for tools for model-based tests.
pub(super) struct Picks {
    /// The actor; none for the initial state.
    pub(super) actor: Option<String>,
}

record!(StateView { mailboxes, servers, faults_left });
record!(AccountView {
    directory,
    remembered,
    stores,
    hidden,
    queued,
    late,
    delivery_held,
    saved,
    edits_left,
    deletes_left,
    administrators,
    record
});
record!(RecipientView { home_mdb, home_mta, deleted, version, changed, signature });
record!(LateView { administrator, run, step, visited, message, home, version, is_superseded });
record!(MarkView { owner, from, to, pending });
record!(ProgramView {
    run,
    executions,
    next,
    visited,
    completion,
    required,
    listed,
    copied,
    journal,
    home,
    version,
    ended,
    owes_retry
});
record!(RecordView { accepted, returned, owner_deleted, destroyed, false_success, self_move });
record!(ServerView { store_up, replica_up });
record!(Picks { actor });

/// A set has an element once, so the copies of each message have a field of their own.
impl ItfRecord for ContentsView {
    fn types() -> Vec<(&'static str, String)> {
        vec![
            ("messages", Vec::<String>::type_text()),
            ("copies", BTreeMap::<String, u8>::type_text()),
            ("began_twice", Vec::<String>::type_text()),
            ("recent", Vec::<String>::type_text()),
            ("expunged", Vec::<String>::type_text()),
            ("in_transit", Option::<MarkView>::type_text()),
        ]
    }

    fn values(&self) -> Map<String, Value> {
        let Self { messages, began_twice, recent, expunged, in_transit } = self;
        let mut copies: BTreeMap<String, u8> = BTreeMap::new();
        for message in messages {
            *copies.entry(message.clone()).or_default() += 1;
        }
        let distinct: Vec<String> = copies.keys().cloned().collect();
        let fields = [
            ("messages", distinct.value()),
            ("copies", copies.value()),
            ("began_twice", began_twice.value()),
            ("recent", recent.value()),
            ("expunged", expunged.value()),
            ("in_transit", in_transit.value()),
        ];
        fields.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
    }
}
