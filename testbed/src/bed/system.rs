//! The configuration of a bed as a system that `stranded` reads and writes.

use std::fs;
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use super::{ADMIN, BASE, Bed, IMAP, LDAP, LMTP, PASSWORD, Store};

/// Writes the file with the password of the directory and of every user. Only its owner can read it.
pub(super) fn prepare(bed: &Bed) -> io::Result<()> {
    let mut file = fs::File::options().create_new(true).write(true).mode(0o600).open(secret(bed))?;
    file.write_all(PASSWORD.as_bytes())
}

/// Returns the file with the password.
pub(super) fn secret(bed: &Bed) -> PathBuf {
    bed.folder().join("etc/secret")
}

/// Returns the configuration, with another address for each server.
pub(super) fn toml(bed: &Bed, address: &dyn Fn(Ipv4Addr) -> Ipv4Addr) -> String {
    let secret = format!("{{ file = \"{}\" }}", secret(bed).display());
    let proxy = address(bed.proxy());
    let stores: String = [("source", Store::A), ("destination", Store::B)]
        .map(|(name, store)| {
            let mail = bed.folder().join("mail").join(store.name()).join("{user}");
            let (home, mail) = (bed.host(store), mail.display());
            format!(
                "[stores.{name}]\n\
                 home = \"{home}\"\n\
                 imap = \"imap://{}:{IMAP}\"\n\
                 login = \"{{user}}\"\n\
                 password = {secret}\n\
                 present = [\"/usr/bin/test\", \"-d\", \"{mail}/sdbox\"]\n\
                 delete = [\"/bin/rm\", \"-rf\", \"--\", \"{mail}\"]\n\n",
                address(home)
            )
        })
        .concat();
    format!(
        "[directory]\n\
         url = \"ldap://{proxy}:{LDAP}\"\n\
         bind = \"{ADMIN}\"\n\
         password = {secret}\n\
         entry = \"uid={{user}},{BASE}\"\n\
         home = \"mailHost\"\n\
         new-password = {secret}\n\n\
         {stores}\
         [delivery]\n\
         lmtp = \"lmtp://{proxy}:{LMTP}\"\n\
         recipient = \"{{user}}\"\n\n\
         [logon]\n\
         imap = \"imap://{proxy}:{IMAP}\"\n\n\
         [timeouts]\n\
         answer = \"10s\"\n"
    )
}
