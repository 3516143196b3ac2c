//! Units of measurement: what a number of the sample means, and the names of bytes. How one is printed is `format`'s.

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

/// The units of bytes by the names that people type, and how many bytes each is.
pub const BYTES: [(&str, f64); 9] = [
    ("B", 1.0),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
    ("kB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
];
