//! The reference of rules, `docs/rules.md`: made of what the program knows, and compared with the file.

use cronograph::alert::DEFAULTS;
use cronograph::alert::names::{DERIVED, FACTS};
use std::fmt::Write;

const HEAD: &str = "\
# Rules

<!-- Written by `cargo run --example rules > docs/rules.md`; a test compares. -->

A rule is a condition on the numbers of a host. While it holds there is an alert: on the pages, in their history and feed, in
`status.json`, and in the messages that `cronograph check` sends. The built-in rules below are on from the first run; each can be
changed, switched off, or be other on some hosts, and yours stand beside them:

    [[rule]]
    name = \"queue\"                       # shown in the message
    when = \"perfdata[mail size].value > 500\"
    critical = \"> 5000\"                  # the same value against another limit, or a whole condition
    clear = \"< 300\"                      # when it is over; without it, when `when` does not hold
    for = \"10m\"                          # how long it must hold
    clear_for = \"10m\"                    # how long it must be over; without it as long as `for`

    [[rule]]
    name = \"filesystem\"                  # a built-in one: what is said here replaces that, the rest stays
    except = [\"/backup*\"]

    [[rule]]
    name = \"backup\"
    when = \"check[backup*].exit_code != 0\"
    critical = \"== 2\"
    text = \"{instance} failed with {value}: see its log\"
    command = \"journalctl -u backup -n 50\"

    [[rule]]
    name = \"load\"
    host = \"build*\"
    enabled = false

| key | what |
| --- | --- |
| `name` | Its name: that of a built-in rule changes that one. |
| `host` | The hosts it is for, a name or a pattern (`*`); without it all. Later entries outrank earlier ones. |
| `when`, `critical`, `clear` | Conditions. A new `when` needs its own ends: those of the old one go with it. What was critical stays so until it is over. |
| `for`, `clear_for` | `90s`, `10m`, `2h`, `3d`. Only time that samples cover counts: of a gap three intervals at most. |
| `severity` | `note` (shown, not sent), `warning`, `critical`. |
| `only`, `except` | The file systems, disks, interfaces, services … it is for, and not for: names or patterns. |
| `enabled` | `false`: it is not looked at. |
| `resolve` | `false`: no message says that it is over. |
| `text` | What is said of it, in place of what is said else; one line. `{instance}`, `{value}` and `{limit}` are filled in. On a public page it is left out. |
| `command` | The first command to run, for whoever reads the message; cronograph never runs it. |

## Conditions

    VALUE > NUMBER UNIT        also >= < <= == !=, joined by `and` and `or`; `and` binds closer

The right side is a number. Two values are compared by their difference or their share: `meminfo.Cached - meminfo.Shmem < 0`,
`swap.out / swap.in > 10`.

A value is a number of [the log](metrics.md) by its section and key, `meminfo.SUnreclaim`, or one of the two lists below. Of a counter
it is the rate a second. Where there is one for each disk, interface, service …, the rule looks at each by itself; `[PATTERN]` behind
the section picks some: `filesystem[/var*].used_percent`. `per core` divides by the cores: `loadavg.load5 per core`. Numbers can be
put together by `+ - * /` and parentheses; one thing divided by another is a plain number, or with `%` beside the limit a share:
`meminfo.SUnreclaim / meminfo.MemTotal > 25 %`. And by:

| | |
| --- | --- |
| `mean(x, 10m)` | The mean of that time, where half of it is known. |
| `increase(x, 1h)` | By how much a counter grew, or a level rose. |
| `sum(a, b)` `min(a, b)` `first(a, b)` | Of those that are there: their sum, the least, the first. |

Units: `%`; `B KiB MiB GiB TiB kB MB GB TB`, for rates with `/s`; `ms s m h d w`; `k M`; `°C`. What does not fit is an error, and so is a
name that does not exist; the nearest right one is said. Numbers of checks (`perfdata`) are in bytes, seconds and percent, or have a
unit of their program's: they take any of these. `cronograph check --dry-run` tries a rule without sending anything, and
`cronograph doctor` says of which no host has anything to look at.

## What an alert goes through

It is *pending* while it holds and has not held for `for`, then *firing*, and *over* when `clear` has held for `clear_for`. What is
unknown changes nothing: an alert of which no sample says anything for a quarter of an hour is shown as unknown, one of which nothing
is known for 25 hours while samples come is over. One that came back three times within two hours is kept until it has been calm for
half an hour, so that nobody is told each minute of what wavers. Of a silent host its silence is told, with what leaked before it, and nothing else.

All that is news is one message for each channel. `cronograph mute RULE --for 2h` holds a rule back; `quiet` under `[messages]` names hours
in which only what is critical is told (what came and went meanwhile is told afterwards); `remind` tells again what still holds.

## The built-in rules
";

/// The text of the file.
pub(crate) fn reference() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("\nAs they would stand in a configuration, with the reason for their limits:\n\n");
    for line in DEFAULTS.lines().skip(2) {
        let line = format!("    {line}");
        page.push_str(line.trim_end());
        page.push('\n');
    }
    page.push_str("\n## Numbers made of others\n\n| name | what | made of |\n| --- | --- | --- |\n");
    for derived in DERIVED {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| `{}` | {} | `{}` |", derived.name, derived.about, derived.formula);
    }
    page.push_str("\n## What is known beside the samples\n\nAt the moment at which rules are looked at; they have no rate and no mean.\n\n");
    page.push_str("| name | what |\n| --- | --- |\n");
    for fact in FACTS {
        let _ = writeln!(page, "| `{}` | {} |", fact.name, fact.about);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use cronograph::alert::Rules;
    use cronograph::base::words::{Lang, Words};

    #[test]
    fn the_reference_is_what_the_code_says() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(written == reference(), "docs/rules.md is stale: cargo run --example rules > docs/rules.md");
    }

    #[test]
    fn every_built_in_rule_has_words() {
        for name in Rules::new(&[]).unwrap().names() {
            for lang in [Lang::En, Lang::Zh] {
                assert!(Words::of(lang).find(&format!("rule.{name}")).is_some(), "{name} in {lang:?}");
            }
        }
    }

    #[test]
    fn the_examples_of_the_reference_are_understood() {
        let mut text = String::new();
        for line in HEAD
            .lines()
            .filter_map(|line| line.strip_prefix("    "))
            .filter(|line| !line.starts_with("VALUE"))
        {
            text.push_str(line);
            text.push('\n');
        }
        let config: cronograph::config::Config = toml::from_str(&text).unwrap();
        assert_eq!(config.rule.len(), 4);
        Rules::new(&config.rule).unwrap();
    }
}
