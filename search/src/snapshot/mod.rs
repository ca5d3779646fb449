//! Snapshots: what was observed of mailboxes, as JSON Lines, one mailbox a line. What is wrong is told at its place, with what
//! would be right there; nothing of a file with an error is believed.
//!
//! `line` knows JSON, `observed` what can be. Procedures and verdicts are [`crate::advice`]'s.

mod line;
mod observed;

use std::collections::BTreeSet;
use std::sync::Arc;

use stranded_model::id::{MessageSet, ServerId};
use stranded_model::state::{Homes, Mailbox};
use stranded_model::table::PerServer;

use crate::scenario::{Diagnostic, Diagnostics, Findings, SiteNames, SourceText, Spot};

use self::line::Line;

/// What was observed of one mailbox, in the model's terms.
///
/// Message names are arbitrary, and a mailbox may have any number of them; the model tells eight apart. Messages that are in
/// exactly the same stores form a group. No rule of the world reads what a message is: stores and conditions compare whole sets,
/// and only a copy takes messages one by one. So as long as every copy runs to its end, whatever can happen to one message of a
/// group happens to all of them, and one would do. A copy that stops part-way parts a group in two, those that were copied and
/// those that were not; therefore two messages stand for a group of two or more, where eight suffice for that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The mailbox.
    pub mailbox: String,
    /// What the servers are called, and the organisation and the site, if a distinguished name tells them.
    pub names: SiteNames,
    /// What each replica says; `None` where it has no recipient.
    pub homes: PerServer<Option<Homes>>,
    /// What each store holds.
    pub mailboxes: PerServer<Mailbox>,
    /// The groups of messages that are in the same stores.
    pub groups: Vec<Group>,
    /// How many stores were looked into.
    pub stores_seen: usize,
    /// What was not observed, and how it is taken to be; what looks wrong and is believed all the same.
    pub remarks: Vec<String>,
}

/// Messages that are in exactly the same stores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The messages of the model that stand for them.
    pub stands_for: MessageSet,
    /// Their names in the snapshot.
    pub messages: Vec<String>,
    /// The stores that hold them.
    pub stores: Vec<ServerId>,
}

impl Snapshot {
    /// The most messages that can stand for those of a snapshot; one is left for mail to come.
    pub const MESSAGES_MAX: usize = MessageSet::MESSAGES_MAX - 1;

    /// Every message that is somewhere.
    #[must_use]
    pub fn messages(&self) -> MessageSet {
        self.mailboxes.values().map(|mailbox| mailbox.held()).fold(MessageSet::EMPTY, MessageSet::with)
    }

    /// The messages that the user sees: those in the mailbox that Home-MDB names, whichever replica he asks.
    #[must_use]
    pub fn visible(&self) -> MessageSet {
        let homes = self.homes.values().flatten().filter_map(|homes| homes.mdb.server());
        homes.map(|home| self.mailboxes[home].held()).reduce(MessageSet::common).unwrap_or_default()
    }

    /// Whether some data is on a server that is not the home, and not at home too.
    #[must_use]
    pub fn is_stranded(&self) -> bool {
        !self.messages().is_within(self.visible())
    }

    /// Whether it cannot be said that the mailbox is where it should be: the home shows nothing, and no other store, or not
    /// every one that is known, was looked into.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        let unseen = self.stores_seen < self.mailboxes.count().max(2);
        !self.is_stranded() && self.visible().is_empty() && unseen
    }

    /// The servers that hold any message.
    #[must_use]
    pub fn data_on(&self) -> Vec<ServerId> {
        self.mailboxes.iter().filter(|(_, mailbox)| !mailbox.held().is_empty()).map(|(server, _)| server).collect()
    }

    /// The servers that replicas name as the home, in both attributes or in one, each once.
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

    /// The server that every replica names in both attributes, if there is one.
    #[must_use]
    pub fn home(&self) -> Option<ServerId> {
        let mut homes = self.homes.values().map(|homes| homes.and_then(Homes::agreed));
        let first = homes.next()??;
        homes.all(|home| home == Some(first)).then_some(first)
    }

    /// How many messages of the snapshot these messages of the model stand for.
    #[must_use]
    pub fn count(&self, messages: MessageSet) -> usize {
        let touched = self.groups.iter().filter(|group| !group.stands_for.common(messages).is_empty());
        touched.map(|group| group.messages.len()).sum()
    }
}

/// Reads the lines of a snapshot file. Empty lines say nothing.
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
        let place = ServerRef { file: &file, start, text: line.trim_end() };
        start += line.len();
        if place.text.trim_start().is_empty() {
            continue;
        }
        match parse(&place).and_then(|parsed| observed::snapshot(&parsed).map_err(|wrong| place.reported(&wrong))) {
            Ok(snapshot) if !mailboxes.insert(snapshot.mailbox.clone()) => {
                let message = format!("two lines speak of the mailbox `{}`", snapshot.mailbox.escape_debug());
                let label = "a snapshot is one moment: keep the line that was taken last";
                found.take(place.reported(&Wrong::at(&snapshot.mailbox, message, label)));
            }
            Ok(snapshot) => snapshots.push(snapshot),
            Err(wrong) => found.take(wrong),
        }
    }
    if snapshots.is_empty() && found.count() == 0 {
        let help = "one JSON object a line, such as {\"mailbox\": \"alice\", \"directory\": {\"source\": {\"home-mdb\": \
                    \"source\"}}, \"stores\": {\"destination\": {\"messages\": [\"1\"]}}}";
        return Err(Diagnostics::just(format!("{file_name} holds no snapshot"), Some(help.to_owned())));
    }
    found.into_diagnostics().map_or(Ok(snapshots), Err)
}

/// One line of the file.
struct ServerRef<'a> {
    file: &'a Arc<SourceText>,
    start: usize,
    text: &'a str,
}

/// What is wrong with what a line says: which of its strings, the how-manieth such string, and what would be right.
#[derive(Debug)]
struct Wrong {
    string: String,
    occurrence: usize,
    message: String,
    label: String,
}

impl Wrong {
    fn at(string: &str, message: impl Into<String>, label: impl Into<String>) -> Self {
        Self { string: string.to_owned(), occurrence: 0, message: message.into(), label: label.into() }
    }
}

impl ServerRef<'_> {
    fn diagnostic(&self, span: std::ops::Range<usize>, message: String, label: String) -> Diagnostic {
        let span = self.start + span.start..self.start + span.end;
        Diagnostic { message, spot: Some(Spot { file: Arc::clone(self.file), span, label }), help: None }
    }

    /// Finds the string in the line. One that is written with escapes is not found; the line's beginning is told then.
    fn reported(&self, wrong: &Wrong) -> Diagnostic {
        let quoted = serde_json::Value::from(wrong.string.as_str()).to_string();
        let found = self.text.match_indices(&quoted).nth(wrong.occurrence);
        let first = self.text.chars().next().map_or(0, char::len_utf8);
        let span = found.map_or(0..first, |(place, quoted)| place..place + quoted.len());
        self.diagnostic(span, wrong.message.clone(), wrong.label.clone())
    }
}

fn parse(place: &ServerRef<'_>) -> Result<Line, Diagnostic> {
    if !place.text.trim_start().starts_with('{') {
        let first = place.text.chars().next().map_or(0, char::len_utf8);
        let label = "JSON Lines: one object a line, with `mailbox`, `directory` and `stores`";
        return Err(place.diagnostic(0..first, "the line is no JSON object".to_owned(), label.to_owned()));
    }
    let mut reader = serde_json::Deserializer::from_str(place.text);
    let parsed: Result<Line, _> = serde_path_to_error::deserialize(&mut reader);
    let (reason, path) = match parsed {
        Ok(line) => match reader.end() {
            Ok(()) => return Ok(line),
            Err(reason) => (reason, "the end".to_owned()),
        },
        Err(reason) => {
            let path = reason.path().to_string();
            (reason.into_inner(), path)
        }
    };
    let text = reason.to_string();
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    let mut column = reason.column().saturating_sub(1).min(place.text.len().saturating_sub(1));
    while !place.text.is_char_boundary(column) {
        column -= 1;
    }
    let width = place.text[column..].chars().next().map_or(0, char::len_utf8);
    let label = match (reason.is_data(), path.as_str()) {
        (true, ".") => "an object with `mailbox`, `directory` and `stores`".to_owned(),
        (true, path) => format!("the value of {path}"),
        (false, _) => "each line must be one whole JSON object".to_owned(),
    };
    let message = if reason.is_data() { message.to_owned() } else { format!("not JSON: {message}") };
    Err(place.diagnostic(column..column + width, message, label))
}
