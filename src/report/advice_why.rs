//! The reasons of advice as text: the observation, and for every procedure its preconditions with the harm that they prevent, its steps, what
//! the answer depends on, and a counterexample. `advice_text` has the answer.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use stranded_model::id::ServerId;
use stranded_model::scenario::Replication;
use stranded_model::state::{Home, Homes, Mailbox};

use stranded_search::advice::{
    Ability, Advice, AdviceCase, AdviceHarm, AdviceVerdict, Answer, Circumstances, Dependence, MailboxAdvice,
    Precondition,
};
use stranded_search::scenario::replication_name;
use stranded_search::snapshot::Snapshot;

use super::advice_facts as facts;
use super::advice_json::{copies, name, steps};
use super::advice_words as words;
use super::counterexample::table_text;
use super::dialect::{self, Dialect};
use super::table::TraceTable;
use super::trace::{answers, listed};
use stranded_search::lines::{display_width, padded, wrapped};

pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(super) const TITLE: Style = Style::new().bold();

/// The width of a column of verdicts.
const COLUMN: usize = 22;

/// Returns the facts about a mailbox, the verdicts on every procedure, and their traces.
pub(super) fn details(
    advised: &MailboxAdvice<'_>,
    circumstances: &Circumstances,
    dialect: Option<Dialect>,
    width: u16,
) -> String {
    let snapshot = advised.snapshot;
    let mut text = observed(snapshot, width);
    let _ = writeln!(text, "\n{}", wrapped(&checked(circumstances, advised.replication), 0, width));
    for warning in words::warnings(snapshot, advised) {
        let reported = wrapped(&format!("{} {}", warning.title, warning.text), 0, width);
        let styled = reported.strip_prefix(&warning.title).map(|rest| format!("{BAD}{}{BAD:#}{rest}", warning.title));
        let _ = writeln!(text, "\n{}", styled.unwrap_or(reported));
    }
    text.push_str(&verdicts(advised));
    for advice in advised.advice.iter() {
        text.push_str(&advice_on(snapshot, advice, dialect, width));
    }
    text
}

/// Returns the circumstances of the searches.
pub(super) fn checked(circumstances: &Circumstances, replication: Replication) -> String {
    let faults: Vec<&str> = circumstances.faults.iter().map(|fault| fault.name()).collect();
    let faults = match (faults.is_empty(), circumstances.faults_max) {
        (true, _) => "no faults".to_owned(),
        (false, max) => format!("up to {max} faults ({})", faults.join(", ")),
    };
    let travel = match replication {
        Replication::Instant => "reaches every replica at once",
        Replication::Eventual => "reaches each replica at a different time",
    };
    let mode = replication_name(replication);
    format!("Checked with {faults}; a change of the directory {travel} (--replication {mode}).")
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
        let names = if group.messages.is_empty() {
            let stores: Vec<String> = group.stores.iter().map(|server| name(snapshot, *server)).collect();
            format!("the {} messages on {}, of which only the number is known", group.count, stores.join(" and "))
        } else {
            words::few(group.messages.iter().cloned())
        };
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
pub(super) fn called(advised: &MailboxAdvice<'_>, advice: &Advice) -> String {
    let direction = (advice.from, advice.to);
    if advised.advice.iter().all(|other| (other.from, other.to) == direction) {
        return advice.procedure.name.clone();
    }
    let Advice { procedure, from, to, .. } = advice;
    format!("{} {} to {}", procedure.name, name(advised.snapshot, *from), name(advised.snapshot, *to))
}

/// Returns the advice on a procedure.
fn advice_on(snapshot: &Snapshot, advice: &Advice, dialect: Option<Dialect>, width: u16) -> String {
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
    text.push_str(&doubts(snapshot, advice, dialect, width));
    if let Some(most) = advice.cases.iter().filter_map(|case| case.others_max).min() {
        let bounded =
            format!("Not everything was tried: at most {most} unobserved facts were otherwise at the same time.");
        let _ = writeln!(text, "{}", wrapped(&bounded, 0, width));
    }
    for dependence in advice.answering_case().into_iter().flat_map(|case| &case.unobserved) {
        item(&mut text, &depends(dialect, snapshot, dependence));
    }
    let preconditions = advice.preconditions();
    if advice.answer() == Answer::Depends && !preconditions.is_empty() {
        text.push_str("Ensure this first:\n");
    }
    for Precondition { kind, harm } in preconditions {
        let otherwise = harm.map_or(String::new(), |harm| format!("; otherwise {}", facts::harm(snapshot, harm)));
        item(&mut text, &format!("{}{otherwise}", facts::instruction(dialect, snapshot, advice, kind)));
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
    if let Some(harm) = advice.cases.iter().flat_map(AdviceCase::harms).next() {
        text.push_str(&counterexample(harm, width));
    }
    text
}

/// Returns the reasons for which the mail system cannot perform a procedure, or perhaps cannot.
fn doubts(snapshot: &Snapshot, advice: &Advice, dialect: Option<Dialect>, width: u16) -> String {
    let says = match dialect {
        None if advice.ability == Ability::Cannot => {
            "It marks mailboxes as in transit, which the stores of this system cannot do.".to_owned()
        }
        None if advice.lacks_marks(snapshot) => {
            "It marks mailboxes as in transit, which many systems cannot do. The observation does not show that this one can."
                .to_owned()
        }
        None => return String::new(),
        Some(dialect) => match dialect::cannot_perform(dialect, advice).as_slice() {
            [] => return String::new(),
            reasons => format!("{} cannot perform it. {}", dialect.name(), reasons.join(" ")),
        },
    };
    format!("{}\n", wrapped(&says, 0, width))
}

/// Returns the fact on which an answer depends, the harm, and how to observe the fact.
fn depends(dialect: Option<Dialect>, snapshot: &Snapshot, dependence: &Dependence) -> String {
    let Dependence { fact, if_otherwise, harm } = dependence;
    let (key, condition) = (facts::key(snapshot, *fact), facts::clause(snapshot, *fact, *if_otherwise));
    let (harm, observe) = (facts::harm(snapshot, harm), dialect::observe(dialect, snapshot, *fact));
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
