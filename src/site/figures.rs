//! The row of figures under a host's name: what one wants to know at a glance, each with its unit.

use super::model::Figure;
use super::now::Now;
use super::scene::{Aliases, Scene};
use crate::base::unit::Unit;

/// The figures that a host has.
pub(crate) fn of(now: &Now, scene: &Scene, mounts: &Aliases) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut push = |key: &str, value: Option<String>, note: String| {
        if let Some(value) = value {
            figures.push(Figure { label: scene.word(&format!("figure.{key}")), value, note });
        }
    };
    let of_total = |total: Option<f64>| {
        total.map_or_else(String::new, |total| {
            scene.words().fill("figure.of", &[("total", &scene.quantity(total, Unit::Memory))])
        })
    };
    let memory = |size: f64| scene.quantity(size, Unit::Memory);
    let percent = |share: f64| scene.percent(share);
    push("memory", now.memory_used().map(memory), of_total(now.memory_total));
    push("swap", now.swap_used.map(memory), of_total(now.swap_total));
    push("cpu", now.cpu.map(percent), String::new());
    push("steal", now.steal.map(percent), String::new());
    push("iowait", now.iowait.map(percent), String::new());
    let cores = now.cores.map_or_else(String::new, |cores| {
        scene.words().fill("figure.of", &[("total", &scene.quantity(cores, Unit::Count))])
    });
    push("load", now.load1.map(|load| scene.quantity(load, Unit::Count)), cores);
    let fullest = now.fullest.as_ref();
    push(
        "filesystem",
        fullest.map(|(_, share)| percent(*share)),
        fullest.map_or_else(String::new, |(mount, _)| mounts.of(mount)),
    );
    push("received", received(now, scene), now.interface.clone().unwrap_or_default());
    push("sent", sent(now, scene), String::new());
    push("temperature", now.celsius.map(|heat| scene.quantity(heat, Unit::Celsius)), String::new());
    push("up", now.uptime.map(|seconds| scene.duration(seconds)), String::new());
    figures
}

/// `↓ 1.02 MB/s`.
pub(crate) fn received(now: &Now, scene: &Scene) -> Option<String> {
    now.received.map(|rate| format!("↓ {}", scene.rate(rate, Unit::Data)))
}

/// `↑ 30.1 kB/s`.
pub(crate) fn sent(now: &Now, scene: &Scene) -> Option<String> {
    now.sent.map(|rate| format!("↑ {}", scene.rate(rate, Unit::Data)))
}
