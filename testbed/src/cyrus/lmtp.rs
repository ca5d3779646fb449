//! Delivery of mail, as a mail server beside Cyrus Murder does it: mupdate names the backend, LMTP takes the mail there.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::mupdate::{Mupdate, Status};
use super::wire::Wire;
use crate::trial::report::MailReport;

/// The longest wait for a line of an answer. A backend that moves a mailbox lets the mail wait.
const ANSWER: Duration = Duration::from_secs(15);

/// Delivers a message to the inbox of a user. The answer is `Deferred` if mupdate names no backend that takes mail.
#[must_use]
pub fn deliver(frontend: Ipv4Addr, user: &str, message: &[u8]) -> MailReport {
    let entry = Mupdate::connect(frontend).and_then(|mut mupdate| mupdate.find(&format!("user.{user}")));
    let Ok(entry) = entry else { return MailReport::Deferred };
    let Some(entry) = entry else { return MailReport::Returned };
    let host = entry.server().split(':').next().and_then(|host| host.parse::<Ipv4Addr>().ok());
    match (entry.status, host) {
        (Status::Active, Some(host)) => to_backend(host, user, message),
        (Status::Reserved, _) | (Status::Active, None) => MailReport::Deferred,
    }
}

fn to_backend(host: Ipv4Addr, user: &str, message: &[u8]) -> MailReport {
    let Ok(mut wire) = Wire::connect(host, super::LMTP, ANSWER) else { return MailReport::Deferred };
    let envelope = [
        String::new(),
        "LHLO example.test\r\n".to_owned(),
        "MAIL FROM:<sender@example.test>\r\n".to_owned(),
        format!("RCPT TO:<{user}>\r\n"),
        "DATA\r\n".to_owned(),
    ];
    for command in envelope {
        match ask(&mut wire, command.as_bytes()) {
            Ok('2' | '3') => {}
            Ok('5') => return MailReport::Returned,
            // Before the text is sent, a delivery that breaks off has stored nothing.
            Ok(_) | Err(_) => return MailReport::Deferred,
        }
    }
    match ask(&mut wire, &[message, b".\r\n"].concat()) {
        Ok('2') => MailReport::Accepted,
        Ok('4') => MailReport::Deferred,
        Ok(_) => MailReport::Returned,
        Err(_) => MailReport::Unknown,
    }
}

/// Sends a command and returns the first digit of the answer.
fn ask(wire: &mut Wire, command: &[u8]) -> io::Result<char> {
    wire.send(command)?;
    loop {
        let line = wire.line()?.text;
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(line.chars().next().unwrap_or('5'));
        }
    }
}
