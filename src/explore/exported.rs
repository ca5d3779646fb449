//! Export of a trace in the formats of other programs.

use serde::Serialize;

use crate::formats::trace::{NarratedTrace, TraceFormat, dot, itf, markdown, mermaid};
use crate::report::table::TraceTable;
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

/// Exports a trace in a format.
///
/// # Errors
/// The format cannot represent this trace.
pub fn export(trace: &OpenTrace, form: TraceFormat) -> Result<Exported, LinkError> {
    let (spec, world) = (&trace.origin.spec, &trace.origin.world);
    let steps = || trace.visited.iter().filter_map(|visited| Some((&visited.world, visited.taken.as_ref()?)));
    let taken = steps().map(|(world, taken)| (&**world, &taken.before, &taken.action, taken.name.as_str()));
    let table = TraceTable::along(world, &trace.origin.initial, taken);
    let table = match Outlooks::new(spec).map(trace, false) {
        Some(map) => table.with_rescue(map),
        None => table,
    };
    let own = trace.own();
    // The property that the last step violates: a trace that names a property ends with its violation.
    let property = table.rows.last().and_then(|row| row.breaks.first()).map(|property| property.name());
    let narrated = NarratedTrace { spec, world, table: &table, property, own };
    let (end, text) = match form {
        TraceFormat::Html => ("html", single::page(trace, About { title: narrated.title(), ..About::default() })),
        TraceFormat::Itf => ("itf.json", itf::itf(&narrated)),
        TraceFormat::Mermaid => ("mmd", mermaid::mermaid(&narrated)),
        TraceFormat::Dot => ("dot", dot::dot(&narrated)),
        TraceFormat::Markdown => ("md", markdown::markdown(&narrated)),
        TraceFormat::Json if own < table.rows.len() => {
            let reason = "a trace file cannot hold an applied procedure: export ITF instead";
            return Err(LinkError(reason.to_owned()));
        }
        TraceFormat::Json => {
            let actions = steps().map(|(_, taken)| taken.action).collect();
            let path = Path { initial: trace.origin.initial.clone(), actions };
            let found = Trace { path, after: Vec::new(), repeats_from: None };
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
