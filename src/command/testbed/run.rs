//! `stranded testbed run`: the trials of every mover in every order, compared with the model.

use std::fs;

use stranded_search::scenario::builtin;
use stranded_testbed::mover::{Mover, Shipped};
use stranded_testbed::predict::compare;
use stranded_testbed::proxy::point::Mode;
use stranded_testbed::record::{self, Row};
use stranded_testbed::trial::report::{DirectoryStep, TrialReport};
use stranded_testbed::trial::site::Site;
use stranded_testbed::trial::{LIMIT, Observer, TrialOptions, trials};

use crate::cli::{OutputKind, TestbedRun};
use crate::command::{CommandError, interrupt, output};
use crate::exit::Exit;

/// The orders that are tried if none is named.
const ORDERS: [DirectoryStep; 3] = [DirectoryStep::First, DirectoryStep::Last, DirectoryStep::Never];
/// The lines around the generated part of the page.
const MARKERS: [&str; 2] = ["<!-- trials: generated -->", "<!-- trials: end -->"];

/// Stops the trials at an interruption.
struct UntilInterrupted(&'static std::sync::atomic::AtomicBool);

impl Observer for UntilInterrupted {
    fn ended(&self, _trial: &TrialReport, _planned: usize) {}

    fn is_interrupted(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::Relaxed)
    }
}

pub(super) fn run(arguments: &TestbedRun) -> Result<Exit, CommandError> {
    let page = arguments.record.as_ref().map(|path| Ok::<_, CommandError>((path, page(path)?))).transpose()?;
    let movers = movers(&arguments.tools)?;
    let orders = if arguments.orders.is_empty() { &ORDERS[..] } else { &arguments.orders };
    let observer = UntilInterrupted(interrupt::flag()?);
    let bed = super::bed()?;
    let site = Site::of_bed(&bed).map_err(|reason| CommandError::Inconclusive(reason.to_string()))?;
    let mut rows = Vec::new();
    for mover in movers {
        for order in orders {
            let options = TrialOptions { order: *order, modes: &Mode::ALL, points: &[], limit: LIMIT };
            let name = mover.name();
            let report = trials(&site, &Mover::Shipped(mover), &options, &observer);
            let report = report.map_err(|reason| CommandError::Inconclusive(format!("{name}: {reason}")))?;
            let agreement = compare(&report, name).map_err(|reason| CommandError::Inconclusive(reason.clone()))?;
            output::say(&format!("{name}, directory {}: {} trials", order.name(), report.trials.len()));
            rows.push(Row { report, agreement });
        }
    }
    let text = record::markdown(&rows);
    let file = arguments.output.file.as_deref();
    let printed = match arguments.output.format.kind() {
        OutputKind::Text => output::print(&text, file),
        OutputKind::Json => output::print_json(&rows, file),
        OutputKind::Cases(form) => return Err(output::unsupported("testbed run", form)),
    };
    let saved = page.map_or(Exit::AsExpected, |(path, [before, after])| {
        let today = jiff::Zoned::now().strftime("%F").to_string();
        output::save(&format!("{before}{}\n\n{today}\n\n{text}\n{}{after}", MARKERS[0], MARKERS[1]), path)
    });
    Ok(rows.iter().map(exit).fold(printed.max(saved), Exit::max))
}

/// The exit code for one mover in one order.
fn exit(row: &Row) -> Exit {
    if !record::is_explained(row) {
        Exit::NotAsExpected
    } else if row.report.stopped.is_some() {
        Exit::Inconclusive
    } else {
        Exit::AsExpected
    }
}

/// The movers of these names, or every one that is installed.
fn movers(names: &[String]) -> Result<Vec<Shipped>, CommandError> {
    if names.is_empty() {
        let (there, absent): (Vec<Shipped>, Vec<Shipped>) =
            Shipped::ALL.into_iter().partition(|mover| mover.require().is_ok());
        for mover in absent {
            output::warn(&format!("{} is not installed and is left out", mover.name()));
        }
        let (modelled, unknown): (Vec<Shipped>, Vec<Shipped>) =
            there.into_iter().partition(|mover| builtin::procedure(mover.name()).is_some());
        for mover in unknown {
            output::warn(&format!("{} has no procedure to compare it with and is left out", mover.name()));
        }
        return Ok(modelled);
    }
    let mover = |name: &String| {
        let known = || Shipped::ALL.map(Shipped::name).join(", ");
        let mover = Shipped::named(name)
            .ok_or_else(|| CommandError::Usage(format!("no mover is called `{name}`; the movers are {}", known())))?;
        mover.require().map_err(CommandError::Usage)?;
        Ok(mover)
    };
    names.iter().map(mover).collect()
}

/// Reads a page, and returns the parts before and after its generated part.
fn page(path: &std::path::Path) -> Result<[String; 2], CommandError> {
    let shown = path.display();
    let text =
        fs::read_to_string(path).map_err(|reason| CommandError::Usage(format!("cannot read {shown}: {reason}")))?;
    let parts = text.split_once(MARKERS[0]).and_then(|(before, rest)| Some((before, rest.split_once(MARKERS[1])?.1)));
    let Some((before, after)) = parts else {
        let says = format!("{shown} has no lines `{}` and `{}`", MARKERS[0], MARKERS[1]);
        return Err(CommandError::Usage(says));
    };
    Ok([before.to_owned(), after.to_owned()])
}
