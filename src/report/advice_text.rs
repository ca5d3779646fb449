//! Advice as text, the answer first: the steps to do now for each group of mailboxes that are alike, then one line for each other procedure.
//! `advice_why` has the reasons, which the reader asks for.

use std::fmt::Write as _;
use std::sync::Arc;

use stranded_search::advice::{Ability, Advice, Answer, Circumstances, MailboxAdvice};
use stranded_search::lines::wrapped;
use stranded_search::sanitize::shell_word;
use stranded_search::snapshot::{Snapshot, Standing};

use super::advice_facts as facts;
use super::advice_json::name;
use super::advice_others::others;
use super::advice_steps::instructions;
use super::advice_why::{self, BAD, GOOD, TITLE, checked};
use super::advice_words as words;
use super::dialect::{self, Printed};

/// The most lines of a report without reasons.
const LINES_MAX: usize = 200;
/// The lines of a report that are left for groups in one line each.
const LINES_LEFT: usize = 40;
/// The lines of the end of a report.
const LINES_LAST: usize = 10;
/// The most names of mailboxes in a line.
const NAMES_MAX: usize = 6;
/// The name of a mailbox in instructions for several.
const ANY_USER: &str = "USER";

/// The extent of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The answers.
    Answers,
    /// The answers with their reasons and every name.
    Reasons,
}

/// The form of a report.
#[derive(Clone, Copy, Debug)]
pub struct Form<'a> {
    /// Its extent.
    pub extent: Extent,
    /// Its width in columns.
    pub width: u16,
    /// The file with the snapshots, for commands that read it again; none if it was standard input.
    pub file: Option<&'a str>,
}

/// Returns the report. It contains style codes; the caller strips them if it does not print on a terminal.
#[must_use]
pub fn report(
    advised: &[MailboxAdvice<'_>],
    circumstances: &Circumstances,
    printed: Option<Printed<'_>>,
    form: Form<'_>,
) -> String {
    let mut text = summary(advised, form);
    let groups = groups(advised);
    let mut whole = 0;
    for group in &groups {
        let shown = group.text(circumstances, printed, form);
        let lines = text.lines().count() + shown.lines().count() + LINES_LEFT;
        if whole > 0 && form.extent == Extent::Answers && lines > LINES_MAX {
            break;
        }
        whole += 1;
        let _ = write!(text, "\n{shown}");
    }
    let rest = &groups[whole..];
    if !rest.is_empty() {
        let _ = writeln!(text, "\n{TITLE}Others:{TITLE:#}");
        let mut shown = 0;
        for group in rest {
            let line = wrapped(&group.line(), 4, form.width);
            if text.lines().count() + line.lines().count() + LINES_LAST > LINES_MAX {
                break;
            }
            shown += 1;
            let _ = writeln!(text, "  {line}");
        }
        let hidden = &rest[shown..];
        if !hidden.is_empty() {
            let count = mailboxes(hidden.iter().map(|group| group.members.len()).sum());
            let _ = writeln!(text, "  … and {count} more, which stand otherwise");
        }
    }
    if groups.iter().any(|group| !group.first.advice.is_empty()) {
        text.push_str(&last(circumstances, printed, form));
    }
    text
}

/// Returns the result, and the mailboxes of which too little was observed.
fn summary(advised: &[MailboxAdvice<'_>], form: Form<'_>) -> String {
    let snapshots = || advised.iter().map(|one| one.snapshot);
    let all = mailboxes(advised.len());
    let count = |wanted: Standing| snapshots().filter(|one| one.standing() == wanted).count();
    let counts = [
        (count(Standing::Stranded), "stranded"),
        (count(Standing::NoRecipient), "without a recipient"),
        (count(Standing::NoHome), "without one home"),
    ];
    let counted: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let unknown: Vec<&str> = snapshots()
        .filter(|one| one.standing() == Standing::Unknown)
        .map(|snapshot| snapshot.mailbox.as_str())
        .collect();
    let mut text = match (counted.is_empty(), unknown.is_empty()) {
        (true, is_known) => {
            let style = if is_known { GOOD } else { BAD };
            format!("{style}{all}: none is known to be stranded{style:#}\n")
        }
        (false, _) => format!("{BAD}{all}: {}{BAD:#}\n", counted.join(", ")),
    };
    if !unknown.is_empty() {
        let undecided =
            format!("not enough was observed of {}: add what every store holds", listed(&unknown, form.extent));
        let _ = writeln!(text, "{BAD}{}{BAD:#}", wrapped(&undecided, 0, form.width));
    }
    text
}

/// Mailboxes with the same advice.
struct Group<'a> {
    first: &'a MailboxAdvice<'a>,
    members: Vec<&'a str>,
}

/// Returns the groups of the mailboxes that the report shows, the largest first.
fn groups<'a>(advised: &'a [MailboxAdvice<'a>]) -> Vec<Group<'a>> {
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

impl Group<'_> {
    /// Returns the answer for the group, with the reasons if the reader asks for them.
    fn text(&self, circumstances: &Circumstances, printed: Option<Printed<'_>>, form: Form<'_>) -> String {
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
        let representative = first.snapshot.as_representative(ANY_USER);
        let subject = if members.len() == 1 { first.snapshot } else { &representative };
        text.push('\n');
        text.push_str(&answer(subject, first, form));
        if let Some(printed) = printed {
            text.push_str(&commands(subject, first, printed, form));
        }
        text.push_str(&others(subject, first, printed, form.width));
        if form.extent == Extent::Reasons {
            let of = if members.len() == 1 { String::new() } else { format!(", for {}", first.snapshot.mailbox) };
            let dialect = printed.map(|printed| printed.dialect);
            let details = advice_why::details(first, circumstances, dialect, form.width);
            let _ = write!(text, "\n{TITLE}Why{of}{TITLE:#}\n{details}");
        }
        text
    }

    /// Returns the group in one line.
    fn line(&self) -> String {
        let Self { first, members } = self;
        let names = listed(&members[..1], Extent::Answers);
        let who = if members.len() == 1 { names } else { format!("{} ({names}, …)", mailboxes(members.len())) };
        let what = match (first.truncated, first.recommended()) {
            (Some(_), _) => "nothing was searched".to_owned(),
            (None, Some(advice)) => format!("do {}", title(first.snapshot, advice)),
            (None, None) => "no procedure is known to be safe".to_owned(),
        };
        format!("{who}: {}: {what}", located(first.snapshot))
    }
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

fn title(snapshot: &Snapshot, advice: &Advice) -> String {
    let Advice { procedure, from, to, .. } = advice;
    format!("{}, from {} to {}", procedure.name, name(snapshot, *from), name(snapshot, *to))
}

/// Returns what to do now, and what not to do.
fn answer(subject: &Snapshot, advised: &MailboxAdvice<'_>, form: Form<'_>) -> String {
    if advised.advice.is_empty() {
        return "There is no other server, so no procedure can run.\n".to_owned();
    }
    let recommended = advised.recommended();
    let (style, now, steps) = match recommended {
        _ if advised.snapshot.standing() == Standing::Healthy => {
            return format!("{GOOD}Nothing has to be done.{GOOD:#}\n");
        }
        Some(advice) => {
            let condition = match advice.ability {
                Ability::Perhaps => ", if your system has in-transit marks",
                Ability::Can | Ability::Cannot => "",
            };
            let steps = instructions(subject, advice);
            (GOOD, format!("Do this now{condition}: {}", title(subject, advice)), steps)
        }
        None => {
            let (now, steps) = without_safe_procedure(subject, advised);
            (BAD, format!("Do this now: {now}"), steps)
        }
    };
    let mut text = format!("{style}{}{style:#}\n", wrapped(&now, 0, form.width));
    for warning in words::warnings(subject, advised).iter().filter(|warning| !warning.is_about_late_mail) {
        let says = wrapped(&format!("{} {}", warning.title, warning.text), 0, form.width);
        let styled = says.strip_prefix(&warning.title).map(|rest| format!("{BAD}{}{BAD:#}{rest}", warning.title));
        let _ = writeln!(text, "{}", styled.unwrap_or(says));
    }
    for (number, step) in (1..).zip(&steps) {
        let _ = writeln!(text, "  {number:>2}. {}", wrapped(step, 6, form.width));
    }
    if let Some(advice) = recommended {
        let most = advice.cases.iter().filter_map(|case| case.others_max).min();
        if let Some(most) = most {
            let says =
                format!("Not everything was tried: at most {most} unobserved facts were otherwise at the same time.");
            let _ = writeln!(text, "{}", wrapped(&says, 0, form.width));
        }
        let says = "If a step does not work as it is written, stop, leave mail on hold, take the snapshot again, and ask again.";
        let _ = writeln!(text, "{}", wrapped(says, 0, form.width));
    }
    text
}

/// Returns what to do now if no procedure is known to be safe: observe what the best answer depends on, or save everything.
fn without_safe_procedure(subject: &Snapshot, advised: &MailboxAdvice<'_>) -> (String, Vec<String>) {
    let is_near = |advice: &&Advice| {
        advice.answer() == Answer::Depends && advice.ability != Ability::Cannot && advice.plan.is_some()
    };
    if let Some(nearest) = advised.advice.iter().find(is_near) {
        let facts = nearest.answering_case().into_iter().flat_map(|case| &case.unobserved);
        let observe = |fact| format!("{}: {}.", facts::key(subject, fact), facts::observe(subject, fact));
        let mut steps: Vec<String> = facts.map(|one| observe(one.fact)).collect();
        steps.push("Add this to the snapshot, and ask again.".to_owned());
        return (format!("observe what {} depends on; before that, nothing is safe", nearest.procedure.name), steps);
    }
    let steps = [
        "Hold mail for the mailbox in the transport.",
        "Save what each store holds of it to a file, and see that the file has every message.",
        "Change nothing else. `--runbook FILE.toml` judges a procedure of your own.",
    ];
    ("keep everything as it is; no known procedure is safe".to_owned(), steps.map(ToOwned::to_owned).to_vec())
}

/// Returns the commands of a procedure in a dialect.
fn commands(subject: &Snapshot, advised: &MailboxAdvice<'_>, printed: Printed<'_>, form: Form<'_>) -> String {
    let dialect = printed.dialect;
    let found = printed.index(&advised.advice).map(|index| &advised.advice[index]);
    match (found.and_then(|advice| Some((advice, dialect::script(dialect, subject, advice)?))), printed.procedure) {
        (Some((advice, script)), _) => {
            let (name, dialect) = (&advice.procedure.name, dialect.name());
            format!("\n{TITLE}The commands of {name}, for {dialect}:{TITLE:#}\n\n{}", script.text)
        }
        (None, Some(name)) => {
            let says =
                format!("No commands are printed: {name} is not safe here, or {} cannot perform it.", dialect.name());
            format!("\n{BAD}{}{BAD:#}\n", wrapped(&says, 0, form.width))
        }
        (None, None) => String::new(),
    }
}

/// Returns the end of the report: the circumstances, and how to see more.
fn last(circumstances: &Circumstances, printed: Option<Printed<'_>>, form: Form<'_>) -> String {
    if form.extent == Extent::Reasons {
        return String::new();
    }
    let mut text = checked(circumstances, circumstances.replication);
    text.push_str(" --why shows the reasons and all steps");
    if printed.is_none() {
        text.push_str("; --dialect prints the commands of your mail system");
    }
    match form.file {
        Some(file) => text.push_str(&format!("; `stranded explore {}` shows each step.", shell_word(file))),
        None => text.push('.'),
    }
    format!("\n{}\n", wrapped(&text, 0, form.width))
}

/// Returns the names of mailboxes; the first ones, unless the reader asks for all.
fn listed(names: &[&str], extent: Extent) -> String {
    let shown = match extent {
        Extent::Answers => names.len().min(NAMES_MAX),
        Extent::Reasons => names.len(),
    };
    let more = names.len() - shown;
    let names = names[..shown].join(", ");
    if more == 0 { names } else { format!("{names} … and {more} more") }
}

fn mailboxes(count: usize) -> String {
    if count == 1 { "1 mailbox".to_owned() } else { format!("{count} mailboxes") }
}
