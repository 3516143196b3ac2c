//! The hosts under a data folder, and which names a host may have.

use super::error::StoreError;
use std::path::Path;

/// Why a name must not become a folder.
pub(super) fn objection(name: &str) -> Option<&'static str> {
    let allowed = |character: char| character.is_alphanumeric() || "-_.".contains(character);
    match name {
        "" => Some("it is empty"),
        name if name.len() > 253 => Some("it is longer than 253 bytes"),
        name if name.starts_with('.') => Some("it begins with a dot"),
        name if name.starts_with('-') => Some("it begins with a dash"),
        "status.json" | "feed.xml" => Some("it is that of a file of the site"),
        name if name.ends_with(".html") => Some("it is that of a page of the site"),
        name if !name.chars().all(allowed) => Some("it has other characters than a host's name"),
        _ => None,
    }
}

/// The hosts under a data folder, sorted: folders with a valid name and an entry `samples` in them, which whoever reads it finds
/// to be a folder or not.
///
/// # Errors
/// [`StoreError::Read`] if the data folder cannot be listed.
pub fn hosts(data: &Path) -> Result<Vec<String>, StoreError> {
    let read_error = |source| StoreError::Read { path: data.to_owned(), source };
    let mut names = Vec::new();
    for entry in fs_err::read_dir(data).map_err(read_error)? {
        let name = entry.map_err(read_error)?.file_name();
        if let Some(name) = name.to_str().filter(|name| objection(name).is_none())
            && fs_err::symlink_metadata(data.join(name).join("samples")).is_ok()
        {
            names.push(name.to_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_hosts_that_have_a_log() {
        let data = tempfile::tempdir().unwrap();
        for folder in ["web2/samples", "web1/samples", "empty", ".hidden/samples"] {
            fs_err::create_dir_all(data.path().join(folder)).unwrap();
        }
        fs_err::write(data.path().join("file"), "").unwrap();
        assert_eq!(hosts(data.path()).unwrap(), ["web1", "web2"]);
        assert!(hosts(&data.path().join("missing")).is_err());
    }
}
