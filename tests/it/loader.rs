//! Scenario and procedure files: the accepted ones, the refused ones, and their diagnostics. [`written`] tests the
//! writer.

mod limits;
mod mail_flow;
mod mistakes;
mod sizes;
mod written;

use std::collections::BTreeSet;
use std::fs;
use std::io;

use pretty_assertions::assert_eq;
use stranded_model::assumption::Assumption;
use stranded_model::dn::HomeValue;
use stranded_model::id::{Id, ServerId};
use stranded_model::procedure::{Act, Handler, ServerRef, Step, StepResult};
use stranded_model::property::Safety;
use stranded_model::scenario::{Administrator, Delivery, Fault, Replication, RunsMax};
use stranded_search::property::{Property, Verdict};
use stranded_search::scenario::{
    Family, Number, Numbers, SiteNames, Spec, TOML_MAX, builtin, is_procedure_text, load_procedure_in, load_scenario,
    parse_procedure, parse_scenario, select,
};

use self::sizes::SOUND;

/// Returns a procedure without errors, around one step.
fn procedure_with(step: &str) -> String {
    format!("name = \"mine\"\n\n[[step]]\n{step}\n\n[[step]]\nlabel = \"end\"\ndo = \"report\"\noutcome = \"ok\"\n")
}

fn no_files(_path: &str) -> io::Result<String> {
    Err(io::Error::new(io::ErrorKind::NotFound, "no such file"))
}

fn parsed(text: &str) -> Spec {
    parse_scenario("test.toml", text, &no_files).unwrap_or_else(|diagnostics| panic!("{}", diagnostics.render(false)))
}

fn refused(text: &str) -> String {
    match parse_scenario("test.toml", text, &no_files) {
        Ok(spec) => panic!("{} was accepted:\n{text}", spec.name),
        Err(diagnostics) => diagnostics.render(false),
    }
}

#[track_caller]
fn check_fragments(reported: &str, fragments: &[&str]) {
    for fragment in fragments {
        assert!(reported.contains(fragment), "`{fragment}` is missing in\n{reported}");
    }
}

/// Changes one part of the sound scenario, and expects exactly one diagnostic with these fragments.
#[track_caller]
fn check(old: &str, new: &str, fragments: &[&str]) {
    assert_eq!(SOUND.matches(old).count(), 1, "`{old}` must occur in the sound scenario once");
    let reported = refused(&SOUND.replace(old, new));
    assert_eq!(reported.matches("error: ").count(), 1, "{reported}");
    check_fragments(&reported, fragments);
}

/// Reads a procedure with this step, and expects exactly one diagnostic with these fragments.
#[track_caller]
fn check_step(step: &str, fragments: &[&str]) {
    let text = procedure_with(step);
    let reported = match parse_procedure("test.toml", &text, &SiteNames::of(["source", "destination"])) {
        Ok(_) => panic!("accepted:\n{text}"),
        Err(diagnostics) => diagnostics.render(false),
    };
    assert_eq!(reported.matches("error: ").count(), 1, "{reported}");
    check_fragments(&reported, fragments);
}

#[test]
fn a_sound_scenario_is_read() {
    let spec = parsed(SOUND);
    assert_eq!(spec.name, "sound");
    assert_eq!(spec.family, Family::User);
    assert_eq!(spec.source, ["Q252869 S22"]);
    assert_eq!(spec.never, ["mine/reported"]);
    assert_eq!(spec.pinned, [(Assumption::SourceDelete, 0)]);
    assert_eq!(spec.expect, [(Property::Safety(Safety::NoLoss), Verdict::Holds)]);
    assert_eq!(spec.text, SOUND);
    assert_eq!(spec.from, None);
    let site = &spec.scenario.site;
    assert_eq!((site.mailboxes, site.messages, site.replication), (1, 2, Replication::Instant));
    assert_eq!(site.servers.values().collect::<Vec<_>>(), ["source", "destination"]);
    assert_eq!(site.home, ServerId::at(0));
    assert_eq!(spec.scenario.environment.delivery, Delivery::Before);
    assert_eq!(spec.scenario.environment.faults, [Fault::ProgramDies]);
    let run = spec.scenario.run(spec.scenario.last_run);
    assert_eq!((run.from, run.to, run.connected_to), (ServerId::at(0), ServerId::at(1), ServerId::at(0)));
    assert_eq!(run.runs_max, RunsMax::Times(1));
    let steps = &run.procedure.steps;
    assert_eq!(steps.iter().map(|step| step.line).collect::<Vec<_>>(), [22, 27, 31]);
    assert_eq!(steps[0].on, [Handler { result: StepResult::Duplicate, next: 2 }]);
    assert_eq!(steps[2].label.as_deref(), Some("reported"));
}

#[test]
fn a_file_with_crlf_is_read_and_reported_like_any_other() {
    let crlf = SOUND.replace('\n', "\r\n");
    assert_eq!(parsed(&crlf).scenario, parsed(SOUND).scenario);
    let reported = refused(&crlf.replace("family = \"user\"", "family = \"usr\""));
    check_fragments(&reported, &["test.toml:2:10", "did you mean `user`?"]);
    assert!(!reported.contains('\r'), "{reported:?}");
}

#[test]
fn two_errors_in_one_file_are_both_reported_from_top_to_bottom() {
    let text = SOUND.replace("no-loss = \"holds\"", "no-loss = \"hold\"").replace("logon = false", "logn = false");
    let reported = refused(&text);
    assert_eq!(reported.matches("error: ").count(), 2, "{reported}");
    let (key, verdict) =
        (reported.find("did you mean `logon`?").unwrap(), reported.find("did you mean `holds`?").unwrap());
    assert!(key < verdict, "{reported}");
}

#[test]
fn a_diagnostic_shows_file_line_caret_and_the_nearest_name() {
    let reported = refused(&SOUND.replace("no-loss = ", "no-los = "));
    let expected = "\
error: unknown property `no-los`
  --> test.toml:46:1
   |
46 | no-los = \"holds\"
   | ^^^^^^ did you mean `no-loss`?
   |
   = help: there are `no-loss`, `no-last-copy-delete`, `no-false-success`, `home-coherent`,
           `no-self-move`, `transit-owned`, `reachable`, `one-home`, `no-duplicates`,
           `delivery-settles`, `replicas-converge`, `repair-completes`, `transit-clears`,
           `coverage`
";
    assert_eq!(reported, expected);
}

#[test]
fn colour_changes_nothing_but_colour() {
    let text = SOUND.replace("no-loss = ", "no-los = ");
    let diagnostics = parse_scenario("test.toml", &text, &no_files).unwrap_err();
    let coloured = diagnostics.render(true);
    assert!(coloured.contains("\u{1b}["), "{coloured}");
    assert!(!diagnostics.render(false).contains('\u{1b}'));
}

#[test]
fn text_that_is_not_toml_is_reported_at_its_position() {
    check_fragments(&refused("name = \"x\"\n[site\nservers = 1\n"), &["error: not TOML", "test.toml:2:"]);
    check_fragments(&refused("name = \"x\"\nname = \"y\"\n"), &["not TOML: duplicate key", "test.toml:2:1"]);
}

#[test]
fn an_empty_file_lacks_a_name_a_site_and_a_run() {
    let reported = refused("");
    check_fragments(&reported, &["the file lacks `name`", "the file lacks `site`", "the file lacks `run`"]);
    assert!(!reported.contains("lacks `question`"), "{reported}");
}

#[test]
fn errors_of_the_head_are_reported() {
    check("name = \"sound\"", "", &["the file lacks `name`"]);
    check("name = \"sound\"", "name = \"Not Kebab\"", &["not a kebab-case name", "test.toml:1:8"]);
    check("name = \"sound\"", "name = 1", &["`name` is of the wrong type", "a string belongs here, not an integer"]);
    check("question", "qestion", &["unknown key in the file: `qestion`", "test.toml:3:1", "did you mean `question`?"]);
    check(
        "family = \"user\"",
        "family = \"artcle\"",
        &["unknown value of `family` `artcle`", "did you mean `article`?"],
    );
    check("[\"Q252869 S22\"]", "\"Q252869\"", &["an array of strings belongs here, not a string", "test.toml:4:10"]);
    check("[\"Q252869 S22\"]", "[\"\"]", &["`source` has an empty entry"]);
    check(
        "[\"mine/reported\"]",
        "[\"mine/reporte\"]",
        &["unknown name `mine/reporte` under `never`", "did you mean `mine/reported`?"],
    );
    check("[\"mine/reported\"]", "[\"mine/1:ok\"]", &["unknown name `mine/1:ok`", "did you mean `mine/1`?"]);
    check("[\"mine/reported\"]", "[\"delivr\"]", &["did you mean `deliver`?"]);
    check("[\"mine/reported\"]", "[\"deliver\", \"deliver\"]", &["`deliver` is listed twice"]);
}

#[test]
fn names_under_never_are_kinds_properties_steps_and_handlers() {
    let never = r#"["program-dies", "no-loss", "mine/1", "mine/1:duplicate", "mine/2", "mine/reported"]"#;
    assert_eq!(parsed(&SOUND.replace("[\"mine/reported\"]", never)).never.len(), 6);
}

#[test]
fn errors_of_the_site_are_reported() {
    let servers = "[\"source\", \"destination\"]";
    check(servers, "[\"source\", \"Source\"]", &["two servers are called `Source`", "test.toml:8:22"]);
    check(servers, "[\"source\"]", &["`servers` lists 1", "a run needs two servers"]);
    check(servers, "[\"a\", \"b\", \"c\", \"d\", \"e\"]", &["`servers` lists 5", "at most 4"]);
    check(servers, "[\"home\", \"destination\", \"source\"]", &["no server can be called `home`"]);
    check(servers, "[\"sou/rce\", \"destination\"]", &["`servers` is not one word"]);
    check("mailboxes = 1", "mailboxes = 0", &["`mailboxes` is out of range", "a number from 1 to 4"]);
    check("mailboxes = 1", "mailboxes = \"1\"", &["a number from 1 to 4, or \"any\", belongs here, not a string"]);
    check("messages = 2", "messages = 9", &["a number from 0 to 8"]);
    check("messages = 2", "messages = \"many\"", &["a number from 0 to 8, or \"any\", belongs here, not a string"]);
    check("messages = 2", "messages = 2\nhome = \"sorce\"", &["unknown server `sorce`", "did you mean `source`?"]);
    check("messages = 2", "messages = 2\nreplication = \"eventually\"", &["did you mean `eventual`?"]);
    check(
        "messages = 2",
        "messages = 2\nserver = 1",
        &["unknown key in `[site]`: `server`", "did you mean `servers`?"],
    );
}

#[test]
fn errors_of_the_environment_and_of_supply_are_reported() {
    check(
        "delivery = \"before\"",
        "delivery = \"befor\"",
        &["unknown value of `delivery` `befor`", "did you mean `before`?"],
    );
    check("logon = false", "logon = 0", &["`true` or `false` belongs here, not an integer"]);
    check("[\"program-dies\"]", "[\"program-die\"]", &["unknown fault `program-die`", "did you mean `program-dies`?"]);
    check("[\"program-dies\"]", "[\"program-dies\", \"program-dies\"]", &["`program-dies` is listed twice"]);
    check("[\"program-dies\"]", "[]", &["faults may happen, and no kind is listed", "test.toml:16:14"]);
    check("faults-max = 1", "faults-max = 0", &["faults are listed, and none may happen", "test.toml:15:10"]);
    check("messages = 2", "messages = 0", &["mail is delivered, and there are no messages", "test.toml:10:12"]);
    check("delivery = \"before\"", "delivery = \"never\"", &["there are messages, and none is ever delivered"]);
}

#[test]
fn errors_of_assumptions_and_expectations_are_reported() {
    check(
        "source-delete = ",
        "source-delet = ",
        &["unknown assumption `source-delet`", "did you mean `source-delete`?"],
    );
    check("\"after-directory\"", "\"after\"", &["unknown value of `source-delete` `after`", "`before-directory`"]);
    check("no-loss = \"holds\"", "no-loss = \"violatd\"", &["unknown verdict `violatd`", "did you mean `violated`?"]);
    check("no-loss = \"holds\"", "no-loss = \"inconclusive\"", &["unknown verdict `inconclusive`", "`vacuous`"]);
    check("no-loss = \"holds\"", "no-lossy = \"holds\"", &["unknown property `no-lossy`"]);
}

#[test]
fn errors_of_runs_are_reported() {
    check("administrator = \"first\"", "", &["run 1 lacks `administrator`", "test.toml:36:1"]);
    check("administrator = \"first\"", "administrator = \"the first\"", &["`administrator` is not one word"]);
    check(
        "procedure = \"mine\"",
        "procedure = \"metod-1\"",
        &["unknown procedure `metod-1`", "did you mean `method-1`?"],
    );
    check("procedure = \"mine\"", "procedure = \"gone.toml\"", &["cannot read gone.toml", "no such file"]);
    check("from = \"source\"", "from = \"nowhere\"", &["unknown server `nowhere`", "`source`, `destination`"]);
    check("from = \"source\"", "", &["run 1 lacks `from`"]);
    check(
        "to = \"destination\"\n\n[assume]",
        "to = \"source\"\n\n[assume]",
        &["from a server to itself", "test.toml:40:6"],
    );
    check(
        "to = \"destination\"\n\n[assume]",
        "to = \"destination\"\nruns-max = 0\n\n[assume]",
        &["a number from 1 to 9"],
    );
    check(
        "to = \"destination\"\n\n[assume]",
        "to = \"destination\"\nruns-max = \"until\"\n\n[assume]",
        &["`until-ok`"],
    );
    let runs = SOUND.find("[[run]]").unwrap()..SOUND.find("[assume]").unwrap();
    let (before, run, after) = (&SOUND[..runs.start], &SOUND[runs.clone()], &SOUND[runs.end..]);
    check_fragments(&refused(&format!("{before}{after}")), &["the file lacks `run`"]);
    let many = |count: usize| (0..count).map(|n| run.replace("first", &format!("person-{n}"))).collect::<String>();
    check_fragments(&refused(&format!("{before}{}{after}", many(5))), &["too many administrators", "at most 4"]);
    check_fragments(&refused(&format!("{before}{}{after}", run.repeat(17))), &["too many runs", "at most 16"]);
}

#[test]
fn errors_of_procedures_in_a_scenario_are_reported() {
    let reported = refused(&SOUND.replace("name = \"mine\"", "name = \"move\""));
    check_fragments(&reported, &["`move` is a built-in procedure", "test.toml:19:8"]);
    let second = "[[procedure]]\nname = \"mine\"\n[[procedure.step]]\ndo = \"report\"\noutcome = \"ok\"\n\n[[run]]";
    check("[[run]]", second, &["two procedures are called `mine`"]);
}

#[test]
fn errors_of_steps_are_reported() {
    check_step("at = \"to\"", &["step 1 lacks `do`", "test.toml:3:1"]);
    check_step("do = \"create-mailbx\"\nat = \"to\"", &["did you mean `create-mailbox`?", "test.toml:4:6"]);
    check_step("do = \"create-mailbox\"", &["step 1 (`create-mailbox`) lacks `at`", "`connected-to`"]);
    check_step("do = \"save\"\nat = \"form\"", &["unknown server `form`", "did you mean `from`?"]);
    check_step("do = \"save\"\nat = \"sorce\"", &["did you mean `source`?", "test.toml:5:6"]);
    check_step("do = \"copy-message\"\nat = \"to\"", &["unknown key in step 1 (`copy-message`): `at`"]);
    // `from` belongs to other steps, so no other table is named.
    check_step(
        "do = \"list\"\nfrom = \"from\"\nat = \"to\"",
        &["unknown key in step 1 (`list`): `from`", "there are `"],
    );
    check_step("do = \"mark\"\nat = \"to\"\nclaim = \"takes\"", &["did you mean `take`?"]);
    check_step(
        "do = \"save\"\nat = \"to\"\non = { refused = \"ende\" }",
        &["unknown label `ende`", "did you mean `end`?"],
    );
    check_step("do = \"save\"\nat = \"to\"\non = { refusd = \"end\" }", &["unknown result `refusd`", "`refused`"]);
    check_step("do = \"save\"\nat = \"to\"\nlabel = \"end\"", &["two steps are called `end`"]);
    check_step("do = \"save\"\nat = \"to\"\nlabel = \"1\"", &["`label` is not a kebab-case name"]);
    check_step("do = \"save\"\nat = \"to\"\nwhen = { raw-apply = \"one\" }", &["unknown value of `raw-apply` `one`"]);
    check_step("do = \"save\"\nat = \"to\"\nwhen = {}", &["`when` names no assumption"]);
    check_step("do = \"delete-recipient\"", &["lacks `data`", "Administrator program"]);
    check_step("do = \"raw-edit\"", &["edits nothing", "give `home-mdb`, `home-mta` or both"]);
    check_step("do = \"require\"", &["has 0 conditions", "exactly one of"]);
    check_step("do = \"wait\"\nhome-is = \"to\"\nempty = \"to\"", &["has 2 conditions"]);
    check_step("do = \"wait\"\nreplicas-agree = false", &["`replicas-agree` is false"]);
    check_step("do = \"require\"\ndiffer = [\"from\"]", &["an array of two servers"]);
    check_step("do = \"wait\"\nholds-all = { at = \"to\" }", &["`holds-all` of step 1 (`wait`) lacks `of`"]);
    check_step("do = \"report\"\noutcome = \"fine\"", &["unknown value of `outcome` `fine`"]);
    let bare = "name = \"mine\"\n[[step]]\ndo = \"save\"\nat = \"to\"\non = { refused = \"fial\" }\n";
    let reported = parse_procedure("test.toml", bare, &SiteNames::of(["source", "destination"])).unwrap_err();
    check_fragments(&reported.render(false), &["unknown label `fial`", "no step has a label"]);
}

#[test]
fn a_handler_for_a_result_that_cannot_come_is_refused() {
    let impossible = [
        ("do = \"save\"\nat = \"to\"", "duplicate", "it answers ok, refused, lost"),
        ("do = \"report\"\noutcome = \"ok\"", "refused", "`report` ends the run"),
        ("do = \"report\"\noutcome = \"ok\"", "lost", "`report` ends the run"),
        ("do = \"require\"\nempty = \"to\"", "duplicate", "it answers ok, refused, lost"),
        ("do = \"wait\"\nempty = \"to\"", "refused", "it answers ok"),
        ("do = \"hold-delivery\"", "refused", "it answers ok, lost"),
    ];
    for (step, result, label) in impossible {
        check_step(&format!("{step}\non = {{ {result} = \"end\" }}"), &["never answers", label]);
    }
}

#[test]
fn a_procedure_has_at_least_one_step_and_at_most_two_hundred() {
    let site = SiteNames::of(["source", "destination"]);
    let reported = |text: &str| parse_procedure("test.toml", text, &site).unwrap_err().render(false);
    check_fragments(&reported("name = \"mine\""), &["the file lacks `step`"]);
    check_fragments(&reported("name = \"mine\"\nstep = []"), &["the procedure has no steps"]);
    let many = |count| format!("name = \"mine\"\n{}", "[[step]]\ndo = \"save\"\nat = \"to\"\n".repeat(count));
    check_fragments(&reported(&many(201)), &["too many steps", "at most 200"]);
    assert!(parse_procedure("test.toml", &many(200), &site).is_ok());
}

#[test]
fn a_home_value_must_be_a_name_of_this_site_unless_it_is_unchecked() {
    let mdb = "/o={organization}/ou={site}/cn=Configuration/cn=Servers/cn={to}/cn=Microsoft Private MDB";
    let rows = [
        (mdb.replace("Private MDB", "MTA"), "the name is a value of home-mta"),
        (mdb.replace("Private", "Public"), "the name is that of the public store"),
        (mdb.replace("/cn=Configuration", ""), "`cn=Configuration` is missing"),
        (format!("{mdb} "), "white space at an end"),
        (mdb.replace("{organization}", "Other"), "`Other` is another organisation"),
        (mdb.replace("{site}", "Elsewhere"), "`Elsewhere` names another site"),
        (mdb.replace("{to}", "sorce"), "did you mean `source`?"),
        ("cn=Microsoft Private MDB,cn=x".to_owned(), "LDAP order"),
    ];
    for (value, fragment) in rows {
        let step = format!("do = \"raw-edit\"\nhome-mdb = \"{value}\"");
        check_step(&step, &[fragment, "test.toml:5:12", "unchecked = true"]);
        let text = procedure_with(&format!("{step}\nunchecked = true"));
        let procedure = parse_procedure("test.toml", &text, &SiteNames::of(["source", "destination"])).unwrap();
        let typed = Act::RawEdit { replica: ServerRef::ConnectedTo, mdb: Some(HomeValue::Malformed), mta: None };
        assert_eq!(procedure.steps[0].act, typed);
    }
    let literal = mdb.replace("{organization}", "ORGANIZATION").replace("{site}", "site").replace("{to}", "SOURCE");
    let text = procedure_with(&format!("do = \"raw-edit\"\nhome-mdb = \"{literal}\""));
    let procedure = parse_procedure("test.toml", &text, &SiteNames::of(["source", "destination"])).unwrap();
    let value = Some(HomeValue::Server(ServerRef::Server(ServerId::at(0))));
    assert_eq!(procedure.steps[0].act, Act::RawEdit { replica: ServerRef::ConnectedTo, mdb: value, mta: None });
}

#[test]
fn deleting_a_recipient_with_its_data_looks_up_its_home_and_has_two_orders() {
    let text =
        procedure_with("label = \"delete\"\ndo = \"delete-recipient\"\ndata = \"purge\"\non = { refused = \"end\" }");
    let steps = parse_procedure("test.toml", &text, &SiteNames::of(["source", "destination"])).unwrap().steps;
    let step = |label: Option<&str>, act, answer: Option<u8>| Step {
        label: label.map(str::to_owned),
        act,
        on: vec![Handler { result: StepResult::Refused, next: 5 }],
        when: answer.map(|answer| (Assumption::PurgeOrder, answer)).into_iter().collect(),
        line: 3,
    };
    let delete = || Act::DeleteRecipient { replica: ServerRef::ConnectedTo };
    let purge = || Act::DeleteMailbox { at: ServerRef::Home };
    let expected = [
        step(Some("delete"), Act::LookUpHome { replica: ServerRef::ConnectedTo }, None),
        step(None, purge(), Some(0)),
        step(None, delete(), Some(0)),
        step(None, delete(), Some(1)),
        step(None, purge(), Some(1)),
    ];
    assert_eq!(steps[..5], expected);
}

#[test]
fn a_step_at_the_home_needs_a_look_up() {
    let text = procedure_with("do = \"delete-mailbox\"\nat = \"home\"");
    let error = parse_procedure("test.toml", &text, &SiteNames::of(["source", "destination"])).unwrap_err().to_string();
    assert!(error.contains("the step acts at `home`, and no step looks the home up"), "{error}");
    let text = procedure_with("do = \"look-up-home\"\n[[step]]\ndo = \"delete-mailbox\"\nat = \"home\"");
    parse_procedure("test.toml", &text, &SiteNames::of(["source", "destination"])).unwrap();
}

#[test]
fn a_scenario_starts_where_another_ends_only_if_it_fits() {
    let start = SOUND.find("[site]").unwrap();
    let from = |changed: &str| format!("from = \"stranded\"\n{}{}", &SOUND[..start], changed);
    let rest = &SOUND[start..];
    assert_eq!(parsed(&from(rest)).from.unwrap().name, "stranded");
    let rows = [
        ("\"destination\"]", "\"target\"]", "the servers are not those of the `from` scenario"),
        ("mailboxes = 1", "mailboxes = 2", "the mailboxes are not as many"),
        ("messages = 2", "messages = 1", "fewer messages than in the `from` scenario"),
        ("messages = 2", "messages = 2\nhome = \"destination\"", "the home is not that of the `from` scenario"),
    ];
    for (old, new, fragment) in rows {
        check_fragments(&refused(&from(&rest.replacen(old, new, 1))), &[fragment]);
    }
    check_fragments(&refused(&from(rest).replace("\"stranded\"", "\"strandet\"")), &["did you mean `stranded`?"]);
    let site = rest.find("[environment]").unwrap();
    let inherited = parsed(&from(&rest[site..]));
    assert_eq!((inherited.scenario.site.mailboxes, inherited.scenario.site.messages), (1, 2));
}

#[test]
fn any_number_of_mailboxes_and_messages_is_read_and_inherited() {
    let quiet = SOUND.replace("faults = [\"program-dies\"]\nfaults-max = 1\n", "");
    let any = quiet.replace("messages = 2", "messages = \"any\"").replace("mailboxes = 1", "mailboxes = \"any\"");
    let spec = parsed(&any);
    assert_eq!(spec.numbers, Numbers { mailboxes: Number::Any, messages: Number::Any });
    assert_eq!((spec.scenario.site.mailboxes, spec.scenario.site.messages), (1, 8));
    assert_eq!(parsed(SOUND).numbers, Numbers::GIVEN);
    let read = |path: &str| match path {
        "any.toml" => Ok(any.clone()),
        _ => Err(std::io::Error::new(std::io::ErrorKind::NotFound, "no file")),
    };
    let from = |changed: &str| {
        let text = quiet.replacen("[site]", "from = \"any.toml\"\n[site]", 1);
        parse_scenario("test.toml", &text.replace("mailboxes = 1\nmessages = 2", changed), &read)
    };
    assert_eq!(from("").unwrap().numbers, spec.numbers);
    let reported = |changed: &str| from(changed).unwrap_err().render(false);
    check_fragments(&reported("messages = 8"), &["fewer messages than in the `from` scenario", "say \"any\""]);
    check_fragments(
        &reported("mailboxes = 1"),
        &["the mailboxes are not as many as in the `from` scenario", "they are \"any\""],
    );
}

#[test]
fn one_mailbox_does_not_represent_any_number_if_mailboxes_share_something() {
    let any = SOUND.replace("mailboxes = 1", "mailboxes = \"any\"");
    let reported = refused(&any);
    check_fragments(
        &reported,
        &["one mailbox cannot stand for any number", "leave out the faults", "all mailboxes share"],
    );
    assert_eq!(reported.matches("error: ").count(), 1, "{reported}");
    let read = |_: &str| Ok(SOUND.to_owned());
    let later = any.replace("faults = [\"program-dies\"]\nfaults-max = 1\n", "").replacen(
        "[site]",
        "from = \"earlier.toml\"\n[site]",
        1,
    );
    let reported = parse_scenario("test.toml", &later, &read).unwrap_err().render(false);
    check_fragments(&reported, &["one mailbox cannot stand for any number", "the faults of sound are shared"]);
}

#[test]
fn scenarios_that_start_from_each_other_are_refused() {
    let from = |other: &str| format!("from = \"{other}\"\n{SOUND}");
    let read = |path: &str| match path {
        "sub/b.toml" => Ok(from("../test.toml")),
        "sub/../test.toml" | "test.toml" => Ok(from("sub/b.toml")),
        _ => no_files(path),
    };
    let reported = parse_scenario("test.toml", &from("sub/b.toml"), &read).unwrap_err().render(false);
    check_fragments(&reported, &["`from` goes in a circle: test.toml → sub/b.toml → test.toml", "sub/b.toml:1:8"]);
}

#[test]
fn a_scenario_carries_the_files_it_names_in_its_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::create_dir(path("sub")).unwrap();
    let with_file =
        SOUND.replace("procedure = \"mine\"", "procedure = \"theirs.toml\"").replace("mine/reported", "theirs/end");
    let theirs = procedure_with("do = \"save\"\nat = \"from\"").replace("\"mine\"", "\"theirs\"");
    fs::write(path("sub/start.toml"), &with_file).unwrap();
    fs::write(path("sub/theirs.toml"), &theirs).unwrap();
    fs::write(path("theirs.toml"), theirs.replace("save", "load")).unwrap();
    fs::write(path("main.toml"), format!("from = \"sub/start.toml\"\n{with_file}")).unwrap();
    let spec = load_scenario(&path("main.toml")).unwrap();
    assert_eq!(parsed(&spec.text), spec);
    let act = |spec: &Spec| spec.scenario.run(spec.scenario.last_run).procedure.steps[0].act.clone();
    assert_eq!(act(&spec), Act::Load { at: ServerRef::From });
    assert_eq!(act(spec.from.as_ref().unwrap()), Act::Save { at: ServerRef::From });

    fs::write(path("sub/theirs.toml"), "name = 1").unwrap();
    let reported = load_scenario(&path("main.toml")).unwrap_err().render(false);
    check_fragments(&reported, &["sub/theirs.toml:1:8"]);
}

#[test]
fn a_procedure_is_checked_where_a_scenario_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("theirs.toml").to_str().unwrap().to_owned();
    fs::write(&path, procedure_with("do = \"save\"\nat = \"source\"")).unwrap();
    let own = parsed(&SOUND.replace("mailboxes = 1", "mailboxes = 1\norganization = \"Firm\""));
    for from in [load_scenario("second-move").unwrap(), own] {
        let spec = load_procedure_in(&path, &from).unwrap();
        assert_eq!((spec.name.as_str(), spec.family), ("mine", Family::User));
        assert_eq!(spec.scenario.site, from.scenario.site);
        assert_eq!(spec.names, from.names);
        assert_eq!(
            spec.question,
            format!("What does mine do from source to destination where {} ends, if nothing else happens?", from.name)
        );
        assert_eq!((spec.expect.len(), spec.never.len()), (0, 0));
        assert_eq!(spec.scenario.environment.delivery, Delivery::Never);
        let Administrator { name, runs } = &spec.scenario.administrators[0];
        assert_eq!((name.as_str(), runs.len(), runs[0].runs_max), ("user", 1, RunsMax::Times(1)));
        assert_eq!(runs[0].procedure.steps[0].line, 3);
        assert_eq!(Spec { may_be_unreached: true, ..parsed(&spec.text) }, spec);
        assert_eq!(spec.from.as_deref(), Some(&from));
        assert_eq!(load_procedure_in("method-2", &from).unwrap().name, "method-2");
    }
    fs::write(&path, procedure_with("do = \"sav\"")).unwrap();
    let reported = load_procedure_in(&path, &load_scenario("stranded").unwrap()).unwrap_err().render(false);
    check_fragments(&reported, &[&format!("{path}:4:6"), "did you mean `save`?"]);
    let reported = load_scenario(&path).unwrap_err().render(false);
    check_fragments(&reported, &["is a procedure, not a scenario", "--from SCENARIO"]);
    let reported = load_procedure_in("methd-1", &load_scenario("stranded").unwrap()).unwrap_err().render(false);
    check_fragments(&reported, &["unknown procedure `methd-1`", "did you mean `method-1`?"]);
}

#[test]
fn a_procedure_is_distinguished_from_a_scenario_by_its_steps() {
    assert!(is_procedure_text(builtin::procedure("move").unwrap().text));
    assert!(!is_procedure_text(SOUND));
    assert!(!is_procedure_text(""));
}

#[test]
fn files_that_cannot_be_read_are_reported_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    check_fragments(
        &load_scenario(&path("gone.toml")).unwrap_err().render(false),
        &["cannot read", "gone.toml", "No such file"],
    );
    check_fragments(&load_scenario(&path("")).unwrap_err().render(false), &["cannot read", "directory"]);
    fs::write(path("latin.toml"), b"name = \"x\"\nquestion = \"\xe9\"\n").unwrap();
    check_fragments(&load_scenario(&path("latin.toml")).unwrap_err().render(false), &["line 2 is not UTF-8 text"]);
}

#[test]
fn names_select_scenarios_families_and_files() {
    let names = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        select(&words).map(|specs| specs.into_iter().map(|spec| spec.name).collect::<Vec<_>>())
    };
    let all: Vec<String> = builtin::scenarios().iter().map(|builtin| builtin.name.to_owned()).collect();
    assert_eq!(names(&[]).unwrap(), all);
    assert_eq!(names(&["article"]).unwrap(), ["move", "stranded", "second-move", "method-1", "method-2"]);
    assert_eq!(names(&["stranded", "stranded", "move"]).unwrap(), ["stranded", "move"]);
    assert_eq!(names(&["stranded", "article"]).unwrap().len(), 5);
    check_fragments(&names(&[""]).unwrap_err().render(false), &["unknown scenario ``"]);
    check_fragments(&names(&["user"]).unwrap_err().render(false), &["unknown scenario `user`"]);
    let reported = names(&["strnded", "moov"]).unwrap_err().render(false);
    check_fragments(
        &reported,
        &[
            "unknown scenario `strnded`",
            "did you mean `stranded`?",
            "`stranded list` prints all",
            "unknown scenario `moov`",
        ],
    );
}

#[test]
fn two_files_of_one_name_are_not_selected_together() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("one.toml"), SOUND).unwrap();
    fs::write(path("same.toml"), SOUND).unwrap();
    fs::write(path("other.toml"), SOUND.replace("messages = 2", "messages = 1")).unwrap();
    assert_eq!(select(&[path("one.toml"), path("same.toml")]).unwrap().len(), 1);
    let reported = select(&[path("one.toml"), path("other.toml")]).unwrap_err().render(false);
    check_fragments(&reported, &["two different scenarios are called `sound`", "other.toml"]);
}

#[test]
fn every_file_of_the_specification_is_embedded_under_its_name() {
    let folders =
        [("scenarios", builtin::scenarios()), ("procedures", builtin::procedures()), ("movers", builtin::movers())];
    for (folder, builtins) in folders {
        let path = format!("{}/specs/{folder}", env!("CARGO_MANIFEST_DIR"));
        let files: BTreeSet<String> =
            fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        let embedded: BTreeSet<String> = builtins.iter().map(|builtin| format!("{}.toml", builtin.name)).collect();
        assert_eq!(files, embedded);
    }
}

#[test]
fn every_built_in_has_the_name_of_its_file_and_no_name_is_a_family() {
    for builtin in builtin::scenarios() {
        assert_eq!(load_scenario(builtin.name).unwrap().name, builtin.name);
        assert!(Family::ALL.iter().all(|family| family.name() != builtin.name));
    }
    for builtin in builtin::all_procedures() {
        assert_eq!(builtin.decoded().name, builtin.name);
    }
}

#[test]
fn a_toml_file_that_is_too_large_is_refused_before_it_is_parsed() {
    let folder = tempfile::tempdir().unwrap();
    let comments = |size: usize| "#\n".repeat(size / 2);
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (largest, larger) = (path("largest.toml"), path("larger.toml"));
    let rest = |most: usize, text: &str| format!("{text}{}", "#".repeat(most - text.len()));
    fs::write(&largest, rest(TOML_MAX, &parsed(SOUND).text)).unwrap();
    fs::write(&larger, rest(TOML_MAX + 1, &parsed(SOUND).text)).unwrap();
    assert!(load_scenario(&largest).is_ok());
    let says = |size: usize| format!("has {size} bytes; a TOML file may have at most {TOML_MAX}");
    let scenario = load_scenario("stranded").unwrap();
    let huge = path("huge.toml");
    fs::write(&huge, comments(63 << 20)).unwrap();
    for (refused, size) in [
        (load_scenario(&larger), TOML_MAX + 1),
        (load_scenario(&huge), 63 << 20),
        (load_procedure_in(&huge, &scenario), 63 << 20),
        (parse_scenario("text.toml", &comments(4 << 20), &no_files), 4 << 20),
    ] {
        let refused = refused.unwrap_err().render(false);
        assert!(refused.contains(&says(size)), "{refused}");
    }
    assert!(!is_procedure_text(&format!("[[step]]\n{}", comments(4 << 20))));
}
