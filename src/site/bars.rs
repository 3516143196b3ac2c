//! Horizontal bars: memory in parts, and how full something is. Plain SVG attributes, which a strict content security
//! policy allows where it forbids inline styles.

use super::evaluate::colour_of;
use super::model::{Bar, BarPart};
use super::now::Now;
use super::scene::Scene;
use crate::base::unit::Unit;

/// The width of a bar in its own units.
const WIDTH: f64 = 1000.0;

/// Memory in parts, in the order and the colours of the memory chart; what is free is left open.
pub(crate) fn memory(now: &Now, scene: &Scene) -> Option<Bar> {
    let total = now.memory_total.filter(|total| *total > 0.0)?;
    let mut parts = Vec::new();
    let mut words = Vec::new();
    let mut from = 0.0;
    for (group, size) in &now.groups {
        let until = from + size.max(0.0) / total;
        if let Some(colour) = colour_of(*group) {
            push(&mut parts, colour.name(), from, until);
        }
        words.push(format!("{} {}", scene.group(*group), scene.quantity(*size, Unit::Memory)));
        from = until;
    }
    let alt = words.join(scene.words().get("alt.separator"));
    (!parts.is_empty()).then_some(Bar { parts, alt })
}

/// A share of one.
pub(crate) fn share(share: f64, class: &'static str, alt: String) -> Bar {
    let colour = match class {
        "critical" => "critical",
        "warning" => "warning",
        _ => "quiet",
    };
    let mut parts = Vec::new();
    push(&mut parts, colour, 0.0, share);
    Bar { parts, alt }
}

/// Edges are rounded, not widths, so that parts touch and the whole stays whole.
fn push(parts: &mut Vec<BarPart>, colour: &str, from: f64, until: f64) {
    let (from, until) = (edge(from), edge(until));
    if until > from {
        parts.push(BarPart { colour: colour.to_owned(), x: from, width: until - from });
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 to 1000")]
fn edge(share: f64) -> u32 {
    (share * WIDTH).round().clamp(0.0, WIDTH) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_touch() {
        let mut parts = Vec::new();
        for (from, until) in [(0.0, 0.3333), (0.3333, 0.66665), (0.66665, 1.2)] {
            push(&mut parts, "blue", from, until);
        }
        let edges: Vec<_> = parts.iter().map(|part| (part.x, part.x + part.width)).collect();
        assert_eq!(edges, [(0, 333), (333, 667), (667, 1000)]);
    }

    #[test]
    fn a_part_too_small_to_see_is_left_out() {
        let mut parts = Vec::new();
        push(&mut parts, "blue", 0.5, 0.5001);
        assert!(parts.is_empty());
    }
}
