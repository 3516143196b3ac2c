//! Memory that a hypervisor takes back: a part of its own where a counter says it, else the first suspect.

use crate::field_cases::{NOW, case, fixtures, put, sample};
use cronograph::analysis::Part;
use cronograph::analysis::leak::State;
use cronograph::analysis::report::{self, Owner, Report, Subject};
use cronograph::sample::Sample;
use cronograph::store::{Layout, append};

/// Eight hours in which a quarter of a MiB of free memory goes each minute, and where it went, if `change` says it.
fn shrinking(first: &Sample, change: impl Fn(&mut Sample, u64)) -> Report {
    let data = tempfile::tempdir().unwrap();
    let layout = Layout::new(data.path(), "web1").unwrap();
    let start = NOW - 8 * 3_600;
    for minute in 0..=480_u32 {
        let taken = u64::from(minute) << 18;
        let seconds = i64::from(minute) * 60;
        let mut now = Sample { t: start + seconds, ..first.clone() };
        now.uptime = first.uptime.map(|uptime| uptime + f64::from(minute) * 60.0);
        let memory = now.meminfo.as_mut().unwrap();
        memory.mem_total = Some(2 << 30);
        memory.mem_free = Some((1 << 30) - taken);
        change(&mut now, taken);
        append(&layout, &now).unwrap();
    }
    report::of_log(&layout, NOW).unwrap().unwrap()
}

fn state_of(report: &Report, part: Part) -> Option<State> {
    report.findings.iter().find(|finding| finding.subject == Subject::Part(part)).map(|finding| finding.state)
}

#[test]
fn what_a_hypervisor_takes_is_no_leak() {
    let vmware = sample(case("vmware-balloon").path());
    assert_eq!(vmware.vmstat.as_ref().unwrap().balloon, Some(30_720 * 4096));
    assert_eq!(vmware.host.as_ref().unwrap().virtualization.as_deref(), Some("vmware"));
    let counted = shrinking(&vmware, |sample, taken| {
        sample.vmstat.as_mut().unwrap().balloon = Some((30_720 << 12) + taken);
    });
    assert_eq!(state_of(&counted, Part::Unaccounted), None, "{:?}", counted.findings);
    assert!(state_of(&counted, Part::Balloon) <= Some(State::Suspect));
    let row = counted.parts.iter().find(|row| row.part == Part::Balloon).unwrap();
    assert_eq!(row.bytes, f64::from((30_720_u32 << 12) + (480 << 18)));
    assert!(!counted.is_leaking());
}

#[test]
fn a_balloon_that_nobody_counts_is_the_first_suspect() {
    let mut first = sample(&fixtures().join("hosts/debian12-vps"));
    let leaking = |first: &Sample| shrinking(first, |_, _| {});
    for (hypervisor, uncounted, state, owner) in [
        ("kvm", false, State::Leaking, Owner::Nobody),
        ("kvm", true, State::Suspect, Owner::UncountedBalloon),
        ("hyperv", false, State::Suspect, Owner::UncountedBalloon),
    ] {
        let host = first.host.as_mut().unwrap();
        host.virtualization = Some(hypervisor.to_owned());
        host.uncounted_balloon = uncounted;
        let report = leaking(&first);
        assert_eq!(state_of(&report, Part::Unaccounted), Some(state), "{hypervisor} {:?}", report.findings);
        assert_eq!(report.findings[0].owner, owner);
    }
}

#[test]
fn the_kernel_says_whether_it_counts_a_balloon() {
    let folder = case("vmware-balloon");
    let root = folder.path();
    let is_uncounted = || sample(root).host.unwrap().uncounted_balloon;
    assert!(!is_uncounted(), "VMware, with counters");
    put(root, "sys/class/dmi/id/sys_vendor", "QEMU\n");
    put(root, "sys/class/dmi/id/product_name", "KVM\n");
    assert!(!is_uncounted(), "virtio, with counters");
    let counters = fs_err::read_to_string(root.join("proc/vmstat")).unwrap();
    put(root, "proc/vmstat", &counters.replace("balloon_", "other_"));
    assert!(is_uncounted(), "virtio, without");
    put(root, "sys/bus/virtio/drivers/virtio_net/virtio0", "");
    assert!(!is_uncounted(), "no such device");
    put(root, "sys/class/dmi/id/sys_vendor", "Microsoft Corporation\n");
    put(root, "sys/class/dmi/id/product_name", "Virtual Machine\n");
    assert!(is_uncounted(), "Hyper-V");
}
