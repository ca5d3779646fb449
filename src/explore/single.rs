//! The explorer as one file that needs no server and no network: the page, and inside it the way, with what could have happened
//! instead at each step, one step deep, and what the workarounds would have done at the last moment and too late.

use serde_json::{Value, json};

use super::assets::{PAGE, STYLE, bundled};
use super::detail::{Detail, Outlook, Outlooks};
use super::document::{About, Document, document, moment};
use super::exported::{self, INSIDE};
use super::walk::Walk;

/// The procedures that are tried in the file.
const TRIED: [&str; 2] = ["method-1", "method-2"];

/// The most alternatives that the file holds, so that it stays one that can be sent.
const ALTERNATIVES_MAX: usize = 400;

/// A way as one file.
#[must_use]
pub fn page(walk: &Walk, about: About) -> String {
    let mut outlooks = Outlooks::new(&walk.origin.spec);
    let (reported, until) = with_alternatives(walk, document(walk, about), &mut outlooks);
    let forks = forks(walk, &reported, &mut outlooks);
    let exports: Vec<Value> = INSIDE
        .into_iter()
        .filter_map(|form| Some(json!({"form": form, "file": exported::export(walk, form).ok()?})))
        .collect();
    let inside =
        embedded(&json!({"document": reported, "alternatives_until": until, "forks": forks, "exports": exports}));
    let script = bundled();
    let nonce = &blake3::hash(format!("{inside}{script}").as_bytes()).to_hex()[..32];
    let policy = format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'nonce-{nonce}'; \
         style-src 'nonce-{nonce}'; img-src data:; base-uri 'none'; form-action 'none'\">"
    );
    let style = format!("{policy}\n<style nonce=\"{nonce}\">\n{}</style>", STYLE.text);
    let scripts = format!(
        "<script type=\"application/json\" id=\"inside\">{inside}</script>\n\
         <script type=\"module\" nonce=\"{nonce}\">\n{script}</script>"
    );
    let mut page = String::new();
    for line in PAGE.text.lines() {
        let line = line.trim_end();
        if line.contains("rel=\"stylesheet\"") {
            page.push_str(&style);
        } else if line.contains("rel=\"modulepreload\"") {
            continue;
        } else if line.contains("<script type=\"module\"") {
            page.push_str(&scripts);
        } else {
            page.push_str(line);
        }
        page.push('\n');
    }
    page
}

/// JSON that can stand in a page: no text in it can end the element that it stands in.
fn embedded(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

/// The same document, in which everything that can happen has what follows from it, and the last moment at which it has.
fn with_alternatives(walk: &Walk, mut reported: Document, outlooks: &mut Outlooks) -> (Document, usize) {
    let mut left = ALTERNATIVES_MAX;
    for number in 0..reported.moments.len() {
        let count = reported.moments[number].detail.as_ref().map_or(usize::MAX, |detail| detail.enabled.len());
        let Some(rest) = left.checked_sub(count) else { return (reported, number.saturating_sub(1)) };
        left = rest;
        let next = reported.moments.get(number + 1).map(|next| next.action.clone());
        let Some(detail) = &mut reported.moments[number].detail else { continue };
        for possible in &mut detail.enabled {
            // What did happen stands there already.
            if next.as_ref() == Some(&possible.action) {
                continue;
            }
            let mut other = walk.until(number);
            if other.take(&possible.action).is_ok() {
                possible.then = Some(Box::new(shown(&other, number + 1, outlooks)));
            }
        }
    }
    let last = reported.moments.len() - 1;
    (reported, last)
}

fn shown(walk: &Walk, number: usize, outlooks: &mut Outlooks) -> super::document::Moment {
    let mut shown = moment(walk, number);
    let detail = Detail::of(walk, number);
    shown.outlook = Some(Outlook::of(&outlooks.at(&walk.stops[number])));
    shown.detail = Some(Detail { enabled: Vec::new(), disabled: Vec::new(), ..detail });
    shown
}

/// What the workarounds would have done at the last moment at which something could be saved, and one step later.
fn forks(walk: &Walk, reported: &Document, outlooks: &mut Outlooks) -> Vec<Value> {
    let Some(no_return) = reported.no_return else { return Vec::new() };
    let mut forks = Vec::new();
    for at in [no_return.saturating_sub(1), no_return] {
        for procedure in TRIED {
            let mut other = walk.until(at);
            if other.apply(procedure).is_err() {
                continue;
            }
            let numbers = at + 1..other.stops.len();
            let moments: Vec<_> = numbers.map(|number| shown(&other, number, outlooks)).collect();
            forks.push(json!({"at": at, "procedure": procedure, "moments": moments}));
        }
    }
    forks
}
