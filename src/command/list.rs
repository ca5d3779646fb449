//! `stranded list`

use std::fmt::Write as _;

use serde::Serialize;
use stranded_model::assumption::Assumption;

use crate::cli::{List, ListTopic, OutputKind};
use crate::exit::Exit;
use crate::report::movers;
use stranded_oracle::adapter::mutant;
use stranded_search::lines::wrapped;
use stranded_search::property::Property;
use stranded_search::scenario;

use super::{CommandError, output};

/// An entry of a list.
#[derive(Debug, Serialize)]
struct Item {
    name: String,
    says: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    implements: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Vec<String>>,
}

pub(super) fn run(arguments: &List) -> Result<Exit, CommandError> {
    match arguments.what {
        ListTopic::Scenarios => {
            let items = scenarios()?;
            print(arguments, || items, text)
        }
        ListTopic::Procedures => print(arguments, procedures, text),
        ListTopic::Properties => print(arguments, properties, text),
        ListTopic::Assumptions => print(arguments, assumptions, text),
        ListTopic::Mutants => print(arguments, mutants, text),
        ListTopic::Movers => print(arguments, movers::movers, movers::text),
    }
}

/// Prints entries in the requested form. `text` wraps them for a terminal of a width; without one each entry is one line, for `grep`
/// and `awk`.
fn print<T: Serialize>(
    arguments: &List,
    entries: impl FnOnce() -> Vec<T>,
    text: impl FnOnce(&[T], Option<u16>) -> String,
) -> Result<Exit, CommandError> {
    let file = arguments.output.file.as_deref();
    match arguments.output.format.kind() {
        OutputKind::Cases(form) => Err(output::unsupported("list", form)),
        OutputKind::Json => Ok(output::print_json(&entries(), file)),
        OutputKind::Text => Ok(output::print(&text(&entries(), output::terminal_width(file)), file)),
    }
}

fn text(items: &[Item], width: Option<u16>) -> String {
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

fn scenarios() -> Result<Vec<Item>, CommandError> {
    let specs = scenario::select(&[])?;
    let item = |spec: scenario::Spec| Item {
        says: format!("{}: {}", spec.family.name(), spec.question),
        name: spec.name,
        values: Vec::new(),
        implements: None,
        source: Some(spec.source),
    };
    Ok(specs.into_iter().map(item).collect())
}

fn procedures() -> Vec<Item> {
    let item = |procedure: stranded_model::procedure::Procedure| Item {
        says: format!("{} steps", procedure.steps.len()),
        name: procedure.name,
        values: Vec::new(),
        implements: None,
        source: Some(procedure.source),
    };
    scenario::builtin::all_procedures().map(|builtin| item(builtin.decoded())).collect()
}

fn properties() -> Vec<Item> {
    let item = |property: Property| Item {
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

fn assumptions() -> Vec<Item> {
    let item = |assumption: Assumption| Item {
        name: assumption.name().to_owned(),
        says: assumption.question().to_owned(),
        values: owned(assumption.values()),
        implements: None,
        source: Some(owned(assumption.sources())),
    };
    Assumption::ALL.into_iter().map(item).collect()
}

fn mutants() -> Vec<Item> {
    let item = |mutant: &mutant::Mutant| Item {
        name: mutant.name.to_owned(),
        says: mutant.says.to_owned(),
        values: Vec::new(),
        implements: mutant.implements(),
        source: None,
    };
    mutant::all().map(item).collect()
}
