//! The server: accepted and refused requests, and its resistance to overload.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, Method};
use serde_json::json;
use stranded::explore::guard::{Guard, Token};

use super::served::{Served, TIMEOUT};
use crate::cli::stranded_in;
use crate::process::large;

/// The number of simultaneous slow clients.
const SLOW: usize = 1_000;

#[test]
fn the_page_and_its_parts_are_served_with_a_strict_policy() {
    let served = Served::start(&[]);
    assert_eq!(served.url, format!("http://{}/", served.address));
    for (path, kind) in [("/", "text/html"), ("/style.css", "text/css"), ("/main.js", "text/javascript")] {
        let answered = served.get(path);
        assert_eq!(answered.status, 200, "{path}");
        assert!(answered.head.contains(&format!("content-type: {kind}")), "{path}: {}", answered.head);
        let policy = answered.head.lines().find(|line| line.starts_with("content-security-policy:")).unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(answered.head.contains("x-content-type-options: nosniff"), "{}", answered.head);
    }
    let page = served.get("/").body;
    assert!(!page.contains("onclick=") && !page.contains(" style="), "the page has inline code");
    assert_eq!(page.matches("<script").count(), page.matches(" src=").count(), "the page has an inline script");
    assert_eq!(served.get("/../Cargo.toml").status, 404);
    assert_eq!(served.get("/package.json").status, 404);
}

#[test]
fn a_foreign_host_a_foreign_origin_and_another_content_type_are_refused() {
    let served = Served::start(&[]);
    let port = served.address.port();
    let get = |host: &str| {
        served.send(format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes()).status
    };
    assert_eq!(get(&format!("localhost:{port}")), 200);
    for host in ["example.org", "127.0.0.1", &format!("example.org:{port}"), &format!("127.0.0.1.example.org:{port}")] {
        assert_eq!(get(host), 403, "{host}");
    }
    let query = "{\"ask\":\"catalogue\"}";
    assert_eq!(served.post(query, &format!("Origin: http://127.0.0.1:{port}\r\n")).status, 200);
    for origin in ["http://example.org", "null", "http://127.0.0.1", "http://127.0.0.1:1"] {
        assert_eq!(served.post(query, &format!("Origin: {origin}\r\n")).status, 403, "{origin}");
    }
    let plain = format!(
        "POST /api HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{query}",
        served.address,
        query.len()
    );
    assert_eq!(served.send(plain.as_bytes()).status, 415);
    assert_eq!(served.get("/api").status, 405);
    let put = format!("PUT / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", served.address);
    assert_eq!(served.send(put.as_bytes()).status, 405);
}

#[test]
fn malformed_requests_are_answered_and_the_server_survives() {
    let served = Served::start(&[]);
    let trace = json!({"scenario_toml": "name = 3", "states": []}).to_string();
    let old = json!({"scenario_toml": "name = 3", "steps": []}).to_string();
    let queries = [
        (String::new(), 400, "invalid query"),
        ("[".repeat(100_000), 400, "invalid query"),
        (json!({"ask": "conquer"}).to_string(), 400, "unknown variant"),
        (json!({"ask": "open", "scenario": "../../etc/passwd"}).to_string(), 422, "there is no scenario"),
        (json!({"ask": "follow", "link": "v2/x"}).to_string(), 422, "this is no link"),
        (json!({"ask": "progress", "check": 7}).to_string(), 422, "there is no check 7"),
        (json!({"ask": "drop", "name": "x.json", "text": "{", "part": null}).to_string(), 422, "x.json is not JSON"),
        (
            json!({"ask": "drop", "name": "x.json", "text": "{}", "part": null}).to_string(),
            422,
            "cannot be shown: expected a trace",
        ),
        (json!({"ask": "drop", "name": "x.json", "text": trace, "part": null}).to_string(), 422, "not a trace"),
        (json!({"ask": "drop", "name": "x.json", "text": old, "part": null}).to_string(), 422, "a trace of format 1"),
    ];
    for (query, status, says) in queries {
        let answered = served.post(&query, "");
        let shown: String = query.chars().take(80).collect();
        assert_eq!(answered.status, status, "{shown}: {}", answered.body);
        assert!(answered.body.contains(says), "{shown}: {}", answered.body);
    }
    assert_eq!(served.send(b"\x16\x03\x01 this is not HTTP\r\n\r\n").status, 400);
    assert_eq!(served.get("/").status, 200);
}

#[test]
fn a_hundred_megabytes_are_refused_and_the_server_survives() {
    let served = Served::start(&[]);
    let head = |length: &str| {
        format!(
            "POST /api HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\n{length}\r\n\r\n",
            served.address
        )
    };
    let announced = served.send(head("Content-Length: 104857600").as_bytes());
    assert_eq!(announced.status, 413, "{}", announced.body);
    // The server reads a request without a length up to the limit and no farther.
    let mut stream = TcpStream::connect(served.address).unwrap();
    stream.write_all(head("Transfer-Encoding: chunked").as_bytes()).unwrap();
    let chunk = [b"100000\r\n".as_slice(), &vec![b' '; 1 << 20], b"\r\n"].concat();
    let sent = (0..100).take_while(|_| stream.write_all(&chunk).is_ok()).count();
    assert!(sent < 100, "the server read all of it");
    assert_eq!(served.get("/").status, 200);
}

#[test]
fn a_thousand_slow_clients_do_not_stop_it() {
    let served = Served::start(&[]);
    let mut slow = Vec::new();
    for number in 0..SLOW {
        let Ok(mut stream) = TcpStream::connect(served.address) else { continue };
        // Some clients send nothing, some send part of the headers, some send part of the body.
        let begun: &[u8] = match number % 3 {
            0 => b"",
            1 => b"GET / HTTP/1.1\r\nHost:",
            _ => b"POST /api HTTP/1.1\r\nContent-Length: 100\r\n",
        };
        let _ = stream.write_all(begun);
        slow.push(stream);
    }
    assert!(slow.len() > SLOW / 2, "only {} slow clients could be started", slow.len());
    assert_eq!(served.get("/").status, 200);
    let answer = served.body(&json!({"ask": "open", "scenario": "second-move"}));
    assert_eq!(answer["document"]["scenario"], "second-move");
    // The server closes the connection of a client that sends nothing.
    let first = &mut slow[0];
    first.set_read_timeout(Some(TIMEOUT)).unwrap();
    let mut rest = Vec::new();
    let _ = first.read_to_end(&mut rest);
}

#[test]
fn a_warning_is_printed_if_other_machines_can_connect() {
    // No machine has this address, so the program cannot listen on it; it is reserved for documentation. [RFC 5737]
    let ran = stranded_in(Path::new("."), &["explore", "--listen", "192.0.2.1"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("warning") && ran.err.contains("192.0.2.1") && ran.err.contains("cannot listen"),
        "{}",
        ran.err
    );
}

#[test]
fn a_token_is_required_if_other_machines_can_connect() {
    let guard = Guard::of("192.0.2.1:80".parse().unwrap(), Some(Token::random().unwrap()));
    let url = guard.url();
    let token = url.strip_prefix("http://192.0.2.1:80/?token=").unwrap();
    assert!(
        token.len() == 32
            && !Guard::of("192.0.2.1:80".parse().unwrap(), Some(Token::random().unwrap())).url().contains(token)
    );
    let asked = |token: Option<&str>| {
        let mut headers = HeaderMap::new();
        headers.insert("host", "mail.example.org".parse().unwrap());
        headers.insert("content-type", "application/json".parse().unwrap());
        if let Some(token) = token {
            headers.insert("x-stranded-token", token.parse().unwrap());
        }
        guard.check(&Method::POST, &headers).map_err(|(status, _)| status.as_u16())
    };
    assert_eq!(asked(None), Err(401));
    assert_eq!(asked(Some("0123")), Err(401));
    assert_eq!(asked(Some(token)), Ok(()));
}

#[test]
fn a_check_is_watched_to_its_end_and_leads_to_its_counterexample() {
    let served = Served::start(&[]);
    let mut standing = served.body(&json!({"ask": "check", "scenario": "second-move", "link": null}));
    let started = Instant::now();
    while standing["running"] == true {
        assert!(started.elapsed() < TIMEOUT, "the check does not end");
        thread::sleep(Duration::from_millis(20));
        standing = served.body(&json!({"ask": "progress", "check": standing["check"]}));
    }
    let found = &standing["found"];
    assert_eq!((&found["states"], &found["depth"]), (&json!(170), &json!(16)), "as `check second-move` says");
    let no_loss = &found["properties"][0];
    assert_eq!(
        (&no_loss["name"], &no_loss["verdict"], &no_loss["steps"]),
        (&json!("no-loss"), &json!("violated"), &json!(12))
    );
    let followed = served.body(&json!({"ask": "follow", "link": no_loss["link"]}));
    assert_eq!(followed["document"]["moments"][12]["lost"], json!(["m1"]));
    assert_eq!(followed["document"]["no_return"], json!(12));
}

#[test]
fn a_check_that_is_cancelled_ends_soon_and_says_so() {
    let text = std::fs::read_to_string(large("guarded-move-large")).unwrap();
    let served = Served::start(&[]);
    let dropped = served.body(&json!({"ask": "drop", "name": "large.toml", "text": text, "part": null}));
    let started = served.body(&json!({"ask": "check", "link": dropped["document"]["link"], "scenario": null}));
    let number = &started["check"];
    thread::sleep(Duration::from_millis(100));
    served.body(&json!({"ask": "cancel", "check": number}));
    let begun = Instant::now();
    loop {
        let standing = served.body(&json!({"ask": "progress", "check": number}));
        if standing["running"] == false {
            assert!(!standing["found"]["truncated"].is_null(), "the check ended before it was cancelled: {standing}");
            return;
        }
        assert!(begun.elapsed() < TIMEOUT, "the check does not end");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn running_checks_are_kept_however_many_follow() {
    let text = std::fs::read_to_string(large("guarded-move-large")).unwrap();
    let served = Served::start(&[]);
    let dropped = served.body(&json!({"ask": "drop", "name": "large.toml", "text": text, "part": null}));
    let long = served.body(&json!({"ask": "check", "link": dropped["document"]["link"], "scenario": null}));
    // More checks than the server keeps, each of which ends at once.
    for _ in 0..40 {
        let mut quick = served.body(&json!({"ask": "check", "scenario": "move", "link": null}));
        while quick["running"] == true {
            quick = served.body(&json!({"ask": "progress", "check": quick["check"]}));
        }
    }
    let cancelled = served.body(&json!({"ask": "cancel", "check": long["check"]}));
    assert_eq!(cancelled["check"], long["check"], "the server still keeps the check");
}

#[test]
fn requests_beyond_the_queue_are_refused_at_once_and_the_server_survives() {
    let served = Served::start(&[]);
    // Each request takes a moment to answer.
    let query = json!({"ask": "open", "scenario": "two-mailboxes"}).to_string();
    let refused = thread::scope(|scope| {
        let asked: Vec<_> = (0..120).map(|_| scope.spawn(|| served.post(&query, ""))).collect();
        let answered = asked.into_iter().map(|one| one.join().unwrap());
        answered
            .filter(|answered| match answered.status {
                200 => false,
                503 => {
                    assert!(answered.body.contains("busy"), "{}", answered.body);
                    true
                }
                other => panic!("{other}: {}", answered.body),
            })
            .count()
    });
    assert!(refused < 120, "no client was answered");
    served.body(&json!({"ask": "open", "scenario": "second-move"}));
}
