//! `stranded list`

use std::fmt::Write as _;

use serde::Serialize;
use stranded_model::assumption::Assumption;

use crate::cli::{List, Listed, Shape};
use crate::exit::Exit;
use crate::lines::wrapped;
use crate::property::Property;
use crate::scenario;

use super::{Failure, output};

/// One line of a list.
#[derive(Debug, Serialize)]
struct Item {
    name: String,
    says: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    values: Vec<String>,
    source: Vec<String>,
}

pub(super) fn run(arguments: &List) -> Result<Exit, Failure> {
    let items = match arguments.what {
        Listed::Scenarios => scenarios()?,
        Listed::Procedures => procedures(),
        Listed::Properties => properties(),
        Listed::Assumptions => assumptions(),
    };
    let file = arguments.output.file.as_deref();
    match arguments.output.format.shape() {
        Shape::Cases(form) => return Err(output::no_form("list", form)),
        Shape::Json => output::print_json(&items, file),
        Shape::Text => output::print(&text(&items, output::width(file)), file),
    }
}

fn text(items: &[Item], width: u16) -> String {
    let indent = 2 + items.iter().map(|item| item.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for item in items {
        let mut says = item.says.clone();
        if !item.values.is_empty() {
            let _ = write!(says, " ({})", item.values.join(", "));
        }
        if !item.source.is_empty() {
            let _ = write!(says, " [{}]", item.source.join(", "));
        }
        let _ = writeln!(text, "{:<indent$}{}", item.name, wrapped(&says, indent, width));
    }
    text
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn scenarios() -> Result<Vec<Item>, Failure> {
    let specs = scenario::select(&[])?;
    let item = |spec: scenario::Spec| Item {
        says: format!("{}: {}", spec.family.name(), spec.question),
        name: spec.name,
        values: Vec::new(),
        source: spec.source,
    };
    Ok(specs.into_iter().map(item).collect())
}

fn procedures() -> Vec<Item> {
    let item = |procedure: stranded_model::procedure::Procedure| Item {
        says: format!("{} steps", procedure.steps.len()),
        name: procedure.name,
        values: Vec::new(),
        source: procedure.source,
    };
    scenario::builtin::procedures().iter().map(|builtin| item(builtin.decoded())).collect()
}

fn properties() -> Vec<Item> {
    let item = |property: Property| Item {
        name: property.name().to_owned(),
        says: property.says().to_owned(),
        values: Vec::new(),
        source: match property {
            Property::Safety(safety) => owned(safety.sources()),
            Property::Liveness(liveness) => owned(liveness.sources()),
            Property::Witness => Vec::new(),
        },
    };
    Property::all().map(item).collect()
}

fn assumptions() -> Vec<Item> {
    let item = |assumption: Assumption| Item {
        name: assumption.name().to_owned(),
        says: assumption.question().to_owned(),
        values: owned(assumption.values()),
        source: owned(assumption.sources()),
    };
    Assumption::ALL.into_iter().map(item).collect()
}
