//! Bad input about lists, journals and copies: each error names the line and says what would be right.

use super::{check_fragments, no_files, refused};
use stranded_search::scenario::parse_scenario;

/// A scenario with one procedure of these steps, and this key in its table.
fn scenario(key: &str, steps: &str) -> String {
    format!(
        "name = \"mine\"\n[[procedure]]\nname = \"tool\"\n{key}\n{steps}\n[[procedure.step]]\ndo = \"report\"\noutcome = \
         \"ok\"\n[site]\nservers = [\"source\", \"destination\"]\nmessages = 2\n[environment]\ndelivery = \
         \"before\"\n[[run]]\nadministrator = \"first\"\nprocedure = \"tool\"\nfrom = \"source\"\nto = \"destination\"\n"
    )
}

fn step(text: &str) -> String {
    format!("[[procedure.step]]\n{text}\n")
}

#[test]
fn a_list_is_read_only_after_it_is_written_on_every_path() {
    let delete = step("do = \"delete-listed\"\nat = \"from\"");
    let reported = refused(&scenario("", &delete));
    check_fragments(
        &reported,
        &["test.toml:5", "the step reads a list that the program may not have", "add a step `do = \"list\"`"],
    );
    // A jump can pass the list.
    let jump = step("do = \"require\"\npresent = \"to\"\non = { refused = \"delete\" }");
    let list = step("do = \"list\"\nat = \"to\"");
    let labelled = step("label = \"delete\"\ndo = \"delete-listed\"\nat = \"from\"");
    check_fragments(
        &refused(&scenario("", &[jump, list.clone(), labelled].concat())),
        &["the step reads a list that the program may not have"],
    );
    assert!(parse_scenario("test.toml", &scenario("", &[list, delete].concat()), &no_files).is_ok());
}

#[test]
fn a_condition_on_the_list_needs_a_list() {
    check_fragments(
        &refused(&scenario("", &step("do = \"require\"\nnothing-listed = true"))),
        &["the step reads a list that the program may not have"],
    );
}

#[test]
fn a_journal_must_be_written() {
    let list = step("do = \"list\"\nat = \"from\"");
    let reported = refused(&scenario("memory = \"journal\"", &list));
    check_fragments(
        &reported,
        &["test.toml:4", "no step writes the journal", "`append-message`, or `list` with `as = \"copied\"`"],
    );
    let noted = step("do = \"list\"\nat = \"to\"\nas = \"copied\"");
    assert!(parse_scenario("test.toml", &scenario("memory = \"journal\"", &noted), &no_files).is_ok());
}

#[test]
fn a_store_is_not_mirrored_by_its_own_list() {
    let mirror = |listed: &str| {
        [step(&format!("do = \"list\"\nat = \"{listed}\"")), step("do = \"delete-unlisted\"\nat = \"to\"")].concat()
    };
    check_fragments(
        &refused(&scenario("", &mirror("to"))),
        &["the step compares a store with its own list", "list the other store before it"],
    );
    assert!(parse_scenario("test.toml", &scenario("", &mirror("from")), &no_files).is_ok());
}

#[test]
fn a_copy_has_two_ends() {
    let copy = step("do = \"copy-message\"\nfrom = \"to\"\nto = \"to\"");
    check_fragments(&refused(&scenario("", &copy)), &["the step copies from a store to itself", "must differ"]);
}

#[test]
fn a_step_that_names_a_server_differs_from_the_server_of_the_run() {
    let copy = step("label = \"back\"\ndo = \"copy-message\"\nfrom = \"to\"\nto = \"destination\"");
    check_fragments(
        &refused(&scenario("", &copy)),
        &["procedure = \"tool\"", "the step `back` copies from a store to itself", "must differ"],
    );
    let mirror = [step("do = \"list\"\nat = \"from\""), step("do = \"delete-unlisted\"\nat = \"source\"")].concat();
    check_fragments(&refused(&scenario("", &mirror)), &["compares a store with its own list", "must differ"]);
    let other = step("do = \"copy-message\"\nfrom = \"to\"\nto = \"source\"");
    assert!(parse_scenario("test.toml", &scenario("", &other), &no_files).is_ok());
}

#[test]
fn messages_are_noted_before_they_are_deleted_by_the_notes() {
    let list = step("do = \"list\"\nat = \"from\"");
    let delete = step("do = \"delete-listed\"\nat = \"from\"\nonly = \"copied\"");
    check_fragments(
        &refused(&scenario("", &[list.clone(), delete.clone()].concat())),
        &["only messages noted as copied, and no step notes any", "or leave out `only`"],
    );
    let append = step("do = \"append-message\"");
    assert!(parse_scenario("test.toml", &scenario("", &[list, append, delete].concat()), &no_files).is_ok());
}

#[test]
fn new_words_get_suggestions() {
    for (wrong, right) in [
        ("do = \"apend-message\"", "`append-message`"),
        ("do = \"list\"\nat = \"from\"\nas = \"copyed\"", "`copied`"),
        ("do = \"empty-mailbox\"\nat = \"from\"\ndeletion = \"forgotten\"", "`deletions`"),
    ] {
        check_fragments(&refused(&scenario("", &step(wrong))), &["did you mean", right]);
    }
    check_fragments(&refused(&scenario("memory = \"jurnal\"", "")), &["`memory`", "did you mean `journal`?"]);
    let order = scenario("", "").replace("delivery = ", "copy-order = \"arival\"\ndelivery = ");
    check_fragments(&refused(&order), &["`copy-order`", "did you mean `arrival`?"]);
}

#[test]
fn a_store_begins_with_one_or_two_copies() {
    let with = |messages: &str| {
        scenario("", "").replace("[environment]\n", &format!("[start.stores]\nsource = [{messages}]\n[environment]\n"))
    };
    assert!(parse_scenario("test.toml", &with("\"m1\", \"m1\""), &no_files).is_ok());
    check_fragments(&refused(&with("\"m1\", \"m1\", \"m1\"")), &["`m1` is listed a third time", "two stand for more"]);
}
