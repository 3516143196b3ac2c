//! Daemon of a script that assigns neither its program nor its pid file to a variable, from the calls in its text:
//! `start-stop-daemon --pidfile … --exec …`, `status -p …`, `test -x PROGRAM`, or the program's path as a command. The text is
//! read and never run; which of the calls a shell would make is not known, so that what is found is a guess.

/// Commands that start, stop or look for a daemon.
const HELPERS: [&str; 9] = [
    "start-stop-daemon",
    "start_daemon",
    "daemon",
    "startproc",
    "killproc",
    "pidofproc",
    "checkproc",
    "status_of_proc",
    "status",
];
/// Programs that run scripts or other programs: their names identify no daemon.
const RUNNERS: [&str; 8] = ["sh", "bash", "dash", "env", "su", "python3", "perl", "test"];
/// Words before a command.
const PREFIXES: [&str; 7] = ["if", "elif", "then", "else", "!", "exec", "do"];

/// The program and the pid files that the calls of a script name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Calls {
    pub(super) program: Option<String>,
    pub(super) pid_files: Vec<String>,
}

/// Reads the calls of a script; `expand` puts in the values of variables and gives nothing where one is not known.
pub(super) fn calls(text: &str, expand: impl Fn(&str) -> Option<String>) -> Calls {
    let mut found = Calls::default();
    // The path of a command is the weakest sign, and a helper's argument the strongest.
    let mut tested = None;
    let joined = text.replace("\\\n", " ");
    for line in joined.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        for command in line.split([';', '|', '&']) {
            let words: Vec<&str> =
                command.split_whitespace().skip_while(|word| PREFIXES.contains(word)).collect();
            let Some((first, rest)) = words.split_first() else { continue };
            if HELPERS.contains(&base_of(first)) {
                let (program, pid_file) = options(rest, base_of(first) == HELPERS[0], &expand);
                let is_other = program.is_some() && found.program.is_some() && program != found.program;
                // Scripts with several daemons are followed by their first.
                if !is_other {
                    found.program = found.program.or(program);
                    found.pid_files.extend(pid_file);
                }
            } else if ["test", "[", "[["].contains(first) && rest.first() == Some(&"-x") {
                tested = tested.or_else(|| rest.get(1).and_then(|word| program(word, &expand)));
            } else if first.starts_with('/') {
                tested = tested.or_else(|| program(first, &expand));
            }
        }
    }
    found.program = found.program.or(tested);
    found
}

/// The program and the pid file among the words of a helper's call. Of `start-stop-daemon` each value has its option.
fn options(
    words: &[&str],
    has_options_only: bool,
    expand: &impl Fn(&str) -> Option<String>,
) -> (Option<String>, Option<String>) {
    let (mut found, mut pid_file) = (None, None);
    let mut words = words.iter().take_while(|word| **word != "--");
    while let Some(word) = words.next() {
        let (option, value) =
            word.split_once('=').map_or((*word, None), |(option, value)| (option, Some(value)));
        match option {
            "-p" | "--pidfile" => {
                pid_file = value.or_else(|| words.next().copied()).and_then(|word| path(word, expand));
            }
            "-x" | "--exec" | "-a" | "--startas" => {
                let value = value.or_else(|| words.next().copied());
                found = found.or_else(|| value.and_then(|word| program(word, expand)));
            }
            _ if !has_options_only && !option.starts_with('-') => {
                found = found.or_else(|| program(word, expand));
            }
            _ => {}
        }
    }
    (found, pid_file)
}

/// The absolute path of a program that identifies a daemon.
fn program(word: &str, expand: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let path = path(word, expand)?;
    let base = base_of(&path);
    let identifies = !base.is_empty() && !base.ends_with(".sh") && !RUNNERS.contains(&base);
    (identifies && !path.starts_with("/etc/") && !path.starts_with("/lib/lsb/")).then_some(path)
}

fn path(word: &str, expand: &impl Fn(&str) -> Option<String>) -> Option<String> {
    expand(word).filter(|path| path.starts_with('/'))
}

fn base_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> (Option<String>, Vec<String>) {
        let expand = |word: &str| {
            let word = word.trim_matches('"').replace("$OPT", "/opt/x");
            (!word.contains('$')).then_some(word)
        };
        let calls = calls(text, expand);
        (calls.program, calls.pid_files)
    }

    fn named(program: &str, pid_files: &[&str]) -> (Option<String>, Vec<String>) {
        (Some(program.to_owned()), pid_files.iter().map(|path| (*path).to_owned()).collect())
    }

    #[test]
    fn debians_ssh_names_both_inline() {
        let ssh = "test -x /usr/sbin/sshd || exit 0\n( /usr/sbin/sshd -\\? 2>&1 | grep -q OpenSSH ) || exit 0\n\
                   if start-stop-daemon --start --quiet --oknodo --chuid 0:0 --pidfile /run/sshd.pid \\\n\
                   \t--exec /usr/sbin/sshd -- $SSHD_OPTS; then\n\
                   start-stop-daemon --stop --quiet --oknodo --pidfile /run/sshd.pid --exec /usr/sbin/sshd\n";
        assert_eq!(found(ssh), named("/usr/sbin/sshd", &["/run/sshd.pid", "/run/sshd.pid"]));
    }

    #[test]
    fn short_options_helpers_and_plain_paths() {
        assert_eq!(
            found("start-stop-daemon -S -p /run/a.pid -x \"$OPT/a\""),
            named("/opt/x/a", &["/run/a.pid"])
        );
        assert_eq!(
            found("daemon --pidfile=/var/run/b.pid /usr/bin/b"),
            named("/usr/bin/b", &["/var/run/b.pid"])
        );
        assert_eq!(found("status -p /run/c.pid c"), (None, vec!["/run/c.pid".to_owned()]));
        assert_eq!(found("start)\n\t/usr/local/bin/d --background &\n"), named("/usr/local/bin/d", &[]));
        assert_eq!(found("[ -x /usr/sbin/e ] || exit 0"), named("/usr/sbin/e", &[]));
    }

    #[test]
    fn what_identifies_no_daemon_is_left_out() {
        for text in [
            ". /lib/lsb/init-functions",
            "start-stop-daemon --start --exec /bin/sh --chdir /srv -- -c run",
            "start-stop-daemon --start --exec $UNKNOWN",
            "/etc/init.d/other start",
            "# start-stop-daemon --exec /usr/sbin/x",
            "echo daemon /usr/sbin/x",
        ] {
            assert_eq!(found(text), (None, Vec::new()), "{text}");
        }
        let two = "start-stop-daemon --exec /sbin/one --pidfile /run/1.pid\n\
                   start-stop-daemon --exec /sbin/two --pidfile /run/2.pid\n";
        assert_eq!(found(two), named("/sbin/one", &["/run/1.pid"]), "the first daemon of two");
    }
}
