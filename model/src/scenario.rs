//! What a scenario says about the world: the site, the administrators' runs, what else acts, and the supplies that keep the
//! state space finite. A question, an expectation or a file format is none of this module's business.

use crate::assumption::{Assumption, Assumptions};
use crate::id::{AdministratorId, Id, ServerId};
use crate::procedure::{Act, Procedure};
use crate::state::{Mailbox, Recipient};
use crate::table::PerServer;

/// A site and all that may happen in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// The servers and the mailboxes.
    pub site: Site,
    /// How every mailbox stands at first, where that is not a fresh one: what only matters as history is a start, not an act.
    pub start: Option<Start>,
    /// What acts besides the administrators.
    pub environment: Environment,
    /// Who runs which procedures.
    pub administrators: Vec<Administrator>,
    /// The last run of the file: mail that arrives until the repair arrives until this run starts.
    pub last_run: RunId,
}

/// The servers that share one directory, and the mailboxes that live on them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The names of the servers.
    pub servers: PerServer<String>,
    /// The server on which every mailbox starts.
    pub home: ServerId,
    /// How many mailboxes there are.
    pub mailboxes: usize,
    /// How many messages arrive for each mailbox at the most.
    pub messages: usize,
    /// How a change of the directory reaches the other replicas.
    pub replication: Replication,
}

/// How a mailbox stands at first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The recipient in each replica.
    pub recipients: PerServer<Recipient>,
    /// The mailbox in each store; the messages in them have been accepted.
    pub mailboxes: PerServer<Mailbox>,
}

/// How a change of the directory reaches the other replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Replication {
    /// In the same moment.
    Instant,
    /// One replica at a time, at any later moment. [Q137203]
    Eventual,
}

/// What acts besides the administrators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// When mail arrives.
    pub delivery: Delivery,
    /// Whether the user may log on.
    pub logon: bool,
    /// How many messages of a mailbox its owner may delete.
    pub owner_deletes: u8,
    /// How many unrelated edits of a recipient may happen, on any replica.
    pub other_edits: u8,
    /// Whether mail and users may act on a view of the directory that lags behind: a cache, or a session opened earlier.
    pub stale_views: bool,
    /// Which faults may happen.
    pub faults: Vec<Fault>,
    /// How many faults may happen, over all kinds.
    pub faults_max: u8,
}

/// When mail arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Delivery {
    /// Never.
    Never,
    /// Before the first run on the mailbox starts; it has settled by then.
    Before,
    /// Until the last run of the file starts.
    UntilRepair,
    /// At any time.
    AnyTime,
}

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// The administrator's program dies between two steps.
    ProgramDies,
    /// A store stops, and starts again later with all that it held.
    StoreCrashes,
    /// A request of the program is lost: nothing happens, and the program cannot know.
    RequestLost,
    /// A reply to the program is lost: the step happened, and the program cannot know.
    ReplyLost,
    /// A replica cannot be reached for a while, neither by its partners nor by programs.
    ReplicaUnreachable,
}

impl Fault {
    /// Every kind of fault.
    pub const ALL: [Self; 5] =
        [Self::ProgramDies, Self::StoreCrashes, Self::RequestLost, Self::ReplyLost, Self::ReplicaUnreachable];

    /// The name that files and reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ProgramDies => "program-dies",
            Self::StoreCrashes => "store-crashes",
            Self::RequestLost => "request-lost",
            Self::ReplyLost => "reply-lost",
            Self::ReplicaUnreachable => "replica-unreachable",
        }
    }
}

/// A person who runs procedures. His runs on one mailbox happen in order; runs on different mailboxes interleave freely,
/// which includes one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Administrator {
    /// What reports call him.
    pub name: String,
    /// What he does to each mailbox.
    pub runs: Vec<Run>,
}

/// A procedure that an administrator runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The steps.
    pub procedure: Procedure,
    /// The server that the run takes as its source.
    pub from: ServerId,
    /// The server that the run takes as its destination.
    pub to: ServerId,
    /// The server whose replica the program writes. [Q195911]
    pub connected_to: ServerId,
    /// How often it is run.
    pub runs_max: RunsMax,
}

/// How often a run is executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RunsMax {
    /// Once or more, up to this number.
    Times(u8),
    /// Once or more, without a limit.
    Any,
    /// Again until it reports `ok` or `refused`; while its administrator owes a retry, a `refused` does not end it.
    UntilOk,
}

/// One run of one administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId {
    /// Whose run it is.
    pub administrator: AdministratorId,
    /// Its place among his runs.
    pub run: u8,
}

impl Scenario {
    /// A run by its identifier.
    #[must_use]
    pub fn run(&self, id: RunId) -> &Run {
        &self.administrators[id.administrator.index()].runs[usize::from(id.run)]
    }

    /// Every run, administrator by administrator.
    pub fn runs(&self) -> impl Iterator<Item = (RunId, &Run)> {
        self.administrators.iter().enumerate().flat_map(|(administrator, person)| {
            person.runs.iter().enumerate().map(move |(run, data)| {
                (
                    RunId {
                        administrator: AdministratorId::at(administrator),
                        run: u8::try_from(run).expect("an administrator has few runs"),
                    },
                    data,
                )
            })
        })
    }

    /// The assumptions whose answers can make a difference here, in the order of [`Assumption::ALL`].
    #[must_use]
    pub fn touches(&self) -> Vec<Assumption> {
        Assumption::ALL.into_iter().filter(|assumption| self.is_touched(*assumption)).collect()
    }

    /// The same scenario with every procedure as it is under these assumptions.
    #[must_use]
    pub fn under(&self, assumptions: &Assumptions) -> Self {
        let mut scenario = self.clone();
        for run in scenario.administrators.iter_mut().flat_map(|administrator| &mut administrator.runs) {
            run.procedure = run.procedure.under(assumptions);
        }
        scenario
    }

    fn is_touched(&self, assumption: Assumption) -> bool {
        let named = || self.runs().any(|(_, run)| run.procedure.assumptions().any(|other| other == assumption));
        let mail = self.environment.delivery != Delivery::Never;
        let lagging = self.site.replication == Replication::Eventual || self.environment.stale_views;
        match assumption {
            Assumption::DuplicateAbort | Assumption::SourceDelete | Assumption::RawApply => named(),
            Assumption::SplitHome => (mail && self.starts_split()) || self.mail_meets_raw_edits(),
            Assumption::MisroutedMail => mail && lagging,
            // The destination of a move may be the home already, so mail can come there by every view.
            Assumption::MailBeforeMark => match self.environment.delivery {
                Delivery::Never | Delivery::Before => false,
                Delivery::UntilRepair | Delivery::AnyTime => self.runs().any(|(_, run)| {
                    let has = |wanted: fn(&Act) -> bool| run.procedure.has_act(wanted);
                    has(|act| matches!(act, Act::CreateMailbox { .. })) && has(|act| matches!(act, Act::Mark { .. }))
                }),
            },
        }
    }

    /// Whether some recipient has home attributes at first that do not name one server.
    #[must_use]
    pub fn starts_split(&self) -> bool {
        let homes = self.start.iter().flat_map(|start| start.recipients.values().filter_map(|one| one.homes()));
        homes.into_iter().any(|homes| homes.agreed().is_none())
    }

    /// Whether mail can be on its way while the home attributes are being edited one by one.
    fn mail_meets_raw_edits(&self) -> bool {
        let can_wait = self.environment.faults.contains(&Fault::StoreCrashes)
            || self.has_act(|act| matches!(act, Act::HoldDelivery | Act::Mark { .. }));
        self.runs().filter(|(_, run)| run.procedure.has_act(|act| matches!(act, Act::RawEdit { .. }))).any(|(id, _)| {
            match self.environment.delivery {
                Delivery::Never => false,
                Delivery::Before => can_wait,
                Delivery::UntilRepair => can_wait || id != self.last_run,
                Delivery::AnyTime => true,
            }
        })
    }

    /// Whether versions of recipients make a difference: replicas can differ, or a write depends on what was read.
    #[must_use]
    pub fn counts_versions(&self) -> bool {
        self.site.replication == Replication::Eventual
            || self.runs().any(|(_, run)| run.procedure.makes_conditional_writes())
    }

    /// Whether some step reads what a store remembers as deleted.
    #[must_use]
    pub fn reads_deletions(&self) -> bool {
        self.has_act(|act| matches!(act, Act::PropagateDeletions { .. }))
    }

    /// Whether some procedure of the scenario has such a step.
    #[must_use]
    pub fn has_act(&self, wanted: impl Fn(&Act) -> bool) -> bool {
        self.runs().any(|(_, run)| run.procedure.has_act(&wanted))
    }
}
