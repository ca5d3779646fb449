//! The repairs on the page: their signs, their order, the advice on a mailbox that needs none, and the way to them on a phone.

use serde_json::{Value, json};

use crate::served::Served;
use crate::sharing::drop_file;
use crate::{Browser, stranded};

fn opened(browser: &Browser, served: &Served, at: usize) {
    browser.open(&served.url);
    browser.wait("document.querySelectorAll('.answer').length === 4");
    let go = "document.querySelector('#slider').value = arguments[0]; document.querySelector('#slider').dispatchEvent(new Event('input'))";
    browser.script(go, vec![json!(at)]);
    browser.wait(&format!("document.querySelector('#whatif h3').innerText.endsWith('after step {at}')"));
}

#[test]
fn each_repair_has_its_sign_and_the_safe_ones_come_first() {
    let (served, browser) = (Served::start(&[]), Browser::start());
    opened(&browser, &served, 13);
    let effects =
        browser.value("[...document.querySelectorAll('.apply [data-procedure]')].map((one) => one.dataset.effect)");
    let effects: Vec<&str> = effects.as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    let bad = effects.iter().position(|one| *one == "loses").unwrap();
    assert!(effects[..bad].iter().all(|one| *one == "saves") && bad >= 5, "{effects:?}");
    assert!(effects[bad..].iter().all(|one| *one == "loses"), "{effects:?}");
    assert_eq!(browser.value("document.querySelectorAll('.apply [data-procedure]:not(:has(.part svg))').length"), 0);
    // The keys 1 to 9 take the alternatives by the shown numbers.
    assert_eq!(browser.text(".choice kbd"), "1");
    browser.press("1");
    browser.wait("document.querySelector('.picture').dataset.moment === '14'");
}

#[test]
fn the_step_that_strands_the_mailbox_is_marked_and_new_mail_does_not_hide_it() {
    let (served, browser) = (Served::start(&[]), Browser::start());
    opened(&browser, &served, 10);
    assert!(browser.text("#caption").contains("strands m1 m2"), "{}", browser.text("#caption"));
    let folder = tempfile::tempdir().unwrap();
    stranded(folder.path(), &["check", "method-1-late-mail", "--traces", "."]);
    let trace = std::fs::read_to_string(folder.path().join("method-1-late-mail.one-home.json")).unwrap();
    drop_file(&browser, "trace.json", &trace);
    browser.wait("document.querySelector('.tab[aria-pressed=true]').innerText.includes('one-home')");
    let said = browser.text(".frame .stranded");
    assert!(said.contains("PARTLY STRANDED: m2 is on source"), "{said}");
}

#[test]
fn a_mailbox_at_its_home_needs_nothing_and_the_rest_is_folded() {
    let (served, browser) = (Served::start(&[]), Browser::start());
    opened(&browser, &served, 3);
    browser.script("document.querySelector('#advise').click()", Vec::new());
    browser.wait("document.querySelector('#advice').innerText.includes('Nothing to do.')");
    assert_eq!(browser.value("document.querySelectorAll('#advice li').length"), 0);
    browser.script("document.querySelector('#advice details').open = true", Vec::new());
    browser.wait("document.querySelectorAll('#advice li').length > 5");
}

#[test]
fn on_a_phone_the_repair_is_named_under_the_step_and_more_has_the_other_controls() {
    let (served, browser) = (Served::start(&[]), Browser::start());
    browser.resize(375, 800);
    browser.open(&served.url);
    browser.wait("document.querySelectorAll('.answer').length === 4");
    let said = browser.text("#instead");
    assert!(said.starts_with("Instead: append-repair from source to destination, from step 11 to step 13"), "{said}");
    let above = |what: &str| {
        browser.value(&format!("document.querySelector('{what}').getBoundingClientRect().bottom <= innerHeight"))
    };
    assert_eq!(above("#instead"), true);
    assert_eq!(browser.value("document.querySelector('#view').offsetParent === null"), true, "the controls are folded");
    browser.script("document.querySelector('#more').click()", Vec::new());
    for control in ["#view", "#check", "#export summary"] {
        assert_eq!(above(control), true, "{control}");
    }
    browser.script("document.querySelector('#export').open = true", Vec::new());
    let inside = "(() => { const box = document.querySelector('#export .forms').getBoundingClientRect(); return [box.left >= 0, box.right <= innerWidth, box.top >= 0]; })()";
    assert_eq!(browser.value(inside), json!([true, true, true]));
    browser.press("\u{e00c}");
    browser.wait("!document.querySelector('#export').open");
    browser.script("document.querySelector('#export').open = true", Vec::new());
    browser.script("document.querySelector('#caption').click()", Vec::new());
    browser.wait("!document.querySelector('#export').open");
    browser.script("document.querySelector('#instead button').click()", Vec::new());
    browser.wait("document.querySelector('#summary').getBoundingClientRect().top < innerHeight / 2");
    let expanded: Value = browser.value("document.querySelector('#more').getAttribute('aria-expanded')");
    assert_eq!(expanded, "true");
}
