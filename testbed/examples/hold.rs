//! Starts a bed, prints its folder, and ends in the way that the argument names: `exit`, `panic`, or `hold` until another process ends
//! the bed.

use std::io::Write;
use std::sync::atomic::AtomicBool;

use stranded_testbed::bed::{self, Bed};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ending = std::env::args().nth(1).unwrap_or_default();
    let mut bed = Bed::up()?;
    let mut output = std::io::stdout();
    writeln!(output, "{}", bed.folder().display())?;
    output.flush()?;
    match ending.as_str() {
        "panic" => panic!("the program that holds the bed panics"),
        "hold" => bed::hold(&mut bed, &AtomicBool::new(false))?,
        _ => {}
    }
    Ok(())
}
