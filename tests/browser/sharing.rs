//! Sharing: links that restore the same moment, files that are dropped on the page, and the page as one file.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use serde_json::{Value, json};

use crate::served::Served;
use crate::{Browser, stranded};

/// The number of traces that are shared.
const TRACES: usize = 200;

/// Drops a text on the page as a file.
pub(super) fn drop_file(browser: &Browser, name: &str, text: &str) {
    let script = "
        const data = new DataTransfer();
        data.items.add(new File([arguments[1]], arguments[0]));
        document.dispatchEvent(new DragEvent('drop', { dataTransfer: data, cancelable: true }));";
    browser.script(script, vec![json!(name), json!(text)]);
}

#[test]
fn two_hundred_random_traces_are_opened_again_by_their_links() {
    let (served, browser) = (Served::start(&[]), Browser::start());
    let mut drawn = ChaCha8Rng::seed_from_u64(11);
    browser.open(&served.url);
    browser.wait("document.querySelectorAll('.answer').length === 4");
    for number in 0..TRACES {
        // The server draws a random trace, with the same requests that the page sends.
        let start = ["second-move", "move-under-mail", "crash-source-kept", "move-to-third"][number % 4];
        let mut answer = served.body(&json!({"ask": "open", "scenario": start}));
        for _ in 0..drawn.next_u32() % 6 {
            let document = &answer["document"];
            let last = document["moments"].as_array().unwrap().last().unwrap();
            let enabled = last["detail"]["enabled"].as_array().unwrap();
            if enabled.is_empty() {
                break;
            }
            let action = &enabled[drawn.next_u32() as usize % enabled.len()]["action"];
            answer =
                served.body(&json!({"ask": "fork", "link": document["link"], "at": last["number"], "action": action}));
        }
        let document = &answer["document"];
        let moments = document["moments"].as_array().unwrap();
        let at = moments.len() - 1;
        let link = format!("#{}@{at}", document["link"].as_str().unwrap());
        browser.script("location.hash = arguments[0]", vec![json!(link)]);
        let says = moments[at]["says"].as_str().unwrap();
        let shown = if at == 0 { "The initial state" } else { says };
        browser.wait(&format!("document.querySelector('#caption').innerText.includes({})", json!(shown)));
        browser.wait(&format!("document.querySelector('#slider').max === '{at}'"));
        let is_hidden = browser.value("document.querySelector('#message').hidden");
        assert_eq!(is_hidden, true, "trace {number}: {}", browser.text("#message"));
        if number % 20 == 19 {
            browser.open(&served.url);
            browser.wait("document.querySelectorAll('.answer').length === 4");
        }
    }
}

#[test]
fn a_stale_link_a_wrong_file_and_one_that_is_too_large_are_refused_on_the_page() {
    let (served, browser) = (Served::start(&[]), Browser::start());
    browser.open(&format!("{}#v2/second-move/0123456789ab//1/2/", served.url));
    browser.wait("document.querySelector('#message').innerText.includes('another version of the scenario')");
    assert_eq!(browser.value("document.querySelector('#trace').hidden"), true, "no trace is shown");
    drop_file(&browser, "trace.json", "{\"scenario_toml\": 1}");
    browser.wait("document.querySelector('#message').innerText.includes('trace.json: this is not a trace')");
    browser.script(
        "const data = new DataTransfer(); data.items.add(new File([new Uint8Array(100e6)], 'large.json'));
         document.dispatchEvent(new DragEvent('drop', { dataTransfer: data, cancelable: true }));",
        Vec::new(),
    );
    browser.wait("document.querySelector('#message').innerText.includes('large.json has 100 MB')");
    let run = json!({"kind": "conformance-run", "scenario": "<b>second</b>", "steps": [
        {"says": "copies <img src=x>", "expected": "m1", "observed": "nothing"}]});
    drop_file(&browser, "run.json", &run.to_string());
    browser.wait(
        "document.querySelector('#left-at')?.innerText.includes('At step 1 the implementation deviates from the model')",
    );
    assert!(browser.text("#run").contains("<b>second</b>") && browser.text("#run").contains("copies <img src=x>"));
    assert_eq!(browser.value("document.querySelectorAll('#run img').length"), 0);
}

#[test]
fn the_file_works_from_the_disk_with_the_network_refused() {
    let folder = tempfile::tempdir().unwrap();
    stranded(folder.path(), &["check", "second-move", "--traces", "."]);
    stranded(folder.path(), &["replay", "second-move.no-loss.json", "--html", "page.html"]);
    let refused =
        ["--proxy-server=127.0.0.1:9", "--host-resolver-rules=MAP * ~NOTFOUND", "--disable-background-networking"];
    let browser = Browser::start_with(&refused);
    browser.open(&format!("file://{}", folder.path().join("page.html").display()));
    browser.wait("document.querySelectorAll('.answer').length === 4");
    // The page opens at the step that destroys the mail.
    browser.wait("document.querySelector('#caption').innerText.includes('destroys m1')");
    assert_eq!(browser.value("document.querySelectorAll('.lost-tray .token').length"), 1);
    let asked =
        "performance.getEntriesByType('resource').map((one) => one.name).filter((name) => !name.startsWith('data:'))";
    assert_eq!(browser.value(asked), json!([]), "the page sent a request");
    // One step that differs from the trace, and a repair in time.
    let other = browser.value("[...document.querySelectorAll('#steps .step')].length > 0");
    assert_eq!(other, true);
    browser.script("document.querySelector('#slider').value = 11; document.querySelector('#slider').dispatchEvent(new Event('input'))", Vec::new());
    browser.wait("document.querySelector('[data-procedure=\"method-1\"].plain')");
    browser.script("document.querySelector('[data-procedure=\"method-1\"].plain').click()", Vec::new());
    browser.wait("document.querySelector('.tab[aria-pressed=true]').innerText.includes('method-1 at step 11')");
    assert_eq!(browser.value("document.querySelector('#judged [data-property=no-loss]').dataset.standing"), "true");
    browser.script("document.querySelectorAll('.tab')[0].click()", Vec::new());
    browser.script("document.querySelector('#slider').value = 1; document.querySelector('#slider').dispatchEvent(new Event('input'))", Vec::new());
    browser.wait("document.querySelector('.choice:not(.taken):not([disabled])')");
    let missing = browser.text("#not-applied");
    assert!(missing.starts_with("This page applies procedures only after steps 11 and 12"), "{missing}");
    browser.script("document.querySelector('.choice:not(.taken):not([disabled])').click()", Vec::new());
    browser.wait("document.querySelectorAll('.tab').length === 3");
    let errors: Value = browser.value("document.querySelector('#message').hidden");
    assert_eq!(errors, true, "{}", browser.text("#message"));
}
