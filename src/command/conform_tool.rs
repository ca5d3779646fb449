//! `stranded conform --tool`: tries whole tools at every fault point, on a test bed or on the staging hosts of a user.

use std::path::Path;
use std::time::Instant;

use stranded_search::files;
use stranded_testbed::bed::{Bed, BedError};
use stranded_testbed::cyrus::repair::Repair;
use stranded_testbed::cyrus::trial::XFER;
use stranded_testbed::cyrus::{self, CYRUS};
use stranded_testbed::mover::Mover;
use stranded_testbed::proxy::point::Mode;
use stranded_testbed::system::Config;
use stranded_testbed::trial::report::{DirectoryStep, MoverReport, TrialVerdict};
use stranded_testbed::trial::site::{DOVECOT, Site};
use stranded_testbed::trial::{self, TrialError, TrialOptions};

use crate::cli::{Conform, ToolArguments};
use crate::exit::Exit;
use crate::formats::results::{Note, of_trials};
use crate::report::trials::{self as reported, PlannedTool};

use super::chosen::{self, Chosen};
use super::movers::Watch;
use super::output::Forms;
use super::{CommandError, interrupt, output};

/// The result of trials: those of each tool, and the reason why some are missing.
type Tried = (Vec<MoverReport>, Option<CommandError>);

pub(super) fn run(arguments: &Conform) -> Result<Exit, CommandError> {
    let tool = &arguments.tool;
    let chosen = chosen::of(tool)?;
    let modes = tool.modes();
    if tool.dry_run {
        return dry_run(arguments, &chosen, &modes);
    }
    let deadline = arguments.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let watch = Watch::new(interrupt::flag()?, deadline);
    let options = |order| TrialOptions {
        order,
        modes: &modes,
        points: &tool.points,
        points_max: None,
        limit: tool.run_limit,
        must_succeed: true,
    };
    let (name, (reports, failure)) = match &chosen {
        Chosen::Tools(tools) => {
            let (site, _bed) = site(tool)?;
            let each = tools
                .iter()
                .map(|(mover, order)| (mover.to_string(), trial::trials(&site, mover, &options(*order), &watch)));
            (site.name().to_owned(), series(each)?)
        }
        Chosen::Xfer(repairs) => {
            let packages = cyrus::installed().map_err(not_up)?;
            let options = options(DirectoryStep::Tool);
            let each = repairs
                .iter()
                .map(|repair| (XFER.to_owned(), cyrus::trial::trials(&packages, repair, &options, &watch)));
            (format!("--testbed {CYRUS}"), series(each)?)
        }
    };
    let printed = print(arguments, &name, &reports);
    let ended = failure.map_or(Exit::AsExpected, |failure| {
        super::print_error(&failure);
        failure.exit()
    });
    Ok(exit(&reports).max(printed).max(ended))
}

/// Tries one tool after the other, up to the first that cannot be tried. There is no report if that is the first of all.
fn series(each: impl Iterator<Item = (String, Result<MoverReport, TrialError>)>) -> Result<Tried, CommandError> {
    let mut reports = Vec::new();
    for (name, tried) in each {
        match tried {
            Ok(report) => reports.push(report),
            Err(error) if reports.is_empty() => return Err(refused(&name, &error)),
            Err(error) => return Ok((reports, Some(refused(&name, &error)))),
        }
    }
    Ok((reports, None))
}

fn print(arguments: &Conform, site: &str, reports: &[MoverReport]) -> Exit {
    let text = |width| reported::text(site, reports, width);
    let json = || output::json(&reported::report(site, reports));
    let cases = || of_trials(site, reports);
    let notes: Vec<Note> = reported::notes(reports).into_iter().map(Note::of).collect();
    output::publish_with_notes(&arguments.output, &Forms { text: &text, json: &json, cases: Some(&cases) }, &notes)
}

/// Returns the exit code of the verdicts.
fn exit(reports: &[MoverReport]) -> Exit {
    let verdicts = || reports.iter().map(reported::verdict);
    if verdicts().any(reported::is_harmful) {
        Exit::NotAsExpected
    } else if verdicts().all(TrialVerdict::is_fine) {
        Exit::AsExpected
    } else {
        Exit::Inconclusive
    }
}

fn refused(mover: &str, error: &TrialError) -> CommandError {
    match error {
        TrialError::Tool(reason) => CommandError::Usage(format!("cannot try {mover}: {reason}")),
        TrialError::System(_) => CommandError::BrokenAdapter(format!("cannot try {mover}: {error}")),
    }
}

/// Starts the test bed or reads the configuration of the site.
fn site(tool: &ToolArguments) -> Result<(Site, Option<Bed>), CommandError> {
    let usage = |reason: String| CommandError::Usage(reason);
    match (&tool.testbed, &tool.system) {
        (Some(_), _) => {
            let bed = Bed::up().map_err(not_up)?;
            let site = Site::of_bed(&bed).map_err(|error| usage(error.to_string()))?;
            Ok((site, Some(bed)))
        }
        (None, Some(file)) => Ok((configured(file, tool.i_have_a_backup)?, None)),
        (None, None) => {
            Err(usage(format!("expected --testbed {DOVECOT}, or --system FILE with the configuration of a site")))
        }
    }
}

fn not_up(error: BedError) -> CommandError {
    match error {
        BedError::Missing(_) | BedError::NotUnpacked(_) | BedError::NotRoot | BedError::System(..) => {
            CommandError::Usage(error.to_string())
        }
        BedError::Server(_) => CommandError::BrokenAdapter(error.to_string()),
    }
}

fn configured(file: &str, is_permitted: bool) -> Result<Site, CommandError> {
    let text = files::read(Path::new(file)).map_err(|error| CommandError::Usage(error.to_string()))?;
    let site = Site::of_config(file, Config::read(file, &text)?);
    let site = site.map_err(|error| CommandError::Usage(error.to_string()))?;
    let foreign = site.foreign();
    if let (Some(first), false) = (foreign.first(), is_permitted) {
        return Err(CommandError::Usage(format!(
            "{first} is not on loopback, and a trial can lose the mail of the users it creates there, and of others if the tool \
             is wrong; add --i-have-a-backup to permit it"
        )));
    }
    Ok(site)
}

/// Prints what would be done.
fn dry_run(arguments: &Conform, chosen: &Chosen, modes: &[Mode]) -> Result<Exit, CommandError> {
    let tool = &arguments.tool;
    let site = match (chosen, &tool.testbed, &tool.system) {
        (Chosen::Xfer(_), _, _) => "test beds of Cyrus Murder on loopback, one for each trial.".to_owned(),
        (Chosen::Tools(_), None, Some(file)) => {
            let site = configured(file, true)?;
            let [from, to] = site.stores();
            let foreign = site.foreign();
            let permission = match foreign.first() {
                Some(first) if !tool.i_have_a_backup => {
                    format!("\nThis is refused without --i-have-a-backup, because {first} is not on loopback.")
                }
                Some(_) | None => String::new(),
            };
            format!(
                "the site of {file}; create a user for each trial, move the mail from {from} to {to}, and delete the user \
                 and both mailboxes afterwards.{permission}"
            )
        }
        (Chosen::Tools(_), Some(_), _) | (Chosen::Tools(_), None, None) => {
            "a test bed that starts on loopback and ends with the command; each trial has a user of its own.".to_owned()
        }
    };
    let of_tool = |(mover, order): &(Mover, DirectoryStep)| PlannedTool {
        tool: mover.to_string(),
        order: *order,
        repair: None,
        is_run_again: matches!(mover, Mover::Command(_)),
    };
    let of_repair = |repair: &&Repair| PlannedTool {
        tool: XFER.to_owned(),
        order: DirectoryStep::Tool,
        repair: repair.named(),
        is_run_again: false,
    };
    let rows: Vec<PlannedTool> = match chosen {
        Chosen::Tools(tools) => tools.iter().map(of_tool).collect(),
        Chosen::Xfer(repairs) => repairs.iter().map(of_repair).collect(),
    };
    let file = arguments.output.file.as_deref();
    Ok(output::print(&reported::dry_run(&site, &rows, modes, &tool.points, output::width(file)), file))
}
