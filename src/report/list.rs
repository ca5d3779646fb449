//! The entries of the lists of `stranded list`.

use schemars::JsonSchema;
use serde::Serialize;

/// An entry of a list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ListItem {
    /// Its name.
    pub name: String,
    /// One sentence about it.
    pub says: String,
    /// The possible values of an assumption.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// The procedure that a mutant claims to implement, if it is not that of the scenario.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub implements: Option<&'static str>,
    /// The sources.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Vec<String>>,
}
