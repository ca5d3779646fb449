//! The explorer as one file: small, without network access, and equal to the saved trace.

use std::fs;

use serde_json::Value;

use crate::cli::stranded_in;

/// The largest size of the file for the article's second move, in bytes. A sixth of it is the recommended repair, step by step.
const BYTES_MAX: usize = 350 * 1024;

fn written() -> (String, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    stranded_in(folder.path(), &["check", "second-move", "--traces", "."]);
    let ran = stranded_in(folder.path(), &["replay", "second-move.no-loss.json", "--html", "page.html"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, "", ""));
    (fs::read_to_string(folder.path().join("page.html")).unwrap(), folder)
}

fn inside(page: &str) -> Value {
    let (_, rest) = page.split_once("id=\"inside\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn the_file_of_the_article_is_small_and_needs_nothing_else() {
    let (page, _folder) = written();
    assert!(page.len() < BYTES_MAX, "{} bytes", page.len());
    assert!(!page.contains(" src=") && !page.contains("modulepreload") && !page.contains("rel=\"stylesheet\""));
    assert!(page.contains("default-src 'none'") && !page.contains("connect-src"), "the page could send a request");
    assert!(
        !page.lines().any(|line| line.starts_with("import ") || line.starts_with("export ")),
        "a module is not part of the page"
    );
}

#[test]
fn the_file_says_which_alternatives_and_repairs_there_were() {
    let (page, _folder) = written();
    let inside = inside(&page);
    let moments = inside["document"]["moments"].as_array().unwrap();
    for pair in moments.windows(2) {
        for possible in pair[0]["detail"]["enabled"].as_array().unwrap() {
            let happened = possible["action"] == pair[1]["action"];
            assert_eq!(possible["then"].is_null(), happened, "{}: {possible}", pair[0]["number"]);
        }
    }
    let outcome = |at: u64| {
        let forks = inside["forks"].as_array().unwrap().iter();
        let fork = forks.filter(|one| one["procedure"] == "method-1").find(|one| one["at"] == at).unwrap();
        fork["moments"].as_array().unwrap().last().unwrap()["broken"].clone()
    };
    assert!(!outcome(11).to_string().contains("no-loss"), "in time: {}", outcome(11));
    assert!(outcome(12).to_string().contains("no-loss"), "too late");
}

#[test]
fn names_of_a_trace_cannot_become_part_of_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let evil = "<img src=x onerror=alert(1)></script><script>alert(2)</script>";
    let shown = stranded_in(folder.path(), &["show", "second-move"]).out;
    let text = shown.replace("What does a second move do", &format!("{evil} What does a second move do"));
    fs::write(folder.path().join("evil.toml"), text).unwrap();
    stranded_in(folder.path(), &["check", "evil.toml", "--traces", "."]);
    stranded_in(folder.path(), &["replay", "second-move.no-loss.json", "--html", "page.html"]);
    let page = fs::read_to_string(folder.path().join("page.html")).unwrap();
    assert!(!page.contains("<img") && !page.contains("alert(2)</script>"), "the page has it without escaping");
    assert!(inside(&page)["document"]["question"].as_str().unwrap().starts_with(evil), "the document has it unchanged");
}
