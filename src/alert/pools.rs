//! Mounts that share the free space of one pool or disk: data sets of a ZFS pool, subvolumes of btrfs, bind mounts. When
//! that is used up they are all full, which is one alert. A data set that a quota keeps smaller has less available than
//! the others, and is full by itself.

use super::rule::Rule;
use crate::sample::filesystem::{Filesystem, Filesystems};
use std::collections::{BTreeMap, BTreeSet};

/// Numbers of a file system that its pool decides.
const SHARED_METRICS: [&str; 4] =
    ["filesystem.used", "filesystem.available", "filesystem.inodes", "filesystem.full_in"];
/// Mounts of one pool are asked one after another while it is written to: their free space differs by so little.
const NEAR_SHARE: f64 = 0.01;
/// The same, in bytes.
const NEAR_BYTES: f64 = 16.0 * 1024.0 * 1024.0;

/// One mount of a pool.
#[derive(Clone, Copy, Debug)]
struct Member<'a> {
    mount: &'a str,
    available: f64,
    share: f64,
}

/// Returns the mounts that a rule leaves out because another one of the same pool stands for them: one that `has_alert`, or
/// the fullest. A rule that names mounts looks at each of them.
pub(super) fn represented(
    rule: &Rule,
    mounts: &Filesystems,
    has_alert: impl Fn(&str) -> bool,
) -> BTreeSet<String> {
    if rule.names_instances() || !SHARED_METRICS.iter().any(|metric| rule.is_about(metric)) {
        return BTreeSet::new();
    }
    let mut pools: BTreeMap<&str, Vec<Member<'_>>> = BTreeMap::new();
    for (mount, filesystem) in mounts.0.iter().filter(|(mount, _)| rule.is_for(mount)) {
        if let Some((pool, member)) = pool_of(filesystem).zip(member(mount, filesystem)) {
            pools.entry(pool).or_default().push(member);
        }
    }
    let mut left_out = BTreeSet::new();
    for members in pools.values_mut() {
        members.sort_by(|one, other| one.available.total_cmp(&other.available));
        for group in members.chunk_by(|one, other| is_near(one.available, other.available)) {
            let rank = |member: &Member<'_>| (has_alert(member.mount), member.share);
            let best = group.iter().max_by(|one, other| {
                let ((one_has, one_share), (other_has, other_share)) = (rank(one), rank(other));
                one_has
                    .cmp(&other_has)
                    .then(one_share.total_cmp(&other_share))
                    .then(other.mount.cmp(one.mount))
            });
            let others = group.iter().filter(|member| Some(member.mount) != best.map(|best| best.mount));
            left_out.extend(others.map(|member| member.mount.to_owned()));
        }
    }
    left_out
}

/// Name of the ZFS pool, or of the device that is mounted.
fn pool_of(filesystem: &Filesystem) -> Option<&str> {
    match filesystem.kind.as_str() {
        "zfs" => filesystem.device.split('/').next(),
        _ => Some(filesystem.device.as_str()).filter(|device| device.starts_with("/dev/")),
    }
}

#[expect(clippy::cast_precision_loss, reason = "2^53 bytes are 8 PiB")]
fn member<'a>(mount: &'a str, filesystem: &Filesystem) -> Option<Member<'a>> {
    let (used, available) = (filesystem.used? as f64, filesystem.available? as f64);
    (!filesystem.is_still()).then_some(Member { mount, available, share: used / (used + available) })
}

fn is_near(less: f64, more: f64) -> bool {
    more - less <= f64::max(NEAR_SHARE * more, NEAR_BYTES)
}
