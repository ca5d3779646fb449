//! A scenario that does not do what it says fails, and says which step, in which line.

use stranded::property::{Property, Verdict};
use stranded::scenario::{Spec, load_procedure_in};

use crate::worlds::{changed, loaded, searched};

fn unwitnessed(spec: &Spec) -> (Verdict, Vec<String>) {
    let checked = searched(spec);
    let witness = checked.judgements.iter().find(|judgement| judgement.property == Property::Witness).unwrap();
    (witness.verdict, checked.unwitnessed().into_iter().map(ToString::to_string).collect())
}

fn runbook(steps: &str) -> Spec {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    std::fs::write(&path, format!("name = \"mine\"\n\n{steps}")).unwrap();
    load_procedure_in(path.to_str().unwrap(), &loaded("stranded")).unwrap_or_else(|found| panic!("{found}"))
}

#[test]
fn a_step_that_nothing_leads_to_is_named_with_its_line() {
    let spec = runbook(
        "[[step]]\ndo = \"report\"\noutcome = \"ok\"\n\n[[step]]\nlabel = \"dead\"\ndo = \"save\"\nat = \"from\"\n\n\
         [[step]]\ndo = \"report\"\noutcome = \"failed\"\n",
    );
    let (verdict, named) = unwitnessed(&spec);
    assert_eq!(verdict, Verdict::Violated);
    assert!(named.contains(&"mine/dead (line 7) never happens".to_owned()), "{named:?}");
}

#[test]
fn a_guard_that_is_never_true_is_seen_by_what_stands_behind_it() {
    let spec = runbook(
        "[[step]]\nlabel = \"guard\"\ndo = \"require\"\nhome-is = \"to\"\n\n[[step]]\nlabel = \"behind\"\ndo = \"save\"\n\
         at = \"from\"\n\n[[step]]\nlabel = \"done\"\ndo = \"report\"\noutcome = \"ok\"\n",
    );
    let (verdict, named) = unwitnessed(&spec);
    assert_eq!(verdict, Verdict::Violated);
    for wanted in ["mine/behind (line 8) never happens", "mine/done (line 13) never happens"] {
        assert!(named.iter().any(|one| one == wanted), "{named:?}");
    }
}

#[test]
fn what_is_listed_under_never_must_not_happen() {
    let spec = changed("second-move", "[site]", "never = [\"move-of-the-article/create:duplicate\"]\n\n[site]");
    let (verdict, named) = unwitnessed(&spec);
    assert_eq!(verdict, Verdict::Violated);
    let wanted = "happens, and the scenario says never";
    assert!(named.iter().any(|one| one.contains("create:duplicate") && one.ends_with(wanted)), "{named:?}");
}
