//! The names under `never`: each must be of something that can happen, or the list says nothing.

use std::collections::BTreeSet;

use stranded_model::action::ActionKind;
use stranded_model::procedure::{Act, StepResult};
use stranded_model::property::Safety;
use stranded_model::scenario::Scenario;

use super::cursor::Text;
use super::diagnostic::{Findings, nearest, wrapped};

/// The names, if each is of a kind of action, a property, a step (`procedure/step`) or a handler (`procedure/step:result`).
pub(crate) fn checked(never: &[Text<'_>], scenario: &Scenario, found: &mut Findings) -> Vec<String> {
    let valid = names(scenario);
    let valid: Vec<&str> = valid.iter().map(String::as_str).collect();
    let mut listed = BTreeSet::new();
    for text in never {
        let name = *text.get_ref();
        if !listed.insert(name) {
            found.report(text.span(), format!("`{name}` is listed twice"), "once is enough");
        } else if !valid.contains(&name) && !found.only_counts(&text.span()) {
            let label =
                nearest(name, &valid).map_or("nothing is called so".into(), |near| format!("did you mean `{near}`?"));
            let help = "a kind of action, a property, `procedure/step` or `procedure/step:result`; a step is called by its \
                        label, or by its number from 1";
            found.report_with_help(
                text.span(),
                format!("unknown name `{name}` under `never`"),
                label,
                Some(wrapped(help)),
            );
        }
    }
    never.iter().map(|text| (*text.get_ref()).to_owned()).collect()
}

fn names(scenario: &Scenario) -> Vec<String> {
    let mut names: Vec<String> = ActionKind::ALL.map(|kind| kind.name().to_owned()).to_vec();
    names.extend(Safety::ALL.map(|safety| safety.name().to_owned()));
    for (_, run) in scenario.runs() {
        for (place, step) in run.procedure.steps.iter().enumerate() {
            let name = format!("{}/{}", run.procedure.name, run.procedure.step_name(place));
            names.extend(step.on.iter().map(|handler| format!("{name}:{}", handler.result.name())));
            if matches!(step.act, Act::Require(_)) {
                names.push(format!("{name}:{}", StepResult::Ok.name()));
            }
            names.push(name);
        }
    }
    names
}
