//! A million random lines: the reader refuses them without a panic.

use stranded_oracle::adapter::fault::shown;
use stranded_oracle::protocol::{Event, Reply, Request};

use super::transcript;
use crate::process::Drawn;

const LINES: usize = 1_000_000;

/// Lines of a log, as a starting point.
const EVENTS: [&str; 4] = [
    r#"{"event":"reset","start":{"mailbox-1":{"stores":{"source":{"messages":["m1"]}}}}}"#,
    r#"{"event":"did","action":"log-on","mailbox":"mailbox-1","by":"source","result":"ok"}"#,
    r#"{"event":"call","call":1,"action":"store-crashes","server":"source","at":"noon"}"#,
    r#"{"event":"observed","mailbox":"mailbox-1","directory":{"source":{"home-mdb":null}},"delivery-held":false}"#,
];
/// Fragments of JSON.
const PIECES: [&str; 16] =
    ["{", "}", "[", "]", "\"", ":", ",", "null", "1e999", "-0", "\\u0000", "\\ud800", "\u{fffd}", "\"id\":", "1", " "];

/// Returns a random change of this line.
fn spoiled(line: &str, draw: &mut Drawn) -> Vec<u8> {
    let mut line = line.as_bytes().to_vec();
    for _ in 0..=draw.below(3) {
        let index = draw.below(line.len() as u64 + 1) as usize;
        match draw.below(4) {
            0 => line.truncate(index),
            1 => drop(line.splice(index..index, PIECES[draw.below(16) as usize].bytes())),
            2 if index < line.len() => line[index] = draw.below(256) as u8,
            _ if index < line.len() => drop(line.remove(index)),
            _ => line.push(b'}'),
        }
    }
    line
}

#[test]
fn a_million_random_lines_are_read_without_a_panic() {
    let mut draw = Drawn(5);
    let lines: Vec<&str> = transcript().into_iter().flat_map(|(request, answer)| [request, answer]).collect();
    let good: Vec<&str> = lines.into_iter().filter(|line| line.len() < 300).chain(EVENTS).collect();
    let (mut read, mut texts) = (0, 0);
    for _ in 0..LINES {
        let line = if draw.below(4) == 0 {
            (0..draw.below(40)).map(|_| draw.below(256) as u8).collect()
        } else {
            spoiled(good[draw.below(good.len() as u64) as usize], &mut draw)
        };
        let Ok(text) = std::str::from_utf8(&line) else {
            assert!(shown(&line).is_ascii() || shown(&line).ends_with('…'));
            continue;
        };
        texts += 1;
        let is_read = match draw.below(3) {
            0 => Reply::of_line(text).is_ok(),
            1 => Request::of_line(text).is_ok(),
            _ => Event::of_line(text).is_ok(),
        };
        read += usize::from(is_read);
    }
    assert!(texts > LINES / 2 && read > 1000 && read < LINES / 4, "{texts} texts, {read} of them read");
}
