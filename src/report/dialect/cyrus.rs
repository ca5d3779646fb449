//! Cyrus IMAP 3 with a murder: shell commands. Messages are copied over IMAP; the directory is mupdate, which a backend changes with
//! `ctl_mboxlist`.

use stranded_model::dn::HomeValue;
use stranded_model::procedure::{Act, Condition, Deletion, Duplicate, ListPurpose, ServerRef, StepResult};
use stranded_search::advice::PlannedStep;
use stranded_search::sanitize::shell_word;

use super::servers::Servers;
use super::shell::{delete, only_if_held_elsewhere, require_nothing_left};
use super::{Frame, LISTS, Occasion, Preparation, StepCommands};

/// The functions of the script.
const FUNCTIONS: &str = include_str!("cyrus.sh");

/// Returns the commands of a step.
pub(super) fn step(servers: &Servers<'_>, planned: &PlannedStep) -> StepCommands {
    let at = |server: &ServerRef| servers.at(*server);
    StepCommands::Commands(match &planned.act {
        Act::CreateMailbox { at: server, duplicate } => create(&at(server), *duplicate),
        Act::DeleteMailbox { at: server } => {
            let (guard, server) = (only_if_held_elsewhere(servers, *server), at(server));
            format!(
                "{guard}# LOCALDELETE does not change mupdate.\nadminister {server} \"LOCALDELETE user.$MAILBOX\" ||\n  stop 'the mailbox was not deleted'\n"
            )
        }
        Act::EmptyMailbox { at: server, deletion: Deletion::Remembered } => {
            let (guard, server) = (only_if_held_elsewhere(servers, *server), at(server));
            format!("{guard}expunge gone {server}\nlist {server} now\nrequire_empty now 'mail is left on {server}'\n")
        }
        Act::EmptyMailbox { deletion: Deletion::Forgotten, .. } => {
            return StepCommands::Impossible("files that are removed below Cyrus damage its indexes.");
        }
        Act::List { at: server, purpose: ListPurpose::Listed } => format!("list {} listed\n", at(server)),
        Act::List { at: server, purpose: ListPurpose::Copied } => {
            format!("list {} now\ncat \"$WORK/now\" >>\"$WORK/copied\"\n", at(server))
        }
        Act::CopyListed { from, to } => {
            copy(&at(from), &at(to), "held from listed mine", &format!("list {} now\nmissing mine now todo", at(to)))
        }
        Act::AppendMessage { from, to } => {
            copy(&at(from), &at(to), "held from listed mine", "missing mine copied todo")
        }
        Act::CopyMessage { from, to } => copy(
            &at(from),
            &at(to),
            "cp \"$WORK/from\" \"$WORK/mine\"",
            &format!("list {} now\nmissing mine now todo", at(to)),
        ),
        Act::DeleteListed { at: server, only } => {
            let before = format!("require_same_text {} {}\n", at(server), servers.other(*server));
            delete("held", &at(server), *only, &before)
        }
        Act::DeleteUnlisted { at: server, only } => delete("missing", &at(server), *only, ""),
        Act::PropagateDeletions { .. } => {
            return StepCommands::Impossible("Cyrus propagates deletions only as a whole replica.");
        }
        Act::Mark { .. } | Act::Unmark { .. } => {
            return StepCommands::Impossible("Cyrus marks a mailbox as moving only within XFER.");
        }
        Act::Save { at: server } => {
            let server = at(server);
            format!(
                "save_mailbox {server}\n# Verification: every message that the store holds has a file.\nlist {server} now\ncp \"$SAVED/list\" \
                 \"$WORK/saved\"\nmissing now saved left\nrequire_empty left 'not saved'\n"
            )
        }
        Act::Load { at: server } => {
            let server = at(server);
            format!(
                "list {server} now\ncp \"$SAVED/list\" \"$WORK/saved\"\nmissing saved now todo\nappend todo {server} {server}\n# Verification: \
                 the store holds every saved message.\nlist {server} now\nmissing saved now left\nrequire_empty left 'not loaded'\n"
            )
        }
        Act::Adjust { at: server } => claim(servers, *server),
        Act::HoldDelivery => format!("hold {0}\nend_sessions {0}\n", servers.of_run()),
        Act::ReleaseDelivery => format!("release {}\n", servers.of_run()),
        Act::SyncDirectory { from, to, .. } if servers.id(*from) == servers.id(*to) => {
            "# This changes nothing.\n".to_owned()
        }
        Act::SyncDirectory { from, to, .. } => {
            let is_from = format!(
                "# mupdate has no conditional write, so the home is read just before.\nhome_is {} || stop \"the home is $home\"\n",
                at(from)
            );
            format!("{is_from}{}", switch(servers, *to))
        }
        Act::RawEdit { mdb, mta, .. } => match mdb.or(*mta) {
            Some(HomeValue::Server(server)) => switch(servers, server),
            Some(HomeValue::Malformed) | None => {
                return StepCommands::Impossible("mupdate accepts only the name of a backend.");
            }
        },
        Act::DeleteRecipient { .. } | Act::CreateRecipient { .. } => {
            return StepCommands::Impossible("mupdate has an entry for a mailbox, and none without it.");
        }
        Act::UpdateNow { .. } => "# Frontends follow mupdate by themselves.\nsleep 1\n".to_owned(),
        Act::LookUpHome { .. } => "read_home\necho \"the home is $home\"\n".to_owned(),
        Act::Require(condition) => required(servers, condition, planned.result),
        Act::Wait(condition) => format!("until {}; do sleep 1; done\n", test(servers, condition)),
        Act::Report { .. } => String::new(),
    })
}

fn create(server: &str, duplicate: Duplicate) -> String {
    let present = match duplicate {
        Duplicate::Kept => ":",
        Duplicate::Deleted => "stop 'the mailbox is present'",
    };
    format!(
        "# LOCALCREATE does not change mupdate.\nif imap {server} INBOX -X 'UID SEARCH ALL' >/dev/null 2>&1; then\n  {present}\nelse\n  \
         administer {server} \"LOCALCREATE user.$MAILBOX\" ||\n    stop 'the mailbox was not created'\nfi\n"
    )
}

/// Returns the commands that append what is missing, and verify it.
fn copy(from: &str, to: &str, chosen: &str, missing: &str) -> String {
    format!(
        "# IMAP APPEND of each message that is missing; a repeated run appends nothing.\nlist {from} from\n{chosen}\n{missing}\nappend todo \
         {from} {to}\ncat \"$WORK/todo\" >>\"$WORK/copied\"\n# Verification: {to} holds each of them.\nlist {to} now\nmissing mine now \
         left\nrequire_empty left 'not on {to}'\n"
    )
}

/// Returns the commands with which a backend writes its mailboxes into mupdate.
fn claim(servers: &Servers<'_>, server: ServerRef) -> String {
    let server = servers.at(server);
    format!(
        "# Shows the changes, then makes them. Without -a it deletes local mailboxes.\non {server} ctl_mboxlist -m -a -w\non {server} ctl_mboxlist \
         -m -a || stop 'mupdate was not changed'\n"
    )
}

/// Returns the commands that switch the home, verified.
fn switch(servers: &Servers<'_>, to: ServerRef) -> String {
    let claim = claim(servers, to);
    let to = servers.at(to);
    format!(
        "# Sessions on the old server would go on writing there.\nend_sessions {}\n{claim}# Verification\nsleep 1\nhome_is {to} || stop \"the home is \
         $home\"\n",
        servers.of_run()
    )
}

fn required(servers: &Servers<'_>, condition: &Condition, expected: StepResult) -> String {
    let test = test(servers, condition);
    let (sign, says) = match expected {
        StepResult::Ok | StepResult::Duplicate => ("||", "this is not so"),
        StepResult::Refused | StepResult::Lost => ("&&", "this is so, and was not"),
    };
    format!("{{ {test}; }} {sign}\n  stop '{says}; observe the mailbox again'\n")
}

/// Returns a shell command that succeeds if the condition is true. mupdate is one directory for all servers.
fn test(servers: &Servers<'_>, condition: &Condition) -> String {
    let at = |server: ServerRef| servers.at(server);
    match *condition {
        Condition::HomeIs(server) | Condition::EveryReplicaNames(server) | Condition::ReplicasAgreeOn(server) => {
            format!("home_is {}", at(server))
        }
        Condition::HomeIsEither(one, other) => format!("home_is {} || home_is {}", at(one), at(other)),
        Condition::Differ(one, other) => format!("test \"$BACKEND_{}\" != \"$BACKEND_{}\"", at(one), at(other)),
        Condition::Present(server) => format!("imap {} INBOX -X 'UID SEARCH ALL' >/dev/null", at(server)),
        Condition::Empty(server) => format!("list {} now && test ! -s \"$WORK/now\"", at(server)),
        Condition::HoldsAll { at: server, of } => format!(
            "list {} listed && list {} now &&\n  missing listed now left && test ! -s \"$WORK/left\"",
            at(of),
            at(server)
        ),
        Condition::ReplicasAgree => "true".to_owned(),
        Condition::NoRecipient(_) => "read_home && test -z \"$home\"".to_owned(),
        Condition::NothingQueued => "! on MTA postqueue -p | grep -qF \"$ADDRESS\"".to_owned(),
        Condition::HoldsListed(server) => {
            format!("list {} now && missing listed now left &&\n  test ! -s \"$WORK/left\"", at(server))
        }
        Condition::NothingListed => "test ! -s \"$WORK/listed\"".to_owned(),
    }
}

/// Returns the text around the steps.
pub(super) fn frame(occasion: &Occasion<'_>) -> Frame {
    let Occasion { servers, .. } = occasion;
    let (from, to) = (servers.variable(servers.from), servers.variable(servers.to));
    let mut once_held =
        vec![Preparation::new("Two texts with one Message-ID are two messages.", format!("find_texts {from} {to}\n"))];
    let (mut first, mut last) = (vec![by_hand()], Vec::new());
    if occasion.must_hold {
        let commands = format!("hold {0}\nend_sessions {0}\n", servers.of_run());
        first.push(Preparation::new("Mail and logins are held, and open sessions end.", commands));
        last.push(Preparation::new("Mail and logins go to the new home.", format!("release {}\n", servers.of_run())));
    }
    if occasion.must_observe_again {
        once_held.push(Preparation::observe_again(&from, &to, require_nothing_left(servers)));
    }
    let check = format!("home_is {to} || stop \"the home is $home\"\necho 'done'\n");
    last.push(Preparation::new(&format!("At the end {to} is the home."), check));
    Frame { head: format!("{}\n{LISTS}{FUNCTIONS}", variables(occasion)), first, once_held, last }
}

/// Returns the commands that keep the script from being run as a whole.
fn by_hand() -> Preparation {
    let says = "These commands were not tried as a whole on Cyrus servers, so the script stops here. Do its steps by hand, one at a time. It does \
                not see that two addresses name one server, and then deletes the only copy. A backend that denies the logins of the owner \
                refuses these commands too: deny them on the frontends. Names are `user/NAME` with unixhierarchysep. Shared folders are \
                listed as if they were the owner's, and `ctl_mboxlist -m -a` enters every mailbox of its server.";
    Preparation::new(says, "stop 'not tried as a whole: do the steps by hand, one at a time'\n".to_owned())
}

/// Returns the values that an administrator sets; a variable of the environment wins.
fn variables(occasion: &Occasion<'_>) -> String {
    let Occasion { snapshot, servers, .. } = occasion;
    let mailbox = snapshot.mailbox.as_str();
    let mut lines = vec![
        "# Set these values, here or in the environment. Each AT_… runs a command on".to_owned(),
        "# that server as the user of Cyrus: \"sudo -u cyrus\", \"ssh cyrus@HOST\". For a".to_owned(),
        "# whole move there is also `xfer` in cyradm: it copies, switches, and replaces a".to_owned(),
        "# copy that the destination has, so it is wrong for a stranded mailbox.".to_owned(),
        format!("MAILBOX=${{MAILBOX:-{}}}", shell_word(mailbox)),
        "ADDRESS=${ADDRESS:-$MAILBOX@example.com}".to_owned(),
        "# The login of an administrator of Cyrus (proxyservers or admins).".to_owned(),
        "CURL_OPTIONS=${CURL_OPTIONS:---netrc-file /root/netrc}".to_owned(),
        "SAVED=${SAVED:-\"/var/tmp/saved-$MAILBOX\"}".to_owned(),
        "AT_MTA=${AT_MTA:-}".to_owned(),
        "TRANSPORT_MAP=${TRANSPORT_MAP:-/etc/postfix/transport}".to_owned(),
        "AT_FRONTEND=${AT_FRONTEND:-ssh cyrus@frontend}".to_owned(),
    ];
    let mut backends = String::new();
    for (name, variable) in servers.names.iter().zip(servers.variables()) {
        lines.push(format!("BACKEND_{variable}=${{BACKEND_{variable}:-{name}}}    # as mupdate names it"));
        lines.push(format!("AT_{variable}=${{AT_{variable}:-\"ssh cyrus@$BACKEND_{variable}\"}}"));
        lines.push(format!("IMAP_{variable}=${{IMAP_{variable}:-\"imaps://$BACKEND_{variable}\"}}"));
        backends.push_str(&format!("$BACKEND_{variable}\n"));
    }
    let at: String = servers.variables().iter().map(|variable| format!(" AT_{variable}")).collect();
    lines.push(format!("VALUES_OF_RELEASE='MAILBOX ADDRESS TRANSPORT_MAP AT_MTA\n {at}'"));
    lines.push(format!("BACKENDS=\"{}\"", backends.trim_end()));
    lines.join("\n") + "\n"
}
