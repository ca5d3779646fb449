//! Checkpoints: a search that is ended at any moment, any number of times, and resumed has the same result byte by
//! byte; a damaged checkpoint and one of another search are refused.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pretty_assertions::assert_eq;
use stranded_search::check::{Checked, Combination, check, check_with_checkpoints};
use stranded_search::engine::{Checkpoint, CheckpointError, Engine, Limits, Truncation};
use stranded_search::scenario::Spec;

use crate::process::{Drawn, Process, large, run, timeless_json};
use crate::worlds::{loaded, parsed};

/// The engine processes the largest levels in several rounds, and the mailboxes are symmetric.
const ROUNDS: [&str; 2] = ["--max-depth", "24"];
/// The number of interruptions of one search.
const DISTURBED: u64 = 4;

/// The second move under one combination of the assumptions: one search.
fn second_move() -> Spec {
    let text = loaded("second-move").text;
    parsed(&format!("{text}\n[assume]\nduplicate-abort = \"removes-source\"\nsource-delete = \"after-directory\"\n"))
}

/// Returns the only file of a checkpoint.
fn file_in(folder: &Path) -> PathBuf {
    let files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [file] = &files[..] else { panic!("expected one file: {files:?}") };
    file.clone()
}

fn bytes_in(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries.filter_map(|entry| Some(entry.ok()?.metadata().ok()?.len())).sum()
}

fn arguments<'a>(how: &'a str, folder: &'a str, file: &'a str) -> Vec<&'a str> {
    ["check", file, "--format", "json", how, folder].into_iter().chain(ROUNDS).collect()
}

#[test]
fn a_search_that_is_killed_repeatedly_reaches_the_same_result() {
    let file = large("second-move-of-three");
    let here = tempfile::tempdir().unwrap();
    let undisturbed = run(here.path(), &arguments("--checkpoint", "whole", &file));
    assert_eq!(undisturbed.code, Some(3), "{}", undisturbed.err);
    let whole = bytes_in(&here.path().join("whole"));
    let mut drawn = Drawn(20);
    for disturbed in 0..DISTURBED {
        let folder = format!("disturbed-{disturbed}");
        let saved = || bytes_in(&here.path().join(&folder));
        let mut how = "--checkpoint";
        for _ in 0..=disturbed % 3 {
            // Half of the moments are early, where there are many small levels; the other half are anywhere.
            let more = if drawn.below(2) == 0 { drawn.below(20_000) } else { drawn.below(whole) };
            let enough = saved() + 1 + more;
            let mut process = Process::start(here.path(), &arguments(how, &folder, &file));
            process.until(|_| saved() >= enough);
            process.kill();
            assert!(saved() > 0, "the process was killed before it saved anything");
            how = "--resume";
        }
        let resumed = run(here.path(), &arguments("--resume", &folder, &file));
        assert_eq!(resumed.code, Some(3), "{}", resumed.err);
        assert_eq!(timeless_json(&resumed.out), timeless_json(&undisturbed.out), "interruption {disturbed}");
        assert_eq!(saved(), whole);
    }
}

/// The engine numbers new values while it prepares a level, a fixed number of states at a time. A resumed search uses
/// the same batches.
#[test]
fn levels_of_several_rounds_are_resumed_correctly() {
    let file = large("second-move-of-three");
    let here = tempfile::tempdir().unwrap();
    for symmetry in [&[][..], &["--no-symmetry"]] {
        let folder = format!("saved-{}", symmetry.len());
        let checked = |depth: &str, how: &[&str]| {
            let arguments = ["check", &file, "--format", "json", "--max-depth", depth];
            run(here.path(), &[&arguments[..], how, symmetry].concat()).out
        };
        let (near, far) = if symmetry.is_empty() { ("24", "26") } else { ("17", "19") };
        checked(near, &["--checkpoint", &folder]);
        assert_eq!(timeless_json(&checked(far, &["--resume", &folder])), timeless_json(&checked(far, &[])));
    }
}

#[test]
fn a_search_of_several_combinations_that_follows_another_resumes_too() {
    let here = tempfile::tempdir().unwrap();
    for scenario in ["method-2", "second-move"] {
        let whole = run(here.path(), &["check", scenario, "--format", "json"]);
        let truncated = run(here.path(), &["check", scenario, "--checkpoint", scenario, "--max-depth", "3"]);
        assert_eq!(truncated.code, Some(3), "{}", truncated.out);
        for _ in 0..2 {
            let resumed = run(here.path(), &["check", scenario, "--resume", scenario, "--format", "json"]);
            assert_eq!((resumed.code, resumed.err.as_str()), (Some(0), ""));
            assert_eq!(timeless_json(&resumed.out), timeless_json(&whole.out), "{scenario}");
        }
    }
}

#[test]
fn one_checkpoint_can_hold_all_built_in_scenarios() {
    let here = tempfile::tempdir().unwrap();
    for how in ["--checkpoint", "--resume"] {
        let ended = run(here.path(), &["check", how, "all", "--max-states", "20", "--format", "json"]);
        assert!(matches!(ended.code, Some(1 | 3)), "{:?}", ended.code);
        assert_eq!(ended.err, "");
    }
}

/// Returns the part of a result that two searches of the same scenario must share.
fn essence(checked: &Checked<'_>) -> String {
    let case = |case: &Combination| {
        let found = &case.search;
        let numbers = (found.states, found.representatives, found.frontier, found.depth, found.truncated);
        // Steps that a truncated search did not cover may have occurred in the search that it resumes.
        let coverage_failures = found.truncated.is_none().then_some(&case.coverage_failures);
        format!("{numbers:?} {:?} {:?} {coverage_failures:?}", found.violations, case.verdicts)
    };
    checked.combinations.iter().map(case).collect::<Vec<_>>().join("\n")
}

fn resumed(spec: &Spec, file: &Path, limits: &Limits<'_>) -> Result<String, CheckpointError> {
    let saved = [Checkpoint::open(file, "mine")?];
    Ok(essence(&check_with_checkpoints(spec, Engine::Exact, limits, &saved)))
}

#[test]
fn a_checkpoint_of_any_moment_resumes_to_the_same_result() {
    let spec = second_move();
    let here = tempfile::tempdir().unwrap();
    let file = here.path().join("file");
    let none = Limits::default();
    let whole = resumed(&spec, &file, &none).unwrap();
    assert_eq!(whole, essence(&check(&spec, Engine::Exact, &none)));
    let bytes = fs::read(&file).unwrap();
    for length in 0..=bytes.len() {
        fs::write(&file, &bytes[..length]).unwrap();
        assert_eq!(resumed(&spec, &file, &none).unwrap(), whole, "truncated after {length} bytes");
        assert_eq!(fs::read(&file).unwrap(), bytes, "truncated after {length} bytes");
    }
}

#[test]
fn a_checkpoint_in_which_any_bit_is_wrong_is_refused_and_left_as_it_is() {
    let spec = second_move();
    let here = tempfile::tempdir().unwrap();
    let file = here.path().join("file");
    resumed(&spec, &file, &Limits::default()).unwrap();
    let sound = fs::read(&file).unwrap();
    for index in 0..sound.len() {
        let mut bytes = sound.clone();
        bytes[index] ^= 1 << (index % 8);
        fs::write(&file, &bytes).unwrap();
        assert!(Checkpoint::open(&file, "mine").is_err(), "a bit of byte {index} is wrong");
        assert_eq!(fs::read(&file).unwrap(), bytes, "byte {index}");
    }
    for bytes in [&b"my notes"[..], b"my notes\n", &[0; 100]] {
        fs::write(&file, bytes).unwrap();
        assert!(matches!(Checkpoint::open(&file, "mine"), Err(CheckpointError::Foreign { .. })));
        assert_eq!(fs::read(&file).unwrap(), bytes);
    }
}

#[test]
fn a_damaged_checkpoint_ends_the_program_with_the_reason() {
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("mine.toml"), second_move().text).unwrap();
    let made = run(here.path(), &["check", "mine.toml", "--checkpoint", "saved"]);
    assert_eq!((made.code, made.err.as_str()), (Some(0), ""));
    let file = file_in(&here.path().join("saved"));
    let sound = fs::read(&file).unwrap();
    let first = sound.iter().position(|byte| *byte == b'\n').unwrap();
    let mut drawn = Drawn(5);
    let drawn = (0..20).map(|_| usize::try_from(drawn.below(sound.len() as u64)).unwrap());
    for index in [0, first, first + 1, first + 8, sound.len() - 1].into_iter().chain(drawn) {
        let mut bytes = sound.clone();
        bytes[index] ^= 0x10;
        fs::write(&file, bytes).unwrap();
        let ended = run(here.path(), &["check", "mine.toml", "--resume", "saved"]);
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "byte {index}");
        let why = if index <= first { "is the checkpoint of another search" } else { "is damaged after its first" };
        assert!(ended.err.contains(why), "byte {index}: {}", ended.err);
    }
}

/// The size of a record's length field, of its checksum, and of its hash.
const LENGTH: usize = 8;
const CHECKSUM: usize = 8;
const HASH: usize = 32;

/// A level of a checkpoint: for each state, the number of its parent and the choice; and the coverage flags.
type SavedLevel = (Vec<(u32, u16)>, Vec<u8>);

/// Returns the first line of a checkpoint, and its levels.
fn levels_of(bytes: &[u8]) -> (Vec<u8>, Vec<SavedLevel>) {
    let line = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    let number = |bytes: &[u8]| usize::try_from(u64::from_le_bytes(bytes.try_into().unwrap())).unwrap();
    let mut levels = Vec::new();
    let mut rest = &bytes[line + 1..];
    while !rest.is_empty() {
        let (record, after) = rest[LENGTH + CHECKSUM + HASH..].split_at(number(&rest[..LENGTH]));
        let (states, seen) = record[LENGTH..].split_at(number(&record[..LENGTH]) * 6);
        let state = |bytes: &[u8]| {
            let (parent, choice) = bytes.split_at(4);
            (u32::from_le_bytes(parent.try_into().unwrap()), u16::from_le_bytes(choice.try_into().unwrap()))
        };
        levels.push((states.chunks(6).map(state).collect(), seen.to_vec()));
        rest = after;
    }
    (bytes[..line].to_vec(), levels)
}

/// Returns a checkpoint with these levels, all its checksums and hashes right.
fn checkpoint_of(line: &[u8], levels: &[SavedLevel]) -> Vec<u8> {
    let chained = |last: &blake3::Hash, bytes: &[u8]| blake3::hash(&[last.as_bytes().as_slice(), bytes].concat());
    let mut file = [line, b"\n"].concat();
    let mut last = blake3::hash(line);
    for (states, seen) in levels {
        let mut record = (states.len() as u64).to_le_bytes().to_vec();
        for (parent, choice) in states {
            record.extend(parent.to_le_bytes());
            record.extend(choice.to_le_bytes());
        }
        record.extend(seen);
        let length = (record.len() as u64).to_le_bytes();
        file.extend(length);
        file.extend(&chained(&last, &length).as_bytes()[..CHECKSUM]);
        last = chained(&last, &record);
        file.extend(last.as_bytes());
        file.extend(record);
    }
    file
}

/// Changes a checkpoint at a random position, so that some state cannot be reached as the file says.
fn forge(drawn: &mut Drawn, levels: &mut [SavedLevel]) -> String {
    let mut below = |max: usize| usize::try_from(drawn.below(max as u64)).unwrap();
    let level = 2 + below(levels.len() - 2);
    let count = levels[level].0.len();
    let state = below(count.max(1));
    let kind = if count == 0 { 6 } else { below(8) };
    match kind {
        0 => levels[level].0[state].0 = u32::MAX - u32::try_from(below(3)).unwrap(),
        1 => levels[level].0[state].0 += u32::try_from(count + levels[level - 1].0.len()).unwrap(),
        2 => levels[level].0[state].0 = 0,
        3 => levels[level].0[state].1 = u16::MAX - u16::try_from(below(3)).unwrap(),
        4 => {
            // The same state twice.
            let again = levels[level].0[state];
            levels[level].0.insert(state, again);
        }
        5 => levels[level].0.push((0, 0)),
        6 => levels[0].0.push((0, 0)),
        _ => drop(levels[level].1.pop()),
    }
    format!("change {kind} of state {state} in level {level}")
}

/// A checkpoint whose checksums are right is not yet one that a search wrote.
#[test]
fn a_forged_checkpoint_with_right_checksums_is_refused_and_left_as_it_is() {
    let here = tempfile::tempdir().unwrap();
    let mut drawn = Drawn(7);
    let two = large("second-move-of-two");
    fs::write(here.path().join("mine.toml"), second_move().text).unwrap();
    for (scenario, folder, forgeries) in [("mine.toml", "one", 40), (two.as_str(), "two", 20)] {
        let made = run(here.path(), &["check", scenario, "--checkpoint", folder, "--max-depth", "12"]);
        assert_eq!((made.code, made.err.as_str()), (Some(3), ""), "{}", made.out);
        let file = file_in(&here.path().join(folder));
        let sound = fs::read(&file).unwrap();
        let (line, levels) = levels_of(&sound);
        assert_eq!(checkpoint_of(&line, &levels), sound);
        for _ in 0..forgeries {
            let mut forged = levels.clone();
            let what = forge(&mut drawn, &mut forged);
            let forged = checkpoint_of(&line, &forged);
            if forged == sound {
                continue;
            }
            fs::write(&file, &forged).unwrap();
            let ended = run(here.path(), &["check", scenario, "--resume", folder]);
            assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{what}: {}", ended.err);
            assert!(ended.err.contains("is not a checkpoint that stranded wrote"), "{what}: {}", ended.err);
            assert_eq!(fs::read(&file).unwrap(), forged, "{what}");
        }
    }
}

/// A resumed search may have lower limits than the search before it has used already.
#[test]
fn a_resumed_search_obeys_the_limits_of_its_new_command_line() {
    let spec = second_move();
    let here = tempfile::tempdir().unwrap();
    let file = here.path().join("file");
    let whole = check(&spec, Engine::Exact, &Limits::default());
    resumed(&spec, &file, &Limits::default()).unwrap();
    let (states, depth) = (whole.states(), whole.depth());
    let few = (1..=states).map(|max| Limits { states_max: Some(max), ..Limits::default() });
    let near = (0..=depth).map(|max| Limits { depth_max: Some(max), ..Limits::default() });
    for limits in few.chain(near) {
        let again = resumed(&spec, &file, &limits).unwrap();
        assert_eq!(again, essence(&check(&spec, Engine::Exact, &limits)), "{limits:?}");
    }
    let late = Limits { deadline: Some(std::time::Instant::now()), ..Limits::default() };
    let saved = [Checkpoint::open(&file, "mine").unwrap()];
    assert_eq!(check_with_checkpoints(&spec, Engine::Exact, &late, &saved).truncated(), Some(Truncation::Time));
    let narrow = Limits { memory_max: Some(1), ..Limits::default() };
    assert_eq!(check_with_checkpoints(&spec, Engine::Exact, &narrow, &saved).truncated(), Some(Truncation::Memory(1)));
}

#[test]
fn a_checkpoint_of_another_format_is_refused() {
    let here = tempfile::tempdir().unwrap();
    let file = here.path().join("file");
    for (line, format) in
        [("{\"version\":\"0.1.0\",\"symmetry\":true}\n", 1), ("stranded checkpoint format 3 mine\n", 3)]
    {
        fs::write(&file, line).unwrap();
        let refused = Checkpoint::open(&file, "mine").unwrap_err().to_string();
        let says = format!("is a checkpoint of format {format}; this version of stranded reads format 2");
        assert!(refused.ends_with(&says), "{refused}");
        assert_eq!(fs::read_to_string(&file).unwrap(), line);
    }
}

#[test]
fn the_checkpoint_of_another_search_is_refused() {
    let here = tempfile::tempdir().unwrap();
    let mine = second_move().text;
    fs::write(here.path().join("mine.toml"), &mine).unwrap();
    assert_eq!(run(here.path(), &["check", "mine.toml", "--checkpoint", "saved"]).code, Some(0));
    let file = file_in(&here.path().join("saved"));
    let before = fs::read(&file).unwrap();
    let others = [
        ("another answer", mine.replace("removes-source", "keeps-source"), &[][..]),
        ("another supply", mine.replace("messages = 2", "messages = 1"), &[]),
        ("another name", mine.replace("name = \"second-move\"", "name = \"other\""), &[]),
        ("no answer", mine.replace("duplicate-abort = \"removes-source\"\n", ""), &[]),
        ("no symmetry", mine.clone(), &["--no-symmetry"][..]),
    ];
    for (what, text, more) in others {
        assert!(text != mine || !more.is_empty(), "{what}");
        fs::write(here.path().join("mine.toml"), text).unwrap();
        let ended = run(here.path(), &[&["check", "mine.toml", "--resume", "saved"], more].concat());
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{what}");
        let reports = |why: &str| ended.err.contains(why);
        let is_reported = reports("is the checkpoint of another search")
            || reports("is the checkpoint of a search that the arguments do not select");
        assert!(is_reported, "{what}: {}", ended.err);
        assert_eq!(fs::read(&file).unwrap(), before, "{what}");
    }
    fs::write(here.path().join("mine.toml"), mine.replace("question = \"", "question = \"Why? ")).unwrap();
    let ended = run(here.path(), &["check", "mine.toml", "--resume", "saved"]);
    let says = "it differs in the scenario, or a file that it names; delete saved, or name another folder";
    assert!(ended.code == Some(2) && ended.err.contains(says), "{}", ended.err);
    let ended = run(here.path(), &["check", "move", "--resume", "saved"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("is the checkpoint of a search that the arguments do not select"), "{}", ended.err);
}

/// The result depends on the texts of the procedure and of the `from` scenario, as it does on the scenario's own text.
#[test]
fn a_checkpoint_is_foreign_when_a_file_that_the_scenario_names_has_changed() {
    let here = tempfile::tempdir().unwrap();
    let steps = |outcome: &str| {
        format!(
            "name = \"mine\"\n[[step]]\ndo = \"create-mailbox\"\nat = \"to\"\n[[step]]\ndo = \"report\"\noutcome = \"{outcome}\"\n"
        )
    };
    let check = |how: &str| run(here.path(), &["check", "mine.toml", "--from", "stranded", how, "saved"]);
    fs::write(here.path().join("mine.toml"), steps("ok")).unwrap();
    assert_eq!(check("--checkpoint").code, Some(1));
    assert_eq!(check("--resume").code, Some(1));
    fs::write(here.path().join("mine.toml"), steps("failed")).unwrap();
    let ended = check("--resume");
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
}

#[test]
fn a_folder_that_is_no_checkpoint_is_refused() {
    let here = tempfile::tempdir().unwrap();
    let check = |how: &str, folder: &str| run(here.path(), &["check", "move", how, folder]);
    let refused = |how: &str, folder: &str, why: &str| {
        let ended = check(how, folder);
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{how} {folder}");
        assert!(ended.err.contains(why), "{how} {folder}: {}", ended.err);
    };
    fs::create_dir(here.path().join("foreign")).unwrap();
    fs::write(here.path().join("foreign/note"), "").unwrap();
    refused("--resume", "foreign", "foreign holds other files and no checkpoint; name a new folder");
    fs::create_dir(here.path().join("empty")).unwrap();
    assert_eq!(check("--checkpoint", "empty").code, Some(0));
    refused("--checkpoint", "empty", "empty already holds a checkpoint; to continue it: --resume empty");
    assert_eq!(check("--checkpoint", "new/inside").code, Some(0));
    fs::write(here.path().join("file"), "").unwrap();
    refused("--checkpoint", "file", "cannot write to file: ");
    refused("--resume", "file", "cannot write to file: ");
    let ended = run(here.path(), &["check", "move", "--checkpoint", "other", "--engine", "stateright"]);
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""));
    assert!(ended.err.contains("a checkpoint needs the engine exact"), "{}", ended.err);
    for pair in [["--checkpoint", "--resume"], ["--checkpoint", "--simulate"], ["--resume", "--simulate"]] {
        assert_eq!(run(here.path(), &["check", "move", pair[0], "1", pair[1], "1"]).code, Some(2), "{pair:?}");
    }
}

/// A job runs the same command line each night. On the first night there is no folder; the exit code is 3 until everything is searched.
#[test]
fn a_job_with_one_command_line_finishes_a_large_search_in_several_nights() {
    let here = tempfile::tempdir().unwrap();
    let file = large("second-move-of-two");
    let night =
        |time: &str| run(here.path(), &["check", &file, "--timeout", time, "--resume", "saved", "--format", "json"]);
    let first = night("0s");
    assert_eq!(first.code, Some(3), "{}", first.err);
    assert_eq!(first.err, "saved holds no checkpoint yet: the search starts from the beginning\n");
    // A slow machine needs more nights, and each night is longer than the one before.
    let mut time = 20;
    let last = loop {
        let ended = night(&format!("{time}ms"));
        assert_eq!(ended.err, "");
        if ended.code != Some(3) {
            break ended;
        }
        time *= 2;
    };
    let whole = run(here.path(), &["check", &file, "--format", "json"]);
    assert_eq!((last.code, timeless_json(&last.out)), (Some(0), timeless_json(&whole.out)));
    let again = night("1m");
    assert_eq!((again.code, timeless_json(&again.out)), (Some(0), timeless_json(&whole.out)));
}

/// A limit on file sizes simulates a full disk: root may write to any folder.
#[test]
fn a_search_whose_checkpoint_cannot_be_written_is_inconclusive_and_can_be_resumed() {
    let here = tempfile::tempdir().unwrap();
    let file = large("second-move-of-two");
    let whole = run(here.path(), &["check", &file, "--format", "json"]);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 10; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_stranded")]);
    command.args(["check", &file, "--checkpoint", "saved"]);
    let ended = Process::start_command(here.path(), command).end();
    assert_eq!((ended.code, ended.err.as_str()), (Some(3), ""), "{}", ended.out);
    assert!(
        ended.out.contains("the search is incomplete: its checkpoint could not be written: file too large"),
        "{}",
        ended.out
    );
    let resumed = run(here.path(), &["check", &file, "--resume", "saved", "--format", "json"]);
    assert_eq!((resumed.code, resumed.err.as_str()), (Some(0), ""));
    assert_eq!(timeless_json(&resumed.out), timeless_json(&whole.out));
}
