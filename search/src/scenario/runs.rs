//! The `[[run]]` tables, and the procedures that they name: built-in ones, those of `[[procedure]]` tables, and files. The text of a
//! procedure is read by `procedure`.

use stranded_model::id::{AdministratorId, Id, ServerId};
use stranded_model::procedure::Procedure;
use stranded_model::scenario::{Administrator, Run, RunId, RunsMax};
use stranded_model::table::ENTRIES_MAX;

use super::bundle::Files;
use super::cursor::{Cursor, Text, choose, number};
use super::diagnostic::Findings;
use super::name::SiteNames;
use super::procedure::{parse_procedure, read_procedure};
use super::{builtin, is_procedure_text, mail_flow, name};

/// The meaning of the key `run`.
pub(super) const WHAT: &str = "the runs of procedures: `[[run]]` tables";
/// The largest number of runs of a scenario, and of its own procedures.
const RUNS_MAX: usize = 16;
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

    /// Returns true if a built-in procedure has this name and other steps.
    fn is_another_builtin(&self, procedure: &Procedure) -> bool {
        let Some(builtin) = builtin::procedure(&procedure.name) else { return false };
        let Ok(builtin) = parse_procedure(&builtin.file_name(), builtin.text, self.site) else { return false };
        let steps = |one: &Procedure| -> Vec<_> {
            one.steps.iter().map(|step| (step.act.clone(), step.on.clone(), step.when.clone())).collect()
        };
        steps(&builtin) != steps(procedure)
    }

    /// Returns the procedure that a run names.
    fn procedure(&mut self, reference: &Text<'_>, found: &mut Findings) -> Option<Procedure> {
        let word = *reference.get_ref();
        if let Some((_, procedure)) = self.known.iter().find(|(name, _)| name == word) {
            return procedure.clone();
        }
        let file = format!("{word}.toml");
        let parsed = if let Some(builtin) = builtin::procedure(word) {
            if self.files.peek(&file).is_ok_and(|text| text != builtin.text && is_procedure_text(&text)) {
                let message = format!("`{word}` is a built-in procedure, and {file} is beside this file");
                found.report(reference.span(), message, format!("write \"{file}\" for the file, or rename it"));
                return None;
            }
            parse_procedure(&builtin.file_name(), builtin.text, self.site)
        } else if word.ends_with(".toml") {
            match self.files.open(word) {
                Ok(text) => {
                    let parsed = parse_procedure(&self.files.reported(word), &text, self.site);
                    // Reports name procedures, and the rescue map has every built-in one.
                    if let Some(taken) = parsed.as_ref().ok().filter(|parsed| self.is_another_builtin(parsed)) {
                        let message = format!("`{}` is a built-in procedure with other steps", taken.name);
                        found.report(reference.span(), message, format!("give the procedure of {word} another name"));
                    }
                    parsed
                }
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
            if self.files.peek(&file).is_ok() {
                let message = format!("unknown procedure `{}`", word.escape_debug());
                found.report(
                    reference.span(),
                    message,
                    format!("did you mean the file beside this one? write \"{file}\""),
                );
            } else {
                found.unknown(reference.span(), "procedure", word, &names);
            }
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
