//! A story in the Informal Trace Format. It carries its scenario in `#meta`, so that the explorer follows it again; the variables
//! are the whole state, and the two variables that tools for model-based tests read.
//!
//! Values are as the format wants them: integers as `#bigint`, messages as `#set`, what is looked up by name as `#map`, and what
//! may be missing as the variants `Some` and `None`; there is no null. Extra values of a `#meta` are texts.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::report::story::Row;
use crate::report::trace::answers;
use crate::report::view::{
    self, AccountView, ContentsView, MarkView, ProgramView, RecipientView, RecordView, ServerView, StateView,
};

use super::Telling;

/// The variable that says which step led to a state.
pub const TAKEN: &str = "mbt::actionTaken";
/// The variable that says what was chosen for it.
pub const PICKS: &str = "mbt::nondetPicks";
/// What the first state was made by.
const INIT: &str = "init";
/// The variables of every state, in order.
pub const VARIABLES: [&str; 5] = ["mailboxes", "servers", "faults_left", TAKEN, PICKS];

/// Writes a story.
///
/// # Panics
/// Never: names and answers can be written as JSON.
#[must_use]
pub fn itf(telling: &Telling<'_>) -> String {
    let Telling { spec, world, story, property, .. } = telling;
    let text = |value: Value| value.to_string();
    let mut meta = Map::new();
    let mut say = |name: &str, value: String| meta.insert(name.to_owned(), Value::String(value));
    say("format", "ITF".to_owned());
    say("format-description", "https://apalache-mc.org/docs/adr/015adr-trace.html".to_owned());
    say("source", format!("stranded {}", env!("CARGO_PKG_VERSION")));
    say("description", format!("{}: {}", telling.title(), spec.question));
    say("scenario", spec.name.clone());
    say("scenario_toml", spec.text.clone());
    say("model_hash", crate::model_hash());
    say("assumptions", text(json!(answers(world, &spec.touches()))));
    say("initial", text(json!(view::show(&world.scenario, &story.initial))));
    if let Some(property) = property {
        say("property", (*property).to_owned());
    }
    let mut states = vec![state(0, "at first", &view::show(&world.scenario, &story.initial), None)];
    states.extend(story.rows.iter().map(|row| state(row.number, &row.says, &row.view, Some(row))));
    let mut trace = Map::new();
    trace.insert("#meta".to_owned(), Value::Object(meta));
    trace.insert("vars".to_owned(), json!(VARIABLES));
    trace.insert("states".to_owned(), Value::Array(states));
    if let Some(number) = story.repeats_from {
        trace.insert("loop".to_owned(), json!(number));
    }
    let mut written = serde_json::to_string_pretty(&trace).expect("values are JSON already");
    written.push('\n');
    written
}

fn state(index: usize, says: &str, shown: &StateView, row: Option<&Row>) -> Value {
    let StateView { mailboxes, servers, faults_left } = shown;
    json!({
        "#meta": {"index": index, "says": says},
        "mailboxes": map(mailboxes, account),
        "servers": map(servers, |ServerView { store_up, replica_up }| json!({"store_up": store_up, "replica_up": replica_up})),
        "faults_left": number(*faults_left),
        TAKEN: row.map_or(INIT, |row| row.action.as_str()),
        PICKS: {"actor": option(row.map(|row| json!(row.actor)))},
    })
}

fn account(account: &AccountView) -> Value {
    let AccountView { directory, remembered, stores, queued, delivery_held, saved, edits_left, administrators, record } =
        account;
    json!({
        "directory": map(directory, |found| option(found.as_ref().map(recipient))),
        "remembered": option(remembered.as_ref().map(recipient)),
        "stores": map(stores, |found| option(found.as_ref().map(contents))),
        "queued": set(queued),
        "delivery_held": delivery_held,
        "saved": set(saved),
        "edits_left": number(*edits_left),
        "administrators": map(administrators, program),
        "record": observed(record),
    })
}

fn recipient(recipient: &RecipientView) -> Value {
    let RecipientView { home_mdb, home_mta, deleted, version, changed, signature } = recipient;
    json!({
        "home_mdb": option(home_mdb.as_ref().map(|name| json!(name))),
        "home_mta": option(home_mta.as_ref().map(|name| json!(name))),
        "deleted": deleted,
        "version": number(*version),
        "changed": number(*changed),
        "signature": number(*signature),
    })
}

fn contents(contents: &ContentsView) -> Value {
    let ContentsView { messages, expunged, in_transit } = contents;
    let mark = |MarkView { owner, from, to, pending }: &MarkView| json!({"owner": owner, "from": from, "to": to, "pending": set(pending)});
    json!({"messages": set(messages), "expunged": set(expunged), "in_transit": option(in_transit.as_ref().map(mark))})
}

fn program(program: &ProgramView) -> Value {
    let ProgramView { run, executions, next, arrived, read, ended, owes_retry } = program;
    json!({
        "run": number(*run),
        "executions": number(*executions),
        "next": option(next.map(number)),
        "arrived": arrived,
        "read": option(read.map(number)),
        "ended": option(ended.as_ref().map(|ended| json!(ended))),
        "owes_retry": owes_retry,
    })
}

fn observed(record: &RecordView) -> Value {
    let RecordView { accepted, returned, owner_deleted, destroyed, false_success, self_move } = record;
    json!({
        "accepted": set(accepted),
        "returned": set(returned),
        "owner_deleted": set(owner_deleted),
        "destroyed": set(destroyed),
        "false_success": false_success,
        "self_move": self_move,
    })
}

fn number(number: u8) -> Value {
    json!({"#bigint": number.to_string()})
}

fn set(names: &[String]) -> Value {
    json!({"#set": names})
}

fn map<T>(entries: &BTreeMap<String, T>, write: impl Fn(&T) -> Value) -> Value {
    let pairs: Vec<Value> = entries.iter().map(|(name, entry)| json!([name, write(entry)])).collect();
    json!({"#map": pairs})
}

/// What may be missing, as the variant of Quint.
fn option(value: Option<Value>) -> Value {
    match value {
        Some(value) => json!({"tag": "Some", "value": value}),
        None => json!({"tag": "None", "value": {"#tup": []}}),
    }
}
