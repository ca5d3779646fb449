//! The article on the explorer's page: keyboard only, from the first page to the violation; a repair in time and one
//! that is too late; and the same verdicts as `check`.

use serde_json::{Value, json};

use crate::served::Served;
use crate::{Browser, stranded};

const RIGHT: &str = "\u{e014}";
const END: &str = "\u{e010}";
const HOME: &str = "\u{e011}";

/// The properties that the page shows as violated.
const BROKEN: &str =
    "[...document.querySelectorAll('#judged [data-standing=violated]')].map((one) => one.dataset.property)";

#[test]
fn the_article_is_followed_from_the_first_page_to_the_violation_by_keyboard_alone() {
    let (served, browser) = (Served::start(&[]), Browser::start());
    browser.open(&served.url);
    browser.wait("document.querySelectorAll('.answer').length === 4");
    let summary = browser.text("#summary");
    assert!(summary.contains("Step 14: administrator creates the mailbox on destination"), "{summary}");
    assert!(summary.contains("From step 14 on"), "{summary}");
    assert!(
        summary.contains("From step 11 to step 13: append what destination lacks, then set the home (append-repair from source to destination). That recovers all mail."),
        "{summary}"
    );
    // The page opens at the step that destroys the mail.
    assert!(browser.text("#caption").contains("Step 14 of 15"), "{}", browser.text("#caption"));
    browser.press(HOME);
    browser.wait("document.querySelector('#caption').innerText.includes('The initial state')");
    for step in 1..=14 {
        browser.press(RIGHT);
        browser.wait(&format!("document.querySelector('#caption').innerText.includes('Step {step} of')"));
        let spoken = browser.value("document.querySelector('#announce').textContent");
        assert!(spoken.as_str().unwrap().starts_with(&format!("Step {step} of 15.")), "{spoken}");
        let stranded = browser.value("document.querySelector('.frame .stranded')?.innerText ?? ''");
        assert_eq!(stranded.as_str().unwrap().contains("STRANDED"), (10..=13).contains(&step), "step {step}");
    }
    let caption = browser.text("#caption");
    assert!(
        caption.contains("the store deletes that one as a duplicate") && caption.contains("destroys m1 m2"),
        "{caption}"
    );
    assert!(caption.contains("too late from here"), "{caption}");
    assert_eq!(browser.value("document.querySelectorAll('.frame')[0].querySelectorAll('.lost-tray .token').length"), 2);
    assert!(browser.text(".died").contains("Destroyed here: m1 m2"));
    assert_eq!(
        browser.value("document.querySelectorAll('.frame')[1].querySelectorAll('.token.kept').length"),
        2,
        "the correct move"
    );
    browser.wait("document.querySelector('#judged').innerText.includes('2 of 2 messages lost: m1, m2')");
    browser.press(RIGHT);
    browser.wait("document.querySelector('.message')?.innerText.includes('c1040b00')");
    browser.press("d");
    browser.wait("document.querySelector('#caption').innerText.includes('from source to source')");
    browser.press("?");
    browser.wait("document.querySelector('#help').open");
    browser.press("\u{e00c}");
    browser.wait("!document.querySelector('#help').open");
    browser.press("t");
    browser.wait("document.querySelectorAll('.lanes tbody tr').length === 16");
    assert!(browser.text(".lanes").contains("STRANDED"));
}

#[test]
fn a_repair_in_time_saves_everything_and_one_that_is_too_late_does_not() {
    let (served, browser) = (Served::start(&[]), Browser::start());
    browser.open(&served.url);
    browser.wait("document.querySelectorAll('.answer').length === 4");
    let apply = |at: usize| {
        browser.script("document.querySelectorAll('.tab')[0].click()", Vec::new());
        browser.press(END);
        browser.wait("document.querySelector('#slider').value === '15'");
        browser.script("document.querySelector('#slider').value = arguments[0]; document.querySelector('#slider').dispatchEvent(new Event('input'))", vec![json!(at)]);
        browser.wait(&format!("document.querySelector('.picture').dataset.moment === '{at}'"));
        browser.script("document.querySelector('[data-procedure=\"method-1\"].plain').click()", Vec::new());
        browser.wait(&format!(
            "document.querySelector('.tab[aria-pressed=true]').innerText.includes('method-1 at step {at}')"
        ));
    };
    apply(13);
    assert_eq!(browser.value(BROKEN), json!(["no-false-success", "no-self-move"]), "in time; the history stays");
    let caption = browser.text("#caption");
    assert!(caption.contains("ou (repair) reports ok") && caption.contains("all mail is at the home"), "{caption}");
    // The result is in view, once the page has scrolled.
    browser.wait("scrollY === 0");
    let screen = browser.text(".message");
    assert!(screen.contains("ok"), "the screen has the report of the repair: {screen}");
    assert_eq!(
        browser.value(
            "document.querySelectorAll('.frame')[0].querySelectorAll('.server[data-server=destination] .token').length"
        ),
        2
    );
    let aligned = browser.value("document.querySelector('#aligned').textContent.includes('The first difference')");
    assert_eq!(aligned, true, "the fork is beside its origin");
    apply(10);
    let caption = browser.text("#caption");
    assert!(caption.contains("but it stays in transit") && caption.contains("breaks transit-owned"), "{caption}");
    let safe = browser.text(".answer");
    assert!(safe.contains("Yes, but it cannot be used") && safe.contains("in transit"), "{safe}");
    apply(14);
    let broken = browser.value(BROKEN);
    assert!(broken.as_array().unwrap().contains(&json!("no-loss")), "too late: {broken}");
    assert_eq!(browser.value("document.querySelectorAll('.tab').length"), 5, "all traces stay open");
    // A disabled action shows its reason.
    browser.script("document.querySelector('#impossible').open = true", Vec::new());
    browser.wait("document.querySelector('#impossible li')");
    let why = browser.value("document.querySelector('#impossible')?.textContent ?? ''");
    assert!(why.as_str().unwrap().contains("because the administrator's program is not running"), "{why}");
}

#[test]
fn a_check_from_the_page_ends_in_the_counterexample() {
    let (served, browser) = (Served::start(&["second-move"]), Browser::start());
    browser.resize(1280, 800);
    browser.open(&served.url);
    browser.wait("document.querySelector('#check')");
    browser.script("document.querySelector('#check').click()", Vec::new());
    browser.wait("document.querySelector('#check-over')");
    assert!(browser.text("#check-over").contains("170 states, depth 16"), "{}", browser.text("#check-over"));
    browser.script("document.querySelector('[data-counterexample=no-loss]').click()", Vec::new());
    browser.wait("document.querySelector('#slider').max === '13' && document.querySelector('#checking').hidden");
    assert!(browser.text("#summary").contains("Step 12:"), "{}", browser.text("#summary"));
    // It opens at the decisive step, under the name of the property, and the picture is in view.
    assert!(browser.text("#caption").contains("Step 12 of 13"), "{}", browser.text("#caption"));
    assert_eq!(browser.text(".tab[aria-pressed=true]"), "second-move: no-loss");
    browser.wait("document.querySelector('.server').getBoundingClientRect().bottom <= innerHeight");
    // The result of the finished check is shown again, without a second search.
    browser.script("document.querySelector('#check').click()", Vec::new());
    browser.wait(
        "!document.querySelector('#checking').hidden && document.querySelector('[data-counterexample=reachable]')",
    );
    let verdict = browser.text(".verdicts .violated");
    assert!(verdict.contains("violated (the scenario expects it)"), "{verdict}");
    browser.script("document.querySelector('[data-counterexample=reachable]').click()", Vec::new());
    browser.wait("document.querySelector('.tab[aria-pressed=true]').innerText === 'reachable'");
}

#[test]
fn on_every_state_of_every_counterexample_the_page_has_the_verdict_of_check() {
    let folder = tempfile::tempdir().unwrap();
    stranded(folder.path(), &["check", "--format", "json", "-o", "report.json"]);
    let report: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("report.json")).unwrap()).unwrap();
    let (served, browser) = (Served::start(&[]), Browser::start());
    browser.open(&served.url);
    browser.wait("document.querySelectorAll('.answer').length === 4");
    let mut traces = 0;
    for scenario in report["scenarios"].as_array().unwrap() {
        let properties = scenario["properties"].as_array().unwrap();
        let not_held: Vec<&Value> =
            properties.iter().filter(|one| one["verdict"] != "holds").map(|one| &one["name"]).collect();
        for property in properties {
            let trace = &property["trace"];
            if trace.is_null() {
                continue;
            }
            traces += 1;
            let name = format!("{}/{}", scenario["name"], property["name"]);
            let shown = shown_broken(&browser, trace);
            let steps = trace["steps"].as_array().unwrap().len();
            // No single state violates a liveness property along a path that repeats for ever.
            let is_of_a_state = !trace["loop"].is_number();
            for (number, broken) in shown.iter().enumerate().take(steps + 1) {
                let broken = broken.as_array().unwrap();
                let is_broken = broken.contains(&property["name"]);
                assert_eq!(is_broken, is_of_a_state && number == steps, "{name} at step {number}: {broken:?}");
                let unheard = broken.iter().find(|one| !not_held.contains(one));
                assert_eq!(unheard, None, "{name} at step {number}: the check reports that it holds");
            }
        }
    }
    assert!(traces > 50, "only {traces} counterexamples");
}

/// Returns the violations that the page shows at each moment of a dropped trace.
fn shown_broken(browser: &Browser, trace: &Value) -> Vec<Value> {
    let script = "
        const [text, done] = arguments;
        // A new trace has a new slider.
        document.querySelector('#slider').dataset.isOld = 'yes';
        const data = new DataTransfer();
        data.items.add(new File([text], 'trace.json'));
        document.dispatchEvent(new DragEvent('drop', { dataTransfer: data, cancelable: true }));
        const drawn = () => new Promise((go) => setTimeout(go));
        const look = async () => {
            while (document.querySelector('#slider').dataset.isOld) await drawn();
            const slider = document.querySelector('#slider');
            const found = [];
            for (let at = 0; at <= Number(slider.max); at += 1) {
                slider.value = at;
                slider.dispatchEvent(new Event('input'));
                await drawn();
                if (document.querySelector('.picture').dataset.moment !== String(at)) throw new Error('not shown');
                found.push([...document.querySelectorAll('#judged [data-standing=violated]')].map((one) => one.dataset.property));
            }
            return found;
        };
        look().then(done, (error) => done([[String(error)]]));";
    browser.script_async(script, vec![json!(trace.to_string())]).as_array().unwrap().clone()
}
