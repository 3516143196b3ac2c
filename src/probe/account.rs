//! The user that a command runs as: `/etc/passwd` and `/etc/group`, `passwd(5)`, `group(5)`. Not by the system's name
//! services, which would load code and ask other hosts.

use super::ProbeError;
use crate::sample::Root;
use rustix::process::{Gid, Uid};
use std::path::PathBuf;

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The name.
    pub name: String,
    /// The number.
    pub uid: Uid,
    /// The group.
    pub gid: Gid,
    /// All groups.
    pub groups: Vec<Gid>,
    /// The home folder.
    pub home: PathBuf,
}

impl Account {
    /// The user of this name or number.
    ///
    /// # Errors
    /// There is none.
    pub fn named(root: &Root, name: &str) -> Result<Self, ProbeError> {
        let path = root.path("etc/passwd");
        let text = fs_err::read_to_string(&path).unwrap_or_default();
        let wanted = |fields: &[&str]| fields.first() == Some(&name) || fields.get(2) == Some(&name);
        let found =
            text.lines().map(fields).find(|fields| wanted(fields)).and_then(|fields| Self::of(root, &fields));
        found.ok_or_else(|| ProbeError::NoUser { name: name.to_owned(), path: path.display().to_string() })
    }

    /// `name:password:uid:gid:comment:home:shell`
    fn of(root: &Root, fields: &[&str]) -> Option<Self> {
        let number = |index: usize| fields.get(index)?.parse().ok();
        let (name, gid) = ((*fields.first()?).to_owned(), Gid::from_raw(number(3)?));
        let mut groups = vec![gid];
        let text = fs_err::read_to_string(root.path("etc/group")).unwrap_or_default();
        // `name:password:gid:member,member`
        for line in text.lines().map(self::fields) {
            let is_member =
                line.get(3).is_some_and(|members| members.split(',').any(|member| member == name));
            let group = line.get(2).and_then(|gid| gid.parse().ok()).map(Gid::from_raw);
            groups.extend(group.filter(|group| is_member && *group != gid));
        }
        let home = PathBuf::from(fields.get(5).filter(|home| !home.is_empty()).unwrap_or(&"/"));
        Some(Self { uid: Uid::from_raw(number(2)?), gid, groups, home, name })
    }
}

fn fields(line: &str) -> Vec<&str> {
    line.split(':').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_name_or_number_with_all_groups() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::create_dir(folder.path().join("etc")).unwrap();
        fs_err::write(
            folder.path().join("etc/passwd"),
            "root:x:0:0:root:/root:/bin/sh\nweb:x:33:34::/srv/web:/bin/false\n",
        )
        .unwrap();
        fs_err::write(folder.path().join("etc/group"), "web:x:34:\nadm:x:4:syslog,web\nother:x:5:webb\n")
            .unwrap();
        let root = Root::recorded(folder.path());
        let web = Account::named(&root, "web").unwrap();
        assert_eq!((web.uid.as_raw(), web.gid.as_raw(), web.home.to_str()), (33, 34, Some("/srv/web")));
        assert_eq!(web.groups.iter().map(|gid| gid.as_raw()).collect::<Vec<_>>(), [34, 4]);
        assert_eq!(Account::named(&root, "33").unwrap(), web);
        let error = Account::named(&root, "nobody").unwrap_err().to_string();
        assert!(error.starts_with("there is no user nobody in /"), "{error}");
    }
}
