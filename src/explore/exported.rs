//! Export of a trace in the formats of other programs.

use serde::Serialize;
use stranded_model::action::Action;

use crate::formats::trace::{NarratedTrace, TraceFormat, dot, itf, markdown, mermaid};
use crate::report::table::{TraceRow, TraceTable};
use crate::report::trace;
use stranded_search::check::Trace;
use stranded_search::engine::Path;
use stranded_search::trace_file::TraceFile;

use super::detail::Outlooks;
use super::document::About;
use super::link::LinkError;
use super::open_trace::OpenTrace;
use super::single;

/// The formats inside a page that is a file. DOT and ITF would make it too large.
pub const INSIDE: [TraceFormat; 3] = [TraceFormat::Json, TraceFormat::Markdown, TraceFormat::Mermaid];

/// An exported trace.
#[derive(Clone, Debug, Serialize)]
pub struct Exported {
    /// The file name.
    pub name: String,
    /// The content.
    pub text: String,
}

/// Exports a trace in a format. `property` is the one that the trace was made to violate; the steps after its violation are marked as such.
///
/// # Errors
/// The format cannot represent this trace.
pub fn export(trace: &OpenTrace, form: TraceFormat, property: Option<&str>) -> Result<Exported, LinkError> {
    let (spec, world) = (&trace.origin.spec, &trace.origin.world);
    let steps = || trace.visited.iter().filter_map(|visited| Some((&visited.world, visited.taken.as_ref()?)));
    let taken = steps().map(|(world, taken)| (&**world, &taken.before, &taken.action, taken.name.as_str()));
    let table = TraceTable::along(world, &trace.origin.initial, taken);
    let own = trace.own();
    let violated_at = |table: &TraceTable| {
        let is_violated = |row: &&TraceRow| row.breaks.iter().any(|broken| Some(broken.name()) == property);
        table.rows.iter().take(own).find(is_violated).map(|row| row.number)
    };
    let shown_at = violated_at(&table);
    let table = match Outlooks::new(spec).map(trace, false) {
        Some(map) if form.recommends() => table.with_rescue(map).with_repair(|number| &trace.visited[number].world),
        Some(map) => table.with_rescue(map),
        None => table,
    };
    // Without a given property, the one that the last step violates: a trace that names a property ends with its violation.
    let last = table.rows.last().and_then(|row| row.breaks.first()).map(|property| property.name());
    let (property, length) = match shown_at {
        Some(number) => (property, number),
        None => (last, table.rows.len()),
    };
    let is_after = |row: TraceRow| TraceRow { is_after: row.number > length, ..row };
    let table = TraceTable { rows: table.rows.into_iter().map(is_after).collect(), ..table };
    let narrated = NarratedTrace { spec, world, table: &table, property, own };
    let about =
        About { title: narrated.title(), property: property.map(str::to_owned), repeats_from: None, forked_at: None };
    let (end, text) = match form {
        TraceFormat::Html => ("html", single::page(trace, about)),
        TraceFormat::Itf => ("itf.json", itf::itf(&narrated)),
        TraceFormat::Mermaid => ("mmd", mermaid::mermaid(&narrated)),
        TraceFormat::Dot => ("dot", dot::dot(&narrated)),
        TraceFormat::Markdown => ("md", markdown::markdown(&narrated)),
        TraceFormat::Json if own < table.rows.len() => {
            let reason = "a trace file cannot hold an applied procedure: export ITF instead";
            return Err(LinkError(reason.to_owned()));
        }
        TraceFormat::Json => {
            let mut actions: Vec<Action> = steps().map(|(_, taken)| taken.action).collect();
            let after = actions.split_off(length);
            let path = Path { initial: trace.origin.initial.clone(), actions };
            let found = Trace { path, after, repeats_from: None };
            let written = trace::write(spec, world, &spec.touches(), "", &found);
            let written = TraceFile { property: property.map(str::to_owned), ..written };
            let mut text = serde_json::to_string_pretty(&written).expect("every trace can be written as JSON");
            text.push('\n');
            ("json", text)
        }
    };
    let plain = |character: char| if character.is_ascii_alphanumeric() || character == '-' { character } else { '_' };
    let name: String = spec.name.chars().map(plain).collect();
    Ok(Exported { name: format!("{name}.{end}"), text })
}
