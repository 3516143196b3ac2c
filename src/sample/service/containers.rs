//! Containers as services, by their control groups: Docker and Podman by the twelve digits that people know them by, LXC and
//! nspawn by name. Found on the slow beat with the groups; since when by the time of the group's folder.

use super::{Kept, Service, View};
use crate::sample::Context;

/// Adds the containers that run.
pub(super) fn add(context: &Context<'_>, kept: &Kept, view: &mut View) {
    let Some(groups) = &context.next.found_groups else {
        // Between slow beats those that were there are taken to be there still.
        let known = kept.written.iter().filter(|(name, service)| is_container(name) && service.up == Some(1));
        view.extend(known.map(|(name, service)| (name.clone(), service.clone())));
        return;
    };
    for path in groups {
        let Some(name) = name_of(path) else { continue };
        let folder = ["sys/fs/cgroup", "sys/fs/cgroup/memory"].map(|base| format!("{base}/{path}"));
        let since =
            folder.iter().find_map(|folder| context.modified(folder)).map(|time| time.0.min(context.now));
        let size = context.group_sizes.iter().find(|(group, _)| group == path).map(|(_, size)| *size);
        view.insert(name, Service { memory: size, failed: Some(0), ..Service::running(since, None) });
    }
}

fn is_container(name: &str) -> bool {
    name.contains(' ')
}

/// The name of the container that a group is; `None`: it is none.
pub(crate) fn name_of(path: &str) -> Option<String> {
    let mut parts = path.rsplit('/');
    let last = parts.next()?;
    let parent = parts.next().unwrap_or_default();
    let scope = last.strip_suffix(".scope");
    for runtime in ["docker", "libpod", "cri-containerd", "crio"] {
        let id = scope.and_then(|scope| scope.strip_prefix(runtime)?.strip_prefix('-'));
        if let Some(id) = id.and_then(short_id) {
            return Some(format!("{runtime} {id}"));
        }
    }
    if let Some(name) = scope.and_then(|scope| scope.strip_prefix("machine-")) {
        return Some(format!("nspawn {}", name.replace("\\x2d", "-")));
    }
    if let Some(name) = last.strip_prefix("lxc.payload.") {
        return Some(format!("lxc {name}"));
    }
    match parent {
        "docker" | "libpod" => Some(format!("{parent} {}", short_id(last)?)),
        "lxc" => Some(format!("lxc {last}")),
        _ => None,
    }
}

/// The first twelve of 64 hexadecimal digits.
fn short_id(id: &str) -> Option<&str> {
    (id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| &id[..12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_known_by_their_groups() {
        let id = "0123456789abcdef".repeat(4);
        let of = |path: String| name_of(&path);
        assert_eq!(of(format!("system.slice/docker-{id}.scope")).unwrap(), "docker 0123456789ab");
        assert_eq!(of(format!("docker/{id}")).unwrap(), "docker 0123456789ab");
        assert_eq!(of(format!("machine.slice/libpod-{id}.scope")).unwrap(), "libpod 0123456789ab");
        assert_eq!(of("lxc.payload.web".to_owned()).unwrap(), "lxc web");
        assert_eq!(of("machine.slice/machine-my\\x2dbox.scope".to_owned()).unwrap(), "nspawn my-box");
        for path in ["system.slice/cron.service", "user.slice/user-0.slice", "docker", ""] {
            assert_eq!(name_of(path), None, "{path}");
        }
    }
}
