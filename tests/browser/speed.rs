//! The speed of the page: first paint, the drawing of a step, and a trace of two thousand steps, kept as figures. The
//! assertions check the reasons for the speed, not times on a shared machine.

use serde_json::json;

use crate::Browser;
use crate::served::Served;

/// Three servers, four mailboxes, eight messages.
const LARGE: &str = r#"
name = "large-picture"
[site]
servers = ["north", "south", "west"]
mailboxes = 4
messages = 2
[environment]
delivery = "any-time"
logon = true
[[run]]
administrator = "first"
procedure = "move-of-the-article"
from = "north"
to = "south"
runs-max = "any"
"#;

/// The times of many steps, drawn one after the other, sorted from shortest to longest.
const TIMES: &str = "
    const slider = document.querySelector('#slider'), times = [];
    for (let round = 0; round < 40; round += 1) {
        slider.value = (round * 7) % (Number(slider.max) + 1);
        const started = performance.now();
        slider.dispatchEvent(new Event('input'));
        document.body.offsetHeight;
        times.push(performance.now() - started);
        if (document.querySelector('.picture').dataset.moment !== slider.value) throw new Error('it was not drawn in one go');
    }
    return times.sort((one, other) => one - other);";

#[test]
fn the_first_paint_waits_for_no_answer() {
    let (served, browser) = (Served::start(&[]), Browser::start());
    let mut paints = Vec::new();
    for _ in 0..5 {
        browser.open(&served.url);
        browser.wait("performance.getEntriesByName('first-contentful-paint').length === 1");
        paints.push(
            browser.value("performance.getEntriesByName('first-contentful-paint')[0].startTime").as_f64().unwrap(),
        );
    }
    paints.sort_by(f64::total_cmp);
    note("first paint in ms, five times", &format!("{paints:.0?}"));
    // The first paint needs no request: neither the catalogue nor the traces.
    let waits = "performance.getEntriesByType('resource').filter((one) => one.initiatorType === 'fetch'
        && one.responseEnd < performance.getEntriesByName('first-contentful-paint')[0].startTime).length";
    assert_eq!(browser.value(waits), 0, "the first paint waited for an answer");
}

#[test]
fn a_step_of_a_large_scenario_is_drawn_at_once() {
    let (served, browser) = (Served::start(&[]), Browser::start());
    browser.resize(1280, 900);
    browser.open(&served.url);
    browser.wait("document.querySelectorAll('.answer').length === 4");
    let mut answer = served.body(&json!({"ask": "drop", "name": "large.toml", "text": LARGE, "part": null}));
    for _ in 0..60 {
        let document = &answer["document"];
        let last = document["moments"].as_array().unwrap().last().unwrap();
        let enabled = last["detail"]["enabled"].as_array().unwrap();
        let mail = enabled.iter().find(|one| one["actor"] == "mail");
        let action = &mail.unwrap_or(&enabled[last["number"].as_u64().unwrap() as usize % enabled.len()])["action"];
        answer = served.body(&json!({"ask": "fork", "link": document["link"], "at": last["number"], "action": action}));
    }
    browser.script("location.hash = arguments[0]", vec![answer["document"]["link"].clone()]);
    browser.wait("document.querySelector('#slider').max === '60' && document.querySelectorAll('.store').length === 12");
    let times = browser.script(TIMES, Vec::new());
    let times: Vec<f64> = times.as_array().unwrap().iter().map(|one| one.as_f64().unwrap()).collect();
    note(
        "a step of 3 servers, 4 mailboxes, 8 messages in ms (shortest, median, longest)",
        &format!("{:.1} {:.1} {:.1}", times[0], times[20], times[39]),
    );
}

#[test]
fn a_trace_of_two_thousand_steps_stays_smooth() {
    let (served, browser) = (Served::start(&[]), Browser::start());
    browser.resize(1280, 900);
    browser.open(&served.url);
    browser.wait("document.querySelectorAll('.answer').length === 4");
    let text = LARGE.replace("mailboxes = 4", "mailboxes = 1");
    let answer = served.body(&json!({"ask": "drop", "name": "large.toml", "text": text, "part": null}));
    let start = answer["document"]["link"].as_str().unwrap().to_owned();
    let logon = answer["document"]["moments"][0]["detail"]["enabled"].as_array().unwrap();
    let logon = logon.iter().find(|one| one["actor"] == "user").unwrap()["action"].as_str().unwrap().to_owned();
    // A user who logs on two thousand times: the first logon creates the mailbox, and the others change nothing.
    let once = served.body(&json!({"ask": "fork", "link": start, "at": 0, "action": logon}));
    let link = once["document"]["link"].as_str().unwrap();
    let (head, step) = link.rsplit_once('/').unwrap();
    let long = format!("{head}/{}", vec![step; 2_000].join(","));
    browser.script("location.hash = arguments[0]", vec![json!(long)]);
    browser.wait("document.querySelector('#slider').max === '2000'");
    assert!(
        browser.value("document.querySelectorAll('.step').length").as_u64().unwrap() < 60,
        "only the visible rows are drawn"
    );
    let times = browser.script(TIMES, Vec::new());
    let times: Vec<f64> = times.as_array().unwrap().iter().map(|one| one.as_f64().unwrap()).collect();
    note(
        "a step of a trace of 2,000 in ms (shortest, median, longest)",
        &format!("{:.1} {:.1} {:.1}", times[0], times[20], times[39]),
    );
    let drawn = browser.value("document.querySelectorAll('.step').length").as_u64().unwrap();
    assert!(drawn < 60, "{drawn} rows exist after many steps");
    browser.wait("document.querySelector('#judged li')");
}

/// Saves a figure among the artefacts of the run.
fn note(what: &str, figure: &str) {
    let folder = crate::artefacts();
    std::fs::create_dir_all(&folder).unwrap();
    let name = what.split(' ').take(6).collect::<Vec<_>>().join("-").replace([',', '(', ')'], "");
    std::fs::write(folder.join(format!("{name}.txt")), format!("{what}: {figure}\n")).unwrap();
}
