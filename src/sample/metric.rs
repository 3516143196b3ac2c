//! What a number of a sample is: name, unit, counter or gauge, and one sentence. Each collector's `record!`
//! declares its numbers once; log, series, rules, exports and the reference all read that one list.

pub use crate::base::unit::Unit;

/// Whether a number is a level or a running total.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A level at the instant of the sample.
    Gauge,
    /// A total since boot, as the kernel gives it; rates are made when reading.
    Counter,
}

/// One number that samples can hold, for every instance of it (disk, interface, group).
#[derive(Debug, PartialEq, Eq)]
pub struct Metric {
    /// The collector, which is the key of its part in the log: `meminfo`.
    pub collector: &'static str,
    /// The key inside that part: `SUnreclaim`.
    pub field: &'static str,
    /// What it measures.
    pub unit: Unit,
    /// Level or total.
    pub kind: Kind,
    /// One sentence for the reference.
    pub about: &'static str,
}

impl Metric {
    /// The name used in rules, rollups and exports: `meminfo.SUnreclaim`.
    pub fn id(&self) -> String {
        format!("{}.{}", self.collector, self.field)
    }
}

/// Receives every number of a sample, one call each; `instance` is empty where there is only one.
pub trait Visitor {
    /// One number.
    fn number(&mut self, metric: &'static Metric, instance: &str, value: f64);
}

/// A part of a sample whose numbers are declared by `record!`.
pub trait Record {
    /// Its numbers, in the order of the declaration.
    const METRICS: &'static [Metric];
    /// Hands each number that is present to `visitor`.
    fn numbers(&self, instance: &str, visitor: &mut dyn Visitor);
    /// Sets the number whose JSON key is `key`; false where there is none, as for most lines of a kernel's file.
    fn set(&mut self, key: &[u8], value: u64) -> bool;
}

/// Declares a part of the sample: a struct of optional numbers with their JSON keys, and its `Record`.
/// A trailing `also { … }` block holds fields that are not numbers.
macro_rules! record {
    (
        $(#[$outer:meta])*
        pub struct $name:ident in $collector:literal {
            $( #[doc = $about:literal] $field:ident $key:literal $type:ident $kind:ident $unit:ident; )*
            $( also { $( $(#[$other_meta:meta])* $other:ident : $other_type:ty, )* } )?
        }
    ) => {
        $(#[$outer])*
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct $name {
            $( $( $(#[$other_meta])* pub $other: $other_type, )* )?
            $(
                #[doc = $about]
                #[serde(rename = $key, default, skip_serializing_if = "Option::is_none")]
                pub $field: Option<$type>,
            )*
        }

        impl $crate::sample::slots::Slots for $name {
            fn slots(&mut self, each: &mut dyn FnMut($crate::sample::slots::Slot<'_>)) {
                $( $( $crate::sample::slots::Slots::slots(&mut self.$other, each); )* )?
                $( $crate::sample::slots::Slots::slots(&mut self.$field, each); )*
            }
        }

        impl $crate::sample::metric::Record for $name {
            const METRICS: &'static [$crate::sample::metric::Metric] = &[
                $( $crate::sample::metric::Metric {
                    collector: $collector,
                    field: $key,
                    unit: $crate::sample::metric::Unit::$unit,
                    kind: $crate::sample::metric::Kind::$kind,
                    about: $about.trim_ascii(),
                }, )*
            ];

            #[allow(clippy::cast_precision_loss, clippy::cast_lossless, clippy::unnecessary_cast)]
            fn numbers(&self, instance: &str, visitor: &mut dyn $crate::sample::metric::Visitor) {
                let values = [$( self.$field.map(|value| value as f64), )*];
                for (metric, value) in Self::METRICS.iter().zip(values) {
                    if let Some(value) = value {
                        visitor.number(metric, instance, value);
                    }
                }
            }

            #[allow(clippy::cast_precision_loss, clippy::cast_lossless, clippy::unnecessary_cast)]
            fn set(&mut self, key: &[u8], value: u64) -> bool {
                $(
                    if key == $key.as_bytes() {
                        self.$field = Some(value as $type);
                        return true;
                    }
                )*
                false
            }
        }
    };
}
pub(crate) use record;
