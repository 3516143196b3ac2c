//! Prints how the leak finder does on the corpus, as the Markdown that `docs/leaks.md` holds:
//!
//! ```text
//! cargo run --release --example corpus              # the published table, a minute
//! cargo run --release --example corpus -- 31,32     # with other seeds
//! ```

#[path = "../tests/corpus/mod.rs"]
mod corpus;

use anyhow::{Context, Result};
use corpus::score::{Outcome, Tally, median, outcomes, share};
use corpus::{Case, SEEDS};
use cronograph::analysis::leak::{Kind, State};

/// Groups of the signal to noise: up to each.
const NOISE: [(f64, &str); 5] =
    [(4.0, "2–4"), (8.0, "4–8"), (16.0, "8–16"), (32.0, "16–32"), (61.0, "32–60")];

fn main() -> Result<()> {
    let seeds = match std::env::args().nth(1) {
        None => SEEDS.to_vec(),
        Some(list) => list.split(',').map(str::parse).collect::<Result<_, _>>().context("seeds: 21,22,23")?,
    };
    let cases = |set: fn(u64) -> Vec<Case>| seeds.iter().flat_map(|seed| set(*seed)).collect::<Vec<Case>>();
    first(&outcomes(&cases(corpus::first_set)));
    let further = cases(corpus::further_set);
    println!("\n### Patterns that it was not fitted to\n");
    families(&outcomes(&further), |outcome| outcome.case.family);
    second(&outcomes(&cases(corpus::second_set)));
    let hosts = cases(corpus::hosts::hosts);
    on_hosts(&outcomes(&hosts));
    Ok(())
}

fn first(outcomes: &[Outcome]) {
    let tally = Tally::of(outcomes);
    println!("### Series of all kinds, one to seven days\n");
    println!("{} healthy series, {} leaks.\n", tally.healthy, tally.leaks);
    println!("| running | |\n| --- | ---: |");
    println!("| precision | {:.3} |\n| recall | {:.3} |", tally.precision(), tally.recall());
    println!("| F1 | {:.3} |", tally.f1());
    println!("| healthy series ever accused | {} |", percent(tally.accused, tally.healthy));
    println!("| … without ramps that stop later | {} |", accused_without_ramps(outcomes));
    println!("| leaks accused before their onset | {} |", percent(tally.early, tally.leaks));
    println!("| median delay | {:.1} h |", median(&tally.delays));
    println!("\n| at the end | |\n| --- | ---: |");
    println!("| precision | {:.3} |\n| recall | {:.3} |", tally.precision_at_end(), tally.recall_at_end());
    println!("| healthy series accused | {} |", percent(tally.accused_at_end, tally.healthy));
    println!("| median error of the onset | {:.1} h |", median(&tally.onset_errors));
    println!("| median error of the rate | {:.1} % |", 100.0 * median(&tally.rate_errors));
    println!("| intervals that hold the true rate | {} |", percent(tally.rates_held, tally.found_at_end));
    println!("| bands that hold the true onset | {} |", percent(tally.onsets_held, tally.found_at_end));
    println!("\n| healthy | series | ever accused | at the end |\n| --- | ---: | ---: | ---: |");
    let (leaks, healthy): (Vec<Outcome>, Vec<Outcome>) =
        outcomes.iter().partition(|outcome| outcome.case.truth.is_some());
    rows(&healthy, |outcome| outcome.case.family);
    println!("\n| leaks by | series | found | at the end |\n| --- | ---: | ---: | ---: |");
    rows(&leaks, |outcome| outcome.case.shape);
    rows(&leaks, noise);
    rows(&leaks, |outcome| outcome.case.family);
    rows(&leaks, |outcome| DAYS[outcome.case.days().round() as usize % DAYS.len()]);
}

const DAYS: [&str; 8] = ["", "1 day", "2 days", "3 days", "4 days", "5 days", "6 days", "7 days"];

fn accused_without_ramps(outcomes: &[Outcome]) -> String {
    let others: Vec<&Outcome> =
        outcomes.iter().filter(|outcome| !corpus::patterns::is_ramp(outcome.case.family)).collect();
    let tally = Tally::of(others);
    percent(tally.accused, tally.healthy)
}

fn noise(outcome: &Outcome) -> &'static str {
    let of = outcome.case.truth.map_or(0.0, |truth| truth.signal_to_noise);
    NOISE.iter().find(|(limit, _)| of < *limit).map_or("", |(_, name)| name)
}

fn second(outcomes: &[Outcome]) {
    println!(
        "\n### Machines over two days\n\nThe leak adds so many ranges (5th to 95th percentile) of the window.\n"
    );
    println!("| leak | windows | accused at the end |\n| --- | ---: | ---: |");
    for (ranges, name) in [(0.0, "none"), (0.5, "half a range"), (1.0, "one range"), (2.0, "two ranges")] {
        let has = |outcome: &&Outcome| {
            let of = outcome.case.truth.map_or(0.0, |truth| truth.signal_to_noise / 3.0);
            (of - ranges).abs() < 1e-9
        };
        let group: Vec<&Outcome> = outcomes.iter().filter(has).collect();
        let accused = group.iter().filter(|outcome| outcome.is_leaking_at_end()).count();
        println!("| {name} | {} | {} |", group.len(), percent(accused, group.len()));
    }
}

fn on_hosts(outcomes: &[Outcome]) {
    println!("\n### Parts of memory of hosts, 512 MiB to 64 GiB, each minute\n");
    println!(
        "| leak | hosts | found | after, median | at most | right at the end | onset off | rate off | interval holds |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    let (leaks, healthy): (Vec<Outcome>, Vec<Outcome>) =
        outcomes.iter().partition(|outcome| outcome.case.truth.is_some());
    for (name, group) in groups(&leaks, |outcome| outcome.case.family) {
        let tally = Tally::of(group.iter().copied());
        let most = tally.delays.iter().copied().fold(f64::NAN, f64::max);
        println!(
            "| {name} | {} | {} | {} | {} | {} | {} | {:.1} % | {} |",
            tally.leaks,
            tally.found,
            hours(median(&tally.delays)),
            hours(most),
            tally.found_at_end,
            hours(median(&tally.onset_errors)),
            100.0 * median(&tally.rate_errors),
            percent(tally.rates_held, tally.found_at_end),
        );
    }
    println!(
        "\n| healthy | hosts | ever accused | at the end | suspected at the end |\n| --- | ---: | ---: | ---: | ---: |"
    );
    for (name, group) in groups(&healthy, |outcome| outcome.case.family) {
        let count = |is: fn(&Outcome) -> bool| group.iter().filter(|outcome| is(outcome)).count();
        println!(
            "| {name} | {} | {} | {} | {} |",
            group.len(),
            count(|outcome| outcome.is_accused()),
            count(|outcome| outcome.is_leaking_at_end()),
            count(|outcome| outcome.watch.verdict.state == State::Suspect)
        );
    }
    for (kind, name) in [(Kind::Kernel, "kernel"), (Kind::Process, "process")] {
        let of_kind: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.case.kind == kind).collect();
        let is_false =
            |outcome: &&&Outcome| outcome.is_early() || outcome.case.truth.is_none() && outcome.is_accused();
        let wrong = of_kind.iter().filter(is_false).count();
        let days: f64 = of_kind.iter().map(|outcome| outcome.case.days()).sum();
        println!(
            "\nFalse findings, {name}: {wrong} in {days:.0} days of a part, {:.2} in a hundred.",
            100.0 * wrong as f64 / days
        );
    }
}

fn hours(hours: f64) -> String {
    match hours {
        hours if hours.is_nan() => "–".to_owned(),
        hours if hours < 3.0 => format!("{:.0} min", hours * 60.0),
        hours if hours < 72.0 => format!("{hours:.1} h"),
        _ => format!("{:.1} d", hours / 24.0),
    }
}

fn percent(part: usize, whole: usize) -> String {
    format!("{:.1} %", 100.0 * share(part, whole))
}

fn families<'a>(outcomes: &'a [Outcome<'a>], key: fn(&Outcome) -> &'static str) {
    println!("| healthy | series | ever accused | at the end |\n| --- | ---: | ---: | ---: |");
    rows(outcomes, key);
}

fn rows<'a>(outcomes: &'a [Outcome<'a>], key: fn(&Outcome) -> &'static str) {
    for (name, group) in groups(outcomes, key) {
        let said = |outcome: &&&Outcome| {
            if outcome.case.truth.is_some() { outcome.delay().is_some() } else { outcome.is_accused() }
        };
        let ever = group.iter().filter(said).count();
        let at_end = group.iter().filter(|outcome| outcome.is_leaking_at_end()).count();
        let of = group.len();
        println!("| {name} | {of} | {} | {} |", percent(ever, of), percent(at_end, of));
    }
}

/// Outcomes of a key together, by the number that their name begins with, else in the order in which they come.
fn groups<'a>(
    outcomes: &'a [Outcome<'a>],
    key: fn(&Outcome) -> &'static str,
) -> Vec<(&'static str, Vec<&'a Outcome<'a>>)> {
    let mut groups: Vec<(&'static str, Vec<&Outcome>)> = Vec::new();
    for outcome in outcomes {
        let name = key(outcome);
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, group)) => group.push(outcome),
            None => groups.push((name, vec![outcome])),
        }
    }
    groups.sort_by_key(|(name, _)| leading_number(name));
    groups
}

/// 16 of "16–32"; 0 of what begins with no number.
fn leading_number(name: &str) -> u32 {
    name.chars().map_while(|letter| letter.to_digit(10)).fold(0, |number, digit| number * 10 + digit)
}
