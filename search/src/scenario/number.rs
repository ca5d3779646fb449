//! How many mailboxes and messages there are: a number, or `"any"`. What a scenario starts from has to fit.

use std::ops::RangeInclusive;

use stranded_model::id::MessageSet;
use stranded_model::table::ENTRIES_MAX;

use super::cursor::{Cursor, number, wrong_type};
use super::diagnostic::Findings;
use super::{Number, Numbers, Spec};

/// What says that there may be any number.
pub(crate) const ANY: &str = "any";

/// One of the numbers of a site, as the file gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    /// Whether it is just this number.
    pub(crate) kind: Number,
    /// The number; of any number, the one that a world is made for.
    pub(crate) count: usize,
}

/// How many mailboxes there are. Of any number one is looked at: what one does is nothing to the others.
pub(crate) fn mailboxes(cursor: &mut Cursor<'_>, from: Option<&Spec>, found: &mut Findings) -> Counted {
    let most = u8::try_from(ENTRIES_MAX).unwrap_or(u8::MAX);
    let earlier = from.map(|from| Counted { kind: from.numbers.mailboxes, count: from.scenario.site.mailboxes });
    let Some(here) = counted(cursor, "mailboxes", 1..=most, 1, found) else {
        return earlier.unwrap_or(Counted { kind: Number::Given, count: 1 });
    };
    if let Some(earlier) = earlier
        .filter(|earlier| (earlier.kind, here.kind) == (Number::Any, Number::Given) || earlier.count != here.count)
    {
        let label = match earlier.kind {
            Number::Any => format!("there they are \"{ANY}\""),
            Number::Given => format!("there they are {}", earlier.count),
        };
        found.report(cursor.place("mailboxes"), "the mailboxes are not as many as in the `from` scenario", label);
    }
    here
}

/// How many messages arrive for each mailbox at the most. Where any number do, so many can be told apart in a trace.
pub(crate) fn messages(cursor: &mut Cursor<'_>, from: Option<&Spec>, found: &mut Findings) -> Counted {
    let most = MessageSet::MESSAGES_MAX;
    let limits = 0..=u8::try_from(most).unwrap_or(u8::MAX);
    let earlier = from.map(|from| Counted { kind: from.numbers.messages, count: from.scenario.site.messages });
    let Some(here) = counted(cursor, "messages", limits, most, found) else {
        return earlier.unwrap_or(Counted { kind: Number::Given, count: 0 });
    };
    if let Some(earlier) = earlier
        .filter(|earlier| here.kind == Number::Given && (earlier.kind == Number::Any || here.count < earlier.count))
    {
        let label = match earlier.kind {
            Number::Any => format!("there any number arrive: say \"{ANY}\""),
            Number::Given => format!("at least {}", earlier.count),
        };
        found.report(cursor.place("messages"), "fewer messages than in the `from` scenario", label);
    }
    here
}

fn counted(
    cursor: &mut Cursor<'_>,
    key: &'static str,
    limits: RangeInclusive<u8>,
    any: usize,
    found: &mut Findings,
) -> Option<Counted> {
    let value = cursor.value(key)?;
    match value.get_ref().as_str() {
        Some(ANY) => Some(Counted { kind: Number::Any, count: any }),
        Some(_) => {
            let wanted = format!("a number from {} to {}, or \"{ANY}\",", limits.start(), limits.end());
            wrong_type(key, value, &wanted, found);
            None
        }
        None => {
            let count = usize::from(*number(key, value, limits, found)?.get_ref());
            Some(Counted { kind: Number::Given, count })
        }
    }
}

/// Where mailboxes share something, here or in what came before: one of them cannot stand for any number then.
pub(crate) fn shared(numbers: Numbers, has_faults: bool, from: Option<&Spec>) -> Option<String> {
    if numbers.mailboxes == Number::Given {
        return None;
    }
    let why = "they strike servers, which all mailboxes share, and all share the supply of `faults-max`";
    if has_faults {
        return Some(format!("here the faults are shared: {why}"));
    }
    let chain = std::iter::successors(from, |spec| spec.from.as_deref());
    let earlier = chain.into_iter().find(|spec| !spec.scenario.environment.faults.is_empty())?;
    Some(format!("the faults of {} are shared: {why}", earlier.name))
}
