//! The article, Q252869, statement by statement: each test is named after a statement of `specs/article.md`, restates it, and
//! names the departures of the model. By default a test walks the path of the article, without other events, under every
//! combination of the assumptions.

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

use crate::worlds::{DESTINATION, FIRST, MAILBOX, SOURCE, Walk, changed, loaded, parsed, searched, verdict, worlds};

/// All messages that the article's scenarios supply.
const MAIL: usize = 2;

/// Walks the first move in every world of `stranded`, and checks its last state.
fn after_the_first_move(look: impl Fn(Walk<'_>)) {
    for world in worlds(&loaded("stranded")) {
        look(Walk::from(&world, &world.initial[0]).mail().run(0));
    }
}

/// Walks both moves in every world of `second-move`, and checks the last state of each.
fn after_both_moves(look: impl Fn(Walk<'_>, Walk<'_>)) {
    for world in worlds(&loaded("second-move")) {
        let first = Walk::from(&world, &world.initial[0]).mail().run(0);
        look(first.clone(), first.run(0));
    }
}

/// Walks a repair from every state of a stranded mailbox with all its mail, and checks its last state.
fn after_the_repair(method: &str, look: impl Fn(Walk<'_>)) {
    for world in worlds(&loaded(method)) {
        for walk in Walk::from_all(&world, MAIL) {
            look(walk.run(0));
        }
    }
}

/// A move that strands the mailbox and a repair after it, on a site with eventual replication.
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

fn place_of(procedure: &Procedure, wanted: impl Fn(&Act) -> bool) -> usize {
    procedure.steps.iter().position(|step| wanted(&step.act)).unwrap()
}

#[track_caller]
fn assert_verdict(checked: &Checked<'_>, property: Safety, wanted: Verdict) {
    assert_eq!(verdict(checked, property.name()), wanted, "{}", property.name());
}

/// After a move, both servers list the mailbox under their mailbox resources.
///
/// Departure: the article does not say how the mailbox comes back to the source's list. In the model the move leaves nothing
/// there, and the user's next logon at the old home creates an empty mailbox. [Q190700]
#[test]
fn s02_after_a_move_both_servers_list_the_mailbox() {
    after_the_first_move(|walk| {
        assert!(walk.account().mailboxes[DESTINATION].is_present());
        assert!(walk.log_on().account().mailboxes.values().all(Mailbox::is_present));
    });
}

/// The source shows a total of close to 0 kilobytes.
///
/// Departure: the model shows exactly 0. The overhead of an empty mailbox is not modelled.
#[test]
fn s03_the_source_shows_a_total_of_close_to_nothing() {
    after_the_first_move(|walk| {
        let table = walk.log_on().table();
        let [source, _] = &table.rows.last().unwrap().cells.stores[..] else { panic!("two servers") };
        assert_eq!(source[..], ["empty", "0 KB"]);
    });
}

/// The destination shows as many kilobytes as the user's data has.
///
/// Departure: the article gives no figures; every message counts for 10 KB.
#[test]
fn s04_the_destination_shows_the_total_of_all_data() {
    after_the_first_move(|walk| {
        let table = walk.table();
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

/// The data on the destination is deleted, and with it the mail is lost.
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
    after_the_first_move(|walk| {
        assert_eq!(walk.account().mailboxes[DESTINATION].messages(), MessageSet::first(MAIL));
        assert_eq!(walk.account().mailboxes[SOURCE].messages(), MessageSet::EMPTY);
        assert_eq!(walk.account().recipients, walk.path.initial.accounts[MAILBOX].recipients);
    });
}

/// So the data lives on the destination while its directory object is stranded on the source.
#[test]
fn s08_the_directory_object_is_stranded_on_the_source() {
    after_the_first_move(|walk| {
        let account = walk.account();
        assert_eq!(account.agreed_home(), Some(SOURCE));
        assert!(account.outstanding().is_within(account.mailboxes[DESTINATION].messages()));
        assert!(!Safety::Reachable.holds(walk.world, &walk.state), "the owner cannot reach his mail");
        assert!(Safety::NoLoss.holds(walk.world, &walk.state), "and nothing is lost yet");
    });
}

/// A second move removes the user's mailbox from the destination's store.
///
/// In the model this happens when the destination creates the mailbox, before any other step of that run.
#[test]
fn s09_a_second_move_removes_the_mailbox_from_the_destinations_store() {
    for world in worlds(&loaded("second-move")) {
        let first = Walk::from(&world, &world.initial[0]).mail().run(0);
        let started = first.start(0);
        assert!(started.account().mailboxes[DESTINATION].is_present());
        let created = started.act();
        assert_eq!(created.account().mailboxes[DESTINATION], Mailbox::Absent);
        assert_eq!(created.account().record.destroyed, MessageSet::first(MAIL));
    }
}

/// The source takes the second move for a success, and removes its mailbox too.
///
/// Departure: the error says that the move was aborted, so the removal is the assumption `duplicate-abort`. Both answers are
/// tried, and the mail is lost under both.
#[test]
fn s10_the_source_removes_its_mailbox_too() {
    let mut answers = Vec::new();
    for world in worlds(&changed("second-move", "delivery = \"before\"", "delivery = \"before\"\nlogon = true")) {
        let shell = Walk::from(&world, &world.initial[0]).mail().run(0).log_on();
        assert_eq!(shell.account().mailboxes[SOURCE], Mailbox::SHELL);
        let source = shell.run(0).account().mailboxes[SOURCE];
        let answer = world.assumptions.value(Assumption::DuplicateAbort);
        assert_eq!(source, if answer == "removes-source" { Mailbox::Absent } else { Mailbox::SHELL }, "{answer}");
        answers.push(answer);
    }
    assert!(answers.contains(&"removes-source") && answers.contains(&"keeps-source"));
}

/// Now all of the user's mailbox is lost.
#[test]
fn s11_all_of_the_mailbox_is_lost() {
    after_both_moves(|_, second| {
        assert_eq!(second.account().kept(), MessageSet::EMPTY);
        assert_eq!(second.account().lost(), second.account().record.accepted);
    });
}

/// A stranded mailbox must not be moved a second time.
///
/// The model adds that a move without the defect does the same harm: the home of a stranded mailbox is still its source, so
/// `move` finds no error, and its destination deletes the duplicate. A store that keeps a mailbox that it finds prevents this.
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
        for walk in Walk::from_all(&world, MAIL) {
            let after = walk.clone().run(0);
            assert_eq!(after.outcome(), Some(Outcome::Refused));
            assert_eq!(after.account().mailboxes, walk.account().mailboxes);
            assert_eq!(after.account().recipients, walk.account().recipients);
        }
    }
}

/// Raw mode used wrongly can do serious harm.
///
/// Departure: reinstalling a server is not modelled. The harm in the model is a home attribute that names no server, which raw
/// mode writes like any other value.
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
/// So the source's replica is written, and the destination's gets the change later.
#[test]
fn s15_method_1_edits_the_recipient_on_the_source() {
    for world in repaired_later("method-1") {
        let walk = Walk::from(&world, &world.initial[0]).mail().run(0).run(1);
        let home = |server| walk.account().recipients[server].home();
        assert_eq!((home(SOURCE), home(DESTINATION)), (Some(DESTINATION), Some(SOURCE)));
    }
}

/// Method 1 changes Home-MDB and Home-MTA so that both name the destination.
///
/// Departure: one write or two is the assumption `raw-apply`. Both answers are tried.
#[test]
fn s16_method_1_makes_both_home_attributes_name_the_destination() {
    after_the_repair("method-1", |walk| {
        for recipient in walk.account().recipients.values() {
            let homes = recipient.homes().unwrap();
            assert_eq!((homes.mdb, homes.mta), (Home::Server(DESTINATION), Home::Server(DESTINATION)));
        }
    });
    assert_verdict(&searched(&loaded("method-1")), Safety::HomeCoherent, Verdict::Holds);
}

/// Home-MDB is a distinguished name of a fixed form: organisation, site, Configuration, Servers, the server, and
/// its private store.
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

/// The name is read and written in the article's form; the nearest wrong names are refused, also in a procedure.
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
/// Departure: the Administrator program also purges the mailbox from the store that Home-MDB names, which is the source's.
/// The article does not say so. [Q184160] No mail has arrived since the move, so that mailbox is empty.
#[test]
fn s19_method_2_deletes_the_recipient_on_the_source() {
    for world in repaired_later("method-2") {
        let stranded = Walk::from(&world, &world.initial[0]).mail().run(0);
        let deleted = stranded.clone().start(1).act().act();
        let account = deleted.account();
        assert!(matches!(account.recipients[SOURCE], Recipient::Tombstone { .. }));
        assert_eq!(account.recipients[DESTINATION], stranded.account().recipients[DESTINATION]);
        assert_eq!(account.mailboxes[DESTINATION], stranded.account().mailboxes[DESTINATION]);
    }
}

/// Method 2 creates the mailbox again on the destination, under the same distinguished name.
///
/// By the same name the new recipient finds the mailbox that is already in the store.
#[test]
fn s20_method_2_creates_the_recipient_again_on_the_destination() {
    after_the_repair("method-2", |walk| {
        let account = walk.account();
        assert_eq!(account.agreed_home(), Some(DESTINATION));
        assert_eq!(account.mailboxes[DESTINATION].messages(), account.outstanding());
    });
}

/// After either method the user logs on, and no data is lost.
///
/// Departure: this is true only if no mail arrived between the move and the repair, as in these two scenarios.
#[test]
fn s21_after_either_method_the_user_logs_on_and_has_all_data() {
    for method in ["method-1", "method-2"] {
        after_the_repair(method, |walk| {
            assert_eq!(walk.outcome(), Some(Outcome::Ok));
            let walk = walk.log_on();
            let home = walk.account().agreed_home().unwrap();
            assert_eq!(walk.account().mailboxes[home].messages(), MessageSet::first(MAIL));
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
        let run = Walk::from(&world, &world.initial[0]).mail().run_step_by_step(0);
        let copied = run.iter().position(|walk| walk.account().mailboxes[DESTINATION].held().len() == MAIL).unwrap();
        let asked = run.iter().position(|walk| walk.account().record.self_move).unwrap();
        assert!(copied < asked, "all is copied before the directory is asked");
        assert_eq!(run[copied].account().mailboxes[SOURCE].messages(), MessageSet::first(MAIL), "it is a copy");
    }
}

/// Mailboxes are moved only between servers of one site.
///
/// A scenario is one site; the loader refuses a run from or to a server outside of it.
#[test]
fn s23_mailboxes_are_moved_within_a_site_only() {
    let text = loaded("stranded").text.replace("to = \"destination\"", "to = \"elsewhere\"");
    let no_files = |_: &str| Err(std::io::Error::from(std::io::ErrorKind::NotFound));
    let refused = parse_scenario("test.toml", &text, &no_files).unwrap_err().render(false);
    assert!(refused.contains("unknown server `elsewhere`"), "{refused}");
}

/// After the copy, the move asks the directory to move the recipient.
#[test]
fn s24_after_the_copy_the_directory_is_asked_to_follow() {
    for name in ["move", "stranded"] {
        for world in worlds(&loaded(name)) {
            let procedure = first_procedure(&world);
            let copy = place_of(procedure, |act| matches!(act, Act::CopyMessage { .. }));
            let sync = place_of(procedure, |act| matches!(act, Act::SyncDirectory { .. }));
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
        let sync = place_of(procedure, |act| matches!(act, Act::SyncDirectory { .. }));
        let Act::SyncDirectory { from, to, .. } = &procedure.steps[sync].act else { panic!("that is what was found") };
        assert_eq!(from, to);
    }
    after_the_first_move(|walk| assert!(walk.account().record.self_move));
    assert_verdict(&searched(&loaded("stranded")), Safety::NoSelfMove, Verdict::Violated);
    assert_verdict(&searched(&loaded("move")), Safety::NoSelfMove, Verdict::Holds);
}

/// Therefore the directory object is not moved.
///
/// The model adds that no error shows: the step answers `ok`, and so does the move.
#[test]
fn s26_the_directory_object_is_not_moved_and_the_move_reports_ok() {
    for world in worlds(&loaded("stranded")) {
        for pair in Walk::from(&world, &world.initial[0]).mail().run_step_by_step(0).windows(2) {
            assert_eq!(pair[0].account().recipients, pair[1].account().recipients);
        }
    }
    after_the_first_move(|walk| assert_eq!(walk.outcome(), Some(Outcome::Ok)));
    assert_verdict(&searched(&loaded("stranded")), Safety::NoFalseSuccess, Verdict::Violated);
}

/// The error says that the duplicate is gone already, and asks to try again later.
///
/// In the model the administrator may try: after a failed run the administrator owes a retry. By then no mail is left to move.
#[test]
fn s28_the_error_asks_to_try_again_and_the_administrator_owes_a_retry() {
    after_both_moves(|_, second| {
        let reported = second.table().rows.last().unwrap().reported.clone().unwrap();
        assert!(reported.contains("The duplicate mailbox has been deleted. Try again later."), "{reported}");
        assert!(second.account().programs[FIRST].owes_retry);
    });
    for world in worlds(&changed("second-move", "runs-max = 2", "runs-max = 3")) {
        let third = Walk::from(&world, &world.initial[0]).mail().run(0).run(0).run(0);
        assert_eq!(third.outcome(), Some(Outcome::Ok), "it works this time");
        assert_eq!(third.account().kept(), MessageSet::EMPTY, "and moves nothing");
    }
}
