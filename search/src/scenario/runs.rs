//! The `[[run]]` and `[[procedure]]` tables, and procedure files: runs, the procedures that they name, and the order of a procedure's
//! steps. The word and the arguments of each step are read by [`ActReader`].

use std::ops::Range;

use stranded_model::assumption::{Assumption, AssumptionAnswer, Assumptions};
use stranded_model::id::{AdministratorId, Id, ServerId};
use stranded_model::procedure::{Act, Handler, MemoryLife, Procedure, Step, StepResult};
use stranded_model::scenario::{Administrator, Run, RunId, RunsMax};
use stranded_model::table::ENTRIES_MAX;

use super::arguments::ActReader;
use super::bundle::Files;
use super::cursor::{Cursor, Text, choose, number, parse_toml, text};
use super::diagnostic::{Diagnostics, Findings, SourceText};
use super::name::SiteNames;
use super::step_kind::{BuiltAct, StepKind};
use super::steps::STEPS;
use super::{MEMORIES, builtin, mail_flow, name};

/// The meaning of the key `run`.
pub(super) const WHAT: &str = "the runs of procedures: `[[run]]` tables";
/// The largest number of runs of a scenario, and of its own procedures.
const RUNS_MAX: usize = 16;
/// The largest number of steps of a procedure.
pub const STEPS_MAX: usize = 200;
/// The words for `runs-max`.
const REPETITIONS: [(&str, RunsMax); 2] = [("any", RunsMax::Any), ("until-ok", RunsMax::UntilOk)];

/// The runs of a scenario.
pub(super) struct Runs {
    /// The administrators in the order in which the file first names them.
    pub(super) administrators: Vec<Administrator>,
    /// The last run of the file.
    pub(super) last: RunId,
}

/// The procedures that the runs have named so far; `None` for one whose errors are reported already.
struct Library<'r, 'f> {
    site: &'r SiteNames,
    files: &'r mut Files<'f>,
    known: Vec<(String, Option<Procedure>)>,
}

impl Runs {
    /// Reads the runs and the procedures that they name.
    pub(super) fn read(
        root: &mut Cursor<'_>,
        site: &SiteNames,
        files: &mut Files<'_>,
        found: &mut Findings,
    ) -> Option<Self> {
        let mut library = Library { site, files, known: Vec::new() };
        for table in at_most(RUNS_MAX, root.tables("procedure", "procedure", found), "procedures", found) {
            library.define(table, found);
        }
        root.demand("run", WHAT, found);
        if root.is_empty_array("run") {
            found.report(root.span_of("run"), "the scenario has no runs", "give at least one run");
        }
        let tables = at_most(RUNS_MAX, root.tables("run", "run", found), "runs", found);
        let mut administrators: Vec<Administrator> = Vec::new();
        let mut last = None;
        for table in tables {
            let Some((administrator, run)) = read_run(table, &mut library, found) else { continue };
            let index = administrators.iter().position(|other| other.name == *administrator.get_ref());
            let index = index.unwrap_or_else(|| {
                administrators.push(Administrator { name: (*administrator.get_ref()).to_owned(), runs: Vec::new() });
                administrators.len() - 1
            });
            if index == ENTRIES_MAX {
                let label = format!("a scenario has at most {ENTRIES_MAX}");
                found.report(administrator.span(), "too many administrators", label);
            }
            administrators[index].runs.push(run);
            let run = u8::try_from(administrators[index].runs.len() - 1).unwrap_or(u8::MAX);
            last = Some(RunId { administrator: AdministratorId::at(index), run });
        }
        Some(Self { administrators, last: last? })
    }
}

/// Returns the first tables, and reports the others as too many.
fn at_most<'a>(most: usize, mut tables: Vec<Cursor<'a>>, what: &str, found: &mut Findings) -> Vec<Cursor<'a>> {
    if let Some(excess) = tables.get(most) {
        let message = format!("too many {what}: there are {}", tables.len());
        found.report(excess.span.clone(), message, format!("a scenario has at most {most}"));
    }
    tables.truncate(most);
    tables
}

fn read_run<'a>(mut table: Cursor<'a>, library: &mut Library<'_, '_>, found: &mut Findings) -> Option<(Text<'a>, Run)> {
    table.demand("administrator", "the name of the administrator", found);
    let administrator = table.string("administrator", found);
    let administrator = administrator.filter(|text| name::word("administrator", text, found).is_some());
    table.demand("procedure", "a built-in, a `[[procedure]]` of this file, or a path ending in .toml", found);
    let procedure = table.string("procedure", found).and_then(|reference| library.procedure(&reference, found));
    let procedure_span = table.span_of("procedure");
    let mut server = |key, found: &mut Findings| {
        let name = table.string(key, found)?;
        library.site.known_server(&name, found)
    };
    let (from, to, connected_to) = (server("from", found), server("to", found), server("connected-to", found));
    table.demand("from", "the server that the run takes as its source", found);
    table.demand("to", "the server that the run takes as its destination", found);
    if from.is_some() && from == to {
        let label = "the destination must be another server than the source";
        found.report(table.span_of("to"), "the run goes from a server to itself", label);
    }
    let runs_max = runs_max(&mut table, found);
    table.finish(found);
    let connected_to: Option<ServerId> = connected_to.or(from);
    let run = Run { procedure: procedure?, from: from?, to: to?, connected_to: connected_to?, runs_max: runs_max? };
    if run.from != run.to {
        mail_flow::check_run(&run, &procedure_span, found);
    }
    Some((administrator?, run))
}

fn runs_max(table: &mut Cursor<'_>, found: &mut Findings) -> Option<RunsMax> {
    let Some(value) = table.value("runs-max") else { return Some(RunsMax::Times(1)) };
    match value.get_ref().as_str() {
        Some(word) => choose("value of `runs-max`", &toml::Spanned::new(value.span(), word), &REPETITIONS, found),
        None => number("runs-max", value, 1..=9, found).map(|times| RunsMax::Times(*times.get_ref())),
    }
}

/// Returns the value of `runs-max`.
pub(super) fn repetition(runs_max: RunsMax) -> toml::Value {
    match runs_max {
        RunsMax::Times(times) => toml::Value::Integer(times.into()),
        RunsMax::Any | RunsMax::UntilOk => super::name_in(&REPETITIONS, &runs_max).into(),
    }
}

impl Library<'_, '_> {
    /// Adds a procedure of the scenario's own file.
    fn define(&mut self, mut table: Cursor<'_>, found: &mut Findings) {
        let name = table.string("name", found);
        let span = table.span_of("name");
        let procedure = read_procedure(table, self.site, found);
        let Some(name) = name else { return };
        if builtin::procedure(name.get_ref()).is_some() {
            let message = format!("`{}` is a built-in procedure", name.get_ref());
            found.report(span.clone(), message, "give yours another name");
        }
        let taken = self.known.iter().any(|(other, _)| other == name.get_ref());
        if name::is_new("procedures", name.get_ref(), span, taken, found) {
            self.known.push(((*name.get_ref()).to_owned(), procedure));
        }
    }

    /// Returns the procedure that a run names.
    fn procedure(&mut self, reference: &Text<'_>, found: &mut Findings) -> Option<Procedure> {
        let word = *reference.get_ref();
        if let Some((_, procedure)) = self.known.iter().find(|(name, _)| name == word) {
            return procedure.clone();
        }
        let parsed = if let Some(builtin) = builtin::procedure(word) {
            parse_procedure(&builtin.file_name(), builtin.text, self.site)
        } else if word.ends_with(".toml") {
            match self.files.open(word) {
                Ok(text) => parse_procedure(&self.files.reported(word), &text, self.site),
                Err(error) => {
                    found.report(reference.span(), error.to_string(), "a path from the folder of this file");
                    return None;
                }
            }
        } else {
            let own = self.known.iter().map(|(name, _)| name.as_str());
            let built_in = builtin::all_procedures().map(|builtin| builtin.name);
            let mut names: Vec<&str> = own.chain(built_in).collect();
            names.sort_unstable();
            names.dedup();
            found.unknown(reference.span(), "procedure", word, &names);
            return None;
        };
        let procedure = parsed.map_err(|diagnostics| found.absorb(diagnostics)).ok();
        if let Some(procedure) = &procedure {
            let others = self.known.iter().filter_map(|(_, other)| other.as_ref());
            let taken = others.into_iter().any(|other| other.name == procedure.name);
            let _new = name::is_new("procedures", &procedure.name, reference.span(), taken, found);
        }
        self.known.push((word.to_owned(), procedure.clone()));
        procedure
    }
}

/// Reads a procedure for a site with these names.
///
/// # Errors
/// Everything that is wrong with the text.
pub fn parse_procedure(file_name: &str, text: &str, site: &SiteNames) -> Result<Procedure, Diagnostics> {
    let file = SourceText { name: file_name.to_owned(), text: text.to_owned() };
    parse_toml(file, |root, found| read_procedure(root, site, found))
}

/// A step whose handlers still name labels. A step with errors stays, for its label.
struct Draft<'a> {
    acts: Vec<BuiltAct>,
    label: Option<Text<'a>>,
    on: Vec<(StepResult, Text<'a>)>,
    when: Vec<(Assumption, AssumptionAnswer)>,
    span: Range<usize>,
}

fn read_procedure(mut cursor: Cursor<'_>, site: &SiteNames, found: &mut Findings) -> Option<Procedure> {
    cursor.demand("name", "the name that scenarios and reports use", found);
    let name = cursor.string("name", found).and_then(|name| name::kebab("name", &name, found));
    let source = cursor.strings("source", found).map(|texts| name::sentences("source", &texts, found));
    let memory = cursor.choice("memory", &MEMORIES, found).unwrap_or_default();
    let memory_span = cursor.span_of("memory");
    cursor.demand("step", "the steps of the procedure: `[[step]]` tables", found);
    let tables = cursor.tables("step", "step", found);
    if tables.is_empty() && cursor.is_empty_array("step") {
        found.report(cursor.span_of("step"), "the procedure has no steps", "give it at least a report");
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
    let last = drafts.last()?.span.clone();
    if found.count() > before {
        return None;
    }
    let procedure = Procedure { name: name?, source: source.unwrap_or_default(), memory, steps };
    let spans: Vec<Range<usize>> =
        drafts.iter().flat_map(|draft| draft.acts.iter().map(|_| draft.span.clone())).collect();
    mail_flow::check(&procedure, &spans, found);
    if found.count() > before {
        return None;
    }
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
    let when = cursor.table("when", "`when`", found).map(|table| {
        if table.entries().next().is_none() {
            found.report(table.span.clone(), "`when` names no assumption", "an assumption and its value");
        }
        answers(&table, found)
    });
    let when = when.unwrap_or_default();
    cursor.demand("do", "the word of the step", found);
    let words: Vec<(&str, &StepKind)> = STEPS.iter().map(|step| (step.word, step)).collect();
    let Some(step) = cursor.choice("do", &words, found) else {
        return Draft { acts: Vec::new(), label, on: Vec::new(), when, span };
    };
    cursor.title = format!("{} (`{}`)", cursor.title, step.word);
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

/// Returns answers to the procedure's assumptions under which control can run off its end, if such answers exist.
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
    let is_inside = |step: &Step| step.on.iter().all(|handler| handler.next < steps.len());
    steps.last().is_some_and(ends) && steps.iter().all(is_inside)
}

fn under(answers: &[(Assumption, AssumptionAnswer)]) -> String {
    let written = |(assumption, answer): &(Assumption, AssumptionAnswer)| {
        format!("{} = \"{}\"", assumption.name(), assumption.values()[usize::from(*answer)])
    };
    match answers {
        [] => String::new(),
        [..] => format!(" under {}", answers.iter().map(written).collect::<Vec<_>>().join(", ")),
    }
}
