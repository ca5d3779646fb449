//! `stranded oracle`: the oracle as a server on standard input and output.

use std::io::{self, ErrorKind, Read as _, Write as _};

use crate::cli::OracleServer;
use crate::exit::Exit;
use stranded_oracle::event_log::{Line, Lines};
use stranded_oracle::oracle::Oracle;
use stranded_oracle::oracle_server::{self, Conversation};
use stranded_search::files::ReadError;
use stranded_search::sanitize::in_json;

use super::{CommandError, judging};

/// The size of one read, in bytes.
const CHUNK: usize = 1 << 16;

/// Answers requests until the end of the input. The exit code does not depend on the verdict, which a reply carries.
pub(super) fn run(arguments: &OracleServer) -> Result<Exit, CommandError> {
    let given = judging::one(&arguments.scenario)?;
    let procedure = arguments.options.implements.as_deref();
    let spec = judging::implemented(&given, procedure)?;
    let oracle = Oracle::new(&spec, judging::options(&arguments.options)).map_err(|truncated| {
        CommandError::Inconclusive(format!("the start of {} is inconclusive: {truncated}", spec.name))
    })?;
    let mut adviser = oracle_server::OracleServer::new(oracle, &given, procedure);
    let (mut input, mut lines, mut chunk) = (io::stdin().lock(), Lines::default(), vec![0; CHUNK]);
    loop {
        let count = match input.read(&mut chunk) {
            Ok(count) => count,
            Err(reason) if reason.kind() == ErrorKind::Interrupted => continue,
            Err(reason) => {
                let error = ReadError { path: "standard input".to_owned(), reason };
                return Err(CommandError::Usage(error.to_string()));
            }
        };
        lines.feed(&chunk[..count]);
        while let Some(line) = if count == 0 { lines.last_line() } else { lines.next_line() } {
            if answer(&mut adviser, &line)? == Conversation::Ended {
                return Ok(Exit::AsExpected);
            }
        }
        if count == 0 {
            return Ok(Exit::AsExpected);
        }
    }
}

fn answer(adviser: &mut oracle_server::OracleServer<'_>, line: &Line<'_>) -> Result<Conversation, CommandError> {
    if line.bytes.trim_ascii().is_empty() {
        return Ok(Conversation::Open);
    }
    let (reply, going) = adviser.answer(line);
    let mut out = io::stdout().lock();
    match writeln!(out, "{}", in_json(&reply.line())).and_then(|()| out.flush()) {
        Ok(()) => Ok(going),
        Err(reason) if reason.kind() == ErrorKind::BrokenPipe => Ok(Conversation::Ended),
        Err(reason) => Err(CommandError::Usage(format!("cannot write to standard output: {reason}"))),
    }
}
