//! The page's scripts: node runs their unit tests, and one text can hold all of them.

use std::collections::BTreeMap;
use std::process::Command;

use stranded::explore::assets::{SCRIPTS, bundled};

#[test]
fn the_layout_passes_its_own_tests() {
    let folder = format!("{}/tests/explore", env!("CARGO_MANIFEST_DIR"));
    let ran = Command::new("node").args(["--test", &format!("{folder}/layout.test.mjs")]).output();
    let ran = ran.unwrap_or_else(|reason| panic!("node is needed (Debian: nodejs): {reason}"));
    assert!(ran.status.success(), "{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn no_two_scripts_share_a_name_so_that_they_work_in_one_file() {
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    for script in SCRIPTS {
        for line in script.text.lines() {
            let line = line.strip_prefix("export ").unwrap_or(line);
            let line = line.strip_prefix("async ").unwrap_or(line);
            let declared = ["function ", "const ", "let "].iter().find_map(|word| line.strip_prefix(word));
            let Some(rest) = declared else { continue };
            let name: String = rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
            if let Some(other) = names.insert(name.clone(), script.name) {
                panic!("`{name}` is in {other} and in {}", script.name);
            }
        }
        for line in script.text.lines().filter(|line| line.starts_with("import ")) {
            assert!(line.ends_with(';') && line.contains(" from \"./"), "{}: {line}", script.name);
        }
    }
    assert!(names.len() > 50);
    assert!(!bundled().contains("\nexport ") && !bundled().contains("\nimport "));
}

#[test]
fn scripts_import_only_earlier_scripts() {
    for (index, script) in SCRIPTS.iter().enumerate() {
        for line in script.text.lines().filter(|line| line.starts_with("import ")) {
            let file = line.split("\"./").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
            let earlier = SCRIPTS[..index].iter().any(|other| other.name == file);
            assert!(earlier, "{} imports {file}", script.name);
        }
    }
}

#[test]
fn no_script_makes_markup_of_text() {
    for script in SCRIPTS {
        for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"] {
            assert!(!script.text.contains(word), "{word} in {}", script.name);
        }
    }
}
