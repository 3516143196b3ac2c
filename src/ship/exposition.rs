//! A sample in Prometheus' text format, for a file that node_exporter's textfile collector or a web server hands out.
//!
//! Each name stands once, with its `HELP` and `TYPE`, its series below it. No times: the textfile collector takes none.

use super::mapping::{self, Mapped};
use super::walk::{Sink, walk};
use crate::sample::Sample;
use crate::sample::metric::Metric;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The sample as text. `beside_node` leaves out what node_exporter has itself: where a file repeats its names, the page that
/// holds both is refused.
pub fn exposition(sample: &Sample, beside_node: bool) -> String {
    let mut page = Page { beside_node, families: BTreeMap::new() };
    walk(sample, sample.host.as_ref(), &mut page);
    let mut text = String::new();
    for (name, (mapped, lines)) in page.families {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# HELP {name} {}", escape(mapped.metric.about, false));
        let _ = writeln!(text, "# TYPE {name} {}", mapped.kind());
        text.push_str(&lines);
    }
    text
}

struct Page {
    beside_node: bool,
    families: BTreeMap<&'static str, (&'static Mapped, String)>,
}

impl Sink for Page {
    fn number(&mut self, metric: &'static Metric, instance: &str, value: f64) {
        let Some(mapped) = mapping::find(metric).filter(|mapped| !(self.beside_node && mapped.is_node()))
        else {
            return;
        };
        let (_, lines) = self.families.entry(&mapped.name).or_insert_with(|| (mapped, String::new()));
        let labels: Vec<String> = mapped
            .labels_with(instance)
            .into_iter()
            .map(|(name, value)| format!("{name}=\"{}\"", escape(&value, true)))
            .collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(lines, "{}{labels} {}", mapped.name, mapped.change.apply(value));
    }
}

/// Backslashes and line feeds; in labels quotes, too.
fn escape(text: &str, in_label: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '"' if in_label => escaped.push_str("\\\""),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::filesystem::{Filesystem, Filesystems};
    use crate::sample::loadavg::Loadavg;
    use crate::sample::slabinfo::Slabinfo;

    fn sample() -> Sample {
        let disk = Filesystem {
            total: Some(1000),
            used: Some(400),
            available: Some(500),
            device: "/dev/\"odd\"\\\n".to_owned(),
            kind: "ext4".to_owned(),
            ..Filesystem::default()
        };
        Sample {
            v: 1,
            t: 1_795_438_200,
            loadavg: Some(Loadavg { load1: Some(0.25), ..Loadavg::default() }),
            slabinfo: Some(Slabinfo { total: Some(4096), ..Slabinfo::default() }),
            filesystem: Some(Filesystems([("/".to_owned(), disk)].into())),
            ..Sample::default()
        }
    }

    #[test]
    fn what_is_free_is_told_where_prometheus_asks_for_it() {
        let text = exposition(&sample(), false);
        let labels = r#"{mountpoint="/",device="/dev/\"odd\"\\\n",fstype="ext4"}"#;
        for (name, value) in [("size", 1000), ("free", 600), ("avail", 500)] {
            let line = format!("node_filesystem_{name}_bytes{labels} {value}\n");
            assert!(text.contains(&line), "{line}{text}");
        }
        assert!(text.contains(
            "# HELP node_load1 Load average of 1 minute.\n# TYPE node_load1 gauge\nnode_load1 0.25\n"
        ));
        assert!(text.contains("node_time_seconds 1795438200\n"));
    }

    #[test]
    fn beside_node_exporter_stands_only_what_it_has_not() {
        let text = exposition(&sample(), true);
        assert!(text.contains("\ncronograph_slabinfo_total_bytes 4096\n"), "{text}");
        assert!(!text.contains("node_"), "{text}");
    }
}
