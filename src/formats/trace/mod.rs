//! A trace in the formats of other programs. Every format is a pure function of a [`NarratedTrace`]. The sentences come from the
//! report, the steps from the model; this module decides nothing, and reads and writes no file.

pub mod dot;
pub mod itf;
pub mod markdown;
pub mod mermaid;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use stranded_model::World;
use stranded_model::property::Safety;

use crate::report::badge::Badge;
use crate::report::table::TraceTable;
use stranded_search::scenario::Spec;

/// A format of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TraceFormat {
    /// The explorer of this trace as one page that needs no network
    #[cfg(feature = "explore")]
    Html,
    /// The Informal Trace Format, for tools around TLA+ and Quint
    Itf,
    /// A Mermaid sequence diagram
    Mermaid,
    /// The state graph for Graphviz, with this trace marked in it
    Dot,
    /// Question, verdict and a table of the steps
    Markdown,
    /// A trace file
    Json,
}

impl TraceFormat {
    /// Returns true if the format shows the recommended repair of a [`TraceTable`]; the search for it takes time.
    #[must_use]
    pub fn recommends(self) -> bool {
        match self {
            Self::Markdown => true,
            #[cfg(feature = "explore")]
            Self::Html => false,
            Self::Itf | Self::Mermaid | Self::Dot | Self::Json => false,
        }
    }
}

/// A trace with its sentences, its scenario and its world.
#[derive(Clone, Copy, Debug)]
pub struct NarratedTrace<'a> {
    /// Its scenario.
    pub spec: &'a Spec,
    /// The world in which it starts.
    pub world: &'a World,
    /// Its steps.
    pub table: &'a TraceTable,
    /// The name of the property that it violates.
    pub property: Option<&'a str>,
    /// The number of steps that happen in `world`; later steps belong to a procedure that the user put in.
    pub own: usize,
}

impl NarratedTrace<'_> {
    /// Returns its title: the scenario, and the property that it violates.
    #[must_use]
    pub fn title(&self) -> String {
        match self.property {
            Some(property) => format!("{}: {property}", self.spec.name),
            None => self.spec.name.clone(),
        }
    }

    /// Returns the badges of a step; `number` 0 is the initial state.
    #[must_use]
    pub fn badges(&self, number: usize) -> Vec<Badge> {
        self.table.badges(number, self.first_violation() == Some(number))
    }

    /// Returns the badges of a step in words.
    #[must_use]
    pub fn marks(&self, number: usize) -> Vec<String> {
        self.badges(number).iter().map(Badge::says).collect()
    }

    /// Returns the number of the first state in which some property is false.
    fn first_violation(&self) -> Option<usize> {
        let at_first = Safety::ALL.iter().any(|property| !property.holds(self.world, &self.table.initial));
        let breaks = self.table.rows.iter().find(|row| !row.breaks.is_empty());
        if at_first { Some(0) } else { breaks.map(|row| row.number) }
    }
}
