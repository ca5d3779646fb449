//! Scenario files: what the user writes, read into the model's [`Scenario`] with every error at its place.
//!
//! [`load_scenario`] and [`select`] read files, [`parse_scenario`] only texts. `read` follows a scenario file from top to
//! bottom; `site` with `number`, `runs` and `never` are its tables, `steps`, `act` and `home_name` a procedure's. `cursor` asks a TOML table
//! for its keys, [`Diagnostics`] tells what is wrong, [`to_toml`] writes. No engine and no report is known here.

mod act;
pub mod builtin;
mod bundle;
mod cursor;
mod diagnostic;
mod home_name;
mod load;
mod name;
mod never;
mod number;
mod past;
mod read;
mod runs;
mod site;
mod start;
mod steps;
mod substitute;
mod verb;
mod write;

use stranded_model::assumption::{Assumption, AssumptionAnswer};
use stranded_model::scenario::{Delivery, Environment, Scenario};

pub use self::builtin::Builtin;
pub use self::cursor::{Cursor, wrong_type};
pub use self::diagnostic::{Diagnostic, Diagnostics, SourceText, Spot};
pub use self::diagnostic::{Findings, listed, nearest};
pub use self::load::{load_procedure_in, load_scenario, select, unknown};
pub use self::name::is_server_name;
pub use self::read::whole;
pub use self::read::{parse_procedure, parse_scenario};
pub use self::site::{SiteNames, delivery_name, replication_name};
pub use self::steps::STEPS_MAX;
pub use self::substitute::with_procedure;
pub use self::verb::step_words;
pub use self::write::to_toml;
use crate::property::{Property, Verdict};

/// A scenario as its file says it.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// Its name.
    pub name: String,
    /// Which standing its verdicts have.
    pub family: Family,
    /// The question it asks, in one sentence.
    pub question: String,
    /// The sources it follows.
    pub source: Vec<String>,
    /// The scenario in whose at-rest states it starts, instead of a fresh site.
    pub from: Option<Box<Spec>>,
    /// What the servers, the organisation and the site are called in distinguished names.
    pub names: SiteNames,
    /// The world it speaks of.
    pub scenario: Scenario,
    /// Which numbers of its site are to stand for any number.
    pub numbers: Numbers,
    /// Assumptions that are not varied.
    pub pinned: Vec<(Assumption, AssumptionAnswer)>,
    /// What is expected of each property; one that is not named is expected to hold.
    pub expect: Vec<(Property, Verdict)>,
    /// What must not occur.
    pub never: Vec<String>,
    /// Whether a property may as well be vacuous: so it is for a procedure that is run where a scenario ends, of which
    /// nobody said what it is to do.
    pub may_be_vacuous: bool,
    /// The text of the file and of the files it names, so that a trace can carry them: [`parse_scenario`] reads it again
    /// without any file.
    pub text: String,
}

/// Whether a number of the site is just that number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Number {
    /// It is the one that is given.
    Given,
    /// Any number is meant; the one that is given is for a world that shows something.
    Any,
}

/// The numbers of a site that can stand for any number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Numbers {
    /// How many mailboxes there are.
    pub mailboxes: Number,
    /// How many messages arrive for each mailbox at the most.
    pub messages: Number,
}

impl Numbers {
    /// All are what they are.
    pub const GIVEN: Self = Self { mailboxes: Number::Given, messages: Number::Given };
}

/// Which standing the verdicts of a scenario have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// They rest on the article.
    Article,
    /// They rest on other Knowledge Base articles.
    OtherKb,
    /// They follow from the model's assumptions.
    Inferred,
    /// A user's own.
    User,
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 4] = [Self::Article, Self::OtherKb, Self::Inferred, Self::User];

    /// The name that files and reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Article => "article",
            Self::OtherKb => "other-kb",
            Self::Inferred => "inferred",
            Self::User => "user",
        }
    }
}

/// Whether a text is that of a procedure, not of a scenario: it has `[[step]]` tables and no `[site]`.
#[must_use]
pub fn is_procedure_text(text: &str) -> bool {
    let (root, _errors) = toml::de::DeTable::parse_recoverable(text);
    root.get_ref().contains_key("step") && !root.get_ref().contains_key("site")
}

/// An environment in which nothing acts besides the administrators.
pub const QUIET: Environment = Environment {
    delivery: Delivery::Never,
    logon: false,
    owner_deletes: 0,
    other_edits: 0,
    stale_views: false,
    faults: Vec::new(),
    faults_max: 0,
};
