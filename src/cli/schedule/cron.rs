//! The lines of a crontab, crontab(5): a path with spaces or percent signs must reach the shell as it is.

use super::Run;

/// Says why a path cannot stand in a crontab: cron itself takes backslashes and newlines apart.
pub(super) fn objection(argument: &str) -> Option<&'static str> {
    if argument.contains('\\') {
        return Some("has a backslash, which cron treats in its own way");
    }
    argument.chars().any(char::is_control).then_some("has a control character")
}

/// The lines between the markers. `user` is the extra field of files in `/etc/cron.d`.
pub(super) fn lines(runs: &[Run], user: Option<&str>) -> String {
    let mut text =
        "# Written by `cronograph install`; `cronograph uninstall` takes this block out.\n".to_owned();
    for run in runs {
        let user = user.map(|user| format!("{user} ")).unwrap_or_default();
        text.push_str(&format!("{} {user}{}\n", run.cron, command(run)));
    }
    text
}

/// What the shell is given.
fn command(run: &Run) -> String {
    let alone = run.alone.as_deref().unwrap_or_default();
    let words = |arguments: &Vec<String>| {
        alone.iter().chain(arguments).map(|argument| word(argument)).collect::<Vec<String>>().join(" ")
    };
    let wait = run.delay.map(|seconds| format!("sleep {seconds}"));
    wait.into_iter().chain(run.commands.iter().map(words)).collect::<Vec<String>>().join(" && ")
}

/// A word of the shell's, in which cron's own sign for a newline is masked: cron takes the backslash away again.
fn word(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@+,=%".contains(c);
    let quoted = if !argument.is_empty() && argument.chars().all(plain) {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', r#"'"'"'"#))
    };
    quoted.replace('%', r"\%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_what_the_shell_and_cron_would_take_apart() {
        assert_eq!(word("/usr/local/bin/cronograph"), "/usr/local/bin/cronograph");
        assert_eq!(word("/srv/my disk/c"), "'/srv/my disk/c'");
        assert_eq!(word("/srv/100%/c"), r"/srv/100\%/c");
        assert_eq!(word("it's 5%"), r#"'it'"'"'s 5\%'"#);
        assert_eq!(word("/srv/状态/c"), "'/srv/状态/c'");
        assert_eq!(word("$HOME;x"), "'$HOME;x'");
    }

    #[test]
    fn refuses_what_no_quoting_saves() {
        assert!(objection("/a\\b").is_some() && objection("/a\nb").is_some());
        assert_eq!(objection("/srv/100% mine/it's"), None);
    }
}
