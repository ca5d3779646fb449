//! The stores and the proxy of a bed: three instances of Dovecot 2.3.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{BASE, Bed, DOVEADM, DOVEADM_PASSWORD, IMAP, LDAP, LMTP, Store};

/// The names of the instances.
pub(super) const INSTANCES: [&str; 3] = ["a", "b", PROXY];
/// The name of the instance that stores nothing.
pub(super) const PROXY: &str = "p";
/// The user that owns all mail. It needs no entry in the list of users.
const MAIL_USER: u32 = 5000;

/// Writes the configuration of every instance, and creates the folders of the mail.
pub(super) fn prepare(bed: &Bed) -> io::Result<()> {
    let folder = bed.folder();
    // The mail user opens its files below the folder.
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    for part in ["log", "etc", "mail"] {
        fs::create_dir_all(folder.join(part))?;
    }
    for name in INSTANCES {
        fs::create_dir_all(folder.join("run").join(name))?;
        fs::write(config(bed, name), instance(bed, name))?;
        fs::write(lookup(bed, name), users(bed, name))?;
    }
    // The proxy reads this file as another user.
    fs::write(held(bed), "")?;
    fs::set_permissions(held(bed), fs::Permissions::from_mode(0o644))?;
    for store in Store::ALL {
        let mail = mail(bed, store);
        fs::create_dir_all(&mail)?;
        chown(&mail, Some(MAIL_USER), Some(MAIL_USER))?;
    }
    Ok(())
}

/// Returns the configuration file of an instance.
pub(super) fn config(bed: &Bed, name: &str) -> PathBuf {
    bed.folder().join("etc").join(format!("{name}.conf"))
}

/// Returns the file of the names whose mail and logins the proxy holds.
pub(super) fn held(bed: &Bed) -> PathBuf {
    bed.folder().join("etc/held")
}

/// Returns the command of an instance, which stays in the foreground.
pub(super) fn command(bed: &Bed, name: &str) -> Command {
    let mut command = Command::new("/usr/sbin/dovecot");
    command.arg("-F").arg("-c").arg(config(bed, name));
    with_log(&mut command, &bed.folder().join("log").join(format!("{name}.out")));
    command
}

/// Sends the output of a command to a file. If the file cannot be created, the output is dropped.
pub(crate) fn with_log(command: &mut Command, path: &Path) {
    let file = || File::options().create(true).append(true).open(path).map_or_else(|_| Stdio::null(), Stdio::from);
    command.stdin(Stdio::null()).stdout(file()).stderr(file());
}

/// Returns the folder in which a store keeps the mail of every user.
fn mail(bed: &Bed, store: Store) -> PathBuf {
    bed.folder().join("mail").join(store.name())
}

/// Returns the file with the queries of an instance to the directory.
fn lookup(bed: &Bed, name: &str) -> PathBuf {
    bed.folder().join("etc").join(format!("{name}-ldap.conf"))
}

fn instance(bed: &Bed, name: &str) -> String {
    let store = Store::ALL.into_iter().find(|store| store.name() == name);
    let listen = store.map_or(bed.proxy(), |store| bed.host(store));
    let root = bed.folder().display();
    let lookup = lookup(bed, name).display().to_string();
    // The proxy looks a name up in the file of held names first.
    let first = store.map_or_else(
        || format!("passdb {{\n  driver = passwd-file\n  args = {}\n}}\n", held(bed).display()),
        |_| String::new(),
    );
    let own = store.map_or_else(|| "lmtp_proxy = yes\n".to_owned(), |store| storage(&mail(bed, store)));
    format!(
        "instance_name = {name}\n\
         base_dir = {root}/run/{name}\n\
         state_dir = {root}/run/{name}/state\n\
         log_path = {root}/log/{name}.log\n\
         log_timestamp = \"%Y-%m-%d %H:%M:%S \"\n\
         listen = {listen}\n\
         protocols = imap lmtp\n\
         ssl = no\n\
         disable_plaintext_auth = no\n\
         auth_mechanisms = plain\n\
         auth_failure_delay = 0\n\
         auth_cache_size = 0\n\
         login_trusted_networks = 127.0.0.0/8\n\
         doveadm_password = {DOVEADM_PASSWORD}\n\
         doveadm_port = {DOVEADM}\n\
         mail_max_userip_connections = 0\n\
         service imap-login {{\n  service_count = 0\n  process_min_avail = 1\n  \
           inet_listener imap {{\n    port = {IMAP}\n  }}\n  inet_listener imaps {{\n    port = 0\n  }}\n}}\n\
         service lmtp {{\n  process_min_avail = 1\n  unix_listener lmtp {{\n    mode = 0\n  }}\n  \
           inet_listener lmtp {{\n    port = {LMTP}\n  }}\n}}\n\
         service doveadm {{\n  inet_listener {{\n    port = {DOVEADM}\n  }}\n}}\n\
         {first}\
         passdb {{\n  driver = ldap\n  args = {lookup}\n}}\n\
         userdb {{\n  driver = ldap\n  args = {lookup}\n}}\n\
         {own}"
    )
}

/// The part of the configuration that only a store has.
fn storage(mail: &Path) -> String {
    let mail = mail.display();
    format!(
        "mail_home = {mail}/%n\n\
         mail_location = sdbox:~/sdbox\n\
         mail_uid = {MAIL_USER}\n\
         mail_gid = {MAIL_USER}\n\
         first_valid_uid = {MAIL_USER}\n\
         namespace inbox {{\n  inbox = yes\n  separator = /\n}}\n\
         mail_plugins = notify mail_log\n\
         plugin {{\n  mail_log_events = delete undelete expunge copy save mailbox_delete mailbox_rename\n  \
           mail_log_fields = uid box msgid size\n}}\n"
    )
}

/// The queries of an instance to the directory. The proxy takes the host of the store from the entry.
fn users(bed: &Bed, name: &str) -> String {
    let filter = "(&(objectClass=inetLocalMailRecipient)(uid=%n))";
    let attributes = if name == PROXY {
        format!(
            "pass_attrs = uid=user, userPassword=password, mailHost=host, =proxy=y, \
             =port=%{{if;%s;eq;lmtp;{LMTP};%{{if;%s;eq;doveadm;{DOVEADM};{IMAP}}}}}\n"
        )
    } else {
        let home = bed.folder().join("mail").join(name);
        format!(
            "pass_attrs = uid=user, userPassword=password\n\
             user_attrs = uid=user, =uid={MAIL_USER}, =gid={MAIL_USER}, =home={}/%n\n",
            home.display()
        )
    };
    format!(
        "hosts = {}:{LDAP}\n\
         ldap_version = 3\n\
         default_pass_scheme = PLAIN\n\
         base = {BASE}\n\
         dn = {}\n\
         dnpass = {}\n\
         pass_filter = {filter}\n\
         user_filter = {filter}\n\
         {attributes}",
        bed.proxy(),
        super::ADMIN,
        super::PASSWORD
    )
}
