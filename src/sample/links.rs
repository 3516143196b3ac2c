//! Which network interfaces carry packets of their own: `/sys/class/net`, the kernel's `Documentation/ABI/testing/sysfs-class-net`.
//!
//! A packet to a virtual machine passes its tap, a bridge and a network card, and one over a bond its port and the bond. Exactly one of
//! them counts it: the one that stands for a device. Names do not say so, sysfs does: `device`, `master`, `lower_*`, `iflink`.

use super::Context;
use std::collections::BTreeMap;

/// Facts of an interface by sysfs.
#[derive(Default)]
struct Link {
    /// It stands for a device, or a function of one.
    has_device: bool,
    /// The interfaces over it that it is a part of: a bridge, a bond, a synthetic device.
    masters: Vec<String>,
    /// The interfaces that it lies over.
    lowers: Vec<String>,
    /// It shows what passes a port of a switch in a network card, which the port of the card counts.
    is_representor: bool,
    /// Its own number, and that of the interface that it leads to.
    numbers: (Option<u64>, Option<u64>),
}

/// Reports whether the packets of each interface count by themselves. Empty where sysfs does not say it: in
/// containers, whose interfaces stand
/// for no device, and where sysfs is not mounted.
pub(super) fn physical<'a>(
    context: &mut Context<'_>,
    names: impl Iterator<Item = &'a String>,
) -> BTreeMap<String, bool> {
    let found = names.filter_map(|name| Some((name.clone(), read(context, name)?)));
    let links: BTreeMap<String, Link> = found.collect();
    let counts: BTreeMap<String, bool> = links
        .iter()
        .map(|(name, link)| (name.clone(), link.has_device && !link.passes_another(&links)))
        .collect();
    if counts.values().any(|counts| *counts) { counts } else { BTreeMap::new() }
}

fn read(context: &mut Context<'_>, name: &str) -> Option<Link> {
    let folder = format!("sys/class/net/{name}");
    let mut link = Link::default();
    for file in context.names(&folder) {
        match file.as_str() {
            // The other end of a Xen guest's card passes a bridge.
            "device" => {
                let bus = context.link(&format!("{folder}/device/subsystem"));
                link.has_device = !bus.is_some_and(|bus| bus.ends_with(b"/xen-backend"));
            }
            "master" => {
                let master = context.link(&format!("{folder}/master"));
                let master = master.and_then(|path| String::from_utf8(path).ok());
                link.masters.extend(master.and_then(|path| path.rsplit('/').next().map(str::to_owned)));
            }
            "phys_port_name" => {
                let port = context.read_text(&format!("{folder}/{file}"));
                link.is_representor = port.is_some_and(|port| is_of_function(&port));
            }
            file => link.lowers.extend(file.strip_prefix("lower_").map(str::to_owned)),
        }
    }
    let mut number = |file: &str| context.read_number(&format!("{folder}/{file}"));
    link.numbers = (number("ifindex"), number("iflink"));
    context.exists(&folder).then_some(link)
}

impl Link {
    /// Reports whether what passes it passes another interface that stands for a device.
    fn passes_another(&self, links: &BTreeMap<String, Link>) -> bool {
        let has_device = |name: &String| links.get(name).is_some_and(|link| link.has_device);
        // A virtual function under the synthetic device of Azure or under a failover device, which counts for both.
        let is_under = self.masters.iter().any(has_device);
        // The port of a switch behind a network card; but not the synthetic device over its own function.
        let own = |name: &&String| links.get(*name).is_some_and(|lower| lower.is_under(self, links));
        let is_over = self.lowers.iter().filter(|name| !own(name)).any(has_device);
        let leads =
            |link: &Link| link.numbers.0.is_some() && link.numbers.0 == self.numbers.1 && link.has_device;
        let leads_on = self.lowers.is_empty()
            && self.numbers.0 != self.numbers.1
            && links.values().any(|link| !std::ptr::eq(link, self) && leads(link));
        is_under || is_over || leads_on || self.is_representor
    }

    /// Reports whether it is a part of another one.
    fn is_under(&self, other: &Self, links: &BTreeMap<String, Link>) -> bool {
        self.masters.iter().filter_map(|master| links.get(master)).any(|master| std::ptr::eq(master, other))
    }
}

/// `pf0vf3`, `c1pf0sf2`: the port of a virtual function or of a part of one.
fn is_of_function(port: &str) -> bool {
    let inner =
        port.find("pf").map(|at| port[at + 2..].trim_start_matches(|digit: char| digit.is_ascii_digit()));
    inner.is_some_and(|inner| inner.starts_with("vf") || inner.starts_with("sf"))
}
