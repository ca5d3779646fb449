//! The tools that a command line of `stranded conform --tool` chooses, with the moments of their directory step or their repairs.

use std::path::Path;

use stranded_search::scenario::builtin;
use stranded_testbed::cyrus::CYRUS;
use stranded_testbed::cyrus::repair::Repair;
use stranded_testbed::cyrus::trial::XFER;
use stranded_testbed::mover::performed::leaves_directory_step;
use stranded_testbed::mover::{Mover, PLACEHOLDERS, unknown_placeholder};
use stranded_testbed::trial::report::DirectoryStep;

use crate::cli::ToolArguments;

use super::{CommandError, movers};

/// The name for every installed mover.
const ALL: &str = "all";

/// Tools that are tried on the same kind of servers.
pub(super) enum Chosen {
    /// Tools, each with the moment of the operator's directory step.
    Tools(Vec<(Mover, DirectoryStep)>),
    /// `XFER` of Cyrus Murder, with each of these repairs afterwards.
    Xfer(Vec<&'static Repair>),
}

/// Returns the tools of a command line.
pub(super) fn of(tool: &ToolArguments) -> Result<Chosen, CommandError> {
    let refuse = |says: String| Err(CommandError::Usage(says));
    let (is_cyrus, is_xfer) = (tool.testbed.as_deref() == Some(CYRUS), tool.tools.iter().any(|name| name == XFER));
    if let (true, Some(other)) = (is_cyrus, tool.tools.iter().find(|name| *name != XFER)) {
        return refuse(format!("`{other}` cannot be tried with --testbed {CYRUS}, which has --tool {XFER} only"));
    }
    if is_xfer && !is_cyrus {
        return refuse(format!("`{XFER}` is a command of Cyrus Murder; add --testbed {CYRUS}"));
    }
    if !is_xfer && !tool.repairs.is_empty() {
        return refuse(format!("--repair is for --tool {XFER} --testbed {CYRUS}"));
    }
    if !is_xfer {
        return Ok(Chosen::Tools(tools(tool)?));
    }
    if let Some(order) = tool.directory.iter().find(|order| **order != DirectoryStep::Tool) {
        let order = order.name();
        return refuse(format!("--directory {order} is not for `{XFER}`, which writes the directory itself"));
    }
    Ok(Chosen::Xfer(movers::repairs(&tool.repairs)))
}

fn tools(tool: &ToolArguments) -> Result<Vec<(Mover, DirectoryStep)>, CommandError> {
    let mut all = Vec::new();
    for name in &tool.tools {
        for mover in of_name(name)? {
            let default = match &mover {
                Mover::Performed { procedure, .. } if !leaves_directory_step(procedure) => DirectoryStep::Tool,
                Mover::Performed { .. } | Mover::Shipped(_) | Mover::Command(_) => DirectoryStep::Last,
            };
            let orders = if tool.directory.is_empty() { vec![default] } else { tool.directory.clone() };
            all.extend(orders.into_iter().map(|order| (mover.clone(), order)));
        }
    }
    Ok(all)
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
        if let Some(word) = unknown_placeholder(name) {
            let known = PLACEHOLDERS.map(|one| format!("{{{}}}", one.name)).join(", ");
            return Err(CommandError::Usage(format!(
                "there is no placeholder `{{{word}}}`; expected one of {known}; spaces inside the braces keep them for the shell"
            )));
        }
        if let Some(word) = unclosed_placeholder(name) {
            return Err(CommandError::Usage(format!(
                "the placeholder `{{{word}` is not closed; expected `{{{word}}}`"
            )));
        }
        return Ok(vec![Mover::Command(name.to_owned())]);
    }
    Err(CommandError::Usage(format!(
        "`{name}` is no tool; expected one of {}, all, a procedure, or a command line with a placeholder or a `/`, such as \
         'mover {{user}} {{source}} {{destination}}'",
        movers::names()
    )))
}

/// Returns the first placeholder of a command line without its closing brace. A shell variable as in `${user` is none.
fn unclosed_placeholder(command: &str) -> Option<&'static str> {
    let words = command.match_indices('{').filter(|(at, _)| !command[..*at].ends_with('$'));
    let mut words = words.filter_map(|(at, _)| command[at + 1..].split(char::is_whitespace).next());
    words.find_map(|word| PLACEHOLDERS.into_iter().find(|known| known.name == word)).map(|known| known.name)
}
