//! Files that exceed a limit: the reader reports the first twenty errors and counts the rest.

use std::fmt::Write as _;

use pretty_assertions::assert_eq;
use stranded_search::scenario::{Diagnostics, is_procedure_text, parse_scenario};

use super::sizes::{SIZES, SOUND, changed, with};
use super::{no_files, procedure_with, refused};

/// A number of errors for which a quadratic algorithm would take minutes.
const MANY: usize = 50_000;
/// The largest length of a report of twenty errors, in bytes.
const REPORTED_MAX: usize = 20_000;

fn wrong(text: &str) -> Diagnostics {
    parse_scenario("test.toml", text, &no_files).unwrap_err()
}

fn many(line: impl Fn(usize) -> String) -> String {
    (0..MANY).map(line).collect()
}

#[test]
fn of_very_many_errors_twenty_are_reported_and_the_rest_is_counted() {
    let list = many(|number| format!("\"x{number}\", "));
    for text in [
        many(|number| format!("this is line {number} of a log\n")),
        format!("x = [{}]\n", many(|_| "1 2, ".to_owned())),
        many(|number| format!("k{number} = {number}\n")) + SOUND,
        changed("[\"program-dies\"]", &format!("[{list}]")),
        changed("never = [\"mine/reported\"]", &format!("never = [{list}]")),
        changed("[assume]\n", &format!("[assume]\n{}", many(|number| format!("a{number} = \"yes\"\n")))),
    ] {
        let wrong = wrong(&text);
        assert_eq!(wrong.iter().count(), 20);
        assert!((MANY - 21..=MANY).contains(&wrong.more()), "{} more", wrong.more());
        let reported = wrong.render(false);
        assert!(reported.ends_with(&format!("error: and {} more errors\n", wrong.more())), "{reported}");
        assert!(reported.len() < REPORTED_MAX, "{} bytes", reported.len());
    }
}

#[test]
fn the_reported_errors_of_very_many_come_first_in_the_file() {
    let keys = many(|number| format!("k{number} = {number}\n"));
    let reported = wrong(&(keys + SOUND)).render(false);
    for number in 0..20 {
        assert!(reported.contains(&format!("unknown key in the file: `k{number}`")), "{number}");
    }
}

#[test]
fn twenty_errors_are_reported_without_a_count_and_one_more_is_counted() {
    let keys = |count: usize| (0..count).map(|number| format!("k{number} = 1\n")).collect::<String>() + SOUND;
    let twenty = wrong(&keys(20));
    assert_eq!((twenty.iter().count(), twenty.more()), (20, 0));
    assert!(!twenty.render(false).contains("more error"));
    let one_more = wrong(&keys(21));
    assert_eq!((one_more.iter().count(), one_more.more()), (20, 1));
    assert!(one_more.render(false).ends_with("error: and 1 more error\n"));
}

#[test]
fn of_a_very_long_line_or_name_only_a_part_is_reported() {
    let long = "x".repeat(1 << 20);
    for text in [
        format!("name = [\"{long}\"]\n"),
        format!("{long} = 1\n"),
        format!("a = {{ b = \"{long}\" }} c = 1\n"),
        changed("\"sound\"\n", &format!("\"{long}\"\n")),
        changed("\"destination\"]", &format!("\"{long}\"]")),
    ] {
        let reported = refused(&text);
        assert!(reported.len() < REPORTED_MAX, "{} bytes", reported.len());
    }
}

#[test]
fn more_errors_than_are_reported_are_counted_over_all_files() {
    let keys: String = (0..30).map(|number| format!("k{number} = 1\n")).collect();
    let other = procedure_with(&format!("do = \"save\"\nat = \"to\"\n{keys}")).replace("\"mine\"", "\"other\"");
    let text = changed("procedure = \"mine\"", "procedure = \"other.toml\"");
    let read = |_: &str| Ok(other.clone());
    let wrong = parse_scenario("test.toml", &text, &read).unwrap_err();
    assert_eq!((wrong.iter().count(), wrong.more()), (20, 10));
}

#[test]
fn twenty_thousand_procedures_are_one_error() {
    let procedures = (0..20_000).fold(String::new(), |mut text, number| {
        let _ = write!(text, "[[procedure]]\nname = \"p{number}\"\nstep = [{{ do = \"report\", outcome = \"ok\" }}]\n");
        text
    });
    let reported = refused(&format!("{SOUND}{procedures}"));
    assert!(reported.starts_with("error: too many procedures: there are 20001\n"), "{reported}");
}

#[test]
fn as_many_of_a_thing_as_the_limit_allows_are_read_and_not_one_more() {
    for (kind, most, _) in SIZES {
        for (count, is_read) in [(most, true), (most + 1, false), (257, false)] {
            let text = with(kind, count);
            assert!(!is_procedure_text(&text));
            let read = parse_scenario("test.toml", &text, &no_files);
            assert_eq!(read.is_ok(), is_read, "{count} {kind}: {read:?}");
        }
    }
}
