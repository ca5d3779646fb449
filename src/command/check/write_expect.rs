//! `stranded check --write-expect`: writes the verdicts of today into the `[expect]` tables of scenario files. Either every file gets
//! its verdicts, or no file changes.

use std::path::Path;

use stranded_model::property::Safety;
use stranded_search::check::Checked;
use stranded_search::files;
use stranded_search::property::{Property, Verdict};
use stranded_search::scenario::{self, Spec};

use super::CheckOptions;
use super::targets::Targets;
use crate::cli::{Check, OutputKind};
use crate::command::{CommandError, output};
use crate::exit::Exit;

/// Checks before the search that every scenario has a file that can be written, and forgets the old expectations: they decide what
/// `coverage` demands.
pub(super) fn prepare(arguments: &Check, targets: &mut Targets) -> Result<(), CommandError> {
    if arguments.output.destinations().any(|(format, _)| format.kind() != OutputKind::Text) {
        return Err(CommandError::Usage("--write-expect prints text: leave out --format and --report".to_owned()));
    }
    for spec in &mut targets.specs {
        let Some(file) = targets.files.scenarios.get(&spec.name) else {
            let name = &spec.name;
            let reason = format!(
                "{name} is built in, and its [expect] table cannot be written; copy it first: stranded show {name} -o {name}.toml"
            );
            return Err(CommandError::Usage(reason));
        };
        files::check_file(Path::new(file))
            .map_err(|reason| CommandError::Usage(format!("cannot write to {file}: {reason}")))?;
        spec.expect.retain(|(property, _)| matches!(property, Property::Liveness(_)));
    }
    Ok(())
}

/// Writes the files and prints what changed.
pub(super) fn write(options: &CheckOptions<'_>, checked: &[Checked<'_>]) -> Result<Exit, CommandError> {
    let undecided: Vec<String> = checked.iter().flat_map(undecided).collect();
    if !undecided.is_empty() {
        let reason = format!("nothing is written, because there is no verdict:\n{}", undecided.join("\n"));
        return Err(CommandError::Inconclusive(reason));
    }
    let edits: Result<Vec<Edit<'_>>, CommandError> = checked.iter().map(|one| Edit::of(options, one)).collect();
    let edits = edits?;
    let refused: Vec<&str> = edits.iter().flat_map(|edit| &edit.to_accept).map(String::as_str).collect();
    if !refused.is_empty() && !options.arguments.accept_violations {
        let reason = format!(
            "nothing is written, because CI would accept this from then on; --accept-violations writes it too:\n{}",
            refused.join("\n")
        );
        return Err(CommandError::NotAsExpected(reason));
    }
    let mut exit = Exit::AsExpected;
    let mut says = String::new();
    for edit in &edits {
        let is_changed = edit.old != edit.new;
        let saved = if is_changed { output::save(&edit.new, Path::new(edit.file)) } else { Exit::AsExpected };
        exit = exit.max(saved);
        says.push_str(&match (saved, is_changed) {
            (Exit::AsExpected, true) => format!("{}: written to [expect]\n{}", edit.file, edit.changes),
            (Exit::AsExpected, false) => format!("{}: [expect] has every verdict already\n", edit.file),
            (_, _) => format!("{}: not written\n", edit.file),
        });
    }
    says.push_str(&options.targets.left_out());
    Ok(exit.max(output::print(&says, options.arguments.output.file.as_deref())))
}

/// The new text of a file.
struct Edit<'a> {
    file: &'a str,
    old: String,
    new: String,
    /// A line for each expectation that is new or different.
    changes: String,
    /// A line for each verdict that the user has to accept.
    to_accept: Vec<String>,
}

impl<'a> Edit<'a> {
    fn of(options: &'a CheckOptions<'_>, checked: &Checked<'_>) -> Result<Self, CommandError> {
        let file = options.targets.files.scenarios[&checked.spec.name].as_str();
        let old = files::read(file).map_err(|error| CommandError::Usage(error.to_string()))?;
        let before = scenario::load_scenario(file)?;
        let verdicts: Vec<(Property, Verdict)> =
            checked.results.iter().map(|result| (result.property, result.verdict)).collect();
        let new = scenario::with_expectations(&old, &verdicts);
        let changes = verdicts.iter().filter_map(|(property, verdict)| change(&before, *property, *verdict));
        let changes = changes.collect();
        let name = &checked.spec.name;
        let worse = verdicts.iter().filter(|(property, verdict)| is_to_accept(&before, *property, *verdict));
        let worse = worse.map(|(property, verdict)| format!("{name}/{} is {verdict}", property.name()));
        let is_said = |one: Safety| before.expected(Property::Safety(one)) == Some(Verdict::Vacuous);
        let is_said = [Safety::NoLoss, Safety::NoFalseSuccess].into_iter().any(is_said);
        let untried = checked.not_exercised().filter(|_| !is_said).map(|reason| format!("{name}: {reason}"));
        let to_accept = worse.chain(untried).collect();
        Ok(Self { file, old, new, changes, to_accept })
    }
}

/// Returns true if the user has to accept a verdict: the property is violated, which the file does not expect, or the verdict replaces `holds`.
fn is_to_accept(before: &Spec, property: Property, verdict: Verdict) -> bool {
    let expected = before.expected(property);
    match verdict {
        Verdict::Violated | Verdict::Depends => expected != Some(verdict),
        Verdict::Vacuous => expected == Some(Verdict::Holds),
        Verdict::Holds | Verdict::Inconclusive | Verdict::Error => false,
    }
}

fn change(before: &Spec, property: Property, verdict: Verdict) -> Option<String> {
    let name = property.name();
    match before.expected(property) {
        Some(old) if old == verdict => None,
        Some(old) => Some(format!("  {name} = \"{verdict}\"  (before: \"{old}\")\n")),
        None => Some(format!("  {name} = \"{verdict}\"\n")),
    }
}

/// Returns a line for each property without a verdict, and for a search that is not complete.
fn undecided(checked: &Checked<'_>) -> Vec<String> {
    let is_undecided = |verdict: Verdict| match verdict {
        Verdict::Inconclusive | Verdict::Error => true,
        Verdict::Holds | Verdict::Violated | Verdict::Depends | Verdict::Vacuous => false,
    };
    let name = &checked.spec.name;
    let results = checked.results.iter().filter(|result| is_undecided(result.verdict));
    let lines = results.map(|result| format!("{name}/{} is {}", result.property.name(), result.verdict));
    let truncated = checked.truncated().map(|truncated| format!("{name}: the search is incomplete: {truncated}"));
    lines.chain(truncated).collect()
}
