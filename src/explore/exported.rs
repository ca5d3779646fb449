//! A way in the forms of other programs, for the page to hand out.

use serde::Serialize;

use crate::formats::trace::{Form, NarratedTrace, dot, itf, markdown, mermaid};
use crate::report::story::Story;
use crate::report::trace;
use stranded_search::check::Trace;
use stranded_search::engine::Path;
use stranded_search::trace_file::TraceFile;

use super::detail::Outlooks;
use super::document::About;
use super::link::LinkError;
use super::single;
use super::walk::Walk;

/// The forms that a page which is a file has inside. A graph and a whole trace with its variables would make it too large.
pub const INSIDE: [Form; 3] = [Form::Json, Form::Markdown, Form::Mermaid];

/// A way in some form.
#[derive(Clone, Debug, Serialize)]
pub struct Exported {
    /// What its file is called.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// Writes a way in a form.
///
/// # Errors
/// That it cannot be written in this form.
pub fn export(walk: &Walk, form: Form) -> Result<Exported, LinkError> {
    let (spec, world) = (&walk.origin.spec, &walk.origin.world);
    let steps = || walk.stops.iter().filter_map(|stop| Some((&stop.world, stop.taken.as_ref()?)));
    let taken = steps().map(|(world, taken)| (&**world, &taken.before, &taken.action, taken.name.as_str()));
    let story = Story::along(world, &walk.origin.initial, taken);
    let story = match Outlooks::new(spec).map(walk, false) {
        Some(map) => story.with_rescue(map),
        None => story,
    };
    let own = walk.own();
    // A way breaks what its last step breaks; a trace that names a property ends where it is broken.
    let property = story.rows.last().and_then(|row| row.breaks.first()).map(|property| property.name());
    let narrated = NarratedTrace { spec, world, story: &story, property, own };
    let (end, text) = match form {
        Form::Html => ("html", single::page(walk, About { title: narrated.title(), ..About::default() })),
        Form::Itf => ("itf.json", itf::itf(&narrated)),
        Form::Mermaid => ("mmd", mermaid::mermaid(&narrated)),
        Form::Dot => ("dot", dot::dot(&narrated)),
        Form::Markdown => ("md", markdown::markdown(&narrated)),
        Form::Json if own < story.rows.len() => {
            let says = "a trace file has no place for a procedure that was put in: export ITF, which has";
            return Err(LinkError(says.to_owned()));
        }
        Form::Json => {
            let actions = steps().map(|(_, taken)| taken.action).collect();
            let path = Path { initial: walk.origin.initial.clone(), actions };
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
