//! Each mode of a fault strikes once, at the named point.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use pretty_assertions::assert_eq;
use stranded_testbed::proxy::faults::{Fault, Faults};
use stranded_testbed::proxy::framing::Protocol;
use stranded_testbed::proxy::point::{Connection, FaultPoint, Mode};
use stranded_testbed::proxy::{Proxy, Traffic};

/// The events that the server, the act and the client saw, in order.
type Seen = Arc<Mutex<Vec<String>>>;

/// Starts a server that answers each line of IMAP with OK, and notes it.
fn server(seen: &Seen) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::clone(seen);
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = BufReader::new(client.unwrap());
            let mut line = String::new();
            while client.read_line(&mut line).is_ok_and(|size| size > 0) {
                seen.lock().unwrap().push(format!("server: {}", line.trim()));
                let tag = line.split(' ').next().unwrap().to_owned();
                let answer = format!("* more\r\n{tag} OK done\r\n");
                client.get_mut().write_all(answer.as_bytes()).unwrap();
                line.clear();
            }
        }
    });
    address
}

/// Sends a command; true if its answer came.
fn ask(stream: &mut BufReader<TcpStream>, command: &str) -> bool {
    let tag = command.split(' ').next().unwrap();
    if stream.get_mut().write_all(format!("{command}\r\n").as_bytes()).is_err() {
        return false;
    }
    let mut line = String::new();
    loop {
        line.clear();
        match stream.read_line(&mut line) {
            Ok(0) => return false,
            Ok(_) if line.starts_with(tag) => return true,
            Ok(_) => {}
            Err(reason) if reason.kind() == ErrorKind::ConnectionReset => return false,
            Err(reason) => panic!("the proxy did not close the connection: {reason}"),
        }
    }
}

/// Starts a server that refuses every literal, as a server does if the folder is missing.
fn refusing_server() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let mut client = BufReader::new(listener.accept().unwrap().0);
        let mut line = String::new();
        while client.read_line(&mut line).is_ok_and(|size| size > 0) {
            client.get_mut().write_all(b"1 NO [TRYCREATE] no such folder\r\n").unwrap();
            line.clear();
        }
    });
    address
}

#[test]
fn a_swallowed_refusal_of_a_literal_closes_the_connection() {
    let (faults, traffic) = (Arc::new(Faults::default()), Traffic::default());
    let listen = (Ipv4Addr::LOCALHOST, 0).into();
    let connection = Connection::DestinationImap;
    let proxy = Proxy::start(listen, refusing_server(), connection, Protocol::Imap, &faults, &traffic).unwrap();
    let point = "destination-imap:APPEND:1".parse().unwrap();
    faults.begin(Some(Fault { point, mode: Mode::Swallow, act: Arc::new(|| ()) }));
    let stream = TcpStream::connect(proxy.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    assert!(!ask(&mut BufReader::new(stream), "1 APPEND Archive {125}"), "the refusal arrived");
}

/// Runs four commands on two connections with a fault at the second FETCH. A command without an answer ends its connection.
fn run(mode: Option<Mode>) -> (Vec<String>, Vec<String>, Option<usize>) {
    let seen = Seen::default();
    let (faults, traffic) = (Arc::new(Faults::default()), Traffic::default());
    let listen = (Ipv4Addr::LOCALHOST, 0).into();
    let proxy = Proxy::start(listen, server(&seen), Connection::SourceImap, Protocol::Imap, &faults, &traffic).unwrap();
    let noted = Arc::clone(&seen);
    faults.begin(mode.map(|mode| Fault {
        point: "source-imap:FETCH:2".parse().unwrap(),
        mode,
        act: Arc::new(move || noted.lock().unwrap().push("act".to_owned())),
    }));
    let connect = || {
        let stream = TcpStream::connect(proxy.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        BufReader::new(stream)
    };
    let mut stream = connect();
    for command in ["1 NOOP", "2 FETCH 1", "3 FETCH 2", "4 FETCH 3"] {
        if !ask(&mut stream, command) {
            seen.lock().unwrap().push(format!("client: no answer to {command}"));
            stream = connect();
        }
    }
    drop(stream);
    assert!(traffic.drain(Duration::from_secs(10)), "a connection remains");
    let (reached, struck) = faults.end();
    let seen = seen.lock().unwrap().clone();
    (seen, reached.iter().map(ToString::to_string).collect(), struck)
}

/// Checks what happens with a fault at the third command.
fn check(mode: Option<Mode>, struck: &[&str]) {
    let (seen, reached, at) = run(mode);
    let before = ["server: 1 NOOP", "server: 2 FETCH 1"];
    let expected: Vec<&str> = before.iter().chain(struck).chain(&["server: 4 FETCH 3"]).copied().collect();
    assert_eq!(seen, expected, "{mode:?}");
    let points = ["source-imap:NOOP:1", "source-imap:FETCH:1", "source-imap:FETCH:2", "source-imap:FETCH:3"];
    assert_eq!(reached, points);
    assert_eq!(at, mode.map(|_| 3));
}

#[test]
fn a_run_without_a_fault_reaches_its_points_in_order() {
    check(None, &["server: 3 FETCH 2"]);
}

#[test]
fn a_cut_frame_does_not_arrive() {
    check(Some(Mode::Cut), &["client: no answer to 3 FETCH 2"]);
}

#[test]
fn a_swallowed_reply_does_not_arrive() {
    check(Some(Mode::Swallow), &["server: 3 FETCH 2", "client: no answer to 3 FETCH 2"]);
}

#[test]
fn a_kill_comes_before_the_frame() {
    check(Some(Mode::Kill), &["act", "client: no answer to 3 FETCH 2"]);
}

#[test]
fn a_mail_comes_before_the_frame() {
    check(Some(Mode::Mail), &["act", "server: 3 FETCH 2"]);
}

#[test]
fn a_fault_point_is_read_as_it_is_printed() {
    for text in ["source-imap:UID FETCH:1", "doveadm:mail:12", "directory:modify:1"] {
        assert_eq!(text.parse::<FaultPoint>().unwrap().to_string(), text);
    }
    for text in ["", "imap:FETCH:1", "source-imap:FETCH", "source-imap:FETCH:0", "source-imap:FETCH:x"] {
        let wrong = text.parse::<FaultPoint>().unwrap_err();
        assert!(wrong.contains("is no fault point; expected CONNECTION:VERB:N"), "{wrong}");
    }
}
