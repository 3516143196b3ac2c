//! The list of charts names only what is there.

use super::*;
use crate::base::words::{Lang, Words};
use crate::sample::Sample;
use std::collections::BTreeSet;

fn metrics_of(value: Value) -> Vec<&'static str> {
    match value {
        Of(one) | Total(one) | Largest(one) => vec![one],
        Less(one, other) | Fill(one, other) => vec![one, other],
        PerCore(some) => some.to_vec(),
        Mean(some, others) => [some, others].concat(),
    }
}

#[test]
fn every_metric_exists_and_every_name_has_words() {
    let known: BTreeSet<String> = Sample::metrics().map(crate::sample::metric::Metric::id).collect();
    let words = Words::of(Lang::En);
    let mut ids = BTreeSet::new();
    for chart in CHARTS {
        assert!(ids.insert(chart.id), "two charts are called {}", chart.id);
        assert!(words.find(&format!("chart.{}", chart.id)).is_some(), "no title for {}", chart.id);
        let layers: &[LayerDef] = match chart.layers {
            Listed(layers) | Repeated(_, layers) => layers,
            _ => &[],
        };
        let each = if let Each(value) = chart.layers { metrics_of(value) } else { vec![] };
        for metric in layers.iter().flat_map(|layer| metrics_of(layer.value)).chain(each) {
            assert!(metric == "stat.core_busy" || known.contains(metric), "no metric {metric}");
        }
        for layer in layers {
            assert!(words.find(&format!("layer.{}", layer.key)).is_some(), "no words for {}", layer.key);
        }
    }
}
