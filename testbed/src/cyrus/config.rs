//! The configuration of the three instances: the frontend with the mupdate master, and two backends.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};

use super::addresses::Addresses;
use super::programs::Programs;
use super::{ADMIN, Backend, IMAP, Instance, LMTP, MUPDATE, PEER};
use crate::bed::PASSWORD;

/// The user and group `mail`, which every Debian system has, with fixed numbers. The servers give up root for them.
const MAIL: (&str, u32) = ("mail", 8);
/// The folders that the programs expect, but do not create.
const FOLDERS: [&str; 8] =
    ["conf/db", "conf/socket", "conf/proc", "conf/lock", "conf/log", "conf/msg", "conf/ptclient", "spool"];

/// The folder and the files of an instance.
#[derive(Clone, Debug)]
pub(super) struct Files(PathBuf);

impl Files {
    /// Names the files of an instance of the bed in this folder.
    pub(super) fn of(folder: &Path, instance: Instance) -> Self {
        Self(folder.join(instance.name()))
    }

    /// Returns the file with the options of every program.
    pub(super) fn imapd(&self) -> PathBuf {
        self.0.join("imapd.conf")
    }

    /// Returns the file with the list of programs that `master` runs.
    pub(super) fn master(&self) -> PathBuf {
        self.0.join("cyrus.conf")
    }

    /// Returns the file in which `master` writes its number.
    pub(super) fn number(&self) -> PathBuf {
        self.0.join("pid")
    }

    /// Returns the file with all output.
    pub(super) fn output(&self) -> PathBuf {
        self.0.join("output")
    }

    /// Writes the configuration and creates the folders of the mail.
    pub(super) fn write(
        &self,
        instance: Instance,
        addresses: &Addresses,
        programs: &Programs,
        passwords: &Path,
    ) -> io::Result<()> {
        for folder in FOLDERS {
            fs::create_dir_all(self.0.join(folder))?;
        }
        fs::write(self.imapd(), self.options(instance, addresses, passwords))?;
        fs::write(self.master(), self.list(instance, addresses, programs))?;
        fs::set_permissions(self.imapd(), fs::Permissions::from_mode(0o644))?;
        for folder in ["", "conf"].into_iter().chain(FOLDERS) {
            chown(self.0.join(folder), Some(MAIL.1), Some(MAIL.1))?;
        }
        Ok(())
    }

    fn options(&self, instance: Instance, addresses: &Addresses, passwords: &Path) -> String {
        let root = self.0.display();
        let passwords = passwords.display();
        let own = addresses.own(instance);
        let mupdate = addresses.mupdate_for(instance);
        let role = match instance {
            Instance::Frontend => {
                format!("serverlist: {}\n", Backend::ALL.map(|backend| addresses.server(backend)).join(" "))
            }
            Instance::Backend(_) => format!("proxyservers: {PEER}\nallowusermoves: yes\n"),
        };
        format!(
            "configdirectory: {root}/conf\n\
             defaultpartition: default\n\
             partition-default: {root}/spool\n\
             temp_path: {root}/conf\n\
             cyrus_user: {}\n\
             servername: {own}:{IMAP}\n\
             admins: {ADMIN} {PEER}\n\
             unixhierarchysep: yes\n\
             sasl_pwcheck_method: saslauthd\n\
             sasl_saslauthd_path: {passwords}\n\
             sasl_mech_list: PLAIN\n\
             allowplaintext: yes\n\
             mupdate_server: {mupdate}:{MUPDATE}\n\
             mupdate_username: {PEER}\n\
             mupdate_authname: {PEER}\n\
             mupdate_password: {PASSWORD}\n\
             proxy_authname: {PEER}\n\
             proxy_password: {PASSWORD}\n\
             {role}",
            MAIL.0
        )
    }

    /// The programs of an instance. A backend that starts repairs its databases, then compares its list of mailboxes with mupdate,
    /// as the manual of Cyrus Murder has it.
    fn list(&self, instance: Instance, addresses: &Addresses, programs: &Programs) -> String {
        let run = |program: &str, arguments: &str| {
            format!("cmd=\"{} -C {}{arguments}\"", programs.path(program).display(), self.imapd().display())
        };
        let own = addresses.own(instance);
        let (start, service) = match instance {
            Instance::Frontend => {
                let mupdate = run("mupdate", " -m");
                (String::new(), format!("mupdate {mupdate} listen=\"{own}:{MUPDATE}\" prefork=1"))
            }
            Instance::Backend(_) => {
                let lmtp = run("lmtpd", " -a");
                (
                    format!("compare {}", run("ctl_mboxlist", " -m")),
                    format!("lmtp {lmtp} listen=\"{own}:{LMTP}\" prefork=0"),
                )
            }
        };
        let recover = run("ctl_cyrusdb", " -r");
        let imap = run("imapd", "");
        format!(
            "START {{\n  recover {recover}\n  {start}\n}}\n\
             SERVICES {{\n  imap {imap} listen=\"{own}:{IMAP}\" prefork=0\n  {service}\n}}\n\
             EVENTS {{\n}}\n"
        )
    }
}
