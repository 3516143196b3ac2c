//! Rules, ready to be evaluated: the built-in ones (`defaults.toml`), what the user's configuration changes about them, and
//! his own, for one host.

use super::expression::{Comparison, Condition};
use super::machine::{Patience, Reading};
use super::parse::{condition, continued};
use super::table::{Table, names_instances};
use super::told;
use crate::analysis::Level;
use crate::base::{glob, hash};
use crate::config::{RuleConfig, Severity, Span};
use crate::series::Frame;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The built-in rules, as text.
pub const DEFAULTS: &str = include_str!("defaults.toml");

/// What is about silence: a host that is silent is not said to be in trouble, nobody knows.
pub(crate) const SILENT: &str = "silent";

/// A rule of one host.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// When it holds.
    pub when: Condition,
    /// When it is critical.
    pub critical: Option<Condition>,
    /// When it is over; none: when it does not hold.
    pub clear: Option<Condition>,
    /// How long it must hold and be over.
    pub patience: Patience,
    /// How bad it is: `Ok` where it is but a note.
    pub level: Level,
    /// Whether a message says that it is over.
    pub resolve: bool,
    /// What the user wants said of it.
    pub text: Option<String>,
    /// The first command to run.
    pub command: Option<String>,
    only: Option<Vec<String>>,
    except: Vec<String>,
    /// Its name and a hash of when it holds: one that says another thing is another rule.
    pub(super) print: String,
}

/// Why rules cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rule `{name}`: {key}: {message}")]
pub struct RuleError {
    /// The rule's name.
    pub name: String,
    /// Which entry of `[[rule]]`, from 0.
    pub index: usize,
    /// Which key of it.
    pub key: &'static str,
    /// What is wrong with it, in words.
    pub message: String,
}

/// The rules of all hosts.
#[derive(Clone, Debug)]
pub struct Rules {
    own: Vec<RuleConfig>,
    /// Those of a host that nothing is said of by name.
    common: Arc<Vec<Rule>>,
}

#[derive(Deserialize)]
struct BuiltIn {
    rule: Vec<RuleConfig>,
}

impl Rules {
    /// The built-in rules with what the configuration says.
    ///
    /// # Errors
    /// [`RuleError`] for the first entry that cannot be understood.
    pub fn new(own: &[RuleConfig]) -> Result<Self, RuleError> {
        let built_in = built_in();
        for (index, rule) in own.iter().enumerate() {
            let known = built_in.iter().chain(&own[..index]).find(|known| known.name == rule.name);
            let whole = known.map_or_else(|| rule.clone(), |known| over(known, rule));
            compile(&whole).map_err(|error| RuleError { index, ..error })?;
        }
        let everywhere: Vec<RuleConfig> = own.iter().filter(|rule| rule.host.is_none()).cloned().collect();
        let common = Arc::new(for_host(&everywhere, "")?);
        Ok(Self { own: own.to_vec(), common })
    }

    /// The rules of a host.
    pub fn of(&self, host: &str) -> Arc<Vec<Rule>> {
        let names_it =
            |rule: &RuleConfig| rule.host.as_ref().is_some_and(|wanted| glob::matches(wanted, host));
        if !self.own.iter().any(names_it) {
            return Arc::clone(&self.common);
        }
        // Each entry was compiled, and so are they together: a key of one replaces that of another.
        for_host(&self.own, host).map_or_else(|_| Arc::clone(&self.common), Arc::new)
    }

    /// Every rule's name.
    pub fn names(&self) -> BTreeSet<String> {
        let own = self.own.iter().map(|rule| rule.name.clone());
        self.common.iter().map(|rule| rule.name.clone()).chain(own).collect()
    }
}

/// The built-in rules, as the configuration would have them.
pub fn built_in() -> Vec<RuleConfig> {
    // A test reads them: they are what this program was built with.
    toml::from_str::<BuiltIn>(DEFAULTS).map(|defaults| defaults.rule).unwrap_or_default()
}

fn for_host(own: &[RuleConfig], host: &str) -> Result<Vec<Rule>, RuleError> {
    let mut rules = built_in();
    let meant = |rule: &&RuleConfig| rule.host.as_ref().is_none_or(|wanted| glob::matches(wanted, host));
    for rule in own.iter().filter(meant) {
        match rules.iter_mut().find(|known| known.name == rule.name) {
            Some(known) => *known = over(known, rule),
            None => rules.push(rule.clone()),
        }
    }
    rules.iter().filter(|rule| rule.enabled != Some(false)).map(compile).collect()
}

/// A rule with what another of its name says. A new condition does not take over the ends of the old one.
fn over(known: &RuleConfig, rule: &RuleConfig) -> RuleConfig {
    macro_rules! first {
        ($($field:ident)*) => { RuleConfig {
            name: rule.name.clone(),
            host: rule.host.clone(),
            critical: rule.critical.clone().or_else(|| known.critical.clone().filter(|_| rule.when.is_none())),
            clear: rule.clear.clone().or_else(|| known.clear.clone().filter(|_| rule.when.is_none())),
            $( $field: rule.$field.clone().or_else(|| known.$field.clone()), )*
        } };
    }
    first!(when hold clear_for severity enabled only except resolve text command)
}

fn compile(rule: &RuleConfig) -> Result<Rule, RuleError> {
    let error = |key: &'static str| {
        let name = rule.name.clone();
        move |message: String| RuleError { name, index: 0, key, message }
    };
    let Some(when) = &rule.when else { return Err(error("name")(told::nameless(&rule.name))) };
    let when = condition(when).map_err(error("when"))?;
    let ends = |text: &Option<String>, key| {
        text.as_deref().map(|text| continued(text, &when).map_err(error(key))).transpose()
    };
    let (critical, clear) = (ends(&rule.critical, "critical")?, ends(&rule.clear, "clear")?);
    let seconds = |span: Option<Span>| span.map(|span| span.0);
    let hold = seconds(rule.hold).unwrap_or(0);
    let says =
        format!("{:?}", (&rule.when, &rule.critical, &rule.clear, &rule.hold, &rule.only, &rule.except));
    Ok(Rule {
        print: format!("{} {:016x}", rule.name, hash::number(says.as_bytes())),
        name: rule.name.clone(),
        when,
        critical,
        clear,
        patience: Patience { hold, calm: seconds(rule.clear_for).unwrap_or(hold) },
        level: match rule.severity {
            Some(Severity::Note) => Level::Ok,
            Some(Severity::Critical) if rule.name == SILENT => Level::Silent,
            Some(Severity::Critical) => Level::Critical,
            Some(Severity::Warning) | None => Level::Warning,
        },
        resolve: rule.resolve.unwrap_or(true),
        text: rule.text.as_deref().map(told::read).transpose().map_err(error("text"))?,
        command: rule.command.clone(),
        only: rule.only.clone(),
        except: rule.except.clone().unwrap_or_default(),
    })
}

impl Rule {
    /// The instances that it is about.
    pub fn instances(&self, table: &Table<'_>) -> BTreeSet<String> {
        let mut found = table.instances(&self.when);
        found.retain(|instance| self.is_for(instance));
        found
    }

    /// Whether the user wants it to be about an instance.
    pub fn is_for(&self, instance: &str) -> bool {
        let fits = |patterns: &[String]| patterns.iter().any(|wanted| glob::matches(wanted, instance));
        self.only.as_deref().is_none_or(fits) && !fits(&self.except)
    }

    /// Whether its condition looks at a number.
    pub(super) fn is_about(&self, wanted: &str) -> bool {
        let mut found = false;
        for comparison in self.when.comparisons() {
            comparison.left.columns(&mut |metric, _| found |= metric == wanted);
        }
        found
    }

    /// Returns true where its condition names instances by a pattern.
    pub(super) fn names_instances(&self) -> bool {
        names_instances(&self.when)
    }

    /// What is known of an instance in each row; `None` where nothing is.
    pub fn readings(&self, table: &Table<'_>, instance: &str) -> Vec<Option<Reading>> {
        let of = |condition: &Condition| table.holds(condition, instance);
        let (when, critical) = (of(&self.when), self.critical.as_ref().map(of));
        let clear = self.clear.as_ref().map(of);
        let is = |rows: &Option<Vec<Option<bool>>>, row: usize| {
            rows.as_ref().is_some_and(|rows| rows[row] == Some(true))
        };
        let reading = |(row, holds): (usize, &Option<bool>)| {
            Some(match (*holds)? {
                true if is(&critical, row) => Reading::Holds(Level::Critical),
                true => Reading::Holds(self.level),
                false if clear.is_none() || is(&clear, row) => Reading::Over,
                false => Reading::Between,
            })
        };
        when.iter().enumerate().map(reading).collect()
    }

    /// What it is about: the value that is shown.
    pub fn subject(&self) -> Option<&Comparison> {
        self.when.first()
    }

    /// The value that it is about, in each row of a window; of what is known beside the samples there is none.
    pub fn values(&self, frame: &Frame, instance: &str, cores: Option<f64>) -> Vec<f64> {
        let mut table = Table::new(frame, i64::MIN);
        if let Some(cores) = cores {
            table.constant("host.cores", cores);
        }
        let mut values =
            self.subject().map(|subject| table.values(&subject.left, instance)).unwrap_or_default();
        values.resize(frame.times.len(), f64::NAN);
        values
    }

    /// How many seconds of the past it looks at.
    pub fn reach(&self) -> i64 {
        let conditions =
            [Some(&self.when), self.critical.as_ref(), self.clear.as_ref()].into_iter().flatten();
        conditions
            .flat_map(Condition::comparisons)
            .map(|comparison| comparison.left.reach())
            .max()
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(text: &str) -> Vec<RuleConfig> {
        toml::from_str::<BuiltIn>(text).unwrap().rule
    }

    fn named<'a>(rules: &'a [Rule], name: &str) -> &'a Rule {
        rules.iter().find(|rule| rule.name == name).unwrap()
    }

    #[test]
    fn the_built_in_rules_are_understood_and_have_names_of_their_own() {
        let rules = Rules::new(&[]).unwrap();
        let all = rules.of("web1");
        assert!(all.len() > 25, "{} rules", all.len());
        assert_eq!(rules.names().len(), all.len());
        assert_eq!(named(&all, "silent").level, Level::Silent);
        assert_eq!(named(&all, "raid").critical.as_ref().unwrap().first().unwrap().limit, 2.0);
    }

    #[test]
    fn what_is_said_of_a_rule_changes_that_and_nothing_else() {
        let own = own(
            "[[rule]]\nname = \"memory\"\nfor = \"20m\"\n[[rule]]\nname = \"load\"\nwhen = \"loadavg.load1 > 9\"",
        );
        let rules = Rules::new(&own).unwrap().of("web1");
        let memory = named(&rules, "memory");
        assert_eq!((memory.patience.hold, memory.patience.calm), (1200, 300));
        assert!(memory.critical.is_some() && memory.clear.is_some());
        let load = named(&rules, "load");
        assert!(load.critical.is_none() && load.clear.is_none(), "another condition, other ends");
    }

    #[test]
    fn rules_of_one_host_are_off_or_other_on_that_host_alone() {
        let own = own("[[rule]]\nname = \"swap\"\nhost = \"db*\"\nenabled = false\n\
             [[rule]]\nname = \"mine\"\nhost = \"web1\"\nwhen = \"processes.total > 500\"\nseverity = \"critical\"");
        let rules = Rules::new(&own).unwrap();
        let has = |host: &str, name: &str| rules.of(host).iter().any(|rule| rule.name == name);
        assert_eq!((has("db1", "swap"), has("web1", "swap")), (false, true));
        assert_eq!((has("db1", "mine"), has("web1", "mine")), (false, true));
        assert_eq!(named(&rules.of("web1"), "mine").level, Level::Critical);
    }

    #[test]
    fn what_cannot_be_understood_names_rule_and_key() {
        let error = |text: &str| Rules::new(&own(text)).unwrap_err();
        let unknown = error(
            "[[rule]]\nname = \"a\"\nwhen = \"swap.in > 1\"\n[[rule]]\nname = \"b\"\nwhen = \"memory.availabel > 1\"",
        );
        assert_eq!((unknown.index, unknown.key), (1, "when"));
        let words = "rule `b`: when: there is no number `memory.availabel`; did you mean `memory.available`?";
        assert_eq!(unknown.to_string(), words);
        assert_eq!(error("[[rule]]\nname = \"memory\"\nclear = \"> 5 kg\"").key, "clear");
        assert!(error("[[rule]]\nname = \"new\"\nfor = \"5m\"").to_string().contains("needs a condition"));
        let misspelt = error("[[rule]]\nname = \"memroy\"\nenabled = false");
        assert_eq!(misspelt.key, "name", "the line that is there");
        assert!(misspelt.message.starts_with("there is no such rule; did you mean `memory`? "), "{misspelt}");
    }
}
