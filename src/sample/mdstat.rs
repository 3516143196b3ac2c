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
            /// `raid1`; of a container, [`CONTAINER`].
            level: String,
            /// What runs: `recovery`, `resync`, `check`, `reshape`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            action: Option<String>,
        }
    }
}

/// Level of the disks of a controller's metadata (Intel's `imsm`, `ddf`): the arrays in it run, itself is inactive by design.
pub const CONTAINER: &str = "container";

impl RaidArray {
    /// Returns true where fewer members work than there are slots.
    pub fn is_short(&self) -> bool {
        self.working.zip(self.members).is_some_and(|(working, members)| working < members)
    }

    /// Returns true where slots may be empty by design: vendors of storage boxes make mirrors with a slot for each bay, most
    /// of which nothing ever filled.
    pub fn may_never_have_been_full(&self) -> bool {
        let is_failing = self.failed.unwrap_or(0) > 0 || self.action.as_deref() == Some("recovery");
        self.level == "raid1" && self.members > Some(2) && !is_failing
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
            // Spares and journals are no members. Synology's kernels mark what failed by an E.
            devices += u64::from(!word.contains("(S)") && !word.contains("(J)"));
            failed += u64::from(word.contains("(F)") || word.contains("(E)"));
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
        let bracketed = word.strip_prefix('[').and_then(|word| word.strip_suffix(']'));
        if let Some((members, working)) = bracketed.and_then(|word| word.split_once('/')) {
            if let (Ok(members), Ok(working)) = (members.parse(), working.parse()) {
                (array.members, array.working) = (Some(members), Some(working));
            }
        }
        if let Some(states) = bracketed.filter(|states| states.chars().all(|state| "UE_".contains(state))) {
            let broken = states.matches('E').count() as u64;
            // What Synology's kernels count as working still holds its slot.
            array.working = array.working.map(|working| working.saturating_sub(broken));
            array.failed = array.failed.max(Some(broken));
        }
        let metadata = word.strip_prefix("external:").filter(|metadata| !metadata.starts_with(['/', '-']));
        if metadata.is_some() {
            (array.level, array.members, array.working) = (CONTAINER.to_owned(), None, None);
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

    #[test]
    fn containers_are_no_arrays_and_an_e_is_a_failure() {
        let text = b"md127 : inactive sdb[1](S) sda[0](S)\n      5288 blocks super external:ddf\n\
            md126 : active (read-only) raid1 sda[1] sdb[0]\n      9 blocks super external:-md127/0 [2/2] [UU]\n\
            md2 : active raid1 sdc3[0](E)\n      9 blocks super 1.2 [1/1] [E]\n\
            md3 : active raid5 sda1[0](W)(F) sdb1[1] sdd1[3](J) sdc1[2]\n      9 blocks [3/2] [_UU]\n\
            md4 : active raid0 sda1[0] sdb1[1](E)\n      9 blocks 64k chunks\n";
        let arrays = parse(text);
        let numbers = |name: &str| {
            let array = &arrays[name];
            (array.level.as_str(), array.members, array.working, array.failed)
        };
        assert_eq!(numbers("md127"), (CONTAINER, None, None, Some(0)));
        assert_eq!(numbers("md126"), ("raid1", Some(2), Some(2), Some(0)));
        assert_eq!(numbers("md2"), ("raid1", Some(1), Some(0), Some(1)));
        assert_eq!(numbers("md3"), ("raid5", Some(3), Some(2), Some(1)));
        assert_eq!(numbers("md4"), ("raid0", Some(2), Some(1), Some(1)));
    }
}
