//! The first command to run where a rule holds. It is shown, never run; what came from another host is quoted in it, or the
//! command is left out where no quoting is safe to copy.

use crate::alert::{Alert, Rule};
use crate::analysis::report::Finding;
use crate::base::hint::word as quoted;
use crate::sample::Sample;

/// The command for an alert of a host: the user's own, else by what the rule is about.
pub(super) fn command(
    alert: &Alert,
    rule: Option<&Rule>,
    host: &str,
    sample: &Sample,
    finding: Option<&Finding>,
) -> Option<String> {
    let own = rule.and_then(|rule| rule.command.clone());
    own.or_else(|| built_in(alert, host, sample, finding))
}

fn built_in(alert: &Alert, host: &str, sample: &Sample, finding: Option<&Finding>) -> Option<String> {
    let instance = || quoted(&alert.instance);
    Some(match alert.rule.as_str() {
        "leak" => return leak(finding, host),
        "memory" | "container-memory" | "oom" | "pressure-memory" => {
            format!("cronograph explain --host {}", quoted(host)?)
        }
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
        "service" | "service-restarts" => return service(&alert.instance, sample),
        "own-leak" => match alert.instance.strip_prefix("check ") {
            Some(name) => format!("cronograph probe --check {}", quoted(name)?),
            None => format!("cronograph explain --host {}", quoted(host)?),
        },
        "check" | "messages" => "cronograph doctor".to_owned(),
        _ => return None,
    })
}

/// What a finding says to look at next.
fn leak(finding: Option<&Finding>, host: &str) -> Option<String> {
    let found = finding.and_then(|finding| finding.next.first().or(finding.find.first()).cloned());
    found.or_else(|| Some(format!("cronograph explain --host {}", quoted(host)?)))
}

/// How the state of a service is asked for, by who looks after it; containers are known by their names.
fn service(name: &str, sample: &Sample) -> Option<String> {
    if let Some((runtime, id)) = name.split_once(' ') {
        let id = quoted(id)?;
        return match runtime {
            "docker" => Some(format!("docker logs --tail 30 {id}")),
            "libpod" => Some(format!("podman logs --tail 30 {id}")),
            "cri-containerd" | "crio" => Some(format!("crictl logs --tail 30 {id}")),
            "lxc" => Some(format!("lxc-info -n {id}")),
            "nspawn" => Some(format!("machinectl status {id}")),
            // An instance of a unit's, with a space in its name.
            _ => Some(format!("systemctl status {}", quoted(name)?)),
        };
    }
    let name = quoted(name)?;
    Some(match sample.service.as_ref().and_then(|services| services.manager.as_deref()) {
        Some("openrc") => format!("rc-service {name} status"),
        Some("sysv") => format!("service {name} status"),
        Some("runit") => format!("sv status {name}"),
        _ => format!("systemctl status {name}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Rules;
    use crate::config::RuleConfig;
    use crate::sample::service::Services;

    fn alert(rule: &str, instance: &str) -> Alert {
        Alert { rule: rule.to_owned(), instance: instance.to_owned(), ..Alert::default() }
    }

    #[test]
    fn names_of_others_cannot_become_commands() {
        let of = |instance: &str| built_in(&alert("filesystem", instance), "web1", &Sample::default(), None);
        assert_eq!(of("/var").unwrap(), "du -xh --max-depth=2 /var | sort -h | tail -n 20");
        assert_eq!(
            of("/a b'; reboot").unwrap(),
            r"du -xh --max-depth=2 '/a b'\''; reboot' | sort -h | tail -n 20"
        );
        assert_eq!((of("/a\nreboot"), of("-x"), of("")), (None, None, None));
    }

    #[test]
    fn memory_is_explained() {
        assert_eq!(
            built_in(&alert("memory", ""), "web1", &Sample::default(), None).unwrap(),
            "cronograph explain --host web1"
        );
        assert_eq!(
            built_in(&alert("leak", "slab"), "web1", &Sample::default(), None).unwrap(),
            "cronograph explain --host web1"
        );
        assert_eq!(built_in(&alert("mine", ""), "web1", &Sample::default(), None), None);
    }

    #[test]
    fn a_check_that_leaks_is_probed() {
        let of = |instance: &str| {
            built_in(&alert("own-leak", instance), "web1", &Sample::default(), None).unwrap()
        };
        assert_eq!(of("check services"), "cronograph probe --check services");
        assert_eq!(of("collector hwmon"), "cronograph explain --host web1");
    }

    #[test]
    fn services_are_asked_for_by_who_looks_after_them() {
        let of = |manager: Option<&str>, name: &str| {
            let services = Services { manager: manager.map(str::to_owned), ..Services::default() };
            let sample = Sample { service: Some(services), ..Sample::default() };
            built_in(&alert("service", name), "web1", &sample, None)
        };
        for (manager, name, command) in [
            (Some("systemd"), "nginx", "systemctl status nginx"),
            (None, "nginx", "systemctl status nginx"),
            (Some("openrc"), "nginx", "rc-service nginx status"),
            (Some("sysv"), "nginx", "service nginx status"),
            (Some("runit"), "nginx", "sv status nginx"),
            (Some("systemd"), "docker 0123456789ab", "docker logs --tail 30 0123456789ab"),
            (Some("containers"), "libpod 0123456789ab", "podman logs --tail 30 0123456789ab"),
            (Some("openrc"), "lxc web", "lxc-info -n web"),
            (Some("systemd"), "nspawn my-box", "machinectl status my-box"),
        ] {
            assert_eq!(of(manager, name).as_deref(), Some(command));
        }
        assert_eq!(of(Some("sysv"), "-x"), None);
    }

    #[test]
    fn the_users_own_command_comes_first() {
        let own = RuleConfig {
            name: "swap".to_owned(),
            command: Some("smem -s swap".to_owned()),
            ..RuleConfig::default()
        };
        let rules = Rules::new(&[own]).unwrap().of("web1");
        let of = |name: &str| {
            let rule = rules.iter().find(|rule| rule.name == name).unwrap();
            command(&alert(name, ""), Some(rule), "web1", &Sample::default(), None).unwrap()
        };
        assert_eq!((of("swap").as_str(), of("raid").as_str()), ("smem -s swap", "cat /proc/mdstat"));
    }
}
