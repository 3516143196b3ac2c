//! The facts about a host, at the end of its page: nobody comes for them. A public page leaves out names and addresses.

use super::model::Figure;
use super::now::bytes;
use super::scene::Scene;
use crate::base::unit::Unit;
use crate::sample::host::Host;
use crate::series::Latest;

/// The facts that the last sample knows.
pub(crate) fn of(latest: &Latest, scene: &Scene) -> Vec<Figure> {
    let sample = &latest.sample;
    let mut facts = sample.host.as_ref().map(|host| of_host(host, scene)).unwrap_or_default();
    if let Some(cost) = &sample.own_cost {
        let amounts = [
            cost.wall.map(|time| scene.quantity(time, Unit::Seconds)),
            cost.cpu.map(|time| format!("{} CPU", scene.quantity(time, Unit::Seconds))),
            cost.peak_rss.map(|size| scene.quantity(bytes(size), Unit::Memory)),
        ];
        let text: Vec<String> = amounts.into_iter().flatten().collect();
        let left = cost.s_unreclaim_before.zip(cost.s_unreclaim_after).map(|(before, after)| {
            let change = crate::base::format::change(bytes(after) - bytes(before), Unit::Memory, false);
            scene.words().fill("fact.left_behind", &[("change", &change)])
        });
        push(&mut facts, scene, "own_cost", (!text.is_empty()).then(|| text.join(", ")), left);
    }
    let count = latest.samples_today.to_string();
    push(&mut facts, scene, "samples_today", Some(count), None);
    if sample.reboot_required {
        push(&mut facts, scene, "reboot_required", Some(scene.word("fact.yes")), None);
    }
    facts
}

fn of_host(host: &Host, scene: &Scene) -> Vec<Figure> {
    let mut facts = Vec::new();
    let private = |value: String| (!scene.public && !value.is_empty()).then_some(value);
    push(&mut facts, scene, "name", private(host.name.clone()), None);
    push(&mut facts, scene, "os", host.os.clone(), None);
    push(&mut facts, scene, "kernel", host.kernel.clone(), host.architecture.clone());
    let mhz = host.mhz.map(|mhz| format!("{mhz:.0} MHz"));
    let cores = host.cores.map(|cores| scene.words().count("fact.core", u64::from(cores), &[]));
    let details: Vec<String> = [cores, mhz].into_iter().flatten().collect();
    push(&mut facts, scene, "cpu", host.cpu_model.clone(), (!details.is_empty()).then(|| details.join(", ")));
    push(&mut facts, scene, "virtualization", host.virtualization.clone(), None);
    push(&mut facts, scene, "container", host.container.clone(), None);
    push(&mut facts, scene, "booted", host.boot_time.map(|at| scene.minute(at).text), None);
    push(&mut facts, scene, "addresses", private(host.addresses.join(", ")), host.interface.clone());
    push(&mut facts, scene, "cronograph", private(host.cronograph.clone()), None);
    facts
}

fn push(facts: &mut Vec<Figure>, scene: &Scene, key: &str, value: Option<String>, note: Option<String>) {
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        let label = scene.word(&format!("fact.{key}"));
        facts.push(Figure { label, value, note: note.unwrap_or_default() });
    }
}
