//! The directory of a bed: slapd with the schema of RFC draft `inetLocalMailRecipient`, whose attribute `mailHost` has one value.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::process::{Command, Stdio};

use super::{ADMIN, BASE, Bed, LDAP, PASSWORD};

/// Writes the configuration and loads the base entry.
pub(super) fn prepare(bed: &Bed) -> io::Result<()> {
    let folder = bed.folder();
    for part in ["ldap", "run", "log", "etc"] {
        fs::create_dir_all(folder.join(part))?;
    }
    let root = folder.display();
    let config = format!(
        "include /etc/ldap/schema/core.schema\n\
         include /etc/ldap/schema/cosine.schema\n\
         include /etc/ldap/schema/inetorgperson.schema\n\
         include /etc/ldap/schema/misc.schema\n\
         pidfile {root}/run/slapd.pid\n\
         modulepath /usr/lib/ldap\n\
         moduleload back_mdb\n\
         loglevel stats\n\
         access to attrs=userPassword by anonymous auth by self write by * none\n\
         access to * by * read\n\
         database mdb\n\
         maxsize 67108864\n\
         suffix \"{BASE}\"\n\
         directory {root}/ldap\n\
         index objectClass,uid,mailHost eq\n\
         dbnosync\n\
         rootdn \"{ADMIN}\"\n\
         rootpw {PASSWORD}\n"
    );
    fs::write(folder.join("etc/slapd.conf"), config)?;
    let base = format!("dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n");
    fs::write(folder.join("etc/base.ldif"), base)?;
    let mut load = Command::new("/usr/sbin/slapadd");
    load.arg("-q").arg("-f").arg(folder.join("etc/slapd.conf")).arg("-l").arg(folder.join("etc/base.ldif"));
    let output = load.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("slapadd: {}", String::from_utf8_lossy(&output.stderr).trim())))
}

/// Returns the command of the server, which stays in the foreground and writes its operations to a log.
pub(super) fn command(bed: &Bed) -> Command {
    let mut command = Command::new("/usr/sbin/slapd");
    command.arg("-f").arg(bed.folder().join("etc/slapd.conf"));
    command.arg("-h").arg(format!("ldap://{}:{LDAP}", bed.proxy())).args(["-d", "256"]);
    super::dovecot::with_log(&mut command, &bed.folder().join("log/slapd.log"));
    command
}

/// Returns the attributes of a user.
pub(super) fn entry<'a>(user: &'a str, home: &'a str) -> Vec<(&'a str, HashSet<&'a str>)> {
    let one = |value: &'a str| HashSet::from([value]);
    vec![
        ("objectClass", HashSet::from(["inetOrgPerson", "inetLocalMailRecipient"])),
        ("uid", one(user)),
        ("cn", one(user)),
        ("sn", one(user)),
        ("mailHost", one(home)),
        ("userPassword", one(PASSWORD)),
    ]
}
