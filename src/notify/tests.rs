use super::fixture::{NOW, composer, hostile, several, story};
use super::*;
use crate::base::words::Lang;
use std::collections::BTreeSet;
use std::path::Path;

fn composed(notice: &Notice, lang: Lang) -> Composed {
    composer(lang).compose(notice).unwrap()
}

#[test]
fn the_story_as_text() {
    let composed = composed(&story(), Lang::En);
    assert_eq!(composed.subject, "[critical] web1: Memory: 32.0 MiB of 496 MiB available");
    assert_eq!(composed.pictures.len(), 1);
    insta::assert_snapshot!(composed.text);
    insta::assert_snapshot!("the_story_in_short", composed.short);
}

#[test]
fn the_story_as_html() {
    let html = composed(&story(), Lang::En).html;
    assert!(html.contains("src=\"cid:picture-1.20261123T120000-9f3c@cronograph\""));
    insta::assert_snapshot!(html);
}

#[test]
fn the_story_in_chinese() {
    let composed = composed(&story(), Lang::Zh);
    insta::assert_snapshot!(format!("{}\n\n{}\n\n====\n{}", composed.subject, composed.text, composed.short));
}

#[test]
fn several_alerts() {
    let composed = composed(&several(), Lang::En);
    assert_eq!(composed.subject, "[3 alerts, silent] db1: No sample for 25 h; also web1, web2");
    assert!(composed.pictures.is_empty());
    insta::assert_snapshot!(format!("{}\n\n====\n{}", composed.text, composed.short));
    insta::assert_snapshot!("several_alerts_in_chinese", self::composed(&several(), Lang::Zh).text);
}

#[test]
fn subjects() {
    let mut notice = several();
    for item in &mut notice.items {
        item.change = Change::Resolved;
    }
    let subject = |notice: &Notice| composer(Lang::En).subject(notice);
    assert_eq!(subject(&notice), "[3 resolved] db1: No sample for 25 h; also web1, web2");
    notice.items[0].change = Change::Passed;
    notice.items.truncate(1);
    assert_eq!(subject(&notice), "[over already] db1: No sample for 25 h");
    notice.items[0].change = Change::Reminder;
    assert_eq!(subject(&notice), "[still silent] db1: No sample for 25 h");
    let mut many = several();
    for number in 0..4 {
        many.items.push(Item { host: format!("host{number}"), ..Item::default() });
    }
    assert_eq!(subject(&many), "[7 alerts, silent] db1: No sample for 25 h; also web1, web2 and 4 more");
    notice.items[0].what = "long ".repeat(100);
    assert_eq!(subject(&notice).chars().count(), 180);
}

#[test]
fn foreign_text_breaks_out_of_nothing() {
    let composed = composed(&hostile(), Lang::En);
    let texts = [&composed.subject, &composed.text, &composed.html, &composed.short];
    for text in texts {
        assert!(!text.contains('\u{1b}') && !text.contains('\r') && !text.contains('\u{202e}'), "{text}");
    }
    assert_eq!(composed.subject.lines().count(), 1);
    assert!(
        !composed.html.contains("<script") && !composed.html.contains("javascript:"),
        "{}",
        composed.html
    );
    assert!(!composed.html.contains("<b>label") && !composed.html.contains("https://example.org/\""));
    assert!(!composed.text.contains("\nwith\n"));
    assert!(composed.text.contains("cronograph mute 'rule'\\''; rm -rf /' --for 2h"), "{}", composed.text);
}

#[test]
fn the_short_form_fits() {
    let composer = composer(Lang::Zh);
    let mut notice = several();
    for number in 0..60 {
        let what = format!("文件系统 /srv/数据/{number} 已满 <{number}>");
        notice.items.push(Item { host: format!("主机{number}"), what, ..notice.items[1].clone() });
    }
    for markup in Markup::ALL {
        for bytes in [40, 100, 300, 1_000, 4_000, 100_000] {
            let short = composer.short(&notice, Form { markup, titled: false, bytes }).unwrap();
            assert!(short.len() <= bytes && !short.is_empty(), "{markup:?} {bytes}: {}", short.len());
            // A mark that is opened is closed.
            assert_eq!(short.matches("<b>").count(), short.matches("</b>").count());
            assert_eq!(short.matches('`').count() % 2, 0);
            if bytes == 4_000 {
                assert!(short.contains("……另有"), "{short}");
            }
        }
    }
}

#[test]
fn the_table_of_templates_lists_the_folder() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let names =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = names.filter(|name| name.starts_with("message.")).collect();
    let table: BTreeSet<String> =
        compose::MESSAGES.built_in.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(files, table);
}

#[test]
fn the_users_template_replaces_ours() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(
        folder.path().join("message.short.txt"),
        "{{ items[0].host }} <{{ items[0].what }}> & {{ code(subject) }}",
    )
    .unwrap();
    // One of the pages, broken: none of our business.
    fs_err::write(folder.path().join("host.html"), "{% if %}").unwrap();
    let zone = jiff::tz::TimeZone::UTC;
    let composer = Composer::new(Lang::En, zone.clone(), Some(folder.path()), "hub").unwrap();
    let mut notice = story();
    notice.items[0].what = "a < b".to_owned();
    let short =
        composer.short(&notice, Form { markup: Markup::Telegram, titled: false, bytes: 900 }).unwrap();
    assert_eq!(short, "web1 <a &lt; b> & <code>[critical] web1: a &lt; b</code>");
    fs_err::write(folder.path().join("message.txt"), "one\n{{ nothing }}").unwrap();
    let composer = Composer::new(Lang::En, zone.clone(), Some(folder.path()), "hub").unwrap();
    let error = composer.compose(&notice).unwrap_err().to_string();
    assert!(error.contains("message.txt:2: ") && error.contains("\nhint: "), "{error}");
    fs_err::write(folder.path().join("message.txt"), "{% if %}").unwrap();
    let error = Composer::new(Lang::En, zone, Some(folder.path()), "hub").unwrap_err().to_string();
    assert!(error.contains("message.txt:1: "), "{error}");
}

#[test]
fn a_notice_survives_being_written() {
    let notice = story();
    let text = serde_json::to_string(&notice).unwrap();
    assert_eq!(serde_json::from_str::<Notice>(&text).unwrap(), notice);
    assert!(text.contains("\"png\":\"iVBORw0KGgo"));
}

#[test]
fn the_level_of_a_notice_is_that_of_what_holds() {
    let mut notice = several();
    assert_eq!(notice.level(), crate::analysis::Level::Silent);
    for item in &mut notice.items {
        item.change = Change::Resolved;
    }
    assert_eq!(notice.level(), crate::analysis::Level::Ok);
}

#[test]
fn the_test_message_is_whole() {
    let notice = sample::notice("mail", &composer(Lang::En), None, NOW);
    assert!(notice.items[0].picture.is_some());
    insta::assert_snapshot!(composed(&notice, Lang::En).text);
}
