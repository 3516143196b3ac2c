//! The first command to run where a rule holds. It is shown, never run; what came from another host is quoted in it, or the
//! command is left out where no quoting is safe to copy.

use crate::alert::Alert;
use crate::analysis::report::Finding;

/// The command for an alert of a host.
pub(super) fn command(alert: &Alert, host: &str, finding: Option<&Finding>) -> Option<String> {
    let instance = || quoted(&alert.instance);
    Some(match alert.rule.as_str() {
        "leak" => return leak(finding, host),
        "memory" | "oom" | "pressure-memory" => format!("cronograph explain --host {}", quoted(host)?),
        "swap" => "vmstat 1 5".to_owned(),
        "load" | "pressure-cpu" | "steal" => {
            "ps -eo pid,stat,pcpu,etime,comm --sort=-pcpu | head -n 15".to_owned()
        }
        "iowait" | "pressure-io" | "disk-busy" => "iostat -x 1 5".to_owned(),
        "filesystem" | "filesystem-full" => {
            format!("du -xh --max-depth=2 {} | sort -h | tail -n 20", instance()?)
        }
        "inodes" => format!("du -x --inodes --max-depth=2 {} | sort -n | tail -n 20", instance()?),
        "read-only" => "dmesg --level=err,warn | tail -n 30".to_owned(),
        "raid" => "cat /proc/mdstat".to_owned(),
        "temperature" => "sensors".to_owned(),
        "conntrack" => "ss -s".to_owned(),
        "file-handles" => "ls /proc/*/fd | sort | uniq -c | sort -n | tail".to_owned(),
        "threads" => "ps -eo nlwp,pid,comm --sort=-nlwp | head".to_owned(),
        "zombies" => "ps -eo ppid,stat,comm | grep Z".to_owned(),
        "reboot" => "last -x reboot shutdown | head".to_owned(),
        "clock" => "timedatectl".to_owned(),
        "silent" => format!("ping -c 3 {}", quoted(host)?),
        "service" | "service-restarts" => format!("systemctl status {}", instance()?),
        "check" | "own-leak" | "messages" => "cronograph doctor".to_owned(),
        _ => return None,
    })
}

/// What a finding says to look at next.
fn leak(finding: Option<&Finding>, host: &str) -> Option<String> {
    let found = finding.and_then(|finding| finding.next.first().or(finding.find.first()).cloned());
    found.or_else(|| Some(format!("cronograph explain --host {}", quoted(host)?)))
}

/// A word of the shell's; none where it has control characters, which a terminal would obey.
fn quoted(word: &str) -> Option<String> {
    let plain = |letter: char| letter.is_alphanumeric() || "-_./:@+,=".contains(letter);
    if word.is_empty() || word.starts_with('-') || word.chars().any(char::is_control) {
        return None;
    }
    if word.chars().all(plain) {
        return Some(word.to_owned());
    }
    Some(format!("'{}'", word.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(rule: &str, instance: &str) -> Alert {
        Alert { rule: rule.to_owned(), instance: instance.to_owned(), ..Alert::default() }
    }

    #[test]
    fn names_of_others_cannot_become_commands() {
        let of = |instance: &str| command(&alert("filesystem", instance), "web1", None);
        assert_eq!(of("/var").unwrap(), "du -xh --max-depth=2 /var | sort -h | tail -n 20");
        assert_eq!(
            of("/a b'; reboot").unwrap(),
            r"du -xh --max-depth=2 '/a b'\''; reboot' | sort -h | tail -n 20"
        );
        assert_eq!((of("/a\nreboot"), of("-x"), of("")), (None, None, None));
    }

    #[test]
    fn memory_is_explained() {
        assert_eq!(command(&alert("memory", ""), "web1", None).unwrap(), "cronograph explain --host web1");
        assert_eq!(command(&alert("leak", "slab"), "web1", None).unwrap(), "cronograph explain --host web1");
        assert_eq!(command(&alert("mine", ""), "web1", None), None);
    }
}
