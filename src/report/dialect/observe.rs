//! The ways to observe a fact, in the terms of a mail system, or of any if it is not known.

use stranded_model::dn::HomeAttribute;
use stranded_model::id::{Id, ServerId};
use stranded_search::sanitize::shell_word;
use stranded_search::snapshot::{Snapshot, UnobservedFact};

use super::Dialect;

/// Returns the command or the place that shows a fact.
pub(in crate::report) fn observe(dialect: Option<Dialect>, snapshot: &Snapshot, fact: UnobservedFact) -> String {
    let name = |id: ServerId| snapshot.names.servers[id.index()].clone();
    let user = shell_word(&snapshot.mailbox);
    match dialect {
        Some(Dialect::Exchange) => exchange(name, fact),
        Some(Dialect::Cyrus) => cyrus(name, &user, fact),
        Some(Dialect::DovecotLdap) => dovecot(name, &user, fact),
        None => any(name, &user, fact),
    }
}

/// Returns the commands that end sessions.
pub(in crate::report) fn end_sessions(dialect: Option<Dialect>, snapshot: &Snapshot) -> String {
    let user = shell_word(&snapshot.mailbox);
    match dialect {
        Some(Dialect::Exchange) => "Private Information Store, Logons shows them".to_owned(),
        Some(Dialect::Cyrus) => format!("`cyr_info proc` shows those of {user}; end their processes"),
        Some(Dialect::DovecotLdap) | None => format!("`doveadm proxy kick {user}`"),
    }
}

fn any(name: impl Fn(ServerId) -> String, user: &str, fact: UnobservedFact) -> String {
    match fact {
        UnobservedFact::Store(id) => format!(
            "list the mailbox on {}: Mailbox Resources of its private store, or `doveadm fetch -u {user} hdr.message-id all` there",
            name(id)
        ),
        UnobservedFact::Attribute(attribute) => {
            format!("read {} of the recipient in raw mode, or with `ldapsearch`", shown(attribute))
        }
        UnobservedFact::Replica(id) => {
            let server = name(id);
            format!(
                "read the recipient on {server} itself: raw mode while connected to {server}, or `ldapsearch -H ldap://{server}`"
            )
        }
        UnobservedFact::Versions => {
            "wait until the replicas agree, or run Update Now, and observe again; Object-Version in raw mode or \
                                     `ldapsearch … entryCSN` shows the newest"
                .to_owned()
        }
        UnobservedFact::Waiting => {
            format!(
                "list the queues of the transport for {user}: `mailq`, `postqueue -p`, or the queues of the MTA; give [] for none"
            )
        }
        UnobservedFact::Overlap(_) | UnobservedFact::Deletions(_) | UnobservedFact::Sessions => {
            dovecot(name, user, fact)
        }
        UnobservedFact::Transit(id) => format!(
            "{}. Servers of IMAP, such as Dovecot, have no such folder or mark: then leave this out, and add `\"marks\": false`",
            transit(&name(id))
        ),
    }
}

fn dovecot(name: impl Fn(ServerId) -> String, user: &str, fact: UnobservedFact) -> String {
    match fact {
        UnobservedFact::Store(id) => {
            format!("list the mailbox on {}: `doveadm fetch -u {user} hdr.message-id all` there", name(id))
        }
        UnobservedFact::Overlap(id) => format!(
            "list the messages on {} by name instead of their number: `stranded snapshot SITE.toml {user}` writes them, or `doveadm fetch -u \
             {user} hdr.message-id all` there",
            name(id)
        ),
        UnobservedFact::Deletions(id) => format!(
            "read the tombstones of the store of {}: `doveadm dump -t log …/dovecot.index.log` shows its expunges; give the names of the \
             messages, or [] for none",
            name(id)
        ),
        UnobservedFact::Transit(id) => transit(&name(id)),
        UnobservedFact::Attribute(_) => {
            "read the attribute of the user that names the host, with `ldapsearch`".to_owned()
        }
        UnobservedFact::Replica(id) => format!("read the user with `ldapsearch -H ldap://{}`", name(id)),
        UnobservedFact::Versions => {
            "wait until the directories agree, and observe again; `ldapsearch … entryCSN` shows the newest".to_owned()
        }
        UnobservedFact::Waiting => format!("list the queue for {user}: `postqueue -p`; give [] for none"),
        UnobservedFact::Sessions => {
            format!("list the sessions: `doveadm who {user}` and `doveadm proxy list {user}`; give [] for none")
        }
    }
}

fn cyrus(name: impl Fn(ServerId) -> String, user: &str, fact: UnobservedFact) -> String {
    match fact {
        UnobservedFact::Store(id) => {
            format!("list the mailbox on {}: `ctl_mboxlist -d`, `mbexamine user.{user}`", name(id))
        }
        UnobservedFact::Overlap(id) => {
            format!("list the messages on {} by Message-ID instead of their number, over IMAP", name(id))
        }
        UnobservedFact::Deletions(id) => {
            format!(
                "read what {} remembers as expunged (`unexpunge -l user.{user}`); give the names, or [] for none",
                name(id)
            )
        }
        UnobservedFact::Transit(id) => {
            format!(
                "look at the type of the mailbox in `ctl_mboxlist -d` on {}: *moving*, or not; give true or false",
                name(id)
            )
        }
        UnobservedFact::Attribute(_) => {
            "read the server of the mailbox on the mupdate master: `ctl_mboxlist -d`".to_owned()
        }
        UnobservedFact::Replica(id) => format!("read the mailbox list on {}: `ctl_mboxlist -d`", name(id)),
        UnobservedFact::Versions => "wait until the mailbox lists agree, and observe again".to_owned(),
        UnobservedFact::Waiting => format!("list the queue for {user}: `postqueue -p`; give [] for none"),
        UnobservedFact::Sessions => {
            format!("list the sessions: `cyr_info proc`, the lines of {user}; give [] for none")
        }
    }
}

/// The mark itself cannot be seen in Exchange, so the running moves stand for it.
fn exchange(name: impl Fn(ServerId) -> String, fact: UnobservedFact) -> String {
    match fact {
        UnobservedFact::Store(id) => {
            format!(
                "Administrator program, Servers\\{}, Private Information Store, Mailbox Resources; null if it is not listed",
                name(id)
            )
        }
        UnobservedFact::Overlap(id) => format!(
            "compare the items on {} with those of the other server one by one, by subject, sender and time, and give each a name of your \
             own; the same message has the same name on both",
            name(id)
        ),
        UnobservedFact::Deletions(_) => "no window of Exchange shows this; leave it out".to_owned(),
        UnobservedFact::Transit(id) => {
            let server = name(id);
            format!(
                "ask everybody who can move mailboxes if a Move Mailbox of this one from or to {server} runs, or was ended before it finished \
                 (no window shows it; see the event log of {server} too); give true if so, else false"
            )
        }
        UnobservedFact::Attribute(attribute) => format!("read {} of the recipient in raw mode", shown(attribute)),
        UnobservedFact::Replica(id) => format!("read both home attributes in raw mode while connected to {}", name(id)),
        UnobservedFact::Versions => {
            "run Update Now on each server, wait until Object-Version in raw mode is the same on all, and observe again"
                .to_owned()
        }
        UnobservedFact::Waiting => {
            "Message Transfer Agent of each server, Queues; the number of messages for this mailbox, 0 for none"
                .to_owned()
        }
        UnobservedFact::Sessions => {
            "Private Information Store of each server, Logons; their number, 0 for none".to_owned()
        }
    }
}

fn transit(server: &str) -> String {
    format!(
        "look for a move of this mailbox that runs on {server} or was interrupted there, and for messages in its in-transit folder; give true \
         or false"
    )
}

fn shown(attribute: HomeAttribute) -> &'static str {
    match attribute {
        HomeAttribute::Mdb => "Home-MDB",
        HomeAttribute::Mta => "Home-MTA",
    }
}
