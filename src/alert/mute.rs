//! What the user does not want to hear of for a while: `<data>/.check/mutes.json`. A muted alert is looked at and shown as
//! ever; when the time is over, what still holds is told.

use crate::base::{files, glob};
use crate::store::CHECK_FOLDER;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// One rule, or several, on one host, or several, for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    /// The rule's name, or a pattern.
    pub rule: String,
    /// The host's name, or a pattern; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Until when, unix time.
    pub until: i64,
}

/// All that is muted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mutes(pub Vec<Mute>);

impl Mutes {
    /// What is muted under a data folder; nothing where the file is missing or broken.
    pub fn load(data: &Path) -> Self {
        fs_err::read(path(data))
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    /// Keeps it.
    ///
    /// # Errors
    /// What the file system says.
    pub fn save(&self, data: &Path) -> io::Result<()> {
        files::create_folder(&data.join(CHECK_FOLDER))?;
        let mut bytes = serde_json::to_vec(self)?;
        bytes.push(b'\n');
        files::write_durable(&path(data), &bytes).map(|_| ())
    }

    /// Whether a rule is muted on a host now.
    pub fn holds(&self, rule: &str, host: &str, now: i64) -> bool {
        self.until(rule, host, now).is_some()
    }

    /// Until when a rule is muted on a host, if it is.
    pub fn until(&self, rule: &str, host: &str, now: i64) -> Option<i64> {
        let mutes = self.of_host(host, now).filter(|mute| glob::matches(&mute.rule, rule));
        mutes.map(|mute| mute.until).max()
    }

    /// Adds one in place of the one that is about the same, and forgets those that are over.
    pub fn add(&mut self, mute: Mute, now: i64) {
        self.take(&mute.rule, mute.host.as_deref(), now);
        self.0.push(mute);
    }

    /// Those that hold.
    pub fn holding(&self, now: i64) -> impl Iterator<Item = &Mute> {
        self.0.iter().filter(move |mute| mute.until > now)
    }

    /// Those that hold on a host.
    pub fn of_host(&self, host: &str, now: i64) -> impl Iterator<Item = &Mute> {
        let is_meant =
            move |mute: &&Mute| mute.host.as_ref().is_none_or(|wanted| glob::matches(wanted, host));
        self.holding(now).filter(is_meant)
    }

    /// Ends those of a rule and on hosts as they were named, of all where none is; forgets those that are over. How many it ended.
    pub fn end(&mut self, rule: Option<&str>, host: Option<&str>, now: i64) -> usize {
        self.0.retain(|known| known.until > now);
        let before = self.0.len();
        let is_named = |wanted: Option<&str>, known: Option<&str>| wanted.is_none() || wanted == known;
        self.0.retain(|known| !(is_named(rule, Some(&known.rule)) && is_named(host, known.host.as_deref())));
        before - self.0.len()
    }

    /// Takes one out, and forgets those that are over; false where there is none such.
    fn take(&mut self, rule: &str, host: Option<&str>, now: i64) -> bool {
        self.0.retain(|known| known.until > now);
        let before = self.0.len();
        self.0.retain(|known| known.rule != rule || known.host.as_deref() != host);
        self.0.len() < before
    }
}

fn path(data: &Path) -> PathBuf {
    data.join(CHECK_FOLDER).join("mutes.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mute(rule: &str, host: Option<&str>, until: i64) -> Mute {
        Mute { rule: rule.to_owned(), host: host.map(str::to_owned), until }
    }

    #[test]
    fn a_rule_is_muted_on_the_hosts_that_are_meant_until_its_time() {
        let mut mutes = Mutes::default();
        mutes.add(mute("memory", Some("web*"), 100), 0);
        mutes.add(mute("pressure-*", None, 200), 0);
        assert!(mutes.holds("memory", "web1", 99) && !mutes.holds("memory", "web1", 100));
        assert!(!mutes.holds("memory", "db1", 0));
        assert_eq!(mutes.until("pressure-io", "db1", 0), Some(200));
        mutes.add(mute("memory", Some("web*"), 500), 150);
        assert_eq!(mutes.0.len(), 2, "the same again replaces what was");
        assert_eq!(
            (mutes.end(Some("memory"), Some("db*"), 150), mutes.end(Some("memory"), None, 150)),
            (0, 1)
        );
        assert_eq!((mutes.end(Some("memory"), None, 150), mutes.holding(150).count()), (0, 1));
        assert_eq!(mutes.end(None, None, 150), 1);
    }

    #[test]
    fn it_is_kept_beside_the_hosts() {
        let data = tempfile::tempdir().unwrap();
        assert_eq!(Mutes::load(data.path()), Mutes::default());
        let mutes = Mutes(vec![mute("swap", None, 7)]);
        mutes.save(data.path()).unwrap();
        assert_eq!(Mutes::load(data.path()), mutes);
        assert_eq!(fs_err::read_to_string(path(data.path())).unwrap(), "[{\"rule\":\"swap\",\"until\":7}]\n");
    }
}
