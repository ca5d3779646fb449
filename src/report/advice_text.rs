//! Advice as text: the mailboxes that need a repair, and for each the answer on every procedure: the preconditions and the steps of those
//! that are safe, what the answer depends on, and a counterexample for the others.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use anstyle::{AnsiColor, Style};
use stranded_model::id::ServerId;
use stranded_model::scenario::Replication;
use stranded_model::state::{Home, Homes, Mailbox};

use stranded_search::advice::{
    Advice, AdviceCase, AdviceHarm, AdviceVerdict, Answer, Circumstances, Dependence, MailboxAdvice, Precondition,
};
use stranded_search::scenario::replication_name;
use stranded_search::snapshot::{Snapshot, Standing};

use super::advice_facts as facts;
use super::advice_json::{copies, name, steps};
use super::advice_words as words;
use super::counterexample::table_text;
use super::dialect::{self, Dialect, Printed};
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
pub fn report(
    advised: &[MailboxAdvice<'_>],
    circumstances: &Circumstances,
    printed: Option<Printed<'_>>,
    width: u16,
) -> String {
    let mut text = summary(advised, width);
    let mut first: HashMap<*const Vec<Advice>, &str> = HashMap::new();
    let is_shown = |one: &&MailboxAdvice<'_>| {
        !one.advice.is_empty() || one.truncated.is_some() || one.snapshot.standing().needs_repair()
    };
    for one in advised.iter().filter(is_shown) {
        text.push('\n');
        let name = one.snapshot.mailbox.as_str();
        let earlier = first.get(&Arc::as_ptr(&one.advice)).filter(|_| !one.advice.is_empty());
        text.push_str(&match (one.truncated, earlier) {
            (Some(truncated), _) => short(one, &format!("Nothing was searched: {truncated}."), width),
            (None, Some(earlier)) => short(one, &format!("The advice is the same as for {earlier}."), width),
            (None, None) => mailbox(one, circumstances, printed, width),
        });
        first.entry(Arc::as_ptr(&one.advice)).or_insert(name);
    }
    text
}

/// Returns the list of mailboxes that need a repair, and of those of which too little was observed.
fn summary(advised: &[MailboxAdvice<'_>], width: u16) -> String {
    let snapshots = || advised.iter().map(|one| one.snapshot);
    let all = if advised.len() == 1 { "1 mailbox".to_owned() } else { format!("{} mailboxes", advised.len()) };
    let count = |wanted: Standing| snapshots().filter(|one| one.standing() == wanted).count();
    let counts = [
        (count(Standing::Stranded), "stranded"),
        (count(Standing::NoRecipient), "without a recipient"),
        (count(Standing::NoHome), "without one home"),
    ];
    let counted: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let unknown: Vec<&Snapshot> = snapshots().filter(|one| one.standing() == Standing::Unknown).collect();
    let mut text = match (counted.is_empty(), unknown.is_empty()) {
        (true, is_known) => {
            let style = if is_known { GOOD } else { BAD };
            format!("{style}{all}: none is known to be stranded{style:#}\n")
        }
        (false, _) => format!("{BAD}{all}: {}{BAD:#}\n", counted.join(", ")),
    };
    for snapshot in snapshots().filter(|one| one.standing().needs_repair()) {
        let _ = writeln!(text, "  {}", wrapped(&format!("{}: {}", snapshot.mailbox, located(snapshot)), 4, width));
    }
    if !unknown.is_empty() {
        let names: Vec<&str> = unknown.iter().map(|one| one.mailbox.as_str()).collect();
        let undecided = format!("not enough was observed of {}: add what every store holds", names.join(", "));
        let _ = writeln!(text, "{BAD}{}{BAD:#}", wrapped(&undecided, 0, width));
    }
    text
}

/// Returns the home and the servers with data.
fn located(snapshot: &Snapshot) -> String {
    let home = match (snapshot.standing(), snapshot.home()) {
        (Standing::NoRecipient, _) => "no recipient".to_owned(),
        (_, Some(home)) => format!("home {}", name(snapshot, home)),
        (_, None) => "no one home".to_owned(),
    };
    let data: Vec<String> = snapshot.data_on().into_iter().map(|server| name(snapshot, server)).collect();
    if data.is_empty() { format!("{home}, no data") } else { format!("{home}, data on {}", data.join(" and ")) }
}

/// Returns the observation of a mailbox, and one sentence.
fn short(advised: &MailboxAdvice<'_>, sentence: &str, width: u16) -> String {
    let MailboxAdvice { snapshot, .. } = advised;
    let observed = observed(snapshot, width);
    format!("{TITLE}{}{TITLE:#}\n{observed}\n{}\n", snapshot.mailbox, wrapped(sentence, 0, width))
}

fn mailbox(
    advised: &MailboxAdvice<'_>,
    circumstances: &Circumstances,
    printed: Option<Printed<'_>>,
    width: u16,
) -> String {
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
    let index_printed = printed.and_then(|printed| printed.index(&advised.advice));
    if let Some(Printed { dialect, procedure: Some(name) }) = printed
        && index_printed.is_none()
    {
        let says =
            format!("No commands are printed: {name} is not safe here, or {} cannot perform it.", dialect.name());
        let _ = writeln!(text, "\n{BAD}{}{BAD:#}", wrapped(&says, 0, width));
    }
    for (index, advice) in advised.advice.iter().enumerate() {
        let dialect = printed.map(|printed| (printed.dialect, index_printed == Some(index)));
        text.push_str(&advice_on(snapshot, advice, dialect, width));
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
            AdviceVerdict::Refuses | AdviceVerdict::Inconclusive(_) => Style::new(),
            AdviceVerdict::Depends
            | AdviceVerdict::Duplicates
            | AdviceVerdict::NoHome
            | AdviceVerdict::OutOfReach
            | AdviceVerdict::NeverDone
            | AdviceVerdict::Loses => BAD,
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

/// Returns the advice on a procedure; in a dialect with its commands, if they are printed.
fn advice_on(snapshot: &Snapshot, advice: &Advice, dialect: Option<(Dialect, bool)>, width: u16) -> String {
    let Advice { procedure, from, to, .. } = advice;
    let style = match advice.answer() {
        Answer::Safe => GOOD,
        Answer::Refuses | Answer::Inconclusive => Style::new(),
        Answer::Depends | Answer::Unsafe => BAD,
    };
    let title = format!("{}, from {} to {}", procedure.name, name(snapshot, *from), name(snapshot, *to));
    let mut text = format!("\n{style}{title}{style:#}\n{}\n", wrapped(&words::judgement(snapshot, advice), 0, width));
    let item = |text: &mut String, says: &str| {
        let _ = writeln!(text, "  - {}", wrapped(says, 4, width));
    };
    text.push_str(&doubts(snapshot, advice, dialect.map(|(dialect, _)| dialect), width));
    if let Some(most) = advice.cases.iter().filter_map(|case| case.others_max).min() {
        let bounded =
            format!("Not everything was tried: at most {most} unobserved facts were otherwise at the same time.");
        let _ = writeln!(text, "{}", wrapped(&bounded, 0, width));
    }
    for dependence in advice.answering_case().into_iter().flat_map(|case| &case.unobserved) {
        item(&mut text, &depends(snapshot, dependence));
    }
    let preconditions = advice.preconditions();
    if advice.answer() == Answer::Depends && !preconditions.is_empty() {
        text.push_str("Ensure this first:\n");
    }
    for Precondition { kind, harm } in preconditions {
        let otherwise = harm.map_or(String::new(), |harm| format!("; otherwise {}", facts::harm(snapshot, harm)));
        item(&mut text, &format!("{}{otherwise}", facts::instruction(snapshot, advice, kind)));
    }
    let steps = steps(advice);
    if !steps.is_empty() {
        text.push_str(if advice.answer() == Answer::Safe {
            "Its steps:\n"
        } else {
            "Its steps, once this is known:\n"
        });
    }
    for (number, step) in (1..).zip(steps) {
        let _ = writeln!(text, "  {number:>2}. it {}", wrapped(&step, 9, width));
    }
    if copies(advice) {
        let _ = writeln!(text, "{}", wrapped(facts::HOW_TO_COPY, 0, width));
    }
    if let Some((dialect, true)) = dialect
        && let Some(script) = dialect::script(dialect, snapshot, advice)
    {
        let _ = write!(text, "\n{TITLE}Its commands, for {}:{TITLE:#}\n\n{}\n", dialect.name(), script.text);
    }
    if let Some(harm) = advice.cases.iter().flat_map(AdviceCase::harms).next() {
        text.push_str(&counterexample(harm, width));
    }
    text
}

/// Returns the reasons for which the mail system cannot perform a procedure, or perhaps cannot.
fn doubts(snapshot: &Snapshot, advice: &Advice, dialect: Option<Dialect>, width: u16) -> String {
    let says = match dialect {
        None if advice.lacks_marks(snapshot) => {
            "It marks mailboxes as in transit, which many systems cannot do. The observation does not show that this one can."
                .to_owned()
        }
        None => return String::new(),
        Some(dialect) => match dialect::cannot_perform(dialect, &advice.procedure).as_slice() {
            [] => return String::new(),
            reasons => format!("{} cannot perform it. {}", dialect.name(), reasons.join(" ")),
        },
    };
    format!("{}\n", wrapped(&says, 0, width))
}

/// Returns the fact on which an answer depends, the harm, and how to observe the fact.
fn depends(snapshot: &Snapshot, dependence: &Dependence) -> String {
    let Dependence { fact, if_otherwise, harm } = dependence;
    let (key, condition) = (facts::key(snapshot, *fact), facts::clause(snapshot, *fact, *if_otherwise));
    let (harm, observe) = (facts::harm(snapshot, harm), facts::observe(snapshot, *fact));
    format!("{key}: if {condition}, {harm}. To observe it, {observe}.")
}

/// Returns the shortest trace to a harm.
fn counterexample(harm: &AdviceHarm, width: u16) -> String {
    let with = answers(&harm.world, &harm.touched);
    let with = if with.is_empty() { String::new() } else { format!(" (with {})", listed(&with)) };
    let title = format!("The shortest trace to the harm, {}{with}:", words::circumstance(harm.delivery));
    let table = table_text(&harm.world, &TraceTable::of(&harm.world, &harm.trace), width);
    format!("{}\n{table}", wrapped(&title, 0, width))
}
