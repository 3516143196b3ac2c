//! A host's alerts on its pages: what holds now, what held when, and the bands of its charts. Whoever renders looks at the
//! rules as `check` does; of a folder where he may not write he sees what holds and remembers nothing.

use super::charts::{ChartDef, Layers, Value};
use super::extras::Extras;
use super::host::Workshop;
use super::model::{Problem, State};
use super::problems;
use super::scene::{Aliases, Scene};
use crate::alert::{Alert, Entry, Place, Rule, Shelf, Subject, Turn};
use crate::analysis::describe::describe;
use crate::analysis::report::Report;
use crate::analysis::{Level, notes};
use crate::chart::Band;
use crate::series::{Latest, SeriesError};
use crate::store::Layout;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Alerts of these days are counted on the pages.
const RECENT_SECONDS: i64 = 7 * 86_400;

/// What is known of a host's alerts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watched {
    /// Those that hold, worst first.
    pub firing: Vec<Alert>,
    /// When each held, the newest first.
    pub incidents: Vec<Incident>,
}

/// A stretch of time in which an alert held.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Incident {
    /// The rule's name.
    pub rule: String,
    /// The file system, interface, service …; empty where there is only one.
    pub instance: String,
    /// How bad it was at worst.
    pub level: Level,
    /// Since when it held.
    pub since: i64,
    /// When it fired.
    pub fired: i64,
    /// Until when; none where it holds.
    pub until: Option<i64>,
    /// What was said of it.
    pub text: String,
}

/// Looks at a host.
///
/// # Errors
/// Where its log cannot be read.
pub(crate) fn watch(
    workshop: &Workshop,
    layout: &Layout,
    latest: &Latest,
    report: Option<&Report>,
    traffic: Option<f64>,
) -> Result<(Watched, Arc<Vec<Rule>>), SeriesError> {
    let (inputs, scene) = (workshop.inputs, workshop.scene);
    let is_own = inputs.own.as_deref() == Some(layout.host());
    let rules = inputs.rules.of(layout.host());
    let mut shelf =
        if inputs.span.is_some() { Shelf::blank(layout, is_own) } else { Shelf::open(layout, is_own) };
    let subject = Subject {
        layout,
        rules: &rules,
        latest,
        report,
        traffic,
        waiting: None,
        unreadable: None,
        now: workshop.clock.now(),
    };
    let telling = scene.telling(latest.sample.t);
    shelf.look(&subject, &|kind| describe(kind, &telling, &str::to_owned))?;
    // Where nothing can be written the next run looks again.
    let _ = shelf.save();
    let firing: Vec<Alert> = shelf.firing().into_iter().cloned().collect();
    let mut entries = Place::of(layout, is_own).read();
    // Of a time that is past, what came later is not known.
    entries.retain(|entry| inputs.span.is_none() || entry.t <= scene.now);
    let mut incidents = incidents(&entries);
    // Of a rule that was taken out the end stands nowhere.
    for incident in incidents.iter_mut().filter(|incident| incident.until.is_none()) {
        let named = |alert: &Alert| (&alert.rule, &alert.instance) == (&incident.rule, &incident.instance);
        incident.until = (!firing.iter().any(named)).then_some(incident.fired);
    }
    incidents.reverse();
    Ok((Watched { firing, incidents }, rules))
}

/// Puts the lines of a history together.
fn incidents(entries: &[Entry]) -> Vec<Incident> {
    let mut incidents: Vec<Incident> = Vec::new();
    for entry in entries {
        let open = incidents.iter_mut().rev().find(|incident| {
            incident.until.is_none() && (&incident.rule, &incident.instance) == (&entry.rule, &entry.instance)
        });
        match (entry.change, open) {
            (Turn::Fired, Some(lost)) => {
                // Its end is not in the file.
                lost.until = Some(entry.since);
                incidents.push(Incident::of(entry));
            }
            (Turn::Fired, None) => incidents.push(Incident::of(entry)),
            (Turn::Worsened, Some(open)) => {
                open.level = open.level.max(entry.level);
                open.text.clone_from(&entry.text);
            }
            (Turn::Resolved, Some(open)) => open.until = Some(entry.t),
            (Turn::Worsened | Turn::Resolved, None) => {}
        }
    }
    incidents
}

impl Incident {
    fn of(entry: &Entry) -> Self {
        Self {
            rule: entry.rule.clone(),
            instance: entry.instance.clone(),
            level: entry.level,
            since: entry.since,
            fired: entry.t,
            until: None,
            text: entry.text.clone(),
        }
    }
}

/// The host's state and what is wrong with it, worst first; notes last.
pub(crate) fn problems(
    watched: &Watched,
    latest: &Latest,
    report: Option<&Report>,
    extras: &Extras,
    scene: &Scene,
    mounts: &Aliases,
) -> (State, Vec<Problem>) {
    let telling = scene.telling(latest.sample.t);
    let mut shown: Vec<Problem> = Vec::new();
    for alert in &watched.firing {
        let text = match &alert.kind {
            // The user's own words may hold names.
            Some(_) if alert.has_own_text && !scene.public => alert.text.clone(),
            Some(kind) => {
                describe(&problems::public(kind.clone(), scene), &telling, &|mount| mounts.of(mount))
            }
            // Nothing has been known of it lately.
            None if scene.public => scene.rule(&alert.rule),
            None => alert.text.clone(),
        };
        shown.push(Problem {
            state: problems::state_of(alert.machine.level, scene),
            text: if alert.is_unknown(scene.now) {
                scene.words().fill("alert.unknown", &[("what", &text)])
            } else {
                text
            },
            since: (alert.machine.since > 0).then(|| scene.minute(alert.machine.since)),
            leaks: alert.rule == "leak",
        });
    }
    // What is an alert still needs no note.
    let kills = extras.kills.as_ref().filter(|_| !watched.firing.iter().any(|alert| alert.rule == "oom"));
    let notes = notes(&latest.sample, &latest.damage, report);
    shown.extend(
        extras
            .doubts
            .iter()
            .chain(kills)
            .cloned()
            .chain(notes)
            .map(|note| problems::note(note, scene, &telling, mounts)),
    );
    let levels = || watched.firing.iter().map(|alert| alert.machine.level);
    let silent = levels().any(|level| level == Level::Silent);
    let doubts = extras.doubts.iter().map(|doubt| doubt.level);
    let worst = if silent { Level::Silent } else { levels().chain(doubts).max().unwrap_or_default() };
    (problems::shown(worst, scene), shown)
}

/// How many alerts fired in the last days, in words; empty for none.
pub(crate) fn past<'a>(hosts: impl IntoIterator<Item = &'a Watched>, scene: &Scene) -> String {
    let is_recent = |incident: &&Incident| {
        incident.level > Level::Ok
            && scene.now - incident.fired.max(incident.until.unwrap_or(scene.now)) < RECENT_SECONDS
    };
    let count = hosts.into_iter().map(|host| host.incidents.iter().filter(is_recent).count() as u64).sum();
    if count == 0 { String::new() } else { scene.words().count("alert.past", count, &[]) }
}

/// The bands of a chart, in a window.
pub(crate) fn bands(
    watched: &Watched,
    rules: &[Rule],
    def: &ChartDef,
    instance: &str,
    from: i64,
    until: i64,
) -> Vec<Band> {
    let shown = metrics(def);
    let of = |incident: &&Incident| {
        let rule = rules.iter().find(|rule| rule.name == incident.rule);
        let is_of = rule.is_some_and(|rule| concerns(rule, def, &shown));
        is_of && (instance.is_empty() || incident.instance.is_empty() || incident.instance == instance)
    };
    let inside = |incident: &&Incident| {
        incident.level > Level::Ok && incident.since < until && incident.until.is_none_or(|end| end > from)
    };
    let band = |incident: &Incident| Band {
        from: incident.since,
        until: incident.until.unwrap_or(i64::MAX),
        strong: incident.level == Level::Critical,
    };
    watched.incidents.iter().filter(inside).filter(of).map(band).collect()
}

/// Whether what a rule is about is on a chart.
fn concerns(rule: &Rule, def: &ChartDef, shown: &BTreeSet<&str>) -> bool {
    let is_memory = matches!(def.layers, Layers::Breakdown);
    let mut found = false;
    for comparison in rule.when.comparisons() {
        comparison.left.columns(&mut |metric, _| {
            let of_memory = metric.starts_with("meminfo.") || metric.starts_with("leak.");
            found |= shown.contains(metric) || is_memory && of_memory;
        });
    }
    found
}

fn metrics(def: &ChartDef) -> BTreeSet<&'static str> {
    let mut metrics = BTreeSet::new();
    match def.layers {
        Layers::Breakdown | Layers::KernelParts => {}
        Layers::Listed(layers) | Layers::Repeated(_, layers) => {
            layers.iter().for_each(|layer| add(layer.value, &mut metrics));
        }
        Layers::Each(value) => add(value, &mut metrics),
    }
    metrics
}

fn add(value: Value, metrics: &mut BTreeSet<&'static str>) {
    match value {
        Value::Of(one) | Value::Total(one) | Value::Largest(one) => metrics.extend([one]),
        Value::Less(one, other) | Value::Fill(one, other) => metrics.extend([one, other]),
        Value::PerCore(all) => metrics.extend(all),
        Value::Mean(parts, wholes) => metrics.extend(parts.into_iter().chain(wholes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Rules;
    use crate::site::charts::CHARTS;

    fn entry(t: i64, change: Turn, level: Level) -> Entry {
        Entry { level, since: t - 60, text: format!("at {t}"), ..Entry::new(t, "memory", "", change) }
    }

    #[test]
    fn a_history_becomes_stretches_of_time() {
        let entries = [
            entry(100, Turn::Fired, Level::Warning),
            entry(200, Turn::Worsened, Level::Critical),
            entry(300, Turn::Resolved, Level::Critical),
            entry(900, Turn::Resolved, Level::Warning),
            entry(1000, Turn::Fired, Level::Warning),
        ];
        let found = incidents(&entries);
        assert_eq!(found.len(), 2, "an end without a beginning is none");
        assert_eq!((found[0].since, found[0].until, found[0].level), (40, Some(300), Level::Critical));
        assert_eq!((found[0].text.as_str(), found[1].until), ("at 200", None));
    }

    #[test]
    fn bands_stand_on_the_charts_that_show_what_they_are_about() {
        let rules = Rules::new(&[]).unwrap().of("web1");
        let on = |rule: &str, chart: &str| {
            let def = CHARTS.iter().find(|def| def.id == chart).unwrap();
            let incident = Incident {
                rule: rule.to_owned(),
                ..incidents(&[entry(100, Turn::Fired, Level::Warning)])[0].clone()
            };
            let watched = Watched { incidents: vec![incident], ..Watched::default() };
            bands(&watched, &rules, def, "", 0, 1000).len()
        };
        assert_eq!((on("memory", "memory"), on("leak", "memory"), on("load", "memory")), (1, 1, 0));
        assert_eq!((on("load", "load"), on("steal", "cpu"), on("filesystem", "load")), (1, 1, 0));
    }
}
