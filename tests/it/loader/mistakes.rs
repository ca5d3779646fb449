//! Mistakes that people make in scenario and procedure files: each gets an error that names it and the right form.

use std::fs;

use serde_json::Value;
use stranded::schema::{Kind, schema};
use stranded_model::procedure::{Act, Outcome, Procedure};
use stranded_search::scenario::{SiteNames, parse_procedure};

use super::sizes::{SOUND, changed};
use super::{check, check_fragments, check_step, refused};
use crate::cli::stranded_in;

#[test]
fn a_word_of_users_for_a_step_leads_to_the_step() {
    let rows = [
        ("export", "did you mean `save`?", "saves all messages of the mailbox"),
        ("Export mailbox", "did you mean `save`?", "saves all messages"),
        ("import", "did you mean `load`?", "loads the messages"),
        ("delete user", "did you mean `delete-recipient`?", "deletes the recipient"),
        ("delete the old user", "did you mean `delete-recipient`?", "deletes the recipient"),
        ("delete", "did you mean `delete-mailbox`?", "deletes the mailbox"),
        ("create user", "did you mean `create-recipient`?", "creates the recipient"),
        ("copy mailbox", "did you mean `copy-message`?", "copies one message"),
        ("sync_mailbox", "did you mean `copy-message`?", "copies one message"),
        ("move", "these are several steps: `create-mailbox`, `copy-message`", "`stranded show --procedure move`"),
        ("edit", "did you mean `raw-edit` or `sync-directory`?", "writes one or both home attributes"),
        ("disable", "did you mean `mark` or `hold-delivery`?", "holds mail for the mailbox"),
        ("verify", "did you mean `require`?", "answers `ok` if the condition is true"),
        ("done", "did you mean `report`?", "ends the run"),
        ("create", "did you mean `create-mailbox`?", "creates an empty mailbox"),
        ("wipe", "did you mean `empty-mailbox`?", "deletes all messages of the mailbox"),
        ("append", "did you mean `append-message`?", "appends one listed message"),
        ("switch", "did you mean `sync-directory` or `raw-edit`?", "asks the directory to move"),
        ("stop delivery", "did you mean `hold-delivery`?", "holds mail for the mailbox"),
        ("resume", "did you mean `release-delivery`?", "ends the hold on mail"),
        ("enable", "did you mean `unmark` or `release-delivery`?", "removes the program's own mark"),
        ("replicate", "did you mean `update-now`?", "makes a replica pull"),
        ("sleep", "did you mean `wait`?", "waits until the condition"),
        ("lookup", "did you mean `look-up-home`?", "looks up Home-MDB"),
        ("fetch", "did you mean `list`?", "lists the messages of the mailbox"),
        ("repair", "did you mean `adjust`?", "runs the consistency adjuster"),
        ("rename", "no step does this", "a mailbox keeps its name here"),
        ("grant access", "no step does this", "the model has no permissions"),
        ("notify", "no step does this", "messages to people move no mail"),
        ("frobnicate", "no valid name is close", "`create-mailbox`"),
    ];
    for (word, label, help) in rows {
        check_step(
            &format!("do = \"{word}\"\nat = \"to\""),
            &[&format!("`do` `{word}`"), "test.toml:4:6", label, help],
        );
    }
}

#[test]
fn a_step_in_another_spelling_leads_to_that_step() {
    for word in ["Delete Mailbox", "delete_mailbox", "DELETE-MAILBOX", "delete-mailbx"] {
        check_step(&format!("do = \"{word}\"\nat = \"to\""), &["did you mean `delete-mailbox`?"]);
    }
    check_step("do = \"sav\"\nat = \"to\"", &["did you mean `save`?"]);
    check_step("do = \"repot\"\noutcome = \"ok\"", &["did you mean `report`?"]);
}

fn read(text: &str) -> Procedure {
    let read = parse_procedure("test.toml", text, &SiteNames::of(["source", "destination"]));
    read.unwrap_or_else(|wrong| panic!("{}", wrong.render(false)))
}

#[test]
fn a_procedure_without_a_last_report_reports_ok() {
    let save = "name = \"mine\"\n[[step]]\ndo = \"save\"\nat = \"to\"\n";
    let report = "[[step]]\ndo = \"report\"\noutcome = \"ok\"\n";
    let (short, long) = (read(save), read(&format!("{save}{report}")));
    let acts = |procedure: &Procedure| procedure.steps.iter().map(|step| step.act.clone()).collect::<Vec<_>>();
    assert_eq!(acts(&short), acts(&long));
    assert_eq!(short.steps[1].line, 2, "an error about the report shows the last step");

    // A report under one answer to an assumption only: under the other answer the procedure reports ok.
    let sometimes = format!("{save}{}when = {{ raw-apply = \"one-write\" }}\n", report.replace("\"ok\"", "\"failed\""));
    let steps = read(&sometimes).steps;
    assert_eq!(steps.last().unwrap().act, Act::Report { outcome: Outcome::Ok, says: None });
    assert_eq!((steps.len(), steps[2].when.len()), (3, 0));

    // Nothing is added to a procedure that cannot reach its end.
    let again = "name = \"mine\"\n[[step]]\nlabel = \"again\"\ndo = \"save\"\nat = \"to\"\non = { ok = \"again\" }\n";
    assert_eq!(read(again).steps.len(), 1);
    let failed = format!("{save}{}", report.replace("\"ok\"", "\"failed\""));
    assert_eq!(read(&failed).steps.len(), 2);
}

#[test]
fn a_value_without_quotes_is_shown_as_it_should_be() {
    let rows = [
        ("logon = yes", "TOML does not know `yes`", "write `true`"),
        ("logon = No", "TOML does not know `No`", "write `false`"),
        ("logon = True", "TOML does not know `True`", "write `true`"),
        ("logon = off # for now", "TOML does not know `off`", "write `false`"),
    ];
    for (line, message, label) in rows {
        check("logon = false", line, &[message, label, "test.toml:14:9"]);
    }
    check("delivery = \"before\"", "delivery = before", &["the text `before` lacks quotes", "write \"before\""]);
    let question = &["the text `Is it sound?` lacks quotes", "write \"Is it sound?\"", "test.toml:3:12"];
    check("question = \"Is it sound?\"", "question = Is it sound?", question);
    let servers = &["the text `source` lacks quotes", "write \"source\""];
    check("servers = [\"source\", \"destination\"]", "servers = [source, \"destination\"]", servers);
}

#[test]
fn signs_of_other_programs_are_shown_with_those_of_toml() {
    let rows = [
        ("delivery = “before”", "quotes of a word processor", "write \"before\" with straight quotes"),
        ("delivery = ‘before’", "quotes of a word processor", "write \"before\" with straight quotes"),
        ("delivery = „before“", "quotes of a word processor", "write \"before\" with straight quotes"),
        ("delivery = “before\"", "quotes of a word processor", "write \"before\" with straight quotes"),
        ("delivery: \"before\"", "a value comes after `=`, not after `:`", "write ` =`"),
        ("delivery = \"before\",", "no `,` stands after a value", "remove it"),
        ("delivery = \"before\";", "no `;` stands after a value", "remove it"),
        ("delivery\u{a0}= \"before\"", "TOML does not accept this space (U+00A0)", "a plain space"),
        ("// mail\ndelivery = \"before\"", "`//` starts no comment", "write `#`"),
        ("; mail\ndelivery = \"before\"", "`;` starts no comment", "write `#`"),
    ];
    for (line, message, label) in rows {
        check("delivery = \"before\"", line, &[message, label, "test.toml:13:"]);
    }
}

#[test]
fn a_header_with_the_wrong_brackets_is_shown_with_the_right_ones() {
    check("[[run]]", "[run]", &["`[run]` is one table, and each run has a table of its own", "write `[[run]]`"]);
    check("[environment]", "[[environment]]", &["`[[environment]]` lists tables", "write `[environment]`"]);
    let step = "[step] # first\ndo = \"save\"\nat = \"to\"\n";
    let wrong = |text: &str| {
        let site = SiteNames::of(["source", "destination"]);
        parse_procedure("test.toml", text, &site).unwrap_err().render(false)
    };
    for text in [format!("name = \"mine\"\n{step}"), format!("name = \"mine\"\n{step}{step}")] {
        let reported = wrong(&text);
        check_fragments(&reported, &["`[step]` is one table", "test.toml:2:1", "write `[[step]]`"]);
        assert_eq!(reported.matches("error: ").count(), 1, "{reported}");
    }
    let mixed = format!("name = \"mine\"\n{step}{}", step.replace("[step]", "[[step]]"));
    check_fragments(&wrong(&mixed), &["`[step]` is one table", "test.toml:2:1"]);
    let twice = refused(&changed("delivery = \"before\"", "delivery = \"before\"\ndelivery = \"never\""));
    check_fragments(&twice, &["duplicate key", "the table has this key already", "test.toml:14:1"]);
}

/// Returns the names of the keys of a table in a schema.
fn keys<'a>(schema: &'a Value, pointer: &str) -> impl Iterator<Item = &'a String> {
    schema.pointer(pointer).unwrap()["properties"].as_object().unwrap().keys()
}

#[test]
fn a_key_below_the_wrong_header_is_reported_with_the_right_one() {
    let (scenario, procedure) = (schema(Kind::Scenario), schema(Kind::Procedure));
    let is_value = |key: &&String| !scenario["properties"][key.as_str()]["properties"].is_object();
    let top =
        keys(&scenario, "").filter(is_value).filter(|key| !["procedure", "property", "run"].contains(&key.as_str()));
    let mut rows: Vec<(&String, &str, &str)> = Vec::new();
    rows.extend(
        top.filter(|key| *key != "assume" && *key != "expect")
            .map(|key| (key, "[environment]", "at the top of the file")),
    );
    rows.extend(keys(&scenario, "/properties/site").map(|key| (key, "[environment]", "in `[site]`")));
    rows.extend(keys(&scenario, "/properties/start").map(|key| (key, "[environment]", "in `[start]`")));
    rows.extend(keys(&scenario, "/properties/environment").map(|key| (key, "[site]", "in `[environment]`")));
    rows.extend(keys(&scenario, "/properties/run/items").map(|key| (key, "[environment]", "in a `[[run]]`")));
    rows.extend(keys(&procedure, "/$defs/step").map(|key| (key, "[environment]", "in a `[[step]]`")));
    assert!(rows.len() > 30, "{rows:?}");
    for (key, header, place) in rows {
        let reported = refused(&SOUND.replace(header, &format!("{header}\n{key} = 1")));
        check_fragments(&reported, &[&format!("`{key}` belongs "), place]);
    }
}

#[test]
fn a_procedure_named_without_its_ending_leads_to_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let scenario =
        changed("procedure = \"mine\"\nfrom", "procedure = \"theirs\"\nfrom").replace("mine/reported", "theirs/end");
    fs::write(folder.path().join("sound.toml"), &scenario).unwrap();
    let ran = stranded_in(folder.path(), &["check", "sound.toml"]);
    check_fragments(&ran.err, &["unknown procedure `theirs`", "no valid name is close"]);
    fs::write(folder.path().join("theirs.toml"), "name = \"theirs\"\n").unwrap();
    let ran = stranded_in(folder.path(), &["check", "sound.toml"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    check_fragments(&ran.err, &["unknown procedure `theirs`", "sound.toml:38:13", "write \"theirs.toml\""]);
}
