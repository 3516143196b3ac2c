//! Where everything of a host lies, and which hosts and days there are.
//!
//! Host folders are filled by other machines over rsync: a name is checked before it becomes a path, and files are opened by
//! [`Layout::open`] alone.

use super::EVENTS;
use super::budget::Budget;
use super::error::StoreError;
use super::hosts::objection;
use crate::base::limits::Limits;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of alerts and messages under the data folder. No host has such a name.
pub const CHECK_FOLDER: &str = ".check";

/// The folder under the data folder of what is made from the logs. It belongs to whoever renders: a host that sends its log writes
/// into its own folder only. No host has such a name.
pub const DERIVED_FOLDER: &str = ".derived";

/// The folders and files of one host.
#[derive(Clone, Debug)]
pub struct Layout {
    data: PathBuf,
    host: String,
    /// Shared by all copies.
    budget: Arc<Budget>,
}

impl PartialEq for Layout {
    fn eq(&self, other: &Self) -> bool {
        (&self.data, &self.host) == (&other.data, &other.host)
    }
}

impl Eq for Layout {}

/// The files of one day: the plain one, a compressed one, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayFiles {
    /// The day, UTC.
    pub day: Date,
    /// There is `DAY.jsonl`.
    pub plain: bool,
    /// There is `DAY.jsonl.gz`.
    pub gz: bool,
    /// There is `DAY.columns.gz`.
    pub columns: bool,
}

impl DayFiles {
    /// A day without any.
    pub fn none(day: Date) -> Self {
        Self { day, plain: false, gz: false, columns: false }
    }

    /// In which form the day is compressed, if it is. Where both are, a run was killed before it removed the lines, or the other
    /// machine's columns have come: the lines count until they are gone.
    pub(super) fn packed(&self) -> Option<Form> {
        match (self.gz, self.columns) {
            (true, _) => Some(Form::Gzip),
            (false, true) => Some(Form::Columns),
            (false, false) => None,
        }
    }
}

/// What a file of a day is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `DAY.jsonl`: lines, appended to.
    Plain,
    /// `DAY.jsonl.gz`: lines, compressed.
    Gzip,
    /// `DAY.columns.gz`: turned on its side and compressed.
    Columns,
}

impl Form {
    /// As a day passes through them.
    pub(super) const ALL: [Self; 3] = [Self::Plain, Self::Gzip, Self::Columns];

    /// How the name of a file goes on behind the day.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::Plain => ".jsonl",
            Self::Gzip => ".jsonl.gz",
            Self::Columns => ".columns.gz",
        }
    }
}

/// How long the files of a day are: another size, another content, since logs only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaySizes {
    /// Size of `DAY.jsonl`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plain: Option<u64>,
    /// Size of `DAY.jsonl.gz`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gz: Option<u64>,
    /// Size of `DAY.columns.gz`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<u64>,
}

impl DaySizes {
    /// The size of one of them.
    pub(super) fn of(&self, form: Form) -> Option<u64> {
        match form {
            Form::Plain => self.plain,
            Form::Gzip => self.gz,
            Form::Columns => self.columns,
        }
    }
}

impl Layout {
    /// A host's place under the data folder.
    ///
    /// # Errors
    /// [`StoreError::HostName`] for a name that must not become a folder.
    pub fn new(data: impl Into<PathBuf>, host: impl Into<String>) -> Result<Self, StoreError> {
        let (data, host) = (data.into(), host.into());
        match objection(&host) {
            Some(reason) => Err(StoreError::HostName { name: host, reason }),
            None => Ok(Self { data, host, budget: Arc::new(Budget::new(Limits::without_time())) }),
        }
    }

    /// The host's name in the data folder.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Limits of the host.
    pub fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    pub(super) fn with_budget(self, budget: Arc<Budget>) -> Self {
        Self { budget, ..self }
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The host's folder.
    pub fn folder(&self) -> PathBuf {
        self.data.join(&self.host)
    }

    /// The folder of the sample log.
    pub fn samples(&self) -> PathBuf {
        self.folder().join("samples")
    }

    /// The sample log of a day.
    pub fn day_file(&self, day: Date) -> PathBuf {
        self.file_of(day, Form::Plain)
    }

    /// The sample log of a closed day, compressed.
    pub fn day_file_gz(&self, day: Date) -> PathBuf {
        self.file_of(day, Form::Gzip)
    }

    pub(super) fn file_of(&self, day: Date, form: Form) -> PathBuf {
        self.samples().join(format!("{day}{}", form.ending()))
    }

    /// The files of a day, as they are now.
    pub fn files(&self, day: Date) -> DayFiles {
        let is_there = |form| {
            let found = fs_err::symlink_metadata(self.file_of(day, form));
            found.is_ok_and(|found| !found.is_dir())
        };
        let [plain, gz, columns] = Form::ALL.map(is_there);
        DayFiles { day, plain, gz, columns }
    }

    /// The folder of what is made from the host's log: aggregates and caches.
    pub fn derived(&self) -> PathBuf {
        self.data.join(DERIVED_FOLDER).join(&self.host)
    }

    /// A folder for what can be deleted and is made again.
    pub fn cache(&self) -> PathBuf {
        self.derived().join("cache")
    }

    /// Held by who replaces files of closed days, or makes something of them.
    pub fn closed_lock(&self) -> PathBuf {
        self.cache().join("series/lock")
    }

    /// What changed on the host.
    pub fn events(&self) -> PathBuf {
        self.folder().join(EVENTS)
    }

    /// What became of the host's alerts, as the host itself found.
    pub fn alerts(&self) -> PathBuf {
        self.folder().join("alerts.jsonl")
    }

    /// What this machine remembers of the host's alerts: outside of the host's folder, which may come from another one.
    pub fn check(&self) -> PathBuf {
        self.data.join(CHECK_FOLDER).join("hosts").join(&self.host)
    }

    /// What was seen last of everything that may change.
    pub fn seen(&self) -> PathBuf {
        self.folder().join("seen")
    }

    /// What a sample needs of the one before it.
    pub fn state(&self) -> PathBuf {
        self.folder().join("state")
    }

    /// What a slow beat needs of the one before it.
    pub fn beat(&self) -> PathBuf {
        self.folder().join("beat")
    }

    /// What is known of services.
    pub fn services(&self) -> PathBuf {
        self.folder().join("services")
    }

    /// What is known of one's own runs.
    pub fn audit(&self) -> PathBuf {
        self.folder().join("audit")
    }

    /// What is known of the targets.
    pub fn targets(&self) -> PathBuf {
        self.folder().join("targets")
    }

    /// The days that have a log, ascending. A host without a log has none.
    ///
    /// # Errors
    /// [`StoreError::Read`] if the folder is there and cannot be listed, [`StoreError::TooCostly`] where there are too many.
    pub fn days(&self) -> Result<Vec<DayFiles>, StoreError> {
        let folder = self.samples();
        let entries = match self.entries(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(StoreError::Read { path: folder, source: error }),
        };
        let mut days = BTreeMap::<Date, DayFiles>::new();
        for (name, kind) in entries {
            let Some((day, form)) = name.to_str().and_then(parse_day_file) else { continue };
            // Links and pipes are listed: whoever opens them says that they are none of ours.
            if kind.is_dir() {
                continue;
            }
            let files = days.entry(day).or_insert_with(|| DayFiles::none(day));
            match form {
                Form::Plain => files.plain = true,
                Form::Gzip => files.gz = true,
                Form::Columns => files.columns = true,
            }
        }
        let _ = self.budget.list_days(days.len());
        self.within_limits()?;
        Ok(days.into_values().collect())
    }

    /// The sizes of a day's files.
    pub fn sizes(&self, files: &DayFiles) -> DaySizes {
        let size = |there: bool, path: PathBuf| {
            there.then(|| fs_err::symlink_metadata(path).ok()).flatten().map(|metadata| metadata.len())
        };
        DaySizes {
            plain: size(files.plain, self.day_file(files.day)),
            gz: size(files.gz, self.day_file_gz(files.day)),
            columns: size(files.columns, self.file_of(files.day, Form::Columns)),
        }
    }
}

/// The day of `2026-11-23.jsonl` or of its other forms, and which it is.
fn parse_day_file(name: &str) -> Option<(Date, Form)> {
    let (day, form) =
        Form::ALL.into_iter().find_map(|form| Some((name.strip_suffix(form.ending())?, form)))?;
    let digits = |range: std::ops::Range<usize>| -> Option<i16> {
        day.get(range)?
            .bytes()
            .try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i16::from(byte - b'0')))
    };
    let dashes = day.len() == 10 && day.as_bytes()[4] == b'-' && day.as_bytes()[7] == b'-';
    let month = i8::try_from(digits(5..7)?).ok()?;
    let date = Date::new(digits(0..4)?, month, i8::try_from(digits(8..10)?).ok()?).ok()?;
    dashes.then_some((date, form))
}

/// The day of a unix time, UTC.
///
/// # Errors
/// [`StoreError::Time`] for a time outside the years -9999 to 9999.
pub fn day_of(t: i64) -> Result<Date, StoreError> {
    let timestamp = Timestamp::from_second(t).map_err(|_| StoreError::Time { t })?;
    Ok(TimeZone::UTC.to_datetime(timestamp).date())
}

/// The unix time at which a day begins, UTC.
pub fn start_of(day: Date) -> i64 {
    TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).map_or(i64::MIN, Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn refuses_names_that_leave_the_data_folder_or_hide_in_it() {
        for name in ["web1", "db-2.example.org", "Büro_3", "10.0.0.1"] {
            assert!(Layout::new("/data", name).is_ok(), "{name}");
        }
        let long = "a".repeat(254);
        for name in ["", ".", "..", ".git", "a/b", "/etc", "a\0b", "a b", "-rf", "a\nb", "<b>", &long] {
            assert!(Layout::new("/data", name).is_err(), "{name}");
        }
    }

    #[test]
    fn lays_out_a_host() {
        let layout = Layout::new("/data", "web1").unwrap();
        let day = date(2026, 11, 23);
        assert_eq!(layout.day_file(day), Path::new("/data/web1/samples/2026-11-23.jsonl"));
        assert_eq!(layout.day_file_gz(day), Path::new("/data/web1/samples/2026-11-23.jsonl.gz"));
    }

    #[test]
    fn a_day_begins_at_midnight_utc() {
        assert_eq!(day_of(1_763_856_000).unwrap(), date(2025, 11, 23));
        assert_eq!(day_of(1_763_855_999).unwrap(), date(2025, 11, 22));
        assert_eq!(start_of(date(2025, 11, 23)), 1_763_856_000);
        assert_eq!(day_of(-1).unwrap(), date(1969, 12, 31));
        assert!(day_of(i64::MAX).is_err());
    }

    #[test]
    fn lists_days_and_nothing_else() {
        let data = tempfile::tempdir().unwrap();
        let layout = Layout::new(data.path(), "web1").unwrap();
        assert_eq!(layout.days().unwrap(), []);
        fs_err::create_dir_all(layout.samples().join("2026-11-20.jsonl")).unwrap();
        for name in [
            "2026-11-23.jsonl",
            "2026-11-22.jsonl.gz",
            "2026-11-23.jsonl.gz",
            "2026-11-21.columns.gz",
            "2026-11-2.jsonl",
            "2026-13-01.jsonl",
            "2026-11-é1.jsonl",
            "x",
        ] {
            fs_err::write(layout.samples().join(name), "12").unwrap();
        }
        let days = layout.days().unwrap();
        assert_eq!(
            days,
            [
                DayFiles { columns: true, ..DayFiles::none(date(2026, 11, 21)) },
                DayFiles { gz: true, ..DayFiles::none(date(2026, 11, 22)) },
                DayFiles { plain: true, gz: true, ..DayFiles::none(date(2026, 11, 23)) },
            ]
        );
        assert_eq!(layout.sizes(&days[1]), DaySizes { plain: None, gz: Some(2), columns: None });
    }
}
