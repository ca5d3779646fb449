//! Lines that were read before. A log says the same again and again, each time at another moment; what a line says apart from
//! that need not be read twice.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::protocol::Event;

/// The most lines that are remembered; beyond, all are forgotten.
const LINES_MAX: usize = 1 << 14;
/// The longest line that is remembered.
const LINE_MAX: usize = 1 << 12;

/// Events by the lines that say them, without the moment.
#[derive(Debug, Default)]
pub(super) struct Known {
    events: FxHashMap<Box<[u8]>, Arc<Event>>,
    /// The line at hand, without the moment.
    timeless: Vec<u8>,
}

impl Known {
    /// The event of a line, if a line that says the same was read before.
    pub(super) fn get(&mut self, line: &[u8]) -> Option<Arc<Event>> {
        self.timeless.clear();
        if line.len() <= LINE_MAX {
            without_moment(line, &mut self.timeless);
        }
        self.events.get(self.timeless.as_slice()).cloned()
    }

    /// Takes note of the event of the line that was asked for last.
    pub(super) fn note(&mut self, event: &Arc<Event>) {
        if self.events.len() >= LINES_MAX {
            self.events.clear();
        }
        if !self.timeless.is_empty() {
            self.events.insert(self.timeless.as_slice().into(), Arc::clone(event));
        }
    }
}

/// Copies a line without the value of its `at`, where that is a plain text or a whole number, and whether there was one. Two
/// lines of which this leaves the same say the same, if one of them says anything at all.
fn without_moment(line: &[u8], copy: &mut Vec<u8>) {
    const KEY: &[u8] = b"\"at\":";
    let moment = moment(line, KEY);
    copy.push(u8::from(moment.is_some()));
    match moment {
        Some((start, end)) => {
            copy.extend_from_slice(&line[..start]);
            copy.extend_from_slice(&line[end..]);
        }
        None => copy.extend_from_slice(line),
    }
}

/// Where the value of this key stands, if the key is one of the line's own and its value is plain.
fn moment(line: &[u8], key: &[u8]) -> Option<(usize, usize)> {
    let (mut depth, mut is_text, mut place) = (0_usize, false, 0);
    while let Some(byte) = line.get(place) {
        match byte {
            b'\\' if is_text => place += 1,
            b'"' if depth == 1 && !is_text && line[place..].starts_with(key) => {
                let start = place + key.len();
                let end = start + plain(&line[start..])?;
                return matches!(line.get(end), Some(b',' | b'}')).then_some((start, end));
            }
            b'"' => is_text = !is_text,
            b'{' | b'[' if !is_text => depth += 1,
            b'}' | b']' if !is_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        place += 1;
    }
    None
}

/// How long a plain value is: a text without anything that JSON treats differently, or digits.
fn plain(value: &[u8]) -> Option<usize> {
    match value.split_first()? {
        (b'"', rest) => {
            let end = rest.iter().position(|byte| *byte == b'"')?;
            let is_plain = |byte: &u8| byte.is_ascii_graphic() && *byte != b'\\' || *byte == b' ';
            rest[..end].iter().all(is_plain).then_some(end + 2)
        }
        (b'1'..=b'9', _) => Some(value.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(value.len())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeless(line: &str) -> String {
        let mut copy = Vec::new();
        without_moment(line.as_bytes(), &mut copy);
        String::from_utf8(copy.split_off(1)).unwrap()
    }

    #[test]
    fn a_line_that_is_wrong_is_never_taken_for_one_that_was_right() {
        let mut known = Known::default();
        let right = br#"{"event":"reset","at":"12:00"}"#;
        assert_eq!(known.get(right), None);
        known.note(&Arc::new(Event::Reset { start: Default::default() }));
        assert!(known.get(br#"{"event":"reset","at":"12:01"}"#).is_some());
        for wrong in
            [&br#"{"event":"reset","at":}"#[..], br#"{"event":"reset","at":x}"#, br#"{"event":"reset","at":"a"b}"#]
        {
            assert_eq!(known.get(wrong), None);
        }
    }

    #[test]
    fn only_a_plain_moment_of_the_line_itself_is_left_out() {
        for (line, left) in [
            (r#"{"event":"reset","at":"12:00"}"#, r#"{"event":"reset","at":}"#),
            (r#"{"at":1700000000,"event":"reset"}"#, r#"{"at":,"event":"reset"}"#),
            (r#"{"event":"reset","at":"a\"b"}"#, r#"{"event":"reset","at":"a\"b"}"#),
            (r#"{"event":"reset","at":1.5}"#, r#"{"event":"reset","at":1.5}"#),
            (r#"{"event":"reset","at":"a"5}"#, r#"{"event":"reset","at":"a"5}"#),
            (r#"{"event":"reset","at":{"at":1}}"#, r#"{"event":"reset","at":{"at":1}}"#),
            (r#"{"event":"reset","start":{"at":"m"}}"#, r#"{"event":"reset","start":{"at":"m"}}"#),
            (r#"{"note":"\"at\":1","event":"reset"}"#, r#"{"note":"\"at\":1","event":"reset"}"#),
        ] {
            assert_eq!(timeless(line), left);
        }
    }
}
