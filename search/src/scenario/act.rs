//! What one step of a procedure file does: its word and the arguments of that word. Labels, handlers and the order of steps
//! are the business of [`super::steps`].

use stranded_model::dn::HomeAttribute;
use stranded_model::id::{Id, ServerId};
use stranded_model::procedure::{Act, Claim, Condition, Duplicate, Outcome, ServerRef, VersionCondition};
use toml::Spanned;

use super::cursor::{Cursor, Text, text, wrong_type};
use super::diagnostic::Findings;
use super::home_name::home_value;
use super::name::PLACES;
use super::site::SiteNames;
use super::verb::Verb;

/// What `if-present` of a creation can say.
pub(crate) const IF_PRESENT: [(&str, Duplicate); 2] = [("delete", Duplicate::Deleted), ("keep", Duplicate::Kept)];
/// What `claim` of a mark can say.
pub(crate) const CLAIMS: [(&str, Claim); 2] = [("take", Claim::Taken), ("respect", Claim::Respected)];
/// The keys of which a condition has exactly one.
const CONDITIONS: [&str; 10] = [
    "home-is",
    "home-is-either",
    "differ",
    "present",
    "empty",
    "holds-all",
    "every-replica-names",
    "replicas-agree",
    "no-recipient",
    "nothing-queued",
];

/// A step's table, and the names that its places can have.
pub(crate) struct ActReader<'r, 'a> {
    /// The step's table.
    pub(crate) cursor: &'r mut Cursor<'a>,
    /// The names that its places can have.
    pub(crate) site: &'r SiteNames,
    /// What is wrong with it.
    pub(crate) found: &'r mut Findings,
}

impl ActReader<'_, '_> {
    /// The atomic acts that the step is made of: one, or two for a command that does two things.
    pub(crate) fn acts(&mut self, verb: Verb) -> Option<Vec<Act>> {
        let act = match verb {
            Verb::CreateMailbox => {
                let (at, duplicate) = (self.place("at"), self.choice("if-present", &IF_PRESENT, Duplicate::Deleted));
                Act::CreateMailbox { at: at?, duplicate: duplicate? }
            }
            Verb::DeleteMailbox => Act::DeleteMailbox { at: self.place("at")? },
            Verb::DeleteCopied => {
                let (at, held_at) = (self.place("at"), self.place("held-at"));
                Act::DeleteCopied { at: at?, held_at: held_at? }
            }
            Verb::CopyMessage => {
                let (from, to) = (self.place_or("from", ServerRef::From), self.place_or("to", ServerRef::To));
                Act::CopyMessage { from: from?, to: to? }
            }
            Verb::PropagateDeletions => {
                let (from, to) = (self.place("from"), self.place("to"));
                Act::PropagateDeletions { from: from?, to: to? }
            }
            Verb::Mark => {
                let (at, claim) = (self.place("at"), self.choice("claim", &CLAIMS, Claim::Taken));
                Act::Mark { at: at?, claim: claim? }
            }
            Verb::Unmark => Act::Unmark { at: self.place("at")? },
            Verb::Save => Act::Save { at: self.place("at")? },
            Verb::Load => Act::Load { at: self.place("at")? },
            Verb::Adjust => Act::Adjust { at: self.place("at")? },
            Verb::HoldDelivery => Act::HoldDelivery,
            Verb::ReleaseDelivery => Act::ReleaseDelivery,
            Verb::SyncDirectory => self.sync_directory()?,
            Verb::RawEdit => self.raw_edit()?,
            Verb::DeleteRecipient => return self.delete_recipient(),
            Verb::CreateRecipient => {
                let (replica, home) = (self.replica(), self.place("home"));
                Act::CreateRecipient { replica: replica?, home: home? }
            }
            Verb::UpdateNow => Act::UpdateNow { replica: self.place("replica")? },
            Verb::Require => Act::Require(self.condition()?),
            Verb::Wait => Act::Wait(self.condition()?),
            Verb::Report => self.report()?,
        };
        Some(vec![act])
    }

    fn sync_directory(&mut self) -> Option<Act> {
        let (replica, from, to) = (self.replica(), self.place("from"), self.place("to"));
        let condition = if self.cursor.has("if-unchanged") && self.cursor.flag("if-unchanged", self.found)? {
            VersionCondition::Unchanged
        } else {
            VersionCondition::Unconditional
        };
        Some(Act::SyncDirectory { replica: replica?, from: from?, to: to?, condition })
    }

    fn raw_edit(&mut self) -> Option<Act> {
        let replica = self.replica();
        let unchecked = self.cursor.has("unchecked") && self.cursor.flag("unchecked", self.found)?;
        let mut value = |attribute: HomeAttribute| -> Option<Option<_>> {
            let Some(typed) = self.cursor.value(attribute.name()) else { return Some(None) };
            let typed = text(attribute.name(), typed, self.found)?;
            home_value(&typed, attribute, unchecked, self.site, self.found).map(Some)
        };
        let (mdb, mta) = (value(HomeAttribute::Mdb)?, value(HomeAttribute::Mta)?);
        if mdb.is_none() && mta.is_none() {
            let label = "give `home-mdb`, `home-mta` or both";
            self.found.report(self.cursor.span.clone(), format!("{} edits nothing", self.cursor.title), label);
            return None;
        }
        Some(Act::RawEdit { replica: replica?, mdb, mta })
    }

    /// A delete in the Administrator program also purges the mailbox from the store that Home-MDB names; a delete by LDAP
    /// or by import leaves it there. [Q184160, Q284199]
    fn delete_recipient(&mut self) -> Option<Vec<Act>> {
        let replica = self.replica();
        let what = "\"purge\" (the Administrator program) or \"leave\" (LDAP, CSV import)";
        self.cursor.demand("data", what, self.found);
        let purge = self.cursor.choice("data", &[("purge", true), ("leave", false)], self.found);
        let (replica, purge) = (replica?, purge?);
        let purged = purge.then_some(Act::DeleteMailbox { at: ServerRef::Home });
        Some(purged.into_iter().chain([Act::DeleteRecipient { replica }]).collect())
    }

    fn report(&mut self) -> Option<Act> {
        self.cursor.demand("outcome", "what the administrator is told", self.found);
        let outcome = self.cursor.choice("outcome", &Outcome::ALL.map(|outcome| (outcome.name(), outcome)), self.found);
        let says = self.cursor.string("says", self.found).map(|says| (*says.get_ref()).to_owned());
        Some(Act::Report { outcome: outcome?, says })
    }

    fn condition(&mut self) -> Option<Condition> {
        let given: Vec<&str> = CONDITIONS.into_iter().filter(|key| self.cursor.has(key)).collect();
        let &[key] = given.as_slice() else {
            let label = format!("exactly one of {}", CONDITIONS.map(|key| format!("`{key}`")).join(", "));
            let message = format!("{} has {} conditions", self.cursor.title, given.len());
            self.found.report(self.cursor.span.clone(), message, label);
            for key in CONDITIONS {
                let _known = self.cursor.value(key);
            }
            return None;
        };
        Some(match key {
            "home-is" => Condition::HomeIs(self.place("home-is")?),
            "present" => Condition::Present(self.place("present")?),
            "empty" => Condition::Empty(self.place("empty")?),
            "every-replica-names" => Condition::EveryReplicaNames(self.place("every-replica-names")?),
            "no-recipient" => Condition::NoRecipient(self.place("no-recipient")?),
            "differ" => self.two_places("differ", Condition::Differ)?,
            "home-is-either" => self.two_places("home-is-either", Condition::HomeIsEither)?,
            "holds-all" => self.holds_all()?,
            "replicas-agree" => self.affirmed("replicas-agree", Condition::ReplicasAgree)?,
            _ => self.affirmed("nothing-queued", Condition::NothingQueued)?,
        })
    }

    fn two_places(&mut self, key: &'static str, condition: fn(ServerRef, ServerRef) -> Condition) -> Option<Condition> {
        let value = self.cursor.value(key)?;
        match value.get_ref().as_array().map(|pair| pair.iter().collect::<Vec<_>>()).as_deref() {
            Some([one, other]) => {
                let (one, other) = (text(key, one, self.found)?, text(key, other, self.found)?);
                Some(condition(self.place_of(&one)?, self.place_of(&other)?))
            }
            Some(_) | None => {
                wrong_type(key, value, "an array of two places", self.found);
                None
            }
        }
    }

    fn holds_all(&mut self) -> Option<Condition> {
        let title = format!("`holds-all` of {}", self.cursor.title);
        let mut inner = self.cursor.table("holds-all", &title, self.found)?;
        let mut reader = ActReader { cursor: &mut inner, site: self.site, found: self.found };
        let (at, of) = (reader.place("at"), reader.place("of"));
        inner.finish(self.found);
        Some(Condition::HoldsAll { at: at?, of: of? })
    }

    fn affirmed(&mut self, key: &'static str, condition: Condition) -> Option<Condition> {
        let affirmed = self.cursor.flag(key, self.found)?;
        if !affirmed {
            let label = "only `true` can be required or waited for";
            self.found.report(self.cursor.place(key), format!("`{key}` is false"), label);
        }
        affirmed.then_some(condition)
    }

    fn choice<T: Copy>(&mut self, key: &'static str, choices: &[(&str, T)], default: T) -> Option<T> {
        if self.cursor.has(key) {
            self.cursor.choice(key, choices, self.found)
        } else {
            Some(self.cursor.absent(key, default))
        }
    }

    /// The replica a step writes: that of the server the program is connected to, unless it says otherwise. [Q195911]
    fn replica(&mut self) -> Option<ServerRef> {
        self.place_or("replica", ServerRef::ConnectedTo)
    }

    fn place_or(&mut self, key: &'static str, default: ServerRef) -> Option<ServerRef> {
        if self.cursor.has(key) { self.place(key) } else { Some(self.cursor.absent(key, default)) }
    }

    fn place(&mut self, key: &'static str) -> Option<ServerRef> {
        self.cursor.demand(key, "a place: `from`, `to`, `connected-to`, `home` or a server", self.found);
        let name = self.cursor.string(key, self.found)?;
        self.place_of(&name)
    }

    fn place_of(&mut self, name: &Text<'_>) -> Option<ServerRef> {
        let place = self.site.place(name.get_ref());
        if place.is_none() {
            let names: Vec<&str> = PLACES.into_iter().chain(self.site.servers.iter().map(String::as_str)).collect();
            self.found.unknown(name.span(), "place", name.get_ref(), &names);
        }
        place
    }
}

impl SiteNames {
    /// The place of this name.
    fn place(&self, name: &str) -> Option<ServerRef> {
        match name {
            "from" => Some(ServerRef::From),
            "to" => Some(ServerRef::To),
            "connected-to" => Some(ServerRef::ConnectedTo),
            "earlier" => Some(ServerRef::Earlier),
            "later" => Some(ServerRef::Later),
            "home" => Some(ServerRef::Home),
            other => self.server(other).map(ServerRef::Server),
        }
    }

    /// The server of exactly this name.
    pub(crate) fn server(&self, name: &str) -> Option<ServerId> {
        self.servers.iter().position(|server| server == name).map(ServerId::at)
    }

    /// The server of this name, which must be one.
    pub(crate) fn known_server(&self, name: &Spanned<&str>, found: &mut Findings) -> Option<ServerId> {
        let server = self.server(name.get_ref());
        if server.is_none() {
            let names: Vec<&str> = self.servers.iter().map(String::as_str).collect();
            found.unknown(name.span(), "server", name.get_ref(), &names);
        }
        server
    }
}
