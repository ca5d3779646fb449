//! Dovecot 2.3 and an LDAP directory: a shell script for the administrator's host. `dovecot.sh` has the functions that its steps call,
//! `dovecot-hold.sh` those that hold mail and logins, `dovecot-checks.sh` those that check values and servers; `dovecot_frame` has the text
//! around the steps. No function synchronises, because a synchronisation also deletes.

use stranded_model::dn::HomeValue;
use stranded_model::procedure::{
    Act, Condition, Deletion, Duplicate, ListPurpose, ServerRef, StepResult, VersionCondition,
};
use stranded_search::advice::PlannedStep;

use super::StepCommands;
use super::servers::Servers;
use super::shell::{delete, only_if_held_elsewhere};

/// The functions of the script.
pub(super) const FUNCTIONS: &str =
    concat!(include_str!("dovecot.sh"), include_str!("dovecot-hold.sh"), include_str!("dovecot-checks.sh"));
/// The title of the commands that delete messages.
const EXPUNGE: &str = "# doveadm expunge, for each of them\n";

/// The values about the mailbox, the directory and the files.
pub(super) const VALUES_OF_MAILBOX: &str = r#"# Save this as a file, set these values in it, and run it with `sh FILE`. Values
# in the environment win. Copies keep their text and their flags, and get a new
# time of arrival.
#
# The mailbox, as Dovecot names it on every server.
MAILBOX=${MAILBOX:-MAILBOX_NAME}
# Every name with which the owner logs in or receives mail, aliases too, with
# commas between them: mail and logins under another name are not held.
LOGIN_NAMES=${LOGIN_NAMES:-}
# The directory, such as ldap://directory.example.com; a login that can write to
# it, such as cn=admin,dc=example,dc=com; and a file with its password without a
# line break.
LDAP_URL=${LDAP_URL:-}
BIND_DN=${BIND_DN:-}
PASSWORD_FILE=${PASSWORD_FILE:-/root/ldap-password}
# The entry of the mailbox, such as uid=USER,ou=people,dc=example,dc=com, and
# its attribute that names the server.
USER_DN=${USER_DN:-}
HOME_ATTRIBUTE=${HOME_ATTRIBUTE:-mailHost}
# A new folder for saved messages, and with `.entry` for the saved entry.
SAVED=${SAVED:-"/var/tmp/saved-$MAILBOX"}
"#;

/// The values about the queue.
pub(super) const VALUES_OF_QUEUE: &str = r#"# The address that the queue of the MTA shows, such as USER@example.com, and a
# command that lists the queue.
ADDRESS=ADDRESS_VALUE
LIST_QUEUE=${LIST_QUEUE:-postqueue -p}
"#;

/// The values about the proxy.
pub(super) const VALUES_OF_PROXY: &str = r#"# The proxy needs this once, before its other passdb, and the file must exist:
#   passdb {
#     driver = passwd-file
#     args = /etc/dovecot/held
#   }
# An MTA can hold mail instead: in Postfix a transport map with `NAME retry:`.
# Clients must reach the servers only through the proxy: a server itself refuses
# no login.
#
# The command that runs doveadm on the proxy; a prefix for other commands there,
# "ssh root@proxy" if the proxy is another host; the file of the passdb.
DOVEADM_PROXY=${DOVEADM_PROXY:-doveadm}
AT_PROXY=${AT_PROXY:-}
HELD_FILE=${HELD_FILE:-/etc/dovecot/held}
VALUES_OF_RELEASE='MAILBOX LOGIN_NAMES DOVEADM_PROXY AT_PROXY HELD_FILE'
"#;

/// The reason for steps about marks.
const NO_MARK: &str = "Dovecot has no in-transit mark.";

/// Returns the commands of a step.
pub(super) fn step(servers: &Servers<'_>, planned: &PlannedStep) -> StepCommands {
    let at = |server: &ServerRef| servers.at(*server);
    StepCommands::Commands(match &planned.act {
        Act::CreateMailbox { at: server, duplicate: Duplicate::Kept } => {
            format!("create_folder {} INBOX\n", at(server))
        }
        Act::CreateMailbox { at: server, duplicate: Duplicate::Deleted } => {
            let server = at(server);
            format!(
                "# Dovecot does not delete a mailbox that is present; the script stops there.\nlist {server} now\nrequire_empty now \
                 'the mailbox is present on {server}'\ncreate_folder {server} INBOX\n"
            )
        }
        Act::DeleteMailbox { at: server } => {
            let guard = only_if_held_elsewhere(servers, *server);
            let server = at(server);
            format!(
                "{guard}note_deletion {server}\n# doveadm expunge, doveadm mailbox delete; Dovecot keeps an empty INBOX\nexpunge gone {server}\ndelete_folders {server}\n\
                 # Verification\nlist {server} now\nrequire_empty now 'mail is left on {server}'\n"
            )
        }
        Act::EmptyMailbox { at: server, deletion: Deletion::Remembered } => {
            let guard = only_if_held_elsewhere(servers, *server);
            let server = at(server);
            format!(
                "{guard}note_deletion {server}\n# doveadm expunge\nexpunge gone {server}\nlist {server} now\nrequire_empty now 'mail is left on {server}'\n"
            )
        }
        Act::EmptyMailbox { deletion: Deletion::Forgotten, .. } => {
            return StepCommands::Impossible(
                "doveadm remembers what it expunges; files that are removed below it damage its indexes.",
            );
        }
        Act::List { at: server, purpose: ListPurpose::Listed } => {
            format!("# doveadm fetch\nlist {} listed\n", at(server))
        }
        Act::List { at: server, purpose: ListPurpose::Copied } => {
            format!("# doveadm fetch\nlist {} now\ncat \"$WORK/now\" >>\"$WORK/copied\"\n", at(server))
        }
        Act::CopyListed { from, to } => copy(&at(from), &at(to), Copies::Listed),
        Act::AppendMessage { from, to } => copy(&at(from), &at(to), Copies::NotNoted),
        Act::CopyMessage { from, to } => copy(&at(from), &at(to), Copies::All),
        Act::DeleteListed { at: server, only } => {
            let (server, other) = (at(server), servers.other(*server));
            let before = format!("require_same_text {server} {other}\nnote_deletion {server}\n");
            format!("{EXPUNGE}{}", delete("held", &server, *only, &before))
        }
        Act::DeleteUnlisted { at: server, only } => {
            let server = at(server);
            let before = format!("note_deletion {server}\n");
            format!("{EXPUNGE}{}", delete("missing", &server, *only, &before))
        }
        Act::PropagateDeletions { .. } => {
            return StepCommands::Impossible(
                "doveadm propagates deletions only in a synchronisation, which also copies.",
            );
        }
        Act::Mark { .. } | Act::Unmark { .. } => return StepCommands::Impossible(NO_MARK),
        Act::Save { at: server } => {
            let server = at(server);
            format!(
                "# doveadm fetch, each message to a file\nsave_mailbox {server}\n# Verification: every message that the store holds has \
                 a file.\nlist {server} now\ncp \"$SAVED/list\" \"$WORK/saved\"\nmissing now saved left\nrequire_empty left 'not saved'\nfor \
                 number in $(cut -f 4 \"$WORK/saved\"); do\n  test -s \"$SAVED/$number\" || stop \"$SAVED/$number is empty\"\ndone\n"
            )
        }
        Act::Load { at: server } => {
            let server = at(server);
            format!(
                "# doveadm save, for each saved message that the store lacks\nlist {server} now\ncp \"$SAVED/list\" \"$WORK/saved\"\nmissing \
                 saved now todo\nappend todo {server} {server}\n# Verification: the store holds every saved message.\nlist {server} now\n\
                 missing saved now left\nrequire_empty left 'not loaded'\nset_flags saved now {server}\n"
            )
        }
        Act::Adjust { .. } => {
            return StepCommands::Impossible("Dovecot and LDAP have no consistency adjuster.");
        }
        Act::HoldDelivery => hold(servers),
        Act::ReleaseDelivery => "release\n".to_owned(),
        Act::SyncDirectory { from, to, .. } if servers.id(*from) == servers.id(*to) => {
            "# This changes nothing.\n".to_owned()
        }
        Act::SyncDirectory { replica, from, to, condition } => {
            let read = match condition {
                VersionCondition::Unchanged => "# The entry must still be as it was read last.\n".to_owned(),
                VersionCondition::Unconditional => format!("read_home {}\n", at(replica)),
            };
            let is_from = format!("test \"$home\" = \"$HOST_{}\" || stop \"the home is $home\"\n", at(from));
            format!(
                "if test -n \"$switched\"; then\necho 'an earlier run has switched the home' >&2\nelse\n{read}{is_from}{}fi\n",
                switch(servers, *replica, *to)
            )
        }
        Act::RawEdit { replica, mdb, mta } => match mdb.or(*mta) {
            Some(HomeValue::Server(server)) => {
                format!("read_home {}\n{}", at(replica), switch(servers, *replica, server))
            }
            Some(HomeValue::Malformed) | None => {
                return StepCommands::Impossible("the script writes only the host of a server.");
            }
        },
        Act::DeleteRecipient { replica } => delete_recipient(servers, *replica),
        Act::CreateRecipient { replica, home } => create_recipient(servers, *replica, *home),
        Act::UpdateNow { .. } => {
            format!(
                "# slapd replicates by itself; the script waits until the directories agree.\n{}",
                waited(&agree(servers))
            )
        }
        Act::LookUpHome { replica } => format!("# ldapsearch\nread_home {}\necho \"the home is $home\"\n", at(replica)),
        Act::Require(condition) => required(servers, condition, planned.result),
        Act::Wait(condition) => waited(&test(servers, condition)),
        Act::Report { .. } => String::new(),
    })
}

/// Returns the commands that hold mail and logins, end sessions, and wait for deliveries that began before.
pub(super) fn hold(servers: &Servers<'_>) -> String {
    let (sessions, servers) = (end_sessions(servers), servers.of_run());
    format!(
        "# The LMTP proxy defers mail with 451, and refuses logins.\nhold\n{sessions}# doveadm process status\nend_deliveries {servers}\n"
    )
}

fn end_sessions(servers: &Servers<'_>) -> String {
    format!("# doveadm proxy kick, doveadm kick, doveadm who\nend_sessions {}\n", servers.of_run())
}

/// Returns the commands that switch the home in the entry that was read, verified.
fn switch(servers: &Servers<'_>, replica: ServerRef, to: ServerRef) -> String {
    let (replica, to) = (servers.at(replica), servers.at(to));
    let sessions = end_sessions(servers);
    format!(
        "# Sessions on the old server would go on writing there.\n{sessions}# ldapmodify, with an assertion on the old value\nswitch_home \
         {replica} {to}\n# Verification\nhome_is {replica} {to} || stop \"the home is $home\"\n"
    )
}

/// The messages that a step copies.
enum Copies {
    /// All.
    All,
    /// The listed ones that the destination lacks.
    Listed,
    /// The listed ones that the program has not noted as copied.
    NotNoted,
}

/// Returns the commands that append what is missing, and verify it.
fn copy(from: &str, to: &str, copies: Copies) -> String {
    let (chosen, known) = match copies {
        Copies::All => ("from", format!("list {to} now\nmissing from now todo\n")),
        Copies::Listed => ("mine", format!("held from listed mine\nlist {to} now\nmissing mine now todo\n")),
        Copies::NotNoted => ("mine", "held from listed mine\nmissing mine copied todo\n".to_owned()),
    };
    format!(
        "# doveadm fetch | doveadm save, for each message that is missing; a repeated\n# run appends nothing again.\nlist {from} from\n\
         {known}copy_folders {from} {to}\nappend todo {from} {to}\ncat \"$WORK/todo\" >>\"$WORK/copied\"\n# Verification: {to} holds each of \
         them.\nlist {to} now\nmissing {chosen} now left\nrequire_empty left 'not on {to}'\nset_flags {chosen} now {to}\n"
    )
}

fn delete_recipient(servers: &Servers<'_>, replica: ServerRef) -> String {
    let (sessions, replica) = (end_sessions(servers), servers.at(replica));
    format!(
        "{sessions}# The entry is saved first, so that it can be created again.\nread_home {replica}\nmkdir -p \"$SAVED.entry\"\nread_entry \
         \"$LDAP_URL_{replica}\" '*' \\\n  >\"$WORK/entry\" && test -s \"$WORK/entry\" &&\n  cp \"$WORK/entry\" \"$SAVED.entry/ldif\" || stop 'cannot save the entry'\nldapdelete -x -H \"$LDAP_URL_{replica}\" -D \
         \"$BIND_DN\" -y \"$PASSWORD_FILE\" \\\n  -e \"!assert=(entryCSN=$version)\" \"$USER_DN\" ||\n  stop 'the entry was not deleted'\n# \
         Verification\nread_home {replica}\ntest -z \"$version\" || stop 'the entry is still there'\n"
    )
}

fn create_recipient(servers: &Servers<'_>, replica: ServerRef, home: ServerRef) -> String {
    let (replica, home) = (servers.at(replica), servers.at(home));
    format!(
        "# The saved entry with the new home. An entry that is present is an error.\nsed -e '/^$/d' -e \"/^$HOME_ATTRIBUTE:/d\" \
         \"$SAVED.entry/ldif\" >\"$WORK/entry\" ||\n  stop 'the saved entry is gone'\nprintf '%s: %s\\n' \"$HOME_ATTRIBUTE\" \"$HOST_{home}\" \
         >>\"$WORK/entry\"\nldapadd -x -H \"$LDAP_URL_{replica}\" -D \"$BIND_DN\" -y \"$PASSWORD_FILE\" \\\n  -f \"$WORK/entry\" || stop 'the entry \
         was not created'\n# Verification\nhome_is {replica} {home} || stop \"the home is $home\"\n"
    )
}

/// Returns the commands that test a condition: it must have the result that the plan expects. A home that an earlier run has switched is no
/// longer the source.
pub(super) fn required(servers: &Servers<'_>, condition: &Condition, expected: StepResult) -> String {
    let test = test(servers, condition);
    let is_so = match expected {
        StepResult::Ok | StepResult::Duplicate => true,
        StepResult::Refused | StepResult::Lost => false,
    };
    let must = if is_so { "must be" } else { "must not be" };
    let reason = match *condition {
        Condition::HomeIs(server) => format!("the home is ${{home:-missing}}, and {must} {}", servers.at(server)),
        Condition::HomeIsEither(one, other) => {
            format!("the home is ${{home:-missing}}, and {must} {} or {}", servers.at(one), servers.at(other))
        }
        Condition::Differ(..)
        | Condition::Present(_)
        | Condition::Empty(_)
        | Condition::HoldsAll { .. }
        | Condition::EveryReplicaNames(_)
        | Condition::ReplicasAgree
        | Condition::ReplicasAgreeOn(_)
        | Condition::NoRecipient(_)
        | Condition::NothingQueued
        | Condition::HoldsListed(_)
        | Condition::NothingListed => format!("what this step requires is {}so", if is_so { "not " } else { "" }),
    };
    let is_before_switch = is_so && matches!(condition, Condition::HomeIs(ServerRef::From));
    let after_switch = if is_before_switch { "test -n \"$switched\" ||\n  " } else { "" };
    let sign = if is_so { "||" } else { "&&" };
    format!("{{ {after_switch}{test}; }} {sign}\n  stop \"{reason}\"\n")
}

fn waited(test: &str) -> String {
    format!("until {test}; do sleep 1; done\n")
}

/// Returns a shell command that succeeds if the condition is true.
fn test(servers: &Servers<'_>, condition: &Condition) -> String {
    let at = |server: ServerRef| servers.at(server);
    let connected = servers.variable(servers.connected_to);
    match *condition {
        Condition::HomeIs(server) => format!("home_is {connected} {}", at(server)),
        Condition::HomeIsEither(one, other) => {
            format!("home_is {connected} {} ||\n  home_is {connected} {}", at(one), at(other))
        }
        Condition::Differ(one, other) => format!("test \"$HOST_{}\" != \"$HOST_{}\"", at(one), at(other)),
        Condition::Present(server) => {
            format!("on {} mailbox status -u \"$MAILBOX\" messages INBOX </dev/null", at(server))
        }
        Condition::Empty(server) => format!("list {} now && test ! -s \"$WORK/now\"", at(server)),
        Condition::HoldsAll { at: server, of } => format!(
            "list {} listed && list {} now &&\n  missing listed now left && test ! -s \"$WORK/left\"",
            at(of),
            at(server)
        ),
        Condition::EveryReplicaNames(server) => every_replica_names(servers, &at(server)),
        Condition::ReplicasAgree => agree(servers),
        Condition::ReplicasAgreeOn(server) => {
            format!("{} &&\n  {}", agree(servers), every_replica_names(servers, &at(server)))
        }
        Condition::NoRecipient(server) => format!("read_home {} && test -z \"$version\"", at(server)),
        Condition::NothingQueued => "! $LIST_QUEUE | grep -qF \"$ADDRESS\"".to_owned(),
        Condition::HoldsListed(server) => {
            format!("list {} now && missing listed now left &&\n  test ! -s \"$WORK/left\"", at(server))
        }
        Condition::NothingListed => "test ! -s \"$WORK/listed\"".to_owned(),
    }
}

pub(super) fn every_replica_names(servers: &Servers<'_>, server: &str) -> String {
    let each = servers.variables().into_iter().map(|replica| format!("home_is {replica} {server}"));
    each.collect::<Vec<_>>().join(" && ")
}

/// Returns a shell command that succeeds if all directories show the same version.
fn agree(servers: &Servers<'_>) -> String {
    let replicas = servers.variables();
    let Some((first, others)) = replicas.split_first() else { return "true".to_owned() };
    let compared = others.iter().map(|other| format!(" &&\n  read_home {other} && test \"$version\" = \"$first\""));
    format!("read_home {first} && first=$version{}", compared.collect::<String>())
}
