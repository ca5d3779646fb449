//! Traces in the formats of other programs: each is valid by the rules of its format, for every built-in
//! counterexample.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use stranded::explore::api::{Explorer, Query};
use stranded::formats::trace::{NarratedTrace, dot, itf, markdown, mermaid};
use stranded::report::table::TraceTable;
use stranded::report::trace;
use stranded_model::World;
use stranded_search::check::Trace;
use stranded_search::property::Property;
use stranded_search::rescue;
use stranded_search::scenario::{Spec, load_scenario};

use crate::apalache::is_typed;
use crate::cli::stranded_in;
use crate::worlds::{builtins, searched, worlds_of};

/// Calls `with` with every counterexample of a scenario, in the first world that has one.
fn counterexamples(spec: &Spec, mut with: impl FnMut(&World, &Trace, Property)) {
    let checked = searched(spec);
    for judgement in &checked.results {
        let Some(case) = judgement.shown_by.map(|case| &checked.combinations[case]) else { continue };
        if let Some(trace) = case.trace(judgement.property) {
            with(&case.world, &trace, judgement.property);
        }
    }
}

fn reported<T>(spec: &Spec, world: &World, trace: &Trace, property: &str, body: impl Fn(&NarratedTrace<'_>) -> T) -> T {
    let table = TraceTable::of(world, trace).with_rescue(rescue::map(spec, world, trace)).with_repair(|_| world);
    body(&NarratedTrace { spec, world, table: &table, property: Some(property), own: table.rows.len() })
}

/// Calls `body` with the article's second move, for the first property that it violates.
fn second_move<T>(body: impl Fn(&NarratedTrace<'_>) -> T) -> T {
    let spec = load_scenario("second-move").unwrap();
    let mut found = None;
    counterexamples(&spec, |world, trace, property| {
        if property.name() == "no-loss" {
            found = Some(reported(&spec, world, trace, property.name(), &body));
        }
    });
    found.unwrap()
}

/// Checks a value by the rules of the format; `at` is its position.
fn is_itf_value(at: &str, value: &Value) {
    match value {
        Value::Bool(_) | Value::String(_) => {}
        Value::Null | Value::Number(_) => panic!("{at}: {value} is not a value of the format"),
        Value::Array(items) => items.iter().for_each(|item| is_itf_value(at, item)),
        Value::Object(fields) => match fields.iter().next().filter(|(name, _)| name.starts_with('#')) {
            Some((name, held)) => {
                assert_eq!(fields.len(), 1, "{at}: {value}");
                match (name.as_str(), held) {
                    ("#bigint", Value::String(digits)) => assert!(digits.parse::<i64>().is_ok(), "{at}: {digits}"),
                    ("#tup", Value::Array(items)) => items.iter().for_each(|item| is_itf_value(at, item)),
                    ("#set", Value::Array(items)) => {
                        let distinct: BTreeSet<String> = items.iter().map(Value::to_string).collect();
                        assert_eq!(distinct.len(), items.len(), "{at}: a set has no duplicates");
                        items.iter().for_each(|item| is_itf_value(at, item));
                    }
                    ("#map", Value::Array(pairs)) => {
                        for pair in pairs {
                            assert_eq!(pair.as_array().unwrap().len(), 2, "{at}: {pair}");
                            is_itf_value(at, pair);
                        }
                    }
                    _ => panic!("{at}: {value} is not a value of the format"),
                }
            }
            None => fields.iter().for_each(|(name, held)| {
                assert!(!name.starts_with('#'), "{at}: {value}");
                is_itf_value(&format!("{at}.{name}"), held);
            }),
        },
    }
}

/// Checks a trace by the rules of the format.
fn is_itf(text: &str) -> Value {
    let trace: Value = serde_json::from_str(text).unwrap();
    let names: Vec<&str> = trace["vars"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    for (name, value) in trace["#meta"].as_object().unwrap() {
        assert!(value.is_string() || name == "varTypes", "#meta.{name} is a text");
    }
    let states = trace["states"].as_array().unwrap();
    for (index, state) in states.iter().enumerate() {
        let mut fields: BTreeMap<&str, &Value> =
            state.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value)).collect();
        assert_eq!(fields.remove("#meta").unwrap()["index"], index);
        assert!(
            fields.keys().copied().eq(names.iter().copied().collect::<BTreeSet<_>>()),
            "every state has all of vars"
        );
        fields.iter().for_each(|(name, value)| is_itf_value(&format!("states[{index}].{name}"), value));
        assert_eq!(state["mbt::actionTaken"] == "init", index == 0);
        assert_ne!(state["mbt::actionTaken"], "");
    }
    if let Some(number) = trace.get("loop") {
        assert!(usize::try_from(number.as_u64().unwrap()).unwrap() < states.len());
    }
    assert!(trace.as_object().unwrap().keys().all(|key| ["#meta", "vars", "states", "loop"].contains(&key.as_str())));
    trace
}

/// Checks that quotes and braces of a graph close, and that every edge has its nodes.
fn is_dot(text: &str) {
    assert!(text.starts_with("digraph stranded {\n") && text.ends_with("}\n"));
    let mut nodes = BTreeSet::new();
    let mut edges = Vec::new();
    for line in text.lines().skip(1).filter(|line| *line != "}") {
        let quotes = line.replace("\\\\", "").replace("\\\"", "").matches('"').count();
        assert!(quotes.is_multiple_of(2) && line.ends_with(';'), "{line}");
        let (head, _) = line.trim().split_once([' ', ';', '=']).unwrap();
        match line.trim().split_once(" -> ") {
            Some((from, rest)) if from == head => {
                edges.push((from.to_owned(), rest.split([' ', ';']).next().unwrap().to_owned()));
            }
            Some(_) | None => {
                nodes.insert(head.to_owned());
            }
        }
    }
    for (from, to) in edges {
        assert!(nodes.contains(&from) && nodes.contains(&to), "{from} -> {to}");
    }
    assert!(nodes.iter().filter(|name| name[1..].parse::<usize>().is_ok()).count() <= dot::STATES_MAX);
}

/// An arrow of a sequence diagram.
struct Arrow {
    from: String,
    how: &'static str,
    to: String,
}

/// Checks that every line is a statement of a sequence diagram between declared participants; returns the arrows.
fn is_mermaid(text: &str) -> Vec<Arrow> {
    assert!(text.chars().count() < mermaid::CHARACTERS_MAX);
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("sequenceDiagram"));
    let mut known = BTreeSet::new();
    let mut arrows = Vec::new();
    let mut open = 0;
    for line in lines.map(str::trim) {
        if line.starts_with("title ") {
            continue;
        }
        let arrow = ["->>", "--x", "-x", "-)"].into_iter().find_map(|how| line.split_once(how).map(|ends| (how, ends)));
        if let Some(rest) = line.strip_prefix("actor ").or_else(|| line.strip_prefix("participant ")) {
            known.insert(rest.split_once(" as ").unwrap().0.to_owned());
        } else if let Some(rest) = line.strip_prefix("Note over ") {
            let (whom, says) = rest.split_once(": ").unwrap();
            assert!(whom.split(',').all(|one| known.contains(one)) && !says.is_empty(), "{line}");
        } else if line.starts_with("rect rgb(") || line == "end" {
            open += if line == "end" { -1 } else { 1 };
            assert!((0..=1).contains(&open), "{line}");
        } else if let Some((how, (from, rest))) = arrow {
            let (to, says) = rest.split_once(": ").unwrap();
            assert!(known.contains(from) && known.contains(to) && !says.is_empty(), "{line}");
            arrows.push(Arrow { from: from.to_owned(), how, to: to.to_owned() });
        } else {
            panic!("{line}");
        }
    }
    assert_eq!(open, 0, "every box is closed");
    arrows
}

#[test]
fn the_second_move_is_written_as_itf() {
    let text = second_move(itf::itf);
    let mut trace = is_itf(&text);
    trace["#meta"]["scenario_toml"] = json!("[the scenario's file]");
    trace["#meta"]["model_hash"] = json!("[hash]");
    trace["#meta"]["initial"] = json!("[the state as in a trace file]");
    let states = trace["states"].as_array_mut().unwrap();
    states.drain(1..states.len() - 1);
    insta::assert_snapshot!("second_move_itf", serde_json::to_string_pretty(&trace).unwrap());
}

#[test]
fn the_second_move_is_written_as_a_sequence_diagram() {
    insta::assert_snapshot!("second_move_mermaid", second_move(mermaid::mermaid));
}

#[test]
fn the_second_move_is_written_as_markdown() {
    insta::assert_snapshot!("second_move_markdown", second_move(markdown::markdown));
}

#[test]
fn the_second_move_is_marked_in_the_graph_of_its_states() {
    let text = second_move(dot::dot);
    is_dot(&text);
    insta::assert_snapshot!("second_move_dot", text);
}

#[test]
fn every_built_in_counterexample_is_exported_in_every_format() {
    let mut count = 0;
    for spec in builtins() {
        counterexamples(&spec, |world, trace, property| {
            count += 1;
            reported(&spec, world, trace, property.name(), |narrated| {
                is_typed(&is_itf(&itf::itf(narrated)));
                let arrows = is_mermaid(&mermaid::mermaid(narrated));
                assert_eq!(arrows.iter().filter(|arrow| arrow.how != "--x").count(), narrated.table.rows.len());
                is_dot(&dot::dot(narrated));
                let table = markdown::markdown(narrated);
                let columns = 5 + world.scenario.site.servers.values().count();
                let rows = table.lines().filter(|line| line.starts_with("| "));
                for row in rows {
                    let bars = row.replace("\\|", "").matches('|').count();
                    assert_eq!(bars, columns, "{row}");
                }
            });
        });
    }
    assert!(count > 20, "{count} counterexamples");
}

#[test]
fn every_step_is_an_arrow_between_its_two_participants() {
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for spec in builtins() {
        counterexamples(&spec, |world, trace, property| {
            let found = reported(&spec, world, trace, property.name(), |narrated| {
                let mut found: Vec<(String, String)> = Vec::new();
                let text = mermaid::mermaid(narrated);
                let arrows: Vec<Arrow> = is_mermaid(&text).into_iter().filter(|arrow| arrow.how != "--x").collect();
                let named = |id: &str| {
                    let end = |line: &str| line.trim().split_once(' ').map(|(_, rest)| rest.to_owned());
                    let lane = text
                        .lines()
                        .filter_map(end)
                        .find_map(|rest| rest.strip_prefix(&format!("{id} as ")).map(str::to_owned));
                    if id.starts_with('s') { "store".to_owned() } else { lane.unwrap() }
                };
                for (row, arrow) in narrated.table.rows.iter().zip(&arrows) {
                    let kind = row.taken.kind().name();
                    let verb = if kind == "act" { row.says.split(' ').next().unwrap() } else { kind };
                    let end = |id: &str| match id.starts_with('d') {
                        true => "directory".to_owned(),
                        false if named(id) == row.actor => "actor".to_owned(),
                        false => named(id),
                    };
                    let ends = format!("{} -> {}", end(&arrow.from), end(&arrow.to));
                    found.push((verb.to_owned(), ends));
                }
                found
            });
            for (verb, ends) in found {
                seen.entry(verb).or_default().insert(ends);
            }
        });
    }
    let expected: [(&str, &[&str]); 8] = [
        ("deliver", &["actor -> actor", "actor -> store"]),
        ("start", &["actor -> actor"]),
        ("asks", &["actor -> directory"]),
        ("copies", &["store -> store"]),
        ("creates", &["actor -> directory", "actor -> store"]),
        ("deletes", &["actor -> directory", "actor -> store", "store -> store"]),
        ("reports", &["actor -> actor"]),
        ("replicate", &["directory -> directory"]),
    ];
    for (verb, ends) in expected {
        let found: Vec<&str> = seen[verb].iter().map(String::as_str).collect();
        assert!(found.iter().all(|one| ends.contains(one)), "{verb}: {found:?}");
    }
}

#[test]
fn the_act_that_changes_nothing_is_an_arrow_to_the_directory() {
    let text = second_move(mermaid::mermaid);
    let act = "a1->>d0: 7 asks the directory to move the recipient from source to source#58; nothing changes";
    assert!(text.contains(act), "{text}");
    assert!(text.contains("s0->>s1: 6 first copies m1 from source to destination"), "{text}");
    let lost = text.split_once("rect rgb(").unwrap().1.split_once("end\n").unwrap().0;
    assert!(lost.contains("12 creates the mailbox on destination") && lost.contains("✕ destroys m1"), "{lost}");
    assert_eq!(text.matches("rect rgb(").count(), 1);
}

#[test]
fn edges_of_the_graph_carry_sentences_and_the_trace_is_marked_without_colour() {
    let text = second_move(dot::dot);
    let names = second_move(|narrated| narrated.table.rows.iter().map(|row| row.action.clone()).collect::<Vec<_>>());
    assert!(names.iter().all(|name| !text.contains(name.as_str())), "no internal name is in {text}");
    let whole = text.replace("\\l ", " ");
    second_move(|narrated| {
        for row in &narrated.table.rows {
            assert!(whole.contains(&format!("{}: {}\\l", row.actor, row.says)), "{}", row.says);
        }
        let framed = text.lines().filter(|line| line.contains("peripheries=2")).count();
        let thick = text.lines().filter(|line| line.contains(" -> ") && line.contains("penwidth=4")).count();
        assert_eq!((framed, thick), (narrated.table.rows.len() + 1, narrated.table.rows.len()));
    });
    assert!(
        text.lines()
            .filter(|line| line.contains(" -> "))
            .all(|line| line.contains("penwidth=4") != line.contains("dashed"))
    );
    let loss: Vec<&str> = text.lines().filter(|line| line.contains("shape=octagon")).collect();
    assert!(loss.len() == 1 && loss[0].contains("✕ destroys m1"), "{loss:?}");
}

#[test]
fn a_trace_survives_the_conversion_to_itf_and_back() {
    let explorer = Explorer::default();
    let dropped = |name: &str, text: String| {
        explorer.answer(Query::Drop { name: name.to_owned(), text, part: None }).unwrap()["document"].clone()
    };
    for name in ["second-move", "stranded", "move-repeated"] {
        let Ok(spec) = load_scenario(name) else { continue };
        counterexamples(&spec, |world, trace, property| {
            let file = trace::write(&spec, world, &spec.touches(), property.name(), trace);
            let direct = dropped("trace.json", serde_json::to_string(&file).unwrap());
            let around = dropped("trace.itf.json", reported(&spec, world, trace, property.name(), itf::itf));
            assert_eq!(direct["moments"], around["moments"], "{name}: {}", property.name());
            assert_eq!(direct["link"], around["link"]);
            assert_eq!(direct["repeats_from"], around["repeats_from"]);
        });
    }
}

#[test]
fn a_shortened_trace_says_that_it_is_shortened() {
    let spec = load_scenario("second-move").unwrap();
    let mut text = String::new();
    counterexamples(&spec, |world, trace, property| {
        let mut table = TraceTable::of(world, trace);
        while table.rows.len() < 2_000 {
            let rows = table.rows.clone();
            table.rows.extend(rows);
        }
        let narrated =
            NarratedTrace { spec: &spec, world, table: &table, property: Some(property.name()), own: table.rows.len() };
        text = mermaid::mermaid(&narrated);
    });
    is_mermaid(&text);
    assert!(text.chars().count() > mermaid::CHARACTERS_MAX - 1_000);
    let last = text.lines().last().unwrap();
    assert!(last.contains(": … ") && last.ends_with(" more"), "{last}");
}

#[test]
fn names_of_a_trace_are_escaped_in_every_format() {
    let source = load_scenario("second-move").unwrap();
    let mut spec = source.clone();
    spec.name = "a\"; b -> c # <b>|*x*\\".to_owned();
    for world in worlds_of(&source).into_iter().take(1) {
        let path = stranded_search::engine::Path { initial: world.initial[0].clone(), actions: Vec::new() };
        let trace = Trace { path, after: Vec::new(), repeats_from: None };
        reported(&spec, &world, &trace, "no-loss", |narrated| {
            is_itf(&itf::itf(narrated));
            is_dot(&dot::dot(narrated));
            let diagram = mermaid::mermaid(narrated);
            is_mermaid(&diagram);
            assert!(diagram.contains("title a#34;#59; b -#62; c #35; #60;b#62;"), "{diagram}");
            assert!(markdown::markdown(narrated).starts_with("# a\"; b -&gt; c \\# &lt;b&gt;\\|\\*x\\*\\\\: no-loss"));
        });
    }
}

#[test]
fn replay_converts_a_trace_to_every_format() {
    let folder = tempfile::tempdir().unwrap();
    stranded_in(folder.path(), &["check", "second-move", "--traces", "."]);
    let starts = [
        ("itf", "{\n  \"#meta\""),
        ("mermaid", "sequenceDiagram\n"),
        ("dot", "digraph stranded {\n"),
        ("markdown", "# second-move: no-loss\n"),
        ("json", "{\n  \"format\": 2,\n  \"scenario\": \"second-move\""),
        ("html", "<!doctype html>"),
    ];
    for (format, start) in starts {
        let to = ["replay", "second-move.no-loss.json", "--to", format];
        let printed = stranded_in(folder.path(), &to);
        assert_eq!((printed.code, printed.err.as_str()), (0, ""), "{format}");
        assert!(printed.out.starts_with(start), "{format}: {}", &printed.out[..40]);
        let written = stranded_in(folder.path(), &[&to[..], &["-o", "out"]].concat());
        assert_eq!((written.code, written.out.as_str()), (0, ""), "{format}");
        assert_eq!(std::fs::read_to_string(folder.path().join("out")).unwrap(), printed.out, "{format}");
    }
    let ran = stranded_in(folder.path(), &["replay", "second-move.no-loss.json", "--to", "dott"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("[possible values: html, itf, mermaid, dot, markdown, json]"), "{}", ran.err);
}
