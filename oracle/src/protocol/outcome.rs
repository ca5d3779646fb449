//! The model's [`Outcome`] in JSON, by its name. For `#[serde(with = "stranded_oracle::protocol::outcome")]` on an outcome, an
//! optional one or a list.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use stranded_model::procedure::Outcome;

use super::keys::{Wrong, outcome_of_name};

/// Outcomes that JSON holds by name.
pub trait ByName: Sized {
    /// The names.
    type Names: Serialize + DeserializeOwned;

    /// Returns the names of the outcomes.
    fn names(&self) -> Self::Names;

    /// Returns the outcomes of these names.
    ///
    /// # Errors
    /// A name that no outcome has.
    fn of_names(names: Self::Names) -> Result<Self, Wrong>;
}

impl ByName for Outcome {
    type Names = Cow<'static, str>;

    fn names(&self) -> Self::Names {
        self.name().into()
    }

    fn of_names(name: Self::Names) -> Result<Self, Wrong> {
        outcome_of_name("result", &name)
    }
}

impl ByName for Option<Outcome> {
    type Names = Option<Cow<'static, str>>;

    fn names(&self) -> Self::Names {
        self.as_ref().map(ByName::names)
    }

    fn of_names(names: Self::Names) -> Result<Self, Wrong> {
        names.map(Outcome::of_names).transpose()
    }
}

impl ByName for Vec<Outcome> {
    type Names = Vec<Cow<'static, str>>;

    fn names(&self) -> Self::Names {
        self.iter().map(ByName::names).collect()
    }

    fn of_names(names: Self::Names) -> Result<Self, Wrong> {
        names.into_iter().map(Outcome::of_names).collect()
    }
}

/// Writes outcomes by their names.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<T: ByName, S: Serializer>(outcomes: &T, serializer: S) -> Result<S::Ok, S::Error> {
    outcomes.names().serialize(serializer)
}

/// Reads outcomes by their names.
///
/// # Errors
/// A name that no outcome has, and those of the deserializer.
pub fn deserialize<'de, T: ByName, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::of_names(T::Names::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// The JSON Schema of an outcome.
#[derive(Debug)]
pub(crate) enum OutcomeSchema {}

impl JsonSchema for OutcomeSchema {
    fn schema_name() -> Cow<'static, str> {
        "Outcome".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The outcome of an operation or a run: done; declined, nothing changed; not completed; not known.",
            "enum": Outcome::ALL.map(Outcome::name),
        })
    }
}
