//! Starts a bed, prints its folder, and ends in the way that the argument names: `exit`, `panic`, or `wait` for the end of its input.

use std::io::{Read, Write};

use stranded_testbed::bed::Bed;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ending = std::env::args().nth(1).unwrap_or_default();
    let bed = Bed::up()?;
    let mut output = std::io::stdout();
    writeln!(output, "{}", bed.folder().display())?;
    output.flush()?;
    match ending.as_str() {
        "panic" => panic!("the program that holds the bed panics"),
        "wait" => {
            let mut rest = String::new();
            std::io::stdin().read_to_string(&mut rest)?;
        }
        _ => {}
    }
    Ok(())
}
