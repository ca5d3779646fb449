//! `stranded advise`

use std::time::Instant;

use crate::cli::{Advise, OutputKind};
use crate::exit::Exit;
use crate::report::{advice_json, advice_text};
use stranded_search::advice::{
    Advice, Answer, Circumstances, MailboxAdvice, ProcedureText, advise_all, known_procedures,
};
use stranded_search::engine::{Limits, SystemMemory};
use stranded_search::files;
use stranded_search::snapshot::{self, Standing};

use super::{CommandError, interrupt, output};

/// The name of standard input in place of a file.
const STANDARD_INPUT: &str = "-";

pub(super) fn run(arguments: &Advise) -> Result<Exit, CommandError> {
    let started = Instant::now();
    let circumstances = circumstances(arguments)?;
    let mut procedures = known_procedures();
    for path in &arguments.runbooks {
        procedures.push(ProcedureText { file_name: path.clone(), text: text_of(path)? });
    }
    let name = if arguments.snapshots == STANDARD_INPUT { "standard input" } else { &arguments.snapshots };
    let snapshots = snapshot::read(name, &text_of(&arguments.snapshots)?)?;
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
    let file = arguments.output.file.as_deref();
    let printed = match arguments.output.format.kind() {
        OutputKind::Cases(form) => return Err(output::unsupported("advise", form)),
        OutputKind::Json => output::print_json(&advice_json::report(&advised, &circumstances), file),
        OutputKind::Text => output::print(&advice_text::report(&advised, &circumstances, output::width(file)), file),
    };
    Ok(advised.iter().map(exit).fold(printed, Exit::max))
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
    Ok(Circumstances { deliveries, faults, faults_max, replication: arguments.replication })
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
    let is_stuck = !advised.advice.is_empty() && answers().all(|answer| answer != Answer::Safe);
    let is_truncated = advised.truncated.is_some()
        || standing == Standing::Unknown
        || answers().any(|answer| answer == Answer::Inconclusive);
    match (standing.needs_repair(), is_truncated, is_stuck) {
        (true, _, _) | (false, false, true) => Exit::NotAsExpected,
        (false, true, _) => Exit::Inconclusive,
        (false, false, false) => Exit::AsExpected,
    }
}
