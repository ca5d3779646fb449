//! The commands of a procedure in the language of a mail system. Each dialect has one table, an exhaustive match from acts to commands; a
//! step that the system cannot perform has the reason there. `script` puts the commands of a plan together.

mod cyrus;
mod dovecot;
mod dovecot_frame;
mod exchange;
mod observe;
mod script;
mod servers;
mod shell;

use std::path::Path;

use clap::ValueEnum;
use stranded_model::procedure::{Act, Condition};
use stranded_model::scenario::Replication;
use stranded_search::advice::{Advice, Answer, PlannedStep};
use stranded_search::snapshot::Snapshot;

pub(super) use self::observe::{end_sessions, observe};
pub use self::script::{Script, ScriptStep, cannot_perform, script};
use self::servers::Servers;

/// The functions about lists of messages that shell scripts share.
const LISTS: &str = include_str!("lists.sh");

/// A mail system whose commands reports can print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Dialect {
    /// Dovecot 2.3 with a proxy that finds the home in an LDAP directory: a shell script
    DovecotLdap,
    /// Cyrus IMAP 3 with a murder: shell commands
    Cyrus,
    /// Exchange 5.5: the Administrator program in raw mode, and ExMerge
    Exchange,
}

/// The commands that a report prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Printed<'a> {
    /// The mail system.
    pub dialect: Dialect,
    /// The procedure; without one, the recommended procedure.
    pub procedure: Option<&'a str>,
    /// The file with the commands, of which the report has the name alone.
    pub file: Option<&'a Path>,
}

impl Printed<'_> {
    /// Returns the index of the procedure with the commands: the first one that is safe, that the mail system can perform, and that has
    /// the name. A procedure that only may be safe has none: commands invite to be run.
    pub(super) fn index(self, advice: &[Advice]) -> Option<usize> {
        advice.iter().position(|one| {
            let has_name = self.procedure.is_none_or(|name| one.procedure.name == name);
            has_name && one.answer() == Answer::Safe && one.is_possible()
        })
    }
}

/// The commands of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepCommands {
    /// Commands, in lines.
    Commands(String),
    /// The system cannot perform the step, for this reason.
    Impossible(&'static str),
}

/// The text of a dialect around the steps of a procedure.
struct Frame {
    /// The values to set, and the functions that the steps use.
    head: String,
    /// The commands before the first step.
    first: Vec<Preparation>,
    /// The commands once mail is held: by the commands before the first step, or by a step of the procedure.
    once_held: Vec<Preparation>,
    /// The commands after the last step.
    last: Vec<Preparation>,
}

/// Commands that belong to no step of the procedure, with their purpose.
struct Preparation {
    purpose: String,
    commands: String,
}

impl Preparation {
    fn new(purpose: &str, commands: String) -> Self {
        Self { purpose: purpose.to_owned(), commands }
    }

    /// Returns the repeated observation of a plan that copies no mail.
    fn observe_again(from: &str, to: &str, commands: String) -> Self {
        Self::new(&format!("No step copies mail, so {from} must hold nothing that {to} lacks."), commands)
    }
}

/// The facts about a plan that decide the text around its steps.
struct Occasion<'a> {
    snapshot: &'a Snapshot,
    servers: &'a Servers<'a>,
    /// True if delivery must be held or sessions must end first.
    must_hold: bool,
    /// True if a step holds delivery.
    holds_delivery: bool,
    /// True if the observation must be repeated after delivery is held, because no step reads the stores.
    must_observe_again: bool,
    /// True if replication must have finished.
    must_replicate: bool,
    /// True if a step copies messages.
    copies: bool,
    /// True if a step reads the queue of the transport.
    reads_queue: bool,
    /// True if the home is the source, and a step switches it.
    switches_home: bool,
    /// True if the procedure may start with its source or its destination as the home.
    accepts_either_home: bool,
}

impl Dialect {
    /// Returns the name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DovecotLdap => "dovecot-ldap",
            Self::Cyrus => "cyrus",
            Self::Exchange => "exchange",
        }
    }

    /// Returns the test of a step: true if the system can perform it.
    #[must_use]
    pub fn can_perform(self) -> fn(&PlannedStep) -> bool {
        match self {
            Self::DovecotLdap => |step| Self::DovecotLdap.reason_for(step).is_none(),
            Self::Cyrus => |step| Self::Cyrus.reason_for(step).is_none(),
            Self::Exchange => |step| Self::Exchange.reason_for(step).is_none(),
        }
    }

    /// Returns true if the commands are a shell script, and false if they are instructions to a person.
    pub(super) fn is_script(self) -> bool {
        match self {
            Self::DovecotLdap | Self::Cyrus => true,
            Self::Exchange => false,
        }
    }

    /// Returns true if no mailbox of this system can be marked as in transit.
    #[must_use]
    pub fn lacks_marks(self) -> bool {
        match self {
            Self::DovecotLdap => true,
            Self::Cyrus | Self::Exchange => false,
        }
    }

    /// Returns the replication of the system's directory. [Q137203, Q199354]
    #[must_use]
    pub fn replication(self) -> Replication {
        match self {
            Self::DovecotLdap | Self::Cyrus => Replication::Instant,
            Self::Exchange => Replication::Eventual,
        }
    }

    /// Returns the reason why the system cannot perform an act, if it cannot.
    #[must_use]
    pub fn reason(self, act: &Act) -> Option<&'static str> {
        self.reason_for(&PlannedStep::anywhere(act))
    }

    /// Returns the reason why the system cannot perform a planned step, if it has to be performed and cannot.
    fn reason_for(self, planned: &PlannedStep) -> Option<&'static str> {
        if !self.prints(planned) {
            return None;
        }
        match self.step(&Servers::ANY, planned) {
            StepCommands::Commands(_) => None,
            StepCommands::Impossible(reason) => Some(reason),
        }
    }

    /// Returns true if the commands have this step. A script reads the stores again, so only instructions for people leave out what the
    /// observation shows to be void.
    fn prints(self, planned: &PlannedStep) -> bool {
        let is_comparison = matches!(planned.act, Act::Require(Condition::Differ(..)));
        match self {
            Self::DovecotLdap | Self::Cyrus => !is_comparison,
            Self::Exchange => !planned.is_void,
        }
    }

    fn step(self, servers: &Servers<'_>, planned: &PlannedStep) -> StepCommands {
        match self {
            Self::DovecotLdap => dovecot::step(servers, planned),
            Self::Cyrus => cyrus::step(servers, planned),
            Self::Exchange => exchange::step(servers, planned),
        }
    }

    fn frame(self, occasion: &Occasion<'_>) -> Frame {
        match self {
            Self::DovecotLdap => dovecot_frame::frame(occasion),
            Self::Cyrus => cyrus::frame(occasion),
            Self::Exchange => exchange::frame(occasion),
        }
    }
}
