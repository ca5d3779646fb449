//! The page that says which scenario catches which mutant.

use std::fmt::Write as _;

use stranded_oracle::adapter::mutant::{self, Mutant};
use stranded_search::scenario::Spec;

use super::Caught;
use super::search::Found;

/// What is written of a length that was not found.
const NONE: &str = "–";

/// The whole page.
pub(super) fn page(specs: &[Spec], found: &[Caught]) -> String {
    let mut text = String::from(HEAD);
    let total = mutant::all().count();
    let caught = mutant::all().filter(|mutant| found.iter().any(|one| one.mutant == mutant.name)).count();
    let _ = writeln!(text, "Caught: {caught} of {total}.\n");
    text.push_str("| mutant | is to be | what it does wrong | caught soonest in | verdict | whole runs | single steps | scenarios |\n");
    text.push_str("|---|---|---|---|---|---|---|---|\n");
    for mutant in mutant::all() {
        text.push_str(&row(specs, mutant, &of(mutant, found)));
    }
    text.push_str(MATRIX);
    for mutant in mutant::all() {
        let cells: Vec<String> = of(mutant, found)
            .iter()
            .map(|one| format!("`{}` {}/{}", specs[one.scenario].name, length(&one.runs), length(&one.steps)))
            .collect();
        let _ = writeln!(text, "| `{}` | {} |", mutant.name, cells.join(", "));
    }
    text
}

fn of<'f>(mutant: &Mutant, found: &'f [Caught]) -> Vec<&'f Caught> {
    found.iter().filter(|one| one.mutant == mutant.name).collect()
}

fn row(specs: &[Spec], mutant: &Mutant, caught: &[&Caught]) -> String {
    let operations = |found: &Option<Found>| found.as_ref().map_or(usize::MAX, |found| found.operations.len());
    let soonest = caught.iter().min_by_key(|one| (operations(&one.runs), operations(&one.steps), one.scenario));
    let (scenario, verdict, runs, steps) = soonest.map_or((NONE, NONE, NONE.to_owned(), NONE.to_owned()), |one| {
        let verdict = one.runs.as_ref().or(one.steps.as_ref()).map_or(NONE, |found| found.verdict.name());
        (specs[one.scenario].name.as_str(), verdict, length(&one.runs), length(&one.steps))
    });
    let procedure = mutant.implements().map_or_else(|| "any".to_owned(), |name| format!("`{name}`"));
    format!(
        "| `{}` | {procedure} | {} | `{scenario}` | {verdict} | {runs} | {steps} | {} |\n",
        mutant.name,
        mutant.says,
        caught.len()
    )
}

fn length(found: &Option<Found>) -> String {
    found.as_ref().map_or_else(|| NONE.to_owned(), |found| found.operations.len().to_string())
}

const HEAD: &str = "# Wrong implementations, and who catches them

Made by `STRANDED_UPDATE=1 cargo test --test it mutants`; a test compares it. `stranded list mutants` lists the same mutants, and
`stranded conform SCENARIO -- stranded adapter reference --mutant NAME` drives one.

Each is the model with one defect. One that is to be a procedure runs its own wrong version of it, whatever the scenario calls its
runs, and is judged by the right version there. One that is to be any has its defect in a store, in the directory, or in what it tells.
The length is that of the shortest run that shows something the model does not allow, in deeds after the reset, when whole
procedures are run and when they are taken step by step; everything is looked at after each deed. A dash: not so, within the bounds
of the search, which are the nearest 250 places of the scenario. The verdict is the worst that the last deed showed.

A move from a server to itself that is not declined is no mutant: no scenario can have such a run. An implementation that answers
`unknown` to everything is none either: nothing that it says is wrong.

";

const MATRIX: &str = "
## Every scenario that catches it

The lengths are those in whole runs and in single steps.

| mutant | scenarios |
|---|---|
";
