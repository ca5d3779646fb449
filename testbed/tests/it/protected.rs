//! Connections with TLS: a right certificate is accepted, a wrong one is refused by one sentence, and a connection without TLS never
//! leaves this machine unless the configuration permits it.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use stranded_testbed::bed::{IMAP, LDAP, LMTP, Store};
use stranded_testbed::system::{Config, Delivery, Named, System, Trouble};

use super::fixtures::{bed, is_sentence, message, system_of};

/// The begin of TLS on a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begin {
    /// With the first byte.
    AtOnce,
    /// After the command of IMAP, LMTP or LDAP.
    Imap,
    Lmtp,
    Ldap,
}

/// A certificate of a server.
#[derive(Clone, Copy)]
struct Certificate {
    name: &'static str,
    has_expired: bool,
}

const RIGHT: Certificate = Certificate { name: "localhost", has_expired: false };

/// Serves TLS on loopback, and connects each session to a real server. Returns the address and the certificate of the issuer.
fn protected(certificate: Certificate, begin: Begin, server: (Ipv4Addr, u16)) -> (SocketAddr, String) {
    let mut parameters = rcgen::CertificateParams::new(vec![certificate.name.to_owned()]).unwrap();
    if certificate.has_expired {
        parameters.not_after = rcgen::date_time_ymd(2001, 1, 1);
        parameters.not_before = rcgen::date_time_ymd(2000, 1, 1);
    }
    let key = rcgen::KeyPair::generate().unwrap();
    let issued = parameters.self_signed(&key).unwrap();
    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![issued.der().clone()], private).unwrap());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let config = Arc::clone(&config);
            thread::spawn(move || -> std::io::Result<()> {
                let mut server = TcpStream::connect(server)?;
                begin.play(&client, &mut server)?;
                let session = rustls::ServerConnection::new(config).map_err(std::io::Error::other)?;
                forward(rustls::StreamOwned::new(session, client), server)
            });
        }
    });
    (address, issued.pem())
}

impl Begin {
    /// Answers a client up to the begin of TLS. The server has greeted then.
    fn play(self, mut client: &TcpStream, server: &mut TcpStream) -> std::io::Result<()> {
        match self {
            Self::AtOnce => Ok(()),
            Self::Imap => {
                line(server)?;
                client.write_all(b"* OK ready\r\n")?;
                let asked = line(&mut client)?;
                let tag = asked.strip_suffix(" STARTTLS\r\n").unwrap_or_else(|| panic!("no STARTTLS but {asked}"));
                client.write_all(format!("{tag} OK begin\r\n").as_bytes())
            }
            Self::Lmtp => {
                line(server)?;
                client.write_all(b"220 ready\r\n")?;
                assert!(line(&mut client)?.starts_with("LHLO "));
                client.write_all(b"250-localhost\r\n250 STARTTLS\r\n")?;
                assert_eq!(line(&mut client)?, "STARTTLS\r\n");
                client.write_all(b"220 begin\r\n")
            }
            Self::Ldap => {
                let mut head = [0; 2];
                client.read_exact(&mut head)?;
                let mut asked = vec![0; usize::from(head[1])];
                client.read_exact(&mut asked)?;
                assert!(asked.ends_with(b"1.3.6.1.4.1.1466.20037"), "no StartTLS but {asked:?}");
                // An extended response: success, without a name and a text. [RFC 4511]
                client.write_all(&[0x30, 12, 2, 1, asked[2], 0x78, 7, 10, 1, 0, 4, 0, 4, 0])
            }
        }
    }
}

/// Reads a line byte by byte: what follows it belongs to TLS.
fn line(stream: &mut impl Read) -> std::io::Result<String> {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while !line.ends_with(b"\n") {
        stream.read_exact(&mut byte)?;
        line.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&line).into_owned())
}

/// Forwards in turns, which is enough for protocols of requests and answers.
fn forward(
    mut client: rustls::StreamOwned<rustls::ServerConnection, TcpStream>,
    mut server: TcpStream,
) -> std::io::Result<()> {
    client.sock.set_read_timeout(Some(Duration::from_millis(5)))?;
    server.set_read_timeout(Some(Duration::from_millis(5)))?;
    let mut buffer = [0; 65536];
    let is_quiet =
        |error: &std::io::Error| matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut);
    loop {
        match client.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => server.write_all(&buffer[..count])?,
            Err(error) if is_quiet(&error) => {}
            Err(error) => return Err(error),
        }
        match server.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => client.write_all(&buffer[..count])?,
            Err(error) if is_quiet(&error) => {}
            Err(error) => return Err(error),
        }
    }
}

/// A system that reaches its directory, its source and its delivery by servers with this certificate.
fn protected_system(certificate: Certificate, starttls: bool, trust: bool) -> System {
    let (proxy, source) = (bed().proxy(), bed().host(Store::A));
    let begin = |begin: Begin| if starttls { begin } else { Begin::AtOnce };
    let (directory, first) = protected(certificate, begin(Begin::Ldap), (proxy, LDAP));
    let (store, second) = protected(certificate, begin(Begin::Imap), (source, IMAP));
    let (delivery, third) = protected(certificate, Begin::Lmtp, (proxy, LMTP));
    let ca =
        bed().folder().join(format!("etc/{}-{starttls}-{trust}-{}.pem", certificate.name, certificate.has_expired));
    fs::write(&ca, first + &second + &third).unwrap();
    let trusted = if trust { format!("\nca = \"{}\"", ca.display()) } else { String::new() };
    let address = |scheme: &str, at: SocketAddr, starttls: bool| {
        let (tls, key) = if starttls { ("", "\nstarttls = true") } else { ("s", "") };
        format!("\"{scheme}{tls}://localhost:{}\"{key}{trusted}", at.port())
    };
    let toml = bed()
        .system_toml()
        .replace(
            &format!("url = \"ldap://{proxy}:{LDAP}\""),
            &format!("url = {}", address("ldap", directory, starttls)),
        )
        .replace(&format!("imap = \"imap://{source}:{IMAP}\""), &format!("imap = {}", address("imap", store, starttls)))
        .replace(&format!("lmtp = \"lmtp://{proxy}:{LMTP}\""), &format!("lmtp = {}", address("lmtp", delivery, true)));
    system_of(&toml)
}

#[test]
fn a_certificate_is_accepted_if_it_is_trusted_is_valid_and_has_the_name_of_the_server() {
    for (user, starttls) in [("protected", false), ("starttls", true)] {
        bed().add_user(user, Store::A).unwrap();
        let right = protected_system(RIGHT, starttls, true);
        right.check().unwrap();
        assert_eq!(right.home(user).unwrap().unwrap().named, Named::Store("source".to_owned()));
        assert_eq!(right.deliver(user, &message("m1")).unwrap(), Delivery::Stored);
        right.append("source", user, "INBOX", &message("m2"), &[]).unwrap();
        assert_eq!(right.mailbox("source", user).unwrap().unwrap().len(), 2);
    }
}

#[test]
fn a_certificate_that_is_wrong_is_refused_by_one_sentence_before_anything_is_asked() {
    bed().add_user("unprotected", Store::A).unwrap();
    // The store is read only if the mailbox is there.
    fs::create_dir_all(bed().folder().join("mail/a/unprotected/sdbox")).unwrap();
    for starttls in [false, true] {
        for (certificate, trust, part) in [
            (Certificate { name: "other.example.test", ..RIGHT }, true, "not valid for name"),
            (RIGHT, false, "UnknownIssuer"),
            (Certificate { has_expired: true, ..RIGHT }, true, "certificate expired"),
        ] {
            let wrong = protected_system(certificate, starttls, trust);
            let directory = wrong.home("unprotected").unwrap_err();
            let store = wrong.mailbox("source", "unprotected").unwrap_err();
            let delivery = wrong.deliver("unprotected", &message("m1")).unwrap_err();
            for trouble in [directory, store, delivery, wrong.check().unwrap_err()] {
                assert!(matches!(trouble, Trouble::Unreachable(_)), "{trouble:?}");
                is_sentence(&trouble, part);
                is_sentence(&trouble, "no protected connection to ");
            }
        }
    }
}

/// The text of the errors in a configuration with one change; empty if there is none.
fn errors(from: &str, to: &str) -> String {
    let toml = bed().system_toml();
    assert!(toml.contains(from), "{from}");
    Config::read("system.toml", &toml.replacen(from, to, 1)).map_or_else(|error| error.render(false), |_| String::new())
}

#[test]
fn a_server_that_does_not_start_tls_is_not_asked_for_anything() {
    bed().add_user("plain", Store::A).unwrap();
    fs::create_dir_all(bed().folder().join("mail/a/plain/sdbox")).unwrap();
    // Neither server of the bed has a certificate.
    let mut toml = bed().system_toml();
    for key in ["url = ", "imap = ", "lmtp = "] {
        toml = toml.replace(key, &format!("starttls = true\n{key}"));
    }
    let system = system_of(&toml);
    is_sentence(&system.home("plain").unwrap_err(), "ldap://");
    is_sentence(&system.mailbox("source", "plain").unwrap_err(), "does not start TLS");
    is_sentence(&system.deliver("plain", &message("m1")).unwrap_err(), "does not start TLS");
}

#[test]
fn a_connection_without_tls_to_another_host_is_an_error_of_the_configuration() {
    let (proxy, source) = (bed().proxy(), bed().host(Store::A));
    let ldap = format!("url = \"ldap://{proxy}:{LDAP}\"");
    let imap = format!("imap = \"imap://{source}:{IMAP}\"");
    let lmtp = format!("lmtp = \"lmtp://{proxy}:{LMTP}\"");
    let logon = format!("imap = \"imap://{proxy}:{IMAP}\"");
    for (from, key, scheme, accepted) in [
        (&ldap, "url", "ldap", "`ldaps://HOST`, or `starttls = true`, or `plaintext = \"permitted\"`"),
        (&imap, "imap", "imap", "`imaps://HOST`, or `starttls = true`, or `plaintext = \"permitted\"`"),
        (&logon, "imap", "imap", "`imaps://HOST`, or `starttls = true`, or `plaintext = \"permitted\"`"),
        (&lmtp, "lmtp", "lmtp", "`starttls = true`, or `plaintext = \"permitted\"`"),
    ] {
        for host in ["mail.example.test", "192.0.2.1", "[2001:db8::1]"] {
            let address = format!("{key} = \"{scheme}://{host}\"");
            let shown = errors(from, &address);
            let bare = host.trim_matches(['[', ']']);
            let wanted = format!("`{key}` sends passwords and mail unprotected to {bare}, which is another host");
            assert!(shown.contains(&wanted) && shown.contains("system.toml:"), "{shown}");
            assert!(shown.contains(&accepted.replace("HOST", host)), "{shown}");
            assert_eq!(errors(from, &format!("{address}\nstarttls = true")), "");
            assert_eq!(errors(from, &format!("{address}\nplaintext = \"permitted\"")), "");
        }
        for host in ["localhost", "127.9.9.9", "[::1]"] {
            assert_eq!(errors(from, &format!("{key} = \"{scheme}://{host}\"")), "", "{host}");
        }
    }
    let twice = errors(&ldap, "url = \"ldaps://mail.example.test\"\nplaintext = \"permitted\"");
    assert!(twice.contains("`plaintext` does not fit this address"), "{twice}");
    let other = errors(&ldap, &format!("{ldap}\nplaintext = \"yes\""));
    assert!(other.contains("unknown value of `plaintext` `yes`") && other.contains("permitted"), "{other}");
}
