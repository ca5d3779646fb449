//! Accessibility: no serious finding of axe-core on any view, light or dark; no sideways scrolling at any width; and
//! screenshots of the views, kept for review.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::Browser;
use crate::served::Served;

/// The version of axe-core that the tests run.
const AXE: &str = "axe-core@4.10.3";
const END: &str = "\u{e010}";

/// Returns the source of axe-core; the npm client downloads it once.
fn axe() -> String {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("axe");
    let file = folder.join("node_modules/axe-core/axe.min.js");
    if !file.exists() {
        std::fs::create_dir_all(&folder).unwrap();
        let arguments = ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"];
        let ran = Command::new("npm").args(arguments).arg(&folder).arg(AXE).output();
        let ran = ran.unwrap_or_else(|reason| panic!("npm is needed (Debian: npm): {reason}"));
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }
    std::fs::read_to_string(file).unwrap()
}

/// The views, each with the script that opens it from the first page.
const VIEWS: [(&str, &str); 11] = [
    ("1-first-page", ""),
    ("2-destroyed", "14"),
    ("3-stranded", "12"),
    ("4-table", "table"),
    ("5-too-late", "fork"),
    ("6-check", "check"),
    ("7-conformance-run", "run"),
    ("8-export", "export"),
    ("9-help", "help"),
    ("10-link", "link"),
    ("11-nothing-at-risk", "2"),
];

/// Returns a saved run of a program that behaves as the article's does.
pub(super) fn failed_run() -> String {
    let folder = tempfile::tempdir().unwrap();
    let program = crate::served::program();
    let program = program.to_str().unwrap();
    let mut command = Command::new(program);
    command.args([
        "conform",
        "second-move",
        "--save",
        ".",
        "--",
        program,
        "adapter",
        "reference",
        "--mutant",
        "move-of-the-article",
    ]);
    assert_eq!(command.current_dir(folder.path()).output().unwrap().status.code(), Some(1));
    std::fs::read_to_string(folder.path().join("second-move.false-success.json")).unwrap()
}

fn come_to(browser: &Browser, served: &Served, how: &str) {
    browser.open(&served.url);
    browser.wait("document.querySelectorAll('.answer').length === 4 && document.querySelector('.scenario')");
    let step = |at: u32| {
        browser.script("document.querySelector('#slider').value = arguments[0]; document.querySelector('#slider').dispatchEvent(new Event('input'))", vec![json!(at)]);
        browser.wait(&format!("document.querySelector('#caption').innerText.includes('Step {at} of')"));
    };
    match how {
        "table" => {
            step(12);
            browser.script("document.querySelector('#view').click()", Vec::new());
            browser.wait("document.querySelector('.lanes')");
        }
        "fork" => {
            step(14);
            browser.script("document.querySelector('[data-procedure=\"method-1\"].plain').click()", Vec::new());
            browser.wait("document.querySelectorAll('.tab').length === 3");
        }
        "check" => {
            browser.script("document.querySelector('#check').click()", Vec::new());
            browser.wait("document.querySelector('#check-over')");
        }
        "run" => {
            crate::sharing::drop_file(browser, "run.json", &failed_run());
            browser.wait("document.querySelector('#run tr.differs')");
        }
        "export" => {
            browser.script("document.querySelector('#export').open = true", Vec::new());
        }
        "help" => browser.press("?"),
        "link" => {
            browser.script("document.querySelector('#share').click()", Vec::new());
            browser.wait("document.querySelector('#save-page')");
        }
        "" => {}
        at => step(at.parse().unwrap()),
    }
    browser.script("window.scrollTo(0, 0)", Vec::new());
}

#[test]
fn axe_finds_nothing_serious_on_any_view_light_and_dark() {
    let (served, browser, axe) = (Served::start(&[]), Browser::start_with(&["--force-prefers-reduced-motion"]), axe());
    browser.resize(1280, 900);
    for scheme in ["light", "dark"] {
        browser.prefer("prefers-color-scheme", scheme);
        for (view, how) in VIEWS {
            come_to(&browser, &served, how);
            browser.script(&axe, Vec::new());
            let run = "const done = arguments[0]; axe.run(document).then((found) => done(found.violations
                .filter((one) => ['serious', 'critical'].includes(one.impact))
                .map((one) => `${one.id}: ${one.nodes.map((node) => node.html + ' ' + node.failureSummary).slice(0, 3).join(' | ')}`)),
                (error) => done([String(error)]));";
            let found: Value = browser.script_async(run, Vec::new());
            assert_eq!(found, json!([]), "{view}, {scheme}");
        }
    }
}

#[test]
fn no_view_scrolls_sideways_at_any_width_and_the_views_are_kept() {
    let (served, browser) = (Served::start(&[]), Browser::start_with(&["--force-prefers-reduced-motion"]));
    // A window of 1280 pixels at 400 % zoom has 320 CSS pixels.
    for width in [1280, 768, 375, 320] {
        browser.resize(width, 900);
        for (view, how) in VIEWS {
            come_to(&browser, &served, how);
            let wide = browser.value("document.documentElement.scrollWidth - document.documentElement.clientWidth");
            let outside = browser.value(
                "[...document.querySelectorAll('main *:not(.unseen)')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.unseen'))
                 .slice(0, 5).map((one) => one.tagName + '.' + one.className + ' ' + one.innerText?.slice(0, 40))",
            );
            assert_eq!((&wide, &outside), (&json!(0), &json!([])), "{view} at {width}");
            for scheme in ["light", "dark"] {
                if width == 320 && scheme == "dark" {
                    continue;
                }
                browser.prefer("prefers-color-scheme", scheme);
                let height = browser.value("document.documentElement.scrollHeight").as_u64().unwrap();
                browser.resize(width, u32::try_from(height).unwrap().min(2_400));
                browser.screenshot(&format!("{view}-{width}-{scheme}"));
                browser.resize(width, 900);
            }
        }
    }
}

#[test]
fn tab_reaches_every_control_and_shows_its_focus() {
    let (served, browser) = (Served::start(&[]), Browser::start());
    browser.open(&served.url);
    browser.wait("document.querySelectorAll('.answer').length === 4 && document.querySelector('.scenario')");
    let mut seen = Vec::new();
    for _ in 0..60 {
        browser.press("\u{e004}");
        let focused = browser.value(
            "(() => { const one = document.activeElement; const style = getComputedStyle(one);
              return [one.id || one.className || one.tagName, style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2]; })()",
        );
        assert_eq!(focused[1], true, "no visible focus on {focused}");
        seen.push(focused[0].as_str().unwrap().to_owned());
    }
    for wanted in ["skip", "go-home", "after", "slider", "beside", "view", "check", "share", "step-list", "filter"] {
        assert!(seen.iter().any(|one| one.contains(wanted)), "tab does not reach {wanted}: {seen:?}");
    }
    browser.press(END);
}

#[test]
fn reduced_motion_is_respected() {
    let (served, browser) = (Served::start(&[]), Browser::start_with(&["--force-prefers-reduced-motion"]));
    browser.open(&served.url);
    browser.wait("document.querySelectorAll('.answer').length === 4");
    for _ in 0..8 {
        browser.press("\u{e014}");
        assert_eq!(browser.value("document.getAnimations().length"), 0);
    }
}

#[test]
fn the_print_layout_has_every_step_and_dark_ink() {
    let (served, browser) = (Served::start(&[]), Browser::start());
    browser.prefer("prefers-color-scheme", "dark");
    come_to(&browser, &served, "12");
    let ink = "getComputedStyle(document.body).color";
    assert_ne!(browser.value(ink), "rgb(0, 0, 0)");
    browser.print_media();
    browser.script("dispatchEvent(new Event('beforeprint'))", Vec::new());
    assert_eq!(browser.value(ink), "rgb(0, 0, 0)");
    let shown = |selector: &str| browser.value(&format!("document.querySelector('{selector}').offsetHeight > 0"));
    assert_eq!(browser.value("document.querySelectorAll('#printed tbody tr').length"), 16);
    for (selector, is_printed) in [
        ("#printed", true),
        (".summary", true),
        (".picture", true),
        ("#judged", true),
        ("#controls", false),
        ("#catalogue", false),
    ] {
        assert_eq!(shown(selector), is_printed, "{selector}");
    }
    browser.script("dispatchEvent(new Event('afterprint'))", Vec::new());
    assert_eq!(browser.value("document.querySelectorAll('#printed tr').length"), 0);
}
