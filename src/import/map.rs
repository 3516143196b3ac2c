//! `--map NAME=NUMBER[:INSTANCE][*FACTOR]`: what a source is that no name tells.

use super::counters::{WITH_INSTANCES, accepts};
use super::error::ImportError;
use super::reading::Number;
use serde_json::json;

/// What one source is.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    /// The source: its name, the file's without its end and the source's behind a colon, or of a file with one source the file's.
    pub name: String,
    /// The number of the log.
    pub(super) number: Number,
    /// By how much to multiply.
    pub(super) factor: f64,
}

impl Mapping {
    /// Understands one.
    ///
    /// # Errors
    /// [`ImportError::Map`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, ImportError> {
        let wrong = |what: String| ImportError::Map { text: text.to_owned(), what };
        let (name, rest) = text.rsplit_once('=').ok_or_else(|| wrong("there is no =".to_owned()))?;
        let (rest, factor) = match rest.rsplit_once('*') {
            Some((rest, factor)) => {
                let parsed = factor.trim().parse().ok().filter(|factor: &f64| factor.is_finite());
                (rest, parsed.ok_or_else(|| wrong(format!("{factor:?} is no factor")))?)
            }
            None => (rest, 1.0),
        };
        let (id, instance) = rest.trim().split_once(':').unwrap_or((rest.trim(), ""));
        let number =
            Number::named(id, instance).ok_or_else(|| wrong(format!("no sample has a number {id:?}")))?;
        let needs_instance = WITH_INSTANCES.contains(&number.metric.collector);
        if needs_instance && instance.is_empty() {
            return Err(wrong(format!("{id} is one of each disk, interface or mount point: {id}:NAME")));
        }
        if !needs_instance && !instance.is_empty() || !accepts(&number, &json!(1)) {
            return Err(wrong(format!("{id} has no place for it")));
        }
        Ok(Self { name: name.trim().to_owned(), number, factor })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        Mapping::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn a_name_a_number_and_a_factor() {
        let mapping = Mapping::parse("free = meminfo.MemFree*1024").unwrap();
        assert_eq!((mapping.name.as_str(), mapping.number.metric.id().as_str()), ("free", "meminfo.MemFree"));
        assert_eq!(mapping.factor, 1024.0);
        let disk = Mapping::parse("a=b=filesystem.used:/srv").unwrap();
        assert_eq!((disk.name.as_str(), disk.number.instance.as_str(), disk.factor), ("a=b", "/srv", 1.0));
    }

    #[test]
    fn what_cannot_be_is_said() {
        assert!(said("free").contains("there is no ="));
        assert!(said("x=meminfo.Nothing").contains("no sample has a number \"meminfo.Nothing\""));
        assert!(said("x=netdev.rx_bytes").contains("netdev.rx_bytes:NAME"));
        assert!(said("x=meminfo.MemFree:eth0").contains("no place"));
        assert!(said("x=slabinfo.bytes").contains("no place"));
        assert!(said("x=meminfo.MemFree*much").contains("\"much\" is no factor"));
    }
}
