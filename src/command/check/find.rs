//! `stranded check SCENARIO --find CONDITION`: the shortest trace to a state in which the condition is true. The condition is judged
//! as a property that must never be true, so its counterexample is the trace.

use stranded_model::state_condition::OwnProperty;
use stranded_search::check::Checked;
use stranded_search::property::{Property, Verdict};
use stranded_search::scenario;

use super::CheckOptions;
use super::targets::Targets;
use crate::command::output::Forms;
use crate::command::{CommandError, output};
use crate::exit::Exit;
use crate::report::find::{self, FindReport};

/// The name of the condition among the properties.
const NAME: &str = "find";

/// Makes the condition the only property that the scenario states.
pub(super) fn prepare(condition: &str, targets: &mut Targets) -> Result<(), CommandError> {
    let count = targets.specs.len();
    let [spec] = &mut targets.specs[..] else {
        let reason = format!("--find needs one scenario; the command line selects {count}");
        return Err(CommandError::Usage(reason));
    };
    let never = scenario::parse_condition("--find", condition, spec)?;
    spec.scenario.properties = vec![OwnProperty { name: NAME.to_owned(), never }];
    spec.expect.clear();
    Ok(())
}

/// Prints the trace, or that there is none.
pub(super) fn print(options: &CheckOptions<'_>, condition: &str, checked: &Checked<'_>) -> Exit {
    let is_find = |property: Property| matches!(property, Property::Own(name) if Property::Own(name).name() == NAME);
    let result = checked.results.iter().find(|result| is_find(result.property)).expect("the condition is a property");
    let exit = match (result.shown_by, result.verdict) {
        (Some(_), _) => Exit::AsExpected,
        (None, Verdict::Holds | Verdict::Vacuous) => Exit::NotAsExpected,
        (None, Verdict::Inconclusive | Verdict::Violated | Verdict::Depends) => Exit::Inconclusive,
        (None, Verdict::Error) => Exit::Defect,
    };
    let report = FindReport::of(checked, result, condition, exit == Exit::NotAsExpected);
    let text = |width| find::text(checked, result, &report, width);
    let json = || output::json(&report);
    exit.max(output::publish(&options.arguments.output, &Forms { text: &text, json: &json, cases: None }))
}
