//! The page of all hosts: what is wrong, the map of all, what changed lately, and a row for each host, worst first, what is wrong
//! with it beneath. Of many hosts the rows stand on pages of their own, by group and name, so that the first page stays light.

use super::alerts;
use super::error::SiteError;
use super::evaluate::colour_of;
use super::fleet_model::{FleetPage, FleetSection, GroupLine, PageLinks, WorstRow};
use super::fleet_row::{memory_of, row};
use super::grouping::{Grouping, MOST_ON_FIRST, Section, sheet_name};
use super::heat;
use super::host::Workshop;
use super::host_view::{HostView, host_page};
use super::lately;
use super::model::{LegendRow, Link};
use super::muted;
use super::scene::Scene;
use super::versions;
use super::window::bare_row;
use crate::analysis::{Group, Level};
use crate::base::escape::address;
use crate::base::format;

/// From so many hosts on, somebody wants to find one and to sort.
const MANY: usize = 6;
/// Hosts of which the first page of many says what is wrong, at most.
const MOST_WORST: usize = 25;
/// From worst to best.
const ORDER: [Level; 4] = [Level::Critical, Level::Silent, Level::Warning, Level::Ok];

/// Makes and publishes the pages.
pub(crate) fn publish(workshop: &Workshop, hosts: &[HostView]) -> Result<(), SiteError> {
    let grouping = &workshop.grouping;
    let sections = grouping.sections(hosts);
    let page = first(workshop, hosts, &sections)?;
    workshop.publish("fleet.html", "index.html", &page)?;
    if grouping.is_paged {
        for section in &sections {
            sheets(workshop, section)?;
        }
    }
    Ok(())
}

/// The first page.
fn first(workshop: &Workshop, hosts: &[HostView], sections: &[Section]) -> Result<FleetPage, SiteError> {
    let (scene, grouping) = (workshop.scene, &workshop.grouping);
    let mut page = bare(workshop, "", hosts.len())?;
    let said = summary(hosts.iter(), scene);
    page.summary = if workshop.inputs.span.is_some() { then(&said, scene) } else { said };
    page.past = alerts::past(hosts.iter().map(|host| &host.watched), scene);
    page.muted = muted::of_all(workshop.mutes, scene);
    page.versions = versions::line(hosts, scene);
    page.heat = heat::map(sections, grouping, scene);
    page.lately = lately::of(hosts, scene);
    page.empty = if hosts.is_empty() { empty(scene) } else { Vec::new() };
    if grouping.is_paged || grouping.has_groups() {
        (page.worst, page.worst_more) = worst(hosts, grouping, scene);
    }
    if grouping.is_paged {
        page.groups = sections.iter().flat_map(|section| group_lines(section, grouping, scene)).collect();
    } else {
        if grouping.has_groups() {
            page.groups = sections.iter().map(|section| group_line(section, grouping, scene)).collect();
        }
        page.sections = sections.iter().map(|section| listed(section, grouping, scene)).collect();
        page.legend = if hosts.is_empty() { Vec::new() } else { legend(scene) };
    }
    Ok(page)
}

/// The pages that list the hosts of a section.
fn sheets(workshop: &Workshop, section: &Section) -> Result<(), SiteError> {
    let (scene, grouping) = (workshop.scene, &workshop.grouping);
    let title = title_of(section, grouping, scene);
    let parts: Vec<&[&HostView]> = section.hosts.chunks(MOST_ON_FIRST).collect();
    for (index, part) in parts.iter().enumerate() {
        let mut page = bare(workshop, &title, part.len())?;
        page.summary = summary(section.hosts.iter().copied(), scene);
        page.links = Some(PageLinks {
            title: if title.is_empty() { scene.word("fleet.all") } else { title.clone() },
            previous: index.checked_sub(1).map(|_| address(&sheet_name(section.slug, index))),
            next: parts.get(index + 1).map(|_| address(&sheet_name(section.slug, index + 2))),
            pages: pages(section, index),
        });
        page.sections = vec![FleetSection {
            rows: part.iter().map(|host| row(host, grouping, scene)).collect(),
            ..FleetSection::default()
        }];
        page.legend = legend(scene);
        workshop.publish("fleet.html", &sheet_name(section.slug, index + 1), &page)?;
    }
    Ok(())
}

/// A page on which nothing stands yet, for so many rows.
fn bare(workshop: &Workshop, title: &str, rows: usize) -> Result<FleetPage, SiteError> {
    let script = match rows {
        MANY.. => workshop.assets.publish_fleet_script(workshop.publisher)?.to_owned(),
        _ => String::new(),
    };
    Ok(FleetPage { script, ..FleetPage::new(workshop.page(title, "")) })
}

/// All pages of a section by the hosts on them; none where there is one only.
fn pages(section: &Section, current: usize) -> Vec<Link> {
    let parts = section.hosts.chunks(MOST_ON_FIRST).enumerate();
    let link = |(index, part): (usize, &[&HostView])| {
        let href =
            if index == current { String::new() } else { address(&sheet_name(section.slug, index + 1)) };
        Link { label: span(part), href }
    };
    if section.hosts.len() > MOST_ON_FIRST { parts.map(link).collect() } else { Vec::new() }
}

/// `web-001 – web-100`.
fn span(part: &[&HostView]) -> String {
    match part {
        [] => String::new(),
        [one] => one.name.clone(),
        [one, .., last] => format!("{} – {}", one.name, last.name),
    }
}

/// What a section is called; nothing where there are no groups.
pub(crate) fn title_of(section: &Section, grouping: &Grouping, scene: &Scene) -> String {
    match section.group {
        Some(group) => group.to_owned(),
        None if grouping.has_groups() => scene.word("fleet.others"),
        None => String::new(),
    }
}

/// Worst first, then by name.
fn listed(section: &Section, grouping: &Grouping, scene: &Scene) -> FleetSection {
    let mut sorted = section.hosts.clone();
    sort(&mut sorted);
    FleetSection {
        id: section.slug.to_owned(),
        title: title_of(section, grouping, scene),
        summary: summary(section.hosts.iter().copied(), scene),
        rows: sorted.into_iter().map(|host| row(host, grouping, scene)).collect(),
    }
}

fn sort(hosts: &mut [&HostView]) {
    hosts.sort_by(|one, other| rank(one).cmp(&rank(other)).then(one.name.cmp(&other.name)));
}

/// What leaks comes first: it ends in a crash, and the sooner it is seen the longer is the time left.
fn rank(host: &HostView) -> (bool, usize) {
    let leaks = host.problems.iter().any(|problem| problem.leaks && problem.state.class != "note");
    let level = ORDER.iter().position(|level| level.key() == host.state.class).unwrap_or(ORDER.len());
    (!leaks, level)
}

/// The hosts that are not well, worst first, and how many more there are.
fn worst(hosts: &[HostView], grouping: &Grouping, scene: &Scene) -> (Vec<WorstRow>, String) {
    let mut bad: Vec<&HostView> = hosts.iter().filter(|host| host.state.class != "ok").collect();
    sort(&mut bad);
    let more = bad.len().saturating_sub(MOST_WORST);
    let rows = bad.iter().take(MOST_WORST).map(|host| WorstRow {
        name: host.name.clone(),
        href: host_page(&host.name),
        group: grouping.group(&host.name).unwrap_or_default().to_owned(),
        state: host.state.clone(),
        problems: host.problems.iter().filter(|problem| problem.state.class != "note").cloned().collect(),
    });
    let said =
        if more > 0 { scene.words().count("fleet.worst_more", more as u64, &[]) } else { String::new() };
    (rows.collect(), said)
}

/// A group in a line; without groups each page of the hosts in one.
fn group_lines(section: &Section, grouping: &Grouping, scene: &Scene) -> Vec<GroupLine> {
    if grouping.has_groups() {
        return vec![group_line(section, grouping, scene)];
    }
    let line = |(index, part): (usize, &[&HostView])| {
        line(&span(part), address(&sheet_name(section.slug, index + 1)), part, scene)
    };
    section.hosts.chunks(MOST_ON_FIRST).enumerate().map(line).collect()
}

fn group_line(section: &Section, grouping: &Grouping, scene: &Scene) -> GroupLine {
    let href = match grouping.is_paged {
        true => address(&sheet_name(section.slug, 1)),
        false => format!("#{}", address(section.slug)),
    };
    line(&title_of(section, grouping, scene), href, &section.hosts, scene)
}

fn line(title: &str, href: String, hosts: &[&HostView], scene: &Scene) -> GroupLine {
    let bad = hosts.iter().filter(|host| host.state.class != "ok").count();
    // What a silent host had is not what it has.
    let known =
        || hosts.iter().filter(|host| host.state.class != "silent").filter_map(|host| host.now.as_ref());
    let memory = known().filter_map(|now| now.memory_used().zip(now.memory_total));
    let memory = memory.reduce(|one, other| (one.0 + other.0, one.1 + other.1));
    let cpu: Vec<f64> = known().filter_map(|now| now.cpu).collect();
    GroupLine {
        title: title.to_owned(),
        href,
        state: hosts.iter().min_by_key(|host| rank(host).1).map(|host| host.state.clone()),
        hosts: hosts.len(),
        bad: if bad > 0 { bad.to_string() } else { String::new() },
        memory: memory.map(|both| memory_of(both, scene)).unwrap_or_default(),
        cpu: mean(&cpu).map(|share| scene.percent(share)).unwrap_or_default(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a number of hosts")]
fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// `12 hosts: 1 critical, 11 ok`.
fn summary<'a>(hosts: impl Iterator<Item = &'a HostView> + Clone, scene: &Scene) -> String {
    let all = hosts.clone().count();
    if all == 0 {
        return String::new();
    }
    let words = scene.words();
    let counted = ORDER.iter().map(|level| level.key()).filter_map(|class| {
        let number = hosts.clone().filter(|host| host.state.class == class).count();
        (number > 0).then(|| format!("{number} {}", words.get(&format!("state.{class}"))))
    });
    let counted: Vec<String> = counted.collect();
    let all = words.count("fleet.hosts", all as u64, &[]);
    words.fill(
        "fleet.summary",
        &[("hosts", &all), ("states", &counted.join(words.get("alt.separator_short")))],
    )
}

/// Of a page about the past: `7 hosts: 7 ok, on 24 Nov 2026 15:40`.
fn then(summary: &str, scene: &Scene) -> String {
    let time = format::date_time(scene.now, &scene.zone, scene.lang);
    scene.words().fill("fleet.then", &[("summary", summary), ("time", &time)])
}

/// The colours of the bars and what they mean.
fn legend(scene: &Scene) -> Vec<LegendRow> {
    let row = |group: &Group| {
        let colour = colour_of(*group).map_or("", |colour| colour.name());
        bare_row(colour, scene.group(*group))
    };
    Group::ALL.iter().map(row).collect()
}

/// What to do where there is no host yet.
fn empty(scene: &Scene) -> Vec<String> {
    ["fleet.empty", "fleet.empty_sample", "fleet.empty_rsync"].map(|key| scene.word(key)).to_vec()
}
