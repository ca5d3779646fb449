//! A scenario that starts in the final states of another inherits its mail, directory and history.

use std::fs;

use stranded_model::assumption::Assumption;
use stranded_model::property::Safety;
use stranded_search::property::{Property, Verdict};
use stranded_search::scenario::{Spec, load_scenario};

use crate::worlds::searched;

/// Writes scenarios into one folder and loads the last of them.
fn last_of(files: &[(&str, &str)]) -> Spec {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(format!("{name}.toml")), format!("name = \"{name}\"\n{text}")).unwrap();
    }
    let path = folder.path().join(format!("{}.toml", files[files.len() - 1].0));
    load_scenario(path.to_str().unwrap()).unwrap_or_else(|found| panic!("{found}"))
}

fn verdict(spec: &Spec, property: Safety) -> Verdict {
    let checked = searched(spec);
    checked.results.iter().find(|one| one.property == Property::Safety(property)).unwrap().verdict
}

const SITE: &str = "[site]\nservers = [\"source\", \"destination\"]\nmessages = 1\n";
const RUN: &str = "[[run]]\nadministrator = \"first\"\nfrom = \"source\"\nto = \"destination\"\nprocedure = \"mine\"\n";
const DONE: &str = "[[procedure.step]]\ndo = \"report\"\noutcome = \"ok\"\n";

fn scenario(head: &str, delivery: &str, steps: &str) -> String {
    let procedure = format!("[[procedure]]\nname = \"mine\"\nsource = []\n{steps}{DONE}");
    format!("{head}\n[environment]\ndelivery = \"{delivery}\"\n{RUN}{procedure}")
}

fn step(words: &str) -> String {
    format!("[[procedure.step]]\n{words}\n")
}

#[test]
fn mail_that_an_earlier_scenario_holds_is_tried_again_after_the_release() {
    let first = scenario(SITE, "before", &step("do = \"hold-delivery\""));
    let purge = step("do = \"delete-recipient\"\ndata = \"purge\"");
    let steps = step("do = \"release-delivery\"") + &purge;
    let second = scenario("from = \"held.toml\"", "until-repair", &steps);
    assert_eq!(verdict(&last_of(&[("held", &first), ("let-through", &second)]), Safety::NoLoss), Verdict::Violated);
}

#[test]
fn deletions_that_a_later_scenario_reads_are_remembered_from_the_first_on() {
    let copy = step("do = \"create-mailbox\"\nat = \"to\"") + &step("do = \"copy-message\"");
    let delete = step("do = \"list\"\nat = \"to\"") + &step("do = \"delete-listed\"\nat = \"from\"");
    let first = scenario(SITE, "before", &(copy + &delete));
    let second = scenario(
        "from = \"expunged.toml\"",
        "never",
        &step("do = \"propagate-deletions\"\nfrom = \"from\"\nto = \"to\""),
    );
    assert_eq!(
        verdict(&last_of(&[("expunged", &first), ("synchronised", &second)]), Safety::NoLoss),
        Verdict::Violated
    );
}

#[test]
fn an_assumption_that_an_earlier_scenario_uses_is_varied() {
    let edit = "/o={organization}/ou={site}/cn=Configuration/cn=Servers/cn={to}/cn=Microsoft Private MDB";
    let first = scenario(SITE, "before", &step(&format!("do = \"raw-edit\"\nhome-mdb = \"{edit}\"")));
    let between = scenario("from = \"split.toml\"", "never", "");
    let last = scenario("from = \"between.toml\"\n[site]\nmessages = 2", "any-time", "");
    let spec = last_of(&[("split", &first), ("between", &between), ("last", &last)]);
    assert!(spec.touches().contains(&Assumption::SplitHome));
    assert_eq!(searched(&spec).combinations.len(), Assumption::SplitHome.values().len());
}
