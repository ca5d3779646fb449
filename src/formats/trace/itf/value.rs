//! A value of the Informal Trace Format together with its type. What a value looks like and what type it has are said in one
//! place, so that the types that Apalache reads from `#meta` cannot differ from the values.
//!
//! Values are as the format wants them: integers as `#bigint`, messages as `#set`, what is looked up by name as `#map`, and what
//! may be missing as the variants `Some` and `None`; there is no null. `None` holds the only value of the type `UNIT`, which
//! Apalache and Quint read as nothing: in Apalache's types there is no empty tuple. Types are written in Apalache's type
//! system 1.2.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use stranded_search::state_view::{
    AccountView, ContentsView, MarkView, ProgramView, RecipientView, RecordView, ServerView, StateView,
};

/// The only value of the type [`UNIT`].
const NOTHING: &str = "U_OF_UNIT";
/// The type of what carries nothing.
const UNIT: &str = "UNIT";

/// Something that can stand in a trace.
pub(super) trait Typed {
    /// Its type, whatever its value.
    fn type_text() -> String;
    /// Its value; it has that type.
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

/// A record: what its fields are called, what types they have and what they hold.
pub(super) trait Record {
    /// Every field with its type.
    fn types() -> Vec<(&'static str, String)>;
    /// Every field with its value.
    fn values(&self) -> Map<String, Value>;
}

impl<R: Record> Typed for R {
    fn type_text() -> String {
        let fields: Vec<String> = R::types().iter().map(|(name, text)| format!("{name}: {text}")).collect();
        format!("{{ {} }}", fields.join(", "))
    }

    fn value(&self) -> Value {
        Value::Object(self.values())
    }
}

/// Names the fields of a record once; one that is left out does not compile.
macro_rules! record {
    ($record:ident { $($field:ident),+ }) => {
        impl Record for $record {
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

/// The type of what a function finds in a record.
fn type_of<R, T: Typed>(_: impl Fn(&R) -> &T) -> String {
    T::type_text()
}

/// What was chosen for a step, for tools for model-based tests.
pub(super) struct Picks {
    /// Who acted; nobody at first.
    pub(super) actor: Option<String>,
}

record!(StateView { mailboxes, servers, faults_left });
record!(AccountView {
    directory,
    remembered,
    stores,
    queued,
    delivery_held,
    saved,
    edits_left,
    administrators,
    record
});
record!(RecipientView { home_mdb, home_mta, deleted, version, changed, signature });
record!(ContentsView { messages, expunged, in_transit });
record!(MarkView { owner, from, to, pending });
record!(ProgramView { run, executions, next, arrived, read, ended, owes_retry });
record!(RecordView { accepted, returned, owner_deleted, destroyed, false_success, self_move });
record!(ServerView { store_up, replica_up });
record!(Picks { actor });
