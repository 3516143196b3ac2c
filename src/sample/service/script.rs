//! What the text of an init script says of its daemon, read and never run: the header `# pidfile:` of Red Hat's, the
//! variables `PIDFILE`, `DAEMON`, `NAME` of Debian's, `command` and `pidfile` of OpenRC's; where a script has none of these, the
//! calls in it. Only plain assignments of words and of other such variables count; what a shell would have to work out is not
//! known.

use super::calls;
use super::unit::Wanted;
use std::collections::BTreeMap;

/// More of a script is not read.
const MOST_BYTES: usize = 64 * 1024;
/// Names under which scripts keep the file, the program and the name of their daemon.
const PID_FILES: [&str; 5] = ["PIDFILE", "PID_FILE", "PID", "pidfile", "pid_file"];
const PROGRAMS: [&str; 7] = ["DAEMON", "command", "PROG", "prog", "EXEC", "exec", "BINARY"];
const NAMES: [&str; 4] = ["NAME", "PROCNAME", "procname", "name"];

/// The daemon of a script; `None` where none is known: it does something once.
pub(super) fn daemon_of(text: &[u8], script: &str) -> Option<Wanted> {
    let text = String::from_utf8_lossy(&text[..text.len().min(MOST_BYTES)]).into_owned();
    let variables = variables(&text, script);
    let value = |names: &[&str]| names.iter().find_map(|name| variables.get(*name).cloned());
    let mut program = value(&PROGRAMS).or_else(|| header(&text, "processname:"));
    let name = value(&NAMES);
    let mut pid_files: Vec<String> =
        PID_FILES.iter().filter_map(|name| variables.get(*name).cloned()).collect();
    pid_files.extend(header(&text, "pidfile:"));
    pid_files.retain(|path| path.starts_with('/'));
    let guessed = program.is_none() && pid_files.is_empty();
    if guessed {
        let calls = calls::calls(&text, |word| substitute(unquoted(word), &variables));
        (program, pid_files) = (calls.program, calls.pid_files);
    }
    if program.is_none() && pid_files.is_empty() {
        return None;
    }
    let base = program.as_deref().filter(|_| guessed).and_then(|program| program.rsplit('/').next());
    let names = name.as_deref().into_iter().chain([script]).chain(base);
    for name in names.filter(|name| !name.contains('/')) {
        pid_files.extend([format!("/run/{name}.pid"), format!("/run/{name}/{name}.pid")]);
    }
    let mut seen = Vec::new();
    for path in pid_files {
        let path = relative(&path);
        if !seen.contains(&path) {
            seen.push(path);
        }
    }
    Some(Wanted {
        pid_files: seen,
        program: program.filter(|program| !program.is_empty()),
        guessed,
        ..Wanted::default()
    })
}

/// Whether the settings of a service say that it is not to be started: `RSYNC_ENABLE=false`.
pub(super) fn is_off(settings: &[u8]) -> bool {
    let text = String::from_utf8_lossy(settings);
    text.lines().filter_map(|line| line.trim().split_once('=')).any(|(key, value)| {
        let switch =
            key.ends_with("ENABLE") || key.ends_with("ENABLED") || key == "START" || key == "START_DAEMON";
        let plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let off = matches!(unquoted(value.trim()).to_ascii_lowercase().as_str(), "no" | "false" | "0");
        plain && switch && off
    })
}

/// From the root of the tree; `/var/run` is `/run` wherever there is one.
pub(super) fn relative(path: &str) -> String {
    let path = path.strip_prefix("/var/run/").map_or_else(|| path.to_owned(), |rest| format!("/run/{rest}"));
    path.trim_start_matches('/').to_owned()
}

/// `# pidfile: /run/x.pid`
fn header(text: &str, key: &str) -> Option<String> {
    let comments = text.lines().filter_map(|line| line.strip_prefix('#'));
    let mut values = comments.filter_map(|line| line.trim().strip_prefix(key));
    values.next().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// Assignments whose values are known, the first of each: later ones are mostly for odd cases.
fn variables(text: &str, script: &str) -> BTreeMap<String, String> {
    let mut known = BTreeMap::from([
        // OpenRC's.
        ("RC_SVCNAME".to_owned(), script.to_owned()),
        ("SVCNAME".to_owned(), script.to_owned()),
    ]);
    for line in text.lines().map(str::trim) {
        let line = line.strip_prefix("export ").or_else(|| line.strip_prefix("local ")).unwrap_or(line);
        let Some((name, value)) = line.split_once('=') else { continue };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if name.is_empty() || !name.bytes().all(plain) || known.contains_key(name) {
            continue;
        }
        if let Some(value) = substitute(unquoted(value.split(" #").next().unwrap_or(value).trim()), &known) {
            known.insert(name.to_owned(), value);
        }
    }
    known
}

fn unquoted(value: &str) -> &str {
    let value = value.trim_end_matches(';');
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote) {
            return inner.split(quote).next().unwrap_or(inner);
        }
    }
    value
}

/// Puts in the values of `$NAME`, `${NAME}` and `${NAME:-default}`; `None` where one is not known, or where a shell would do more.
fn substitute(value: &str, known: &BTreeMap<String, String>) -> Option<String> {
    let mut text = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('$') {
        text.push_str(before);
        if let Some(inner) = after.strip_prefix('{') {
            let (inner, behind) = inner.split_once('}')?;
            let (name, default) =
                inner.split_once(":-").map_or((inner, None), |(name, text)| (name, Some(text)));
            let value = known.get(name).map(String::as_str).or(default)?;
            if value.contains('$') {
                return None;
            }
            text.push_str(value);
            rest = behind;
        } else {
            let end = after
                .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
                .unwrap_or(after.len());
            text.push_str(known.get(&after[..end])?);
            rest = &after[end..];
        }
    }
    text.push_str(rest);
    (!text.contains(['`', '(', ' ', '*', '"', '\''])).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn daemon(text: &str, script: &str) -> (Vec<String>, Option<String>) {
        let wanted = daemon_of(text.as_bytes(), script).unwrap();
        (wanted.pid_files, wanted.program)
    }

    #[test]
    fn debians_cron_and_dbus() {
        let cron = "### BEGIN INIT INFO\nPATH=/bin:/usr/bin:/sbin:/usr/sbin\nDESC=\"cron daemon\"\nNAME=cron\n\
                    DAEMON=/usr/sbin/cron\nPIDFILE=/var/run/crond.pid\nSCRIPTNAME=/etc/init.d/\"$NAME\"\n";
        let (files, program) = daemon(cron, "cron");
        assert_eq!(files, ["run/crond.pid", "run/cron.pid", "run/cron/cron.pid"]);
        assert_eq!(program.as_deref(), Some("/usr/sbin/cron"));
        let dbus = "DAEMON=/usr/bin/dbus-daemon\nNAME=dbus\nPIDDIR=/var/run/dbus\nPIDFILE=$PIDDIR/pid\n";
        assert_eq!(daemon(dbus, "dbus").0[0], "run/dbus/pid");
    }

    #[test]
    fn debians_nginx_works_its_pid_file_out_and_falls_back() {
        let nginx = "DAEMON=/usr/sbin/nginx\nNAME=nginx\nPID=$(cat /etc/nginx/nginx.conf | grep pid)\n\
                     if [ -z \"$PID\" ]; then\n\tPID=/run/nginx.pid\nfi\n";
        assert_eq!(daemon(nginx, "nginx").0[0], "run/nginx.pid");
    }

    #[test]
    fn red_hats_header_and_openrcs_variables() {
        let sshd = "#!/bin/bash\n# chkconfig: 2345 55 25\n# processname: sshd\n# pidfile: /var/run/sshd.pid\nprog=\"sshd\"\n\
                    SSHD=/usr/sbin/sshd\n";
        assert_eq!(daemon(sshd, "sshd").0[0], "run/sshd.pid");
        let alpine = "#!/sbin/openrc-run\ncommand=\"/usr/sbin/crond\"\npidfile=\"/run/${RC_SVCNAME}.pid\"\n";
        let (files, program) = daemon(alpine, "crond");
        assert_eq!((files[0].as_str(), program.as_deref()), ("run/crond.pid", Some("/usr/sbin/crond")));
    }

    #[test]
    fn debians_ssh_has_no_variables_but_calls() {
        let ssh = "test -x /usr/sbin/sshd || exit 0\nif start-stop-daemon --start --pidfile /run/sshd.pid --exec \
                   /usr/sbin/sshd -- $SSHD_OPTS; then\n";
        let wanted = daemon_of(ssh.as_bytes(), "ssh").unwrap();
        assert_eq!(wanted.pid_files[..2], ["run/sshd.pid", "run/ssh.pid"]);
        assert_eq!((wanted.program.as_deref(), wanted.guessed), (Some("/usr/sbin/sshd"), true));
    }

    #[test]
    fn what_does_something_once_has_no_daemon() {
        assert_eq!(daemon_of(b"#!/bin/sh\nsysctl -p\n", "procps"), None);
        assert_eq!(daemon_of(b"PID=$(pidof x)\n", "x"), None);
    }

    #[test]
    fn switches_of_settings() {
        assert!(
            is_off(b"# comment\nRSYNC_ENABLE=false\n") && is_off(b"START=\"no\"\n") && is_off(b"ENABLED=0\n")
        );
        assert!(!is_off(b"RSYNC_ENABLE=true\n") && !is_off(b"#ENABLED=0\n") && !is_off(b"RESTART=no\n"));
    }

    proptest! {
        #[test]
        fn any_script_is_read(text in any::<Vec<u8>>(), more in "([A-Z]{1,3}=[$a-c{}:\"'-]{0,8}\n){0,9}") {
            let _ = daemon_of(&text, "x");
            let _ = daemon_of(more.as_bytes(), "x");
            let _ = is_off(&text);
        }
    }
}
