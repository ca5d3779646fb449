//! A procedure as its file or its table says it: the steps in order, where each goes on, and whether control can run off the
//! end. What a single step does is [`super::act`]'s business.

use std::ops::Range;

use stranded_model::assumption::{Assumption, AssumptionAnswer, Assumptions};
use stranded_model::procedure::{Act, Handler, Procedure, Step, StepResult};

use super::act::ActReader;
use super::cursor::{Cursor, Text, choose, text};
use super::diagnostic::Findings;
use super::name;
use super::site::SiteNames;
use super::verb::Verb;

/// The most steps that a procedure can have.
pub const STEPS_MAX: usize = 200;

/// A step whose handlers still name labels; a broken one is kept for its label.
struct Draft<'a> {
    acts: Vec<Act>,
    label: Option<Text<'a>>,
    on: Vec<(StepResult, Text<'a>)>,
    when: Option<(Assumption, AssumptionAnswer)>,
    span: Range<usize>,
}

/// Reads a procedure; whatever is wrong with it is taken note of.
pub(crate) fn procedure(mut cursor: Cursor<'_>, site: &SiteNames, found: &mut Findings) -> Option<Procedure> {
    cursor.demand("name", "the name that scenarios and reports use", found);
    let name = cursor.string("name", found).and_then(|name| name::kebab("name", &name, found));
    let source = cursor.strings("source", found).map(|texts| name::sentences("source", &texts, found));
    cursor.demand("step", "what it does: `[[step]]` tables", found);
    let tables = cursor.tables("step", "step", found);
    if tables.is_empty() && cursor.is_empty_array("step") {
        found.report(cursor.place("step"), "the procedure has no steps", "give it at least a report");
    }
    cursor.finish(found);
    if let Some(excess) = tables.get(STEPS_MAX) {
        found.report(excess.span.clone(), "too many steps", format!("a procedure has at most {STEPS_MAX}"));
        return None;
    }
    let before = found.count();
    let drafts: Vec<Draft<'_>> = tables.into_iter().map(|table| draft(table, site, found)).collect();
    let steps = resolved(&drafts, found);
    let last = drafts.last()?.span.clone();
    if found.count() > before {
        return None;
    }
    let procedure = Procedure { name: name?, source: source.unwrap_or_default(), steps };
    if let Some(open) = open_end(&procedure) {
        let message = format!("`{}` can run off its end{}", procedure.name, under(&open));
        found.report(last, message, "a report or `on = { ok = \"label\" }` must come last");
    }
    Some(procedure)
}

fn draft<'a>(mut cursor: Cursor<'a>, site: &SiteNames, found: &mut Findings) -> Draft<'a> {
    let span = cursor.span.clone();
    let label = cursor.string("label", found);
    if let Some(label) = &label {
        let _checked = name::kebab("label", label, found);
    }
    let on = cursor.table("on", "`on`", found);
    let when = cursor.table("when", "`when`", found).and_then(|table| answer(&table, found));
    cursor.demand("do", "what the step does", found);
    let Some(verb) = cursor.choice("do", &Verb::ALL, found) else {
        return Draft { acts: Vec::new(), label, on: Vec::new(), when, span };
    };
    cursor.title = format!("{} (`{}`)", cursor.title, verb.name());
    let on = on.map(|table| handlers(&table, verb, found)).unwrap_or_default();
    let acts = ActReader { cursor: &mut cursor, site, found }.acts(verb).unwrap_or_default();
    cursor.finish(found);
    Draft { acts, label, on, when, span }
}

/// The handlers in the order of [`StepResult::ALL`].
fn handlers<'a>(table: &Cursor<'a>, verb: Verb, found: &mut Findings) -> Vec<(StepResult, Text<'a>)> {
    let results = StepResult::ALL.map(|result| (result.name(), result));
    let mut handlers = Vec::new();
    for (key, value) in table.entries() {
        let Some(result) = choose("result", &key, &results, found) else { continue };
        if !verb.can_answer(result) {
            let possible: Vec<&str> =
                results.iter().filter(|(_, result)| verb.can_answer(*result)).map(|(name, _)| *name).collect();
            let label = match possible.as_slice() {
                [] => format!("`{}` ends the run", verb.name()),
                [..] => format!("it answers {}", possible.join(", ")),
            };
            found.report(key.span(), format!("`{}` never answers `{}`", verb.name(), result.name()), label);
        }
        handlers.extend(text(result.name(), value, found).map(|label| (result, label)));
    }
    handlers.sort_by_key(|(result, _)| *result);
    handlers
}

/// An assumption and one of its values; a step depends on one assumption only.
fn answer(table: &Cursor<'_>, found: &mut Findings) -> Option<(Assumption, AssumptionAnswer)> {
    let entries: Vec<_> = table.entries().collect();
    let [(key, value)] = entries.as_slice() else {
        found.report(table.span.clone(), "`when` has not exactly one key", "one assumption and its value");
        return None;
    };
    assumed(key, &text(key.get_ref(), value, found)?, found)
}

/// An assumption and its value by their names.
pub(crate) fn assumed(
    key: &Text<'_>,
    value: &Text<'_>,
    found: &mut Findings,
) -> Option<(Assumption, AssumptionAnswer)> {
    let assumption = choose("assumption", key, &Assumption::ALL.map(|other| (other.name(), other)), found)?;
    let values: Vec<(&str, AssumptionAnswer)> = assumption.values().iter().copied().zip(0..).collect();
    let answer = choose(&format!("value of `{}`", assumption.name()), value, &values, found)?;
    Some((assumption, answer))
}

/// The steps with every label replaced by its place.
fn resolved(drafts: &[Draft<'_>], found: &mut Findings) -> Vec<Step> {
    let mut places: Vec<(&str, usize)> = Vec::new();
    let mut next = 0;
    for draft in drafts {
        if let Some(label) = &draft.label {
            let taken = places.iter().any(|(other, _)| other == label.get_ref());
            let _new = name::is_new("steps", label.get_ref(), label.span(), taken, found);
            places.push((label.get_ref(), next));
        }
        next += draft.acts.len();
    }
    let file = found.text();
    let mut steps = Vec::new();
    for draft in drafts {
        let mut on = Vec::new();
        for (result, label) in &draft.on {
            on.extend(choose("label", label, &places, found).map(|next| Handler { result: *result, next }));
        }
        for (index, act) in draft.acts.iter().enumerate() {
            let label = draft.label.as_ref().filter(|_| index == 0).map(|label| (*label.get_ref()).to_owned());
            // An `ok` leads on only from the last act of a command; whatever else it answers leads away from any.
            let leads = |handler: &&Handler| handler.result != StepResult::Ok || index + 1 == draft.acts.len();
            let on = on.iter().filter(leads).copied().collect();
            steps.push(Step { label, act: act.clone(), on, when: draft.when, line: file.line(draft.span.start) });
        }
    }
    steps
}

/// The answers to the procedure's assumptions under which control can run off its end, if there are any.
fn open_end(procedure: &Procedure) -> Option<Vec<(Assumption, AssumptionAnswer)>> {
    let mut combinations = vec![Vec::new()];
    for assumption in Assumption::ALL.into_iter().filter(|one| procedure.assumptions().any(|other| other == *one)) {
        let answers = || (0..).take(assumption.values().len()).map(move |answer| (assumption, answer));
        let with = |given: &Vec<_>| answers().map(|answer| [given.as_slice(), &[answer]].concat()).collect::<Vec<_>>();
        combinations = combinations.iter().flat_map(with).collect();
    }
    combinations.into_iter().find(|answers: &Vec<(Assumption, AssumptionAnswer)>| {
        let all = Assumptions::default();
        let assumptions = answers.iter().fold(all, |all, (assumption, answer)| all.with(*assumption, *answer));
        !is_closed(&procedure.under(&assumptions).steps)
    })
}

fn is_closed(steps: &[Step]) -> bool {
    let ends = |step: &Step| {
        matches!(step.act, Act::Report { .. }) || step.on.iter().any(|handler| handler.result == StepResult::Ok)
    };
    let inside = |step: &Step| step.on.iter().all(|handler| handler.next < steps.len());
    steps.last().is_some_and(ends) && steps.iter().all(inside)
}

fn under(answers: &[(Assumption, AssumptionAnswer)]) -> String {
    let said = |(assumption, answer): &(Assumption, AssumptionAnswer)| {
        format!("{} = \"{}\"", assumption.name(), assumption.values()[usize::from(*answer)])
    };
    match answers {
        [] => String::new(),
        [..] => format!(" under {}", answers.iter().map(said).collect::<Vec<_>>().join(", ")),
    }
}
