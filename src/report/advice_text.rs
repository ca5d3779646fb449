//! Advice as text: the stranded mailboxes, and for each the verdict on every procedure, the steps of those that are safe, and a
//! counterexample for the others.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use anstyle::{AnsiColor, Style};
use stranded_model::id::ServerId;
use stranded_model::scenario::Replication;
use stranded_model::state::{Home, Homes, Mailbox};

use stranded_search::advice::{Advice, AdviceCase, AdviceHarm, AdviceVerdict, Circumstances, MailboxAdvice};
use stranded_search::scenario::replication_name;
use stranded_search::snapshot::Snapshot;

use super::advice_json::{name, steps};
use super::advice_words as words;
use super::counterexample::table_text;
use super::table::TraceTable;
use super::trace::{answers, listed};
use stranded_search::lines::{display_width, padded, wrapped};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const TITLE: Style = Style::new().bold();

/// The width of a column of verdicts.
const COLUMN: usize = 22;

/// Returns the report. It contains style codes; the caller strips them if it does not print on a terminal.
#[must_use]
pub fn report(advised: &[MailboxAdvice<'_>], circumstances: &Circumstances, width: u16) -> String {
    let mut text = summary(advised, width);
    let mut first: HashMap<*const Vec<Advice>, &str> = HashMap::new();
    for one in
        advised.iter().filter(|one| !one.advice.is_empty() || one.truncated.is_some() || one.snapshot.is_stranded())
    {
        text.push('\n');
        let name = one.snapshot.mailbox.as_str();
        let earlier = first.get(&Arc::as_ptr(&one.advice)).filter(|_| !one.advice.is_empty());
        text.push_str(&match (one.truncated, earlier) {
            (Some(truncated), _) => short(one, &format!("Nothing was searched: {truncated}."), width),
            (None, Some(earlier)) => short(one, &format!("The advice is the same as for {earlier}."), width),
            (None, None) => mailbox(one, circumstances, width),
        });
        first.entry(Arc::as_ptr(&one.advice)).or_insert(name);
    }
    text
}

/// Returns the list of stranded mailboxes.
fn summary(advised: &[MailboxAdvice<'_>], width: u16) -> String {
    let stranded: Vec<&Snapshot> =
        advised.iter().map(|one| one.snapshot).filter(|snapshot| snapshot.is_stranded()).collect();
    let all = if advised.len() == 1 { "1 mailbox".to_owned() } else { format!("{} mailboxes", advised.len()) };
    let unknown: Vec<&str> =
        advised.iter().map(|one| one.snapshot).filter(|one| one.is_unknown()).map(|one| one.mailbox.as_str()).collect();
    let undecided = format!("not enough was observed of {}: add what every store holds", unknown.join(", "));
    let undecided =
        if unknown.is_empty() { String::new() } else { format!("{BAD}{}{BAD:#}\n", wrapped(&undecided, 0, width)) };
    if stranded.is_empty() {
        let style = if unknown.is_empty() { GOOD } else { BAD };
        return format!("{style}{all}: none is known to be stranded{style:#}\n{undecided}");
    }
    let mut text = format!("{BAD}{all}: {} stranded{BAD:#}\n", stranded.len());
    for snapshot in stranded {
        let data: Vec<String> = snapshot.data_on().into_iter().map(|server| name(snapshot, server)).collect();
        let home =
            snapshot.home().map_or_else(|| "no one home".to_owned(), |home| format!("home {}", name(snapshot, home)));
        let line = format!("{}: {home}, data on {}", snapshot.mailbox, data.join(" and "));
        let _ = writeln!(text, "  {}", wrapped(&line, 4, width));
    }
    text + &undecided
}

/// Returns the observation of a mailbox, and one sentence.
fn short(advised: &MailboxAdvice<'_>, sentence: &str, width: u16) -> String {
    let MailboxAdvice { snapshot, .. } = advised;
    let observed = observed(snapshot, width);
    format!("{TITLE}{}{TITLE:#}\n{observed}\n{}\n", snapshot.mailbox, wrapped(sentence, 0, width))
}

fn mailbox(advised: &MailboxAdvice<'_>, circumstances: &Circumstances, width: u16) -> String {
    let snapshot = advised.snapshot;
    let mut text = format!("{TITLE}{}{TITLE:#}\n", snapshot.mailbox);
    text.push_str(&observed(snapshot, width));
    let faults: Vec<&str> = circumstances.faults.iter().map(|fault| fault.name()).collect();
    let faults = match (faults.is_empty(), circumstances.faults_max) {
        (true, _) => "no faults".to_owned(),
        (false, max) => format!("up to {max} faults ({})", faults.join(", ")),
    };
    let travel = match advised.replication {
        Replication::Instant => "reaches every replica at once",
        Replication::Eventual => "reaches each replica at a different time",
    };
    let mode = replication_name(advised.replication);
    let around = format!("Checked with {faults}; a change of the directory {travel} (--replication {mode}).");
    let _ = writeln!(text, "\n{}", wrapped(&around, 0, width));
    for warning in words::warnings(advised) {
        let reported = wrapped(&format!("{} {}", warning.title, warning.text), 0, width);
        let styled = reported.strip_prefix(&warning.title).map(|rest| format!("{BAD}{}{BAD:#}{rest}", warning.title));
        let _ = writeln!(text, "\n{}", styled.unwrap_or(reported));
    }
    text.push_str(&verdicts(advised));
    for advice in advised.advice.iter() {
        text.push_str(&advice_on(snapshot, advice, width));
    }
    text
}

/// Returns the observed directory and stores of a mailbox, and the names of its messages.
fn observed(snapshot: &Snapshot, width: u16) -> String {
    let mut text = String::new();
    let servers: Vec<ServerId> = snapshot.mailboxes.ids().collect();
    let column = servers.iter().map(|server| display_width(&name(snapshot, *server))).max().unwrap_or(0) + 2;
    for server in servers {
        let directory = match snapshot.homes[server] {
            None => "its directory has no recipient".to_owned(),
            Some(homes) => format!("its directory says {}", home(snapshot, homes)),
        };
        let held = match snapshot.mailboxes[server] {
            Mailbox::Absent => "its store has no mailbox".to_owned(),
            Mailbox::Present(contents) if contents.messages.is_empty() => "its store has an empty mailbox".to_owned(),
            Mailbox::Present(contents) => format!("its store holds {}", words::counted(snapshot, contents.messages)),
        };
        let line = format!("{directory}, {held}");
        let _ = writeln!(text, "  {}{}", padded(&name(snapshot, server), column), wrapped(&line, column + 2, width));
    }
    for group in &snapshot.groups {
        let names = words::few(group.messages.iter().cloned());
        let verb = if group.stands_for.len() == 1 { "stands for" } else { "stand for" };
        let line = format!("below, {} {verb} {names}", stranded_search::names::messages(group.stands_for).join(", "));
        let _ = writeln!(text, "  {}", wrapped(&line, 4, width));
    }
    for remark in &snapshot.remarks {
        let _ = writeln!(text, "  {}", wrapped(&format!("note: {remark}"), 4, width));
    }
    text
}

fn home(snapshot: &Snapshot, homes: Homes) -> String {
    let value = |home: Home| home.server().map_or_else(|| "(malformed)".to_owned(), |server| name(snapshot, server));
    match homes.agreed() {
        Some(server) => format!("home {}", name(snapshot, server)),
        None => format!("Home-MDB {}, Home-MTA {}", value(homes.mdb), value(homes.mta)),
    }
}

/// Returns the table of verdicts: a line for each procedure, a column for each kind of delivery.
fn verdicts(advised: &MailboxAdvice<'_>) -> String {
    let Some(first) = advised.advice.first() else {
        return "\nThere is no other server, so no procedure can run.\n".to_owned();
    };
    let called: Vec<String> = advised.advice.iter().map(|advice| called(advised, advice)).collect();
    let column = called.iter().map(|name| display_width(name)).max().unwrap_or(0).max("procedure".len()) + 2;
    let headings: Vec<&str> = first.cases.iter().map(|case| words::heading(case.delivery)).collect();
    let mut text = format!("\n  {:<column$}{}\n", "procedure", columns(&headings, |_| Style::new()));
    for (advice, called) in advised.advice.iter().zip(called) {
        let verdicts: Vec<String> = advice.cases.iter().map(words::verdict).collect();
        let style = |index: usize| match advice.cases[index].verdict {
            AdviceVerdict::Safe => GOOD,
            AdviceVerdict::NotApplicable | AdviceVerdict::Inconclusive(_) => Style::new(),
            AdviceVerdict::OutOfReach | AdviceVerdict::NeverDone | AdviceVerdict::Loses => BAD,
        };
        let _ = writeln!(text, "  {}{}", padded(&called, column), columns(&verdicts, style));
    }
    text
}

/// Returns the texts side by side in columns; the last has no padding.
fn columns(texts: &[impl AsRef<str>], style: impl Fn(usize) -> Style) -> String {
    let mut line = String::new();
    for (index, text) in texts.iter().enumerate() {
        let (text, style) = (text.as_ref(), style(index));
        let room = if index + 1 == texts.len() { 0 } else { COLUMN.saturating_sub(display_width(text)).max(1) };
        let _ = write!(line, "{style}{text}{style:#}{:room$}", "");
    }
    line
}

/// Returns the name of the procedure, and its direction if there are several.
fn called(advised: &MailboxAdvice<'_>, advice: &Advice) -> String {
    let direction = (advice.from, advice.to);
    if advised.advice.iter().all(|other| (other.from, other.to) == direction) {
        return advice.procedure.name.clone();
    }
    let Advice { procedure, from, to, .. } = advice;
    format!("{} {} to {}", procedure.name, name(advised.snapshot, *from), name(advised.snapshot, *to))
}

fn advice_on(snapshot: &Snapshot, advice: &Advice, width: u16) -> String {
    let Advice { procedure, from, to, .. } = advice;
    let style = if advice.is_safe_now() { GOOD } else { BAD };
    let title = format!("{}, from {} to {}", procedure.name, name(snapshot, *from), name(snapshot, *to));
    let says = words::judgement(snapshot, advice);
    let style =
        if advice.cases.iter().all(|case| case.verdict == AdviceVerdict::NotApplicable) { Style::new() } else { style };
    let mut text = format!("\n{style}{title}{style:#}\n{}\n", wrapped(&format!("It is {says}."), 0, width));
    if advice.is_safe_now() {
        for (number, step) in (1..).zip(steps(advice)) {
            let _ = writeln!(text, "  {number:>2}. it {}", wrapped(&step, 9, width));
        }
    }
    if let Some((case, harm)) = advice.first_harm() {
        text.push_str(&counterexample(case, harm, width));
    }
    text
}

/// Returns the shortest trace to the harm of a procedure.
fn counterexample(case: &AdviceCase, harm: &AdviceHarm, width: u16) -> String {
    let with = answers(&harm.world, &case.varied);
    let with = if with.is_empty() { String::new() } else { format!(" (with {})", listed(&with)) };
    let title = format!("The shortest trace to the harm, {}{with}:", words::circumstance(case.delivery));
    let table = table_text(&harm.world, &TraceTable::of(&harm.world, &harm.trace), width);
    format!("{}\n{table}", wrapped(&title, 0, width))
}
