//! What a message tells, before it is put into the form of a channel: pure data in words of the user's language, with all
//! the evidence, so that nobody must log in to learn what happened. It is kept in the spool as JSON until it is sent.

use crate::analysis::Level;
use serde::{Deserialize, Serialize};

/// Everything that one run has to tell, of all hosts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// Made of what it tells, so that the same changes never become two messages: the left part of a `Message-ID`.
    pub id: String,
    /// When it was made, unix time.
    pub t: i64,
    /// Ids of earlier notices that this one continues or closes, oldest first (`References`, `In-Reply-To`).
    pub replies_to: Vec<String>,
    /// What is told, the worst first.
    pub items: Vec<Item>,
    /// Where the pages are, if the user said so.
    pub site: Option<String>,
}

/// One alert of one host.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The host's name in the data folder.
    pub host: String,
    /// The rule's name; empty where there is nothing to silence.
    pub rule: String,
    /// The file system, interface, service …; empty where there is only one.
    pub instance: String,
    /// How bad it is, or was.
    pub level: Level,
    /// What became of it.
    pub change: Change,
    /// One line of plain words: `Memory: 32 MiB of 496 MiB available`.
    pub what: String,
    /// Since when it holds, unix time.
    pub since: i64,
    /// Until when it held, where it is over.
    pub until: Option<i64>,
    /// What is known of it, in the order of reading: value and limit, where it goes, what grows most, what changed then.
    pub facts: Vec<Fact>,
    /// The first command to run, if there is one.
    pub command: Option<String>,
    /// The host's page, where the user said where pages are.
    pub link: Option<String>,
    /// The chart that proves it.
    pub picture: Option<Picture>,
}

/// A label and what belongs to it, in the user's language.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// `Since`, `At this rate`, `Grows most`.
    pub label: String,
    /// One line each.
    pub lines: Vec<String>,
}

/// A picture that goes with a message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// The bytes of a PNG; in JSON as base64.
    #[serde(with = "as_base64")]
    pub png: Vec<u8>,
    /// Width as shown, in CSS pixels; it is drawn at twice that.
    pub width: u32,
    /// Height as shown.
    pub height: u32,
    /// What it shows, in words.
    pub alt: String,
    /// What its colours mean.
    #[serde(default)]
    pub legend: Vec<Swatch>,
}

/// A colour of a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swatch {
    /// As CSS writes it, `#d55e00`.
    pub colour: String,
    /// What has it.
    pub label: String,
}

/// Bytes as text, a third longer than they are and not four times.
mod as_base64 {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// What became of an alert since it was told last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It holds now.
    #[default]
    Fired,
    /// It is critical now, and was not.
    Worsened,
    /// It still holds; told again because the user asked for reminders.
    Reminder,
    /// It is over.
    Resolved,
    /// It came and went between two messages.
    Passed,
}

impl Change {
    /// Its name in templates and JSON, and its key in the words: `message.when.KEY`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Fired => "fired",
            Self::Worsened => "worsened",
            Self::Reminder => "reminder",
            Self::Resolved => "resolved",
            Self::Passed => "passed",
        }
    }

    /// Whether nothing of it is left.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Resolved | Self::Passed)
    }
}

impl Notice {
    /// The worst that holds now; `Ok` where all is over.
    pub fn level(&self) -> Level {
        let open = self.items.iter().filter(|item| !item.change.is_over());
        open.map(|item| item.level).max().unwrap_or_default()
    }
}
