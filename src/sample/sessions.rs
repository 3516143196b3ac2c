//! Logged-in sessions: `/run/systemd/sessions/` where logind runs, else `/run/utmp`, `utmp(5)`.

use super::metric::record;
use super::{Collector, Context, SampleError, parse};

record! {
    /// Who is logged in.
    pub struct Sessions in "sessions" {
        /// Sessions of people.
        count "count" u64 Gauge Count;
        also {
            /// Their names, each once, sorted.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            users: Vec<String>,
        }
    }
}

impl Collector for Sessions {
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        const LOGIND: &str = "run/systemd/sessions";
        let mut names = Vec::new();
        if context.exists(LOGIND) {
            // Beside each session ID lies a pipe `ID.ref`, which must not be opened: that waits.
            for session in context.names(LOGIND).into_iter().filter(|name| !name.contains('.')) {
                names.extend(context.read(&format!("{LOGIND}/{session}"))?.and_then(session_user));
            }
        } else {
            let Some(bytes) = context.read("run/utmp")? else { return Ok(None) };
            let logins: Vec<(u32, String)> = bytes.chunks_exact(UTMP_BYTES).filter_map(login).collect();
            // A login that ended by a crash leaves its entry, but not its process.
            let alive = logins.into_iter().filter(|(pid, _)| context.exists(&format!("proc/{pid}")));
            names.extend(alive.map(|(_, user)| user));
        }
        let count = Some(names.len() as u64);
        names.sort_unstable();
        names.dedup();
        Ok(Some(Self { users: names, count }))
    }
}

/// The user of a session of logind (lines `KEY=value`), if that is one of a person who is there: not a login
/// screen, not the user's service manager, not what lingers while it closes.
fn session_user(bytes: &[u8]) -> Option<String> {
    let person = parse::value_of(bytes, "CLASS=").is_none_or(|class| class.starts_with(b"user"));
    let here = parse::value_of(bytes, "STATE=") != Some(b"closing");
    (person && here).then(|| parse::value_of(bytes, "USER=").map(parse::text))?
}

/// The size of a record of `utmp(5)` (x86-64 and 64-bit ARM with glibc).
const UTMP_BYTES: usize = 384;
/// `ut_type` of a login.
const USER_PROCESS: u8 = 7;

fn login(record: &[u8]) -> Option<(u32, String)> {
    let user = record.get(44..76)?;
    let end = user.iter().position(|byte| *byte == 0).unwrap_or(user.len());
    let pid = u32::from_ne_bytes(record.get(4..8)?.try_into().ok()?);
    (record[0] == USER_PROCESS && record[1] == 0 && end > 0).then(|| (pid, parse::text(&user[..end])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_have_sessions_and_managers_have_not() {
        let session = b"# private\nUID=0\nUSER=root\nACTIVE=1\nSTATE=active\nTYPE=tty\nCLASS=user\n";
        assert_eq!(session_user(session).as_deref(), Some("root"));
        assert_eq!(session_user(b"USER=gdm\nCLASS=greeter\n"), None);
        assert_eq!(session_user(b"USER=root\nSTATE=closing\nCLASS=user\n"), None);
    }

    #[test]
    fn records_of_utmp() {
        let mut record = [0_u8; UTMP_BYTES];
        (record[0], record[4]) = (USER_PROCESS, 9);
        record[44..49].copy_from_slice(b"alice");
        assert_eq!(login(&record), Some((9, "alice".to_owned())));
        record[0] = 8;
        assert_eq!(login(&record), None);
    }
}
