//! Scenario files: TOML texts, read into the model's [`Scenario`], with each error reported at its position in the text.
//!
//! A scenario passes through these files, in this order: `load` finds the text, `read` reads its tables, `runs` its runs, `procedure`
//! their procedures, `steps` `conditions` and `arguments` each step, and `cross_check` compares tables with each other.
//! [`Cursor`] reads one TOML table, [`Diagnostics`] shows errors, `toml_mistakes`, `tables` and `user_words` know the mistakes that
//! people make, and [`to_toml`] writes a scenario.
//! No engine, report or adapter is known here.

mod arguments;
pub mod builtin;
mod bundle;
mod conditions;
mod cross_check;
mod cursor;
mod diagnostic;
mod expectations;
mod file_kind;
mod found_files;
mod home_name;
mod implied;
mod inherited;
mod load;
mod location;
mod mail_flow;
mod name;
mod own_properties;
mod procedure;
mod read;
mod runs;
mod select;
mod step_kind;
mod step_words;
mod steps;
mod tables;
mod toml_mistakes;
mod trial;
mod user_words;
mod write;

use stranded_model::assumption::{Assumption, AssumptionAnswer};
use stranded_model::procedure::MemoryLife;
use stranded_model::scenario::{CopyOrder, Delivery, Environment, Replication, Scenario};

pub use self::builtin::Builtin;
pub use self::conditions::{CONDITIONS, ConditionKind};
pub use self::cursor::{Cursor, TOML_MAX, parse_toml, wrong_type};
pub use self::diagnostic::{Diagnostic, Diagnostics, SourceText, Spot};
pub use self::diagnostic::{Findings, listed, nearest};
pub use self::expectations::with_expectations;
pub use self::file_kind::{FileKind, NotChecked};
pub use self::load::{Meanings, load_scenario, meanings, parse_scenario, procedure_name, unknown_name};
pub use self::name::{SERVER_REFS, SiteNames, is_kebab, is_server_name};
pub use self::own_properties::{FACTS, FactForm, FactKind, parse_condition};
pub use self::procedure::{STEPS_MAX, parse_procedure};
pub use self::select::{References, Selected, Selection, references, select, selection};
pub use self::step_kind::{Argument, ArgumentKind, Presence, StepKind};
pub use self::step_words::sources_of;
pub use self::steps::{STEPS, step_words};
pub use self::trial::{TrialOptions, TrialStart, load_procedure_in, load_trials};
pub use self::write::{to_toml, with_procedure};
use crate::property::{Property, Verdict};

/// The content of a scenario file.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// The name of the scenario.
    pub name: String,
    /// The basis of its verdicts.
    pub family: Family,
    /// The question that the scenario answers, in one sentence.
    pub question: String,
    /// The sources that it follows.
    pub source: Vec<String>,
    /// The predecessor: this scenario starts in its quiescent states. Without one it starts with a fresh site.
    pub from: Option<Box<Spec>>,
    /// The names of the servers, the organisation and the site.
    pub names: SiteNames,
    /// The scenario in the terms of the model.
    pub scenario: Scenario,
    /// The numbers of the site that stand for any number.
    pub numbers: Numbers,
    /// The assumptions that a check does not vary.
    pub pinned: Vec<(Assumption, AssumptionAnswer)>,
    /// The expected verdict of each property that the file names; every other property may hold or be vacuous.
    pub expect: Vec<(Property, Verdict)>,
    /// The names of steps, handlers and actions that must not occur.
    pub never: Vec<String>,
    /// True if a step that never occurs is as expected: for a procedure that is checked without expectations.
    pub may_be_unreached: bool,
    /// The text of the file and of the files that it names. A trace carries it; [`parse_scenario`] reads it again without any
    /// file.
    pub text: String,
}

/// The meaning of a number of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Number {
    /// The given number.
    Given,
    /// Any number; the given one is used in worlds that show an example.
    Any,
}

/// The numbers of a site that can stand for any number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Numbers {
    /// The number of mailboxes.
    pub mailboxes: Number,
    /// The largest number of messages that arrive for each mailbox.
    pub messages: Number,
}

impl Numbers {
    /// Both numbers as given.
    pub const GIVEN: Self = Self { mailboxes: Number::Given, messages: Number::Given };
}

/// The basis of a scenario's verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// The article.
    Article,
    /// Other Knowledge Base articles.
    OtherKb,
    /// The model's assumptions.
    Inferred,
    /// Movers that people run.
    Movers,
    /// Failures that users reported in public.
    Reported,
    /// A user's own scenario.
    User,
}

impl Family {
    /// Every family.
    pub const ALL: [Self; 6] = [Self::Article, Self::OtherKb, Self::Inferred, Self::Movers, Self::Reported, Self::User];

    /// Returns the name that files and reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Article => "article",
            Self::OtherKb => "other-kb",
            Self::Inferred => "inferred",
            Self::Movers => "movers",
            Self::Reported => "reported",
            Self::User => "user",
        }
    }
}

/// The values of the key `replication`.
const REPLICATIONS: [(&str, Replication); 2] = [("instant", Replication::Instant), ("eventual", Replication::Eventual)];
/// The values of the key `delivery`.
const DELIVERIES: [(&str, Delivery); 4] = [
    ("never", Delivery::Never),
    ("before", Delivery::Before),
    ("until-repair", Delivery::UntilRepair),
    ("any-time", Delivery::AnyTime),
];
/// The values of the key `copy-order`.
const COPY_ORDERS: [(&str, CopyOrder); 2] = [("any", CopyOrder::Any), ("arrival", CopyOrder::Arrival)];
/// The values of the key `memory`.
const MEMORIES: [(&str, MemoryLife); 2] = [("run", MemoryLife::Run), ("journal", MemoryLife::Journal)];
/// The value that stands for any number.
const ANY: &str = "any";

/// Returns the name of a kind of delivery.
#[must_use]
pub fn delivery_name(delivery: Delivery) -> &'static str {
    name_in(&DELIVERIES, &delivery)
}

/// Returns the name of a kind of replication.
#[must_use]
pub fn replication_name(replication: Replication) -> &'static str {
    name_in(&REPLICATIONS, &replication)
}

/// Returns the name of a value in a list of names and values.
fn name_in<T: PartialEq>(choices: &[(&'static str, T)], value: &T) -> &'static str {
    choices.iter().find(|(_, other)| other == value).expect("every value has a name").0
}

/// Returns true if a text is a procedure and not a scenario: it has `[[step]]` tables and no `[site]`.
#[must_use]
pub fn is_procedure_text(text: &str) -> bool {
    if text.len() > TOML_MAX {
        return false;
    }
    let (root, _errors) = toml::de::DeTable::parse_recoverable(text);
    root.get_ref().contains_key("step") && !root.get_ref().contains_key("site")
}

/// Returns true if a text has a table that only scenarios have, and no step.
#[must_use]
pub fn is_scenario_text(text: &str) -> bool {
    let (root, _errors) = toml::de::DeTable::parse_recoverable(text);
    let has = |key: &str| root.get_ref().contains_key(key);
    !has("step") && ["site", "run", "environment"].into_iter().any(has)
}

/// An environment in which only the administrators act.
pub const QUIET: Environment = Environment {
    delivery: Delivery::Never,
    logon: false,
    owner_deletes: 0,
    other_edits: 0,
    stale_views: false,
    faults: Vec::new(),
    faults_max: 0,
    copy_order: CopyOrder::Any,
};
