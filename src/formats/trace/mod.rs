//! A story in the forms of other programs. Every form is a pure function of a [`Telling`]: the story, the world that it happened
//! in, and what it is called. The sentences are the report's, the steps the model's; nothing is decided here, nothing is read
//! or written.

pub mod dot;
pub mod itf;
pub mod markdown;
pub mod mermaid;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use stranded_model::World;
use stranded_model::property::Safety;

use crate::report::badge::Badge;
use crate::report::story::Story;
use stranded_search::scenario::Spec;

/// A form that a story can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
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

/// A story, and all that a form of it needs to know.
#[derive(Clone, Copy, Debug)]
pub struct NarratedTrace<'a> {
    /// Its scenario.
    pub spec: &'a Spec,
    /// The world in which it starts.
    pub world: &'a World,
    /// What happens.
    pub story: &'a Story,
    /// The property that it breaks, by name.
    pub property: Option<&'a str>,
    /// The number of steps that are taken in `world`; those after it follow a procedure that was put in the place of what ran.
    pub own: usize,
}

impl NarratedTrace<'_> {
    /// What it is called: the scenario, and the property that it breaks.
    #[must_use]
    pub fn title(&self) -> String {
        match self.property {
            Some(property) => format!("{}: {property}", self.spec.name),
            None => self.spec.name.clone(),
        }
    }

    /// What is worth knowing of a moment: mail destroyed, the point of no return, properties broken. `number` 0 is the start.
    #[must_use]
    pub fn badges(&self, number: usize) -> Vec<Badge> {
        let row = number.checked_sub(1).and_then(|place| self.story.rows.get(place));
        let mut badges = Vec::new();
        badges.extend(row.filter(|row| !row.lost.is_empty()).map(|row| Badge::Destroys(row.lost.clone())));
        badges.extend(self.story.is_point_of_no_return(number).then_some(Badge::TooLate));
        badges.extend((self.first_violation() == Some(number)).then_some(Badge::FirstViolation));
        if let Some(row) = row.filter(|row| !row.is_after && !row.breaks.is_empty()) {
            badges.push(Badge::Breaks(row.breaks.iter().map(|property| property.name()).collect()));
        }
        badges
    }

    /// The same in words.
    #[must_use]
    pub fn marks(&self, number: usize) -> Vec<String> {
        self.badges(number).iter().map(Badge::says).collect()
    }

    /// The first moment at which some property is not true.
    fn first_violation(&self) -> Option<usize> {
        let at_first = Safety::ALL.iter().any(|property| !property.holds(self.world, &self.story.initial));
        let breaks = self.story.rows.iter().find(|row| !row.is_after && !row.breaks.is_empty());
        if at_first { Some(0) } else { breaks.map(|row| row.number) }
    }
}
