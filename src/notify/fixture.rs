//! Notices for tests: the story that cronograph comes from, several alerts at once, and one by somebody who means harm.

use super::compose::Composer;
use super::notice::{Change, Fact, Item, Notice};
use super::sample;
use crate::analysis::Level;
use crate::base::words::Lang;
use jiff::tz::TimeZone;

/// 2026-11-23 20:00 in Shanghai.
pub(super) const NOW: i64 = 1_795_435_200;

pub(super) fn composer(lang: Lang) -> Composer {
    Composer::new(lang, TimeZone::get("Asia/Shanghai").unwrap(), None, "hub").unwrap()
}

fn fact(label: &str, lines: &[&str]) -> Fact {
    Fact { label: label.to_owned(), lines: lines.iter().map(|line| (*line).to_owned()).collect() }
}

/// Kernel slab leaks on a small server.
pub(super) fn story() -> Notice {
    let item = Item {
        host: "web1".to_owned(),
        rule: "memory".to_owned(),
        level: Level::Critical,
        what: "Memory: 32.0 MiB of 496 MiB available".to_owned(),
        since: NOW - 480,
        facts: vec![
            fact("Limit", &["10 %, now 6.45 %"]),
            fact(
                "Grows most",
                &["Kernel, unreclaimable slab: +1.02 MiB/min [1.01, 1.04] since 15:02", "no process owns it"],
            ),
            fact("At this rate", &["full at 20:31, in 31 min (between 20:30 and 20:33)"]),
            fact("What changed then", &["15:00 cronograph config: check services added"]),
        ],
        command: Some("cronograph probe --stdout all -- service --status-all".to_owned()),
        link: Some("https://status.example.org/web1/".to_owned()),
        picture: sample::notice("mail", &composer(Lang::En), None, NOW).items.remove(0).picture,
        ..Item::default()
    };
    Notice {
        id: "20261123T120000-9f3c".to_owned(),
        t: NOW,
        replies_to: vec!["20261123T110000-1a2b".to_owned(), "20261123T113000-77aa".to_owned()],
        items: vec![item],
        site: Some("https://status.example.org/".to_owned()),
    }
}

/// Of three hosts: worse, still so, over.
pub(super) fn several() -> Notice {
    let item = |host: &str, rule: &str, level, change, what: &str| Item {
        host: host.to_owned(),
        rule: rule.to_owned(),
        level,
        change,
        what: what.to_owned(),
        since: NOW - 90_000,
        ..Item::default()
    };
    let mut items = vec![
        item("db1", "silent", Level::Silent, Change::Worsened, "No sample for 25 h"),
        item(
            "web1",
            "file systems",
            Level::Warning,
            Change::Reminder,
            "File system /var is 91.2 % full, 1.80 GB left",
        ),
        item("web2", "load", Level::Critical, Change::Resolved, "Load over 15 minutes 1.20 on 2 cores"),
    ];
    items[1].instance = "/var".to_owned();
    items[1].facts = vec![fact("Largest", &["/var/log/journal 3.90 GB", "/var/lib/docker 2.11 GB"])];
    items[1].command = Some("du -xh --max-depth=2 /var | sort -h | tail".to_owned());
    items[2].until = Some(NOW - 3_600);
    Notice { id: "20261123T120000-aaaa".to_owned(), t: NOW, items, ..Notice::default() }
}

/// Names that would break out of a header, of HTML, of each chat's markup.
pub(super) fn hostile() -> Notice {
    let mut notice = story();
    let item = &mut notice.items[0];
    item.picture = None;
    item.host = "evil\r\nBcc: victim@example.org\r\n\r\nbody".to_owned();
    item.rule = "rule'; rm -rf /".to_owned();
    item.what = "<script>alert(1)</script> <!channel> @everyone **bold** `x` \u{202e}\u{1b}[31m".to_owned();
    item.facts = vec![fact("<b>label</b>", &["line\nwith\nbreaks", "<at user_id=\"all\"></at> <@all>"])];
    item.command = Some("echo `id` && <x>".to_owned());
    item.link = Some("javascript:alert(1)".to_owned());
    notice.site = Some("https://example.org/\"><script>".to_owned());
    notice
}
