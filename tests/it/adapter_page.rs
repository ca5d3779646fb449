//! The pages for authors of adapters and of logs: the table of steps in `specs/adapter.md` is that of the program, and every example
//! on `specs/event-log.md` can be read. `STRANDED_UPDATE=1 cargo test --test it adapter_page` rewrites the table.

use std::fmt::Write as _;

use pretty_assertions::assert_eq;
use stranded_model::procedure::{Act, Condition};
use stranded_oracle::protocol::Event;
use stranded_search::scenario::{
    Argument, ArgumentKind, CONDITIONS, Presence, STEPS, SiteNames, StepKind, parse_procedure,
};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/specs/adapter.md");
const LOG_PAGE: &str = include_str!("../../specs/event-log.md");
/// The line before the table.
const START: &str = "<!-- steps -->\n";
/// The line after it.
const END: &str = "<!-- end of steps -->\n";

/// Returns an argument with an accepted value, as TOML.
fn given(argument: &Argument) -> Option<String> {
    let key = argument.key;
    let value = match argument.kind {
        ArgumentKind::Condition => return Some("home-is = \"to\"".to_owned()),
        ArgumentKind::Server => {
            let server = if key == "from" { "from" } else { "to" };
            format!("\"{server}\"")
        }
        ArgumentKind::Word(choices) => format!("\"{}\"", choices[0]),
        ArgumentKind::Outcome => "\"ok\"".to_owned(),
        ArgumentKind::HomeValue(_) => "\"destination\"".to_owned(),
        ArgumentKind::ServerPair
        | ArgumentKind::ServerTable(_)
        | ArgumentKind::Flag
        | ArgumentKind::True
        | ArgumentKind::Text => return None,
    };
    let is_needed = argument.presence == Presence::Required || matches!(argument.kind, ArgumentKind::HomeValue(_));
    is_needed.then(|| format!("{key} = {value}"))
}

/// Returns the acts of a step that has only its required arguments.
fn acts(step: &StepKind) -> Vec<Act> {
    let before = "[[step]]\ndo = \"list\"\nat = \"from\"\n";
    let arguments: Vec<String> = step.arguments.iter().filter_map(given).collect();
    let unchecked = if step.word == "raw-edit" { "unchecked = true\n" } else { "" };
    let end = if step.word == "report" { "" } else { "[[step]]\ndo = \"report\"\noutcome = \"ok\"\n" };
    let text = format!(
        "name = \"one\"\nsource = [\"test\"]\n{before}[[step]]\nlabel = \"shown\"\ndo = \"{}\"\n{unchecked}{}\n{end}",
        step.word,
        arguments.join("\n")
    );
    let names = SiteNames::of(vec!["source".to_owned(), "destination".to_owned()]);
    let parsed = parse_procedure("one.toml", &text, &names).unwrap_or_else(|wrong| panic!("{wrong}\n{text}"));
    let line = parsed.steps.iter().find(|step| step.label.as_deref().is_some_and(|label| label.starts_with("shown")));
    let line = line.unwrap().line;
    parsed.steps.into_iter().filter(|step| step.line == line).map(|step| step.act).collect()
}

/// Returns the number of acts of a step in words.
fn acts_in_words(step: &StepKind, acts: &[Act]) -> String {
    // Both orders of a purge stand in the procedure; one of them is executed.
    let is_purge = acts.iter().any(|act| matches!(act, Act::DeleteRecipient { .. })) && acts.len() > 1;
    if is_purge {
        return "with `\"purge\"` three: look up the home, then delete the mailbox there and the recipient, in either order; with \
                `\"leave\"` one"
            .to_owned();
    }
    assert_eq!(acts.len(), 1, "{}", step.word);
    let act = &acts[0];
    if act.takes_any_message() {
        return "one for each message, in any order; one if there is none".to_owned();
    }
    if matches!(act, Act::UpdateNow { .. }) {
        return "one for each other replica, in the order of the site".to_owned();
    }
    if matches!(act, Act::Require(_) | Act::Wait(_)) {
        let every = CONDITIONS.iter().filter(|condition| condition.key.contains("replica"));
        let every: Vec<String> = every.map(|condition| format!("`{}`", condition.key)).collect();
        return format!("one; with {} one for each replica; with `holds-all` two", every.join(", "));
    }
    "one".to_owned()
}

fn table() -> String {
    let mut text = String::from(
        "| step | meaning | `act`s | results for the program | can be lost | can be late |\n|---|---|---|---|---|---|\n",
    );
    for step in &STEPS {
        let acts = acts(step);
        let yes = |is: bool| if is { "yes" } else { "" };
        let results: Vec<String> = step.results.iter().map(|result| format!("`{}`", result.name())).collect();
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {} | {} |",
            step.word,
            step.does,
            acts_in_words(step, &acts),
            results.join(", "),
            yes(acts.iter().all(Act::is_request)),
            yes(acts.iter().any(Act::can_be_late)),
        );
    }
    text
}

#[test]
fn the_page_of_adapters_has_the_table_of_steps() {
    let page = std::fs::read_to_string(PATH).unwrap();
    let (before, rest) = page.split_once(START).expect("the page has a place for the table");
    let (_, after) = rest.split_once(END).expect("the table has an end");
    let wanted = format!("{before}{START}{}{END}{after}", table());
    if std::env::var_os("STRANDED_UPDATE").is_some() {
        std::fs::write(PATH, &wanted).unwrap();
        return;
    }
    assert_eq!(page, wanted, "to rewrite it: STRANDED_UPDATE=1 cargo test --test it adapter_page");
}

#[test]
fn a_condition_about_replicas_has_its_word_in_its_key() {
    let names = SiteNames::of(vec!["source".to_owned(), "destination".to_owned()]);
    let mut visiting = 0;
    for (key, value) in [
        ("every-replica-names", "\"to\""),
        ("replicas-agree", "true"),
        ("replicas-agree-on", "\"to\""),
        ("home-is", "\"to\""),
    ] {
        let text = format!(
            "name = \"one\"\nsource = [\"test\"]\n[[step]]\ndo = \"require\"\n{key} = {value}\n[[step]]\ndo = \"report\"\noutcome = \"ok\"\n"
        );
        let parsed = parse_procedure("one.toml", &text, &names).unwrap();
        let Act::Require(condition) = &parsed.steps[0].act else { panic!("{text}") };
        assert_eq!(Condition::visits_every_replica(condition), key.contains("replica"), "{key}");
        visiting += usize::from(condition.visits_every_replica());
    }
    let named = CONDITIONS.iter().filter(|condition| condition.key.contains("replica")).count();
    assert_eq!(visiting, named, "every condition about replicas was tried");
}

#[test]
fn every_line_on_the_page_of_the_event_log_can_be_read() {
    let examples = LOG_PAGE.split("```jsonl\n").skip(1).flat_map(|block| block.split("```").next().unwrap().lines());
    let (mut read, mut cases) = (0, 0);
    for line in examples.filter(|line| *line != r#"{"event":"end"}"#) {
        let (_, case) = Event::with_case(line).unwrap_or_else(|wrong| panic!("{line}: {wrong:?}"));
        read += 1;
        cases += usize::from(case.is_some());
    }
    assert!(read >= 8 && cases >= 2, "{read} lines, {cases} named cases");
}
