//! Snapshots: observations of mailboxes as JSON Lines, one mailbox in each line. An error is reported at its position, with the accepted
//! form; a file with an error yields no snapshot.
//!
//! `line` parses the JSON of a line, `observed` translates it to the model, `content` keeps the names and details of the messages,
//! `groups` finds the messages that one message of the model can represent, and `standing` names the condition of the mailbox. What a line
//! leaves out is listed as [`UnobservedFact`]s. Procedures and verdicts belong to [`crate::advice`].

mod content;
mod groups;
mod line;
mod observed;
mod standing;

use std::collections::BTreeSet;
use std::hash::Hash;
use std::sync::Arc;

use stranded_model::dn::HomeAttribute;
use stranded_model::id::{MessageSet, ServerId};
use stranded_model::state::{Homes, Mailbox};
use stranded_model::table::PerServer;

use crate::scenario::{Diagnostic, Diagnostics, Findings, SiteNames, SourceText, Spot};

pub use self::content::{ListedMessage, MessageDetails, StoreContent, WaitingMail};
use self::line::Line;
pub use self::standing::Standing;

/// The observation of one mailbox, in the terms of the model.
///
/// A mailbox can hold any number of messages, with any names; the model distinguishes eight. Messages that are in exactly the same stores,
/// and that the same stores remember as deleted, form a group. No rule of the model depends on the identity of a message: stores and
/// conditions compare sets, and only a copy handles single messages. If every copy completes, all messages of a group have the same fate,
/// and one message could represent them. A copy that stops early splits a group into copied and uncopied messages. Therefore two messages
/// represent a group of two or more, if eight messages suffice for all groups.
///
/// The homes and the mailboxes are those of one possible state: whatever was not observed is as in an undisturbed site. `unobserved` lists
/// the facts that can be otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The mailbox.
    pub mailbox: String,
    /// The names of the servers, and of the organisation and the site if a distinguished name contains them.
    pub names: SiteNames,
    /// The homes of the recipient on each replica; `None` if a replica has no recipient.
    pub homes: PerServer<Option<Homes>>,
    /// The mailbox in each store, with the observed deletions and without a mark.
    pub mailboxes: PerServer<Mailbox>,
    /// The groups of messages.
    pub groups: Vec<Group>,
    /// The content of each store, by name.
    pub contents: PerServer<StoreContent>,
    /// The names of the messages that each store remembers as deleted; none if that was not observed.
    pub deletions: PerServer<Vec<String>>,
    /// The mail that waits in the queue of the transport.
    pub waiting: WaitingMail,
    /// True if messages were observed to wait in the queue of the transport.
    pub is_mail_waiting: bool,
    /// The servers whose store was observed to mark the mailbox as in transit.
    pub in_transit: Vec<ServerId>,
    /// True if sessions or caches were observed that remember the recipient.
    pub has_sessions: bool,
    /// The facts that were not observed.
    pub unobserved: Vec<UnobservedFact>,
    /// The observations that look wrong and are accepted.
    pub remarks: Vec<String>,
}

/// A fact that an observation left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnobservedFact {
    /// The messages in the store of this server.
    Store(ServerId),
    /// The messages of this store that others hold too: only their number was observed.
    Overlap(ServerId),
    /// The messages that this store remembers as deleted.
    Deletions(ServerId),
    /// The in-transit mark of the mailbox in this store.
    Transit(ServerId),
    /// The home attribute, which no replica showed.
    Attribute(HomeAttribute),
    /// The replica of this server.
    Replica(ServerId),
    /// The order of the versions of replicas that differ.
    Versions,
    /// The mail that waits in the queue of the transport.
    Waiting,
    /// The open sessions and the caches that remember the recipient.
    Sessions,
}

/// Messages that are in exactly the same stores, and that the same stores remember as deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The messages of the model that represent the group.
    pub stands_for: MessageSet,
    /// The number of its messages.
    pub count: usize,
    /// The names of its messages in the snapshot; empty if only their number was observed.
    pub messages: Vec<String>,
    /// The servers whose stores hold its messages.
    pub stores: Vec<ServerId>,
    /// The servers whose stores hold each of its messages more than once.
    pub repeated_in: Vec<ServerId>,
    /// The servers whose stores remember its messages as deleted.
    pub deleted_in: Vec<ServerId>,
}

impl Snapshot {
    /// The largest number of messages that represent those of a snapshot; one more is left for new mail.
    pub const MESSAGES_MAX: usize = MessageSet::MESSAGES_MAX - 1;

    /// Returns the messages that any store holds.
    #[must_use]
    pub fn messages(&self) -> MessageSet {
        self.mailboxes.values().map(|mailbox| mailbox.held()).fold(MessageSet::EMPTY, MessageSet::with)
    }

    /// Returns everything that was observed, without the name of the mailbox: the same advice is right for mailboxes with equal
    /// observations.
    #[must_use]
    pub fn observations(&self) -> impl Eq + Hash + use<'_> {
        let group = |group: &'_ Group| {
            let count = group.messages.is_empty().then_some(group.count);
            (group.stands_for, group.stores.clone(), group.deleted_in.clone(), count)
        };
        let outside = (self.is_mail_waiting, self.has_sessions, &self.in_transit, &self.unobserved);
        let groups: Vec<_> = self.groups.iter().map(group).collect();
        ((&self.names, &self.homes, &self.mailboxes), groups, outside)
    }

    /// Returns true if some store showed whether it marks the mailbox as in transit, so that the system has such marks.
    #[must_use]
    pub fn shows_marks(&self) -> bool {
        let is_unobserved = |server: ServerId| self.unobserved.contains(&UnobservedFact::Transit(server));
        self.mailboxes.iter().any(|(server, mailbox)| mailbox.is_present() && !is_unobserved(server))
    }

    /// Returns the servers that hold messages.
    #[must_use]
    pub fn data_on(&self) -> Vec<ServerId> {
        self.mailboxes.iter().filter(|(_, mailbox)| !mailbox.held().is_empty()).map(|(server, _)| server).collect()
    }

    /// Returns the servers that replicas name in either home attribute, each once.
    #[must_use]
    pub fn named_homes(&self) -> Vec<ServerId> {
        let homes = || self.homes.values().flatten();
        let named =
            homes().filter_map(|homes| homes.mdb.server()).chain(homes().filter_map(|homes| homes.mta.server()));
        let mut servers = Vec::new();
        for server in named {
            if !servers.contains(&server) {
                servers.push(server);
            }
        }
        servers
    }

    /// Returns the number of messages of the snapshot that these messages of the model represent.
    #[must_use]
    pub fn count(&self, messages: MessageSet) -> usize {
        let touched = self.groups.iter().filter(|group| !group.stands_for.common(messages).is_empty());
        touched.map(|group| group.count).sum()
    }
}

/// Reads a snapshot file. Empty lines are ignored.
///
/// # Errors
/// Everything that is wrong.
pub fn read(file_name: &str, text: &str) -> Result<Vec<Snapshot>, Diagnostics> {
    let file = Arc::new(SourceText { name: file_name.to_owned(), text: text.to_owned() });
    let mut found = Findings::within(&file);
    let mut mailboxes = BTreeSet::new();
    let mut snapshots: Vec<Snapshot> = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let line_text = LineText { file: &file, start, text: line.trim_end() };
        start += line.len();
        if line_text.text.trim_start().is_empty() {
            continue;
        }
        match parse(&line_text)
            .and_then(|parsed| observed::snapshot(&parsed).map_err(|wrong| line_text.reported(&wrong)))
        {
            Ok(snapshot) if !mailboxes.insert(snapshot.mailbox.clone()) => {
                let message = format!("two lines describe the mailbox `{}`", snapshot.mailbox.escape_debug());
                let label = "keep the later one; a snapshot describes each mailbox once";
                found.take(line_text.reported(&ContentError::at(&snapshot.mailbox, message, label)));
            }
            Ok(snapshot) => snapshots.push(snapshot),
            Err(wrong) => found.take(wrong),
        }
    }
    if snapshots.is_empty() && found.count() == 0 {
        let help = "one JSON object a line, such as {\"mailbox\": \"alice\", \"directory\": {\"source\": {\"home-mdb\": \
                    \"source\"}}, \"stores\": {\"destination\": {\"messages\": [\"1\"]}}}";
        return Err(Diagnostics::just(format!("{file_name} contains no snapshot"), Some(help.to_owned())));
    }
    found.into_diagnostics().map_or(Ok(snapshots), Err)
}

/// The text of one line, with its position in the file.
struct LineText<'a> {
    file: &'a Arc<SourceText>,
    start: usize,
    text: &'a str,
}

/// An error in the content of a line: one of its strings, by its text and its number among equal strings, from 0.
#[derive(Debug)]
struct ContentError {
    string: String,
    occurrence: usize,
    message: String,
    label: String,
}

impl ContentError {
    fn at(string: &str, message: impl Into<String>, label: impl Into<String>) -> Self {
        Self { string: string.to_owned(), occurrence: 0, message: message.into(), label: label.into() }
    }
}

impl LineText<'_> {
    fn diagnostic(&self, span: std::ops::Range<usize>, message: String, label: String) -> Diagnostic {
        let span = self.start + span.start..self.start + span.end;
        Diagnostic { message, spot: Some(Spot { file: Arc::clone(self.file), span, label }), help: None }
    }

    /// Returns the diagnostic for an error in the content. Its position is that of the string; of the start of the line, if the string is
    /// written with escapes.
    fn reported(&self, wrong: &ContentError) -> Diagnostic {
        let quoted = serde_json::Value::from(wrong.string.as_str()).to_string();
        let found = self.text.match_indices(&quoted).nth(wrong.occurrence);
        let first = self.text.chars().next().map_or(0, char::len_utf8);
        let span = found.map_or(0..first, |(index, quoted)| index..index + quoted.len());
        self.diagnostic(span, wrong.message.clone(), wrong.label.clone())
    }
}

fn parse(line: &LineText<'_>) -> Result<Line, Diagnostic> {
    if !line.text.trim_start().starts_with('{') {
        let first = line.text.chars().next().map_or(0, char::len_utf8);
        let label = "JSON Lines: one object a line, with `mailbox`, `directory` and `stores`";
        return Err(line.diagnostic(0..first, "the line is not a JSON object".to_owned(), label.to_owned()));
    }
    let mut reader = serde_json::Deserializer::from_str(line.text);
    let parsed: Result<Line, _> = serde_path_to_error::deserialize(&mut reader);
    let (reason, path) = match parsed {
        Ok(parsed) => match reader.end() {
            Ok(()) => return Ok(parsed),
            Err(reason) => (reason, "the end".to_owned()),
        },
        Err(reason) => {
            let path = reason.path().to_string();
            (reason.into_inner(), path)
        }
    };
    let text = reason.to_string();
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    let mut column = reason.column().saturating_sub(1).min(line.text.len().saturating_sub(1));
    while !line.text.is_char_boundary(column) {
        column -= 1;
    }
    let width = line.text[column..].chars().next().map_or(0, char::len_utf8);
    let label = match (reason.is_data(), path.as_str()) {
        (true, ".") => "an object with `mailbox`, `directory` and `stores`".to_owned(),
        (true, path) => format!("the value of {path}"),
        (false, _) => "each line must be one whole JSON object".to_owned(),
    };
    let message = if reason.is_data() { message.to_owned() } else { format!("not JSON: {message}") };
    Err(line.diagnostic(column..column + width, message, label))
}
