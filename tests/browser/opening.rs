//! The opening of the page and the place of its parts: the decisive step and its picture need no scrolling, the controls stay within
//! reach, and a longer sentence moves nothing.

use serde_json::json;

use crate::served::Served;
use crate::{Browser, sharing};

/// The widths and heights of a desk, a tablet and a phone, in CSS pixels.
const SCREENS: [(u32, u32); 3] = [(1280, 800), (768, 1024), (375, 800)];

#[test]
fn the_page_opens_at_the_decisive_step_with_its_picture_above_the_fold() {
    let (served, browser) = (Served::start(&[]), Browser::start());
    for (width, height) in SCREENS {
        browser.resize(width, height);
        browser.open(&served.url);
        browser.wait("document.querySelectorAll('.answer').length === 4");
        assert!(browser.text("#caption").contains("Step 14 of 15"), "{}", browser.text("#caption"));
        // The controls of a phone are above the lower edge.
        let fold = "Math.min(innerHeight, document.querySelector('.pace').getBoundingClientRect().top + (innerWidth > 640 ? 1e9 : 0))";
        for part in [".server", ".lost-tray", ".died", "#caption .badge:last-child"] {
            let bottom = format!("document.querySelector('{part}').getBoundingClientRect().bottom <= {fold}");
            assert_eq!(browser.value(&bottom), true, "{part} at {width} by {height} needs scrolling");
        }
        assert_eq!(browser.value("scrollY"), 0);
    }
}

#[test]
fn the_picture_stays_in_place_whatever_the_sentence_and_the_controls_are_in_reach() {
    let (served, browser) = (Served::start(&[]), Browser::start_with(&["--force-prefers-reduced-motion"]));
    for (width, height) in SCREENS {
        browser.resize(width, height);
        browser.open(&served.url);
        browser.wait("document.querySelectorAll('.answer').length === 4");
        let mut tops = Vec::new();
        for at in 0..=15 {
            let go = "const slider = document.querySelector('#slider'); slider.value = arguments[0];
                      slider.dispatchEvent(new Event('input')); return document.querySelector('#stage').getBoundingClientRect().top";
            tops.push(browser.script(go, vec![json!(at)]));
        }
        assert!(tops.iter().all(|top| *top == tops[0]), "the picture jumps at {width} by {height}: {tops:?}");
    }
    // The last screen is the phone: the buttons stay at its lower edge while the page scrolls.
    browser.script("window.scrollTo(0, document.body.scrollHeight)", Vec::new());
    let place = browser.value(
        "(() => { const box = document.querySelector('#after').getBoundingClientRect(); return [box.top > innerHeight - 120, box.bottom <= innerHeight]; })()",
    );
    assert_eq!(place, json!([true, true]), "the controls are out of reach");
}

#[test]
fn no_cure_is_shown_where_nothing_is_at_risk_and_the_move_of_the_article_is_never_one() {
    let (served, browser) = (Served::start(&[]), Browser::start());
    browser.open(&served.url);
    browser.wait("document.querySelectorAll('.strip').length > 0");
    assert_eq!(
        browser.value(
            "document.querySelectorAll('[data-procedure=move-of-the-article] :is(.part.saves, .part.idle)').length"
        ),
        0
    );
    assert_eq!(browser.value("document.querySelectorAll('.strip[data-procedure=method-1] .part.saves').length"), 1);
    let first = "[...document.querySelectorAll('.strip .part:first-child')].filter((one) => one.classList.contains('saves')).length";
    assert_eq!(browser.value(first), 0, "nothing is at risk at the first step");
    let strip = browser.text(".strip[data-procedure=method-1] .strip-name");
    assert!(strip.contains("et both home attributes to destination") && strip.contains("method-1"), "{strip}");
    // Signs are drawings, because a machine may lack their characters.
    assert_eq!(
        browser.value("document.querySelectorAll('.part:not(:has(svg)), .badge:not(.reported):not(:has(svg))').length"),
        0
    );
}

#[test]
fn a_conformance_run_is_drawn_and_each_row_leads_to_its_picture() {
    let (served, browser) = (Served::start(&[]), Browser::start());
    browser.open(&served.url);
    browser.wait("document.querySelectorAll('.answer').length === 4");
    sharing::drop_file(&browser, "run.json", &crate::everyone::failed_run());
    browser.wait("document.querySelector('#run tr.differs') && document.querySelector('.picture')");
    let shown = browser.value("document.querySelector('.picture').dataset.moment");
    let decisive = browser.value("document.querySelector('#run tr.current').dataset.step");
    assert_eq!(shown, decisive, "it opens at the step that shows the verdict");
    browser.script("document.querySelector('#run tr[data-step=\"2\"] button').click()", Vec::new());
    browser.wait("document.querySelector('.picture').dataset.moment === '2'");
    assert!(browser.text(".directory").contains("The home is"), "{}", browser.text(".directory"));
    assert_eq!(browser.value("document.querySelector('.panels').hidden"), true, "there is nothing to try");
    browser.script("document.querySelectorAll('.tab')[0].click()", Vec::new());
    browser.wait("document.querySelector('#run').hidden && !document.querySelector('.panels').hidden");
}

#[test]
fn a_link_says_that_it_works_on_this_machine_only_and_offers_the_page() {
    let (served, browser) = (Served::start(&[]), Browser::start());
    browser.open(&served.url);
    browser.wait("document.querySelectorAll('.answer').length === 4");
    browser.script("document.querySelector('#share').click()", Vec::new());
    browser.wait("document.querySelector('#message').innerText.includes('It works on this machine only')");
    let link = browser.value("document.querySelector('#message input').value");
    assert!(link.as_str().unwrap().contains("#v2/second-move/"), "{link}");
    browser.script(
        "window.saved = []; 
         HTMLAnchorElement.prototype.click = function () { window.saved.push(this.download); };
         document.querySelector('#save-page').click();",
        Vec::new(),
    );
    browser.wait("window.saved.length === 1");
    assert_eq!(browser.value("window.saved[0]"), "second-move.html");
}
