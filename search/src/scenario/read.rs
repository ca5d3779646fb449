//! A scenario file from its text: the order in which its tables are read, and what must fit together between them. It reads
//! no file itself; whoever calls it says how.

use std::borrow::Cow;
use std::io;

use stranded_model::assumption::{Assumption, AssumptionAnswer};
use stranded_model::scenario::{RunsMax, Scenario};
use toml::de::{DeTable, DeValue};

use super::bundle::{Files, beside};
use super::cursor::{Cursor, choose, text};
use super::diagnostic::{Diagnostics, Findings, SourceText, wrapped};
use super::runs::Runs;
use super::site::{environment, mail_supply, site};
use super::steps::assumed;
use super::{Family, Numbers, Spec, builtin, name, never, number, runs, steps};
use crate::property::{Property, Verdict};
use crate::sanitize::visible;

/// The most scenarios of which each starts where the next ends.
const CHAIN_MAX: usize = 16;

/// Reads a scenario. `read` gives the text of a file that the scenario names, by its path from the scenario's folder; it is
/// not asked for files that the text carries itself.
///
/// # Errors
/// Everything that is wrong with the text and with the files it names.
pub fn parse_scenario(
    file_name: &str,
    text: &str,
    read: &dyn Fn(&str) -> io::Result<String>,
) -> Result<Spec, Diagnostics> {
    parse_in_chain(file_name, text, read, &[])
}

/// Reads a procedure for a site of these names.
///
/// # Errors
/// Everything that is wrong with the text.
pub fn parse_procedure(
    file_name: &str,
    text: &str,
    site: &super::SiteNames,
) -> Result<stranded_model::procedure::Procedure, Diagnostics> {
    let file = SourceText { name: file_name.to_owned(), text: text.to_owned() };
    whole(file, |root, found| steps::procedure(root, site, found))
}

/// Reads the one table that a file is.
pub fn whole<T>(file: SourceText, read: impl FnOnce(Cursor<'_>, &mut Findings) -> Option<T>) -> Result<T, Diagnostics> {
    let mut found = Findings::of(file);
    let file = found.text();
    let (mut root, errors) = DeTable::parse_recoverable(&file.text);
    root.get_mut().iter_mut().for_each(|(_, value)| make_visible(value.get_mut()));
    for error in &errors {
        let span = error.span().unwrap_or(0..0);
        found.report(span, format!("not TOML: {}", error.message()), "here");
    }
    let value = if errors.is_empty() { read(Cursor::of("the file", 0..0, root.get_ref()), &mut found) } else { None };
    match (found.into_diagnostics(), value) {
        (Some(diagnostics), _) => Err(diagnostics),
        (None, Some(value)) => Ok(value),
        (None, None) => panic!("{} cannot be read, and nobody said why", file.name),
    }
}

/// Makes every string visible. A key says nothing: it is one that is known, or is told as one that is not.
fn make_visible(value: &mut DeValue<'_>) {
    match value {
        DeValue::String(text) => {
            if let Cow::Owned(shown) = visible(text) {
                *text = Cow::Owned(shown);
            }
        }
        DeValue::Array(values) => values.iter_mut().for_each(|value| make_visible(value.get_mut())),
        DeValue::Table(table) => table.iter_mut().for_each(|(_, value)| make_visible(value.get_mut())),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => {}
    }
}

fn parse_in_chain(
    file_name: &str,
    text: &str,
    read: &dyn Fn(&str) -> io::Result<String>,
    chain: &[String],
) -> Result<Spec, Diagnostics> {
    let mut files = Files::of(file_name, text, read);
    let file = SourceText { name: file_name.to_owned(), text: files.used.main.clone() };
    let mut spec = whole(file, |root, found| spec(root, &mut files, chain, found))?;
    spec.text = files.used.join();
    Ok(spec)
}

fn spec(mut root: Cursor<'_>, files: &mut Files<'_>, chain: &[String], found: &mut Findings) -> Option<Spec> {
    root.demand("name", "the name that reports use, in kebab-case", found);
    let name = root.string("name", found).and_then(|name| name::kebab("name", &name, found));
    let family = root.choice("family", &Family::ALL.map(|family| (family.name(), family)), found);
    let question = root.string("question", found).map(|question| (*question.get_ref()).to_owned());
    let source = root.strings("source", found).map(|texts| name::sentences("source", &texts, found));
    let from = if root.has("from") { Some(start(&mut root, files, chain, found)) } else { root.absent("from", None) };
    let start = from.as_ref().and_then(Option::as_ref);

    let site_place = root.place("site");
    let may_inherit = from.is_some();
    if !may_inherit {
        root.demand("site", "the table of servers, mailboxes and messages", found);
    }
    let places = |table: Option<&Cursor<'_>>, key: &str| table.map_or(site_place.clone(), |table| table.place(key));
    let table = root.table("site", "`[site]`", found);
    let messages_place = places(table.as_ref(), "messages");
    let mailboxes_place = places(table.as_ref(), "mailboxes");
    let unreadable_start = may_inherit && start.is_none();
    let before_site = found.count();
    let (site, names, numbers) = match table {
        Some(table) if !unreadable_start => site(table, start, found),
        Some(_) | None => {
            let (site, names) = start.map(|start| (start.scenario.site.clone(), start.names.clone())).unzip();
            (site, names, start.map_or(Numbers::GIVEN, |start| start.numbers))
        }
    };

    let start_table = root.table("start", "`[start]`", found);
    if let Some(table) = start_table.as_ref().filter(|_| may_inherit) {
        let label = "leave out `from` or this table";
        found.report(table.span.clone(), "a scenario that starts where another ends has no start of its own", label);
    }
    let own_start = match (start_table, &site, &names) {
        (Some(table), Some(site), Some(names)) => Some(super::start::start(table, site, names, found)),
        (Some(_) | None, _, _) => None,
    };
    let environment_table = root.table("environment", "`[environment]`", found);
    let delivery_place = places(environment_table.as_ref(), "delivery");
    let environment = environment_table.map_or_else(|| super::QUIET, |table| environment(table, found));
    if let Some(reason) = number::shared(numbers, !environment.faults.is_empty(), start) {
        let (what, label) = ("one mailbox cannot stand for any number", "give a number, or leave out the faults");
        found.report_with_help(mailboxes_place, what, label, Some(wrapped(&reason)));
    }
    if let Some(site) = site.as_ref().filter(|_| found.count() == before_site) {
        mail_supply(site, &environment, !may_inherit && own_start.is_none(), [messages_place, delivery_place], found);
    }
    let runs = match &names {
        Some(names) => Runs::read(&mut root, names, files, found),
        None => {
            let _unread = root.value("procedure");
            root.demand("run", runs::WHAT, found);
            None
        }
    };
    let pinned = root.table("assume", "`[assume]`", found).map(|table| pinned(&table, found));
    let expect = root.table("expect", "`[expect]`", found).map(|table| expected(&table, found));
    let never = root.strings("never", found).unwrap_or_default();
    let root_runs = root.place("run");
    root.finish(found);

    let (name, site, names, runs) = (name?, site?, names?, runs?);
    let scenario =
        Scenario { site, start: own_start, environment, administrators: runs.administrators, last_run: runs.last };
    if scenario.counts_versions() && scenario.runs().any(|(_, run)| run.runs_max == RunsMax::Any) {
        let label = "give a number, or `runs-max = \"until-ok\"`";
        let what = "versions of the recipient are counted here, so runs cannot go on without a limit";
        found.report(root_runs, what, label);
    }
    let never = never::checked(&never, &scenario, found);
    Some(Spec {
        question: question.unwrap_or_else(|| format!("Which properties does {name} have?")),
        name,
        family: family.unwrap_or(Family::User),
        source: source.unwrap_or_default(),
        from: from.flatten().map(Box::new),
        names,
        scenario,
        numbers,
        pinned: pinned.unwrap_or_default(),
        expect: expect.unwrap_or_default(),
        never,
        may_be_vacuous: false,
        text: String::new(),
    })
}

/// The scenario in whose at-rest states this one starts.
fn start(root: &mut Cursor<'_>, files: &mut Files<'_>, chain: &[String], found: &mut Findings) -> Option<Spec> {
    let reference = root.string("from", found)?;
    let path = *reference.get_ref();
    let chain = [chain, &[files.name.to_owned()]].concat();
    let parsed = if let Some(builtin) = builtin::scenario(path) {
        check_chain(&chain, &builtin.file_name()).map(|()| builtin.parse(&chain))
    } else if path.ends_with(".toml") {
        let reported = files.reported(path);
        let text = match files.peek(path) {
            Ok(text) => text,
            Err(error) => {
                found.report(reference.span(), format!("cannot read {reported}"), error.to_string());
                return None;
            }
        };
        let parsed = {
            let read = |inner: &str| files.peek(&beside(path, inner));
            check_chain(&chain, &reported).map(|()| parse_in_chain(&reported, &text, &read, &chain))
        };
        if let Ok(Ok(spec)) = &parsed {
            files.used.add(path, &spec.text);
        }
        parsed
    } else {
        let names: Vec<&str> = builtin::scenarios().iter().map(|builtin| builtin.name).collect();
        found.unknown(reference.span(), "scenario", path, &names);
        return None;
    };
    match parsed {
        Ok(Ok(spec)) => Some(spec),
        Ok(Err(diagnostics)) => {
            found.absorb(diagnostics);
            None
        }
        Err(circle) => {
            found.report(reference.span(), circle, "a scenario cannot start where it ends itself");
            None
        }
    }
}

/// A built-in scenario, as one that others start from.
pub(super) fn parse_builtin(file_name: &str, text: &str, chain: &[String]) -> Result<Spec, Diagnostics> {
    let none = |_: &str| Err(io::Error::new(io::ErrorKind::NotFound, "a built-in scenario names no files"));
    parse_in_chain(file_name, text, &none, chain)
}

fn check_chain(chain: &[String], next: &str) -> Result<(), String> {
    match chain.iter().position(|name| name == next) {
        Some(first) => Err(format!("`from` goes in a circle: {} → {next}", chain[first..].join(" → "))),
        None if chain.len() >= CHAIN_MAX => Err(format!("`from` leads over more than {CHAIN_MAX} scenarios")),
        None => Ok(()),
    }
}

/// The pinned assumptions in the order of [`Assumption::ALL`].
fn pinned(table: &Cursor<'_>, found: &mut Findings) -> Vec<(Assumption, AssumptionAnswer)> {
    let mut pinned = Vec::new();
    for (key, value) in table.entries() {
        let value = text(key.get_ref(), value, found);
        pinned.extend(value.and_then(|value| assumed(&key, &value, found)));
    }
    pinned.sort_unstable();
    pinned
}

/// The expectations in the order of [`Property::all`].
fn expected(table: &Cursor<'_>, found: &mut Findings) -> Vec<(Property, Verdict)> {
    let properties: Vec<(&str, Property)> = Property::all().map(|property| (property.name(), property)).collect();
    let mut expected = Vec::new();
    for (key, value) in table.entries() {
        let property = choose("property", &key, &properties, found);
        let verdict = text(key.get_ref(), value, found)
            .and_then(|value| choose("verdict", &value, &Verdict::EXPECTABLE.map(|one| (one.name(), one)), found));
        expected.extend(property.zip(verdict));
    }
    expected.sort_unstable();
    expected
}
