//! The numbers of a part of a sample as places to write to, in the order in which the log has them.
//!
//! What is no place here (names, states, numbers of processes) is text to [`Shape`](super::shape::Shape), which proves by writing numbers
//! through these places that the order is that of the text: a place that is forgotten costs time, never a wrong number.

use std::collections::BTreeMap;

/// Where a number is.
#[derive(Debug)]
pub(super) enum Slot<'a> {
    /// A whole number.
    U64(&'a mut u64),
    /// A whole number that may be less than 0.
    I64(&'a mut i64),
    /// Any other.
    F64(&'a mut f64),
}

/// Hands out where its numbers are: those that are present, in the order of the text.
pub(super) trait Slots {
    /// Calls `each` once for every number.
    fn slots(&mut self, each: &mut dyn FnMut(Slot<'_>));
}

macro_rules! numbers {
    ($($type:ty: $slot:ident),*) => { $(
        impl Slots for $type {
            fn slots(&mut self, each: &mut dyn FnMut(Slot<'_>)) {
                each(Slot::$slot(self));
            }
        }
    )* };
}
numbers!(u64: U64, i64: I64, f64: F64);

/// Types that have no numbers, or whose numbers seldom change.
macro_rules! text {
    ($($type:ty),* $(,)?) => { $(
        impl $crate::sample::slots::Slots for $type {
            fn slots(&mut self, _: &mut dyn FnMut($crate::sample::slots::Slot<'_>)) {}
        }
    )* };
}
text!(String, bool, u8, u32, super::host::Host, super::slabinfo::CacheKind, super::audit::Suspect);

/// Structs whose numbers lie in these fields, in this order.
macro_rules! slots {
    ($($type:path { $($field:tt),* })*) => { $(
        impl $crate::sample::slots::Slots for $type {
            fn slots(&mut self, each: &mut dyn FnMut($crate::sample::slots::Slot<'_>)) {
                $( $crate::sample::slots::Slots::slots(&mut self.$field, each); )*
            }
        }
    )* };
}
slots! {
    super::check::Checks { 0 }
    super::deleted::Holder { bytes }
    super::diskstats::Diskstats { 0 }
    super::filesystem::Filesystems { 0 }
    super::hwmon::Hwmon { 0 }
    super::mdstat::Mdstat { 0 }
    super::netdev::Netdev { 0 }
    super::perfdata::Perfdata { 0 }
    super::processes::Process { rss, started, cpu, pss, swap }
    super::program::Programs { 0 }
    super::service::Services { units }
    super::stat::CoreTimes { 0 }
    super::target::Targets { 0 }
    super::tmpfs::Tmpfs { 0 }
    super::zram::Zram { 0 }
}

impl<T: Slots> Slots for Option<T> {
    fn slots(&mut self, each: &mut dyn FnMut(Slot<'_>)) {
        if let Some(value) = self {
            value.slots(each);
        }
    }
}

impl<T: Slots> Slots for [T] {
    fn slots(&mut self, each: &mut dyn FnMut(Slot<'_>)) {
        self.iter_mut().for_each(|value| value.slots(each));
    }
}

impl<T: Slots> Slots for Vec<T> {
    fn slots(&mut self, each: &mut dyn FnMut(Slot<'_>)) {
        self.as_mut_slice().slots(each);
    }
}

impl<T: Slots, const LENGTH: usize> Slots for [T; LENGTH] {
    fn slots(&mut self, each: &mut dyn FnMut(Slot<'_>)) {
        self.as_mut_slice().slots(each);
    }
}

impl<T: Slots> Slots for BTreeMap<String, T> {
    fn slots(&mut self, each: &mut dyn FnMut(Slot<'_>)) {
        self.values_mut().for_each(|value| value.slots(each));
    }
}
