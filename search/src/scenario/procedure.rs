//! Procedures: files and `[[procedure]]` tables, with the order of their steps. The word and the arguments of each step are read by
//! [`ActReader`].

use std::ops::Range;

use stranded_model::assumption::{Assumption, AssumptionAnswer, Assumptions};
use stranded_model::procedure::{Act, Handler, MemoryLife, Outcome, Procedure, Step, StepResult};

use super::arguments::ActReader;
use super::cursor::{Cursor, Text, choose, parse_toml, text};
use super::diagnostic::{Diagnostics, Findings, SourceText};
use super::name::SiteNames;
use super::step_kind::{BuiltAct, StepKind};
use super::steps::STEPS;
use super::tables::{place_of, place_of_step_key};
use super::{MEMORIES, mail_flow, name, user_words};

/// The largest number of steps of a procedure.
pub const STEPS_MAX: usize = 200;

/// Reads a procedure for a site with these names.
///
/// # Errors
/// Everything that is wrong with the text.
pub fn parse_procedure(file_name: &str, text: &str, site: &SiteNames) -> Result<Procedure, Diagnostics> {
    let file = SourceText { name: file_name.to_owned(), text: text.to_owned() };
    parse_toml(file, |root, found| read_procedure(root.with_places(place_of), site, found))
}

/// A step whose handlers still name labels. A step with errors stays, for its label.
struct Draft<'a> {
    acts: Vec<BuiltAct>,
    label: Option<Text<'a>>,
    on: Vec<(StepResult, Text<'a>)>,
    when: Vec<(Assumption, AssumptionAnswer)>,
    span: Range<usize>,
}

/// Reads a procedure from its table: the root of a file, or a `[[procedure]]` of a scenario.
pub(super) fn read_procedure(mut cursor: Cursor<'_>, site: &SiteNames, found: &mut Findings) -> Option<Procedure> {
    cursor.demand("name", "the name that scenarios and reports use", found);
    let name = cursor.string("name", found).and_then(|name| name::kebab("name", &name, found));
    let source = cursor.strings("source", found).map(|texts| name::sentences("source", &texts, found));
    let memory = cursor.choice("memory", &MEMORIES, found).unwrap_or_default();
    let memory_span = cursor.span_of("memory");
    cursor.demand("step", "the steps of the procedure: `[[step]]` tables", found);
    let tables = cursor.tables("step", "step", found);
    if tables.is_empty() && cursor.is_empty_array("step") {
        found.report(cursor.span_of("step"), "the procedure has no steps", "give it at least one");
    }
    cursor.finish(found);
    if let Some(excess) = tables.get(STEPS_MAX) {
        found.report(excess.span.clone(), "too many steps", format!("a procedure has at most {STEPS_MAX}"));
        return None;
    }
    let before = found.count();
    let drafts: Vec<Draft<'_>> = tables.into_iter().map(|table| draft(table, site, found)).collect();
    let steps = resolved(&drafts, found);
    looked_up_home(&drafts, found);
    if memory == MemoryLife::Journal
        && !drafts.iter().flat_map(|draft| &draft.acts).any(|(act, _)| act.writes_journal())
    {
        let label = "add a step `append-message`, or `list` with `as = \"copied\"`";
        found.report(memory_span, "no step writes the journal", label);
    }
    let last = drafts.last()?.span.start;
    if found.count() > before {
        return None;
    }
    let mut procedure = Procedure { name: name?, source: source.unwrap_or_default(), memory, steps };
    let spans: Vec<Range<usize>> =
        drafts.iter().flat_map(|draft| draft.acts.iter().map(|_| draft.span.clone())).collect();
    mail_flow::check(&procedure, &spans, found);
    if found.count() > before {
        return None;
    }
    if can_run_off_its_end(&procedure) {
        procedure.steps.push(report_ok(found.text().line(last)));
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
    let when = cursor.table("when", "`when`", found).map(|table| {
        if table.entries().next().is_none() {
            found.report(table.span.clone(), "`when` names no assumption", "an assumption and its value");
        }
        answers(&table, found)
    });
    let when = when.unwrap_or_default();
    cursor.demand("do", "the word of the step", found);
    let word = cursor.string("do", found);
    let step = word.and_then(|word| {
        let known = STEPS.iter().find(|step| step.word == *word.get_ref());
        if known.is_none() {
            user_words::report(&word, found);
        }
        known
    });
    let Some(step) = step else {
        return Draft { acts: Vec::new(), label, on: Vec::new(), when, span };
    };
    cursor.title = format!("{} (`{}`)", cursor.title, step.word);
    let mut cursor = cursor.with_places(place_of_step_key);
    let on = on.map(|table| handlers(&table, step, found)).unwrap_or_default();
    let acts = ActReader { cursor: &mut cursor, site, found }.acts(step).unwrap_or_default();
    cursor.finish(found);
    Draft { acts, label, on, when, span }
}

/// Reads the handlers of a step, in the order of [`StepResult::ALL`].
fn handlers<'a>(table: &Cursor<'a>, step: &StepKind, found: &mut Findings) -> Vec<(StepResult, Text<'a>)> {
    let results = StepResult::ALL.map(|result| (result.name(), result));
    let mut handlers = Vec::new();
    for (key, value) in table.entries() {
        let Some(result) = choose("result", &key, &results, found) else { continue };
        if !step.results.contains(&result) {
            let possible: Vec<&str> = step.results.iter().map(|result| result.name()).collect();
            let label = match possible.as_slice() {
                [] => format!("`{}` ends the run", step.word),
                [..] => format!("it answers {}", possible.join(", ")),
            };
            found.report(key.span(), format!("`{}` never answers `{}`", step.word, result.name()), label);
        }
        handlers.extend(text(result.name(), value, found).map(|label| (result, label)));
    }
    handlers.sort_by_key(|(result, _)| *result);
    handlers
}

/// Reads answers to assumptions, in the order of [`Assumption::ALL`].
pub(super) fn answers(table: &Cursor<'_>, found: &mut Findings) -> Vec<(Assumption, AssumptionAnswer)> {
    let mut answers = Vec::new();
    for (key, value) in table.entries() {
        let value = text(key.get_ref(), value, found);
        answers.extend(value.and_then(|value| assumed(&key, &value, found)));
    }
    answers.sort_unstable();
    answers
}

/// Returns an assumption and its answer by their names.
fn assumed(key: &Text<'_>, value: &Text<'_>, found: &mut Findings) -> Option<(Assumption, AssumptionAnswer)> {
    let assumption = choose("assumption", key, &Assumption::ALL.map(|other| (other.name(), other)), found)?;
    let values: Vec<(&str, AssumptionAnswer)> = assumption.values().iter().copied().zip(0..).collect();
    let answer = choose(&format!("value of `{}`", assumption.name()), value, &values, found)?;
    Some((assumption, answer))
}

/// Returns the steps, with the index of a step in place of each label.
fn resolved(drafts: &[Draft<'_>], found: &mut Findings) -> Vec<Step> {
    let mut labels: Vec<(&str, usize)> = Vec::new();
    let mut next = 0;
    for draft in drafts {
        if let Some(label) = &draft.label {
            let taken = labels.iter().any(|(other, _)| other == label.get_ref());
            let _new = name::is_new("steps", label.get_ref(), label.span(), taken, found);
            labels.push((label.get_ref(), next));
        }
        next += draft.acts.len();
    }
    let file = found.text();
    let mut steps = Vec::new();
    for draft in drafts {
        let mut on = Vec::new();
        for (result, label) in &draft.on {
            if labels.is_empty() {
                let message = format!("unknown label `{}`", label.get_ref().escape_debug());
                found.report(label.span(), message, "no step has a label");
                continue;
            }
            on.extend(choose("label", label, &labels, found).map(|next| Handler { result: *result, next }));
        }
        for (index, (act, answer)) in draft.acts.iter().enumerate() {
            let label = draft.label.as_ref().filter(|_| index == 0).map(|label| (*label.get_ref()).to_owned());
            // A handler for `ok` belongs to the last act of a command under each answer, any other to each of its acts.
            let is_last = draft.acts[index + 1..].iter().all(|(_, other)| other.is_some() && other != answer);
            let applies = |handler: &&Handler| handler.result != StepResult::Ok || is_last;
            let on = on.iter().filter(applies).copied().collect();
            let when = draft.when.iter().chain(answer).copied().collect();
            steps.push(Step { label, act: act.clone(), on, when, line: file.line(draft.span.start) });
        }
    }
    steps
}

/// Reports steps at the home in a procedure that never looks it up.
fn looked_up_home(drafts: &[Draft<'_>], found: &mut Findings) {
    let acts = |draft: &Draft<'_>| draft.acts.iter().map(|(act, _)| act).cloned().collect::<Vec<Act>>();
    if drafts.iter().flat_map(acts).any(|act| matches!(act, Act::LookUpHome { .. })) {
        return;
    }
    for draft in drafts.iter().filter(|draft| acts(draft).iter().any(Act::names_looked_up_home)) {
        let message = "the step acts at `home`, and no step looks the home up";
        found.report(draft.span.clone(), message, "add a step `do = \"look-up-home\"` before it");
    }
}

/// Returns the step that ends a procedure without a last report. `line` is that of the last written step.
fn report_ok(line: u32) -> Step {
    let act = Act::Report { outcome: Outcome::Ok, says: None };
    Step { label: None, act, on: Vec::new(), when: Vec::new(), line }
}

/// Returns true if control can run off the end of the procedure under some answers to its assumptions.
fn can_run_off_its_end(procedure: &Procedure) -> bool {
    let mut combinations = vec![Assumptions::default()];
    for assumption in Assumption::ALL.into_iter().filter(|one| procedure.assumptions().any(|other| other == *one)) {
        let answers = || (0..).take(assumption.values().len());
        let with = |given: &Assumptions| answers().map(|answer| given.with(assumption, answer)).collect::<Vec<_>>();
        combinations = combinations.iter().flat_map(with).collect();
    }
    combinations.iter().any(|assumptions| !is_closed(&procedure.under(assumptions).steps))
}

fn is_closed(steps: &[Step]) -> bool {
    let ends = |step: &Step| {
        matches!(step.act, Act::Report { .. }) || step.on.iter().any(|handler| handler.result == StepResult::Ok)
    };
    let is_inside = |step: &Step| step.on.iter().all(|handler| handler.next < steps.len());
    steps.last().is_some_and(ends) && steps.iter().all(is_inside)
}
