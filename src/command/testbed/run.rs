//! `stranded testbed run`: the trials of every mover in every order and of `XFER` with repairs, compared with the model.

use std::fs;
use std::path::{Path, PathBuf};

use stranded_search::scenario::builtin;
use stranded_testbed::cyrus;
use stranded_testbed::cyrus::repair::{REPAIRS, Repair};
use stranded_testbed::cyrus::trial::XFER;
use stranded_testbed::mover::Mover;
use stranded_testbed::mover::performed::OWN;
use stranded_testbed::predict::{compare, orders, procedure_of};
use stranded_testbed::proxy::point::Mode;
use stranded_testbed::record::{self, Row};
use stranded_testbed::trial::report::{DirectoryStep, MoverReport, TrialVerdict, title};
use stranded_testbed::trial::site::Site;
use stranded_testbed::trial::{LIMIT, TrialError, TrialOptions, trials};

use crate::cli::TestbedRun;
use crate::command::movers::{self, Watch};
use crate::command::output::Forms;
use crate::command::{CommandError, interrupt, output};
use crate::exit::Exit;
use crate::formats::results::of_rows;

/// The lines around the generated part of the page.
const MARKERS: [&str; 2] = ["<!-- trials: generated -->", "<!-- trials: end -->"];

pub(super) fn run(arguments: &TestbedRun) -> Result<Exit, CommandError> {
    let page = arguments.record.as_ref().map(|path| Ok::<_, CommandError>((path, page(path)?))).transpose()?;
    let (movers, packages) = chosen(&arguments.tools)?;
    let watch = Watch::new(interrupt::flag()?, None);
    let mut rows = of_movers(&movers, arguments, &watch)?;
    if let Some(packages) = packages {
        rows.extend(of_xfer(&packages, arguments, &watch)?);
    }
    let page_text = record::markdown(&rows);
    let (text, json) = (|_| page_text.clone(), || output::json(&rows));
    let cases = || of_rows(&rows);
    let printed = output::publish(&arguments.output, &Forms { text: &text, json: &json, cases: Some(&cases) });
    let saved = page.map_or(Exit::AsExpected, |(path, [before, after])| {
        let today = jiff::Zoned::now().strftime("%F").to_string();
        output::save(&format!("{before}{}\n\n{today}\n\n{page_text}\n{}{after}", MARKERS[0], MARKERS[1]), path)
    });
    Ok(rows.iter().map(exit).fold(printed.max(saved), Exit::max))
}

/// The exit code for one mover in one order.
fn exit(row: &Row) -> Exit {
    let has_inconclusive = row.report.trials.iter().any(|trial| trial.verdict == TrialVerdict::Inconclusive);
    if !record::is_explained(row) {
        Exit::NotAsExpected
    } else if row.report.stopped.is_some() || has_inconclusive {
        Exit::Inconclusive
    } else {
        Exit::AsExpected
    }
}

/// Returns the orders of a mover, of those that were asked for. A mover that writes the directory itself does so instead of the operator.
fn orders_of(mover: &str, asked: &[DirectoryStep]) -> Vec<DirectoryStep> {
    let known = orders(mover);
    if asked.is_empty() {
        return known.to_vec();
    }
    let own = Some(DirectoryStep::Tool).filter(|own| known.contains(own));
    let mut all: Vec<DirectoryStep> = Vec::new();
    for order in asked.iter().filter_map(|order| known.iter().copied().find(|one| one == order).or(own)) {
        if !all.contains(&order) {
            all.push(order);
        }
    }
    all
}

/// Tries movers in each order.
fn of_movers(movers: &[Mover], arguments: &TestbedRun, watch: &Watch) -> Result<Vec<Row>, CommandError> {
    let mut rows = Vec::new();
    if movers.is_empty() {
        return Ok(rows);
    }
    let bed = super::bed()?;
    let site = Site::of_bed(&bed).map_err(|reason| CommandError::Inconclusive(reason.to_string()))?;
    for mover in movers {
        let name = mover.to_string();
        for order in orders_of(&name, &arguments.orders) {
            rows.push(row(&name, trials(&site, mover, &options(order, arguments), watch), true)?);
        }
    }
    Ok(rows)
}

/// Tries `XFER` with each of its repairs.
fn of_xfer(packages: &Path, arguments: &TestbedRun, watch: &Watch) -> Result<Vec<Row>, CommandError> {
    let options = options(DirectoryStep::Tool, arguments);
    // The model has the restart of a source that died, and no other repair.
    let row = |repair: &'static Repair| {
        row(XFER, cyrus::trial::trials(packages, repair, &options, watch), repair.acts.is_empty())
    };
    repairs(arguments).into_iter().map(row).collect()
}

/// Returns the trials of a mover: each mode at each of its fault points, or at a sample of them.
fn options(order: DirectoryStep, arguments: &TestbedRun) -> TrialOptions<'static> {
    TrialOptions {
        order,
        modes: &Mode::ALL,
        points: &[],
        points_max: arguments.points_max,
        limit: LIMIT,
        must_succeed: false,
    }
}

/// Compares the trials of a mover with its procedure, if the model has what was done, and reports that they are done.
fn row(mover: &str, report: Result<MoverReport, TrialError>, is_modelled: bool) -> Result<Row, CommandError> {
    let report = report.map_err(|reason| CommandError::Inconclusive(format!("{mover}: {reason}")))?;
    let agreement = is_modelled.then(|| compare(&report, procedure_of(mover))).transpose();
    let agreement = agreement.map_err(CommandError::Inconclusive)?;
    let title = format!("{}, directory {}", title(mover, report.repair.as_deref()), report.order.name());
    output::say(&format!("{title}: {} trials", report.trials.len()));
    if let Some(reason) = &report.stopped {
        output::warn(&format!("{title}: trials are missing: {reason}"));
    }
    for trial in report.trials.iter().filter(|trial| trial.verdict == TrialVerdict::Inconclusive) {
        let fault = trial.mode.zip(trial.point.as_ref());
        let fault = fault.map_or("without a fault".to_owned(), |(mode, point)| format!("{} {point}", mode.name()));
        let reasons = trial.reasons.join("; ");
        output::warn(&format!("{title}, {fault}: inconclusive: {reasons}"));
    }
    Ok(Row { report, agreement })
}

/// Returns the repairs after `XFER`: all in a run of everything, and otherwise those that are named.
fn repairs(arguments: &TestbedRun) -> Vec<&'static Repair> {
    let is_everything = arguments.tools.is_empty() && arguments.orders.is_empty();
    if arguments.repairs.is_empty() && is_everything {
        return REPAIRS.iter().collect();
    }
    movers::repairs(&arguments.repairs)
}

/// Returns the movers of these names, or every one that is installed and has a procedure and our own, and the folder of Cyrus if `XFER` is
/// among them.
fn chosen(names: &[String]) -> Result<(Vec<Mover>, Option<PathBuf>), CommandError> {
    const WITHOUT: &str = "has no procedure to compare it with";
    if names.is_empty() {
        let (modelled, unknown): (Vec<_>, Vec<_>) =
            movers::installed().into_iter().partition(|mover| builtin::procedure(mover.name()).is_some());
        for mover in unknown {
            output::warn(&format!("{} {WITHOUT} and is left out", mover.name()));
        }
        let packages = cyrus::installed();
        let packages = packages.inspect_err(|reason| output::warn(&format!("{XFER} is left out: {reason}"))).ok();
        let own = OWN.iter().map(|name| movers::performed(name));
        let movers = modelled.into_iter().map(|mover| Ok(Mover::Shipped(mover))).chain(own);
        return Ok((movers.collect::<Result<_, _>>()?, packages));
    }
    let (xfer, others): (Vec<&String>, Vec<&String>) = names.iter().partition(|name| *name == XFER);
    let packages = if xfer.is_empty() { None } else { Some(cyrus::installed().map_err(super::error)?) };
    let mover = |name: &String| {
        if OWN.contains(&name.as_str()) {
            return movers::performed(name);
        }
        match movers::named(name)? {
            Some(mover) if builtin::procedure(name).is_some() => Ok(Mover::Shipped(mover)),
            Some(_) => Err(CommandError::Usage(format!("{name} {WITHOUT}; `stranded conform --tool {name}` tries it"))),
            None => Err(CommandError::Usage(format!(
                "no mover is called `{name}`; the movers are {}, {}, {XFER}",
                movers::names(),
                OWN.join(", ")
            ))),
        }
    };
    Ok((others.into_iter().map(mover).collect::<Result<_, _>>()?, packages))
}

/// Reads a page, and returns the parts before and after its generated part.
fn page(path: &Path) -> Result<[String; 2], CommandError> {
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
