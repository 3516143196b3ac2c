//! History that already exists: what sysstat, Munin or any other program with round robin databases wrote becomes ordinary
//! lines of the sample log, marked as imported.
//!
//! Comes from files, or from `sadf` and `rrdtool dump`, which are started for binary ones. Promises: units are exact; what a source
//! does not tell is absent, and counted; rates become counters that give the same rates again; the same files give the same lines;
//! the host's own samples stay as they are, and no rate is made over a seam.

mod counters;
mod error;
mod map;
mod munin;
mod program;
mod read;
mod reading;
mod rrd;
mod rrd_xml;
mod sysstat;
mod sysstat_disks;
mod sysstat_table;

pub use error::ImportError;
pub use map::Mapping;
pub use read::{STANDARD_INPUT, read};
pub use reading::{Found, Unmapped};

use crate::sample::Sample;

/// The lines that what was found becomes, by time.
pub fn samples(found: &Found) -> Vec<Sample> {
    counters::samples(found)
}
