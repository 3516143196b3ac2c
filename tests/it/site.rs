//! The site as a whole: built from invented hosts into a folder, read back as a browser or an rsync would.

use crate::pages;
use crate::synth::Synth;
use cronograph::base::clock::Clock;
use cronograph::base::words::Lang;
use cronograph::sample::processes::Process;
use cronograph::site::{Inputs, Report, SiteError, build};
use cronograph::store::{Layout, append};
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// 2026-11-23T14:07:00Z: no window moves on in the next minute.
const NOW: i64 = 1_795_442_820;
const HOUR: i64 = 3_600;
const MIB: f64 = 1024.0 * 1024.0;

/// A data folder, an output folder, and how the site is built from one into the other.
struct World {
    folder: tempfile::TempDir,
    inputs: Inputs,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        let out = folder.path().join("www");
        let time_zone = TimeZone::get("Europe/Berlin").unwrap();
        let inputs = Inputs { time_zone, ..pages::inputs(data, out, false) };
        Self { folder, inputs }
    }

    /// A host of the last hours.
    fn host(self, name: &str, hours: i64) -> Self {
        Synth::new(name, 512.0 * MIB, NOW - hours * HOUR, NOW).write(&self.inputs.data).unwrap();
        self
    }

    fn write(self, synth: &Synth) -> Self {
        synth.write(&self.inputs.data).unwrap();
        self
    }

    fn build(&self) -> Report {
        self.build_at(NOW)
    }

    fn build_at(&self, now: i64) -> Report {
        build(&self.inputs, Clock::Fixed(now)).unwrap()
    }

    fn out(&self) -> &Path {
        &self.inputs.out
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.out().join(path)).unwrap()
    }

    /// Every file of the site with its content, without what is the publisher's own.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(self.out(), self.out(), &mut files);
        files.retain(|path, _| !path.starts_with(".cronograph/"));
        files
    }

    fn pages(&self) -> Vec<(String, String)> {
        let pages = self.files().into_iter().filter(|(path, _)| path.ends_with(".html"));
        pages.map(|(path, text)| (path, String::from_utf8(text).unwrap())).collect()
    }
}

fn collect(root: &Path, folder: &Path, into: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, into);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            into.insert(name, fs::read(&path).unwrap());
        }
    }
}

/// What a page refers to, as files of the site.
fn references(page: &str, text: &str) -> BTreeSet<String> {
    let folder = Path::new(page).parent().unwrap();
    let mut found = BTreeSet::new();
    for attribute in ["href=\"", "src=\"", "srcset=\""] {
        for rest in text.split(attribute).skip(1) {
            let target = rest.split('"').next().unwrap();
            if !target.starts_with('#') {
                found.insert(normal(&folder.join(target)));
            }
        }
    }
    found
}

fn normal(path: &Path) -> String {
    let mut parts = PathBuf::new();
    for part in path.components() {
        if part.as_os_str() == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.to_str().unwrap().to_owned()
}

#[test]
fn every_reference_is_a_file_of_the_site() {
    for world in [World::new().host("web-1", 3).host("db", 3), World::new().host("alone", 3)] {
        world.build();
        let files = world.files();
        let mut referred = BTreeSet::new();
        for (page, text) in world.pages() {
            for target in references(&page, &text) {
                assert!(files.contains_key(&target), "{page} refers to {target}");
                referred.insert(target);
            }
        }
        let unused: Vec<_> = files.keys().filter(|file| !referred.contains(*file)).collect();
        assert!(unused.iter().all(|file| file.ends_with(".html")), "nobody refers to {unused:?}");
    }
}

#[test]
fn pages_need_no_script_and_nothing_from_elsewhere() {
    let world = World::new().host("web-1", 3).host("db", 3);
    world.build();
    for (page, text) in world.pages() {
        assert!(text.contains("default-src 'none'"), "{page}");
        assert!(!text.contains(" style="), "{page} has an inline style");
        assert!(!text.contains("://"), "{page} refers to somewhere else");
        assert!(!text.contains("@@"), "{page} has a time that was not put in");
        for image in text.split("<img ").skip(1) {
            let image = image.split('>').next().unwrap();
            assert!(image.contains(" width=\"") && image.contains(" height=\""), "{page}: {image}");
            let alt = image.split("alt=\"").nth(1).unwrap().split('"').next().unwrap();
            assert!(alt.chars().any(|letter| letter.is_ascii_digit()), "{page}: alt says no number: {alt}");
        }
    }
}

#[test]
fn nothing_is_rewritten_that_did_not_change() {
    let world = World::new().host("web-1", 30).host("db", 3);
    let first = world.build();
    assert_eq!(first.hosts, 2);
    let before = world.files();
    // A second later: other page times, nothing else.
    let second = world.build_at(NOW + 1);
    assert_eq!((second.published.written, second.published.removed), (0, 0));
    assert_eq!(world.files(), before);
}

#[test]
fn a_new_sample_redraws_the_shortest_window_only() {
    let synth = Synth::new("web-1", 512.0 * MIB, NOW - 30 * HOUR, NOW + 60);
    let (last, earlier) =
        synth.samples().collect::<Vec<_>>().split_last().map(|(a, b)| (a.clone(), b.to_vec())).unwrap();
    let world = World::new();
    let layout = Layout::new(&world.inputs.data, "web-1").unwrap();
    Synth { until: NOW, ..synth }.write(&world.inputs.data).unwrap();
    assert!(earlier.len() > 1000);
    world.build_at(NOW + 1);
    let before = world.files();
    append(&layout, &last).unwrap();
    world.build_at(NOW + 61);
    let new: Vec<String> = world.files().into_keys().filter(|path| !before.contains_key(path)).collect();
    assert!(!new.is_empty());
    assert!(new.iter().all(|path| path.contains("-1h-")), "{new:?}");
    // What the page before showed is still there for whoever has it open.
    assert!(before.keys().all(|path| world.out().join(path).exists()));
}

#[test]
fn the_cache_can_be_deleted() {
    let world = World::new().host("web-1", 3);
    world.build();
    let before = world.files();
    fs::remove_dir_all(world.inputs.data.join(".derived/web-1/cache")).unwrap();
    assert_eq!(world.build().published.written, 0);
    assert_eq!(world.files(), before);
}

#[test]
fn a_picture_that_somebody_removed_is_drawn_again() {
    let world = World::new().host("web-1", 3).host("db", 3);
    world.build();
    let before = world.files();
    let picture = before.keys().find(|path| path.contains("web-1/cpu-24h-")).unwrap();
    fs::remove_file(world.out().join(picture)).unwrap();
    world.build();
    assert_eq!(world.files(), before);
}

#[test]
fn one_host_is_the_fleet() {
    let world = World::new().host("alone", 3);
    world.build();
    let index = world.read("index.html");
    assert!(index.contains("<h1 id=\"host\">alone "));
    assert!(index.contains("href=\"alone/1h.html\"") && index.contains("src=\"alone/memory-24h-"));
}

#[test]
fn hosts_that_are_gone_go_and_what_is_not_ours_stays() {
    let world = World::new().host("web-1", 3).host("db", 3);
    world.build();
    fs::write(world.out().join("db/notes.txt"), "mine").unwrap();
    fs::remove_dir_all(world.inputs.data.join("db")).unwrap();
    world.build_at(NOW + 60);
    assert!(!world.out().join("db/index.html").exists(), "pages go at once");
    world.build_at(NOW + 3 * HOUR);
    let left: Vec<String> = world.files().into_keys().filter(|path| path.starts_with("db/")).collect();
    assert_eq!(left, ["db/notes.txt"]);
}

#[test]
fn a_public_site_names_nobody() {
    let mut world = World::new().host("web-1", 3).host("db", 3);
    world.inputs.site.public = true;
    world.build();
    let secrets =
        ["192.0.2", "2001:db8", "www-data", "mariadb", "nginx", "/dev/vda", "/home", "system.slice", "/var"];
    for (path, content) in world.files() {
        let text = format!("{path} {}", String::from_utf8_lossy(&content));
        for secret in secrets {
            assert!(!text.contains(secret), "{path} says {secret}");
        }
    }
    assert!(world.read("web-1/index.html").contains("disk 1"));
}

#[test]
fn a_private_site_names_them() {
    let world = World::new().host("web-1", 3);
    world.build();
    let page = world.read("web-1/index.html");
    for name in ["192.0.2", "mariadb", "/dev/vda"] {
        assert!(page.contains(name), "{name}");
    }
}

#[test]
fn names_from_elsewhere_are_only_shown() {
    let world = World::new().host("web-1", 1);
    let layout = Layout::new(&world.inputs.data, "web-1").unwrap();
    let mut sample = Synth::new("web-1", 512.0 * MIB, NOW - HOUR, NOW + 60).samples().last().unwrap();
    let evil = "<script>alert(1)</script>\"'";
    let process = Process { name: evil.to_owned(), user: evil.to_owned(), ..Process::default() };
    sample.processes.as_mut().unwrap().top = vec![process];
    let mounts = &mut sample.filesystem.as_mut().unwrap().0;
    let found = mounts.values().next().unwrap().clone();
    mounts.insert("/<b>\"x".to_owned(), found);
    append(&layout, &sample).unwrap();
    world.build_at(NOW + 60);
    for (page, text) in world.pages() {
        assert!(!text.contains("<script>alert") && !text.contains("/<b>"), "{page}");
    }
    assert!(world.read("index.html").contains("&lt;script&gt;alert"));
}

#[test]
fn a_mistake_in_a_template_leaves_the_published_site() {
    let mut world = World::new().host("web-1", 3).host("db", 3);
    world.build();
    let before = world.files();
    let templates = world.folder.path().join("templates");
    fs::create_dir(&templates).unwrap();
    fs::write(templates.join("fleet.html"), "{{ page.title }}\n{{ page.no_such }}\n").unwrap();
    world.inputs.site.templates = Some(templates.clone());
    let error = build(&world.inputs, Clock::Fixed(NOW + 600)).unwrap_err();
    let place = format!("{}:2: ", templates.join("fleet.html").display());
    assert!(matches!(error, SiteError::Template { .. }));
    assert!(error.to_string().starts_with(&place), "{error}");
    assert_eq!(world.files(), before);
}

#[test]
fn the_users_template_and_style_replace_ours() {
    let mut world = World::new().host("web-1", 1).host("db", 1);
    let folder = world.folder.path().to_owned();
    fs::write(folder.join("fleet.html"), "<p>{{ summary }}").unwrap();
    fs::write(folder.join("own.css"), "body { color: teal }").unwrap();
    world.inputs.site.templates = Some(folder.clone());
    world.inputs.site.style = Some(folder.join("own.css"));
    world.build();
    assert_eq!(world.read("index.html"), "<p>2 hosts: 2 ok");
    let style = world.files().into_iter().find(|(path, _)| path.starts_with("style-")).unwrap().1;
    assert!(String::from_utf8(style).unwrap().ends_with("body { color: teal }"));
}

#[test]
fn nothing_yet_says_what_to_do() {
    let world = World::new();
    world.build();
    let page = world.read("index.html");
    assert!(page.contains("There is no host yet.") && page.contains("cronograph sample"));
}

#[test]
fn a_host_without_samples_and_one_with_a_single_sample_have_pages() {
    let one = Synth::new("one", 512.0 * MIB, NOW - 60, NOW);
    let world = World::new().write(&one);
    fs::create_dir_all(world.inputs.data.join("none/samples")).unwrap();
    world.build();
    assert!(world.read("none/index.html").contains("No sample yet."));
    let page = world.read("one/index.html");
    assert!(page.contains("Too few samples for pictures") && !page.contains("<img"));
    assert!(world.read("index.html").contains("2 hosts: 1 silent, 1 ok"));
}

#[test]
fn a_log_that_has_just_begun_says_how_long_it_is() {
    let world = World::new().write(&Synth::new("young", 512.0 * MIB, NOW - 120, NOW));
    world.build_at(NOW - 30);
    assert!(world.read("young/1h.html").contains("1 min, 15:05:00 to 15:06:00"));
}

#[test]
fn a_host_that_fell_silent_keeps_its_last_pictures() {
    let week = 7 * 24 * HOUR;
    let silent = Synth::new("silent", 512.0 * MIB, NOW - week - 30 * HOUR, NOW - week);
    let world = World::new().write(&silent).host("web-1", 3);
    world.build();
    let page = world.read("silent/index.html");
    assert!(page.contains("No sample for 7 d") && page.contains("<th scope=\"col\">last</th>"), "{page}");
    let day = || -> Vec<String> {
        world.files().into_keys().filter(|path| path.contains("silent/memory-24h-")).collect()
    };
    let before = day();
    world.build_at(NOW + 2 * HOUR);
    assert_eq!(day(), before, "its day moves no more");
}

#[test]
fn broken_lines_are_shown() {
    let broken = Synth { broken_every: 50, ..Synth::new("web-1", 512.0 * MIB, NOW - 5 * HOUR, NOW) };
    let world = World::new().write(&broken);
    world.build();
    let page = world.read("index.html");
    assert!(page.contains("lines of the log cannot be read"), "problem");
    assert!(page.contains("2026-11-23.jsonl"), "place");
}

#[test]
fn chinese_pages_are_chinese() {
    let mut world = World::new().host("web-1", 3).host("db", 3);
    world.inputs.lang = Lang::Zh;
    world.build();
    let page = world.read("index.html");
    assert!(page.contains("<html lang=\"zh-CN\">") && page.contains("2 台主机"));
    assert!(world.read("web-1/24h.html").contains("内存构成"));
}

#[test]
fn status_json_is_for_scripts() {
    let world = World::new().host("web-1", 3);
    world.build();
    let status: serde_json::Value = serde_json::from_str(&world.read("status.json")).unwrap();
    assert_eq!((&status["v"], &status["made"]), (&1.into(), &"2026-11-23T14:07:00Z".into()));
    let host = &status["hosts"][0];
    assert_eq!((&host["name"], &host["state"]), (&"web-1".into(), &"ok".into()));
    let parts = host["memory"].as_object().unwrap();
    let groups = parts.iter().filter(|(key, _)| *key != "total" && *key != "used");
    let sum: f64 = groups.map(|(_, size)| size.as_f64().unwrap()).sum();
    assert!((sum - parts["total"].as_f64().unwrap()).abs() < 8.0, "parts add up to the total");
    assert!(host["cpu"].as_f64().unwrap() < 1.0 && host["uptime"].as_f64().is_some());
}
