//! What all pages of one run share: language, zone, what may be shown, the time of the run. And how names and numbers
//! are written in it.

use super::evaluate::Name;
use crate::analysis::Group;
use crate::analysis::report::words::Telling;
use crate::base::format;
use crate::base::unit::Unit;
use crate::base::words::{Lang, Words};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

use super::model::Moment;

/// What all pages of one run share.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    /// The language.
    pub lang: Lang,
    /// The zone of all times.
    pub zone: TimeZone,
    /// Leave out addresses, user and process names, mount paths.
    pub public: bool,
    /// When the run began, unix time.
    pub now: i64,
}

impl Scene {
    /// The words of the language.
    pub(crate) fn words(&self) -> &'static Words {
        Words::of(self.lang)
    }

    /// How a report on a host is told whose last sample was taken `at`.
    pub(crate) fn telling(&self, at: i64) -> Telling<'_> {
        Telling { words: self.words(), zone: &self.zone, now: at }
    }

    /// The text of a key.
    pub(crate) fn word(&self, key: &str) -> String {
        self.words().get(key).to_owned()
    }

    /// A number with its unit.
    pub(crate) fn quantity(&self, value: f64, unit: Unit) -> String {
        format::quantity(value, unit, false)
    }

    /// A rate with its unit.
    pub(crate) fn rate(&self, value: f64, unit: Unit) -> String {
        format::quantity(value, unit, true)
    }

    /// A share as percent.
    pub(crate) fn percent(&self, share: f64) -> String {
        format::quantity(share, Unit::Ratio, false)
    }

    /// A span of time.
    pub(crate) fn duration(&self, seconds: f64) -> String {
        format::duration(seconds, self.lang)
    }

    /// The same of whole seconds; what would be negative is none.
    #[expect(clippy::cast_precision_loss, reason = "seconds of some years are exact in an f64")]
    pub(crate) fn whole_duration(&self, seconds: i64) -> String {
        self.duration(seconds.max(0) as f64)
    }

    /// The zone's name, `Europe/Berlin`; the offset where the zone has none.
    pub(crate) fn zone_name(&self) -> String {
        format::zone(&self.zone, self.now)
    }

    /// An instant to the second: the time alone today, else with its day.
    pub(crate) fn second(&self, unix: i64) -> Moment {
        let time = format::time(unix, &self.zone);
        let today =
            format::date(self.now, &self.zone, self.lang) == format::date(unix, &self.zone, self.lang);
        let text = if today { time } else { format!("{} {time}", format::date(unix, &self.zone, self.lang)) };
        Moment { iso: iso(unix), text, unix }
    }

    /// An instant to the minute, as short as it can be understood now.
    pub(crate) fn minute(&self, unix: i64) -> Moment {
        let text = format::moment(unix, self.now, &self.zone, self.lang);
        Moment { iso: iso(unix), text, unix }
    }

    /// An instant to the minute with its day.
    pub(crate) fn day_minute(&self, unix: i64) -> String {
        format!("{} {}", format::day(unix, &self.zone, self.lang), format::minute(unix, &self.zone))
    }

    /// What a series is called.
    pub(crate) fn name(&self, name: &Name, aliases: &Aliases) -> String {
        match name {
            Name::Layer(key) => self.word(&format!("layer.{key}")),
            Name::Group(group) => self.group(*group),
            Name::Instance(instance) => aliases.of(instance),
        }
    }

    /// What a group of the memory breakdown is called.
    pub(crate) fn group(&self, group: Group) -> String {
        self.word(&format!("group.{}", group.key()))
    }

    /// What a rule is called: a built-in one by its words, the user's by its name.
    pub(crate) fn rule(&self, name: &str) -> String {
        let words = self.words();
        words.find(&format!("rule.{name}")).unwrap_or(name).to_owned()
    }

    /// The names under which mount points are shown: as they are, or numbered where the page is public.
    pub(crate) fn mounts<'a>(&self, mounts: impl IntoIterator<Item = &'a str>) -> Aliases {
        self.numbered("public.disk", mounts)
    }

    /// The same for targets. Pictures of longer windows may show some that nobody asks any more.
    pub(crate) fn targets<'a>(&self, targets: impl IntoIterator<Item = &'a str>) -> Aliases {
        let others = self.public.then(|| self.word("public.former_target"));
        Aliases { others, ..self.numbered("public.target", targets) }
    }

    fn numbered<'a>(&self, word: &str, names: impl IntoIterator<Item = &'a str>) -> Aliases {
        let mut aliases = Aliases::default();
        if self.public {
            for (index, name) in names.into_iter().enumerate() {
                let number = (index + 1).to_string();
                let alias = self.words().fill(word, &[("n", &number)]);
                aliases.table.insert(name.to_owned(), alias);
            }
        }
        aliases
    }
}

/// Names that are shown instead of others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Aliases {
    table: BTreeMap<String, String>,
    /// Stands for every name that is not in the table, where names must not be shown.
    others: Option<String>,
}

impl Aliases {
    /// The name to show.
    pub(crate) fn of(&self, name: &str) -> String {
        self.table.get(name).or(self.others.as_ref()).cloned().unwrap_or_else(|| name.to_owned())
    }

    /// What caches that show names depend on.
    pub(crate) fn hash_input(&self) -> String {
        format!("{:?}", self.table)
    }
}

/// RFC 3339 in UTC, for machines.
pub(crate) fn iso(unix: i64) -> String {
    jiff::Timestamp::from_second(unix).map_or_else(|_| String::new(), |at| at.to_string())
}
