//! What hardly changes: name, OS, kernel, CPU, addresses. In the log once a day, after a boot, and when it changed.
//! From `/etc/os-release`, `/proc/sys/kernel/*`, `/proc/cpuinfo`, `/proc/stat`, `/proc/net/*`, `/sys/class/dmi`.

use super::{Context, addresses, cpu_model, parse};
use serde::{Deserialize, Serialize};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Facts about the host.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Host {
    /// The host's own name.
    pub name: String,
    /// `PRETTY_NAME` of os-release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// The kernel's release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
    /// `x86_64`, `aarch64`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// The model of the CPU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_model: Option<String>,
    /// Cores that are online.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cores: Option<u32>,
    /// The CPU's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mhz: Option<f64>,
    /// When it booted, unix time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boot_time: Option<i64>,
    /// The kernel's id of this boot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boot_id: Option<String>,
    /// `kvm`, `vmware`, `xen`, `hyperv`: the hypervisor, where the kernel tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virtualization: Option<String>,
    /// The hypervisor may take memory back, and no counter says how much.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub uncounted_balloon: bool,
    /// `lxc`, `openvz`, `docker`, `systemd-nspawn`: where this is a container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// The interface of the default route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// Its addresses, version 4 first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// The version of cronograph that took the sample.
    pub cronograph: String,
}

impl Host {
    /// The facts, where they belong into this line: the first of a day and of a boot, and when they changed, which
    /// is looked for on the slow beat.
    pub(crate) fn when_due(context: &mut Context<'_>, cores: Option<u32>) -> Option<Self> {
        const DAY_SECONDS: i64 = 86_400;
        let day = context.now.div_euclid(DAY_SECONDS);
        let new = day != context.previous.host_day || context.previous.boot != context.next.boot;
        if !new && !context.slow {
            return None;
        }
        let mut host = Self { cores, ..Self::that_may_change(context) };
        let print = host.fingerprint();
        if !new && print == context.previous.host_print {
            return None;
        }
        (context.next.host_day, context.next.host_print) = (day, print);
        host.add_fixed(context);
        Some(host)
    }

    fn that_may_change(context: &mut Context<'_>) -> Self {
        let (interface, addresses) = addresses::of_main_interface(context);
        Self {
            name: context.read_text("proc/sys/kernel/hostname").unwrap_or_default(),
            os: os(context),
            kernel: context.read_text("proc/sys/kernel/osrelease"),
            container: container(context),
            interface,
            addresses,
            cronograph: env!("CARGO_PKG_VERSION").to_owned(),
            ..Self::default()
        }
    }

    /// The hash may differ between builds, which costs one more line of facts.
    fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.name, &self.os, &self.kernel, &self.container, self.cores).hash(&mut hasher);
        (&self.interface, &self.addresses, &self.cronograph).hash(&mut hasher);
        hasher.finish()
    }

    /// What only another boot changes. `/proc/cpuinfo` is dear with many cores: some kernels ask each for its clock.
    fn add_fixed(&mut self, context: &mut Context<'_>) {
        self.boot_id = context.read_text("proc/sys/kernel/random/boot_id");
        self.boot_time = context.read("proc/stat").ok().flatten().and_then(|stat| {
            parse::value_of(stat, "btime ").and_then(parse::number).and_then(|time| i64::try_from(time).ok())
        });
        // The file is there since 6.1.
        let machine = || rustix::system::uname().machine().to_string_lossy().into_owned();
        self.architecture =
            context.read_text("proc/sys/kernel/arch").or_else(|| context.root.is_real().then(machine));
        self.cpu_model = cpu_model::read(context);
        let cpuinfo = context.read("proc/cpuinfo").ok().flatten().unwrap_or_default();
        let mhz = cpu_model::field(cpuinfo, &["cpu MHz", "clock", "cpu MHz dynamic"]).map(parse::text);
        self.mhz = mhz.and_then(|mhz| mhz.trim_end_matches("MHz").parse().ok());
        let guest = cpu_model::field(cpuinfo, &["flags"])
            .is_some_and(|flags| parse::fields(flags).any(|flag| flag == b"hypervisor"));
        self.virtualization = virtualization(context, guest);
        self.uncounted_balloon =
            self.container.is_none() && has_uncounted_balloon(context, self.virtualization.as_deref());
    }
}

/// `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"`
fn os(context: &mut Context<'_>) -> Option<String> {
    ["etc/os-release", "usr/lib/os-release"].iter().find_map(|path| {
        let bytes = context.read_at_once(path).ok()??;
        let name = parse::text(parse::value_of(bytes, "PRETTY_NAME=")?);
        Some(name.trim_matches(['"', '\'']).to_owned())
    })
}

/// The hypervisor by its names in the DMI tables, as `systemd-detect-virt` calls it; where they say nothing that
/// is known, by the clock that it lends, or at least by the CPU's flag.
fn virtualization(context: &mut Context<'_>, guest: bool) -> Option<String> {
    const VENDORS: [(&str, &str); 15] = [
        ("KVM", "kvm"),
        ("OpenStack", "kvm"),
        ("KubeVirt", "kvm"),
        ("Amazon EC2", "amazon"),
        ("DigitalOcean", "kvm"),
        ("Hetzner", "kvm"),
        ("Google", "google"),
        ("VMware", "vmware"),
        ("VMW", "vmware"),
        ("innotek GmbH", "oracle"),
        ("VirtualBox", "oracle"),
        ("Xen", "xen"),
        ("Bochs", "bochs"),
        ("Parallels", "parallels"),
        ("BHYVE", "bhyve"),
    ];
    let mut names = String::new();
    for name in ["product_name", "sys_vendor", "board_vendor", "bios_vendor"] {
        names += &context.read_text(&format!("sys/class/dmi/id/{name}")).unwrap_or_default();
        names.push(' ');
    }
    // Microsoft also makes machines that are not virtual.
    if names.contains("Microsoft Corporation") && names.contains("Virtual Machine") {
        return Some("hyperv".to_owned());
    }
    let known = VENDORS.iter().find(|(vendor, _)| names.contains(vendor)).map(|(_, kind)| (*kind).to_owned());
    known
        .or_else(|| context.read_text("sys/hypervisor/type"))
        .or_else(|| by_clock(context))
        .or_else(|| names.contains("QEMU").then(|| "qemu".to_owned()))
        .or_else(|| guest.then(|| "vm-other".to_owned()))
}

/// Reports whether a hypervisor may take memory back without a counter that says so: Hyper-V has none; the counters of the others are there
/// where the kernel was built with them.
fn has_uncounted_balloon(context: &mut Context<'_>, hypervisor: Option<&str>) -> bool {
    const DRIVERS: &str = "sys/bus/virtio/drivers";
    let is_virtio = match hypervisor {
        Some("hyperv") => return true,
        Some("vmware") => false,
        Some("kvm" | "qemu" | "google" | "bochs") => true,
        _ => return false,
    };
    let has_device = |context: &Context<'_>| {
        context.names(&format!("{DRIVERS}/virtio_balloon")).iter().any(|name| name.starts_with("virtio"))
    };
    if is_virtio && context.exists(DRIVERS) && !has_device(context) {
        return false;
    }
    let counters = context.read("proc/vmstat").ok().flatten();
    counters.is_some_and(|text| parse::value_of(text, "balloon_inflate ").is_none())
}

/// Hypervisors lend their guests a clock: `kvm-clock tsc acpi_pm`.
fn by_clock(context: &mut Context<'_>) -> Option<String> {
    const CLOCKS: [(&str, &str); 3] = [("kvm-clock", "kvm"), ("hyperv", "hyperv"), ("xen", "xen")];
    let clocks = context.read_text("sys/devices/system/clocksource/clocksource0/available_clocksource")?;
    CLOCKS.iter().find(|(clock, _)| clocks.contains(clock)).map(|(_, kind)| (*kind).to_owned())
}

/// The kind of container that this host is.
pub(crate) fn container(context: &mut Context<'_>) -> Option<String> {
    if let Some(named) = context.read_text("run/systemd/container") {
        return Some(named);
    }
    let kind = if is_openvz(context) {
        "openvz"
    } else if context.exists(".dockerenv") {
        "docker"
    } else if context.exists("run/.containerenv") {
        "podman"
    } else if has_lxcfs(context) {
        "lxc"
    } else {
        return None;
    };
    Some(kind.to_owned())
}

/// Whether `/proc/meminfo` is made for this container while its neighbours are the host's.
pub(crate) fn has_made_up_meminfo(context: &mut Context<'_>) -> bool {
    is_openvz(context) || has_lxcfs(context)
}

/// The host of OpenVZ has `/proc/bc`, too.
fn is_openvz(context: &Context<'_>) -> bool {
    context.exists("proc/vz") && !context.exists("proc/bc")
}

/// lxcfs mounts files of its own over those of `/proc`.
fn has_lxcfs(context: &mut Context<'_>) -> bool {
    let mounts = context.read("proc/self/mountinfo").ok().flatten().unwrap_or_default();
    parse::lines(mounts).any(|line| {
        let mut fields = parse::fields(line);
        fields.nth(4) == Some(b"/proc/meminfo") && fields.any(|field| field == b"fuse.lxcfs")
    })
}
