//! `stranded conform --tool`: tries whole tools at every fault point, on a test bed or on the staging hosts of a user.

use std::path::Path;
use std::time::Instant;

use stranded_model::assumption::Assumption;
use stranded_search::files;
use stranded_search::scenario::builtin;
use stranded_testbed::bed::{Bed, BedError};
use stranded_testbed::mover::Mover;
use stranded_testbed::proxy::point::Mode;
use stranded_testbed::system::Config;
use stranded_testbed::trial::report::{DirectoryStep, MoverReport};
use stranded_testbed::trial::site::Site;
use stranded_testbed::trial::{self, TrialError, TrialOptions};

use crate::cli::{Conform, OutputKind, ToolArguments};
use crate::exit::Exit;
use crate::report::trials as reported;

use super::movers::{self, Watch};
use super::{CommandError, interrupt, output};

/// The name for every installed mover.
const ALL: &str = "all";

/// A tool, and the moments of its directory step.
struct Tried {
    mover: Mover,
    orders: Vec<DirectoryStep>,
}

pub(super) fn run(arguments: &Conform) -> Result<Exit, CommandError> {
    let tool = &arguments.tool;
    let form = arguments.output.format.kind();
    if let OutputKind::Cases(form) = form {
        return Err(output::unsupported("conform --tool", form));
    }
    let tried = tried(tool)?;
    let modes = if tool.modes.is_empty() { Mode::ALL.to_vec() } else { tool.modes.clone() };
    if tool.dry_run {
        return dry_run(arguments, &tried, &modes);
    }
    let deadline = arguments.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let watch = Watch { interrupted: interrupt::flag()?, deadline };
    let (site, _bed) = site(tool)?;
    let mut reports = Vec::new();
    let mut failure = None;
    'tools: for one in &tried {
        for order in &one.orders {
            let options = TrialOptions { order: *order, modes: &modes, points: &tool.points, limit: tool.run_limit };
            match trial::trials(&site, &one.mover, &options, &watch) {
                Ok(report) => reports.push(report),
                Err(error) if reports.is_empty() => return Err(refused(&one.mover, &error)),
                Err(error) => {
                    failure = Some(refused(&one.mover, &error));
                    break 'tools;
                }
            }
        }
    }
    let printed = print(arguments, form, &site, &reports);
    let ended = failure.map_or(Exit::AsExpected, |failure| {
        super::print_error(&failure);
        failure.exit()
    });
    Ok(exit(&reports).max(printed).max(ended))
}

fn print(arguments: &Conform, form: OutputKind, site: &Site, reports: &[MoverReport]) -> Exit {
    let file = arguments.output.file.as_deref();
    match form {
        OutputKind::Json => output::print_json(&reported::report(site.name(), reports), file),
        OutputKind::Text | OutputKind::Cases(_) => {
            output::print(&reported::text(site.name(), reports, output::width(file)), file)
        }
    }
}

/// Returns the exit code of the verdicts.
fn exit(reports: &[MoverReport]) -> Exit {
    let trials = || reports.iter().flat_map(|report| &report.trials);
    if trials().any(|trial| reported::is_harmful(trial.verdict)) {
        Exit::NotAsExpected
    } else if trials().all(|trial| trial.verdict.is_fine()) && reports.iter().all(|report| report.stopped.is_none()) {
        Exit::AsExpected
    } else {
        Exit::Inconclusive
    }
}

fn refused(mover: &Mover, error: &TrialError) -> CommandError {
    match error {
        TrialError::Tool(reason) => CommandError::Usage(format!("cannot try {mover}: {reason}")),
        TrialError::System(_) => CommandError::BrokenAdapter(format!("cannot try {mover}: {error}")),
    }
}

/// Returns the tools of the command line.
fn tried(tool: &ToolArguments) -> Result<Vec<Tried>, CommandError> {
    let mut all = Vec::new();
    for name in &tool.tools {
        for mover in of_name(name)? {
            let default = match &mover {
                Mover::Performed { procedure, .. } if !is_operators(procedure) => DirectoryStep::Tool,
                Mover::Performed { .. } | Mover::Shipped(_) | Mover::Command(_) => DirectoryStep::Last,
            };
            let orders = if tool.directory.is_empty() { vec![default] } else { tool.directory.clone() };
            all.push(Tried { mover, orders });
        }
    }
    Ok(all)
}

/// Returns true if a procedure leaves the directory step to the operator.
fn is_operators(procedure: &str) -> bool {
    let varies = |builtin: &builtin::Builtin| {
        builtin.decoded().assumptions().any(|assumption| assumption == Assumption::DirectoryStep)
    };
    builtin::procedure(procedure).is_some_and(varies)
}

/// Returns the movers of this name.
fn of_name(name: &str) -> Result<Vec<Mover>, CommandError> {
    if name == ALL {
        return Ok(movers::installed().into_iter().map(Mover::Shipped).collect());
    }
    if let Some(shipped) = movers::named(name)? {
        return Ok(vec![Mover::Shipped(shipped)]);
    }
    let is_file = Path::new(name).extension().is_some_and(|end| end == "toml") && Path::new(name).is_file();
    if is_file || builtin::all_procedures().any(|builtin| builtin.name == name) {
        return Ok(vec![movers::performed(name)?]);
    }
    if name.contains([' ', '/', '{']) {
        return Ok(vec![Mover::Command(name.to_owned())]);
    }
    Err(CommandError::Usage(format!(
        "`{name}` is no tool; expected one of {}, all, a procedure, or a command line such as \
         'mover {{user}} {{source}} {{destination}}'",
        movers::names()
    )))
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
            Err(usage("expected --testbed dovecot, or --system FILE with the configuration of a site".into()))
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
fn dry_run(arguments: &Conform, tried: &[Tried], modes: &[Mode]) -> Result<Exit, CommandError> {
    let tool = &arguments.tool;
    let site = match (&tool.testbed, &tool.system) {
        (None, Some(file)) => {
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
        (Some(_), _) | (None, None) => {
            "a test bed that starts on loopback and ends with the command; each trial has a user of its own.".to_owned()
        }
    };
    let rows = tried.iter().flat_map(|one| one.orders.iter().map(move |order| (one.mover.to_string(), *order)));
    let rows: Vec<(String, DirectoryStep)> = rows.collect();
    let file = arguments.output.file.as_deref();
    Ok(output::print(&reported::dry_run(&site, &rows, modes, &tool.points, output::width(file)), file))
}
