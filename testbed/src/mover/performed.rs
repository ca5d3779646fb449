//! Procedures of the model as movers: `stranded testbed perform` carries them out, and the directory step is either a step of the
//! procedure or the operator's. Knows nothing of servers.

use std::fs;
use std::io;

use stranded_model::assumption::Assumption;
use stranded_model::procedure::{Act, Step};
use stranded_search::scenario::builtin;
use toml::{Table, Value};

/// The movers of our own that are tried beside the third-party ones.
pub const OWN: [&str; 2] = ["naive-move", "move-then-merge"];

/// The step of a procedure that writes the home from one server to another.
const DIRECTORY_STEP: &str = "sync-directory";

/// Returns true if a built-in procedure writes the directory itself, whatever the operator does.
#[must_use]
pub fn has_own_directory_step(procedure: &str) -> bool {
    let writes = |step: &Step| step.when.is_empty() && matches!(step.act, Act::SyncDirectory { .. });
    builtin::procedure(procedure).is_some_and(|builtin| builtin.decoded().steps.iter().any(writes))
}

/// Returns true if a built-in procedure leaves the directory step to the operator, whose moment is an assumption. One that writes the
/// home as it is typed neither has the step nor leaves it.
#[must_use]
pub fn leaves_directory_step(procedure: &str) -> bool {
    let is_left = |assumption: Assumption| assumption == Assumption::DirectoryStep;
    builtin::procedure(procedure).is_some_and(|builtin| builtin.decoded().assumptions().any(is_left))
}

/// Returns the text of a built-in procedure or of a file, with a directory step that does nothing and answers ok, under a name of its
/// own. The other steps, all labels and all jumps stay.
///
/// # Errors
/// The file cannot be read, or is no procedure.
pub(crate) fn without_directory_step(procedure: &str) -> io::Result<String> {
    let text = match builtin::procedure(procedure) {
        Some(builtin) => builtin.text.to_owned(),
        None => fs::read_to_string(procedure)
            .map_err(|reason| io::Error::new(reason.kind(), format!("cannot read {procedure}: {reason}")))?,
    };
    let mut root: Table =
        toml::from_str(&text).map_err(|reason| io::Error::other(format!("{procedure} is no TOML: {reason}")))?;
    let name = root.get("name").and_then(Value::as_str).unwrap_or(procedure);
    let name = format!("{name}-without-directory-step");
    root.insert("name".to_owned(), name.into());
    let steps = root.get_mut("step").and_then(Value::as_array_mut).into_iter().flatten();
    for step in steps.filter_map(Value::as_table_mut) {
        if step.get("do").and_then(Value::as_str) == Some(DIRECTORY_STEP) {
            step.retain(|key, _| ["label", "when", "on"].contains(&key));
            step.insert("do".to_owned(), "require".into());
            step.insert("differ".to_owned(), vec!["from", "to"].into());
        }
    }
    Ok(root.to_string())
}
