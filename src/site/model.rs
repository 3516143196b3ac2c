//! What the templates are given: plain words and numbers, ready to be shown. Everything that has to be decided,
//! computed, translated or left out is decided before; templates only loop and ask whether something is there.

use serde::{Deserialize, Serialize};

/// What every page has.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Page {
    /// `lang` of the document.
    pub lang: &'static str,
    /// Title of the browser's tab.
    pub title: String,
    /// The fleet's title, in the head.
    pub site_title: String,
    /// From this page to the output folder: empty or `../`.
    pub root: String,
    /// The fleet page, seen from here; none where there is but one host.
    pub fleet: Option<String>,
    /// The style sheet's file name.
    pub style: String,
    /// The icon's file name.
    pub icon: String,
    /// The optional script's file name.
    pub script: String,
    /// Seconds after which the page loads itself again; 0: never.
    pub refresh_seconds: u32,
    /// The zone of all times on the page.
    pub zone: String,
    /// When the page was made.
    pub page_time: Moment,
    /// Version of cronograph.
    pub version: &'static str,
}

/// An instant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moment {
    /// For machines, RFC 3339.
    pub iso: String,
    /// For people.
    pub text: String,
    /// For programs, unix time.
    #[serde(skip)]
    pub unix: i64,
}

/// A word that leads somewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Link {
    /// What it says.
    pub label: String,
    /// Where it leads; empty: nowhere.
    pub href: String,
}

/// A state: never told by colour alone.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct State {
    /// `ok`, `warning`, `critical`, `silent`: class of the style sheet.
    pub class: &'static str,
    /// In the reader's language.
    pub word: String,
}

/// Something that is wrong, in one line of plain words.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Problem {
    /// How bad it is.
    pub state: State,
    /// What is wrong.
    pub text: String,
    /// Since when, where it is known.
    pub since: Option<Moment>,
    /// It is a leak, which has a panel of its own on its host's page.
    #[serde(skip)]
    pub leaks: bool,
}

/// Something that leaks, with its evidence.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Leak {
    /// How sure it is, in the reader's language.
    pub state: State,
    /// What it is about.
    pub what: String,
    /// Since when, how fast, until when, whose, what grew with it.
    pub facts: Vec<Fact>,
    /// Stands before the commands.
    pub next_label: String,
    /// Commands to run next.
    pub next: Vec<String>,
    /// What the commands that would find the cause are called.
    pub find_label: String,
    /// What their placeholder means.
    pub find_note: String,
    /// Commands that would find the cause.
    pub find: Vec<String>,
}

/// A name and a sentence.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Fact {
    /// What it is.
    pub label: String,
    /// What it says.
    pub value: String,
}

/// A horizontal bar in parts, drawn as SVG 1000 wide.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bar {
    /// From the left.
    pub parts: Vec<BarPart>,
    /// What it says, for who does not see it.
    pub alt: String,
}

/// One part of a bar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BarPart {
    /// Colour: a class `fill-…`.
    pub colour: String,
    /// Where it begins, 0 to 1000.
    pub x: u32,
    /// How wide it is.
    pub width: u32,
}

/// One figure of the row under a host's name.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figure {
    /// What it is.
    pub label: String,
    /// The number with its unit.
    pub value: String,
    /// A second, smaller one: `of 496 MiB`.
    pub note: String,
}

/// A window's tab.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Tab {
    /// `1 h`.
    pub label: String,
    /// Where it leads.
    pub href: String,
    /// This is the page shown.
    pub current: bool,
}

/// A picture in two themes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Picture {
    /// File name for light themes.
    pub light: String,
    /// File name for dark themes.
    pub dark: String,
    /// Width as shown.
    pub width: u32,
    /// Height as shown.
    pub height: u32,
}

/// A chart with what is written around it. Made once for each window and kept until the window moves on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Chart {
    /// Id of the element, and name of the files.
    pub id: String,
    /// The chart of the list, and its instance, so that the latest values can be put in.
    pub source: String,
    /// What it shows.
    pub title: String,
    /// One line on how to read it; may be empty.
    pub note: String,
    /// Takes the full width.
    pub wide: bool,
    /// The picture.
    pub picture: Picture,
    /// Another one for narrow screens.
    pub narrow: Option<Picture>,
    /// What the picture says, in numbers.
    pub alt: String,
    /// Its series.
    pub legend: Vec<LegendRow>,
}

/// One series in a legend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LegendRow {
    /// Names the series inside the chart, so that the latest value can be put in.
    pub key: String,
    /// Its colour, a class `fill-…`; empty: not drawn.
    pub colour: String,
    /// What it is.
    pub label: String,
    /// The latest value.
    pub now: String,
    /// The least of the window.
    pub min: String,
    /// The mean of the window.
    pub mean: String,
    /// The largest of the window.
    pub max: String,
    /// Least and largest as numbers; absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<(f64, f64)>,
}

/// A table of any kind.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Table {
    /// Id of the element.
    pub id: &'static str,
    /// Caption.
    pub title: String,
    /// A line under the caption; may be empty.
    pub note: String,
    /// Takes the full width.
    pub wide: bool,
    /// Heads of the columns.
    pub columns: Vec<Column>,
    /// Rows; the first cell is the row's head.
    pub rows: Vec<Vec<Cell>>,
    /// Rows that are shown when asked for.
    pub rest: Vec<Vec<Cell>>,
    /// What these are.
    pub rest_title: String,
}

/// Head of a column.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Column {
    /// Its name.
    pub title: String,
    /// Numbers stand right.
    pub numeric: bool,
}

/// One cell.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Cell {
    /// What it says; empty where there is nothing to say.
    pub text: String,
    /// Numbers stand right.
    pub numeric: bool,
    /// A state's class, or empty.
    pub class: &'static str,
    /// A bar beside the number.
    pub bar: Option<Bar>,
    /// A mark before the words, which are its own.
    pub state: Option<State>,
    /// A day in parts, in place of the words that say the same.
    pub strip: Option<Strip>,
}

/// A day of a service, drawn as SVG.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Strip {
    /// From the left.
    pub parts: Vec<StripPart>,
    /// How wide all are.
    pub width: usize,
    /// What it says, for who does not see it.
    pub alt: String,
}

/// A time in which it was the same.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct StripPart {
    /// `up`, `down`, `failed`, `unknown`.
    pub class: &'static str,
    /// Where it begins.
    pub x: usize,
    /// How wide it is.
    pub width: usize,
    /// What it says.
    pub title: String,
}

impl Cell {
    /// A cell of words.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A cell with a number.
    pub(crate) fn number(text: impl Into<String>) -> Self {
        Self { text: text.into(), numeric: true, ..Self::default() }
    }

    /// A cell with a number that may be absent.
    pub(crate) fn maybe(text: Option<String>) -> Self {
        Self::number(text.unwrap_or_default())
    }
}

/// A part of a host's page: charts and tables on one subject.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Section {
    /// Id of the element.
    pub id: &'static str,
    /// Heading.
    pub title: String,
    /// Its charts.
    pub charts: Vec<Chart>,
    /// Its tables.
    pub tables: Vec<Table>,
}

/// A host's page for one window.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct HostPage {
    /// What every page has.
    pub page: Page,
    /// The host's name.
    pub name: String,
    /// From this page to the host's folder: empty, or `web1/`.
    pub here: String,
    /// The group that it is in.
    pub group: Option<Link>,
    /// What it is marked with.
    pub tags: Vec<String>,
    /// How it is.
    pub state: State,
    /// The windows.
    pub tabs: Vec<Tab>,
    /// Time of the last sample.
    pub sample_time: Option<Moment>,
    /// What is wrong, worst first.
    pub problems: Vec<Problem>,
    /// What leaks, worst first.
    pub leaks: Vec<Leak>,
    /// Where the memory is, beside what leaks.
    pub parts_table: Option<Table>,
    /// The line to show where nothing is wrong, or where there is nothing yet.
    pub all_well: String,
    /// How many alerts there were lately; empty for none.
    pub past: String,
    /// What is muted, a line each.
    pub muted: Vec<String>,
    /// Memory now, in parts.
    pub memory_bar: Option<Bar>,
    /// The figures of now.
    pub figures: Vec<Figure>,
    /// The window in words: `24 hours, 22 Nov 14:00 to 23 Nov 14:00`.
    pub window: String,
    /// What to know of this window: where the log begins, that it is empty. May be empty.
    pub window_note: String,
    /// Heads of the legends' first column: the latest value is not "now" of a host that is silent.
    pub latest: String,
    /// The parts of the page.
    pub sections: Vec<Section>,
    /// Facts about the host.
    pub facts: Vec<Figure>,
}
