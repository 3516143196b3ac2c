//! What `bisect` prints: a line for each round, then each culprit with its amount, what it is, where it is from, and how to
//! keep it out.

use super::search::{Found, Outcome, Round, interval};
use crate::base::escape;
use crate::base::format;
use crate::base::statistics::Estimate;
use crate::base::unit::Unit;
use crate::base::words::Words;
use crate::cli::probe::{Amount, growth_text, reason_and_help, shown, things_text};
use crate::cli::terminal::{Style, Terminal, left, wrap};
use crate::probe::script::About;
use crate::probe::{Answered, Stop};
use crate::sample::Root;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Columns of the sets of scripts in the lines of rounds.
const SET_COLUMNS: usize = 40;
const LABEL_COLUMNS: usize = 9;

/// What does not change while a search runs.
pub(super) struct Page<'a> {
    pub(super) words: &'a Words,
    pub(super) terminal: Terminal,
    pub(super) command: String,
    pub(super) folder: String,
    /// Whether permissions are changed in it.
    pub(super) is_copy: bool,
    pub(super) scripts: &'a [PathBuf],
    pub(super) root: Root,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Answer {
    v: u32,
    command: String,
    folder: String,
    scripts: usize,
    outcome: &'static str,
    /// Bytes, or things, that a run adds with all scripts on.
    per_run: f64,
    unit: &'static str,
    cost: f64,
    culprits: Vec<Culprit>,
    rounds: Vec<AnswerOfRound>,
    seconds: f64,
}

#[derive(Serialize)]
struct Culprit {
    scripts: Vec<OneScript>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_run: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<[f64; 2]>,
}

#[derive(Serialize)]
struct OneScript {
    path: String,
    #[serde(flatten)]
    about: About,
}

#[derive(Serialize)]
struct AnswerOfRound {
    on: Vec<String>,
    leaks: bool,
    is_sure: bool,
    per_run: f64,
    interval: [f64; 2],
    runs: usize,
}

impl Page<'_> {
    /// What is being searched.
    pub(super) fn title(&self) -> String {
        let count = self.scripts.len().to_string();
        let folder = escape::terminal(&self.folder);
        let key = if self.is_copy { "bisect.title_copy" } else { "bisect.title" };
        self.words.fill(key, &[("command", &self.command), ("n", &count), ("folder", &folder)])
    }

    /// `3  15 of 60: a … o    +1.02 MiB per run [1.00, 1.03]   leaks    4 runs`
    pub(super) fn round(&self, round: &Round) -> String {
        let set = match (round.number, round.on.as_slice()) {
            (0, _) => self.words.get("bisect.all_on").to_owned(),
            (1, []) => self.words.get("bisect.all_off").to_owned(),
            (_, [only]) => self.name(*only),
            (_, on) => {
                let (first, last) = (on.first().copied().unwrap_or(0), on.last().copied().unwrap_or(0));
                format!("{}: {} … {}", on.len(), self.name(first), self.name(last))
            }
        };
        let set: String = set.chars().take(SET_COLUMNS).collect();
        let amount = self.amount(&round.answered.estimate, round.things);
        let key = match (round.answered.leaks, round.answered.is_sure) {
            (true, true) => "probe.way_leaks",
            (false, true) => "probe.way_clean",
            (true, false) => "bisect.rather_leaks",
            (false, false) => "bisect.rather_not",
        };
        let runs = self.words.count("probe.runs", round.answered.runs as u64, &[]);
        let number = if round.number < 2 { String::new() } else { (round.number - 1).to_string() };
        let (set, amount) = (left(&set, SET_COLUMNS), left(&amount, 34));
        format!("{number:>3}  {set}  {amount}  {}  {runs}", left(self.words.get(key), 8))
    }

    fn name(&self, script: usize) -> String {
        let name = self.scripts.get(script).and_then(|path| path.file_name()).unwrap_or_default();
        escape::terminal(&name.to_string_lossy()).into_owned()
    }

    fn amount(&self, estimate: &Estimate, things: Option<&str>) -> String {
        match things {
            None => {
                let amount = Amount { bytes: estimate.center, interval: [estimate.low, estimate.high] };
                growth_text(&amount, self.words)
            }
            Some(metric) => {
                let count = things_text(metric, estimate.center, self.words);
                self.words.fill("bisect.things", &[("count", &count)])
            }
        }
    }

    /// The answer.
    pub(super) fn text(&self, found: &Found) -> String {
        let mut lines: Vec<String> = Vec::new();
        for (set, answered) in &found.culprits {
            self.culprit(set, answered.as_ref(), found, &mut lines);
        }
        let style = match found.outcome {
            Outcome::Clean => Style::Bold,
            Outcome::Found => Style::Dim,
            _ => Style::Warning,
        };
        let sentence = self.sentence(found);
        let room = self.terminal.columns;
        lines.extend(wrap(&sentence, room).iter().map(|line| self.terminal.paint(line, style)));
        lines.join("\n") + "\n"
    }

    /// A culprit, its amount, what it is, how to keep it out.
    fn culprit(&self, set: &[usize], answered: Option<&Answered>, found: &Found, lines: &mut Vec<String>) {
        let paths: Vec<&Path> =
            set.iter().filter_map(|script| self.scripts.get(*script)).map(PathBuf::as_path).collect();
        let names = paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
        let together =
            if set.len() > 1 { self.words.get("bisect.together") } else { self.words.get("probe.leaks") };
        let amount = match (answered, &found.whole) {
            (Some(answered), _) => self.amount(&answered.estimate, found.things),
            // The only script there is was not asked alone.
            (None, Some(_)) => found
                .rounds
                .first()
                .map(|all| self.amount(&all.answered.estimate, found.things))
                .unwrap_or_default(),
            (None, None) => String::new(),
        };
        let names = escape::terminal(&names.join(" + ")).into_owned();
        lines.push(format!("{names}   {}   {amount}", self.terminal.paint(together, Style::Critical)));
        for path in &paths {
            self.about(path, paths.len() > 1, lines);
        }
        lines.push(String::new());
    }

    fn about(&self, path: &Path, is_one_of_several: bool, lines: &mut Vec<String>) {
        let about = About::of(&self.root, path);
        let mut line = |label: &str, text: &str| {
            let label = left(self.words.get(label), LABEL_COLUMNS);
            lines.push(format!("  {label} {}", escape::terminal(text)));
        };
        if is_one_of_several {
            line("bisect.script", &path.display().to_string());
        }
        let described = [about.provides.as_deref(), about.description.as_deref()];
        let described: Vec<&str> = described.into_iter().flatten().collect();
        if !described.is_empty() {
            line("bisect.what", &described.join(": "));
        }
        let none = self.words.get("bisect.no_package");
        line("bisect.package", about.package.as_deref().unwrap_or(none));
        let quoted = shown(&[path.as_os_str().to_owned()]);
        line("bisect.keep_out", &format!("chmod -x {quoted}"));
        if about.is_dpkg {
            let for_good = format!("dpkg-statoverride --update --add root root 644 {quoted}");
            line("bisect.for_good", &for_good);
        }
    }

    /// What else there is to say.
    fn sentence(&self, found: &Found) -> String {
        let seconds = format::quantity(found.seconds, Unit::Seconds, false);
        let rounds = self.words.count("bisect.rounds", found.rounds.len() as u64, &[("seconds", &seconds)]);
        let cost = format::quantity(found.cost, Unit::Memory, false);
        let values = [
            ("cost", cost.as_str()),
            ("command", self.command.as_str()),
            ("folder", self.folder.as_str()),
            ("rounds", rounds.as_str()),
        ];
        let key = match found.outcome {
            Outcome::Found => "bisect.found",
            Outcome::Clean => "bisect.clean",
            Outcome::Unsure => return self.unsure(found),
            Outcome::CommandItself => "bisect.itself",
            Outcome::Stopped(Stop::Budget | Stop::Runs | Stop::Sure) => "bisect.budget",
            Outcome::Stopped(Stop::Growth) => "bisect.growth",
            Outcome::Stopped(Stop::Hung) => "bisect.hung",
            Outcome::Stopped(Stop::Interrupted) => "bisect.interrupted",
        };
        self.words.fill(key, &values)
    }

    /// Why it cannot be told, and what would help.
    fn unsure(&self, found: &Found) -> String {
        let reason = found.whole.as_ref().and_then(|whole| reason_and_help(whole, self.words));
        let (why, help) = reason.unwrap_or_default();
        self.words.fill("bisect.unsure", &[("command", &self.command), ("why", &why), ("help", &help)])
    }

    /// The answer in a line, for a note.
    pub(super) fn short(&self, found: &Found) -> String {
        let names: Vec<String> =
            found.culprits.iter().flat_map(|(set, _)| set.iter().map(|script| self.name(*script))).collect();
        let key = match found.outcome {
            _ if !names.is_empty() => "bisect.note",
            Outcome::Clean | Outcome::CommandItself => "bisect.note_none",
            _ => "bisect.note_unsure",
        };
        self.words.fill(key, &[("command", &self.command), ("names", &names.join(", "))])
    }

    /// The answer for scripts.
    pub(super) fn json(&self, found: &Found) -> anyhow::Result<String> {
        let path = |script: &usize| {
            self.scripts.get(*script).map(|path| path.display().to_string()).unwrap_or_default()
        };
        let one = |script: &usize| {
            let about = self.scripts.get(*script).map(|path| About::of(&self.root, path)).unwrap_or_default();
            OneScript { path: path(script), about }
        };
        let culprits = found.culprits.iter().map(|(set, answered)| Culprit {
            scripts: set.iter().map(one).collect(),
            per_run: answered.map(|answered| answered.estimate.center.round()),
            interval: answered.map(|answered| interval(&answered.estimate)),
        });
        let rounds = found.rounds.iter().map(|round| AnswerOfRound {
            on: round.on.iter().map(path).collect(),
            leaks: round.answered.leaks,
            is_sure: round.answered.is_sure,
            per_run: round.answered.estimate.center.round(),
            interval: interval(&round.answered.estimate),
            runs: round.answered.runs,
        });
        let answer = Answer {
            v: 1,
            command: self.command.clone(),
            folder: self.folder.clone(),
            scripts: self.scripts.len(),
            outcome: outcome_key(found.outcome),
            per_run: found.rounds.first().map_or(0.0, |round| round.answered.estimate.center.round()),
            cost: found.cost.round(),
            unit: found.things.unwrap_or("bytes"),
            culprits: culprits.collect(),
            rounds: rounds.collect(),
            seconds: found.seconds,
        };
        Ok(serde_json::to_string_pretty(&answer)? + "\n")
    }
}

fn outcome_key(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Found => "found",
        Outcome::Clean => "clean",
        Outcome::Unsure => "unsure",
        Outcome::CommandItself => "command_itself",
        Outcome::Stopped(_) => "stopped",
    }
}
