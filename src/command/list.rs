//! `stranded list`

use std::fmt::Write as _;

use serde::Serialize;
use stranded_model::assumption::Assumption;

use crate::cli::{List, ListTopic};
use crate::exit::Exit;
use crate::report::list::ListItem;
use crate::report::movers;
use crate::report::procedure_words::words;
use stranded_oracle::adapter::mutant;
use stranded_search::lines::wrapped;
use stranded_search::property::Property;
use stranded_search::scenario;

use super::output::Forms;
use super::{CommandError, output};

pub(super) fn run(arguments: &List) -> Result<Exit, CommandError> {
    Ok(match arguments.what {
        ListTopic::Scenarios => print(arguments, &scenarios()?, text),
        ListTopic::Procedures => print(arguments, &procedures(), text),
        ListTopic::Properties => print(arguments, &properties(), text),
        ListTopic::Assumptions => print(arguments, &assumptions(), text),
        ListTopic::Mutants => print(arguments, &mutants(), text),
        ListTopic::Movers => print(arguments, &movers::movers(), movers::text),
    })
}

/// Prints entries in the requested formats. `text` wraps them for a terminal of a width; without one each entry is one line, for `grep`
/// and `awk`.
fn print<T: Serialize>(arguments: &List, entries: &[T], text: fn(&[T], Option<u16>) -> String) -> Exit {
    let terminal = output::terminal_width(arguments.output.file.as_deref());
    let (text, json) = (|_| text(entries, terminal), || output::json(&entries));
    output::publish(&arguments.output, &Forms { text: &text, json: &json, cases: None })
}

fn text(items: &[ListItem], width: Option<u16>) -> String {
    let indent = 2 + items.iter().map(|item| item.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for item in items {
        let mut says = item.says.clone();
        if !item.values.is_empty() {
            let _ = write!(says, " ({})", item.values.join(", "));
        }
        if let Some(procedure) = item.implements {
            let _ = write!(says, " ({procedure})");
        }
        if let Some(source) = item.source.as_ref().filter(|source| !source.is_empty()) {
            let _ = write!(says, " [{}]", source.join(", "));
        }
        let _ = writeln!(text, "{:<indent$}{}", item.name, wrapped(&says, indent, width.unwrap_or(u16::MAX)));
    }
    text
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn scenarios() -> Result<Vec<ListItem>, CommandError> {
    let specs = scenario::select(&[])?;
    let item = |spec: scenario::Spec| ListItem {
        says: format!("{}: {}", spec.family.name(), spec.question),
        name: spec.name,
        values: Vec::new(),
        implements: None,
        source: Some(spec.source),
    };
    Ok(specs.into_iter().map(item).collect())
}

fn procedures() -> Vec<ListItem> {
    let item = |builtin: &scenario::builtin::Builtin| {
        let procedure = builtin.decoded();
        let about = match words(builtin.name) {
            name if name == builtin.name => builtin.about(),
            words => words.to_owned(),
        };
        ListItem {
            says: format!("{about}; {} steps", procedure.steps.len()),
            name: procedure.name,
            values: Vec::new(),
            implements: None,
            source: Some(procedure.source),
        }
    };
    scenario::builtin::all_procedures().map(item).collect()
}

fn properties() -> Vec<ListItem> {
    let item = |property: Property| ListItem {
        name: property.name().to_owned(),
        says: property.says().to_owned(),
        values: Vec::new(),
        implements: None,
        source: Some(match property {
            Property::Safety(safety) => owned(safety.sources()),
            Property::Liveness(liveness) => owned(liveness.sources()),
            Property::Own(_) | Property::Coverage => Vec::new(),
        }),
    };
    Property::all().map(item).collect()
}

fn assumptions() -> Vec<ListItem> {
    let item = |assumption: Assumption| ListItem {
        name: assumption.name().to_owned(),
        says: assumption.question().to_owned(),
        values: owned(assumption.values()),
        implements: None,
        source: Some(owned(assumption.sources())),
    };
    Assumption::ALL.into_iter().map(item).collect()
}

fn mutants() -> Vec<ListItem> {
    let item = |mutant: &mutant::Mutant| ListItem {
        name: mutant.name.to_owned(),
        says: mutant.says.to_owned(),
        values: Vec::new(),
        implements: mutant.implements(),
        source: None,
    };
    mutant::all().map(item).collect()
}
