//! The article, Q252869, sentence by sentence. Each test is named after a statement of `specs/article.md`; its comment
//! restates the statement and names the departures of the model. Unless a test says otherwise, it follows the article's
//! own path, undisturbed, under every combination of the assumptions.

use pretty_assertions::assert_eq;
use stranded_model::World;
use stranded_model::assumption::Assumption;
use stranded_model::dn::{self, HomeAttribute, HomeName, MalformedName};
use stranded_model::id::MessageSet;
use stranded_model::procedure::{Act, Outcome, Procedure};
use stranded_model::property::Safety;
use stranded_model::state::{Home, Mailbox, Recipient};
use stranded_search::check::Checked;
use stranded_search::property::Verdict;
use stranded_search::scenario::{SiteNames, load_procedure_in, parse_procedure, parse_scenario};

use crate::worlds::{
    DESTINATION, FIRST, MAILBOX, SOURCE, TestPath, changed, loaded, parsed, searched, verdict, worlds,
};

/// All messages that the article's scenarios supply.
const MAIL: usize = 2;

/// Executes the first move in every world of `stranded`, and passes its final state to `check`.
fn after_the_first_move(check: impl Fn(TestPath<'_>)) {
    for world in worlds(&loaded("stranded")) {
        check(TestPath::from(&world, &world.initial[0]).mail().run(0));
    }
}

/// Executes both moves in every world of `second-move`, and passes the final states of the first and the second to
/// `check`.
fn after_both_moves(check: impl Fn(TestPath<'_>, TestPath<'_>)) {
    for world in worlds(&loaded("second-move")) {
        let first = TestPath::from(&world, &world.initial[0]).mail().run(0);
        check(first.clone(), first.run(0));
    }
}

/// Executes a repair from every state of a stranded mailbox with all its mail, and passes its final state to `check`.
fn after_the_repair(method: &str, check: impl Fn(TestPath<'_>)) {
    for world in worlds(&loaded(method)) {
        for path in TestPath::from_all(&world, MAIL) {
            check(path.run(0));
        }
    }
}

/// Returns the worlds of a move that strands the mailbox and a repair after it, on a site with delayed replication.
fn repaired_later(method: &str) -> Vec<World> {
    let text = format!(
        r#"
            name = "repaired-later"
            [site]
            servers = ["source", "destination"]
            mailboxes = 1
            messages = 1
            replication = "eventual"
            [environment]
            delivery = "before"
            [[run]]
            administrator = "first"
            procedure = "move-of-the-article"
            from = "source"
            to = "destination"
            [[run]]
            administrator = "first"
            procedure = "{method}"
            from = "source"
            to = "destination"
        "#
    );
    worlds(&parsed(&text))
}

fn first_procedure(world: &World) -> &Procedure {
    &world.scenario.run(world.scenario.last_run).procedure
}

fn index_of(procedure: &Procedure, wanted: impl Fn(&Act) -> bool) -> usize {
    procedure.steps.iter().position(|step| wanted(&step.act)).unwrap()
}

#[track_caller]
fn assert_verdict(checked: &Checked<'_>, property: Safety, wanted: Verdict) {
    assert_eq!(verdict(checked, property.name()), wanted, "{}", property.name());
}

/// After a move, both servers list the mailbox under their mailbox resources.
///
/// Departure: the article does not say why the source lists the mailbox again. In the model the move leaves nothing
/// there, and the user's next logon at the old home creates an empty mailbox. [Q190700]
#[test]
fn s02_after_a_move_both_servers_list_the_mailbox() {
    after_the_first_move(|path| {
        assert!(path.account().mailboxes[DESTINATION].is_present());
        assert!(path.log_on().account().mailboxes.values().all(Mailbox::is_present));
    });
}

/// The source shows a total of close to 0 kilobytes.
///
/// Departure: the model shows exactly 0. It does not model the overhead of an empty mailbox.
#[test]
fn s03_the_source_shows_a_total_of_close_to_nothing() {
    after_the_first_move(|path| {
        let table = path.log_on().table();
        let [source, _] = &table.rows.last().unwrap().cells.stores[..] else { panic!("two servers") };
        assert_eq!(source[..], ["empty", "0 KB"]);
    });
}

/// The destination shows the total size of the user's data.
///
/// Departure: the article gives no figures; every message counts for 10 KB.
#[test]
fn s04_the_destination_shows_the_total_of_all_data() {
    after_the_first_move(|path| {
        let table = path.table();
        let [_, destination] = &table.rows.last().unwrap().cells.stores[..] else { panic!("two servers") };
        assert_eq!(destination[..], ["m1 m2", "20 KB"]);
    });
}

/// The administrator who moves the mailbox again sees the error about a duplicate, c1040b00.
#[test]
fn s05_a_second_move_shows_the_administrator_c1040b00() {
    after_both_moves(|_, second| {
        let reported = second.table().rows.last().unwrap().reported.clone().unwrap();
        assert!(reported.contains("A duplicate mailbox was found"), "{reported}");
        assert!(reported.ends_with("c1040b00"), "{reported}");
        assert_eq!(second.outcome(), Some(Outcome::Failed));
    });
}

/// The second move deletes the data on the destination, and the mail is lost.
#[test]
fn s06_a_second_move_deletes_the_destinations_data_and_loses_the_mail() {
    after_both_moves(|first, second| {
        assert_eq!(first.account().mailboxes[DESTINATION].messages(), MessageSet::first(MAIL));
        assert_eq!(second.account().mailboxes[DESTINATION], Mailbox::Absent);
        assert_eq!(second.account().lost(), MessageSet::first(MAIL));
    });
    assert_verdict(&searched(&loaded("second-move")), Safety::NoLoss, Verdict::Violated);
}

/// A move brings the data to the destination, and leaves the directory object behind.
#[test]
fn s07_a_move_moves_the_data_and_not_the_directory_object() {
    after_the_first_move(|path| {
        assert_eq!(path.account().mailboxes[DESTINATION].messages(), MessageSet::first(MAIL));
        assert_eq!(path.account().mailboxes[SOURCE].messages(), MessageSet::EMPTY);
        assert_eq!(path.account().recipients, path.path.initial.accounts[MAILBOX].recipients);
    });
}

/// The data is on the destination, and its directory object is stranded on the source.
#[test]
fn s08_the_directory_object_is_stranded_on_the_source() {
    after_the_first_move(|path| {
        let account = path.account();
        assert_eq!(account.agreed_home(), Some(SOURCE));
        assert!(account.outstanding().is_within(account.mailboxes[DESTINATION].messages()));
        assert!(!Safety::Reachable.holds(path.world, &path.state), "the owner cannot reach his mail");
        assert!(Safety::NoLoss.holds(path.world, &path.state), "nothing is lost yet");
    });
}

/// A second move removes the user's mailbox from the destination's store.
///
/// In the model this happens as soon as the program asks the destination to create the mailbox, before any other step
/// of that run.
#[test]
fn s09_a_second_move_removes_the_mailbox_from_the_destinations_store() {
    for world in worlds(&loaded("second-move")) {
        let first = TestPath::from(&world, &world.initial[0]).mail().run(0);
        let started = first.start(0);
        assert!(started.account().mailboxes[DESTINATION].is_present());
        let created = started.act();
        assert_eq!(created.account().mailboxes[DESTINATION], Mailbox::Absent);
        assert_eq!(created.account().record.destroyed, MessageSet::first(MAIL));
    }
}

/// The source takes the second move for a success, and removes its mailbox too.
///
/// Departure: the error says that the program gave up the move, so the deletion on the source is the assumption
/// `duplicate-abort`. The test tries both answers, and the mail is lost under both.
#[test]
fn s10_the_source_removes_its_mailbox_too() {
    let mut answers = Vec::new();
    for world in worlds(&changed("second-move", "delivery = \"before\"", "delivery = \"before\"\nlogon = true")) {
        let shell = TestPath::from(&world, &world.initial[0]).mail().run(0).log_on();
        assert_eq!(shell.account().mailboxes[SOURCE], Mailbox::SHELL);
        let source = shell.run(0).account().mailboxes[SOURCE];
        let answer = world.assumptions.value(Assumption::DuplicateAbort);
        assert_eq!(source, if answer == "removes-source" { Mailbox::Absent } else { Mailbox::SHELL }, "{answer}");
        answers.push(answer);
    }
    assert!(answers.contains(&"removes-source") && answers.contains(&"keeps-source"));
}

/// All of the user's mailbox is lost.
#[test]
fn s11_all_of_the_mailbox_is_lost() {
    after_both_moves(|_, second| {
        assert_eq!(second.account().kept(), MessageSet::EMPTY);
        assert_eq!(second.account().lost(), second.account().record.accepted);
    });
}

/// An administrator must not move a stranded mailbox a second time.
///
/// The model adds that a move without the defect does the same harm: the home of a stranded mailbox is still its
/// source, so `move` finds nothing wrong, and its destination deletes the duplicate. A store that keeps the mailbox it
/// finds prevents the loss.
#[test]
fn s12_a_stranded_mailbox_must_not_be_moved_again() {
    let stranded = loaded("stranded");
    for name in ["move-of-the-article", "move"] {
        let again = load_procedure_in(name, &stranded).unwrap();
        assert_verdict(&searched(&again), Safety::NoLoss, Verdict::Violated);
    }
    let careful = parsed(
        r#"
            name = "careful"
            from = "stranded"
            [[procedure]]
            name = "careful-move"
            [[procedure.step]]
            do = "create-mailbox"
            at = "to"
            if-present = "keep"
            on = { duplicate = "declined" }
            [[procedure.step]]
            do = "copy-message"
            [[procedure.step]]
            do = "report"
            outcome = "ok"
            [[procedure.step]]
            label = "declined"
            do = "report"
            outcome = "refused"
            [[run]]
            administrator = "second"
            procedure = "careful-move"
            from = "source"
            to = "destination"
        "#,
    );
    assert_verdict(&searched(&careful), Safety::NoLoss, Verdict::Holds);
    for world in worlds(&careful) {
        for path in TestPath::from_all(&world, MAIL) {
            let after = path.clone().run(0);
            assert_eq!(after.outcome(), Some(Outcome::Refused));
            assert_eq!(after.account().mailboxes, path.account().mailboxes);
            assert_eq!(after.account().recipients, path.account().recipients);
        }
    }
}

/// Incorrect use of raw mode can do serious harm.
///
/// Departure: the model has no reinstallation of a server. The harm that it knows is a home attribute that names no
/// server; raw mode writes it as readily as any other value.
#[test]
fn s13_raw_mode_used_wrongly_does_harm() {
    let wrong = r#"
        name = "wrong-edit"
        from = "stranded"
        [[procedure]]
        name = "wrong"
        [[procedure.step]]
        do = "raw-edit"
        home-mdb = "/o={organization}/ou={site}/cn=Servers/cn={to}/cn=Microsoft Private MDB"
        unchecked = true
        [[procedure.step]]
        do = "report"
        outcome = "ok"
        [[run]]
        administrator = "second"
        procedure = "wrong"
        from = "source"
        to = "destination"
    "#;
    let spec = parsed(wrong);
    let checked = searched(&spec);
    assert_verdict(&checked, Safety::HomeCoherent, Verdict::Violated);
    assert_verdict(&checked, Safety::Reachable, Verdict::Violated);
    assert_verdict(&checked, Safety::NoLoss, Verdict::Holds);
}

/// Method 1 finds the mailbox in the Recipients container of the source.
///
/// In the model it therefore writes the source's replica, and replication brings the change to the destination later.
#[test]
fn s15_method_1_edits_the_recipient_on_the_source() {
    for world in repaired_later("method-1") {
        let path = TestPath::from(&world, &world.initial[0]).mail().run(0).run(1);
        let home = |server| path.account().recipients[server].home();
        assert_eq!((home(SOURCE), home(DESTINATION)), (Some(DESTINATION), Some(SOURCE)));
    }
}

/// Method 1 changes Home-MDB and Home-MTA so that both name the destination.
///
/// Departure: one Apply may write both attributes at once or one after the other; this is the assumption `raw-apply`.
/// The test tries both answers.
#[test]
fn s16_method_1_makes_both_home_attributes_name_the_destination() {
    after_the_repair("method-1", |path| {
        for recipient in path.account().recipients.values() {
            let homes = recipient.homes().unwrap();
            assert_eq!((homes.mdb, homes.mta), (Home::Server(DESTINATION), Home::Server(DESTINATION)));
        }
    });
    assert_verdict(&searched(&loaded("method-1")), Safety::HomeCoherent, Verdict::Holds);
}

/// Home-MDB is a distinguished name of a fixed form: organisation, site, Configuration, Servers, the server, and its
/// private store.
#[test]
fn s17_home_mdb_is_the_name_of_a_servers_private_store() {
    let name = "/o=Organization/ou=Site/cn=Configuration/cn=Servers/cn=DESTINATION/cn=Microsoft Private MDB";
    check_home_name(HomeAttribute::Mdb, name);
    let public = name.replace("Private", "Public");
    assert_eq!(dn::parse(&public, HomeAttribute::Mdb), Err(MalformedName::PublicStore));
}

/// Home-MTA has the same form, and ends in the server's message transfer agent.
#[test]
fn s18_home_mta_is_the_name_of_a_servers_message_transfer_agent() {
    let name = "/o=Organization/ou=Site/cn=Configuration/cn=Servers/cn=DESTINATION/cn=Microsoft MTA";
    check_home_name(HomeAttribute::Mta, name);
}

/// Checks that the name is read and written as in the article, and that its nearest wrong neighbours are refused, also
/// in a procedure.
fn check_home_name(attribute: HomeAttribute, name: &str) {
    let parts =
        HomeName { organization: "Organization".to_owned(), site: "Site".to_owned(), server: "DESTINATION".to_owned() };
    assert_eq!(parts.of(attribute), name);
    assert_eq!(dn::parse(name, attribute), Ok(parts));
    let other = match attribute {
        HomeAttribute::Mdb => HomeAttribute::Mta,
        HomeAttribute::Mta => HomeAttribute::Mdb,
    };
    assert_eq!(dn::parse(name, other), Err(MalformedName::OtherAttribute(attribute)));
    let broken = name.replace("=Microsoft ", "=Microsoft\n");
    assert_eq!(dn::parse(&broken, attribute), Err(MalformedName::WhiteSpace));
    let short = name.replace("/cn=Configuration", "");
    assert_eq!(dn::parse(&short, attribute), Err(MalformedName::NoConfiguration));
    let typed = |value: &str| {
        let text = format!(
            "name = \"edit\"\n[[step]]\ndo = \"raw-edit\"\n{} = {value:?}\n[[step]]\ndo = \"report\"\noutcome = \"ok\"\n",
            attribute.name()
        );
        parse_procedure("edit.toml", &text, &SiteNames::of(["SOURCE", "DESTINATION"]))
    };
    assert!(typed(name).is_ok());
    assert!(typed(&short).is_err());
}

/// Method 2 deletes the server recipient on the source.
///
/// Departure: the Administrator program also purges the mailbox from the store that Home-MDB names, which is the
/// source's. The article does not say so. [Q184160] No mail has arrived since the move, so that mailbox is empty.
#[test]
fn s19_method_2_deletes_the_recipient_on_the_source() {
    for world in repaired_later("method-2") {
        let stranded = TestPath::from(&world, &world.initial[0]).mail().run(0);
        let deleted = stranded.clone().start(1).act().act().act();
        let account = deleted.account();
        assert!(matches!(account.recipients[SOURCE], Recipient::Tombstone { .. }));
        assert_eq!(account.recipients[DESTINATION], stranded.account().recipients[DESTINATION]);
        assert_eq!(account.mailboxes[DESTINATION], stranded.account().mailboxes[DESTINATION]);
    }
}

/// Method 2 creates the mailbox again on the destination, under the same distinguished name.
///
/// The store finds the existing mailbox by this name.
#[test]
fn s20_method_2_creates_the_recipient_again_on_the_destination() {
    after_the_repair("method-2", |path| {
        let account = path.account();
        assert_eq!(account.agreed_home(), Some(DESTINATION));
        assert_eq!(account.mailboxes[DESTINATION].messages(), account.outstanding());
    });
}

/// After either method the user logs on, and no data is lost.
///
/// Departure: this holds only if no mail arrives between the move and the repair, as in these two scenarios.
#[test]
fn s21_after_either_method_the_user_logs_on_and_has_all_data() {
    for method in ["method-1", "method-2"] {
        after_the_repair(method, |path| {
            assert_eq!(path.outcome(), Some(Outcome::Ok));
            let path = path.log_on();
            let home = path.account().agreed_home().unwrap();
            assert_eq!(path.account().mailboxes[home].messages(), MessageSet::first(MAIL));
        });
        let spec = loaded(method);
        let checked = searched(&spec);
        assert!(checked.is_complete());
        assert_verdict(&checked, Safety::NoLoss, Verdict::Holds);
        assert_verdict(&checked, Safety::Reachable, Verdict::Holds);
    }
}

/// A move first copies the mailbox to the destination.
#[test]
fn s22_a_move_first_copies_the_mailbox() {
    for world in worlds(&loaded("stranded")) {
        let run = TestPath::from(&world, &world.initial[0]).mail().run_step_by_step(0);
        let copied = run.iter().position(|path| path.account().mailboxes[DESTINATION].held().len() == MAIL).unwrap();
        let asked = run.iter().position(|path| path.account().record.self_move).unwrap();
        assert!(copied < asked, "the program copies everything before it asks the directory");
        assert_eq!(run[copied].account().mailboxes[SOURCE].messages(), MessageSet::first(MAIL), "it is a copy");
    }
}

/// An administrator can move a mailbox only between servers of one site.
///
/// A scenario is one site; the loader refuses a run if one of its servers is not in that site.
#[test]
fn s23_mailboxes_are_moved_within_a_site_only() {
    let text = loaded("stranded").text.replace("to = \"destination\"", "to = \"elsewhere\"");
    let no_files = |_: &str| Err(std::io::Error::from(std::io::ErrorKind::NotFound));
    let refused = parse_scenario("test.toml", &text, &no_files).unwrap_err().render(false);
    assert!(refused.contains("unknown server `elsewhere`"), "{refused}");
}

/// After the copy, the move asks the directory to change the home.
#[test]
fn s24_after_the_copy_the_directory_is_asked_to_follow() {
    for name in ["move", "stranded"] {
        for world in worlds(&loaded(name)) {
            let procedure = first_procedure(&world);
            let copy = index_of(procedure, |act| matches!(act, Act::CopyMessage { .. }));
            let sync = index_of(procedure, |act| matches!(act, Act::SyncDirectory { .. }));
            assert!(copy < sync);
            assert_eq!(procedure.steps.iter().filter(|step| matches!(step.act, Act::SyncDirectory { .. })).count(), 1);
        }
    }
}

/// The program names the same server as source and as destination.
#[test]
fn s25_the_directory_is_given_the_same_server_twice() {
    for world in worlds(&loaded("stranded")) {
        let procedure = first_procedure(&world);
        let sync = index_of(procedure, |act| matches!(act, Act::SyncDirectory { .. }));
        let Act::SyncDirectory { from, to, .. } = &procedure.steps[sync].act else {
            panic!("the step found is not `sync-directory`")
        };
        assert_eq!(from, to);
    }
    after_the_first_move(|path| assert!(path.account().record.self_move));
    assert_verdict(&searched(&loaded("stranded")), Safety::NoSelfMove, Verdict::Violated);
    assert_verdict(&searched(&loaded("move")), Safety::NoSelfMove, Verdict::Holds);
}

/// The program therefore does not move the directory object.
///
/// The model adds that no report shows this: both the step and the move answer ok.
#[test]
fn s26_the_directory_object_is_not_moved_and_the_move_reports_ok() {
    for world in worlds(&loaded("stranded")) {
        for pair in TestPath::from(&world, &world.initial[0]).mail().run_step_by_step(0).windows(2) {
            assert_eq!(pair[0].account().recipients, pair[1].account().recipients);
        }
    }
    after_the_first_move(|path| assert_eq!(path.outcome(), Some(Outcome::Ok)));
    assert_verdict(&searched(&loaded("stranded")), Safety::NoFalseSuccess, Verdict::Violated);
}

/// The error says that the duplicate has been deleted, and asks the administrator to try again later.
///
/// In the model, the administrator owes a retry after a run that failed. By then there is no mail left to move.
#[test]
fn s28_the_error_asks_to_try_again_and_the_administrator_owes_a_retry() {
    after_both_moves(|_, second| {
        let reported = second.table().rows.last().unwrap().reported.clone().unwrap();
        assert!(reported.contains("The duplicate mailbox has been deleted. Try again later."), "{reported}");
        assert!(second.account().programs[FIRST].owes_retry);
    });
    for world in worlds(&changed("second-move", "runs-max = 2", "runs-max = 3")) {
        let third = TestPath::from(&world, &world.initial[0]).mail().run(0).run(0).run(0);
        assert_eq!(third.outcome(), Some(Outcome::Ok), "the retry reports ok");
        assert_eq!(third.account().kept(), MessageSet::EMPTY, "the retry moves nothing");
    }
}
