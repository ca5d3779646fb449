//! Text from files, arguments and other programs: the program shows it so that it cannot control the terminal, and none
//! of it changes the direction of the text.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use stranded::formats::results::{Case, CaseOutcome, GuiltyStep, Location, ResultFormat, written};
use stranded_oracle::judged::{Judged, Subject};
use stranded_oracle::oracle::{Oracle, OracleOptions};
use stranded_search::sanitize::{
    all_but_colours, in_json, is_hidden, of_json, shell_word, visible, visible_line, without_commands,
};

use crate::worlds::loaded;

/// A window title, a colour, a bell, C1 controls, characters that reverse the direction of text, end a line or have no width, and
/// lines that the reader of a log obeys.
const EVIL: &str = "\x1b]0;TITLE\x07\x1b[31mRED\u{9b}32m\u{85}\u{202e}RTL\u{2066}\u{200f}\u{2028}\u{7f}\u{8}end\
                    \u{200b}\u{feff}\u{ad}\u{e0041}\n::error::x\n\x1b[31m ::warning::x\r\n##[error]x ##vso[x]\nBail out! x\n";

/// The names of the formats for other programs.
const FORMATS: [&str; 4] = ["junit", "tap", "markdown", "github"];

#[test]
fn every_hidden_letter_is_shown_by_its_number() {
    let hidden = (0..0x20).chain(0x7f..0xa0).chain(0x202a..=0x202e).chain(0x2066..=0x2069);
    let hidden = hidden.chain(0x200b..=0x200f).chain(0x2060..=0x2069).chain(0xfe00..=0xfe0f).chain(0xe0000..=0xe0fff);
    let hidden = hidden.chain([0xad, 0x61c, 0x70f, 0x2028, 0x2029, 0x3164, 0xfeff, 0xfffe, 0x110bd]);
    let hidden = hidden.filter(|number| ![0x9, 0xa].contains(number));
    for number in hidden {
        let letter = char::from_u32(number).unwrap();
        assert_eq!(visible(&format!("a{letter}ü")), format!("a\\u{{{number:x}}}ü"));
    }
    for shown in ["", "a\tb\nc", "two\r\nlines\r\n", "übergroß 🦀 שלום", "\\u{1b}", "a\u{a0}b\u{301}\u{fffd}"] {
        assert_eq!(visible(shown), shown);
        assert_eq!(all_but_colours(shown), shown);
    }
    assert_eq!(visible("a\rb\r"), "a\\u{d}b\\u{d}");
}

#[test]
fn only_the_colours_of_the_program_are_printed_unescaped() {
    for colour in ["\x1b[1m", "\x1b[0m", "\x1b[m", "\x1b[1;38;5;9m"] {
        assert_eq!(all_but_colours(&format!("a{colour}b")), format!("a{colour}b"));
        assert_eq!(visible(&format!("a{colour}b")), format!("a\\u{{1b}}{}b", &colour[1..]));
    }
    for code in ["\x1b[2J", "\x1b[?25l", "\x1b]8;;x\x07", "\x1b[31", "\x1b", "\u{9b}31m", "\x1b(0", "\x1b[1;1H"] {
        assert!(!all_but_colours(&format!("a{code}")).contains(is_hidden), "{code:?}");
    }
}

#[test]
fn json_shows_hidden_letters_and_keeps_its_meaning() {
    let value = json!({"a": EVIL, EVIL: [EVIL, 1, null]});
    let written = serde_json::to_string_pretty(&value).unwrap();
    assert!(written.contains(is_hidden));
    let shown = in_json(&written);
    assert!(!shown.contains(is_hidden));
    assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), value);
}

#[test]
fn text_from_json_is_made_visible_and_embedded_files_are_unchanged() {
    let value = json!({"a": EVIL, EVIL: [EVIL], "scenario_toml": EVIL, "b": {"scenario-toml": EVIL}});
    let read: Value = of_json(&value.to_string()).unwrap();
    let shown = visible_line(EVIL).into_owned();
    assert!(!shown.contains(['\n', '\r']));
    assert_eq!(read, json!({"a": shown, shown.as_str(): [shown], "scenario_toml": EVIL, "b": {"scenario-toml": EVIL}}));
    let written_by_number: Value = of_json("[\"\\u009b\\r\\b\", \"\\\\u009b\"]").unwrap();
    assert_eq!(written_by_number, json!(["\\u{9b}\\u{d}\\u{8}", "\\u009b"]));
    let two_lines: Value = of_json("[\"one\\n\\ttwo\"]").unwrap();
    assert_eq!(two_lines, json!(["one\\u{a}\\u{9}two"]));
}

/// Returns the output with colours, as a terminal receives it.
fn printed(folder: &Path, arguments: &[&str], input: Option<&str>) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stranded"));
    command.args(arguments).current_dir(folder).env("CLICOLOR_FORCE", "1");
    command.stdin(input.map_or_else(Stdio::null, |file| fs::File::open(folder.join(file)).unwrap().into()));
    let output = command.output().unwrap();
    assert!(output.status.code().is_some_and(|code| code < 5), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap() + "\n" + &String::from_utf8(output.stderr).unwrap()
}

/// Runs the program, and checks that its output contains no control sequence except the program's own colours.
#[track_caller]
fn harmless(folder: &Path, arguments: &[&str]) {
    harmless_with(folder, arguments, None);
}

#[track_caller]
fn harmless_with(folder: &Path, arguments: &[&str], input: Option<&str>) {
    let printed = printed(folder, arguments, input);
    assert!(!printed.contains("\x1b[31mRED"), "{arguments:?}: a foreign colour: {printed:?}");
    let bare = all_but_colours(&printed);
    assert!(bare == printed, "{arguments:?}: {printed:?}");
    let own = if arguments.contains(&"github") { ["::error ", "::warning "].as_slice() } else { &[] };
    for line in printed.lines().filter(|line| !own.iter().any(|own| line.starts_with(own))) {
        assert!(!is_obeyed(line), "{arguments:?}: {line:?} in {printed:?}");
    }
    assert!(printed.len() > 2, "{arguments:?}: nothing is printed");
}

/// Returns true if the reader of a log obeys a line, as the runners of GitHub and of Azure and the readers of TAP do: the runner of
/// GitHub skips spaces first, and searches the older form anywhere.
fn is_obeyed(line: &str) -> bool {
    let plain = anstream::adapter::strip_str(line).to_string();
    let line = plain.trim_start();
    line.starts_with("::")
        || line.to_ascii_lowercase().starts_with("bail out!")
        || ["##[", "##vso[", "##teamcity["].iter().any(|command| line.contains(command))
}

/// Pieces of hostile text.
const PIECES: [&str; 36] = [
    "::error file=x::",
    "::",
    ":",
    "##[error]",
    "##vso[task.x]",
    "##teamcity[x]",
    "#",
    "[",
    "Bail out!",
    "bail OUT!",
    "\n",
    "\r\n",
    "\r",
    "\t",
    " ",
    "\u{a0}",
    "\u{3000}",
    "\x1b[31m",
    "\x1b[0m",
    "\x1b]0;x\x07",
    "# SKIP",
    "# TODO",
    "ok 1",
    "not ok 2",
    "1..0",
    "```",
    "`",
    "|",
    "\\",
    "</details>",
    "<script>",
    "\u{200b}",
    "\u{e0041}",
    "\u{202e}",
    "]]>",
    "a",
];

fn hostile() -> impl proptest::strategy::Strategy<Value = String> {
    let pieces = proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..12);
    proptest::strategy::Strategy::prop_map(pieces, |pieces| pieces.concat())
}

/// Returns the cells of a row of a table. A backslash belongs to the character behind it.
fn cells(row: &str) -> usize {
    let mut rest = row.chars();
    let mut cells = 0;
    while let Some(letter) = rest.next() {
        match letter {
            '\\' => {
                let _escaped = rest.next();
            }
            '|' => cells += 1,
            _ => {}
        }
    }
    cells - 1
}

proptest::proptest! {
    #[test]
    fn no_printed_line_is_a_command_to_the_reader_of_the_log(text in hostile()) {
        let coloured = all_but_colours(&text);
        let printed = without_commands(&coloured);
        proptest::prop_assert!(!printed.lines().any(is_obeyed), "{printed:?}");
        let again = without_commands(&printed);
        proptest::prop_assert_eq!(&*again, &*printed);
        let line = visible_line(&text);
        proptest::prop_assert!(!line.contains(|letter: char| is_hidden(letter) || matches!(letter, '\n' | '\t')));
        let json = Value::from(text.as_str()).to_string();
        let shown = in_json(&json);
        proptest::prop_assert!(!is_obeyed(&shown), "{shown}");
        proptest::prop_assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), Value::from(text.as_str()));
    }

    #[test]
    fn no_foreign_text_changes_the_structure_of_a_format(text in hostile()) {
        let case = |outcome: CaseOutcome| Case {
            suite: text.clone(),
            name: text.clone(),
            verdict: "violated".to_owned(),
            outcome,
            time: Duration::ZERO,
            location: Some(Location { file: text.clone(), line: Some(1) }),
            step: Some(GuiltyStep { cause: text.clone(), says: text.clone(), location: None }),
            counterexample: None,
        };
        let cases = [
            case(CaseOutcome::Passed),
            case(CaseOutcome::Failed { says: text.clone(), detail: text.clone() }),
            case(CaseOutcome::Inconclusive { why: text.clone() }),
            case(CaseOutcome::Error { says: text.clone(), detail: text.clone() }),
        ];
        for format in [ResultFormat::Junit, ResultFormat::Tap, ResultFormat::Markdown, ResultFormat::Github] {
            let written = written(&cases, &[], format);
            // A carriage return before a line feed is a part of the line break.
            proptest::prop_assert!(!written.replace("\r\n", "\n").contains(is_hidden), "{written:?}");
            let obeyed: Vec<&str> = written.lines().filter(|line| is_obeyed(line)).collect();
            match format {
                ResultFormat::Github => {
                    let levels: Vec<&str> = obeyed.iter().map(|line| line.split(' ').next().unwrap()).collect();
                    proptest::prop_assert_eq!(levels, ["::error"; 3], "{}", written);
                    proptest::prop_assert_eq!(written.lines().count(), 4);
                }
                ResultFormat::Tap => {
                    proptest::prop_assert!(obeyed.is_empty(), "{written}");
                    let points: Vec<&str> = written.lines().filter(|line| !line.is_empty() && !line.starts_with(' ')).collect();
                    let (remarks, points): (Vec<&str>, Vec<&str>) = points.into_iter().partition(|line| line.starts_with("# "));
                    proptest::prop_assert_eq!((remarks.len(), points.len()), (1, 2 + cases.len()), "{}", written);
                    for point in &points[2..] {
                        // A directive follows a `#` without a backslash.
                        let directives = point.replace("\\\\", "").replace("\\#", "").matches('#').count();
                        proptest::prop_assert_eq!(directives, 0, "{}", point);
                    }
                }
                ResultFormat::Markdown => {
                    proptest::prop_assert!(obeyed.is_empty(), "{written}");
                    let rows: Vec<&str> = written.lines().skip_while(|line| !line.starts_with("|---")).skip(1).collect();
                    for row in &rows[..cases.len()] {
                        proptest::prop_assert!(row.starts_with("| ") && row.ends_with(" |"), "{row}");
                        proptest::prop_assert_eq!(cells(row), 5, "{}", row);
                    }
                    let summaries = written.lines().filter(|line| line.starts_with("<details><summary>")).count();
                    let expected = if visible(&text).trim().is_empty() { 0 } else { 2 };
                    proptest::prop_assert_eq!(summaries, expected, "{}", written);
                }
                ResultFormat::Junit => {
                    proptest::prop_assert!(obeyed.is_empty(), "{written}");
                    proptest::prop_assert_eq!(written.matches("<testcase ").count(), cases.len(), "{}", written);
                    proptest::prop_assert!(!written.contains("<script>"), "{written}");
                }
            }
        }
    }

    #[test]
    fn no_name_of_an_implementation_starts_a_line_of_a_report(name in hostile()) {
        let spec = loaded("move");
        let judgement = Oracle::new(&spec, OracleOptions::default()).unwrap().judgement();
        let lines = BTreeMap::new();
        let text = |subject: Subject<'_>| {
            let judged = Judged { scenario: "move", subject, judgement: &judgement, lines: &lines, not_exercised: &[], broken: None, extra: &[] };
            stranded::report::judgement::text(&judged, 80)
        };
        let usual = text(Subject::Implementation("usual"));
        for found in [text(Subject::Implementation(&name)), text(Subject::Log(&name))] {
            let rest = |text: &str| text.split_once('\n').unwrap().1.to_owned();
            proptest::prop_assert_eq!(rest(&found), rest(&usual));
            proptest::prop_assert!(!without_commands(&found).lines().any(is_obeyed), "{found}");
        }
    }
}

/// Collects the positions of the strings in a value, one of each kind: elements of an array count as one, and so do
/// steps.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate().take(2) {
                pointers(value, &format!("{at}/{index}"), found);
            }
        }
        Value::Object(members) => {
            for (key, value) in members {
                pointers(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Replays the file with each string replaced by a hostile one in turn, and with hostile keys.
fn replayed_with_every_string_evil(folder: &Path, file: &str, formats: &[&[&str]]) {
    let sound: Value = serde_json::from_str(&fs::read_to_string(folder.join(file)).unwrap()).unwrap();
    let mut found = Vec::new();
    pointers(&sound, "", &mut found);
    assert!(found.len() > 10, "{found:?}");
    for (count, pointer) in found.iter().enumerate() {
        let mut evil = sound.clone();
        *evil.pointer_mut(pointer).unwrap() = EVIL.into();
        fs::write(folder.join("evil.json"), evil.to_string()).unwrap();
        let format = formats[count % formats.len()];
        harmless(folder, &["replay", "evil.json"]);
        harmless(folder, &[&["replay", "evil.json"], format].concat());
    }
    let mut evil = sound;
    evil[EVIL] = 1.into();
    fs::write(folder.join("evil.json"), evil.to_string()).unwrap();
    harmless(folder, &["replay", "evil.json"]);
}

#[test]
fn no_string_of_a_trace_controls_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    printed(folder.path(), &["check", "second-move", "--traces", "."], None);
    let formats: [&[&str]; 3] = [&["--to", "markdown"], &["--to", "itf"], &["--format", "json"]];
    replayed_with_every_string_evil(folder.path(), "second-move.no-self-move.json", &formats);
    // The last replayed file has a key that no trace has.
    harmless(folder.path(), &["explore", "evil.json"]);
}

#[test]
fn no_string_of_a_recorded_run_controls_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_stranded");
    let adapter = ["--", program, "adapter", "reference", "--mutant", "directory-never"];
    printed(folder.path(), &[&["conform", "move", "--whole-runs", "--save", "runs"], &adapter[..]].concat(), None);
    let runs = fs::read_dir(folder.path().join("runs")).unwrap();
    let run = runs.map(|entry| entry.unwrap().path()).min().unwrap();
    fs::copy(run, folder.path().join("run.json")).unwrap();
    let formats: [&[&str]; 3] = [&["--format", "json"], &["--format", "markdown"], &["--format", "github"]];
    replayed_with_every_string_evil(folder.path(), "run.json", &formats);
}

/// Returns the text as a TOML string in which every character is escaped.
fn quoted(text: &str) -> String {
    let letters = text.chars().map(|letter| format!("\\U{:08x}", u32::from(letter)));
    format!("\"{}\"", letters.collect::<String>())
}

#[test]
fn no_string_of_a_scenario_controls_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let sound = "name = \"evil\"\nfamily = \"user\"\nquestion = \"Q?\"\nsource = [\"S\"]\nnever = []\n[site]\n\
                 organization = \"O\"\nname = \"N\"\nservers = [\"a\", \"b\"]\nhome = \"a\"\nmailboxes = 1\nmessages = 1\n\
                 replication = \"instant\"\n[environment]\ndelivery = \"before\"\n[[run]]\nadministrator = \"A\"\n\
                 procedure = \"move\"\nfrom = \"a\"\nto = \"b\"\n[expect]\nno-loss = \"holds\"\n";
    let strings: Vec<&str> = sound.split('"').skip(1).step_by(2).collect();
    for string in strings {
        for evil in [quoted(EVIL), format!("\"{}\"", EVIL.replace(|letter: char| letter.is_ascii_control(), ""))] {
            fs::write(folder.path().join("evil.toml"), sound.replacen(&format!("\"{string}\""), &evil, 1)).unwrap();
            harmless(folder.path(), &["check", "evil.toml"]);
        }
    }
    let free = sound.replacen("\"Q?\"", &quoted(EVIL), 1).replacen("\"S\"", &quoted(EVIL), 1);
    let free = free.replacen("\"O\"", &quoted(EVIL), 1).replacen("\"N\"", &quoted(EVIL), 1);
    fs::write(folder.path().join("evil.toml"), &free).unwrap();
    for format in FORMATS.iter().chain(&["text", "json"]) {
        harmless(folder.path(), &["check", "evil.toml", "--format", format]);
    }
    for wrong in [format!("{EVIL} = 1\n{sound}"), format!("# {EVIL}\nfaults = [{}\n", quoted(EVIL)), EVIL.to_owned()] {
        fs::write(folder.path().join("evil.toml"), wrong).unwrap();
        harmless(folder.path(), &["check", "evil.toml"]);
    }
}

#[test]
fn no_line_of_a_log_or_of_a_snapshot_controls_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let evil = Value::from(EVIL).to_string();
    for line in [
        format!("{{\"event\": {evil}}}"),
        format!("{{\"event\": \"observed\", \"mailbox\": {evil}, \"directory\": {{}}, \"stores\": {{}}}}"),
        format!("{{\"event\": \"did\", \"action\": {evil}}}"),
        format!("{{{evil}: 1}}"),
        evil.clone(),
        EVIL.to_owned(),
    ] {
        fs::write(folder.path().join("log"), line + "\n").unwrap();
        harmless(folder.path(), &["validate", "move", "log"]);
        harmless_with(folder.path(), &["oracle", "move"], Some("log"));
        harmless_with(folder.path(), &["adapter", "reference"], Some("log"));
    }
    for line in [
        format!("{{\"mailbox\": {evil}}}"),
        format!("{{\"mailbox\": \"m\", \"directory\": {{{evil}: null}}}}"),
        format!("{{\"mailbox\": \"m\", \"directory\": {{\"a\": {{\"home-mdb\": {evil}}}}}}}"),
        format!("{{\"mailbox\": \"m\", \"stores\": {{\"a\": {{\"messages\": [{evil}]}}}}}}"),
        EVIL.to_owned(),
    ] {
        fs::write(folder.path().join("snapshots"), line + "\n").unwrap();
        for format in ["text", "json"] {
            harmless(folder.path(), &["advise", "snapshots", "--all", "--format", format, "--max-states", "100"]);
        }
    }
}

#[test]
fn no_output_of_an_adapter_controls_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let evil = Value::from(EVIL).to_string();
    for line in [
        EVIL.replace('\n', ""),
        format!("{{\"id\": 1, \"type\": \"skip\", \"reason\": {evil}}}"),
        format!("{{\"id\": 1, \"type\": {evil}}}"),
        format!("{{\"id\": 1, \"type\": \"hello\", \"protocol\": 2, \"name\": {evil}, \"actions\": [{evil}]}}"),
    ] {
        fs::write(folder.path().join("line"), line + "\n").unwrap();
        let adapter = ["--", "sh", "-c", "cat line; cat line >&2; read request"];
        harmless(folder.path(), &[&["conform", "move"], &adapter[..]].concat());
        harmless(folder.path(), &[&["doctor", "move"], &adapter[..]].concat());
    }
}

#[test]
fn no_name_of_a_file_controls_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let path = |end: &str| format!("{EVIL}{end}");
    let (toml, json) = (path(".toml"), path(".json"));
    for arguments in [
        &["check", &toml][..],
        &["check", EVIL],
        &["show", EVIL],
        &["replay", &json],
        &["explore", &json],
        &["explore", EVIL],
        &["advise", &json],
        &["validate", "move", &json],
        &["show", "move", "-o", &format!("{EVIL}/x")],
        &["generate", "move", "-o", "/dev/null/x"],
        &["conform", "--replay", &json, "--", "true"],
        &["doctor", "move", "--", EVIL],
    ] {
        harmless(folder.path(), arguments);
    }
    for file in [&toml, &json] {
        fs::write(folder.path().join(file), "x\n").unwrap();
    }
    for arguments in [&["check", &toml][..], &["replay", &json], &["validate", "move", &json]] {
        harmless(folder.path(), arguments);
    }
}

#[test]
fn a_text_is_one_word_of_a_shell_command() {
    let words = [
        ("alice@example.com", "alice@example.com"),
        ("source-imap:UID FETCH:2", "'source-imap:UID FETCH:2'"),
        ("o'brien; rm", "'o'\\''brien; rm'"),
        ("-o", "'-o'"),
        ("", "''"),
    ];
    for (text, word) in words {
        assert_eq!(shell_word(text), word);
    }
}
