//! The configuration files and command lines of the third-party movers, as their manuals describe them.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;

use super::shipped::{Shipped, imapsync};
use super::{Endpoints, Job};

/// Writes the files of a mover and returns its command line.
pub(super) fn prepare(mover: Shipped, job: &Job<'_>) -> io::Result<Vec<String>> {
    match mover {
        Shipped::DoveadmBackup => doveadm(job, &["backup"]),
        Shipped::DoveadmSync => doveadm(job, &["sync"]),
        Shipped::DoveadmSync1 => doveadm(job, &["sync", "-1"]),
        Shipped::Mbsync => mbsync(job),
        Shipped::Imapfilter => imapfilter(job),
        Shipped::Fetchmail => fetchmail(job),
        Shipped::Getmail => getmail(job),
        Shipped::Larch => larch(job),
        Shipped::Imapsync => with_imapsync(job),
    }
}

/// Writes a file that only this user can read, and returns its path.
fn file(job: &Job<'_>, name: &str, text: &str) -> io::Result<String> {
    let path = job.folder.join(name);
    fs::write(&path, text)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    Ok(path.display().to_string())
}

/// Returns the address at which the destination takes mail.
fn lmtp(job: &Job<'_>) -> io::Result<SocketAddr> {
    job.endpoints
        .lmtp
        .ok_or_else(|| io::Error::other("the mover delivers by LMTP at the destination: use it with --testbed dovecot"))
}

fn words(line: &[&str]) -> Vec<String> {
    line.iter().map(|word| (*word).to_owned()).collect()
}

/// doveadm runs at the source and reaches the destination by its administration protocol. [doveadm-sync(1)]
fn doveadm(job: &Job<'_>, command: &[&str]) -> io::Result<Vec<String>> {
    let (Some(config), Some(remote)) = (job.source_config, job.endpoints.doveadm) else {
        return Err(io::Error::other("doveadm runs on the server of the source: use it with --testbed dovecot"));
    };
    let (config, remote) = (config.display().to_string(), format!("tcp:{remote}"));
    Ok(words(&[&["/usr/bin/doveadm", "-c", &config], command, &["-u", job.user, &remote]].concat()))
}

/// Both stores are IMAP; the files with the pairs of messages stay in the folder of the trial. [mbsync(1)]
fn mbsync(job: &Job<'_>) -> io::Result<Vec<String>> {
    let Endpoints { source, destination, .. } = job.endpoints;
    let account = |name: &str, at: SocketAddr| {
        format!(
            "IMAPAccount {name}\nHost {}\nPort {}\nUser {}\nPass {}\nSSLType None\nAuthMechs LOGIN\n\n\
             IMAPStore {name}\nAccount {name}\n\n",
            at.ip(),
            at.port(),
            job.user,
            job.password
        )
    };
    let state = job.folder.join("state");
    fs::create_dir_all(&state)?;
    let text = format!(
        "SyncState {}/\n\n{}{}Channel move\nFar :source:\nNear :destination:\nPatterns *\nCreate Near\nSync All\n\
         Expunge Both\n",
        state.display(),
        account("source", source),
        account("destination", destination)
    );
    let config = file(job, "mbsyncrc", &text)?;
    Ok(words(&["/usr/bin/mbsync", "--config", &config, "move"]))
}

/// Every folder of the source moves to the folder of the same name. [imapfilter_config(5)]
fn imapfilter(job: &Job<'_>) -> io::Result<Vec<String>> {
    let Endpoints { source, destination, .. } = job.endpoints;
    let account = |at: SocketAddr| {
        format!(
            "IMAP {{ server = '{}', port = {}, username = '{}', password = '{}' }}",
            at.ip(),
            at.port(),
            job.user,
            job.password
        )
    };
    let text = format!(
        "options.timeout = 10\noptions.starttls = false\noptions.certificates = false\noptions.create = true\n\
         source = {}\ndestination = {}\n\
         mailboxes, folders = source:list_all()\n\
         for _, name in ipairs(mailboxes) do\n    source[name]:select_all():move_messages(destination[name])\nend\n",
        account(source),
        account(destination)
    );
    let config = file(job, "config.lua", &text)?;
    Ok(words(&["/usr/bin/imapfilter", "-c", &config]))
}

/// fetchmail delivers to the LMTP service of the destination. [fetchmail(1)]
fn fetchmail(job: &Job<'_>) -> io::Result<Vec<String>> {
    let (source, lmtp) = (job.endpoints.source, lmtp(job)?);
    let text = format!(
        "poll {} service {} protocol imap auth password\n  \
           user \"{user}\" there with password \"{}\" is \"{user}\" here\n  \
           sslproto \"\"\n  folder INBOX,{FOLDER}\n  fetchall\n  \
           smtphost {}/{} lmtp smtpaddress example.test\n",
        source.ip(),
        source.port(),
        job.password,
        lmtp.ip(),
        lmtp.port(),
        user = job.user
    );
    let config = file(job, "fetchmailrc", &text)?;
    let path = |name: &str| job.folder.join(name).display().to_string();
    let (pid, ids) = (path("fetchmail.pid"), path("fetchids"));
    let line = ["/usr/bin/fetchmail", "--nosyslog", "--fetchmailrc", &config, "--pidfile", &pid, "--idfile", &ids];
    Ok(words(&line))
}

/// getmail delivers to the LMTP service of the destination, and deletes what it has delivered. [getmail configuration]
fn getmail(job: &Job<'_>) -> io::Result<Vec<String>> {
    let (source, lmtp) = (job.endpoints.source, lmtp(job)?);
    let text = format!(
        "[retriever]\ntype = SimpleIMAPRetriever\nserver = {}\nport = {}\nusername = {user}\npassword = {}\n\
         mailboxes = (\"INBOX\", \"{FOLDER}\")\n\n\
         [destination]\ntype = MDA_lmtp\nhost = {}\nport = {}\noverride = {user}@example.test\n\n\
         [options]\nread_all = false\ndelete = true\nto_oldmail_on_each_mail = true\n",
        source.ip(),
        source.port(),
        job.password,
        lmtp.ip(),
        lmtp.port(),
        user = job.user
    );
    file(job, "getmailrc", &text)?;
    let folder = job.folder.display().to_string();
    Ok(words(&["/usr/bin/getmail", "--getmaildir", &folder, "--rcfile", "getmailrc"]))
}

/// larch copies all folders. [larch README]
fn larch(job: &Job<'_>) -> io::Result<Vec<String>> {
    let Endpoints { source, destination, .. } = job.endpoints;
    let (user, password) = (job.user, job.password);
    let text = format!(
        "default:\n  all: true\n  database: {}\n  \
           from: imap://{source}\n  from-user: {user}\n  from-pass: {password}\n  \
           to: imap://{destination}\n  to-user: {user}\n  to-pass: {password}\n",
        job.folder.join("larch.db").display()
    );
    let config = file(job, "larch.yaml", &text)?;
    Ok(words(&["/usr/bin/larch", "--config", &config]))
}

/// imapsync without options that delete. [imapsync README]
fn with_imapsync(job: &Job<'_>) -> io::Result<Vec<String>> {
    let Endpoints { source, destination, .. } = job.endpoints;
    let secret = file(job, "password", job.password)?;
    let path = imapsync().ok_or_else(|| io::Error::other("imapsync is not in PATH"))?;
    let mut line = vec![path];
    for (number, at) in [(1, source), (2, destination)] {
        let option = |name: &str, value: &str| [format!("--{name}{number}"), value.to_owned()];
        line.extend(option("host", &at.ip().to_string()));
        line.extend(option("port", &at.port().to_string()));
        line.extend(option("user", job.user));
        line.extend(option("passfile", &secret));
        line.extend([format!("--nossl{number}"), format!("--notls{number}")]);
    }
    let folder = job.folder.display().to_string();
    line.extend(words(&["--nolog", "--noreleasecheck", "--tmpdir", &folder, "--pidfile"]));
    line.push(format!("{folder}/imapsync.pid"));
    Ok(line)
}

/// The folder beside the INBOX in which a trial has mail.
pub(crate) const FOLDER: &str = "Archive";
