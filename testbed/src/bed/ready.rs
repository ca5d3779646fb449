//! Waits until every server of a bed answers.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::{Bed, BedError, DOVEADM, IMAP, LDAP, LMTP, PASSWORD, Store};

/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(5);
/// The longest time of one attempt.
const ATTEMPT: Duration = Duration::from_secs(2);
/// The user that logs on through the proxy to see whether directory, proxy and store work together.
const USER: &str = "ready";

/// Waits until the servers answer, for this time at most.
pub(super) fn wait(bed: &mut Bed, longest: Duration) -> Result<(), BedError> {
    let deadline = Instant::now() + longest;
    let proxy = bed.proxy();
    let hosts = Store::ALL.map(|store| bed.host(store));
    until(bed, deadline, "slapd", |bed| greeting(bed.proxy(), LDAP, ""))?;
    until(bed, deadline, "the directory", |bed| bed.add_user(USER, Store::A).map_err(io::Error::other))?;
    for (name, host) in [("a", hosts[0]), ("b", hosts[1]), ("p", proxy)] {
        until(bed, deadline, name, |_| greeting(host, LMTP, "220 "))?;
        until(bed, deadline, name, |_| greeting(host, DOVEADM, ""))?;
        until(bed, deadline, name, |_| greeting(host, IMAP, "* OK"))?;
    }
    until(bed, deadline, "a logon through the proxy", |bed| log_on(bed.proxy()))
}

fn until(
    bed: &mut Bed,
    deadline: Instant,
    what: &str,
    attempt: impl Fn(&Bed) -> io::Result<()>,
) -> Result<(), BedError> {
    loop {
        let reason = match attempt(bed) {
            Ok(()) => return Ok(()),
            Err(reason) => reason,
        };
        let folder = bed.folder().join("log");
        if let Some((name, status)) = bed.processes.ended() {
            let said = last_lines(&folder, name);
            return Err(BedError::Server(format!("{name} ended with {status}{said}")));
        }
        if Instant::now() >= deadline {
            let said: String = ["slapd", "a", "b", "p"].iter().map(|name| last_lines(&folder, name)).collect();
            return Err(BedError::Server(format!("{what} did not answer in time: {reason}{said}")));
        }
        std::thread::sleep(PAUSE);
    }
}

/// The last lines that a server wrote, for an error message.
fn last_lines(folder: &std::path::Path, name: &str) -> String {
    let files = ["log", "out"].map(|end| folder.join(format!("{name}.{end}")));
    let texts = files.iter().filter_map(|path| std::fs::read_to_string(path).ok());
    let lines: Vec<String> = texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    lines.iter().rev().take(3).rev().map(|line| format!("\n  {line}")).collect()
}

/// Connects to a server and reads the begin of its greeting.
fn greeting(host: Ipv4Addr, port: u16, expected: &str) -> io::Result<()> {
    let mut stream = connect(host, port)?;
    let mut begin = vec![0; expected.len()];
    stream.read_exact(&mut begin)?;
    if begin == expected.as_bytes() { Ok(()) } else { Err(io::Error::other("the greeting is another one")) }
}

fn log_on(proxy: Ipv4Addr) -> io::Result<()> {
    let mut stream = connect(proxy, IMAP)?;
    write!(stream, "a LOGIN {USER} {PASSWORD}\r\n")?;
    let lines = BufReader::new(stream).lines();
    let answer = lines.map_while(Result::ok).find(|line| line.starts_with("a ")).unwrap_or_default();
    if answer.starts_with("a OK") { Ok(()) } else { Err(io::Error::other(answer)) }
}

fn connect(host: Ipv4Addr, port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&SocketAddr::from((host, port)), ATTEMPT)?;
    stream.set_read_timeout(Some(ATTEMPT))?;
    stream.set_write_timeout(Some(ATTEMPT))?;
    Ok(stream)
}
