//! What the site has written into the output folder: `.cronograph/manifest.json` there. Only files named in it are ever
//! removed; a manifest that cannot be read counts as empty, which keeps too much rather than too little.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// One file that the site wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Hash of its content, the page's own time left out.
    pub hash: String,
    /// Its length: a file cut short by a crash is written again.
    pub size: u64,
    /// Since when no page refers to it, unix time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<i64>,
}

/// The site's files by path relative to the output folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// By relative path with `/`.
    pub files: BTreeMap<String, Entry>,
    /// The pages are of a stretch of the past, and no later run keeps them up to date.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub past: bool,
}

impl Manifest {
    /// Reads a manifest; paths that would lead out of the folder are not believed.
    pub(crate) fn load(path: &Path) -> Self {
        let Ok(text) = fs_err::read(path) else { return Self::default() };
        let mut manifest: Self = serde_json::from_slice(&text).unwrap_or_default();
        manifest.files.retain(|path, _| is_inside(path));
        manifest
    }

    /// The files of the last run that this run does not want, each with the time since when.
    pub(crate) fn dropped(&self, wanted: &BTreeMap<String, Entry>, now: i64) -> BTreeMap<String, Entry> {
        let unwanted = self.files.iter().filter(|(path, _)| !wanted.contains_key(*path));
        unwanted
            .map(|(path, entry)| {
                // A clock that jumped back must not keep a file for years.
                let since = entry.dropped.map_or(now, |since| since.min(now));
                (path.clone(), Entry { dropped: Some(since), ..entry.clone() })
            })
            .collect()
    }
}

/// Whether a relative path stays below the folder.
fn is_inside(path: &str) -> bool {
    !path.is_empty() && path.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(dropped: Option<i64>) -> Entry {
        Entry { hash: "h".to_owned(), size: 1, dropped }
    }

    #[test]
    fn paths_out_of_the_folder_are_not_believed() {
        for path in ["", "/etc/passwd", "../x", "a/../../x", "a//b", "./a"] {
            assert!(!is_inside(path), "{path}");
        }
        assert!(is_inside("web1/cpu-0123456789ab-dark.png"));
    }

    #[test]
    fn what_is_no_longer_wanted_keeps_the_time_since_when() {
        let mut manifest = Manifest::default();
        for (path, dropped) in [("kept", None), ("new", None), ("old", Some(50)), ("future", Some(900))] {
            manifest.files.insert(path.to_owned(), entry(dropped));
        }
        let wanted = BTreeMap::from([("kept".to_owned(), entry(None))]);
        let dropped = manifest.dropped(&wanted, 100);
        let since: Vec<_> = dropped.iter().map(|(path, entry)| (path.as_str(), entry.dropped)).collect();
        assert_eq!(since, [("future", Some(100)), ("new", Some(100)), ("old", Some(50))]);
    }
}
