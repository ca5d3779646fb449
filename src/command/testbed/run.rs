//! `stranded testbed run`: the trials of every mover in every order, compared with the model.

use std::fs;

use stranded_search::scenario::builtin;
use stranded_testbed::mover::Mover;
use stranded_testbed::mover::performed::OWN;
use stranded_testbed::predict::{compare, orders};
use stranded_testbed::proxy::point::{FaultPoint, Mode};
use stranded_testbed::record::{self, Row};
use stranded_testbed::trial::report::{DirectoryStep, TrialVerdict};
use stranded_testbed::trial::site::Site;
use stranded_testbed::trial::{LIMIT, TrialOptions, trials};

use crate::cli::{OutputKind, TestbedRun};
use crate::command::movers::{self, Watch};
use crate::command::{CommandError, interrupt, output};
use crate::exit::Exit;

/// The lines around the generated part of the page.
const MARKERS: [&str; 2] = ["<!-- trials: generated -->", "<!-- trials: end -->"];

pub(super) fn run(arguments: &TestbedRun) -> Result<Exit, CommandError> {
    let form = arguments.output.format.kind();
    if let OutputKind::Cases(form) = form {
        return Err(output::unsupported("testbed run", form));
    }
    let page = arguments.record.as_ref().map(|path| Ok::<_, CommandError>((path, page(path)?))).transpose()?;
    let chosen = chosen(&arguments.tools)?;
    let watch = Watch { interrupted: interrupt::flag()?, deadline: None };
    let bed = super::bed()?;
    let site = Site::of_bed(&bed).map_err(|reason| CommandError::Inconclusive(reason.to_string()))?;
    let mut rows = Vec::new();
    for mover in chosen {
        let name = mover.to_string();
        for order in orders_of(&name, &arguments.orders) {
            let tried = |points: &[FaultPoint], modes: &[Mode]| {
                let report = trials(&site, &mover, &TrialOptions { order, modes, points, limit: LIMIT }, &watch);
                report.map_err(|reason| CommandError::Inconclusive(format!("{name}: {reason}")))
            };
            let points = match arguments.points_max {
                Some(most) => spread(&tried(&[], &[])?.planned, most.get()),
                None => Vec::new(),
            };
            let report = tried(&points, &Mode::ALL)?;
            let agreement = compare(&report, &name).map_err(CommandError::Inconclusive)?;
            output::say(&format!("{name}, directory {}: {} trials", order.name(), report.trials.len()));
            rows.push(Row { report, agreement });
        }
    }
    let text = record::markdown(&rows);
    let file = arguments.output.file.as_deref();
    let printed = match form {
        OutputKind::Json => output::print_json(&rows, file),
        OutputKind::Text | OutputKind::Cases(_) => output::print(&text, file),
    };
    let saved = page.map_or(Exit::AsExpected, |(path, [before, after])| {
        let today = jiff::Zoned::now().strftime("%F").to_string();
        output::save(&format!("{before}{}\n\n{today}\n\n{text}\n{}{after}", MARKERS[0], MARKERS[1]), path)
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

/// Returns at most this many points, evenly spread.
fn spread(points: &[FaultPoint], most: usize) -> Vec<FaultPoint> {
    let count = most.min(points.len());
    (0..count).map(|index| points[index * points.len() / count].clone()).collect()
}

/// The movers of these names, or every one that is installed and has a procedure, and our own.
fn chosen(names: &[String]) -> Result<Vec<Mover>, CommandError> {
    const WITHOUT: &str = "has no procedure to compare it with";
    if names.is_empty() {
        let (modelled, unknown): (Vec<_>, Vec<_>) =
            movers::installed().into_iter().partition(|mover| builtin::procedure(mover.name()).is_some());
        for mover in unknown {
            output::warn(&format!("{} {WITHOUT} and is left out", mover.name()));
        }
        let own = OWN.iter().map(|name| movers::performed(name));
        return modelled.into_iter().map(|mover| Ok(Mover::Shipped(mover))).chain(own).collect();
    }
    let mover = |name: &String| {
        if OWN.contains(&name.as_str()) {
            return movers::performed(name);
        }
        match movers::named(name)? {
            Some(mover) if builtin::procedure(name).is_some() => Ok(Mover::Shipped(mover)),
            Some(_) => Err(CommandError::Usage(format!("{name} {WITHOUT}; `stranded conform --tool {name}` tries it"))),
            None => Err(CommandError::Usage(format!(
                "no mover is called `{name}`; the movers are {}, {}",
                movers::names(),
                OWN.join(", ")
            ))),
        }
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
