//! The reference of all numbers in the log, `docs/metrics.md`, made from the collectors' own declarations, so that
//! it cannot go stale. `cargo run --example metrics > docs/metrics.md` writes it anew.

use cronograph::sample::Sample;
use cronograph::sample::metric::{Kind, Metric, Unit};
use std::fmt::Write;
use std::fs;
use std::path::Path;

const HEAD: &str = "# Every number in the log

<!-- Written by `cargo run --example metrics > docs/metrics.md`; a test compares. -->

A line of the log is one JSON object. Its keys are the sections below; the numbers in them are listed here with what
they measure. Where a section has one entry for each disk, interface, file system …, that name stands between:
`.netdev.eth0.rx_bytes`. A number that a kernel does not give is absent, never 0. A *level* is what was at the instant
of the sample; a *total* counts since boot, and rates are made when reading, over `uptime`, within one `boot`.
";

/// The whole reference.
pub(crate) fn reference() -> String {
    let mut text = String::from(HEAD);
    let mut collector = "";
    for metric in Sample::metrics() {
        if metric.collector != collector {
            collector = metric.collector;
            let head = module_head(collector);
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                "\n## `{collector}`\n\n{head}\n\n| key | what | kind | unit |\n| --- | --- | --- | --- |\n"
            );
        }
        let _ =
            writeln!(text, "| `{}` | {} | {} | {} |", metric.field, metric.about, kind(metric), unit(metric));
    }
    text
}

/// What the collector's file says of itself, its `//!` lines in one paragraph.
fn module_head(collector: &str) -> String {
    let file = if collector == "self" { "own_cost" } else { collector };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sample");
    let source = fs::read_to_string(folder.join(file).with_extension("rs"))
        .or_else(|_| fs::read_to_string(folder.join(file).join("mod.rs")))
        .unwrap_or_default();
    let lines: Vec<&str> = source.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim).collect();
    lines.split(|line| line.is_empty()).next().unwrap_or_default().join("\n")
}

fn kind(metric: &Metric) -> &'static str {
    match metric.kind {
        Kind::Gauge => "level",
        Kind::Counter => "total",
    }
}

fn unit(metric: &Metric) -> &'static str {
    match metric.unit {
        Unit::Memory | Unit::Data => "bytes",
        Unit::Seconds => "seconds",
        Unit::Count => "",
        Unit::Ratio => "share of 1",
        Unit::Celsius => "°C",
        Unit::Rpm => "per minute",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_reference_is_what_the_code_says() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/metrics.md");
        let written = fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == reference(),
            "docs/metrics.md is stale: cargo run --example metrics > docs/metrics.md"
        );
    }

    #[test]
    fn every_number_has_a_sentence_and_a_name_of_its_own() {
        let mut ids = BTreeSet::new();
        for metric in Sample::metrics() {
            assert!(ids.insert(metric.id()), "{} twice", metric.id());
            assert!(
                metric.about.ends_with('.') && metric.about.len() > 4,
                "{}: {:?}",
                metric.id(),
                metric.about
            );
        }
        assert!(ids.len() > 100);
    }

    #[test]
    fn every_collector_says_where_it_reads() {
        for metric in Sample::metrics() {
            assert!(!module_head(metric.collector).is_empty(), "{}", metric.collector);
        }
    }
}
