//! Exchange 5.5: instructions for the Administrator program in raw mode, and for ExMerge. There is no command line, so each step is a list of
//! what to open and what to enter. [Q252869 S13 to S21, Q162998]

use stranded_model::dn::HomeValue;
use stranded_model::id::ServerId;
use stranded_model::procedure::{Act, Condition, Deletion, Duplicate, ListPurpose, ServerRef, StepResult};
use stranded_search::advice::PlannedStep;

use super::servers::Servers;
use super::{Frame, Occasion, Preparation, StepCommands};
use crate::report::text::WIDTH;
use stranded_search::lines::{display_width, wrapped};

/// The reason for steps that only Move Mailbox performs.
const ONLY_IN_A_MOVE: &str = "only Move Mailbox does this, as one of its own steps.";
/// The reason for steps in a store that the directory does not name. The articles say where a logon goes; that ExMerge logs on like a
/// client was not verified. [Q200587, Q190700]
const ONLY_AT_HOME: &str = "ExMerge and clients log on at the server that Home-MDB names, and reach no other store.";

/// Returns the instructions of a step, in lines that fit a page.
pub(super) fn step(servers: &Servers<'_>, planned: &PlannedStep) -> StepCommands {
    match instructions(servers, planned) {
        StepCommands::Commands(text) => StepCommands::Commands(fitted(&text)),
        impossible @ StepCommands::Impossible(_) => impossible,
    }
}

/// Returns a text with its long lines broken, except values to be typed.
fn fitted(text: &str) -> String {
    let is_value = |line: &str| line.starts_with("/o=");
    let is_long = |line: &str| display_width(line) > usize::from(WIDTH) && !is_value(line);
    let fitted = |line: &str| if is_long(line) { wrapped(line, 0, WIDTH) } else { line.to_owned() };
    text.lines().map(|line| fitted(line) + "\n").collect()
}

fn instructions(servers: &Servers<'_>, planned: &PlannedStep) -> StepCommands {
    let at = |server: &ServerRef| servers.named(*server).to_owned();
    if !planned.is_at_home {
        return StepCommands::Impossible(ONLY_AT_HOME);
    }
    StepCommands::Commands(match &planned.act {
        Act::CreateMailbox { at: server, duplicate: Duplicate::Kept } => format!(
            "Let the owner, or a profile with the owner's rights, log on once: the store of the home, {}, creates the mailbox [Q190700].\n",
            at(server)
        ),
        Act::CreateMailbox { duplicate: Duplicate::Deleted, .. } | Act::Mark { .. } | Act::Unmark { .. } => {
            return StepCommands::Impossible(ONLY_IN_A_MOVE);
        }
        Act::DeleteMailbox { at: ServerRef::Home } => {
            "The Administrator program deletes the mailbox in the store of the home together with the recipient: one act does both steps.\n"
                .to_owned()
        }
        Act::DeleteMailbox { .. } => {
            return StepCommands::Impossible("the Administrator program deletes a mailbox only with its recipient.");
        }
        Act::EmptyMailbox { at: server, deletion: Deletion::Remembered } => format!(
            "On {0}: Recipients, select the mailbox, Tools\\Clean Mailbox, all messages, sizes and ages.\nVerification: Mailbox Resources on \
             {0} shows 0 items.\n",
            at(server)
        ),
        Act::EmptyMailbox { deletion: Deletion::Forgotten, .. } | Act::PropagateDeletions { .. } => {
            return StepCommands::Impossible("no tool of Exchange does this to one mailbox.");
        }
        Act::List { at: server, purpose: ListPurpose::Listed | ListPurpose::Copied } => {
            format!("{}Note the number of items and the size.\n", resources(&at(server)))
        }
        Act::CopyListed { .. } | Act::CopyMessage { .. } | Act::AppendMessage { .. } => {
            return StepCommands::Impossible(ONLY_AT_HOME);
        }
        Act::DeleteListed { .. } | Act::DeleteUnlisted { .. } => {
            return StepCommands::Impossible("no tool of Exchange deletes messages by a list of their names.");
        }
        Act::Save { at: server } => format!(
            "ExMerge, two step procedure, step 1: extract the mailbox to $SAVED. It must still be homed on {}.\nVerification: open $SAVED in \
             Outlook; its folders show as many items as Mailbox Resources, and ExMerge.log shows no error.\n",
            at(server)
        ),
        Act::Load { at: server } => format!(
            "ExMerge, step 2: import $SAVED into the mailbox, which is now homed on {}, with `Merge data`; never with `Replace` or `Copy`.\n\
             Verification: Mailbox Resources shows the items of $SAVED, and ExMerge.log no error.\n",
            at(server)
        ),
        Act::Adjust { at: server } => format!(
            "ADMIN.EXE, Servers\\{}, Advanced, Consistency Adjuster: `Synchronize with the directory, and create new directory entries for \
             mailboxes that do not have a corresponding directory entry`; all inconsistencies; Adjust.\n",
            at(server)
        ),
        Act::HoldDelivery => {
            format!("{}{SESSIONS}", hold(servers))
        }
        Act::ReleaseDelivery => release(servers),
        Act::SyncDirectory { from, to, .. } if servers.id(*from) == servers.id(*to) => {
            "This changes nothing.\n".to_owned()
        }
        Act::SyncDirectory { replica, to, .. } => {
            let to = servers.id(*to);
            raw(servers, *replica, Some(to), Some(to))
        }
        Act::RawEdit { replica, mdb, mta } => {
            let server = |value: &Option<HomeValue<ServerRef>>| match value {
                Some(HomeValue::Server(server)) => Some(servers.id(*server)),
                Some(HomeValue::Malformed) | None => None,
            };
            raw(servers, *replica, server(mdb), server(mta))
        }
        Act::DeleteRecipient { replica } => format!(
            "ADMIN.EXE connected to {}: Recipients, note the directory name of the mailbox (Advanced). If its mailbox is to be deleted too, \
             delete it here. If not, use Tools, Directory Import, with a CSV file of Mode Delete: it leaves the mailbox.\nVerification: \
             Recipients no longer lists it.\n",
            at(replica)
        ),
        Act::CreateRecipient { replica, home } => format!(
            "ADMIN.EXE connected to {}: File, New Mailbox on the home server {}, with the same directory name (Advanced) and the same primary \
             Windows NT account.\nVerification: the owner logs on and sees the mail.\n",
            at(replica),
            at(home)
        ),
        Act::UpdateNow { replica } => {
            format!("ADMIN.EXE, Servers\\{}, Directory Service, General: Update Now.\n", at(replica))
        }
        Act::LookUpHome { replica } => format!(
            "ADMIN.EXE /R connected to {}: Recipients, $MAILBOX, File, Raw Properties, Home-MDB. Note the server.\n",
            at(replica)
        ),
        Act::Require(condition) => {
            let end = match planned.result {
                StepResult::Ok | StepResult::Duplicate => "If not, stop and observe the mailbox again.",
                StepResult::Refused | StepResult::Lost => {
                    "It was not so. If it is now, stop and observe the mailbox again."
                }
            };
            format!("{}{end}\n", test(servers, condition))
        }
        Act::Wait(condition) => format!("{}Wait until it is so.\n", test(servers, condition)),
        Act::Report { .. } => String::new(),
    })
}

const SESSIONS: &str = "Private Information Store, Logons: ask the owner to end each session, until none is listed. Do this again just before \
                        the home changes.\n";

/// Returns the instructions that hold mail. An information store delivers mail between its own users itself, so no service holds it.
fn hold(servers: &Servers<'_>) -> String {
    let (from, to) = (servers.name(servers.from), servers.name(servers.to));
    format!(
        "Stop the Internet Mail Service on each server of the site that runs it, and the Message Transfer Agent on {from} and {to}. Mail of \
         every mailbox on these servers then waits in the queues of the other servers, not only mail for this one.\nMail from users of {from} \
         itself is delivered inside its store, and is not held.\n"
    )
}

/// Returns the instructions that let mail through, and look for mail that still went to the old server.
fn release(servers: &Servers<'_>) -> String {
    let from = servers.name(servers.from);
    format!(
        "Start the Message Transfer Agents and the Internet Mail Service again.\nLook at {from} again now, and once more after two hours: stores \
         cache the directory for that long [Q172364, Q179065]. If it has new items, take the snapshot again, and ask again.\n"
    )
}

fn resources(server: &str) -> String {
    format!("ADMIN.EXE, Servers\\{server}, Private Information Store, Mailbox Resources.\n")
}

/// Returns the instructions that write home attributes in raw mode, verified.
fn raw(servers: &Servers<'_>, replica: ServerRef, mdb: Option<ServerId>, mta: Option<ServerId>) -> String {
    let unknown = ("$ORGANIZATION", "$SITE");
    let (organization, site) = servers.site.map_or(unknown, |names| (names.organization.as_str(), names.name.as_str()));
    let line = |attribute: &str, end: &str, server: Option<ServerId>| {
        let value = |server| {
            let server = servers.name(server);
            format!("{attribute}:\n/o={organization}/ou={site}/cn=Configuration/cn=Servers/cn={server}/cn={end}\n")
        };
        server.map(value).unwrap_or_default()
    };
    format!(
        "{SESSIONS}ADMIN.EXE /R connected to {}: Recipients, $MAILBOX, File, Raw Properties; List attributes of type All. Enter, Set and \
         Apply, each value in one line:\n{}{}Verification: open the raw properties again; both attributes name one server.\n",
        servers.named(replica),
        line("Home-MDB", "Microsoft Private MDB", mdb),
        line("Home-MTA", "Microsoft MTA", mta),
    )
}

/// Returns the instruction that shows if a condition is true.
fn test(servers: &Servers<'_>, condition: &Condition) -> String {
    let at = |server: ServerRef| servers.named(server);
    let raw = |says: String| format!("ADMIN.EXE /R, raw properties of $MAILBOX: {says}.\n");
    match *condition {
        Condition::HomeIs(server) => raw(format!("Home-MDB and Home-MTA name {}", at(server))),
        Condition::HomeIsEither(one, other) => raw(format!("Home-MDB and Home-MTA name {} or {}", at(one), at(other))),
        Condition::Differ(one, other) => format!("{} and {} are two servers.\n", at(one), at(other)),
        Condition::Present(server) => format!("{}The mailbox is listed.\n", resources(at(server))),
        Condition::Empty(server) => format!("{}The mailbox has 0 items.\n", resources(at(server))),
        Condition::HoldsAll { at: server, of } => format!(
            "{}{}The items of the first are all in the second: compare numbers and sizes, then the folders in Outlook.\n",
            resources(at(of)),
            resources(at(server))
        ),
        Condition::EveryReplicaNames(server) => {
            raw(format!("on each server in turn, both home attributes name {}", at(server)))
        }
        Condition::ReplicasAgree => raw("on each server in turn, Object-Version is the same".to_owned()),
        Condition::ReplicasAgreeOn(server) => raw(format!(
            "on each server in turn, Object-Version is the same, and both home attributes name {}",
            at(server)
        )),
        Condition::NoRecipient(server) => {
            format!("ADMIN.EXE connected to {}: Recipients does not list it.\n", at(server))
        }
        Condition::NothingQueued => "ADMIN.EXE, Message Transfer Agent, Queues: none holds mail for it.\n".to_owned(),
        Condition::HoldsListed(server) => format!("{}It has the items that you noted.\n", resources(at(server))),
        Condition::NothingListed => "You noted no item.\n".to_owned(),
    }
}

/// Returns the text around the steps.
pub(super) fn frame(occasion: &Occasion<'_>) -> Frame {
    let Occasion { servers, .. } = occasion;
    let (from, to) = (servers.name(servers.from), servers.name(servers.to));
    let preparation = |purpose: &str, commands: String| Preparation::new(purpose, fitted(&commands));
    let (mut first, mut once_held) = (Vec::new(), Vec::new());
    if occasion.must_hold {
        first.push(preparation("Mail is held, and open sessions end.", format!("{}{SESSIONS}", hold(servers))));
    }
    if occasion.must_replicate {
        once_held.push(preparation("The directories must agree.", required_agreement(servers)));
    }
    if occasion.must_observe_again {
        let commands =
            format!("{}If it has items that are not on {to}, stop and observe the mailbox again.\n", resources(from));
        once_held.push(Preparation::observe_again(from, to, fitted(&commands)));
    }
    let check = format!(
        "{}If not, use Update Now, and wait before mail is let through.\n",
        test(servers, &Condition::EveryReplicaNames(ServerRef::To))
    );
    let mut last = vec![preparation(&format!("At the end {to} is the home."), check)];
    if occasion.must_hold {
        last.push(preparation("Mail goes to the new home.", release(servers)));
    }
    last.push(preparation("The mail is there.", "The owner logs on and sees it.\n".to_owned()));
    let site = match servers.site {
        Some(_) => "",
        None => "ORGANIZATION, SITE: what follows /o= and /ou= in the present Home-MDB\n",
    };
    let head = format!(
        "# Instructions for people. These names stand for your values:\nMAILBOX={0}\nSAVED=C:\\EXMERGE\\{0}.PST\n{site}",
        occasion.snapshot.mailbox
    );
    Frame { head, first, once_held, last }
}

fn required_agreement(servers: &Servers<'_>) -> String {
    format!("{}If not, use Update Now, and wait.\n", test(servers, &Condition::ReplicasAgree))
}
