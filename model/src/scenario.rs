//! The part of a scenario that concerns the world: the site, the runs of the administrators, the environment, and the
//! supplies that keep the state space finite. Its question, its expectations and its file format are defined elsewhere.

use crate::assumption::{Assumption, Assumptions};
use crate::id::{AdministratorId, Id, ServerId};
use crate::procedure::{Act, Condition, Procedure, ServerRef};
use crate::state::{Mailbox, Recipient};
use crate::state_condition::OwnProperty;
use crate::table::PerServer;

/// A site and everything that may happen in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// The servers and the mailboxes.
    pub site: Site,
    /// The start of every mailbox, unless it is fresh. Events before the scenario are part of the start, not actions.
    pub start: Option<Start>,
    /// The environment: everything that acts besides the administrators.
    pub environment: Environment,
    /// The administrators and their runs.
    pub administrators: Vec<Administrator>,
    /// The last run of the file. Delivery `until-repair` ends when it starts.
    pub last_run: RunId,
    /// The properties that the scenario states itself, at most [`OWN_MAX`](crate::property::OWN_MAX).
    pub properties: Vec<OwnProperty>,
}

/// The servers that share one directory, and their mailboxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The names of the servers.
    pub servers: PerServer<String>,
    /// The home of every mailbox at the start.
    pub home: ServerId,
    /// The number of mailboxes.
    pub mailboxes: usize,
    /// The most messages that arrive for each mailbox.
    pub messages: usize,
    /// The replication of directory changes.
    pub replication: Replication,
}

/// The start of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The recipient in each replica.
    pub recipients: PerServer<Recipient>,
    /// The mailbox in each store; its messages count as accepted.
    pub mailboxes: PerServer<Mailbox>,
}

/// The replication of directory changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Replication {
    /// Every replica changes in the same moment.
    Instant,
    /// Each replica receives the change at some later moment. [Q137203]
    Eventual,
}

/// The environment: everything that acts besides the administrators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// The time of mail arrival.
    pub delivery: Delivery,
    /// True if the user may log on.
    pub logon: bool,
    /// The number of messages of a mailbox that its owner may delete.
    pub owner_deletes: u8,
    /// The number of unrelated edits of a recipient, on any replica.
    pub other_edits: u8,
    /// True if mail and users may use an older view of the directory: a cache, or a session opened earlier.
    pub stale_views: bool,
    /// The kinds of fault that may happen.
    pub faults: Vec<Fault>,
    /// The number of faults, over all kinds.
    pub faults_max: u8,
    /// The order in which steps take messages.
    pub copy_order: CopyOrder,
}

/// The order in which steps copy and delete the messages that they may take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CopyOrder {
    /// Any order, as real tools do.
    #[default]
    Any,
    /// The order of arrival.
    Arrival,
}

/// The time of mail arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Delivery {
    /// Never.
    Never,
    /// Before the first run on the mailbox starts; the mail is settled by then.
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
    /// A store stops, and later restarts with its content.
    StoreCrashes,
    /// A request of the program is lost: nothing happens, and the program does not know it.
    RequestLost,
    /// A reply to the program is lost: the step happened, and the program does not know it.
    ReplyLost,
    /// A replica is unreachable for a while, for its partners and for programs.
    ReplicaUnreachable,
    /// A request of the program takes effect after the program received no answer and gave up.
    RequestLate,
    /// The journal of a program is lost between two runs.
    JournalLost,
    /// A store crashes and loses the mail that running programs wrote; journals and delivered mail survive.
    JournalOutlivesMail,
    /// A store shows an empty mailbox for a while: it is not mounted, or a link is dead.
    StoreLooksEmpty,
}

/// The margin of [`Scenario::version_gap_max`].
const VERSION_MARGIN: u8 = 4;

impl Fault {
    /// Every kind of fault.
    pub const ALL: [Self; 9] = [
        Self::ProgramDies,
        Self::StoreCrashes,
        Self::RequestLost,
        Self::ReplyLost,
        Self::ReplicaUnreachable,
        Self::RequestLate,
        Self::JournalLost,
        Self::JournalOutlivesMail,
        Self::StoreLooksEmpty,
    ];

    /// The name in files and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ProgramDies => "program-dies",
            Self::StoreCrashes => "store-crashes",
            Self::RequestLost => "request-lost",
            Self::ReplyLost => "reply-lost",
            Self::ReplicaUnreachable => "replica-unreachable",
            Self::RequestLate => "request-late",
            Self::JournalLost => "journal-lost",
            Self::JournalOutlivesMail => "journal-outlives-mail",
            Self::StoreLooksEmpty => "store-looks-empty",
        }
    }
}

/// A person who runs procedures. Runs on one mailbox happen in order; runs on different mailboxes interleave freely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Administrator {
    /// The name in reports.
    pub name: String,
    /// The runs, executed for each mailbox.
    pub runs: Vec<Run>,
}

/// A procedure that an administrator runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The procedure.
    pub procedure: Procedure,
    /// The source.
    pub from: ServerId,
    /// The destination.
    pub to: ServerId,
    /// The server whose replica the program writes. [Q195911]
    pub connected_to: ServerId,
    /// The limit of executions.
    pub runs_max: RunsMax,
}

/// The limit of executions of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RunsMax {
    /// At least once, at most this many times.
    Times(u8),
    /// At least once, without a limit.
    Any,
    /// Until an execution reports `ok`, or `refused` while its administrator owes no retry.
    UntilOk,
}

/// One run of one administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId {
    /// The administrator.
    pub administrator: AdministratorId,
    /// The index among the runs of the administrator.
    pub run: u8,
}

impl Scenario {
    /// A run by its identifier.
    #[must_use]
    pub fn run(&self, id: RunId) -> &Run {
        &self.administrators[id.administrator.index()].runs[usize::from(id.run)]
    }

    /// Every run, grouped by administrator.
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

    /// The assumptions whose answers can make a difference in this scenario, in the order of [`Assumption::ALL`].
    #[must_use]
    pub fn touches(&self) -> Vec<Assumption> {
        Assumption::ALL.into_iter().filter(|assumption| self.is_touched(*assumption)).collect()
    }

    /// This scenario with every procedure as it is under these assumptions.
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
            Assumption::DuplicateAbort
            | Assumption::SourceDelete
            | Assumption::RawApply
            | Assumption::PurgeOrder
            | Assumption::DirectoryStep => named(),
            Assumption::EmptyStoreWrites => self.environment.faults.contains(&Fault::StoreLooksEmpty),
            Assumption::SplitHome => (mail && self.starts_split()) || self.mail_meets_raw_edits(),
            Assumption::MisroutedMail => mail && lagging,
            // The destination of a move may already be the home, so every view can route mail there.
            Assumption::MailBeforeMark => match self.environment.delivery {
                Delivery::Never | Delivery::Before => false,
                Delivery::UntilRepair | Delivery::AnyTime => self.runs().any(|(_, run)| {
                    let has = |wanted: fn(&Act) -> bool| run.procedure.has_act(wanted);
                    has(|act| matches!(act, Act::CreateMailbox { .. })) && has(|act| matches!(act, Act::Mark { .. }))
                }),
            },
        }
    }

    /// Returns true if the home attributes of some recipient do not name one server at the start.
    #[must_use]
    pub fn starts_split(&self) -> bool {
        let homes = self.start.iter().flat_map(|start| start.recipients.values().filter_map(|one| one.homes()));
        homes.into_iter().any(|homes| homes.agreed().is_none())
    }

    /// Returns true if mail can be routed while a raw edit changes the home attributes one by one.
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

    /// Returns true if versions of recipients matter: replicas can differ, or a step compares a version that was read.
    #[must_use]
    pub fn counts_versions(&self) -> bool {
        let compares = |condition: &Condition| condition.reads_version() && condition.compares_servers();
        self.site.replication == Replication::Eventual
            || self.runs().any(|(_, run)| run.procedure.makes_conditional_writes())
            || self.has_act(|act| act.condition().is_some_and(compares))
    }

    /// The largest gap between two versions that makes a difference, if programs write only one replica: no other replica
    /// can close a larger gap, because only unrelated edits write it. The margin is for the writes of a procedure that
    /// starts where this scenario was interrupted.
    #[must_use]
    pub fn version_gap_max(&self) -> Option<u8> {
        let written = |run: &Run, reference: ServerRef| match run.server(reference) {
            Some(server) => vec![server],
            None => self.site.servers.ids().collect(),
        };
        let mut replicas: Vec<ServerId> = Vec::new();
        for (_, run) in self.runs() {
            let acts = run.procedure.steps.iter().filter_map(|step| step.act.written_replica());
            replicas.extend(acts.flat_map(|reference| written(run, reference)));
        }
        replicas.sort_unstable();
        replicas.dedup();
        (replicas.len() <= 1).then_some(self.environment.other_edits + VERSION_MARGIN)
    }

    /// Returns true if some step reads the deletions that a store remembers.
    #[must_use]
    pub fn reads_deletions(&self) -> bool {
        self.has_act(|act| matches!(act, Act::PropagateDeletions { .. }))
    }

    /// Returns true if some procedure of the scenario has such an act.
    #[must_use]
    pub fn has_act(&self, wanted: impl Fn(&Act) -> bool) -> bool {
        self.runs().any(|(_, run)| run.procedure.has_act(&wanted))
    }
}

impl Run {
    /// Returns true if some step takes any of several messages.
    pub(crate) fn takes_any_message(&self) -> bool {
        self.procedure.has_act(Act::takes_any_message)
    }
}
