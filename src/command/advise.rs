//! `stranded advise`

use std::collections::BTreeSet;
use std::time::Instant;

use crate::cli::Advise;
use crate::exit::Exit;
use crate::report::advice_text::{Extent, Form};
use crate::report::dialect::{Dialect, Printed};
use crate::report::{advice_json, advice_text, comparison_json, comparison_text};
use stranded_model::scenario::Replication;
use stranded_search::advice::{
    Advice, Answer, Circumstances, MailboxAdvice, ProcedureText, advise_all, known_procedures,
};
use stranded_search::comparison::{self, ComparisonResult, MailboxComparison};
use stranded_search::engine::{Limits, SystemMemory};
use stranded_search::files;
use stranded_search::scenario::nearest;
use stranded_search::snapshot::{self, Snapshot, Standing};

use super::output::Forms;
use super::{CommandError, interrupt, output};

/// The name of standard input in place of a file.
const STANDARD_INPUT: &str = "-";

pub(super) fn run(arguments: &Advise) -> Result<Exit, CommandError> {
    if let Some(before) = &arguments.before {
        return compare(arguments, before);
    }
    let started = Instant::now();
    let circumstances = circumstances(arguments)?;
    let mut procedures = known_procedures();
    for path in &arguments.runbooks {
        procedures.push(ProcedureText { file_name: path.clone(), text: text_of(path)? });
    }
    let lacks_marks = arguments.dialect.is_some_and(Dialect::lacks_marks);
    let observed = |snapshot: Snapshot| if lacks_marks { snapshot.without_marks() } else { snapshot };
    let snapshots: Vec<Snapshot> =
        snapshots(&arguments.snapshots, &arguments.mailboxes)?.into_iter().map(observed).collect();
    let limits = Limits {
        states_max: Some(arguments.max_states),
        deadline: arguments.timeout.and_then(|timeout| started.checked_add(timeout)),
        system_memory: SystemMemory::of_process(),
        interrupted: Some(interrupt::flag()?),
        ..Limits::default()
    };
    // Without this pool, the first parallel search would panic where the system refuses threads.
    let pool = rayon::ThreadPoolBuilder::new().build();
    let pool = pool.map_err(|reason| CommandError::Usage(format!("cannot start the threads: {reason}")))?;
    let advised = pool.install(|| advise_all(&snapshots, arguments.all, &procedures, &circumstances, &limits))?;
    let commands = commands(arguments, &advised)?;
    let source = Some(arguments.snapshots.as_str()).filter(|path| *path != STANDARD_INPUT);
    let extent = if arguments.why { Extent::Reasons } else { Extent::Answers };
    let text = |width| advice_text::report(&advised, &circumstances, commands, Form { extent, width, file: source });
    let json = || output::json(&advice_json::report(&advised, &circumstances, commands));
    let printed = output::publish(&arguments.output, &Forms { text: &text, json: &json, cases: None });
    let written = commands.map_or(Exit::AsExpected, |commands| write_script(&advised, commands));
    Ok(advised.iter().map(exit).fold(printed.max(written), Exit::max))
}

/// Returns the commands to print. A procedure that is asked for must be one of those on which there is advice.
fn commands<'a>(arguments: &'a Advise, advised: &[MailboxAdvice<'_>]) -> Result<Option<Printed<'a>>, CommandError> {
    let procedure = arguments.procedure.as_deref();
    if let Some(name) = procedure {
        let all = advised.iter().flat_map(|one| one.advice.iter()).map(|advice| advice.procedure.name.as_str());
        let known: Vec<&str> = all.collect::<BTreeSet<_>>().into_iter().collect();
        if !known.is_empty() && !known.contains(&name) {
            let near = nearest(name, &known).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            let says = format!("no advice is on a procedure `{name}`{near} (there is advice on {})", known.join(", "));
            return Err(CommandError::Usage(says));
        }
    }
    let file = arguments.script.as_deref();
    Ok(arguments.dialect.map(|dialect| Printed { dialect, procedure, file }))
}

/// Writes the script that the mailboxes need, if they need the same one. Otherwise an older file of this name stays as it is, and the result
/// is not as expected.
fn write_script(advised: &[MailboxAdvice<'_>], printed: Printed<'_>) -> Exit {
    let Some(file) = printed.file else { return Exit::AsExpected };
    match advice_text::script_for_all(advised, printed) {
        Ok(script) => output::save(&script, file),
        Err(reason) => {
            output::say(&format!("{} was not written: {reason}", files::shown(file)));
            Exit::NotAsExpected
        }
    }
}

/// Compares the snapshots with earlier ones.
fn compare(arguments: &Advise, before: &str) -> Result<Exit, CommandError> {
    if [before, &arguments.snapshots] == [STANDARD_INPUT; 2] {
        return Err(CommandError::Usage("only one of the two snapshots can be standard input".to_owned()));
    }
    let chosen = &arguments.mailboxes;
    let (before, after) = (snapshots(before, chosen)?, snapshots(&arguments.snapshots, chosen)?);
    let compared = comparison::compare(&before, &after);
    let text = |width| comparison_text::report(&compared, width);
    let json = || output::json(&comparison_json::report(&compared));
    let printed = output::publish(&arguments.output, &Forms { text: &text, json: &json, cases: None });
    Ok(compared.iter().map(exit_of_comparison).fold(printed, Exit::max))
}

/// Returns the exit code for one compared mailbox.
fn exit_of_comparison(compared: &MailboxComparison) -> Exit {
    let code = |result: ComparisonResult| if result.is_wrong() { Exit::NotAsExpected } else { Exit::Inconclusive };
    compared.results().into_iter().map(code).fold(Exit::AsExpected, Exit::max)
}

/// Reads the snapshots in a file or in standard input: those of the chosen mailboxes, or all if none is chosen.
fn snapshots(path: &str, chosen: &[String]) -> Result<Vec<Snapshot>, CommandError> {
    let name = if path == STANDARD_INPUT { "standard input" } else { path };
    let mut all = snapshot::read(name, &text_of(path)?)?;
    let known: Vec<&str> = all.iter().map(|one| one.mailbox.as_str()).collect();
    if let Some(missing) = chosen.iter().find(|wanted| !known.contains(&wanted.as_str())) {
        let near = nearest(missing, &known).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        let says = format!("{name} has no mailbox `{}`{near}", missing.escape_debug());
        return Err(CommandError::Usage(says));
    }
    all.retain(|one| chosen.is_empty() || chosen.contains(&one.mailbox));
    Ok(all)
}

fn circumstances(arguments: &Advise) -> Result<Circumstances, CommandError> {
    let mut faults = arguments.faults.clone();
    faults.sort();
    faults.dedup();
    let faults_max = match (faults.is_empty(), arguments.faults_max) {
        (true, Some(max)) if max > 0 => {
            return Err(CommandError::Usage("--faults-max needs a list of faults in --faults".to_owned()));
        }
        (true, Some(_) | None) => 0,
        (false, Some(0)) => {
            return Err(CommandError::Usage("--faults lists faults, but --faults-max is 0".to_owned()));
        }
        (false, max) => max.unwrap_or(1),
    };
    let deliveries = arguments.delivery.map_or_else(|| Circumstances::DELIVERIES.to_vec(), |delivery| vec![delivery]);
    let can_perform = arguments.dialect.map(Dialect::can_perform);
    let replication =
        arguments.replication.unwrap_or_else(|| arguments.dialect.map_or(Replication::Instant, Dialect::replication));
    Ok(Circumstances { deliveries, faults, faults_max, replication, can_perform })
}

/// Reads a file or standard input.
fn text_of(path: &str) -> Result<String, CommandError> {
    let text = if path == STANDARD_INPUT { files::read_from(path, std::io::stdin().lock()) } else { files::read(path) };
    text.map_err(|error| CommandError::Usage(error.to_string()))
}

/// Returns the exit code for one mailbox. A mailbox that needs a repair, or has no safe procedure, is not as expected; a mailbox with too few
/// observations is inconclusive.
fn exit(advised: &MailboxAdvice<'_>) -> Exit {
    let answers = || advised.advice.iter().map(Advice::answer);
    let standing = advised.snapshot.standing();
    let is_stuck = !advised.advice.is_empty() && advised.recommended().is_none();
    let is_truncated = advised.truncated.is_some()
        || standing == Standing::Unknown
        || answers().any(|answer| answer == Answer::Inconclusive);
    match (standing.needs_repair(), is_truncated, is_stuck) {
        (true, _, _) | (false, false, true) => Exit::NotAsExpected,
        (false, true, _) => Exit::Inconclusive,
        (false, false, false) if advised.snapshot.has_open_move() => Exit::Inconclusive,
        (false, false, false) => Exit::AsExpected,
    }
}
