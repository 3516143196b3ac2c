//! Units of measurement: what a number of the sample means. How one is printed is `format`'s.

/// What a number measures. Bytes and seconds are the rule; everything else has its unit in its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Bytes of memory: shown in binary units (MiB).
    Memory,
    /// Bytes of disks and networks: shown in decimal units (MB).
    Data,
    /// Seconds.
    Seconds,
    /// A number of things.
    Count,
    /// A share of one, shown as percent.
    Ratio,
    /// Degrees Celsius.
    Celsius,
    /// Revolutions per minute.
    Rpm,
}
