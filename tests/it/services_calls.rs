//! Services of System V init whose scripts assign neither program nor pid file, as Debian's `ssh`.

use crate::services::{states, sysv};

#[test]
fn a_daemon_whose_script_only_calls_it_is_missed_once_it_has_run() {
    let host = sysv();
    let script = "#!/bin/sh\ntest -x /usr/sbin/sshd || exit 0\ncase $1 in start)\n\
                  start-stop-daemon --start --oknodo --pidfile /run/sshd.pid --exec /usr/sbin/sshd -- $OPTS;;\nesac\n";
    host.put("etc/init.d/ssh", script);
    host.put("etc/init.d/never", script.replace("sshd", "neverd"));
    for name in ["ssh", "never"] {
        host.put(&format!("etc/rc2.d/S01{name}"), "");
    }
    host.put("run/sshd.pid", "44\n");
    host.process(44, "sshd", 55);
    let services = host.services(0).unwrap();
    let services = states(&services);
    assert_eq!(services["ssh"], ("running", Some(1), Some(0)));
    assert!(!services.contains_key("never"), "nothing says that it is a daemon");
    fs_err::remove_file(host.root.path().join("run/sshd.pid")).unwrap();
    host.end(44);
    assert_eq!(states(&host.services(60).unwrap())["ssh"], ("stopped", Some(0), Some(0)));
    for minute in 2..12 {
        host.sample(60 * minute);
    }
    assert_eq!(states(&host.latest(700))["ssh"], ("stopped", Some(0), Some(0)), "as long as it is enabled");
}
