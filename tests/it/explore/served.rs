//! An explorer as a process that a test starts, queries and ends.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// The longest wait for an answer.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60);

/// Returns the path of the program: the one that Cargo built for this test binary, or the one in the target folder that the test
/// binary lies in.
pub(crate) fn program() -> PathBuf {
    if let Some(path) = option_env!("CARGO_BIN_EXE_stranded") {
        return PathBuf::from(path);
    }
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap();
    let program = folder.join("stranded");
    assert!(program.exists(), "{} is missing: run `cargo test --workspace`, which builds it", program.display());
    program
}

/// A running explorer. Dropping it ends the process.
pub(crate) struct Served {
    child: Child,
    pub(crate) url: String,
    pub(crate) address: SocketAddr,
}

/// An answer of the server.
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Served {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(program());
        command.arg("explore").args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().to_owned();
        let authority = url.trim_start_matches("http://").split('/').next().unwrap_or_default();
        let address = authority.parse().unwrap_or_else(|_| panic!("no address was printed: {line:?}"));
        Self { child, url, address }
    }

    /// Sends bytes unchanged, and reads the whole answer.
    pub(crate) fn send(&self, request: &[u8]) -> Answered {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        // A server that refuses a long request answers before it has read all of it.
        let _ = stream.write_all(request);
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        Answered { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    pub(crate) fn get(&self, path: &str) -> Answered {
        let host = self.address;
        self.send(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes())
    }

    /// Sends a request as the page does, with these additional headers.
    pub(crate) fn post(&self, body: &str, headers: &str) -> Answered {
        let (host, length) = (self.address, body.len());
        let head = format!(
            "POST /api HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n{headers}\r\n"
        );
        self.send([head.as_bytes(), body.as_bytes()].concat().as_slice())
    }

    pub(crate) fn body(&self, query: &Value) -> Value {
        let answered = self.post(&query.to_string(), "");
        assert_eq!(answered.status, 200, "{}", answered.body);
        serde_json::from_str(&answered.body).unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
