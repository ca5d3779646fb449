//! The explorer as one file that needs no server and no network: the page with one trace, the alternatives of one step at each
//! moment, and the effects of three repairs just before and at the point of no return.

use serde_json::{Value, json};

use super::assets::{PAGE, STYLE, bundled};
use super::detail::{Detail, OutlookView, Outlooks};
use super::document::{About, Document, document, moment};
use super::exported::{self, INSIDE};
use super::open_trace::OpenTrace;
use stranded_search::sanitize::in_json;

/// The repairs in the file: the recommended one, which is long, and the two of the article.
const TRIED: [&str; 3] = ["append-repair", "method-1", "method-2"];

/// The most alternatives in the file, which limits its size.
const ALTERNATIVES_MAX: usize = 400;

/// Returns the page of a trace.
#[must_use]
pub fn page(trace: &OpenTrace, about: About) -> String {
    let mut outlooks = Outlooks::new(&trace.origin.spec);
    let property = about.property.clone();
    let (document, until) = with_alternatives(trace, document(trace, about), &mut outlooks);
    let forks = forks(trace, &document, &mut outlooks);
    let exports: Vec<Value> = INSIDE
        .into_iter()
        .filter_map(|form| {
            Some(json!({"form": form, "file": exported::export(trace, form, property.as_deref()).ok()?}))
        })
        .collect();
    let inside =
        embedded(&json!({"document": document, "alternatives_until": until, "forks": forks, "exports": exports}));
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

/// Returns JSON for a script element, which no text in it can end.
fn embedded(value: &Value) -> String {
    in_json(&value.to_string()).replace('<', "\\u003c")
}

/// Adds the next moment to every enabled action. Returns the document, and the last moment with alternatives.
fn with_alternatives(trace: &OpenTrace, mut document: Document, outlooks: &mut Outlooks) -> (Document, usize) {
    let mut left = ALTERNATIVES_MAX;
    for number in 0..document.moments.len() {
        let count = document.moments[number].detail.as_ref().map_or(usize::MAX, |detail| detail.enabled.len());
        let Some(rest) = left.checked_sub(count) else { return (document, number.saturating_sub(1)) };
        left = rest;
        let next = document.moments.get(number + 1).map(|next| next.action.clone());
        let Some(detail) = &mut document.moments[number].detail else { continue };
        for possible in &mut detail.enabled {
            // The trace has this step already.
            if next.as_ref() == Some(&possible.action) {
                continue;
            }
            let mut other = trace.until(number);
            if other.take(&possible.action).is_ok() {
                possible.then = Some(Box::new(shown(&other, number + 1, outlooks)));
            }
        }
    }
    let last = document.moments.len() - 1;
    (document, last)
}

fn shown(trace: &OpenTrace, number: usize, outlooks: &mut Outlooks) -> super::document::Moment {
    let mut shown = moment(trace, number);
    let detail = Detail::of(trace, number);
    shown.outlook = Some(OutlookView::of(&outlooks.at(&trace.visited[number])));
    shown.detail = Some(Detail { enabled: Vec::new(), disabled: Vec::new(), ..detail });
    shown
}

/// Returns the forks by the repairs at the last moment before the point of no return, and at that point.
fn forks(trace: &OpenTrace, document: &Document, outlooks: &mut Outlooks) -> Vec<Value> {
    let Some(no_return) = document.no_return else { return Vec::new() };
    let mut forks = Vec::new();
    for at in [no_return.saturating_sub(1), no_return] {
        // At the point of no return, the short ones show that it is too late.
        let tried = if at == no_return { &TRIED[1..] } else { &TRIED[..] };
        for procedure in tried.iter().copied() {
            let mut other = trace.until(at);
            if other.apply(procedure).is_err() {
                continue;
            }
            let numbers = at + 1..other.visited.len();
            let moments: Vec<_> = numbers.map(|number| shown(&other, number, outlooks)).collect();
            forks.push(json!({"at": at, "procedure": procedure, "moments": moments}));
        }
    }
    forks
}
