//! Commands that the scripts of several mail systems share. They call functions that `lists.sh` or the script of the system defines.

use stranded_model::procedure::{Only, ServerRef};

use super::servers::Servers;

/// Returns the commands that delete the messages that the list has (`held`), or lacks (`missing`). The commands `before` stand right before the
/// deletion.
pub(super) fn delete(chosen: &str, server: &str, only: Only, before: &str) -> String {
    let noted = match only {
        Only::Any => "",
        Only::Copied => "held todo copied chosen\nmv \"$WORK/chosen\" \"$WORK/todo\"\n",
    };
    format!("list {server} now\n{chosen} now listed todo\n{noted}{before}expunge todo {server}\n")
}

/// Returns the commands that stop the script if the source holds a message that the destination lacks.
pub(super) fn require_nothing_left(servers: &Servers<'_>) -> String {
    let (from, to) = (servers.variable(servers.from), servers.variable(servers.to));
    format!(
        "list {from} from\nlist {to} now\nmissing from now left\nrequire_empty left 'only on {from}; observe again'\n"
    )
}

/// Returns the commands that stop the script if a server of the run holds a message that the other one lacks.
pub(super) fn only_if_held_elsewhere(servers: &Servers<'_>, server: ServerRef) -> String {
    let id = servers.id(server);
    let other = if id == servers.from { servers.to } else { servers.from };
    let (server, other) = (servers.variable(id), servers.variable(other));
    format!(
        "# Nothing is deleted that {other} lacks.\nlist {server} gone\nlist {other} kept\nmissing gone kept left\nrequire_empty left 'only on \
         {server}'\n"
    )
}
