//! The report of a check: printed in the format of the arguments, with the traces saved beside it.

use std::cell::OnceCell;

use stranded_search::check::Checked;
use stranded_search::files;
use stranded_search::scenario::{Family, Spec};

use super::CheckOptions;
use super::counterexamples::{self, Further};
use super::not_tried::{Ways, not_tried};
use crate::cli::{Check, OutputKind};
use crate::command::output::{self, Forms};
use crate::exit::Exit;
use crate::formats::results as formats;
use crate::report::baseline::{Baseline, BaselineReport};
use crate::report::not_tried::NotTried;
use crate::report::overview::{self, Details};
use crate::report::{columns, json, matrix, trace};

/// Prints the report in the formats of the arguments.
pub(super) fn print(options: &CheckOptions<'_>, outcome: &Outcome<'_>) -> Exit {
    let Check { assumptions, output: destination, .. } = options.arguments;
    let targets = &options.targets;
    let checked = outcome.checked;
    if *assumptions {
        warn_of_left_out(options);
        let (text, json) = (|width| matrix::text(checked, width), || output::json(&matrix::matrix(checked)));
        return output::publish(destination, &Forms { text: &text, json: &json, cases: None });
    }
    if destination.destinations().any(|(format, _)| matches!(format.kind(), OutputKind::Cases(_))) {
        warn_of_left_out(options);
        if let Some(says) = outcome.compared(output::width(None)) {
            output::say(says.trim_end());
        }
    }
    let text = |width| text(outcome, width);
    let json = || output::json(outcome.report());
    let cases = || {
        let mut cases = formats::of_check(checked, &targets.files);
        cases.extend(outcome.changes().into_iter().flat_map(formats::of_baseline));
        cases.extend(targets.empty.iter().map(|name| formats::nothing_in(name)));
        cases.extend(targets.not_checked.iter().map(|one| formats::not_checked(&one.file, one.reason())));
        cases
    };
    output::publish_with_notes(destination, &Forms { text: &text, json: &json, cases: Some(&cases) }, &outcome.notes())
}

/// The results of a check.
pub(super) struct Outcome<'a> {
    options: &'a CheckOptions<'a>,
    checked: &'a [Checked<'a>],
    further: Vec<Further>,
    before: Option<&'a Baseline>,
    /// The parts of the world that were not tried.
    not_tried: Vec<NotTried>,
    /// The report as JSON, with every trace: it is made for those who ask for it.
    report: OnceCell<json::Report>,
}

impl<'a> Outcome<'a> {
    /// Returns the results, to compare with an earlier report if there is one.
    pub(super) fn of(
        options: &'a CheckOptions<'a>,
        checked: &'a [Checked<'a>],
        further: Vec<Further>,
        before: Option<&'a Baseline>,
    ) -> Self {
        Self { options, checked, further, before, not_tried: left_out(options), report: OnceCell::new() }
    }

    fn report(&self) -> &json::Report {
        self.report.get_or_init(|| {
            let targets = &self.options.targets;
            let not_checked = targets.not_checked.iter();
            let not_checked =
                not_checked.map(|one| json::NotCheckedFile { file: one.file.clone(), reason: one.reason().to_owned() });
            let mut report = json::Report {
                not_tried: self.not_tried.iter().flat_map(NotTried::entries).collect(),
                not_checked: not_checked.collect(),
                nothing_to_check_in: targets.empty.clone(),
                ..json::report(self.checked)
            };
            counterexamples::add_to(&mut report, &self.further, self.checked);
            report.baseline = self.before.map(|before| BaselineReport::of(before, &report));
            report
        })
    }

    /// Returns the changes since the earlier report, if there is one.
    fn changes(&self) -> Option<&BaselineReport> {
        self.before.and_then(|_| self.report().baseline.as_ref())
    }

    /// Returns the changes since the earlier report as text.
    fn compared(&self, width: u16) -> Option<String> {
        let (name, changes) = self.options.arguments.baseline.as_deref().zip(self.changes())?;
        Some(changes.text(&files::shown(name), width))
    }

    /// Returns the sentences that concern all cases.
    fn notes(&self) -> Vec<formats::Note> {
        let narrower = self.changes().into_iter().flat_map(|changes| &changes.narrower);
        let not_tried = self.not_tried.iter().map(|one| formats::Note::of(one.says()));
        not_tried.chain(narrower.map(|change| formats::Note { says: change.says(), is_warning: true })).collect()
    }

    /// Returns true if a verdict is worse than in the earlier report.
    pub(super) fn is_worse(&self) -> bool {
        self.changes().is_some_and(BaselineReport::is_worse)
    }
}

/// Returns the parts that a check of procedures or of the user's scenarios leaves out.
fn left_out(options: &CheckOptions<'_>) -> Vec<NotTried> {
    let specs = options.targets.specs.iter();
    if options.arguments.from.is_some() {
        return not_tried(&specs.collect::<Vec<&Spec>>(), Ways::Flags);
    }
    let of_user: Vec<&Spec> = specs.filter(|spec| spec.family == Family::User).collect();
    not_tried(&of_user, Ways::Keys)
}

/// Returns the parts that a single scenario leaves out, if nothing is violated in it: without them, `holds` reads as a promise.
fn not_tried_of_one(checked: &[Checked<'_>]) -> Vec<NotTried> {
    match checked {
        [only] if only.worst().is_none() => not_tried(&[only.spec], Ways::Keys),
        _ => Vec::new(),
    }
}

fn text(outcome: &Outcome<'_>, width: u16) -> String {
    let Outcome { options, checked, not_tried, .. } = outcome;
    let not_checked = options.targets.left_out();
    if checked.is_empty() {
        return not_checked;
    }
    let mut parts = if options.arguments.from.is_some() {
        columns::report(checked, not_tried, width)
    } else {
        let details = if options.arguments.verbose { Details::All } else { Details::WhereNeeded };
        let of_one = not_tried_of_one(checked);
        overview::report(checked, details, if not_tried.is_empty() { &of_one } else { not_tried }, width)
    };
    parts.extend(counterexamples::text(&outcome.further, checked, width));
    parts.extend(outcome.compared(width));
    parts.extend(Some(not_checked).filter(|text| !text.is_empty()));
    parts.join("\n")
}

/// Prints what is not checked to standard error, for formats that have no place for it.
fn warn_of_left_out(options: &CheckOptions<'_>) {
    let left_out = options.targets.left_out();
    if !left_out.is_empty() {
        output::warn(left_out.trim_end());
    }
}

/// Saves every counterexample in the folder of `--traces`.
pub(super) fn save_traces(options: &CheckOptions<'_>, outcome: &Outcome<'_>) -> Exit {
    let checked = outcome.checked;
    let Some(folder) = &options.arguments.traces else { return Exit::AsExpected };
    let mut saved = output::saved(folder, std::fs::create_dir_all(folder));
    for one in checked {
        for result in &one.results {
            let case = result.shown_by.map(|index| &one.combinations[index]);
            let Some((case, found)) = case.and_then(|case| Some((case, case.trace(result.property)?))) else {
                continue;
            };
            let name = result.property.name();
            let written = trace::write(one.spec, &case.world, &one.spec.touches(), name, &found);
            let path = folder.join(format!("{}.{name}.json", one.spec.name));
            saved = saved.max(output::save(&output::json(&written), &path));
        }
    }
    for (name, written) in outcome.further.iter().flat_map(|further| further.files(checked)) {
        saved = saved.max(output::save(&output::json(&written), &folder.join(name)));
    }
    saved
}
