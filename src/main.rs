//! The command line.

use std::io::Write as _;
use std::panic;
use std::process::ExitCode;

use clap::Parser as _;
use stranded::cli::Cli;
use stranded::command;
use stranded::exit::Exit;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let exit = match panic::catch_unwind(|| command::run(&cli)) {
        Ok(Ok(exit)) => exit,
        Ok(Err(failure)) => {
            let _ = writeln!(anstream::stderr(), "{}", failure.to_string().trim_end());
            failure.exit()
        }
        Err(_) => {
            let _ = writeln!(anstream::stderr(), "this is a defect of stranded; no verdict above is to be believed");
            Exit::Defect
        }
    };
    ExitCode::from(exit.code())
}
