//! Keeps the bins of a window within so many numbers: of a host with thousands of numbers a bin stands for a longer time, and names
//! that were there for a moment only are left out.

use super::super::followers::Followers;
use super::super::table::merge::most_cells;
use super::{BinSeries, Bins};
use std::cmp::Reverse;
use std::collections::HashMap;

/// Where names have fewer bins than this on average, they come and go: longer bins would not help.
const FEW_BINS: usize = 16;

impl Bins {
    /// Makes longer bins, or leaves out the names that have the fewest, until there are not too many numbers.
    pub(in crate::series) fn bound(&mut self) {
        self.bound_to(most_cells());
    }

    fn bound_to(&mut self, most: usize) {
        loop {
            let stats: usize = self.series.iter().map(|series| series.stats.len()).sum();
            if stats <= most {
                return;
            }
            if stats / self.series.len().max(1) >= FEW_BINS { self.lengthen() } else { self.leave_out() }
        }
    }

    /// Makes one bin of two.
    fn lengthen(&mut self) {
        self.step *= 2;
        for (t, bin) in std::mem::take(&mut self.bins) {
            self.add_bin(t, bin.samples, bin.seconds);
        }
        for series in 0..self.series.len() {
            for (t, stat) in std::mem::take(&mut self.series[series].stats) {
                self.add_stat(t, series, &stat);
            }
            self.series[series].stats.shrink_to_fit();
        }
    }

    /// Leaves out the half of the names that have the fewest bins; what has no name stays.
    fn leave_out(&mut self) {
        keep_most(&mut self.series, |series| series.len() / 2);
        self.followers = Followers::default();
        self.places = HashMap::new();
        for (place, BinSeries { metric, instance, .. }) in self.series.iter().enumerate() {
            let instances = self.places.entry((metric.collector, metric.field)).or_default();
            instances.insert(instance.clone(), place);
        }
    }
}

/// Keeps so many of the series, those with the most bins.
pub(super) fn keep_most(series: &mut Vec<BinSeries>, count: impl Fn(&[BinSeries]) -> usize) {
    let count = count(series);
    if series.len() > count {
        series.sort_by_key(|series| (!series.instance.is_empty(), Reverse(series.stats.len())));
        series.truncate(count);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Stat;
    use super::*;
    use crate::sample::Sample;

    #[test]
    fn longer_bins_add_up_and_names_of_a_moment_go() {
        let metric = Sample::metrics().find(|metric| metric.id() == "netdev.rx_bytes").unwrap();
        let mut bins = Bins::new(300);
        let stat = Stat { weight: 300.0, sum: 1.0, min: 0.0, max: 1.0 };
        let place = bins.place(metric, "eth0");
        for bin in 0..100 {
            bins.add_bin(bin * 300, 5, 300.0);
            bins.add_stat(bin * 300, place, &stat);
        }
        bins.bound_to(60);
        assert_eq!((bins.step, bins.bins.len(), bins.series[0].stats.len()), (600, 50, 50));
        assert_eq!(bins.series[0].stats[0].1, Stat { weight: 600.0, sum: 2.0, min: 0.0, max: 1.0 });
        for name in 0..200 {
            let place = bins.place(metric, &format!("veth{name}"));
            bins.add_stat(0, place, &stat);
        }
        bins.bound_to(60);
        let place = bins.place(metric, "eth0");
        assert_eq!((bins.series[place].stats.len(), bins.series[place].instance.as_str()), (50, "eth0"));
        assert!(bins.series.len() < 20, "{}", bins.series.len());
    }
}
