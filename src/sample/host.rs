//! What hardly changes: name, OS, kernel, CPU, addresses. In the log once a day, after a boot, and when it changed.
//! From `/etc/os-release`, `/proc/sys/kernel/*`, `/proc/cpuinfo`, `/proc/stat`, `/proc/net/*`, `/sys/class/dmi`.

use serde::{Deserialize, Serialize};

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
