//! The place of each fault point in the procedure of its mover: the steps that a frame can belong to, and what the frame is to them.

use crate::cyrus;
use crate::proxy::point::{Connection, FaultPoint, Mode};
use crate::trial::report::DirectoryStep;

use super::allowed::{AFTER, Strike};

/// The part of a frame in a step of the procedure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The frame is the request of the step: with it, the step happens.
    Request,
    /// The step needs the frame, and has not happened when it is answered.
    Preparation,
    /// The frame is one of several that carry the step, and it can have happened when the frame is answered.
    Stream,
    /// The same, in a dialogue with a server that notices changes of the mailbox.
    Dialogue,
    /// The frame reads what a condition requires. The model loses no such request: a run that gets no answer ends there, as by a death.
    Condition,
    /// The mover continues without an answer to the frame, or asks again.
    Courtesy,
}

/// The place of some frames of a mover.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    connection: Connection,
    /// The verbs of the frames, or single frames as `VERB:N`; empty for every other verb of the connection.
    verbs: &'static [&'static str],
    role: Role,
    /// The steps that the frames can belong to. Names separated by `|` stand for the first that the procedure has.
    steps: &'static [&'static str],
    /// The steps that get no answer if the frame gets none.
    unanswered: &'static [&'static str],
    /// True if the mover has locked the mailbox, so that mail waits until it has ended.
    is_locked: bool,
}

impl Place {
    /// The same place while the mover has locked the mailbox.
    const fn locked(self) -> Self {
        Self { is_locked: true, ..self }
    }

    /// The same place, where an answer that is lost strikes other steps than a request that is lost.
    const fn unanswered(self, unanswered: &'static [&'static str]) -> Self {
        Self { unanswered, ..self }
    }

    /// Returns the steps that a fault can strike.
    pub(super) fn steps(&self, mode: Mode) -> &'static [&'static str] {
        match mode {
            Mode::Swallow => self.unanswered,
            Mode::Cut | Mode::Kill | Mode::Mail => self.steps,
        }
    }

    /// Returns the strikes that a fault can be. None at all: the mover does not notice.
    fn strikes(&self, mode: Mode) -> &'static [Strike] {
        match (self.role, mode) {
            (_, Mode::Kill) | (Role::Condition, Mode::Cut | Mode::Swallow) => &[Strike::Death],
            (_, Mode::Mail) if self.is_locked => &[Strike::WaitingMail],
            (Role::Dialogue, Mode::Mail) => &[Strike::Mail, Strike::NoticedMail],
            (_, Mode::Mail) => &[Strike::Mail],
            (Role::Courtesy, Mode::Cut | Mode::Swallow) => &[],
            (Role::Request, Mode::Swallow) => &[Strike::ReplyLost],
            (Role::Stream | Role::Dialogue, Mode::Swallow) => &[Strike::RequestLost, Strike::ReplyLost],
            (Role::Request | Role::Preparation | Role::Stream | Role::Dialogue, Mode::Cut)
            | (Role::Preparation, Mode::Swallow) => &[Strike::RequestLost],
        }
    }
}

const fn place(
    connection: Connection,
    verbs: &'static [&'static str],
    role: Role,
    steps: &'static [&'static str],
) -> Place {
    Place { connection, verbs, role, steps, unanswered: steps, is_locked: false }
}

/// dsync streams both lists and the messages, folder by folder, and does not wait for answers in between. It exits with an error if the
/// mailbox at the destination changed meanwhile.
const DSYNC_BACKUP: &[Place] = &[
    place(Connection::Doveadm, DSYNC_BEGIN, Role::Dialogue, &["open"]),
    place(Connection::Doveadm, &[], Role::Dialogue, &["list-source", "list-destination", "revert", "add", AFTER]),
];
const DSYNC_SYNC: &[Place] = &[
    place(Connection::Doveadm, DSYNC_BEGIN, Role::Dialogue, &["open"]),
    place(Connection::Doveadm, &[], Role::Dialogue, &["list-source", "list-destination", "add-to-destination", AFTER]),
];
const DSYNC_SYNC_1: &[Place] = &[
    place(Connection::Doveadm, DSYNC_BEGIN, Role::Dialogue, &["open"]),
    place(Connection::Doveadm, &[], Role::Dialogue, &["list-source", "list-destination", "add", AFTER]),
];
/// The frames before the first list.
const DSYNC_BEGIN: &[&str] =
    &["VERSION", "PLAIN", "dsync-server", "dsync-version", "handshake", "mailbox-tree-node", "mailbox-deletes"];

/// The places of the operator's directory step.
const fn directory(switch: &'static [&'static str], next: &'static [&'static str]) -> [Place; 3] {
    [
        place(Connection::Directory, &["bind"], Role::Preparation, switch),
        place(Connection::Directory, &["modify"], Role::Request, switch),
        place(Connection::Directory, &["unbind"], Role::Courtesy, next),
    ]
}
const DIRECTORY_FIRST: [Place; 3] = directory(&["switch-first"], &["open|poll|list-source|create"]);
const DIRECTORY_LAST: [Place; 3] = directory(&["switch-last"], &["done"]);

/// mbsync opens both stores, reads both lists, appends, and closes one folder after the other.
const MBSYNC: &[Place] = &[
    place(Connection::DestinationImap, &["APPEND"], Role::Stream, &["push"]),
    place(Connection::SourceImap, &["UID FETCH"], Role::Preparation, &["list-source", "push", "list-destination"]),
    place(Connection::SourceImap, &["LOGOUT"], Role::Courtesy, &[AFTER]),
    place(Connection::DestinationImap, &["LOGOUT"], Role::Courtesy, &[AFTER]),
    place(Connection::SourceImap, &[], Role::Preparation, &["open", "list-source", "list-destination"]),
    place(Connection::DestinationImap, &[], Role::Preparation, &["open", "list-source", "list-destination"]),
];
/// imapfilter appends the messages of one folder, marks them as deleted and expunges them, and continues with the next folder. The
/// first append to a folder that is not there is refused, and imapfilter creates the folder.
const IMAPFILTER: &[Place] = &[
    place(Connection::DestinationImap, &["APPEND"], Role::Stream, &["append"]),
    place(Connection::SourceImap, &["EXPUNGE"], Role::Request, &["expunge"]),
    place(Connection::SourceImap, &["UID STORE"], Role::Preparation, &["expunge"]),
    place(Connection::SourceImap, &["LOGOUT"], Role::Courtesy, &[AFTER]),
    place(Connection::DestinationImap, &["LOGOUT"], Role::Courtesy, &[AFTER]),
    place(Connection::SourceImap, &[], Role::Preparation, &["search", "append"]),
    place(Connection::DestinationImap, &[], Role::Preparation, &["open", "append"]),
];
/// fetchmail deletes a message as soon as it is delivered: the flag is enough, because the next run expunges first.
const FETCHMAIL: &[Place] = &[
    place(Connection::Lmtp, &["LHLO"], Role::Preparation, &["poll"]),
    place(Connection::Lmtp, &["DATA"], Role::Request, &["deliver"]),
    place(Connection::Lmtp, &["QUIT"], Role::Courtesy, &[AFTER]),
    place(Connection::Lmtp, &[], Role::Preparation, &["deliver"]),
    place(Connection::SourceImap, &["STORE"], Role::Request, &["delete"]),
    place(Connection::SourceImap, &[], Role::Preparation, &["poll", "poll-again"]),
];
/// getmail marks each message as deleted when it is delivered, and expunges at the end of a folder. It ends after the last deletion
/// with success, whatever the server answers.
const GETMAIL: &[Place] = &[
    place(Connection::Lmtp, &["DATA"], Role::Request, &["deliver"]),
    place(Connection::Lmtp, &[], Role::Preparation, &["deliver"]),
    place(Connection::SourceImap, &["LOGIN"], Role::Preparation, &["log-in"]),
    place(Connection::SourceImap, &["UID STORE"], Role::Preparation, &["deliver", "delete-source"]),
    place(Connection::SourceImap, &["EXPUNGE"], Role::Stream, &["delete-source"]),
    place(Connection::SourceImap, &["EXPUNGE", "CLOSE", "LOGOUT"], Role::Courtesy, &[AFTER]),
    place(Connection::SourceImap, &["CLOSE"], Role::Preparation, &["delete-source", "deliver"]),
    place(
        Connection::SourceImap,
        &["CAPABILITY", "SELECT", "FETCH", "UID FETCH"],
        Role::Preparation,
        &["list-source", "deliver"],
    ),
];

/// larch reads both lists of a folder and appends, one folder after the other. It repeats what got no answer, except to log in.
const LARCH: &[Place] = &[
    place(Connection::SourceImap, LOGIN, Role::Preparation, &["log-in"]),
    place(Connection::DestinationImap, LOGIN, Role::Preparation, &["log-in"]),
    place(Connection::DestinationImap, &["APPEND"], Role::Request, &["copy"]),
    place(Connection::SourceImap, &[], Role::Preparation, &["open", "list-source", "copy"]),
    place(Connection::DestinationImap, &[], Role::Preparation, &["open", "list-destination", "copy"]),
];
/// The frames before a connection can be used.
const LOGIN: &[&str] = &["CAPABILITY", "LOGIN"];

/// The naive move has a connection for each step, and lists both stores for each message. Mail that arrives after the last list is too
/// late for the copy, and comes before the deletion, which is a command and no request. An append to a missing folder is refused.
const NAIVE_MOVE: &[Place] = &[
    place(Connection::DestinationImap, &["APPEND"], Role::Stream, &["copy", "delete"]),
    place(Connection::SourceImap, &["LOGOUT"], Role::Courtesy, &["copy", "delete"]),
    place(Connection::DestinationImap, &["LOGOUT"], Role::Courtesy, &["copy", "delete"]),
    place(Connection::SourceImap, &[], Role::Preparation, &["copy", "delete"]),
    place(Connection::DestinationImap, &[], Role::Preparation, &["create", "copy", "delete"]),
];
/// The safe move has a connection for each step too, and reads the directory before and after it writes it.
const MOVE_THEN_MERGE: &[Place] = &[
    place(Connection::Directory, &["modify"], Role::Request, &["switch"]),
    place(Connection::Directory, &["bind"], Role::Preparation, &["switch"]),
    place(Connection::Directory, &["bind", "search"], Role::Condition, &["home-is-ours", "home-is-source", "confirm"]),
    place(
        Connection::Directory,
        &["unbind"],
        Role::Courtesy,
        &["create", "list-source", "confirm", "list-source-again"],
    ),
    place(Connection::SourceImap, &["UID EXPUNGE"], Role::Request, &["delete"]),
    place(Connection::SourceImap, &["CAPABILITY", "SELECT", "UID STORE"], Role::Preparation, &["delete"]),
    place(Connection::SourceImap, &["LOGOUT"], Role::Courtesy, AFTER_A_SOURCE_STEP),
    place(
        Connection::SourceImap,
        &[],
        Role::Preparation,
        &["list-source", "append", "list-source-again", "append-again", "delete"],
    ),
    place(Connection::DestinationImap, &["APPEND"], Role::Stream, &["append", "append-again"]),
    place(
        Connection::DestinationImap,
        &["LOGOUT"],
        Role::Courtesy,
        &["home-is-source", "append", "switch", "append-again", "verify", "delete"],
    ),
    place(
        Connection::DestinationImap,
        &[],
        Role::Preparation,
        &["create", "list-destination", "append", "list-destination-again", "append-again", "verify"],
    ),
];
/// The steps before which the safe move leaves the source.
const AFTER_A_SOURCE_STEP: &[&str] =
    &["list-destination", "append", "switch", "list-destination-again", "append-again", "verify", "delete", "done"];

/// XFER logs on at the destination and at mupdate, synchronises, deactivates the location of each folder, synchronises again and asks the
/// destination to activate the location of each folder. The source locks the mailbox from the first question about the user on; the
/// locations are inactive from the third one on. The trial has two folders: the first answer to MUPDATEPUSH that is lost leaves the
/// second folder inactive. The destination asks mupdate again if the connection is not new.
const XFER: &[Place] = &[
    place(
        Connection::DestinationImap,
        &["AUTHENTICATE", "SYNCAPPLY CAPABILITIES"],
        Role::Preparation,
        &["initial-sync"],
    ),
    place(Connection::SourceMupdate, &["AUTHENTICATE"], Role::Preparation, &["initial-sync"]),
    place(
        Connection::DestinationImap,
        &["SYNCGET USER:1", "SYNCGET USER:2", "SYNCAPPLY MESSAGE", "SYNCAPPLY LOCAL_MAILBOX"],
        Role::Stream,
        &["initial-sync"],
    )
    .locked(),
    place(Connection::SourceMupdate, &["DEACTIVATE"], Role::Request, &["deactivate"]).locked(),
    place(Connection::DestinationImap, &["SYNCGET USER:3"], Role::Preparation, &["moving"]),
    place(Connection::DestinationImap, &["SYNCGET ANNOTATION"], Role::Preparation, &["final-sync"]),
    place(Connection::DestinationImap, &["MUPDATEPUSH:1"], Role::Preparation, &["push"])
        .unanswered(&["push", "finish"]),
    place(Connection::DestinationImap, &["MUPDATEPUSH:2"], Role::Preparation, &["push"]).unanswered(&["finish"]),
    place(Connection::DestinationMupdate, &["AUTHENTICATE"], Role::Preparation, &["activate"]),
    place(Connection::DestinationMupdate, &["ACTIVATE:1"], Role::Request, &["activate"]),
    place(Connection::DestinationMupdate, &["ACTIVATE:2"], Role::Courtesy, &["finish"]),
    place(Connection::DestinationImap, &["SYNCRESTART"], Role::Preparation, &["finish"]),
    place(Connection::DestinationImap, &["LOGOUT"], Role::Courtesy, &[AFTER]),
    place(Connection::SourceMupdate, &["LOGOUT"], Role::Courtesy, &[AFTER]),
    place(Connection::DestinationMupdate, &["LOGOUT"], Role::Courtesy, &[AFTER]),
];

/// Returns the places of a mover's own frames.
fn of_mover(mover: &str) -> Option<&'static [Place]> {
    Some(match mover {
        "doveadm-backup" => DSYNC_BACKUP,
        "doveadm-sync" => DSYNC_SYNC,
        "doveadm-sync-1" => DSYNC_SYNC_1,
        "mbsync" => MBSYNC,
        "imapfilter" => IMAPFILTER,
        "fetchmail" => FETCHMAIL,
        "getmail" => GETMAIL,
        "larch" => LARCH,
        "naive-move" => NAIVE_MOVE,
        "move-then-merge" => MOVE_THEN_MERGE,
        cyrus::trial::XFER => XFER,
        _ => return None,
    })
}

/// Returns the places of a fault point: those that name its verb, otherwise those for every verb of its connection. There are none if
/// the table does not have the point.
pub(super) fn of(mover: &str, order: DirectoryStep, point: &FaultPoint) -> Vec<Place> {
    let directory: &'static [Place] = match order {
        DirectoryStep::First => &DIRECTORY_FIRST,
        DirectoryStep::Last => &DIRECTORY_LAST,
        DirectoryStep::Never | DirectoryStep::Tool => &[],
    };
    let all = of_mover(mover).unwrap_or_default().iter().chain(directory);
    let here: Vec<Place> = all.filter(|place| place.connection == point.connection).copied().collect();
    let frame = format!("{}:{}", point.verb, point.ordinal);
    let named = |place: &&Place| place.verbs.iter().any(|verb| *verb == point.verb || *verb == frame);
    let named: Vec<Place> = here.iter().filter(named).copied().collect();
    if named.is_empty() { here.into_iter().filter(|place| place.verbs.is_empty()).collect() } else { named }
}

/// Returns what a fault in this mode can be in the procedure: a step and a strike, or `None` if the mover does not notice it.
pub(super) fn faults(mover: &str, places: &[Place], mode: Mode) -> Vec<Option<(&'static str, Strike)>> {
    let mut faults = Vec::new();
    for place in places {
        let strikes = place.strikes(mode);
        if strikes.is_empty() {
            faults.push(None);
        }
        faults.extend(place.steps(mode).iter().flat_map(|step| strikes.iter().map(|strike| Some((*step, *strike)))));
    }
    if mode == Mode::Mail && !places.is_empty() {
        faults.extend(elsewhere(mover).iter().map(|step| Some((*step, Strike::Mail))));
    }
    faults
}

/// Returns the moments at which mail arrives for a folder that the tool works on later or has left: before its first step, and after its
/// last. There are none if the tool locks the whole mailbox.
fn elsewhere(mover: &str) -> &'static [&'static str] {
    if mover == cyrus::trial::XFER { &[] } else { &["poll|open|create", AFTER] }
}
