//! Groups of mailboxes with the same answer, as text: with the names of all, the answer, and the commands for any of them.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

use stranded_search::advice::{Circumstances, MailboxAdvice};
use stranded_search::lines::wrapped;
use stranded_search::snapshot::{Snapshot, Standing};

use super::advice_others::others;
use super::advice_text::{Extent, Form, answer, commands, healthy, located, title, without_safe_procedure};
use super::advice_why::{self, TITLE};
use super::dialect::Printed;

/// The most names of mailboxes of a group.
pub(super) const NAMES_MAX: usize = 20;
/// The most groups that are compared by their text.
const GROUPS_MAX: usize = 200;
/// The name of a mailbox in instructions for several.
const ANY_USER: &str = "USER";

/// Mailboxes with the same advice.
pub(super) struct Group<'a> {
    pub(super) first: &'a MailboxAdvice<'a>,
    pub(super) members: Vec<&'a str>,
}

/// Returns the groups of the mailboxes that the report shows, the largest first.
pub(super) fn groups<'a>(advised: &'a [MailboxAdvice<'a>]) -> Vec<Group<'a>> {
    let is_shown = |one: &&MailboxAdvice<'_>| {
        !one.advice.is_empty() || one.truncated.is_some() || one.snapshot.standing().needs_repair()
    };
    let mut groups: indexmap::IndexMap<_, Group<'a>> = indexmap::IndexMap::new();
    for one in advised.iter().filter(is_shown) {
        let shared = (!one.advice.is_empty()).then_some(Arc::as_ptr(&one.advice));
        let alone = shared.is_none().then(|| located(one.snapshot));
        let group = groups.entry((shared, alone)).or_insert_with(|| Group { first: one, members: Vec::new() });
        group.members.push(&one.snapshot.mailbox);
    }
    let mut groups: Vec<Group<'a>> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.members.len()));
    groups
}

/// Joins the groups whose answers are the same text: a search distinguishes mailboxes that a reader does not.
pub(super) fn alike<'a>(groups: Vec<Group<'a>>, printed: Option<Printed<'_>>, form: Form<'_>) -> Vec<Group<'a>> {
    if form.extent == Extent::Reasons || groups.len() > GROUPS_MAX {
        return groups;
    }
    let mut joined: indexmap::IndexMap<String, Group<'a>> = indexmap::IndexMap::new();
    for group in groups {
        let answer = group.answers(&group.first.snapshot.as_representative(ANY_USER), printed, form);
        let text = format!("{}\n{answer}", located(group.first.snapshot));
        match joined.entry(text) {
            indexmap::map::Entry::Occupied(mut known) => known.get_mut().members.extend(group.members),
            indexmap::map::Entry::Vacant(new) => {
                new.insert(group);
            }
        }
    }
    let mut groups: Vec<Group<'a>> = joined.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.members.len()));
    groups
}

impl Group<'_> {
    /// Returns the answer, the commands and the other procedures.
    fn answers(&self, subject: &Snapshot, printed: Option<Printed<'_>>, form: Form<'_>) -> String {
        let mut text = answer(subject, self.first, printed, form);
        if let Some(printed) = printed {
            text.push_str(&commands(subject, self.first, printed, form));
        }
        text.push_str(&others(subject, self.first, printed, form));
        text
    }

    /// Returns the answer for the group, with the reasons if the reader asks for them.
    pub(super) fn text(&self, circumstances: &Circumstances, printed: Option<Printed<'_>>, form: Form<'_>) -> String {
        let Self { first, members } = self;
        let mut text = match members.as_slice() {
            [one] => format!("{TITLE}{one}: {}{TITLE:#}\n", located(first.snapshot)),
            several => {
                let names = wrapped(&listed(several, form.extent), 2, form.width);
                let count = mailboxes(several.len());
                format!("{TITLE}{count}: {}{TITLE:#}\n  {names}\n", located(first.snapshot))
            }
        };
        if let Some(truncated) = first.truncated {
            let _ = writeln!(text, "Nothing was searched: {truncated}.");
            return text;
        }
        let subject = self.subject();
        for remark in &first.snapshot.remarks {
            let _ = writeln!(text, "{}", wrapped(&format!("Note: {remark}."), 2, form.width));
        }
        text.push('\n');
        text.push_str(&self.answers(&subject, printed, form));
        if form.extent == Extent::Reasons {
            let of = if members.len() == 1 { String::new() } else { format!(", for {}", first.snapshot.mailbox) };
            let dialect = printed.map(|printed| printed.dialect);
            let details = advice_why::details(first, circumstances, dialect, form.width);
            let _ = write!(text, "\n{TITLE}Why{of}{TITLE:#}\n{details}");
        }
        text
    }

    /// Returns the mailbox of the instructions: the only one, or any of several.
    pub(super) fn subject(&self) -> Cow<'_, Snapshot> {
        if self.members.len() == 1 {
            Cow::Borrowed(self.first.snapshot)
        } else {
            Cow::Owned(self.first.snapshot.as_representative(ANY_USER))
        }
    }

    /// Returns the group in one line.
    pub(super) fn line(&self) -> String {
        let Self { first, members } = self;
        let who = listed(members, Extent::Answers);
        let what = match (first.truncated, first.recommended()) {
            (Some(_), _) => "nothing was searched".to_owned(),
            (None, _) if first.snapshot.standing() == Standing::Healthy => healthy(first.snapshot).says,
            (None, Some(advice)) => format!("do {}", title(first.snapshot, advice)),
            (None, None) => without_safe_procedure(None, first.snapshot, first).0,
        };
        format!("{who}: {}: {what}", located(first.snapshot))
    }
}

/// Returns the names of mailboxes; the first ones, unless the reader asks for all.
pub(super) fn listed(names: &[&str], extent: Extent) -> String {
    let shown = match extent {
        Extent::Answers => names.len().min(NAMES_MAX),
        Extent::Reasons => names.len(),
    };
    let more = names.len() - shown;
    let names = names[..shown].join(", ");
    if more == 0 { names } else { format!("{names} … and {more} more") }
}

pub(super) fn mailboxes(count: usize) -> String {
    if count == 1 { "1 mailbox".to_owned() } else { format!("{count} mailboxes") }
}
