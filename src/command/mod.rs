//! The commands: each one reads its input, calls the library, prints the result and returns the exit code.

mod adapter;
mod advise;
mod annotations;
mod check;
#[cfg(feature = "testbed")]
mod chosen;
mod conform;
#[cfg(feature = "testbed")]
mod conform_tool;
mod diff;
mod doctor;
#[cfg(feature = "explore")]
mod explore;
mod generate;
mod init;
mod interrupt;
mod job;
mod judging;
mod list;
mod man;
#[cfg(feature = "testbed")]
mod movers;
mod oracle;
mod output;
mod outputs;
#[cfg(feature = "testbed")]
mod perform;
mod replay;
#[cfg(feature = "testbed")]
mod snapshot;
mod summary;
#[cfg(feature = "testbed")]
mod system;
#[cfg(feature = "testbed")]
mod testbed;
mod validate;
mod watch;

use std::fmt;
use std::process::ExitCode;

use self::annotations::Reach;
pub use self::job::refuse as refuse_in_job;
pub use self::man::complete;
use crate::cli::{Cli, Command, Show};
use crate::exit::Exit;
use stranded_oracle::event_log::LogError;
use stranded_search::property::Property;
use stranded_search::sanitize::visible;
use stranded_search::scenario::{self, Diagnostics, builtin};

/// The reasons why a command has no result.
#[derive(Debug)]
pub enum CommandError {
    /// A scenario or a procedure file is invalid.
    Input(Diagnostics),
    /// A line of a log is invalid.
    Log(Box<LogError>),
    /// An argument, a file or the system is at fault.
    Usage(String),
    /// A step of a trace is not possible.
    NotAsExpected(String),
    /// A needed process did not connect or was lost, or a search was truncated.
    Inconclusive(String),
    /// An adapter broke the protocol, hung or died unexpectedly.
    BrokenAdapter(String),
}

impl CommandError {
    /// Returns the exit code of this error.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Input(_) | Self::Log(_) | Self::Usage(_) => Exit::Usage,
            Self::NotAsExpected(_) => Exit::NotAsExpected,
            Self::Inconclusive(_) => Exit::Inconclusive,
            Self::BrokenAdapter(_) => Exit::BrokenAdapter,
        }
    }
}

impl From<Diagnostics> for CommandError {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Input(diagnostics)
    }
}

impl From<Box<LogError>> for CommandError {
    fn from(error: Box<LogError>) -> Self {
        Self::Log(error)
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input(diagnostics) => f.write_str(&diagnostics.render(true)),
            Self::Log(error) => f.write_str(&error.render(true)),
            Self::Usage(reason)
            | Self::NotAsExpected(reason)
            | Self::Inconclusive(reason)
            | Self::BrokenAdapter(reason) => {
                // No line of foreign text stands where a line of the program begins.
                let reason = visible(reason).replace('\n', "\n  ");
                write!(f, "{}error{}: {reason}", output::ERROR.render(), output::ERROR.render_reset())
            }
        }
    }
}

/// Runs the command of the command line.
///
/// # Errors
/// The reason why there is no result; none was printed then.
pub fn run(cli: &Cli) -> Result<Exit, CommandError> {
    // Before the destinations are known to be right, no error is written to them.
    outputs::check(&cli.command).inspect_err(|error| annotations::print(&cli.command, error, Reach::Log))?;
    perform(&cli.command).inspect_err(|error| annotations::print(&cli.command, error, Reach::All))
}

fn perform(command: &Command) -> Result<Exit, CommandError> {
    match command {
        Command::Adapter(command) => adapter::run(command),
        Command::Advise(arguments) => advise::run(arguments),
        Command::Check(arguments) => check::run(arguments),
        #[cfg(feature = "testbed")]
        Command::Conform(arguments) if !arguments.tool.tools.is_empty() => conform_tool::run(arguments),
        Command::Conform(arguments) => conform::run(arguments),
        Command::Diff(arguments) => diff::run(arguments),
        Command::Doctor(arguments) => doctor::run(arguments),
        Command::List(arguments) => list::run(arguments),
        Command::Show(arguments) => show(arguments),
        Command::Replay(arguments) => replay::run(arguments),
        #[cfg(feature = "explore")]
        Command::Explore(arguments) => explore::run(arguments),
        Command::Schema(arguments) => {
            Ok(output::print_json(&crate::schema::schema(arguments.kind), arguments.file.as_deref()))
        }
        Command::Generate(arguments) => generate::run(arguments),
        Command::Oracle(arguments) => oracle::run(arguments),
        #[cfg(feature = "testbed")]
        Command::Snapshot(arguments) => snapshot::run(arguments),
        #[cfg(feature = "testbed")]
        Command::Testbed(command) => testbed::run(command),
        Command::Validate(arguments) => validate::run(arguments),
        Command::Init(arguments) => init::run(arguments),
        Command::Completions(arguments) => man::completions(arguments.shell),
        Command::Man(arguments) => man::run(arguments),
    }
}

/// Prints an error to standard error.
pub fn print_error(error: &CommandError) {
    output::say(error.to_string().trim_end());
}

/// Prints the text of `--help`, or an error of the command line.
#[must_use]
pub fn print_usage(reason: &clap::Error) -> ExitCode {
    let text = reason.render().ansi().to_string();
    if reason.use_stderr() {
        output::say(text.trim_end());
        return ExitCode::from(Exit::Usage.code());
    }
    ExitCode::from(output::print(&format!("{}\n", text.trim_end()), None).code())
}

fn show(arguments: &Show) -> Result<Exit, CommandError> {
    let name = &arguments.name;
    let (kind, builtins): (_, Vec<&builtin::Builtin>) = if arguments.procedure {
        ("procedure", builtin::all_procedures().collect())
    } else {
        ("scenario", builtin::scenarios().iter().collect())
    };
    let Some(found) = builtins.iter().find(|builtin| builtin.name == name) else {
        let is_other_kind =
            if arguments.procedure { builtin::scenario(name).is_some() } else { builtin::procedure(name).is_some() };
        if is_other_kind {
            let (other, flag) = if arguments.procedure { ("scenario", "") } else { ("procedure", "--procedure ") };
            let help = format!("print it with: stranded show {flag}{name}");
            return Err(scenario::Diagnostics::just(format!("{name} is a {other}, not a {kind}"), Some(help)).into());
        }
        if let Some(property) = Property::all().find(|property| property.name() == name) {
            let says = format!("{name} is a property, not a {kind}: {}", property.says());
            let help = "`stranded list properties` prints all of them".to_owned();
            return Err(scenario::Diagnostics::just(says, Some(help)).into());
        }
        let names: Vec<&str> = builtins.iter().map(|builtin| builtin.name).collect();
        return Err(CommandError::Input(scenario::unknown_name(kind, name, &names)));
    };
    Ok(output::print(found.text, arguments.file.as_deref()))
}
