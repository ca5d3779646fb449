//! The advice in the language of a mail system: the commands of each step, their order, and what a system cannot perform.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use stranded::report::advice_json::{AdviceEntry, AdviceReport, report};
use stranded::report::dialect::{Dialect, Printed};
use stranded_model::scenario::Delivery;
use stranded_search::advice::{Circumstances, PlannedStep, advise_all, known_procedures};
use stranded_search::engine::Limits;
use stranded_search::scenario::{SiteNames, builtin};
use stranded_search::snapshot;

use super::{AT_HOME, LATE, STRANDED, circumstances, stranded};

const DIALECTS: [Dialect; 3] = [Dialect::DovecotLdap, Dialect::Cyrus, Dialect::Exchange];

/// Returns the advice in a dialect, with delivery held and everything observed.
fn advised_in(dialect: Dialect, line: &str) -> AdviceReport {
    printed(Printed { dialect, procedure: None, file: None }, line)
}

/// Returns the advice with the commands of a procedure, with delivery held and everything observed.
fn printed(printed: Printed<'_>, line: &str) -> AdviceReport {
    let dialect = printed.dialect;
    let line = line.replace(r#""stores""#, r#""waiting": [], "sessions": [], "stores""#);
    let line = line.replace(r#"["one", "two"]"#, r#"["one", "two"], "deleted": []"#);
    let snapshots = snapshot::read("test.jsonl", &line).unwrap_or_else(|wrong| panic!("{wrong}"));
    let circumstances = Circumstances {
        deliveries: vec![Delivery::Never],
        can_perform: Some(dialect.can_perform()),
        ..circumstances()
    };
    let advised = advise_all(&snapshots, true, &known_procedures(), &circumstances, &Limits::default()).unwrap();
    report(&advised, &circumstances, Some(printed))
}

fn entries(report: &AdviceReport) -> &[AdviceEntry] {
    &report.mailboxes[0].advice
}

fn script(report: &AdviceReport) -> &str {
    let mut scripts = entries(report).iter().filter_map(|entry| entry.script.as_deref());
    let script = scripts.next().unwrap();
    assert_eq!(scripts.next(), None, "one procedure is recommended");
    script
}

/// Checks that these texts follow each other in the steps of a script.
#[track_caller]
fn assert_order(script: &str, texts: &[&str]) {
    let mut rest = script.split_once("\n# 1. ").unwrap().1;
    for text in texts {
        rest = rest.split_once(text).unwrap_or_else(|| panic!("{text:?} does not follow in\n{script}")).1;
    }
}

#[test]
fn the_script_holds_mail_ends_sessions_copies_verifies_switches_and_releases_in_this_order() {
    let report = advised_in(Dialect::DovecotLdap, LATE);
    assert_eq!(entries(&report)[0].procedure, "append-repair");
    assert_order(
        script(&report),
        &[
            "\nhold\n",
            "\nend_sessions SOURCE DESTINATION\n",
            "\nlist SOURCE listed\n",
            "\nappend todo SOURCE DESTINATION\n",
            "\n# Verification",
            "\nrequire_empty left ",
            "\nend_sessions SOURCE DESTINATION\n",
            "\nswitch_home SOURCE DESTINATION\n# Verification\nhome_is SOURCE DESTINATION ||",
            "\nlist DESTINATION listed\n",
            "\nexpunge todo SOURCE\n",
            "\nrelease\n",
            "\necho 'done'\n",
        ],
    );
}

#[test]
fn a_script_that_copies_nothing_holds_mail_and_compares_the_stores_before_it_switches() {
    let report = advised_in(Dialect::DovecotLdap, STRANDED);
    assert_eq!(entries(&report)[0].procedure, "method-1");
    let (before, steps) = script(&report).split_once("\n# 1. ").unwrap();
    let (_, prepared) = before.rsplit_once("\n# Mail and logins are held").unwrap();
    assert!(
        prepared.contains("\nhold\n") && prepared.contains("\nmissing from now left\nrequire_empty left "),
        "{prepared}"
    );
    assert!(!prepared.contains("switch_home") && steps.contains("\nswitch_home SOURCE DESTINATION\n"), "{steps}");
    assert_order(script(&report), &["\nend_sessions ", "\nswitch_home ", "\n# Verification", "\nrelease\n"]);
}

#[test]
fn a_procedure_that_holds_mail_itself_compares_the_stores_after_its_hold() {
    for dialect in DIALECTS {
        let report = printed(Printed { dialect, procedure: Some("hold-then-method-1"), file: None }, STRANDED);
        let compared = "# No step copies mail, so";
        let (before, steps) = script(&report).split_once("\n# 1. It holds mail").unwrap();
        assert!(!before.contains(compared), "{dialect:?}: {before}");
        let (held, others) = steps.split_once("\n# 2. ").unwrap();
        assert!(held.contains(compared) && !others.contains(compared), "{dialect:?}: {steps}");
    }
}

#[test]
fn a_procedure_that_is_unsafe_or_cannot_be_performed_has_no_commands() {
    for (line, procedure) in [(LATE, "method-1"), (LATE, "method-2"), (STRANDED, "q162998"), (STRANDED, "move")] {
        let printed = printed(Printed { dialect: Dialect::DovecotLdap, procedure: Some(procedure), file: None }, line);
        assert!(entries(&printed).iter().all(|entry| entry.script.is_none()), "{procedure}");
        let text =
            String::from_utf8(stranded(&["-", "--dialect", "dovecot-ldap", "--procedure", procedure], line).stdout)
                .unwrap();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let says = match procedure {
            "q162998" => "No commands are printed: dovecot-ldap cannot perform q162998. adjust: ".to_owned(),
            _ => format!("No commands are printed: {procedure}, from source to destination, is not safe here: it can "),
        };
        assert!(text.contains(&says), "{text}");
        assert!(!text.contains("Its commands, for "), "{text}");
    }
}

#[test]
fn each_copy_and_each_save_is_followed_by_a_verification() {
    let mut verified = 0;
    for dialect in DIALECTS {
        for line in [STRANDED, LATE] {
            for step in entries(&advised_in(dialect, line)).iter().flat_map(|entry| &entry.commands) {
                let is_copy =
                    ["appends ", "copies ", "saves ", "loads "].iter().any(|verb| step.step.starts_with(verb));
                if let (true, Some(commands)) = (is_copy, &step.commands) {
                    assert!(commands.contains("Verification"), "{dialect:?}, {}:\n{commands}", step.step);
                    verified += 1;
                }
            }
        }
    }
    assert!(verified >= 5, "{verified} steps");
}

#[test]
fn a_dialect_ranks_last_what_its_system_cannot_perform_and_says_why() {
    // The snapshot shows marks, and Dovecot still has none.
    let dovecot = advised_in(Dialect::DovecotLdap, LATE);
    let index =
        |report: &AdviceReport, name: &str| entries(report).iter().position(|one| one.procedure == name).unwrap();
    assert!(index(&dovecot, "append-repair") < index(&dovecot, "guarded-move"));
    let guarded = &entries(&dovecot)[index(&dovecot, "guarded-move")];
    assert!(guarded.cannot_perform.iter().all(|reason| reason.ends_with("Dovecot has no in-transit mark.")));
    let marks = guarded.commands.iter().filter(|step| step.step.contains("in transit"));
    assert!(
        marks.clone().count() > 0 && marks.into_iter().all(|step| step.commands.is_none() && step.cannot.is_some())
    );
    // Exchange has a consistency adjuster, and neither Dovecot nor Cyrus can do without a recipient.
    let exchange = advised_in(Dialect::Exchange, LATE);
    assert!(entries(&exchange)[index(&exchange, "q162998")].cannot_perform.is_empty());
    assert!(!entries(&dovecot)[index(&dovecot, "q162998")].cannot_perform.is_empty());
}

#[test]
fn each_act_of_each_procedure_has_commands_or_a_reason() {
    let names = SiteNames::of(vec!["source".to_owned(), "destination".to_owned()]);
    let mut counts = [[0; 2]; 3];
    for procedure in builtin::all_procedures() {
        let parsed = stranded_search::scenario::parse_procedure(procedure.name, procedure.text, &names).unwrap();
        for (count, dialect) in counts.iter_mut().zip(DIALECTS) {
            for step in &parsed.steps {
                let reason = dialect.reason(&step.act);
                assert!(reason.is_none_or(|reason| reason.ends_with('.')), "{reason:?}");
                assert_eq!(reason.is_none(), dialect.can_perform()(&PlannedStep::anywhere(&step.act)));
                count[usize::from(reason.is_some())] += 1;
            }
        }
    }
    assert!(counts.iter().flatten().all(|count| *count > 0), "{counts:?}");
}

/// Returns every script that a shell runs.
fn shell_scripts() -> Vec<String> {
    let reports =
        [Dialect::DovecotLdap, Dialect::Cyrus].map(|dialect| [STRANDED, LATE].map(|line| advised_in(dialect, line)));
    reports.iter().flatten().map(|report| script(report).to_owned()).collect()
}

#[test]
fn a_shell_can_parse_each_script_and_its_lines_fit_in_80_columns() {
    let mut scripts = shell_scripts();
    for script in &scripts {
        let mut shell = Command::new("sh").args(["-n", "-s"]).stdin(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut shell.stdin.take().unwrap(), script.as_bytes()).unwrap();
        assert!(shell.wait().unwrap().success(), "{script}");
    }
    for report in [STRANDED, LATE].map(|line| advised_in(Dialect::Exchange, line)) {
        scripts.push(script(&report).to_owned());
    }
    // A value to be typed stays in one line.
    let is_wide = |line: &&str| line.chars().count() > 80 && !line.starts_with("/o=");
    let wide = scripts.iter().flat_map(|script| script.lines()).filter(is_wide);
    assert_eq!(wide.collect::<Vec<_>>(), Vec::<&str>::new());
}

/// Returns the names in capital letters that follow a dollar sign.
fn variables(script: &str) -> BTreeSet<&str> {
    let is_part = |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_';
    let names = script.split('$').skip(1).map(|rest| rest.trim_start_matches('{'));
    let names = names.map(|rest| &rest[..rest.find(|letter: char| !is_part(letter)).unwrap_or(rest.len())]);
    // `eval` puts the name of a server at the end of a name.
    names.filter(|name| name.starts_with(|letter: char| letter.is_ascii_uppercase()) && !name.ends_with('_')).collect()
}

#[test]
fn each_script_names_its_values_once_at_the_top() {
    for script in shell_scripts() {
        let names = variables(&script);
        assert!(names.len() > 10, "{names:?}");
        for name in names {
            let assigned = script.lines().filter(|line| line.starts_with(&format!("{name}="))).count();
            assert_eq!(assigned, 1, "{name} in\n{script}");
        }
    }
}

#[test]
fn exchange_changes_no_store_that_is_not_the_home() {
    let report = advised_in(Dialect::Exchange, LATE);
    let of = |name: &str| entries(&report).iter().find(|entry| entry.procedure == name).unwrap();
    assert!(!of("append-repair").cannot_perform.is_empty());
    assert!(
        script(&report).contains("ExMerge") && of("q162998").script.is_some(),
        "{:?}",
        entries(&report)[0].procedure
    );
    // Everything that the snapshot shows to be void is left out.
    let report = advised_in(Dialect::Exchange, STRANDED);
    assert!(!script(&report).contains("ExMerge") && !script(&report).contains("log on once"), "{}", script(&report));
    assert!(script(&report).contains("two hours"), "{}", script(&report));
}

#[test]
fn the_names_of_the_site_are_those_of_the_observed_homes_and_no_value_is_broken() {
    let dn = |end: &str| format!("/o=Acme/ou=Berlin/cn=Configuration/cn=Servers/cn=source/cn={end}");
    let named = r#"{"home-mdb": "source", "home-mta": "source"}"#;
    let line = STRANDED.replace(
        named,
        &format!(r#"{{"home-mdb": "{}", "home-mta": "{}"}}"#, dn("Microsoft Private MDB"), dn("Microsoft MTA")),
    );
    let report = advised_in(Dialect::Exchange, &line);
    let value = dn("Microsoft Private MDB").replace("cn=source", "cn=destination");
    assert!(script(&report).lines().any(|line| line == value), "{}", script(&report));
}

#[test]
fn a_script_has_no_value_of_an_example() {
    let report = advised_in(Dialect::DovecotLdap, STRANDED);
    for name in ["LOGIN_NAMES", "LDAP_URL", "BIND_DN", "USER_DN"] {
        assert!(script(&report).contains(&format!("\n{name}=${{{name}:-}}\n")), "{name} in {}", script(&report));
        let demanded = script(&report).lines().find(|line| line.starts_with("require_values MAILBOX")).unwrap();
        assert!(demanded.contains(&format!(" {name}")), "{demanded}");
    }
    // No step of this procedure reads the queue.
    assert!(!script(&report).contains("ADDRESS"), "{}", script(&report));
}

#[test]
fn a_script_knows_what_the_snapshot_showed() {
    let report = advised_in(Dialect::DovecotLdap, &STRANDED.replace("\"one\"", "\"<one>\""));
    let script = script(&report);
    assert!(script.contains("\nSEEN_SOURCE=${SEEN_SOURCE:-0}\nSEEN_DESTINATION=${SEEN_DESTINATION:-2}\n"), "{script}");
    assert!(script.contains("require_seen DESTINATION \\\n    '<one>'\n"), "{script}");
    let (checked, _) = script.split_once("\nhold\n").unwrap();
    assert!(checked.contains("\nrequire_two_servers SOURCE DESTINATION\n"), "{script}");
    // Several users have several numbers.
    let several = format!("{STRANDED}\n{}", STRANDED.replace("alice", "bob").replace("\"one\", ", ""));
    let output = stranded(&["-", "--dialect", "dovecot-ldap"], &several);
    let text = String::from_utf8(output.stdout).unwrap();
    if text.contains("\nMAILBOX=${MAILBOX:-USER}\n") {
        assert!(text.contains("\nSEEN_DESTINATION=${SEEN_DESTINATION:-}\n"), "{text}");
        assert!(text.contains("SEEN_SOURCE \\\n  SEEN_DESTINATION\n"), "{text}");
    }
}

#[test]
fn a_name_from_a_snapshot_never_becomes_a_command() {
    let evil = STRANDED.replace("alice", "o'brien; $(touch x)");
    let report = advised_in(Dialect::DovecotLdap, &evil);
    assert!(script(&report).contains("\nMAILBOX=${MAILBOX:-'o'\\''brien; $(touch x)'}\n"), "{}", script(&report));
}

#[test]
fn two_servers_never_share_a_variable() {
    let similar = STRANDED.replace("source", "mail-1").replace("destination", "mail.1");
    let report = advised_in(Dialect::DovecotLdap, &similar);
    let script = script(&report);
    assert!(script.contains("\nHOST_MAIL_1_1=") && script.contains("\nHOST_MAIL_1_2="), "{script}");
}

#[test]
fn the_text_prints_the_commands_of_the_recommended_procedure_only() {
    let output = stranded(&["-", "--dialect", "dovecot-ldap", "--delivery", "never"], STRANDED);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.matches("The commands of method-1, for dovecot-ldap:\n").count(), 1, "{text}");
    assert!(text.contains("\nMAILBOX=${MAILBOX:-alice}\n"), "{text}");
    assert!(text.contains("Cannot be performed by this system:\n"), "{text}");
    assert_eq!(stranded(&["-", "--dialect", "sendmail"], STRANDED).status.code(), Some(2));
}

#[test]
fn the_commands_alone_are_written_to_a_file_that_all_mailboxes_share_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("repair.sh");
    let path = file.to_str().unwrap();
    let write = |lines: &str, more: &[&str]| {
        let output = stranded(&[&["-", "--dialect", "dovecot-ldap", "--script", path], more].concat(), lines);
        let [out, err] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        let written = std::fs::read_to_string(&file).ok();
        let _ = std::fs::remove_file(&file);
        (output.status.code(), out, err, written)
    };
    let bob = STRANDED.replace("alice", "bob");
    let (code, out, err, script) = write(STRANDED, &["--delivery", "never"]);
    assert_eq!((code, err.as_str()), (Some(1), ""));
    assert!(!out.contains("MAILBOX=") && out.contains("are in "), "{out}");
    assert!(script.unwrap().starts_with("# method-1 for alice, "));
    let (_, _, err, script) = write(&[STRANDED, &bob].join("\n"), &["--delivery", "never"]);
    assert!(err.is_empty() && script.unwrap().contains("This script is for several users"), "{err}");
    let others = bob.replace(r#"["one", "two"]"#, r#"["three"]"#).replace("source", "elsewhere");
    for (lines, more, code, reason) in [
        (AT_HOME.to_owned(), vec![], 1, "no mailbox is known to need a repair"),
        ([STRANDED, &others].join("\n"), vec![], 1, "need 2 different scripts; --mailbox NAME chooses"),
        (STRANDED.to_owned(), vec!["--procedure", "move"], 1, "move, from source to destination, is not safe here"),
    ] {
        let (ended, _, err, script) = write(&lines, &more);
        assert_eq!((ended, script), (Some(code), None), "{err}");
        assert!(err.contains("repair.sh was not written: ") && err.contains(reason), "{err}");
    }
    assert_eq!(stranded(&["-", "--script", path], STRANDED).status.code(), Some(2));
}
