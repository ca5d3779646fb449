//! The comparison of two snapshots as text: the result, one summary, and the mailboxes with something wrong, grouped by that. Long lists are
//! shortened; the JSON report has everything.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use stranded_search::comparison::{ComparisonResult, MailboxComparison, Observed, Question};
use stranded_search::lines::wrapped;
use stranded_search::snapshot::Standing;

use super::advice_words::few;
use super::comparison_json::summary;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const TITLE: Style = Style::new().bold();

/// The most lines of all lists of mailboxes together.
const LINES_MAX: usize = 150;

/// Returns the report. It contains style codes; the caller strips them if it does not print on a terminal.
#[must_use]
pub fn report(compared: &[MailboxComparison], width: u16) -> String {
    let mut groups: BTreeMap<ComparisonResult, Vec<&MailboxComparison>> = BTreeMap::new();
    for one in compared {
        for result in one.results() {
            groups.entry(result).or_default().push(one);
        }
    }
    let mut text = headline(compared, &groups, width);
    text.push_str(&counts(compared, &groups));
    let lines_max = LINES_MAX / groups.len().max(1);
    for (result, mailboxes) in &groups {
        let title = wrapped(&format!("{}: {}", title(*result), explanation(*result)), 2, width);
        let _ = writeln!(text, "\n{TITLE}{title}{TITLE:#}");
        text.push_str(&list(*result, mailboxes, lines_max, width));
    }
    let rearranged = compared.iter().filter(|one| !one.rearranged.is_empty()).count();
    let unobserved =
        compared.iter().filter(|one| one.observed == Observed::BeforeAndAfter && !one.unobserved_before.is_empty());
    for (count, says) in [
        (rearranged, "with messages that have other flags or another folder than before. Owners change both."),
        (unobserved.count(), "of which a store was not observed before. Its mail of that time is not compared."),
    ] {
        if count > 0 {
            let _ = writeln!(text, "\n{}", wrapped(&format!("Note: {} {says}", mailboxes(count)), 0, width));
        }
    }
    if groups.contains_key(&ComparisonResult::Lost) {
        let says = "A message that its owner deleted in between looks lost too. `deleted_on` in `--format json` names the stores that \
                    remember a deletion.";
        let _ = writeln!(text, "\n{}", wrapped(says, 0, width));
    }
    if [ComparisonResult::Stranded, ComparisonResult::NoRecipient, ComparisonResult::NoHome]
        .iter()
        .any(|result| groups.contains_key(result))
    {
        let says = "`stranded advise` with the snapshot after alone shows the procedures that are safe for these mailboxes. Do not move \
                    them again before.";
        let _ = writeln!(text, "\n{}", wrapped(says, 0, width));
    }
    text
}

/// The groups of mailboxes, by their results.
type Groups<'a> = BTreeMap<ComparisonResult, Vec<&'a MailboxComparison>>;

/// Returns the first line: the result.
fn headline(compared: &[MailboxComparison], groups: &Groups<'_>, width: u16) -> String {
    let all = mailboxes(compared.len());
    let of =
        |result: &ComparisonResult| groups.get(result).map(|found| format!("{} {}", found.len(), adjective(*result)));
    let wrong: Vec<String> = ComparisonResult::ALL.iter().filter(|result| result.is_wrong()).filter_map(of).collect();
    let (style, says) = match (wrong.is_empty(), groups.is_empty()) {
        (false, _) => (BAD, wrong.join(", ")),
        (true, false) => (BAD, "nothing wrong was found, but not everything was observed".to_owned()),
        (true, true) => (GOOD, "nothing was lost, duplicated, changed or stranded".to_owned()),
    };
    format!("{style}{}{style:#}\n", wrapped(&format!("{all}: {says}"), 2, width))
}

/// Returns the summary: the numbers of mailboxes, and of messages where they are known.
fn counts(compared: &[MailboxComparison], groups: &Groups<'_>) -> String {
    let summary = summary(compared);
    let messages = |result: ComparisonResult| {
        let of = |count: fn(&MailboxComparison) -> usize| compared.iter().map(count).sum::<usize>();
        match result {
            ComparisonResult::Lost => summary.messages_lost,
            ComparisonResult::Stranded => of(|one| one.stranded.len()),
            ComparisonResult::Changed => of(|one| one.changed.len()),
            ComparisonResult::Duplicated => of(|one| one.duplicated.len()),
            ComparisonResult::Unknown => of(|one| one.unknown.len()),
            ComparisonResult::NoRecipient
            | ComparisonResult::NoHome
            | ComparisonResult::NotObservedAfter
            | ComparisonResult::NotObservedBefore => 0,
        }
    };
    let mut text = String::new();
    for (result, found) in groups {
        let messages = match messages(*result) {
            0 => String::new(),
            1 => ", 1 message".to_owned(),
            more => format!(", {more} messages"),
        };
        let _ = writeln!(text, "  {:<20}{}{messages}", title(*result).to_lowercase(), mailboxes(found.len()));
    }
    if summary.fine > 0 {
        let _ = writeln!(text, "  {:<20}{}", "fine", mailboxes(summary.fine));
    }
    text
}

/// Returns the mailboxes of a group, up to a number of lines.
fn list(result: ComparisonResult, mailboxes: &[&MailboxComparison], lines_max: usize, width: u16) -> String {
    let mut text = String::new();
    let (mut lines, mut shown) = (0, 0);
    for one in mailboxes {
        let says = says(result, one);
        let entry = if says.is_empty() { one.mailbox.clone() } else { format!("{}: {says}", one.mailbox) };
        let entry = wrapped(&entry, 4, width);
        lines += entry.lines().count();
        if shown > 0 && lines > lines_max {
            break;
        }
        shown += 1;
        let _ = writeln!(text, "  {entry}");
    }
    match mailboxes.len() - shown {
        0 => {}
        more => {
            let _ = writeln!(text, "  and {} more; --format json has all", self::mailboxes(more));
        }
    }
    text
}

/// Returns the result on one mailbox as a clause.
fn says(result: ComparisonResult, one: &MailboxComparison) -> String {
    match result {
        ComparisonResult::Lost => {
            let mut says = vec![few(one.lost.iter().map(|lost| lost.message.clone()))];
            if one.lost_unnamed > 0 {
                let noun = if one.lost_unnamed == 1 { "message" } else { "messages" };
                says.push(format!("at least {} {noun}, by number only ({})", one.lost_unnamed, numbers(one)));
            }
            says.retain(|part| !part.is_empty());
            says.join("; ")
        }
        ComparisonResult::Stranded => {
            let mut by_servers: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for found in &one.stranded {
                by_servers.entry(found.servers.join(" and ")).or_default().push(found.message.clone());
            }
            let parts =
                by_servers.into_iter().map(|(servers, names)| format!("{} on {servers}", few(names.into_iter())));
            parts.collect::<Vec<_>>().join("; ")
        }
        ComparisonResult::Changed => {
            few(one.changed.iter().map(|found| format!("{} on {}", found.message, found.server)))
        }
        ComparisonResult::Duplicated => few(one.duplicated.iter().map(|found| {
            let (message, server, after, before) = (&found.message, &found.server, found.after, found.before);
            format!("{message} {after} times on {server} ({before} before)")
        })),
        ComparisonResult::Unknown => unknown(one),
        ComparisonResult::NoRecipient
        | ComparisonResult::NoHome
        | ComparisonResult::NotObservedAfter
        | ComparisonResult::NotObservedBefore => String::new(),
    }
}

/// Returns what is unknown of a mailbox, with the keys that would answer it.
fn unknown(one: &MailboxComparison) -> String {
    let mut by_question: BTreeMap<&Question, Vec<String>> = BTreeMap::new();
    for unknown in &one.unknown {
        by_question.entry(&unknown.question).or_default().push(unknown.message.clone());
    }
    let mut parts: Vec<String> = by_question
        .into_iter()
        .map(|(question, names)| {
            let names = few(names.into_iter());
            match question {
                Question::IsLost(keys) => format!("{names} not seen after; add {} after", keys.join(" and ")),
                Question::IsLostText(keys) => {
                    format!(
                        "{names} fewer times now, perhaps with another text; add a digest of each to {}",
                        keys.join(" and ")
                    )
                }
                Question::IsDuplicated(key) => format!("{names} several times now; add {key} before"),
            }
        })
        .collect();
    if !one.counts.is_empty() {
        parts.push(format!("only numbers: {}", numbers(one)));
    }
    if one.is_blind_before {
        parts.push("no store was observed before".to_owned());
    }
    if one.standing == Some(Standing::Unknown) && one.unknown.is_empty() {
        parts.push(match one.unobserved_after.as_slice() {
            [] => "too little was observed after".to_owned(),
            keys => format!("add {} after", keys.join(" and ")),
        });
    }
    parts.join("; ")
}

/// Returns the numbers of messages in the stores that have only a number.
fn numbers(one: &MailboxComparison) -> String {
    let number = |count: Option<usize>| count.map_or_else(|| "not observed".to_owned(), |count| count.to_string());
    let store = |counts: &stranded_search::comparison::Counts| {
        format!("{} {} before, {} after", counts.server, number(counts.before), number(counts.after))
    };
    one.counts.iter().map(store).collect::<Vec<_>>().join("; ")
}

fn mailboxes(count: usize) -> String {
    if count == 1 { "1 mailbox".to_owned() } else { format!("{count} mailboxes") }
}

/// Returns the title of a group.
fn title(result: ComparisonResult) -> &'static str {
    match result {
        ComparisonResult::Lost => "Lost",
        ComparisonResult::Stranded => "Stranded",
        ComparisonResult::NoRecipient => "No recipient",
        ComparisonResult::NoHome => "No one home",
        ComparisonResult::Changed => "Changed",
        ComparisonResult::Duplicated => "Duplicated",
        ComparisonResult::NotObservedAfter => "Not observed after",
        ComparisonResult::NotObservedBefore => "Not observed before",
        ComparisonResult::Unknown => "Unknown",
    }
}

/// Returns the result as the end of "3 mailboxes …".
fn adjective(result: ComparisonResult) -> &'static str {
    match result {
        ComparisonResult::Lost => "lost mail",
        ComparisonResult::Stranded => "stranded",
        ComparisonResult::NoRecipient => "without a recipient",
        ComparisonResult::NoHome => "without one home",
        ComparisonResult::Changed => "with changed mail",
        ComparisonResult::Duplicated => "with duplicates",
        ComparisonResult::NotObservedAfter => "not observed after",
        ComparisonResult::NotObservedBefore => "not observed before",
        ComparisonResult::Unknown => "unknown",
    }
}

/// Returns the meaning of a result.
fn explanation(result: ComparisonResult) -> &'static str {
    match result {
        ComparisonResult::Lost => "observed before; in no store and not in the queue after",
        ComparisonResult::Stranded => "not at the home, where the owner looks",
        ComparisonResult::NoRecipient => "no replica has the recipient, so mail for it is returned",
        ComparisonResult::NoHome => "the home attributes name no one server",
        ComparisonResult::Changed => "the same name, another digest",
        ComparisonResult::Duplicated => "a store holds more copies than before, and more than 1",
        ComparisonResult::NotObservedAfter => "only the snapshot before has these mailboxes",
        ComparisonResult::NotObservedBefore => "only the snapshot after has these mailboxes",
        ComparisonResult::Unknown => "too little was observed",
    }
}
