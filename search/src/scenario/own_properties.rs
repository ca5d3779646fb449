//! The `[[property]]` tables: properties that a scenario states itself, read and written, with the table of the facts that their
//! conditions can name.
//!
//! A new fact needs a row in [`FACTS`], a case in [`taken_apart`], and its rule in the model.

use stranded_model::id::{MessageId, ServerId};
use stranded_model::property::OWN_MAX;
use stranded_model::scenario::Site;
use stranded_model::state_condition::{Fact, OwnProperty, StateCondition};
use toml::Spanned;
use toml::de::DeValue;

use super::conditions::CONDITIONS;
use super::cursor::{Cursor, flag, parse_toml, text, wrong_type};
use super::diagnostic::{Diagnostics, Findings, SourceText};
use super::name::{self, SiteNames};
use super::{Number, Spec};
use crate::names;
use crate::property::Property;

/// The deepest nesting of conditions.
const DEPTH_MAX: usize = 8;
/// The key of a condition that must be false.
const NOT: &str = "not";
/// The key of conditions of which one must be true.
const ANY: &str = "any";

/// The word of users for mail that is where the directory does not say.
const STRANDED: &str = "stranded";
/// Words of users for harm that no single state shows, each with the property that judges it.
const JUDGED: [(&str, &str); 7] = [
    ("lost", "no-loss"),
    ("loss", "no-loss"),
    ("destroyed", "no-loss"),
    ("duplicate", "no-duplicates"),
    ("duplicated", "no-duplicates"),
    ("duplicates", "no-duplicates"),
    ("unreachable", "reachable"),
];

/// A fact that a condition on states can name.
#[derive(Debug)]
pub struct FactKind {
    /// The key.
    pub key: &'static str,
    /// The form of its value.
    pub form: FactForm,
    /// The situation in which the fact is true, in Markdown, without a full stop.
    pub says: &'static str,
}

/// The form of the value of a fact.
#[derive(Clone, Copy, Debug)]
pub enum FactForm {
    /// A server, or an array of servers: then the fact must be true of each.
    Servers(fn(ServerId) -> Fact),
    /// A table of two servers, `at` and `of`.
    TwoServers(fn(ServerId, ServerId) -> Fact),
    /// A table of a server, `at`, and a message, `message`.
    Message(fn(ServerId, MessageId) -> Fact),
    /// Only `true`.
    True(Fact),
}

/// Every fact, in the order in which documents list them.
pub const FACTS: [FactKind; 15] = [
    FactKind {
        key: "has-mail",
        form: FactForm::Servers(Fact::HasMail),
        says: "the store of this server holds a message of the mailbox",
    },
    FactKind {
        key: "empty",
        form: FactForm::Servers(Fact::Empty),
        says: "the store of this server holds no message of the mailbox",
    },
    FactKind {
        key: "present",
        form: FactForm::Servers(Fact::Present),
        says: "the store of this server contains the mailbox",
    },
    FactKind {
        key: "holds",
        form: FactForm::Message(|at, message| Fact::Holds { at, message }),
        says: "the store of the server `at` holds this message",
    },
    FactKind {
        key: "holds-all",
        form: FactForm::TwoServers(|at, of| Fact::HoldsAll { at, of }),
        says: "the store of the server `at` holds every message that the store of the server `of` holds",
    },
    FactKind {
        key: "in-transit",
        form: FactForm::Servers(Fact::InTransit),
        says: "the mailbox in the store of this server is in transit",
    },
    FactKind {
        key: "every-replica-names",
        form: FactForm::Servers(Fact::EveryReplicaNames),
        says: "every replica names this server in both home attributes",
    },
    FactKind {
        key: "some-replica-names",
        form: FactForm::Servers(Fact::SomeReplicaNames),
        says: "some replica names this server in both home attributes",
    },
    FactKind {
        key: "replicas-agree",
        form: FactForm::True(Fact::ReplicasAgree),
        says: "every replica has the same version of the recipient",
    },
    FactKind {
        key: "replicas-agree-on",
        form: FactForm::Servers(Fact::ReplicasAgreeOn),
        says: "every replica has the same version of the recipient, and it names this server in both home attributes",
    },
    FactKind {
        key: "no-recipient",
        form: FactForm::Servers(Fact::NoRecipient),
        says: "the replica of this server has no live recipient",
    },
    FactKind {
        key: "home-lacks-saved-mail",
        form: FactForm::True(Fact::HomeLacksSavedMail),
        says: "the mailbox that the home names lacks a message that a program saved to a file, and that its owner has not deleted",
    },
    FactKind {
        key: "nothing-queued",
        form: FactForm::True(Fact::NothingQueued),
        says: "no message for the mailbox waits in the transport",
    },
    FactKind { key: "running", form: FactForm::True(Fact::Running), says: "a program runs on the mailbox" },
    FactKind {
        key: "quiescent",
        form: FactForm::True(Fact::Quiescent),
        says: "everything that concerns the mailbox has finished",
    },
];

/// The site that a condition speaks about.
#[derive(Clone, Copy)]
pub(super) struct ConditionSite<'s> {
    pub(super) names: &'s SiteNames,
    pub(super) site: &'s Site,
    pub(super) messages: Number,
}

/// Reads the `[[property]]` tables.
pub(super) fn read(root: &mut Cursor<'_>, site: ConditionSite<'_>, found: &mut Findings) -> Vec<OwnProperty> {
    let tables = root.tables("property", "property", found);
    if let Some(excess) = tables.get(OWN_MAX) {
        let message = format!("too many properties: there are {}", tables.len());
        found.report(excess.span.clone(), message, format!("a scenario states at most {OWN_MAX}"));
    }
    let mut properties: Vec<OwnProperty> = Vec::new();
    for mut table in tables.into_iter().take(OWN_MAX) {
        table.demand("name", "the name that reports and `[expect]` use", found);
        table.demand("never", "the condition that must never be true, such as `{ has-mail = \"SERVER\" }`", found);
        let span = table.span_of("name");
        let name = table.string("name", found).and_then(|name| name::kebab("name", &name, found));
        let title = format!("`never` of {}", table.title);
        let never = table.table("never", &title, found).and_then(|inner| condition(inner, site, 1, found));
        table.finish(found);
        let Some(name) = name else { continue };
        if Property::all().any(|property| property.name() == name) {
            found.report(span, format!("`{name}` is a built-in property"), "give yours another name");
            continue;
        }
        let taken = properties.iter().any(|other| other.name == name);
        if name::is_new("properties", &name, span, taken, found) {
            properties.extend(never.map(|never| OwnProperty { name, never }));
        }
    }
    properties
}

/// Reads a condition on the states of a scenario, written as the inside of a TOML table.
///
/// # Errors
/// Everything that is wrong with the text.
pub fn parse_condition(file_name: &str, text: &str, spec: &Spec) -> Result<StateCondition, Diagnostics> {
    let file = SourceText { name: file_name.to_owned(), text: format!("{WHOLE} = {{ {text} }}") };
    let site = ConditionSite { names: &spec.names, site: &spec.scenario.site, messages: spec.numbers.messages };
    parse_toml(file, |mut root, found| {
        let table = root.table(WHOLE, "the condition", found);
        root.finish(found);
        condition(table?, site, 1, found)
    })
}

/// The key of a condition that stands by itself.
const WHOLE: &str = "condition";

fn condition(
    mut table: Cursor<'_>,
    site: ConditionSite<'_>,
    depth: usize,
    found: &mut Findings,
) -> Option<StateCondition> {
    let before = found.count();
    if depth > DEPTH_MAX {
        found.report(table.span, "the condition is nested too deeply", format!("at most {DEPTH_MAX} tables"));
        return None;
    }
    let mut parts = Vec::new();
    for kind in &FACTS {
        let Some(value) = table.value(kind.key) else { continue };
        parts.extend(facts(kind, value, site, found).into_iter().map(StateCondition::Fact));
    }
    if let Some(inner) = table.table(NOT, "`not`", found) {
        parts.extend(condition(inner, site, depth + 1, found).map(|part| StateCondition::Not(Box::new(part))));
    }
    let any = table.tables(ANY, "`any`", found);
    if table.has(ANY) {
        let any: Vec<StateCondition> =
            any.into_iter().filter_map(|inner| condition(inner, site, depth + 1, found)).collect();
        if any.is_empty() && found.count() == before {
            found.report(table.span_of(ANY), "`any` has no conditions", "an array of tables");
        }
        parts.push(StateCondition::Any(any));
    }
    for only in CONDITIONS.iter().filter(|step| FACTS.iter().all(|fact| fact.key != step.key)) {
        if table.value(only.key).is_some() {
            let label = "it depends on the program that tests it; use `every-replica-names`, `some-replica-names` or a fact about a store";
            found.report(table.span_of(only.key), format!("`{}` is a condition of steps only", only.key), label);
        }
    }
    for (word, property) in JUDGED {
        if table.value(word).is_some() {
            let label = format!(
                "the property `{property}` judges this, over all steps; `stranded check` has its verdict and trace"
            );
            found.report(table.span_of(word), format!("`{word}` is no fact of one state"), label);
        }
    }
    if table.value(STRANDED).is_some() {
        let mut servers = site.site.servers.values();
        let label = match (servers.next(), servers.next()) {
            (Some(one), Some(other)) => {
                format!(
                    "write where the mail is, and what the directory says: `has-mail = \"{other}\", every-replica-names = \"{one}\"`"
                )
            }
            (Some(_) | None, _) => "with one server, no mail is stranded".to_owned(),
        };
        found.report(table.span_of(STRANDED), format!("`{STRANDED}` is no fact"), label);
    }
    let span = table.span.clone();
    table.finish(found);
    if parts.is_empty() && found.count() == before {
        let label = "such as `has-mail = \"SERVER\"`, `not = { … }`, `any = [{ … }, { … }]`";
        found.report(span.clone(), "the condition names no fact", label);
    }
    let mut pairs =
        parts.iter().enumerate().flat_map(|(index, one)| parts[..index].iter().map(move |other| (one, other)));
    if pairs.any(|(one, other)| one.excludes(other)) {
        found.report(span, "the condition is true in no state", "two of its parts exclude each other");
    }
    match (found.count() == before, parts.len()) {
        (false, _) => None,
        (true, 1) => parts.pop(),
        (true, _) => Some(StateCondition::All(parts)),
    }
}

fn facts(kind: &FactKind, value: &Spanned<DeValue<'_>>, site: ConditionSite<'_>, found: &mut Findings) -> Vec<Fact> {
    let server = |value: &Spanned<DeValue<'_>>, found: &mut Findings| {
        let name = text(kind.key, value, found)?;
        site.names.known_server(&name, found)
    };
    let table = |keys: &str, found: &mut Findings| {
        let table = value.get_ref().as_table();
        if table.is_none() {
            wrong_type(kind.key, value, &format!("a table of {keys}"), found);
        }
        table.map(|table| Cursor::of(format!("`{}`", kind.key), value.span(), table))
    };
    let fact = match kind.form {
        FactForm::Servers(fact) => {
            let values: Vec<&Spanned<DeValue<'_>>> =
                value.get_ref().as_array().map_or_else(|| vec![value], |array| array.iter().collect());
            if values.is_empty() {
                found.report(value.span(), format!("`{}` names no server", kind.key), "a server, or several");
            }
            return values.into_iter().filter_map(|value| server(value, found)).map(fact).collect();
        }
        FactForm::TwoServers(fact) => table("`at` and `of`", found).and_then(|mut table| {
            let [at, of] = ["at", "of"].map(|key| {
                table.demand(key, "a server", found);
                let name = table.string(key, found)?;
                site.names.known_server(&name, found)
            });
            table.finish(found);
            Some(fact(at?, of?))
        }),
        FactForm::Message(fact) => table("`at` and `message`", found).and_then(|mut table| {
            table.demand("at", "a server", found);
            table.demand("message", "a message, such as \"m1\"", found);
            let at = table.string("at", found).and_then(|name| site.names.known_server(&name, found));
            let message = message(&mut table, site, found);
            table.finish(found);
            Some(fact(at?, message?))
        }),
        FactForm::True(fact) => {
            let is_true = flag(kind.key, value, found);
            if is_true == Some(false) {
                let label = format!("write `not = {{ {} = true }}`", kind.key);
                found.report(value.span(), format!("`{}` is false", kind.key), label);
            }
            is_true.filter(|is_true| *is_true).map(|_| fact)
        }
    };
    fact.into_iter().collect()
}

fn message(table: &mut Cursor<'_>, site: ConditionSite<'_>, found: &mut Findings) -> Option<MessageId> {
    let name = table.string("message", found)?;
    if site.messages == Number::Any {
        let label = "the site has any number of messages: give a number, or use `has-mail`";
        found.report(name.span(), "no message has a name here", label);
        return None;
    }
    let message = names::parse_message(name.get_ref()).filter(|message| usize::from(message.0) < site.site.messages);
    if message.is_none() {
        let label = format!("m1 to m{}: the site says `messages = {}`", site.site.messages, site.site.messages);
        found.report(name.span(), format!("there is no message `{}`", name.get_ref()), label);
    }
    message
}

/// Returns the key of a fact, and its value.
fn taken_apart(fact: Fact, servers: &[String]) -> (&'static str, toml::Value) {
    let name = |server: ServerId| toml::Value::from(servers[usize::from(server.0)].clone());
    let pair = |[one, other]: [(&str, toml::Value); 2]| {
        let entries = [one, other].map(|(key, value)| (key.to_owned(), value));
        toml::Value::Table(entries.into_iter().collect())
    };
    match fact {
        Fact::Present(at) => ("present", name(at)),
        Fact::Empty(at) => ("empty", name(at)),
        Fact::HasMail(at) => ("has-mail", name(at)),
        Fact::Holds { at, message } => ("holds", pair([("at", name(at)), ("message", names::message(message).into())])),
        Fact::HoldsAll { at, of } => ("holds-all", pair([("at", name(at)), ("of", name(of))])),
        Fact::InTransit(at) => ("in-transit", name(at)),
        Fact::EveryReplicaNames(server) => ("every-replica-names", name(server)),
        Fact::SomeReplicaNames(server) => ("some-replica-names", name(server)),
        Fact::ReplicasAgree => ("replicas-agree", true.into()),
        Fact::ReplicasAgreeOn(server) => ("replicas-agree-on", name(server)),
        Fact::NoRecipient(replica) => ("no-recipient", name(replica)),
        Fact::HomeLacksSavedMail => ("home-lacks-saved-mail", true.into()),
        Fact::NothingQueued => ("nothing-queued", true.into()),
        Fact::Running => ("running", true.into()),
        Fact::Quiescent => ("quiescent", true.into()),
    }
}

/// Returns a condition as a TOML table. Facts with the same key have an array of servers.
pub(super) fn written_condition(condition: &StateCondition, servers: &[String]) -> toml::Value {
    let mut table = toml::Table::new();
    let parts = match condition {
        StateCondition::All(parts) => parts.as_slice(),
        StateCondition::Fact(_) | StateCondition::Any(_) | StateCondition::Not(_) => std::slice::from_ref(condition),
    };
    for part in parts {
        let (key, value) = match part {
            StateCondition::Fact(fact) => taken_apart(*fact, servers),
            StateCondition::Not(part) => (NOT, written_condition(part, servers)),
            StateCondition::Any(parts) => {
                let parts: Vec<toml::Value> = parts.iter().map(|part| written_condition(part, servers)).collect();
                (ANY, parts.into())
            }
            StateCondition::All(_) => panic!("the reader joins conditions of one table"),
        };
        match table.get_mut(key) {
            None => {
                table.insert(key.to_owned(), value);
            }
            Some(toml::Value::Array(several)) => several.push(value),
            Some(one) => *one = vec![one.clone(), value].into(),
        }
    }
    table.into()
}
