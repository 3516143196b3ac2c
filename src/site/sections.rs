//! The parts of a host's page under its summary: which charts and tables stand where.

use super::charts::SectionId;
use super::host::Host;
use super::model::{Chart, Section, Table};
use super::tables::Tables;
use super::window::WindowView;
use super::{checks, damage, leaks, services, used};

/// The parts of a page that have something to show.
pub(crate) fn of(host: &Host, view: &WindowView) -> Vec<Section> {
    let scene = host.workshop.scene;
    let tables = Tables { scene, latest: host.latest, mounts: &host.mounts, targets: &host.targets };
    let charts = |id: SectionId| -> Vec<Chart> {
        view.charts.iter().filter(|(section, _)| *section == id).map(|(_, chart)| chart.clone()).collect()
    };
    let section = |id: &'static str, charts: Vec<Chart>, tables: Vec<Option<Table>>| Section {
        id,
        title: scene.word(&format!("section.{id}")),
        charts,
        tables: tables.into_iter().flatten().collect(),
    };
    let of = |id: SectionId, tables: Vec<Option<Table>>| section(id.id(), charts(id), tables);
    let extras = &host.extras;
    // Beside what leaks it stands at the top already.
    let past = host.workshop.inputs.span.is_some();
    let parts = leaks::parts(host.report.as_ref(), scene, past).filter(|_| !host.has_findings());
    let changes = view.changes.table(&tables);
    let sections = vec![
        of(SectionId::Memory, vec![changes, parts, tables.processes(), tables.cgroups(), tables.slab()]),
        of(SectionId::Cpu, vec![]),
        of(SectionId::Disk, vec![tables.filesystems(), tables.disks(), tables.raid()]),
        of(SectionId::Network, vec![extras.traffic(&tables), tables.interfaces()]),
        section("services", Vec::new(), vec![services::table(&tables, view.strips.as_ref())]),
        of(SectionId::Reachability, vec![host.reached.table(&tables)]),
        of(SectionId::System, vec![checks::table(&tables), extras.uptime(&tables), tables.limits()]),
        section("used", Vec::new(), vec![used::table(&tables)]),
        section("damage", Vec::new(), damage::tables(&tables)),
    ];
    let has_some = |section: &Section| !section.charts.is_empty() || !section.tables.is_empty();
    sections.into_iter().filter(has_some).collect()
}
