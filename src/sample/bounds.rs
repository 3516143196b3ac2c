//! Impossible values: a part that is larger than its total, a size that no machine has, a sensor that shows the end of its scale.
//!
//! Containers (lxcfs), hypervisors and old kernels write such numbers. They are dropped twice, here: from a new sample, and from each
//! line of a log that is read, since older versions and other hosts have written them. What is dropped is absent, and nothing else.

use super::Sample;
use super::hwmon::{Hwmon, Sensor};
use super::meminfo::Meminfo;

/// No machine has so much memory or swap: 2^57 bytes are 128 PiB, more than the address space of any processor.
const MOST_BYTES: u64 = 1 << 57;

/// The fields of meminfo that are parts of MemTotal, as places: `parts_of_total!(memory, &mut)`.
macro_rules! parts_of_total {
    ($memory:ident, $($reference:tt)*) => {
        [
            $($reference)* $memory.mem_free,
            $($reference)* $memory.mem_available,
            $($reference)* $memory.buffers,
            $($reference)* $memory.cached,
            $($reference)* $memory.swap_cached,
            $($reference)* $memory.anon_pages,
            $($reference)* $memory.mapped,
            $($reference)* $memory.shmem,
            $($reference)* $memory.k_reclaimable,
            $($reference)* $memory.s_reclaimable,
            $($reference)* $memory.s_unreclaim,
            $($reference)* $memory.slab,
            $($reference)* $memory.kernel_stack,
            $($reference)* $memory.page_tables,
            $($reference)* $memory.sec_page_tables,
            $($reference)* $memory.percpu,
            $($reference)* $memory.hugetlb,
            $($reference)* $memory.anon_huge_pages,
            $($reference)* $memory.unaccepted,
            $($reference)* $memory.hardware_corrupted,
            $($reference)* $memory.zswap,
            $($reference)* $memory.dirty,
            $($reference)* $memory.writeback,
            $($reference)* $memory.unevictable,
            $($reference)* $memory.mlocked,
        ]
    };
}

/// The fields of meminfo that may be larger than MemTotal, as places.
macro_rules! unbounded {
    ($memory:ident, $($reference:tt)*) => {
        [
            $($reference)* $memory.mem_total,
            $($reference)* $memory.swap_total,
            $($reference)* $memory.vmalloc_used,
            $($reference)* $memory.balloon,
            $($reference)* $memory.committed_as,
            $($reference)* $memory.hugepagesize,
            $($reference)* $memory.huge_pages_total,
        ]
    };
}

/// Parts and their total beside MemTotal, as places: what lies in swap, and huge pages in number.
macro_rules! parts_of_others {
    ($memory:ident, $($reference:tt)*) => {
        [
            ($($reference)* $memory.swap_free, $memory.swap_total),
            ($($reference)* $memory.swap_cached, $memory.swap_total),
            ($($reference)* $memory.zswapped, $memory.swap_total),
            ($($reference)* $memory.huge_pages_free, $memory.huge_pages_total),
            (
                $($reference)* $memory.huge_pages_total,
                $memory.mem_total.zip($memory.hugepagesize).map(|(total, size)| total / size.max(1)),
            ),
        ]
    };
}

impl Sample {
    /// Reports whether it has an impossible value.
    pub(crate) fn is_impossible(&self) -> bool {
        self.meminfo.as_ref().is_some_and(Meminfo::is_impossible)
            || self.hwmon.iter().flat_map(|hwmon| hwmon.0.values()).any(Sensor::is_at_end_of_scale)
    }

    /// Drops impossible values.
    pub(crate) fn drop_impossible(&mut self) {
        if let Some(memory) = &mut self.meminfo {
            memory.drop_impossible();
            memory.unmark_foreign();
        }
        if let Some(Hwmon(sensors)) = &mut self.hwmon {
            sensors.retain(|_, sensor| !sensor.is_at_end_of_scale());
        }
    }
}

impl Meminfo {
    /// Reports whether a field is larger than its total, or than any machine.
    pub(crate) fn is_impossible(&self) -> bool {
        let most = self.mem_total.unwrap_or(MOST_BYTES);
        unbounded!(self,).into_iter().any(|value| is_above(value, MOST_BYTES))
            || parts_of_total!(self,).into_iter().any(|value| is_above(value, most))
            || parts_of_others!(self,)
                .into_iter()
                .any(|(part, total)| is_above(part, total.unwrap_or(MOST_BYTES)))
    }

    /// Drops what is larger than its total, and what is larger than any machine.
    pub(crate) fn drop_impossible(&mut self) {
        unbounded!(self, &mut).into_iter().for_each(|value| drop_above(value, MOST_BYTES));
        let most = self.mem_total.unwrap_or(MOST_BYTES);
        parts_of_total!(self, &mut).into_iter().for_each(|value| drop_above(value, most));
        parts_of_others!(self, &mut)
            .into_iter()
            .for_each(|(part, total)| drop_above(part, total.unwrap_or(MOST_BYTES)));
    }
}

fn is_above(value: Option<u64>, most: u64) -> bool {
    value.is_some_and(|value| value > most)
}

fn drop_above(value: &mut Option<u64>, most: u64) {
    *value = value.filter(|value| *value <= most);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reproduces lxcfs 6: swap that is free without there being any.
    fn memory() -> Meminfo {
        Meminfo {
            mem_total: Some(1000),
            mem_free: Some(400),
            cached: Some(1001),
            swap_total: Some(0),
            swap_free: Some(u64::MAX),
            committed_as: Some(5000),
            ..Meminfo::default()
        }
    }

    #[test]
    fn what_is_larger_than_its_total_is_absent_and_nothing_else() {
        let mut sample = Sample { meminfo: Some(memory()), ..Sample::default() };
        assert!(sample.is_impossible());
        sample.drop_impossible();
        let left = Meminfo { cached: None, swap_free: None, ..memory() };
        assert_eq!(sample.meminfo, Some(left));
        assert!(!sample.is_impossible());
    }

    #[test]
    fn every_field_has_a_bound() {
        let mut memory = Meminfo::default();
        for metric in <Meminfo as crate::sample::metric::Record>::METRICS {
            crate::sample::metric::Record::set(&mut memory, metric.field.as_bytes(), u64::MAX - 1);
        }
        assert!(memory.is_impossible());
        memory.drop_impossible();
        assert_eq!(memory, Meminfo::default());
    }

    #[test]
    fn the_end_of_a_scale_is_no_temperature() {
        let sensor = |celsius| Sensor { celsius: Some(celsius), ..Sensor::default() };
        let sensors = [("open".to_owned(), sensor(127.0)), ("cpu".to_owned(), sensor(126.0))];
        let mut sample = Sample { hwmon: Some(Hwmon(sensors.into())), ..Sample::default() };
        sample.drop_impossible();
        assert_eq!(sample.hwmon.unwrap().0.into_keys().collect::<Vec<_>>(), ["cpu"]);
    }
}
