//! What `probe` prints: the verdict first, then where it is, what is left behind, in which ways, and what to do next.

use crate::base::escape;
use crate::base::format::{self, Scale};
use crate::base::unit::Unit;
use crate::base::words::Words;
use crate::cli::terminal::{Style, Terminal, left, width, wrap};
use crate::probe::{Grown, Judgement, Left, Ran, Verdict, Way, Why};
use std::collections::BTreeMap;

/// Columns of the labels before the lines of the table.
const LABEL_COLUMNS: usize = 8;
const INDENT: &str = "  ";
/// So many parts are named that were too restless.
const MOST_RESTLESS: usize = 3;
/// What a run of nothing added is nothing below this.
const NO_CONTROL: f64 = 512.0;

/// What a run adds, in one unit: `+1.02 MiB per run [1.00, 1.03]`.
pub(in crate::cli) struct Amount {
    pub(in crate::cli) bytes: f64,
    pub(in crate::cli) interval: [f64; 2],
}

/// An amount with its interval.
pub(in crate::cli) fn growth_text(amount: &Amount, words: &Words) -> String {
    let [low, high] = amount.interval;
    // What is nothing within some KiB is told in KiB.
    let scale =
        if amount.bytes.abs() < 1.0 { scale_of(low.abs().max(high.abs())) } else { scale_of(amount.bytes) };
    let sign = if amount.bytes > 0.0 { "+" } else { "" };
    let bytes = format!("{sign}{} {}", scale.number(amount.bytes), scale.symbol);
    let (low, high) = (scale.number(low), scale.number(high));
    words.fill("probe.per_run", &[("bytes", &bytes), ("low", &low), ("high", &high)])
}

/// `64 message queues`
pub(in crate::cli) fn things_text(metric: &str, count: f64, words: &Words) -> String {
    let whole = count.round();
    let count = if (count - whole).abs() < 0.05 { whole } else { count };
    let number = format::quantity(count, Unit::Count, false);
    // Only exactly one takes the singular.
    words.count(
        &format!("left.{}", metric.replace('.', "_")),
        if count == 1.0 { 1 } else { 2 },
        &[("count", &number)],
    )
}

fn scale_of(bytes: f64) -> Scale {
    Scale::of(bytes, Unit::Memory, false)
}

/// The whole answer.
pub(super) fn text(
    command: &str,
    judgement: Judgement,
    verdicts: &[Verdict],
    words: &Words,
    terminal: Terminal,
) -> String {
    let Some(worst) = worst(judgement, verdicts) else { return String::new() };
    let mut page = Page { words, terminal, lines: Vec::new() };
    page.head(command, judgement, worst);
    page.place(worst);
    page.left(worst);
    page.reclaimable(worst);
    page.untold(worst);
    page.now_and_then(worst);
    page.ways(verdicts);
    page.ran(worst);
    page.cost(verdicts);
    page.next(judgement, worst, verdicts.len());
    page.lines.join("\n") + "\n"
}

/// The answer in a line, for a note.
pub(super) fn short(command: &str, judgement: Judgement, verdicts: &[Verdict], words: &Words) -> String {
    let key = format!("probe.note_{}", key_of(judgement));
    let bytes = worst(judgement, verdicts).map(|worst| worst.bytes).unwrap_or_default();
    let bytes = format::quantity(bytes, Unit::Memory, false);
    words.fill(&key, &[("command", command), ("bytes", &bytes)])
}

/// The one that is told in full: of those that are as judged, the one that leaves most.
fn worst(judgement: Judgement, verdicts: &[Verdict]) -> Option<&Verdict> {
    let alike = verdicts.iter().filter(|verdict| verdict.judgement == judgement);
    alike.max_by(|one, other| one.bytes.total_cmp(&other.bytes))
}

fn key_of(judgement: Judgement) -> &'static str {
    match judgement {
        Judgement::Leaks => "leaks",
        Judgement::Clean => "clean",
        Judgement::Unsure => "unsure",
    }
}

struct Page<'a> {
    words: &'a Words,
    terminal: Terminal,
    lines: Vec<String>,
}

impl Page<'_> {
    /// `service --status-all   LEAKS   +1.02 MiB per run [1.00, 1.03], 24 runs, control +0.00`
    fn head(&mut self, command: &str, judgement: Judgement, verdict: &Verdict) {
        let style = match judgement {
            Judgement::Leaks => Style::Critical,
            Judgement::Clean => Style::Bold,
            Judgement::Unsure => Style::Warning,
        };
        let amount = self.amount(judgement, verdict);
        let word = self.words.get(&format!("probe.{}", key_of(judgement))).to_owned();
        let head = format!("{command}   {word}   ");
        if width(&head) + width(&amount) <= self.terminal.columns {
            self.lines.push(format!("{command}   {}   {amount}", self.terminal.paint(&word, style)));
            return;
        }
        self.lines.extend(wrap(command, self.terminal.columns));
        self.lines.push(format!("{INDENT}{}   {amount}", self.terminal.paint(&word, style)));
    }

    fn amount(&self, judgement: Judgement, verdict: &Verdict) -> String {
        let runs = self.words.count("probe.runs", verdict.runs as u64, &[]);
        let memory = |bytes: f64| format::quantity(bytes, Unit::Memory, false);
        let is_measured =
            !verdict.parts.is_empty() || judgement == Judgement::Unsure && verdict.detectable.is_finite();
        let what = if judgement == Judgement::Clean {
            // What the interval leaves open, told in whole KiB.
            let most = (verdict.interval[1].max(0.0) / 1024.0).ceil().max(1.0) * 1024.0;
            self.words.fill("probe.less_than", &[("bytes", &memory(most))])
        } else if is_measured {
            growth_text(&Amount { bytes: verdict.bytes, interval: verdict.interval }, self.words)
        } else if judgement == Judgement::Leaks {
            let left: Vec<String> = verdict.left.iter().map(|left| self.left_text(left)).take(1).collect();
            self.words
                .fill("probe.too_small", &[("left", &left.join("")), ("bytes", &memory(verdict.detectable))])
        } else {
            return runs;
        };
        let control = if verdict.control.abs() < NO_CONTROL { 0.0 } else { verdict.control };
        let control =
            if control == 0.0 { "+0".to_owned() } else { format::change(control, Unit::Memory, false) };
        self.words.fill("probe.amount", &[("what", &what), ("runs", &runs), ("control", &control)])
    }

    /// A line of the table: the label, then the text, set in where it continues.
    fn line(&mut self, label: &str, text: &str) {
        let label = self.words.get(label).to_owned();
        let text = escape::terminal(text);
        let room = self.terminal.columns.saturating_sub(INDENT.len() + LABEL_COLUMNS + 1);
        for (number, part) in wrap(&text, room).iter().enumerate() {
            let label = if number == 0 { label.as_str() } else { "" };
            self.lines.push(format!("{INDENT}{} {part}", left(label, LABEL_COLUMNS)));
        }
    }

    /// The parts that leak, and the slab caches that grow with them.
    fn place(&mut self, verdict: &Verdict) {
        let change = |bytes: f64| format::change(bytes, Unit::Memory, false);
        let mut told: Vec<String> = Vec::new();
        for part in &verdict.parts {
            told.push(format!("{} {}", self.part(part), change(part.bytes)));
        }
        for slab in &verdict.slabs {
            let what = match slab.name.as_str() {
                "" => self.words.get("companion.slabinfo_large_kmalloc").to_owned(),
                name => self.words.fill("companion.slabinfo_bytes", &[("name", name)]),
            };
            let amount = match slab.objects.filter(|objects| *objects >= 1.0) {
                Some(objects) => {
                    let count = format::change(objects.round(), Unit::Count, false);
                    self.words.fill("probe.objects", &[("count", &count)])
                }
                None => change(slab.bytes),
            };
            told.push(format!("{what} {amount}"));
        }
        if !told.is_empty() {
            self.line("probe.where", &told.join(self.words.get("alt.separator_short")));
        }
    }

    /// The kernel's name of a part; of what no field holds, ours.
    fn part(&self, grown: &Grown) -> String {
        match grown.kernel_name {
            "" => self.words.get(&format!("part.{}", grown.part.key())).to_owned(),
            name => name.to_owned(),
        }
    }

    fn left(&mut self, verdict: &Verdict) {
        let told = verdict.left.iter().map(|left| self.left_text(left)).collect::<Vec<_>>();
        if !told.is_empty() {
            self.line("probe.left", &told.join(self.words.get("alt.separator_short")));
        }
    }

    /// `64 message queues per run (ipcs -q)`
    fn left_text(&self, left: &Left) -> String {
        let what = things_text(left.metric, left.count, self.words);
        self.words.fill("probe.things", &[("what", &what), ("command", left.command)])
    }

    fn reclaimable(&mut self, verdict: &Verdict) {
        if verdict.reclaimable.is_empty() {
            return;
        }
        let told = verdict.reclaimable.iter().map(|grown| {
            format!("{} {}", grown.kernel_name, format::change(grown.bytes, Unit::Memory, false))
        });
        let parts = told.collect::<Vec<_>>().join(self.words.get("alt.separator_short"));
        let key = if verdict.caches_dropped { "probe.given_back" } else { "probe.given_back_when_needed" };
        let text = self.words.fill(key, &[("parts", &parts)]);
        self.line("probe.cache", &text);
    }

    fn untold(&mut self, verdict: &Verdict) {
        let is_why = matches!(verdict.why, None | Some(Why::TooNoisy | Why::Budget));
        if verdict.judgement == Judgement::Leaks || verdict.untold.is_empty() || !is_why {
            return;
        }
        let width = |grown: &Grown| grown.interval[1] - grown.interval[0];
        let mut widest: Vec<&Grown> = verdict.untold.iter().collect();
        widest.sort_by(|one, other| width(other).total_cmp(&width(one)));
        let told = widest.into_iter().take(MOST_RESTLESS).map(|grown| {
            let half = width(grown) / 2.0;
            format!("{} ±{}", self.part(grown), format::quantity(half, Unit::Memory, false))
        });
        let parts = told.collect::<Vec<_>>().join(self.words.get("alt.separator_short"));
        let text = self.words.fill("probe.untold", &[("parts", &parts)]);
        self.line("probe.noise", &text);
    }

    /// `in 11 of 33 runs, 1.00 MiB each`
    fn now_and_then(&mut self, verdict: &Verdict) {
        let Some(leaking) = verdict.leaking_runs else { return };
        #[expect(clippy::cast_precision_loss, reason = "numbers of runs")]
        let each = verdict.bytes * verdict.runs as f64 / leaking.max(1) as f64;
        let each = format::quantity(each, Unit::Memory, false);
        let values = [("n", leaking.to_string()), ("all", verdict.runs.to_string()), ("bytes", each)];
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let text = self.words.fill("probe.now_and_then", &values);
        self.line("probe.when", &text);
    }

    /// `stdout: file leaks, null leaks, pipe leaks, tty does not`
    fn ways(&mut self, verdicts: &[Verdict]) {
        if verdicts.len() < 2 {
            return;
        }
        let first = verdicts[0].way;
        let same = |of: fn(&Way) -> String| verdicts.iter().all(|verdict| of(&verdict.way) == of(&first));
        let (stdin, env) = (|way: &Way| way.stdin.to_string(), |way: &Way| way.env.to_string());
        let stdout = |way: &Way| way.stdout.to_string();
        let told = verdicts.iter().map(|verdict| {
            let way = &verdict.way;
            let mut name: Vec<String> = Vec::new();
            for (label, of) in [("stdout", stdout as fn(&Way) -> String), ("stdin", stdin), ("env", env)] {
                if !same(of) {
                    name.push(format!("{label} {}", of(way)));
                }
            }
            let verb = self.words.get(&format!("probe.way_{}", key_of(verdict.judgement))).to_owned();
            format!("{} {verb}", name.join(" "))
        });
        let text = told.collect::<Vec<_>>().join(self.words.get("alt.separator_short"));
        // Where only one stream differs, its name stands once.
        let varied: Vec<&str> = [("stdout", same(stdout)), ("stdin", same(stdin)), ("env", same(env))]
            .into_iter()
            .filter_map(|(label, is_same)| (!is_same).then_some(label))
            .collect();
        let text = match varied.as_slice() {
            [only] => format!("{only}: {}", text.replace(&format!("{only} "), "")),
            _ => text,
        };
        self.line("probe.when", &text);
    }

    fn ran(&mut self, verdict: &Verdict) {
        let ran = &verdict.ran;
        let seconds = format::quantity(ran.seconds, Unit::Seconds, false);
        let mut told = vec![self.words.fill("probe.each", &[("seconds", &seconds)])];
        if let Some(failure) = self.failure(ran) {
            told.push(failure);
        }
        if ran.killed > 0 {
            told.push(self.words.count("probe.killed", ran.killed as u64, &[]));
        }
        let all = format::quantity(verdict.seconds, Unit::Seconds, false);
        told.push(self.words.fill("probe.in_all", &[("seconds", &all)]));
        self.line("probe.ran", &told.join(self.words.get("alt.separator_short")));
        if ran.failed > 0 && ran.failed == ran.runs {
            let text = self.words.get("probe.all_failed").to_owned();
            self.line("probe.but", &text);
        }
    }

    /// What the experiment itself has left behind: `10.2 MiB, 640 message queues`. What was left running has been ended, and
    /// its memory is free again.
    fn cost(&mut self, verdicts: &[Verdict]) {
        let mut told: Vec<String> = Vec::new();
        let has_ended = |verdict: &&Verdict| verdict.left.iter().any(|left| left.metric == "probe.processes");
        let bytes: f64 =
            verdicts.iter().filter(|verdict| !has_ended(verdict)).map(|verdict| verdict.cost).sum();
        if bytes > 0.0 {
            told.push(format::quantity(bytes, Unit::Memory, false));
        }
        let mut things: BTreeMap<&str, f64> = BTreeMap::new();
        for verdict in verdicts.iter().filter(|verdict| verdict.judgement == Judgement::Leaks) {
            let stays = |left: &&Left| left.metric.starts_with("ipc.") || left.metric == "vfs.mounts";
            for left in verdict.left.iter().filter(stays) {
                #[expect(clippy::cast_precision_loss, reason = "numbers of runs")]
                let count = (left.count * verdict.ran.runs as f64).round();
                *things.entry(left.metric).or_default() += count;
            }
        }
        told.extend(things.iter().map(|(metric, count)| things_text(metric, *count, self.words)));
        if !told.is_empty() {
            let what = told.join(self.words.get("alt.separator_short"));
            let text = self.words.fill("probe.stays", &[("what", &what)]);
            self.line("probe.cost", &text);
        }
    }

    /// `exit code 1 in 26 runs: cat: /x: No such file`
    fn failure(&self, ran: &Ran) -> Option<String> {
        if ran.failed == 0 {
            return None;
        }
        let how = match (ran.exit_code, ran.signal) {
            (Some(code), _) => self.words.fill("probe.exit_code", &[("code", &code.to_string())]),
            (None, Some(signal)) => self.words.fill("probe.signal", &[("signal", &signal.to_string())]),
            (None, None) => return None,
        };
        let text = self.words.count("probe.failed", ran.failed as u64, &[("how", &how)]);
        Some(match &ran.line {
            Some(line) => format!("{text}: {line}"),
            None => text,
        })
    }

    /// Why it cannot be told and what would help; of one way that is clean, that there are others.
    fn next(&mut self, judgement: Judgement, verdict: &Verdict, ways: usize) {
        if let Some((text, help)) = reason_and_help(verdict, self.words) {
            self.line("probe.why", &text);
            self.line("probe.try", &help);
        } else if judgement == Judgement::Clean && ways == 1 {
            let way = verdict.way;
            let values = [
                ("stdout", way.stdout.to_string()),
                ("stdin", way.stdin.to_string()),
                ("env", way.env.to_string()),
            ];
            let values: Vec<(&str, &str)> =
                values.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let text = self.words.fill("probe.other_ways", &values);
            self.line("probe.try", &text);
        }
    }
}

/// Says why it cannot be told whether something leaks, and what would help.
pub(in crate::cli) fn reason_and_help(verdict: &Verdict, words: &Words) -> Option<(String, String)> {
    let why = verdict.why?;
    let key = why_key(why);
    let least = format::quantity(verdict.detectable, Unit::Memory, false);
    let runs = words.count("probe.runs", verdict.runs as u64, &[]);
    let mut text = words.fill(&format!("probe.why_{key}"), &[("runs", &runs)]);
    if verdict.detectable.is_finite() && why != Why::Hung {
        text += &words.fill("probe.would_not_show", &[("bytes", &least)]);
    }
    // As it is typed: whole KiB that would do.
    let kib = (verdict.detectable / 1024.0 * 1.25).ceil();
    let least = if kib.is_finite() { format!("{kib}KiB") } else { String::new() };
    Some((text, words.fill(&format!("probe.help_{key}"), &[("bytes", &least)])))
}

fn why_key(why: Why) -> &'static str {
    match why {
        Why::TooNoisy => "noisy",
        Why::Budget => "budget",
        Why::Growth => "growth",
        Why::TooFewRuns => "few",
        Why::Hung => "hung",
        Why::Interrupted => "interrupted",
    }
}
