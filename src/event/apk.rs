//! Alpine's packages: `/lib/apk/db/installed`, paragraphs with `P:name` and `V:version`.

use super::packages::Packages;
use super::tree::Tree;
use crate::sample::parse;

pub(super) const DATABASE: &str = "lib/apk/db/installed";
/// It lists all files of all packages.
const MOST_BYTES: usize = 64 << 20;

/// The packages that are installed.
pub(super) fn packages(tree: &Tree) -> Option<Packages> {
    Some(parse_database(&tree.read(DATABASE, 0, MOST_BYTES).ok()??))
}

fn parse_database(bytes: &[u8]) -> Packages {
    let mut packages = Packages::new();
    let mut name = None;
    for line in bytes.split(|byte| *byte == b'\n') {
        if line.is_empty() {
            name = None;
        } else if let Some(found) = line.strip_prefix(b"P:") {
            name = Some(parse::text(found));
        } else if let (Some(version), Some(name)) = (line.strip_prefix(b"V:"), &name) {
            packages.insert(name.clone(), parse::text(version));
        }
    }
    packages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_have_a_name_and_a_version() {
        let database =
            b"C:Q1abc=\nP:musl\nV:1.2.4-r2\nA:x86_64\nF:lib\nR:libc.so\n\nP:nginx\nV:1.24.0-r7\n\nV:9\n";
        let found: Vec<(String, String)> = parse_database(database).into_iter().collect();
        let pair = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        assert_eq!(found, [pair("musl", "1.2.4-r2"), pair("nginx", "1.24.0-r7")]);
    }
}
