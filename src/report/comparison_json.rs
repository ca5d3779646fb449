//! The comparison of two snapshots in JSON.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use stranded_search::comparison::{
    Changed, ComparisonResult, Counts, Duplicated, Elsewhere, Lost, MailboxComparison, Question, Unknown,
};
use stranded_search::snapshot::Standing;

/// The report of `stranded advise AFTER --before BEFORE`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ComparisonReport {
    /// The version of the program.
    pub version: String,
    /// The numbers of mailboxes and messages.
    pub summary: ComparisonSummary,
    /// Every mailbox, in the order of the snapshot before; those that only the snapshot after has come last.
    pub mailboxes: Vec<ComparedMailbox>,
}

/// The numbers of mailboxes and messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ComparisonSummary {
    /// The mailboxes of either snapshot.
    pub mailboxes: usize,
    /// The mailboxes of which nothing is wrong or unknown.
    pub fine: usize,
    /// The mailboxes that lost messages.
    pub lost: usize,
    /// The messages that were lost, at least.
    pub messages_lost: usize,
    /// The mailboxes that are stranded.
    pub stranded: usize,
    /// The mailboxes without a recipient.
    pub no_recipient: usize,
    /// The mailboxes without one home.
    pub no_home: usize,
    /// The mailboxes with changed messages.
    pub changed: usize,
    /// The mailboxes with duplicated messages.
    pub duplicated: usize,
    /// The mailboxes that only the snapshot before has.
    pub not_observed_after: usize,
    /// The mailboxes that only the snapshot after has.
    pub not_observed_before: usize,
    /// The mailboxes of which too little was observed.
    pub unknown: usize,
}

/// The comparison of one mailbox.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ComparedMailbox {
    /// The mailbox.
    pub mailbox: String,
    /// The results, the worst first: `lost`, `stranded`, `no-recipient`, `no-home`, `changed`, `duplicated`, `not-observed-after`,
    /// `not-observed-before`, `unknown`; empty if nothing is wrong and nothing is unknown.
    pub results: Vec<String>,
    /// The condition afterwards: `healthy`, `stranded`, `no-home`, `no-recipient` or `unknown`; `null` if it was not observed after.
    pub standing: Option<String>,
    /// The messages that were observed before, and are in no store and not in the queue after.
    pub lost: Vec<LostMessage>,
    /// The number of further messages that were lost, at least; their names were not observed.
    pub lost_unnamed: usize,
    /// The messages of which a store holds more copies than before and than 1.
    pub duplicated: Vec<DuplicatedMessage>,
    /// The messages with another digest.
    pub changed: Vec<ChangedMessage>,
    /// The messages that the home lacks and another store holds.
    pub stranded: Vec<StrandedMessage>,
    /// The messages of which too little was observed.
    pub unknown: Vec<UnknownMessage>,
    /// The messages with other flags or in another folder. Owners change both, so this is no result.
    pub rearranged: Vec<String>,
    /// The number of messages that were observed only afterwards.
    pub arrived: usize,
    /// The stores of which a snapshot has only a number.
    pub counts: Vec<StoreCounts>,
    /// The keys of the stores that were not observed before.
    pub unobserved_before: Vec<String>,
    /// The keys of the stores that were not observed after.
    pub unobserved_after: Vec<String>,
}

/// A lost message.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LostMessage {
    /// Its name.
    pub message: String,
    /// The servers that held it before; empty if it waited in the queue.
    pub was_on: Vec<String>,
    /// The servers whose stores remember that they deleted it.
    pub deleted_on: Vec<String>,
}

/// A message with further copies in a store.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DuplicatedMessage {
    /// Its name.
    pub message: String,
    /// The server.
    pub server: String,
    /// The number of copies before.
    pub before: usize,
    /// The number of copies after.
    pub after: usize,
}

/// A message with another digest.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ChangedMessage {
    /// Its name.
    pub message: String,
    /// The server that holds it now.
    pub server: String,
    /// Its digests before.
    pub before: Vec<String>,
    /// Its digest after.
    pub after: String,
}

/// A message that the home lacks.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StrandedMessage {
    /// Its name.
    pub message: String,
    /// The servers that hold it.
    pub servers: Vec<String>,
}

/// A message of which too little was observed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct UnknownMessage {
    /// Its name.
    pub message: String,
    /// The open question: `lost` or `duplicated`.
    pub question: String,
    /// The keys of the snapshot that would answer it.
    pub keys: Vec<String>,
}

/// The numbers of messages in a store; `null` if it was not observed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StoreCounts {
    /// The server.
    pub server: String,
    /// The number before.
    pub before: Option<usize>,
    /// The number after.
    pub after: Option<usize>,
}

/// Returns the report.
#[must_use]
pub fn report(compared: &[MailboxComparison]) -> ComparisonReport {
    ComparisonReport {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary: summary(compared),
        mailboxes: compared.iter().map(mailbox).collect(),
    }
}

/// Returns the numbers of mailboxes and messages.
#[must_use]
pub fn summary(compared: &[MailboxComparison]) -> ComparisonSummary {
    let mut summary = ComparisonSummary { mailboxes: compared.len(), ..ComparisonSummary::default() };
    for one in compared {
        let results = one.results();
        summary.fine += usize::from(results.is_empty());
        summary.messages_lost += one.lost.len() + one.lost_unnamed;
        for result in results {
            *number(&mut summary, result) += 1;
        }
    }
    summary
}

fn number(summary: &mut ComparisonSummary, result: ComparisonResult) -> &mut usize {
    match result {
        ComparisonResult::Lost => &mut summary.lost,
        ComparisonResult::Stranded => &mut summary.stranded,
        ComparisonResult::NoRecipient => &mut summary.no_recipient,
        ComparisonResult::NoHome => &mut summary.no_home,
        ComparisonResult::Changed => &mut summary.changed,
        ComparisonResult::Duplicated => &mut summary.duplicated,
        ComparisonResult::NotObservedAfter => &mut summary.not_observed_after,
        ComparisonResult::NotObservedBefore => &mut summary.not_observed_before,
        ComparisonResult::Unknown => &mut summary.unknown,
    }
}

fn mailbox(one: &MailboxComparison) -> ComparedMailbox {
    let lost = |lost: &Lost| LostMessage {
        message: lost.message.clone(),
        was_on: lost.was_on.clone(),
        deleted_on: lost.deleted_on.clone(),
    };
    let duplicated = |found: &Duplicated| DuplicatedMessage {
        message: found.message.clone(),
        server: found.server.clone(),
        before: found.before,
        after: found.after,
    };
    let changed = |found: &Changed| ChangedMessage {
        message: found.message.clone(),
        server: found.server.clone(),
        before: found.before.clone(),
        after: found.after.clone(),
    };
    let stranded =
        |found: &Elsewhere| StrandedMessage { message: found.message.clone(), servers: found.servers.clone() };
    let counts =
        |counts: &Counts| StoreCounts { server: counts.server.clone(), before: counts.before, after: counts.after };
    ComparedMailbox {
        mailbox: one.mailbox.clone(),
        results: one.results().into_iter().map(|result| result.name().to_owned()).collect(),
        standing: one.standing.map(|standing: Standing| standing.name().to_owned()),
        lost: one.lost.iter().map(lost).collect(),
        lost_unnamed: one.lost_unnamed,
        duplicated: one.duplicated.iter().map(duplicated).collect(),
        changed: one.changed.iter().map(changed).collect(),
        stranded: one.stranded.iter().map(stranded).collect(),
        unknown: one.unknown.iter().map(unknown).collect(),
        rearranged: one.rearranged.clone(),
        arrived: one.arrived,
        counts: one.counts.iter().map(counts).collect(),
        unobserved_before: one.unobserved_before.clone(),
        unobserved_after: one.unobserved_after.clone(),
    }
}

fn unknown(unknown: &Unknown) -> UnknownMessage {
    let (question, keys) = match &unknown.question {
        Question::IsLost(keys) | Question::IsLostText(keys) => (ComparisonResult::Lost, keys.clone()),
        Question::IsDuplicated(key) => (ComparisonResult::Duplicated, vec![key.clone()]),
    };
    UnknownMessage { message: unknown.message.clone(), question: question.name().to_owned(), keys }
}
