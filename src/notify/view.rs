//! A notice as templates see it: times, levels and changes in words, foreign text made harmless, cut where a service allows
//! little. `docs/messages.md` lists these names, since users' templates use them.

use super::notice::{Change, Fact, Item, Notice, Swatch};
use crate::analysis::Level;
use crate::base::hint::Typed;
use crate::base::words::Words;
use crate::base::{escape, format};
use jiff::tz::TimeZone;
use serde::Serialize;

/// A subject longer than this is read by nobody.
const SUBJECT_CHARACTERS: usize = 180;
/// A line of a message; longer ones come from foreign output.
const LINE_CHARACTERS: usize = 400;
/// How many hosts a subject names beside the first one.
const SUBJECT_HOSTS: usize = 2;

/// What all notices of a run share.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    /// The words of the language.
    pub(super) words: &'static Words,
    /// The zone of times.
    pub(super) zone: TimeZone,
    /// This host's name.
    pub(super) sender: String,
    /// What commands of ours are to be typed with.
    pub(super) typed: Typed,
}

/// How much is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Detail {
    /// At most so many alerts.
    pub(super) items: usize,
    /// At most so many lines of facts of each.
    pub(super) facts: usize,
}

impl Detail {
    /// Everything.
    pub(super) const FULL: Self = Self { items: usize::MAX, facts: usize::MAX };
}

/// A message.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct View {
    /// `[critical] web1: Memory: 32 MiB of 496 MiB available`.
    pub(super) subject: String,
    /// The service shows the subject by itself.
    pub(super) titled: bool,
    /// The tag of the language: `en`, `zh-CN`.
    lang: &'static str,
    /// The worst that holds now: `ok`, `warning`, `silent`, `critical`.
    level: &'static str,
    /// The host that sends it.
    sender: String,
    /// When it was made.
    time: String,
    /// The zone of all times.
    zone: String,
    /// `Sent by cronograph on hub, 23 Nov 2026 20:00 Asia/Shanghai.`
    sent_by: String,
    /// The address of the pages.
    site: Option<String>,
    /// The alerts, the worst first.
    items: Vec<ItemView>,
    /// `… and 3 more`, where some were left out.
    left_out: Option<String>,
    /// The rules of what still holds, each once.
    rules: Vec<RuleView>,
}

/// An alert.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct ItemView {
    host: String,
    rule: String,
    instance: String,
    /// `warning`, `silent`, `critical`.
    level: &'static str,
    /// `fired`, `worsened`, `reminder`, `resolved`, `passed`.
    change: &'static str,
    /// It is no longer so.
    over: bool,
    /// `critical`, `still warning`, `resolved`.
    state: String,
    what: String,
    /// `since 15:02, 8 min`.
    when: String,
    facts: Vec<FactView>,
    command: Option<String>,
    link: Option<String>,
    picture: Option<PictureView>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct FactView {
    label: String,
    lines: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct PictureView {
    /// Behind `cid:`.
    id: String,
    width: u32,
    height: u32,
    alt: String,
    /// Each with `colour` and `label`.
    legend: Vec<Swatch>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct RuleView {
    name: String,
    /// The command that silences it.
    mute: String,
}

impl View {
    /// Makes the view of a notice.
    pub(super) fn of(notice: &Notice, scene: &Scene, detail: Detail) -> Self {
        let shown = notice.items.iter().take(detail.items).enumerate();
        let items: Vec<ItemView> =
            shown.map(|(index, item)| ItemView::of(item, index, notice, scene, detail)).collect();
        let left_out = notice.items.len() - items.len();
        let more = |n: usize| scene.words.count("message.left_out", n as u64, &[]);
        let open = notice.items.iter().filter(|item| !item.change.is_over() && !item.rule.is_empty());
        let mut rules: Vec<&str> = open.map(|item| item.rule.as_str()).collect();
        rules.sort_unstable();
        rules.dedup();
        let lang = scene.words.lang();
        let time = format::date_time(notice.t, &scene.zone, lang);
        let zone = format::zone(&scene.zone, notice.t);
        Self {
            subject: subject(notice, scene),
            titled: false,
            lang: lang.tag(),
            level: notice.level().key(),
            sender: clean(&scene.sender),
            sent_by: scene.words.fill(
                "message.sent_by",
                &[("host", &clean(&scene.sender)), ("time", &time), ("zone", &zone)],
            ),
            time,
            zone,
            site: notice.site.as_deref().and_then(address),
            items,
            left_out: (left_out > 0).then(|| more(left_out)),
            rules: rules.into_iter().map(|rule| RuleView::of(rule, &scene.typed)).collect(),
        }
    }
}

impl ItemView {
    fn of(item: &Item, index: usize, notice: &Notice, scene: &Scene, detail: Detail) -> Self {
        let picture = item.picture.as_ref().map(|picture| PictureView {
            id: picture_id(notice, index),
            width: picture.width,
            height: picture.height,
            alt: clean(&picture.alt),
            legend: legend(&picture.legend),
        });
        Self {
            host: clean(&item.host),
            rule: clean(&item.rule),
            instance: clean(&item.instance),
            level: item.level.key(),
            change: item.change.key(),
            over: item.change.is_over(),
            state: state(item, scene),
            what: clean(&item.what),
            when: when(item, notice.t, scene),
            facts: facts(&item.facts, detail.facts),
            command: item.command.as_deref().map(clean),
            link: item.link.as_deref().and_then(address),
            picture,
        }
    }
}

impl RuleView {
    fn of(rule: &str, typed: &Typed) -> Self {
        let name = clean(rule);
        let is_plain = |letter: char| letter.is_alphanumeric() || "-_./".contains(letter);
        let word = if name.chars().all(is_plain) {
            name.clone()
        } else {
            format!("'{}'", name.replace('\'', "'\\''"))
        };
        let mute = typed.complete(&format!("cronograph mute {word} --for 2h")).into_owned();
        Self { mute, name }
    }
}

/// What a picture is called inside a mail.
pub(super) fn picture_id(notice: &Notice, index: usize) -> String {
    format!("picture-{}.{}@cronograph", index + 1, notice.id)
}

/// The line by which a message is found again.
fn subject(notice: &Notice, scene: &Scene) -> String {
    let words = scene.words;
    let Some(first) = notice.items.first() else { return words.get("message.nothing").to_owned() };
    let all_over = notice.items.iter().all(|item| item.change.is_over());
    let count = notice.items.len() as u64;
    let tag = match count {
        1 => state(first, scene),
        _ if all_over => words.count("message.over", count, &[]),
        _ => [words.count("message.alerts", count, &[]), level(notice.level(), words).to_owned()]
            .join(words.get("message.comma")),
    };
    let colon = words.get("message.colon");
    let line = format!("[{tag}] {}{colon}{}", clean(&first.host), clean(&first.what));
    let also = also(notice, words);
    // The names of the others are worth more than the end of the first one's sentence.
    cut(&line, SUBJECT_CHARACTERS.saturating_sub(also.chars().count())) + &also
}

/// The other hosts of a notice: `; also db1, db2 and 3 more`.
fn also(notice: &Notice, words: &Words) -> String {
    let mut hosts: Vec<&str> = Vec::new();
    for item in &notice.items {
        if !hosts.contains(&item.host.as_str()) {
            hosts.push(&item.host);
        }
    }
    let others = hosts.get(1..).unwrap_or_default();
    let named: Vec<String> = others.iter().take(SUBJECT_HOSTS).map(|host| cut(&clean(host), 30)).collect();
    let named = named.join(words.get("message.comma"));
    match others.len().saturating_sub(SUBJECT_HOSTS) {
        _ if others.is_empty() => String::new(),
        0 => words.fill("message.also", &[("hosts", &named)]),
        more => words.fill(
            "message.also",
            &[("hosts", &words.count("message.hosts", more as u64, &[("hosts", &named)]))],
        ),
    }
}

fn level(level: Level, words: &Words) -> &str {
    words.get(match level {
        Level::Ok => "state.note",
        Level::Warning => "state.warning",
        Level::Silent => "state.silent",
        Level::Critical => "state.critical",
    })
}

/// How bad it is, or what became of it.
fn state(item: &Item, scene: &Scene) -> String {
    let words = scene.words;
    let level = level(item.level, words);
    match item.change {
        Change::Fired | Change::Worsened => level.to_owned(),
        Change::Reminder => words.fill("message.still", &[("level", level)]),
        Change::Resolved => words.get("message.resolved").to_owned(),
        Change::Passed => words.get("message.passed").to_owned(),
    }
}

/// Since when, until when, how long.
#[expect(clippy::cast_precision_loss, reason = "seconds of some years are exact in an f64")]
fn when(item: &Item, now: i64, scene: &Scene) -> String {
    let lang = scene.words.lang();
    let moment = |at| format::moment(at, now, &scene.zone, lang);
    let until = item.until.unwrap_or(now);
    let lasted = format::duration((until - item.since).max(0) as f64, lang);
    let values = [("since", &*moment(item.since)), ("until", &*moment(until)), ("duration", &*lasted)];
    scene.words.fill(&format!("message.when.{}", item.change.key()), &values)
}

/// The facts up to a number of lines; one that is cut short loses its last lines.
fn facts(facts: &[Fact], mut room: usize) -> Vec<FactView> {
    let mut shown = Vec::new();
    for fact in facts {
        let lines: Vec<String> = fact.lines.iter().take(room).map(|line| clean(line)).collect();
        room -= lines.len();
        if !lines.is_empty() {
            shown.push(FactView { label: clean(&fact.label), lines });
        }
    }
    shown
}

/// The colours of a picture that are colours: they stand in a style.
fn legend(swatches: &[Swatch]) -> Vec<Swatch> {
    let is_colour = |text: &str| {
        text.strip_prefix('#')
            .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    let colours = swatches.iter().filter(|swatch| is_colour(&swatch.colour));
    colours.map(|swatch| Swatch { colour: swatch.colour.clone(), label: clean(&swatch.label) }).collect()
}

/// One line of harmless text.
pub(super) fn clean(text: &str) -> String {
    cut(escape::terminal(text).trim(), LINE_CHARACTERS)
}

/// An address that may be a link, wherever it is written: of the web, and of letters that end no attribute.
pub(super) fn address(text: &str) -> Option<String> {
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    let is_plain = |letter: char| letter.is_ascii_graphic() && !"\"'<>\\^`{|}".contains(letter);
    (is_web && text.chars().all(is_plain)).then(|| text.to_owned())
}

/// A text of at most so many characters.
pub(super) fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        None => text.to_owned(),
        Some(_) => {
            let kept: String = text.chars().take(characters.saturating_sub(1)).collect();
            format!("{}…", kept.trim_end())
        }
    }
}
