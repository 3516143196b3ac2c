//! The user's rules: does each find anything to look at. A rule about a disk that is spelt otherwise, or about a check's number that
//! does not come, holds never and says nothing.

use super::{Finding, Patient};
use crate::alert::{Rules, finds};
use crate::config::Config;
use crate::series::{self, Window};
use crate::store;
use std::collections::BTreeSet;

/// Looks for what the user's own conditions are about in the last day of each host.
pub(super) fn check(patient: &Patient, config: &Config) -> Vec<Finding> {
    let own: BTreeSet<&str> =
        config.rule.iter().filter(|rule| rule.when.is_some()).map(|rule| rule.name.as_str()).collect();
    let Ok(rules) = Rules::new(&config.rule) else { return Vec::new() };
    let hosts = store::hosts(&patient.data).unwrap_or_default();
    // Of a set-up without a log nothing can be said.
    let (mut idle, mut looked) = (own.clone(), false);
    for host in &hosts {
        let day = patient
            .log(host)
            .filter(|_| !idle.is_empty())
            .and_then(|layout| series::window(&layout, Window::Day, patient.now.saturating_add(1)).ok());
        let Some(day) = day.filter(|day| !day.times.is_empty()) else { continue };
        looked = true;
        for rule in rules.of(host).iter().filter(|rule| finds(rule, &day)) {
            idle.remove(rule.name.as_str());
        }
    }
    let is_off = |name: &str| config.rule.iter().any(|rule| rule.name == name && rule.enabled == Some(false));
    let idle = idle.into_iter().filter(|name| looked && !is_off(name));
    idle.map(|name| {
        Finding::note(format!(
            "rule {name:?} finds nothing to look at: no host had such a number, or such an instance, in the last day"
        ))
    })
    .collect()
}
