//! Containers come and gone, by their control groups, on the slow beat: Docker and Podman by the twelve digits that
//! people know them by, LXC and nspawn by name.

use super::Kind;
use super::look::Sight;
use super::services::{All, Found, compare};

const FILE: &str = "containers.json";

pub(super) fn look(sight: &mut Sight<'_>) {
    let Some(groups) = sight.look.state.found_groups.as_ref() else { return };
    let found: Found = groups.iter().filter_map(|path| name(path)).map(|name| (name, None)).collect();
    let old: Option<All> = sight.shelf.load(FILE);
    let new = compare(sight, Kind::Container, old.as_ref(), &found, None);
    if old.as_ref() != Some(&new) {
        sight.shelf.keep(FILE, &new);
    }
}

/// The name of the container that a group is; `None`: it is none.
fn name(path: &str) -> Option<String> {
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
        let of = |path: String| name(&path);
        assert_eq!(of(format!("system.slice/docker-{id}.scope")).unwrap(), "docker 0123456789ab");
        assert_eq!(of(format!("docker/{id}")).unwrap(), "docker 0123456789ab");
        assert_eq!(of(format!("machine.slice/libpod-{id}.scope")).unwrap(), "libpod 0123456789ab");
        assert_eq!(of("lxc.payload.web".to_owned()).unwrap(), "lxc web");
        assert_eq!(of("machine.slice/machine-my\\x2dbox.scope".to_owned()).unwrap(), "nspawn my-box");
        for path in ["system.slice/cron.service", "user.slice/user-0.slice", "docker", ""] {
            assert_eq!(name(path), None, "{path}");
        }
    }
}
