//! `stranded oracle`

use std::io::{self, ErrorKind, Read as _, Write as _};

use crate::cli::Consult;
use crate::exit::Exit;
use stranded_oracle::event_log::{Line, Lines};
use stranded_oracle::oracle::Oracle;
use stranded_oracle::oracle_server::{Adviser, Going};

use super::{Failure, judging};

/// How much is read at once.
const CHUNK: usize = 1 << 16;

/// Answers questions until there are none. What it thinks of an implementation it says when asked; it ends well all the same.
pub(super) fn run(arguments: &Consult) -> Result<Exit, Failure> {
    let given = judging::one(&arguments.scenario)?;
    let procedure = arguments.options.implements.as_deref();
    let spec = judging::implemented(&given, procedure)?;
    let oracle = Oracle::new(&spec, judging::options(&arguments.options)).map_err(|truncated| {
        Failure::Inconclusive(format!("how {} starts could not be found out: {truncated}", spec.name))
    })?;
    let mut adviser = Adviser::new(oracle, &given, procedure);
    let (mut input, mut lines, mut chunk) = (io::stdin().lock(), Lines::default(), vec![0; CHUNK]);
    loop {
        let count = match input.read(&mut chunk) {
            Ok(count) => count,
            Err(reason) if reason.kind() == ErrorKind::Interrupted => continue,
            Err(reason) => return Err(Failure::Usage(format!("cannot read standard input: {reason}"))),
        };
        lines.feed(&chunk[..count]);
        while let Some(line) = if count == 0 { lines.last_line() } else { lines.next_line() } {
            if answer(&mut adviser, &line)? == Going::Ended {
                return Ok(Exit::AsExpected);
            }
        }
        if count == 0 {
            return Ok(Exit::AsExpected);
        }
    }
}

fn answer(adviser: &mut Adviser<'_>, line: &Line<'_>) -> Result<Going, Failure> {
    if line.bytes.trim_ascii().is_empty() {
        return Ok(Going::On);
    }
    let (reply, going) = adviser.answer(line);
    let mut out = io::stdout().lock();
    match writeln!(out, "{}", reply.line()).and_then(|()| out.flush()) {
        Ok(()) => Ok(going),
        Err(reason) if reason.kind() == ErrorKind::BrokenPipe => Ok(Going::Ended),
        Err(reason) => Err(Failure::Usage(format!("cannot write to standard output: {reason}"))),
    }
}
