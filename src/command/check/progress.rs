//! The progress of a search on standard error: a line that is updated on a terminal, or a line for each level.

use std::io::Write;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use bytesize::ByteSize;
use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::ProgressMode;
use stranded_search::engine::{LevelDone, Limits, Progress};

/// The delay before the first line; most searches end earlier.
const FIRST: Duration = Duration::from_millis(500);
/// The interval between updates.
const EVERY: Duration = Duration::from_millis(100);

/// Does the work, and shows its progress meanwhile.
pub(super) fn during<T: Send>(
    mode: ProgressMode,
    limits: &Limits<'_>,
    work: impl FnOnce(&Limits<'_>) -> T + Send,
) -> T {
    let (sender, levels) = channel();
    // Dropping this sender ends the listener, even if the work panics.
    let (over, is_over) = channel::<()>();
    let progress = Progress::new((mode == ProgressMode::Plain).then_some(sender));
    std::thread::scope(|scope| {
        let (over, progress) = (over, &progress);
        let show = move || match mode {
            ProgressMode::Auto => show(progress, &is_over),
            ProgressMode::Plain => print(&levels, &is_over),
            ProgressMode::None => (),
        };
        // Without a thread for it, the search runs without progress.
        let _ = std::thread::Builder::new().spawn_scoped(scope, show);
        let done = work(&Limits { progress: Some(progress), ..*limits });
        drop(over);
        done
    })
}

/// Updates one line, if standard error is a terminal.
fn show(progress: &Progress, is_over: &Receiver<()>) {
    if is_over.recv_timeout(FIRST) != Err(RecvTimeoutError::Timeout) {
        return;
    }
    let style = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}");
    let bar = ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    while is_over.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
        if let Some(done) = progress.last() {
            bar.set_message(line(&done));
        }
        bar.tick();
    }
    bar.finish_and_clear();
}

/// Prints a line for each level.
fn print(levels: &Receiver<LevelDone>, is_over: &Receiver<()>) {
    loop {
        let ended = is_over.recv_timeout(EVERY) != Err(RecvTimeoutError::Timeout);
        for done in levels.try_iter() {
            let _ = writeln!(std::io::stderr(), "{}", line(&done));
        }
        if ended {
            return;
        }
    }
}

fn line(done: &LevelDone) -> String {
    let LevelDone { scenario, depth, states, frontier, rate, memory } = done;
    let memory = memory.map_or(String::new(), |bytes| format!(", {}", ByteSize::b(bytes as u64).display().iec()));
    format!("{scenario}: depth {depth}, {states} states, {frontier} of them new, {rate:.0} states/s{memory}")
}
