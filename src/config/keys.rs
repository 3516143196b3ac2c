//! The keys that the user's file sets, flat, with their values as text: what `event` compares to say which of them
//! changed.

use super::Loaded;
use toml::{Table, Value};

impl Loaded {
    /// `services.command` and its value, of all keys in the file; those of `[[traffic]]` are
    /// `traffic.1.quota_gb`, and where an entry has a name, by that: `check.services.command`.
    pub fn keys(&self) -> Vec<(String, String)> {
        let mut keys = Vec::new();
        if let Ok(table) = self.text.as_deref().unwrap_or_default().parse::<Table>() {
            flatten("", Value::Table(table), &mut keys);
        }
        keys
    }
}

fn flatten(name: &str, value: Value, keys: &mut Vec<(String, String)>) {
    let inside = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value {
        Value::Table(table) => table.into_iter().for_each(|(key, value)| flatten(&inside(&key), value, keys)),
        Value::Array(items) if items.iter().any(Value::is_table) => {
            for (index, item) in items.into_iter().enumerate() {
                let named = item.get("name").and_then(Value::as_str);
                let label = named.map_or_else(|| (index + 1).to_string(), str::to_owned);
                flatten(&inside(&label), item, keys);
            }
        }
        value => keys.push((name.to_owned(), value.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Environment, Flags, load};

    #[test]
    fn keys_are_flat() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cronograph.toml");
        fs_err::write(
            &path,
            "lang = \"zh\"\n[sample]\ntop = 3\n[[traffic]]\nquota_gb = 5.0\n[[check]]\nname = \"mail\"\ncommand = [\"x\"]\n",
        )
        .unwrap();
        let flags = Flags { config: Some(path), ..Flags::default() };
        let keys = load(&flags, &Environment::default()).unwrap().keys();
        let names: Vec<&str> = keys.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(
            names,
            ["check.mail.command", "check.mail.name", "lang", "sample.top", "traffic.1.quota_gb"]
        );
        assert_eq!(keys[2].1, "\"zh\"");
    }
}
