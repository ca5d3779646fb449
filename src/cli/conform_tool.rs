//! The arguments of `stranded conform --tool`.

use std::time::Duration;

use clap::Args;
use clap::builder::PossibleValuesParser;
use stranded_testbed::mover::{PLACEHOLDERS, Placeholder};
use stranded_testbed::proxy::point::{FaultPoint, Mode};
use stranded_testbed::trial::report::DirectoryStep;

/// `stranded conform --tool`
#[derive(Debug, Args)]
pub struct ToolArguments {
    /// Try a whole tool at every fault point: a third-party mover or a procedure by name, `all` for the installed movers, a
    /// command line with placeholders such as {user}, {source} and {destination}, or, with --testbed cyrus, `xfer`; can be given
    /// several times
    #[arg(long = "tool", value_name = "NAME|COMMAND", long_help = tool_help(),
        conflicts_with_all = OF_ADAPTERS)]
    pub tools: Vec<String>,
    /// With --tool: the moment of the operator's directory step [default: last; tool for a procedure and xfer]
    #[arg(long = "directory", value_name = "STEP", value_delimiter = ',', requires = "tools",
        value_parser = super::one_of(&DirectoryStep::ALL, DirectoryStep::name))]
    pub directory: Vec<DirectoryStep>,
    /// With --tool: start these servers on loopback for the trials
    #[arg(long, value_name = "BED", requires = "tools", conflicts_with = "system", value_parser = PossibleValuesParser::new(super::BEDS))]
    pub testbed: Option<String>,
    /// With --tool xfer: the repair of the operator after each trial, or `all`; can be given several times [default: none]
    #[arg(long = "repair", value_name = "NAME", requires = "tools", value_parser = super::repair_names())]
    pub repairs: Vec<String>,
    /// With --tool: try the tool on the site of this configuration; mail moves from its first store to its second
    #[arg(long, value_name = "FILE", requires = "tools")]
    pub system: Option<String>,
    /// With --tool: the faults to try at each point, separated by commas; `none` tries the run without a fault only [default: all]
    #[arg(long = "mode", value_name = "MODE", value_delimiter = ',', requires = "tools",
        value_parser = super::one_of(&TriedMode::ALL, TriedMode::name))]
    pub modes: Vec<TriedMode>,
    /// With --tool: try this fault point only; can be given several times
    #[arg(long = "point", value_name = "CONNECTION:VERB:N", requires = "tools")]
    pub points: Vec<FaultPoint>,
    /// With --tool: the longest time of one run of the tool
    #[arg(long, value_name = "TIME", requires = "tools", value_parser = humantime::parse_duration, default_value = "30s")]
    pub run_limit: Duration,
    /// With --tool: print what would be done, and start nothing
    #[arg(long, requires = "tools")]
    pub dry_run: bool,
    /// With --tool: permit servers that are not on loopback
    #[arg(long, requires = "tools")]
    pub i_have_a_backup: bool,
}

/// The arguments of `conform` that are about an adapter.
const OF_ADAPTERS: [&str; 16] = [
    "scenario",
    "replay",
    "adapter",
    "drive",
    "seed",
    "whole_runs",
    "max_actions",
    "fail_under",
    "safety",
    "implements",
    "max_explanations",
    "deadline",
    "adapter_log",
    "log",
    "expected_failures",
    "save",
];

/// The mode of a fault, or no fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TriedMode(pub Option<Mode>);

impl TriedMode {
    const ALL: [Self; 5] =
        [Self(Some(Mode::Cut)), Self(Some(Mode::Swallow)), Self(Some(Mode::Kill)), Self(Some(Mode::Mail)), Self(None)];

    fn name(self) -> &'static str {
        self.0.map_or("none", Mode::name)
    }
}

impl ToolArguments {
    /// Returns the modes to try.
    pub(crate) fn modes(&self) -> Vec<Mode> {
        if self.modes.is_empty() { Mode::ALL.to_vec() } else { self.modes.iter().filter_map(|mode| mode.0).collect() }
    }
}

/// Returns the help of `--tool`, with the placeholders of a command line.
fn tool_help() -> String {
    let mut text = String::from(
        "Try a whole tool at every fault point: a third-party mover or a procedure by name, `all` for the installed movers, a command \
         line with placeholders, or, with --testbed cyrus, `xfer`; can be given several times\n\nPlaceholders of a command line, each \
         with an example of its value:",
    );
    for Placeholder { name, example, says } in PLACEHOLDERS {
        let name = format!("{{{name}}}");
        text.push_str(&format!("\n  {name:<14} {example}: {says}"));
    }
    text
}
