//! The reference of names in Prometheus, `docs/prometheus.md`, made from the table by which they are sent, so that it cannot go
//! stale. `cargo run --example prometheus > docs/prometheus.md` writes it anew.

use cronograph::ship::mapping::{Change, Mapped, table};
use std::fmt::Write;

const HEAD: &str = "# What the numbers are called in Prometheus

<!-- Written by `cargo run --example prometheus > docs/prometheus.md`; a test compares. -->

`cronograph push` sends every number of the log by Prometheus remote write, and `cronograph sample --print prometheus` writes them
in the text format. Where node_exporter has a number of the same meaning it has node_exporter's name and labels, so that its
dashboards and rules work; all others are `cronograph_<section>_<key>`, with the unit and `_total` where it only grows. The
keys are those of [metrics.md](metrics.md).

## Labels
- `instance`: the host's name in the data folder. `job`: `node`, as dashboards of node_exporter ask for it. What `[push] labels` says
  is added, and wins.
- The labels of the tables below, where a number is there for each disk, interface, service ….
- Facts about a host are labels of series whose value is 1: `node_uname_info`, `node_os_info`, `cronograph_host_info`. They come with
  each sample, as last said by the log.

## What is not the same
- Counters are sent as the kernel gives them, with the time of their sample: `rate()` works as always.
- `node_cpu_seconds_total` leaves out the time of virtual machines that run on the host (`guest`), which node_exporter counts in `user`.
- What is read on the slow beat, every five minutes by default, is just older than what Prometheus looks back for: ask
  `last_over_time(cronograph_slabinfo_total_bytes[10m])`.
- `pswpin` and `pswpout` are bytes in the log, pages at node_exporter: they have names of their own. So have `sleeping` and
  `stopped` processes, which each are two of the kernel's states.
- For a node_exporter beside it: `--print prometheus` leaves out all that is called `node_…`, since the textfile collector does not
  take what node_exporter has. `--print prometheus-all` has all of it, for a file that Prometheus scrapes from a web server.

## What is not sent
Lists that change with each sample, words, and what is no sample. They stay in the log:
- the list of processes (`processes.top`) and who is logged in (`sessions.users`); how many there are is sent, and the memory of
  each program that grows (`program`);
- what checks and targets said in words, and who holds deleted files open; that a check failed, how long a target took, how many such
  files there are is sent;
- aliases of slab caches, and what could not be read (`errors`);
- events: boots, packages, crontabs, notes.

## The way back
`[source] prometheus = \"http://…\"` lets `site`, `explain` and `check` read such an engine: what is newer than the log in the data
folder is asked for by the HTTP API, made into samples by the same table, and appended to logs like any others, so that all that reads
them is the same: pages, findings, alerts, and pictures, byte by byte where no event is marked. What was not sent is not there. Of a host that is read from an engine
- its page lacks the table \"Top processes\", names of users and of who holds deleted files, what checks printed and why a target did not answer;
- charts have no marks of events, and findings do not name what changed at that time; the first page's changes of the last 24 hours are
  alerts, and hosts that came or fell silent;
- messages lack \"Most memory\", the list of the largest processes.

A host comes back by one way only: one that is sampled on this machine is not read, and a log that rsync brings should not be. What an
engine got later than it was asked, older than what was read already, is not read either: of history that is imported after a machine
has begun to read the host, only what is newer than the log there. An hour of a host is a query. Where an engine asks who reads, `[source]`
has the keys of `[push]`: `user` and `password`, `token`, `headers`.

## What is sent once, and what may be sent twice
How far each day of a host was sent stands in `.push` under the data folder: places in the files, and a number of the lines, so that a day
that is compressed, gets late lines, or is written anew by `cronograph import` goes on where it was, and what was imported is
sent once. Four things are sent again: the request that a killed run had sent and not noted yet; a whole day out of whose midst somebody
took lines, or put some where no import does; a day that lost its last lines with the power, after they were sent; everything, once
`.push` is deleted. Points that are sent twice are the same to the millisecond and the bit.

## What an engine must do
An engine should take a point that comes twice for one: Prometheus does; VictoriaMetrics does with
`-dedup.minScrapeInterval=1ms`. A log that arrives late (by rsync, a day later) is older than what Prometheus takes by default:
`storage: {tsdb: {out_of_order_time_window: 30d}}` in its configuration lets it in. What an engine does not take for such a
reason is counted and told, and not sent again; a server that refuses an empty request, too, is no engine, and costs nothing.
";

/// The whole reference.
pub(crate) fn reference() -> String {
    let mut text = String::from(HEAD);
    let mut section = None;
    for mapped in table() {
        let own = section_of(mapped);
        if section != Some(own) {
            section = Some(own);
            let title = if own.is_empty() { "Beside the sections".to_owned() } else { format!("`{own}`") };
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                "\n## {title}\n\n| in the log | in Prometheus | labels | type |\n| --- | --- | --- | --- |\n"
            );
        }
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} |",
            mapped.metric.field,
            full_name(mapped),
            labels(mapped),
            mapped.kind(),
        );
    }
    text
}

/// What stands beside the collectors' own numbers comes last, together.
fn section_of(mapped: &Mapped) -> &'static str {
    if mapped.metric.field.starts_with("cores[") { "" } else { mapped.metric.collector }
}

/// The name with the label that belongs to it, and what is not as in the log.
fn full_name(mapped: &Mapped) -> String {
    let fixed = mapped.fixed.map(|(label, value)| format!("{{{label}=\"{value}\"}}")).unwrap_or_default();
    let change = match mapped.change {
        Change::None => String::new(),
        Change::Kibibytes => " in KiB".to_owned(),
        Change::FreeOf(whole) => format!(" = `{whole}` - `{}`", mapped.metric.field),
    };
    format!("`{}{fixed}`{change}", mapped.name)
}

fn labels(mapped: &Mapped) -> String {
    mapped.labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::{cronograph, stdout};
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    #[test]
    fn the_reference_is_what_the_code_says() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/prometheus.md");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == reference(),
            "docs/prometheus.md is stale: cargo run --example prometheus > docs/prometheus.md"
        );
    }

    #[test]
    fn each_name_is_valid_and_stands_for_one_number() {
        let mut names = BTreeSet::new();
        let mut kinds = BTreeMap::new();
        for mapped in table() {
            let valid = |name: &str| {
                name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                    && !name.as_bytes()[0].is_ascii_digit()
            };
            assert!(valid(&mapped.name), "{}", mapped.name);
            assert!(
                mapped.labels.iter().all(|label| valid(label) && *label != "instance" && *label != "job")
            );
            assert!(names.insert((&mapped.name, mapped.fixed)), "{} twice", mapped.name);
            assert_eq!(*kinds.entry(&mapped.name).or_insert(mapped.kind()), mapped.kind(), "{}", mapped.name);
        }
        assert!(names.len() > 200, "{}", names.len());
    }

    /// The whole text of a recorded host: names, labels and values as they have been promised.
    #[test]
    fn the_text_of_a_recorded_host() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/hosts/debian12-vps");
        let folder = tempfile::tempdir().unwrap();
        let mut command = cronograph();
        command.args(["sample", "--now", "1795438200", "--root"]).arg(root);
        command.arg("--data").arg(folder.path()).args(["--print", "prometheus-all"]);
        let text = stdout(&mut command);
        // What this run itself cost, and this machine's architecture.
        let changing = |line: &&str| line.contains("cronograph_self_") || line.contains("machine=");
        let kept: Vec<&str> = text
            .lines()
            .filter(|line| !changing(line) && !line.contains("architecture=") && !line.starts_with("# HELP"))
            .collect();
        insta::assert_snapshot!(kept.join("\n"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is written");
    }

    #[test]
    fn print_alone_is_the_line_of_the_log() {
        let folder = tempfile::tempdir().unwrap();
        for arguments in [&["--print"][..], &["--print", "json"]] {
            let mut command = cronograph();
            command.arg("sample").arg("--data").arg(folder.path()).args(arguments);
            assert!(stdout(&mut command).starts_with("{\"v\":1,\"t\":"));
        }
    }
}
