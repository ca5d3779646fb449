//! Advice as text, the answer first: the steps to do now for each group of mailboxes that are alike, then one line for each other procedure.
//! `advice_why` has the reasons, which the reader asks for.

use std::fmt::Write as _;

use stranded_search::advice::{Ability, Advice, AdviceCase, Answer, Circumstances, MailboxAdvice};
use stranded_search::files;
use stranded_search::lines::wrapped;
use stranded_search::sanitize::shell_word;
use stranded_search::snapshot::{Snapshot, Standing};

use super::advice_facts as facts;
use super::advice_groups::{Group, NAMES_MAX, alike, groups, listed, mailboxes};
use super::advice_json::name;
use super::advice_steps::instructions;
use super::advice_why::{BAD, GOOD, TITLE, checked};
use super::advice_words as words;
use super::answer_line::{AnswerLine, Emphasis};
use super::dialect::{self, Dialect, Printed};
use super::procedure_words;

/// The most lines of a report without reasons.
const LINES_MAX: usize = 200;
/// The lines of a report that are left for groups in one line each.
const LINES_LEFT: usize = 40;
/// The lines of the end of a report.
const LINES_LAST: usize = 10;

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
    let groups = alike(groups(advised), printed, form);
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
        let hint = wrapped("Others (`--mailbox NAME` prints the steps for one):", 0, form.width);
        let _ = writeln!(text, "\n{TITLE}{hint}{TITLE:#}");
        let mut shown = 0;
        // Commands can be longer than a report; each other group still has its line.
        let before = text.lines().count();
        let room = LINES_MAX.saturating_sub(before + LINES_LAST).max(LINES_LEFT - LINES_LAST);
        for group in rest {
            let line = wrapped(&group.line(), 4, form.width);
            if text.lines().count() - before + line.lines().count() > room {
                break;
            }
            shown += 1;
            let _ = writeln!(text, "  {line}");
        }
        let hidden = &rest[shown..];
        if !hidden.is_empty() {
            let names: Vec<&str> = hidden.iter().flat_map(|group| group.members.iter().copied()).collect();
            let line = format!("… and {} more: {}", mailboxes(names.len()), listed(&names, Extent::Answers));
            let _ = writeln!(text, "  {}", wrapped(&line, 4, form.width));
        }
    }
    if groups.iter().any(|group| !group.first.advice.is_empty()) {
        text.push_str(&last(advised.len(), circumstances, printed, form));
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
        (count(Standing::NoHome), "with home attributes that disagree or are malformed"),
    ];
    let counted: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let unknown: Vec<&str> = snapshots()
        .filter(|one| one.standing() == Standing::Unknown)
        .map(|snapshot| snapshot.mailbox.as_str())
        .collect();
    let mut text = match (counted.is_empty(), unknown.is_empty()) {
        (true, is_known) => {
            let is_calm = is_known && !snapshots().any(Snapshot::has_open_move);
            let style = if is_calm { GOOD } else { BAD };
            let mut says = format!("{style}{all}: none is known to be stranded{style:#}\n");
            if is_calm {
                let gone = "A snapshot cannot show mail that is gone: `--before` compares it with an earlier one.";
                let _ = writeln!(says, "{}", wrapped(gone, 0, form.width));
            }
            says
        }
        (false, _) => format!("{BAD}{all}: {}{BAD:#}\n", counted.join(", ")),
    };
    let is_healthy = |one: &&Snapshot| one.standing() == Standing::Healthy;
    let none: Vec<&str> = snapshots()
        .filter(|one| is_healthy(one) && one.data_on().is_empty())
        .map(|snapshot| snapshot.mailbox.as_str())
        .collect();
    if !none.is_empty() {
        let says = format!(
            "no server that was observed has mail of {}: look at the other servers, unless the mailbox was empty",
            listed(&none, form.extent)
        );
        let _ = writeln!(text, "{BAD}{}{BAD:#}", wrapped(&says, 0, form.width));
    }
    for snapshot in snapshots().filter(|one| is_healthy(one) && one.has_open_move()) {
        let says = format!(
            "{}: its home has all messages, and a move of it runs or was interrupted: {}. The move can still delete or strand mail: stop it, \
             and take the snapshot again.",
            snapshot.mailbox,
            words::marks(snapshot)
        );
        let _ = writeln!(text, "{BAD}{}{BAD:#}", wrapped(&says, 0, form.width));
    }
    if counted.is_empty() && advised.len() <= NAMES_MAX {
        for snapshot in snapshots().filter(is_healthy) {
            let line = format!("{}: {}", snapshot.mailbox, home_and_counts(snapshot));
            let _ = writeln!(text, "{}", wrapped(&line, 2, form.width));
        }
    }
    for snapshot in snapshots() {
        let doubtful = snapshot.doubtful();
        if snapshot.standing() == Standing::Unknown && !doubtful.is_empty() {
            let line = format!(
                "{}: another server holds {} more often than the home. Messages with one Message-ID can have several texts: add the digest \
                 of each.",
                snapshot.mailbox,
                listed(&doubtful, form.extent)
            );
            let _ = writeln!(text, "{BAD}{}{BAD:#}", wrapped(&line, 0, form.width));
        }
    }
    let is_unknown = |one: &&Snapshot| one.standing() == Standing::Unknown;
    for snapshot in snapshots().filter(is_unknown).filter(|one| one.lacks_mailbox()) {
        let line = format!(
            "{}: {} is the home and has no mailbox. See that the name is right, look at the other servers, and add what they hold. Do not move it.",
            snapshot.mailbox,
            snapshot.home().map_or_else(String::new, |home| name(snapshot, home))
        );
        let _ = writeln!(text, "{BAD}{}{BAD:#}", wrapped(&line, 0, form.width));
    }
    if !unknown.is_empty() {
        let undecided =
            format!("not enough was observed of {}: add what every store holds", listed(&unknown, form.extent));
        let _ = writeln!(text, "{BAD}{}{BAD:#}", wrapped(&undecided, 0, form.width));
    }
    text
}

/// Returns the home and the servers with data.
pub(super) fn located(snapshot: &Snapshot) -> String {
    let home = match (snapshot.standing(), snapshot.home()) {
        (Standing::NoRecipient, _) => "no recipient".to_owned(),
        (_, Some(home)) => format!("home {}", name(snapshot, home)),
        (_, None) => "home attributes that disagree or are malformed".to_owned(),
    };
    let data: Vec<String> = snapshot.data_on().into_iter().map(|server| name(snapshot, server)).collect();
    if data.is_empty() { format!("{home}, no data") } else { format!("{home}, data on {}", data.join(" and ")) }
}

pub(super) fn title(snapshot: &Snapshot, advice: &Advice) -> String {
    let Advice { procedure, from, to, .. } = advice;
    format!("{}, from {} to {}", procedure.name, name(snapshot, *from), name(snapshot, *to))
}

/// Returns the home and the numbers of messages.
fn home_and_counts(snapshot: &Snapshot) -> String {
    let home = snapshot.home().map_or_else(String::new, |home| name(snapshot, home));
    let held = snapshot.data_on().into_iter().map(|server| {
        let count = snapshot.held_by(server);
        format!("{count} message{} on {}", if count == 1 { "" } else { "s" }, name(snapshot, server))
    });
    let held: Vec<String> = held.collect();
    let held = if held.is_empty() { "no messages".to_owned() } else { held.join(" and ") };
    format!("home {home}, {held}")
}

/// Returns what to do now, and what not to do, as text.
pub(super) fn answer(
    subject: &Snapshot,
    advised: &MailboxAdvice<'_>,
    printed: Option<Printed<'_>>,
    form: Form<'_>,
) -> String {
    answer_lines(subject, advised, printed).iter().map(|line| line.text(form.width)).collect()
}

/// Returns what to do now, and what not to do.
pub(super) fn answer_lines(
    subject: &Snapshot,
    advised: &MailboxAdvice<'_>,
    printed: Option<Printed<'_>>,
) -> Vec<AnswerLine> {
    if advised.advice.is_empty() {
        return vec![AnswerLine::new("There is no other server, so no procedure can run.", Emphasis::None)];
    }
    if advised.snapshot.standing() == Standing::Healthy {
        return vec![healthy(advised.snapshot)];
    }
    let dialect = printed.map(|printed| printed.dialect);
    let chosen =
        printed.filter(|printed| printed.procedure.is_some()).and_then(|printed| printed.index(&advised.advice));
    let recommended = chosen.map_or_else(|| advised.recommended(), |index| Some(&advised.advice[index]));
    let (emphasis, now, steps) = match recommended {
        Some(advice) => (Emphasis::Good, title(subject, advice), instructions(dialect, subject, advice)),
        None => {
            let (now, steps) = without_safe_procedure(dialect, subject, advised);
            (Emphasis::Bad, now, steps)
        }
    };
    let mut lines = vec![AnswerLine::new(format!("Do this now: {now}"), emphasis)];
    let plain = |says: String| AnswerLine::new(says, Emphasis::None);
    if let Some(advice) = recommended {
        let procedure = advice.procedure.name.as_str();
        let is_home = advised.snapshot.home() == Some(advice.to);
        let words = procedure_words::words_for(procedure, &name(subject, advice.to), is_home);
        lines.extend(Some(words).filter(|words| words != procedure).map(|meaning| plain(format!("({meaning})"))));
    }
    for warning in words::warnings(subject, advised).iter().filter(|warning| !warning.is_about_late_mail) {
        let says = format!("{} {}", warning.title, warning.text);
        lines.push(AnswerLine::new(says, Emphasis::Start(warning.title.len())));
    }
    lines.extend((1..).zip(steps).map(|(number, step)| AnswerLine { number: Some(number), ..plain(step) }));
    if let Some(advice) = recommended {
        let most = advice.cases.iter().filter_map(|case| case.others_max).min();
        lines.extend(most.map(|most| {
            plain(format!("Not everything was tried: at most {most} unobserved facts were otherwise at the same time."))
        }));
        let says = "If a step does not work as it is written, stop, leave mail on hold, take the snapshot again, and ask again.";
        lines.push(plain(says.to_owned()));
    }
    lines
}

/// Returns what to do with a mailbox whose home has all observed messages.
pub(super) fn healthy(snapshot: &Snapshot) -> AnswerLine {
    if snapshot.has_open_move() {
        let says = "Do this now: stop the move that marks the mailbox as in transit, and take the snapshot again.";
        return AnswerLine::new(says, Emphasis::Bad);
    }
    AnswerLine::new("Nothing has to be done.", Emphasis::Good)
}

/// Returns what to do now if no procedure is known to be safe: observe what the best answer depends on, or save everything.
pub(super) fn without_safe_procedure(
    dialect: Option<Dialect>,
    subject: &Snapshot,
    advised: &MailboxAdvice<'_>,
) -> (String, Vec<String>) {
    if let Some(nearest) = advised.nearest_to_safe() {
        let observe = |fact| format!("{}: {}.", facts::key(subject, fact), dialect::observe(dialect, subject, fact));
        let mut steps: Vec<String> = nearest.to_observe().into_iter().map(observe).collect();
        steps.push("Add this to the snapshot, and ask again.".to_owned());
        return (format!("observe what {} depends on; before that, nothing is safe", nearest.procedure.name), steps);
    }
    let steps = [
        "Hold mail for the mailbox in the transport, and keep its owner from logging on.",
        "Save what each store holds of it to a file, and see that the file has every message.",
        "Change nothing else. `--runbook FILE.toml` judges a procedure of your own.",
    ];
    ("keep everything as it is; no known procedure is safe".to_owned(), steps.map(ToOwned::to_owned).to_vec())
}

/// Returns the commands of a procedure in a dialect.
pub(super) fn commands(
    subject: &Snapshot,
    advised: &MailboxAdvice<'_>,
    printed: Printed<'_>,
    form: Form<'_>,
) -> String {
    let dialect = printed.dialect;
    let found = printed.index(&advised.advice).map(|index| &advised.advice[index]);
    match (found.and_then(|advice| Some((advice, dialect::script(dialect, subject, advice)?))), printed.procedure) {
        (Some((advice, script)), _) => {
            let (name, dialect) = (&advice.procedure.name, dialect.name());
            let reads_again =
                advice.plan.as_ref().is_some_and(|plan| !plan.absent.is_empty()) && printed.dialect.is_script();
            let more = "They read the stores again, so they also copy and delete what has come since.";
            let more = if reads_again { wrapped(more, 0, form.width) + "\n" } else { String::new() };
            if let Some(file) = printed.file {
                let says = format!("The commands of {name}, for {dialect}, are in {}.", files::shown(file));
                return format!("\n{TITLE}{}{TITLE:#}\n{more}", wrapped(&says, 0, form.width));
            }
            format!("\n{TITLE}The commands of {name}, for {dialect}:{TITLE:#}\n{more}\n{}", script.text)
        }
        (None, Some(name)) => {
            let says = format!("No commands are printed: {}", refusal(subject, advised, dialect, name));
            format!("\n{BAD}{}{BAD:#}\n", wrapped(&says, 0, form.width))
        }
        (None, None) => String::new(),
    }
}

/// Returns the commands for every mailbox that needs a repair.
///
/// # Errors
/// The reason why there are none, or not the same ones for all.
pub fn script_for_all(advised: &[MailboxAdvice<'_>], printed: Printed<'_>) -> Result<String, String> {
    let form = Form { extent: Extent::Answers, width: u16::MAX, file: None };
    let printed_whole = Printed { file: None, ..printed };
    let groups = alike(groups(advised), Some(printed_whole), form);
    let needs = |group: &&Group<'_>| group.first.snapshot.standing() != Standing::Healthy;
    let groups: Vec<&Group<'_>> = groups.iter().filter(needs).collect();
    let [group] = groups.as_slice() else {
        return Err(match groups.len() {
            0 => "no mailbox is known to need a repair".to_owned(),
            count => format!("the mailboxes need {count} different scripts; --mailbox NAME chooses one mailbox"),
        });
    };
    let first = group.first;
    let subject = group.subject();
    let chosen = printed.index(&first.advice).map(|index| &first.advice[index]);
    let script = chosen.and_then(|advice| dialect::script(printed.dialect, &subject, advice));
    script.map(|script| script.text).ok_or_else(|| match printed.procedure {
        Some(name) => refusal(&subject, first, printed.dialect, name),
        None => "no procedure is known to be safe".to_owned(),
    })
}

/// Returns the reason why a procedure has no commands.
fn refusal(subject: &Snapshot, advised: &MailboxAdvice<'_>, dialect: Dialect, procedure: &str) -> String {
    let directions = advised.advice.iter().filter(|advice| advice.procedure.name == procedure);
    // Of two directions, the one that does harm.
    let found = directions.min_by_key(|advice| advice.answer() != Answer::Unsafe);
    match found.map(|advice| (advice, advice.answer())) {
        None => format!("no advice is on {procedure}."),
        Some((advice, Answer::Safe | Answer::Depends)) if advice.ability == Ability::Cannot => {
            let reasons = dialect::cannot_perform(dialect, advice);
            format!("{} cannot perform {procedure}. {}", dialect.name(), reasons.first().cloned().unwrap_or_default())
        }
        Some((_, Answer::Safe)) => format!("{procedure} does not end with ok here."),
        Some((advice, Answer::Depends)) => {
            let keys: Vec<String> = advice.to_observe().into_iter().map(|fact| facts::key(subject, fact)).collect();
            format!("{procedure} is not safe before {} is known.", keys.join(", "))
        }
        Some((_, Answer::Refuses)) => format!("{procedure} refuses here, and repairs nothing."),
        Some((_, Answer::Inconclusive)) => format!("the search of {procedure} is incomplete."),
        Some((advice, Answer::Unsafe)) => {
            let harms = || advice.cases.iter().flat_map(AdviceCase::harms).max_by_key(|harm| harm.verdict);
            let harm = harms().map_or(String::new(), |harm| format!(": {}", facts::harm(subject, harm)));
            format!("{}, is not safe here{harm}.", title(subject, advice))
        }
    }
}

/// Returns the end of the report: the circumstances, and how to see more.
fn last(count: usize, circumstances: &Circumstances, printed: Option<Printed<'_>>, form: Form<'_>) -> String {
    if form.extent == Extent::Reasons {
        return String::new();
    }
    let mut text = checked(circumstances, circumstances.replication);
    text.push_str(" --why shows the reasons and all steps");
    match printed {
        None => text.push_str("; --dialect prints the commands of your mail system"),
        Some(Printed { file: None, .. }) => text.push_str("; --script FILE writes the commands alone"),
        Some(Printed { file: Some(_), .. }) => {}
    }
    match form.file {
        Some(file) => {
            let one = if count == 1 { "" } else { "#NAME" };
            text.push_str(&format!("; `stranded explore {}{one}` shows each step.", shell_word(file)));
        }
        None => text.push('.'),
    }
    format!("\n{}\n", wrapped(&text, 0, form.width))
}
