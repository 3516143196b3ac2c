//! Software RAID: `/proc/mdstat`, `md(4)`.

use super::metric::record;
use super::{Collector, Context, SampleError, parse};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Arrays by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mdstat(pub BTreeMap<String, RaidArray>);

record! {
    /// One array.
    pub struct RaidArray in "mdstat" {
        /// Members that it should have.
        members "members" u64 Gauge Count;
        /// Members that work.
        working "working" u64 Gauge Count;
        /// Members that failed.
        failed "failed" u64 Gauge Count;
        /// How far a rebuild, check or reshape is.
        progress "progress" f64 Gauge Ratio;
        also {
            /// `active`, `inactive`, `read-only`.
            state: String,
            /// `raid1`.
            level: String,
            /// What runs: `recovery`, `resync`, `check`, `reshape`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            action: Option<String>,
        }
    }
}

impl Collector for Mdstat {
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        let Some(bytes) = context.read("proc/mdstat")? else { return Ok(None) };
        let arrays = parse(bytes);
        Ok((!arrays.is_empty()).then_some(Self(arrays)))
    }
}

/// An array is a line `md0 : active raid1 sdb1[1](F) sda1[0]` and the indented lines under it: one with
/// `[2/1] [U_]` (members that it should have, that work), and maybe one with `recovery = 12.6% (…)`.
fn parse(bytes: &[u8]) -> BTreeMap<String, RaidArray> {
    let mut arrays: BTreeMap<String, RaidArray> = BTreeMap::new();
    let mut current: Option<String> = None;
    for line in parse::lines(bytes) {
        let text = String::from_utf8_lossy(line);
        if let Some((name, rest)) = text.split_once(" : ").filter(|_| line.starts_with(b"md")) {
            arrays.insert(name.to_owned(), first_line(rest));
            current = Some(name.to_owned());
        } else if !line.starts_with(b" ") {
            current = None;
        } else if let Some(array) = current.as_ref().and_then(|name| arrays.get_mut(name)) {
            further_line(array, &text);
        }
    }
    arrays
}

/// `active (auto-read-only) raid1 sdb1[1](F) sda1[0]`
fn first_line(text: &str) -> RaidArray {
    let mut array = RaidArray::default();
    let (mut devices, mut failed) = (0, 0);
    for word in text.split_whitespace() {
        if word.contains('[') {
            // Spares are no members.
            devices += u64::from(!word.ends_with("(S)"));
            failed += u64::from(word.ends_with("(F)"));
        } else if word.starts_with('(') {
            array.state = word.trim_matches(['(', ')']).to_owned();
        } else if array.state.is_empty() {
            array.state = word.to_owned();
        } else {
            array.level = word.to_owned();
        }
    }
    // RAID 0 and linear, which have no counts below, are as many as are named here.
    array.members = Some(devices);
    array.working = Some(devices - failed);
    array.failed = Some(failed);
    array
}

fn further_line(array: &mut RaidArray, text: &str) {
    const ACTIONS: [&str; 5] = ["recovery", "resync", "check", "reshape", "repair"];
    for word in text.split_whitespace() {
        let counts = word.strip_prefix('[').and_then(|word| word.strip_suffix(']')?.split_once('/'));
        if let Some((members, working)) = counts {
            if let (Ok(members), Ok(working)) = (members.parse(), working.parse()) {
                (array.members, array.working) = (Some(members), Some(working));
            }
        }
        // `resync=DELAYED` and `resync=PENDING` have no blanks and no number.
        let action = word.split('=').next().filter(|action| ACTIONS.contains(action));
        if let Some(action) = action {
            array.action = Some(action.to_owned());
            array.progress = text.split_whitespace().find_map(percent);
        }
    }
}

/// `12.6%` as a share of one, to the tenth of a percent that the kernel gives.
fn percent(word: &str) -> Option<f64> {
    let percent: f64 = word.trim_start_matches('=').strip_suffix('%')?.parse().ok()?;
    Some((percent * 10.0).round() / 1000.0).filter(|share| share.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn healthy_degraded_and_rebuilding() {
        let text = b"Personalities : [raid1] [raid0]\nmd0 : active raid1 sdb1[1] sda1[0]\n      976 blocks super 1.2 [2/2] [UU]\n      \n\
            md1 : active raid1 sdb2[2] sda2[0] sdc2[1](F)\n      976 blocks super 1.2 [2/1] [U_]\n      [==>....]  recovery = 12.6% (37/292) finish=127.5min speed=334K/sec\n\
            md2 : active (auto-read-only) raid0 sdb3[1] sda3[0]\n      100 blocks super 1.2 512k chunks\n      \t resync=PENDING\nunused devices: <none>\n";
        let arrays = parse(text);
        let numbers = |name: &str| {
            let array = &arrays[name];
            (array.members, array.working, array.failed, array.progress)
        };
        assert_eq!(numbers("md0"), (Some(2), Some(2), Some(0), None));
        assert_eq!(numbers("md1"), (Some(2), Some(1), Some(1), Some(0.126)));
        assert_eq!(numbers("md2"), (Some(2), Some(2), Some(0), None));
        assert_eq!(
            (arrays["md1"].action.as_deref(), arrays["md0"].action.as_deref()),
            (Some("recovery"), None)
        );
        assert_eq!((arrays["md2"].state.as_str(), arrays["md2"].level.as_str()), ("auto-read-only", "raid0"));
        assert_eq!(arrays["md2"].action.as_deref(), Some("resync"));
    }
}
