//! A bed starts, several run at once, and nothing is left of one that has ended.

use std::time::Instant;

use stranded_testbed::bed::{Bed, Store};

#[test]
fn two_beds_run_at_once_and_leave_nothing() {
    let started = Instant::now();
    let first = Bed::up().unwrap();
    eprintln!("up in {:?}", started.elapsed());
    let second = Bed::up().unwrap();
    assert_ne!(first.host(Store::A), second.host(Store::A));
    let folders = [first.folder().to_owned(), second.folder().to_owned()];
    drop((first, second));
    for folder in folders {
        assert!(!folder.exists(), "{}", folder.display());
    }
    eprintln!("down after {:?}", started.elapsed());
}
