//! Containers come and gone, by their control groups, on the slow beat: Docker and Podman by the twelve digits that
//! people know them by, LXC and nspawn by name.

use super::Kind;
use super::look::Sight;
use super::services::{All, Found, compare};
use crate::sample::service::container_of;

const FILE: &str = "containers.json";

pub(super) fn look(sight: &mut Sight<'_>) {
    let Some(groups) = sight.look.state.found_groups.as_ref() else { return };
    let found: Found = groups.iter().filter_map(|path| container_of(path)).map(|name| (name, None)).collect();
    let old: Option<All> = sight.shelf.load(FILE);
    let new = compare(sight, Kind::Container, old.as_ref(), &found, None);
    if old.as_ref() != Some(&new) {
        sight.shelf.keep(FILE, &new);
    }
}
