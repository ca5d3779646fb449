//! The events of lines that were read before. A log repeats lines that differ only in their time, `at`; such a line is parsed once.

use rustc_hash::FxHashMap;

use super::LoggedEvent;

/// The most lines that are cached. Beyond that the cache is emptied.
const LINES_MAX: usize = 1 << 14;
/// The longest line that is cached.
const LINE_MAX: usize = 1 << 12;

/// Events by their lines without the time.
#[derive(Debug, Default)]
pub(super) struct LineCache {
    events: FxHashMap<Box<[u8]>, LoggedEvent>,
    /// The line that was looked up last, without the time.
    timeless: Vec<u8>,
}

impl LineCache {
    /// Returns the event of a line, if a line that differs only in its time is cached.
    pub(super) fn get(&mut self, line: &[u8]) -> Option<LoggedEvent> {
        self.timeless.clear();
        if line.len() <= LINE_MAX {
            without_time(line, &mut self.timeless);
        }
        self.events.get(self.timeless.as_slice()).cloned()
    }

    /// Caches the event of the line that was looked up last.
    pub(super) fn insert(&mut self, event: &LoggedEvent) {
        if self.events.len() >= LINES_MAX {
            self.events.clear();
        }
        if !self.timeless.is_empty() {
            self.events.insert(self.timeless.as_slice().into(), event.clone());
        }
    }
}

/// Copies a line without the value of its `at`, if that is a plain string or a whole number, after a byte that says if there was
/// one. If one of two lines with equal copies is an event, both are the same event.
fn without_time(line: &[u8], copy: &mut Vec<u8>) {
    const KEY: &[u8] = b"\"at\":";
    let time = time(line, KEY);
    copy.push(u8::from(time.is_some()));
    match time {
        Some((start, end)) => {
            copy.extend_from_slice(&line[..start]);
            copy.extend_from_slice(&line[end..]);
        }
        None => copy.extend_from_slice(line),
    }
}

/// Returns the range of the value of this key, if the key is one of the line's own and its value is plain.
fn time(line: &[u8], key: &[u8]) -> Option<(usize, usize)> {
    let (mut depth, mut is_text, mut index) = (0_usize, false, 0);
    while let Some(byte) = line.get(index) {
        match byte {
            b'\\' if is_text => index += 1,
            b'"' if depth == 1 && !is_text && line[index..].starts_with(key) => {
                let start = index + key.len();
                let end = start + plain(&line[start..])?;
                return matches!(line.get(end), Some(b',' | b'}')).then_some((start, end));
            }
            b'"' => is_text = !is_text,
            b'{' | b'[' if !is_text => depth += 1,
            b'}' | b']' if !is_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        index += 1;
    }
    None
}

/// Returns the length of a plain value: a string without escapes, or digits.
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
    use std::sync::Arc;

    use super::*;
    use crate::protocol::Event;

    fn timeless(line: &str) -> String {
        let mut copy = Vec::new();
        without_time(line.as_bytes(), &mut copy);
        String::from_utf8(copy.split_off(1)).unwrap()
    }

    #[test]
    fn a_wrong_line_is_never_taken_for_a_cached_line() {
        let mut cache = LineCache::default();
        let right = br#"{"event":"reset","at":"12:00"}"#;
        assert_eq!(cache.get(right), None);
        let event = Arc::new(Event::Reset { start: Default::default() });
        cache.insert(&LoggedEvent { event, case: None });
        assert!(cache.get(br#"{"event":"reset","at":"12:01"}"#).is_some());
        for wrong in
            [&br#"{"event":"reset","at":}"#[..], br#"{"event":"reset","at":x}"#, br#"{"event":"reset","at":"a"b}"#]
        {
            assert_eq!(cache.get(wrong), None);
        }
    }

    #[test]
    fn only_a_plain_time_of_the_line_itself_is_left_out() {
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
