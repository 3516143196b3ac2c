//! Who runs a process: its effective user from `/proc/PID/status`, and that one's name from `/etc/passwd`.

use super::{Context, parse};

/// Users' names by number, from `/etc/passwd`, read when the first is asked for.
#[derive(Default)]
pub(super) struct Users(Option<Vec<(u64, String)>>);

impl Users {
    /// The user of a process, remembered until the slow beat, and its swap, where that had to be read.
    pub(super) fn of_process(
        &mut self,
        context: &mut Context<'_>,
        pid: u32,
        started: u64,
    ) -> Option<(String, Option<u64>)> {
        let known =
            context.previous.users.iter().find(|(known, start, _)| (*known, *start) == (pid, started));
        if let Some((_, _, user)) = known.filter(|_| !context.slow) {
            return Some((user.clone(), None));
        }
        let status = context.read_at_once(&format!("proc/{pid}/status")).ok()??;
        let uid = parse::value_of(status, "Uid:").and_then(|line| parse::numbers(line).nth(1))?;
        let swap = parse::value_of(status, "VmSwap:").and_then(parse::first_number);
        Some((self.name(context, uid), swap))
    }

    fn name(&mut self, context: &mut Context<'_>, uid: u64) -> String {
        let users = self.0.get_or_insert_with(|| {
            let bytes = context.read_at_once("etc/passwd").ok().flatten().unwrap_or_default();
            parse::lines(bytes).filter_map(passwd_line).collect()
        });
        let user = users.iter().find(|(number, _)| *number == uid);
        user.map_or_else(|| uid.to_string(), |(_, name)| name.clone())
    }
}

/// `name:password:uid:gid:…`
fn passwd_line(line: &[u8]) -> Option<(u64, String)> {
    let mut fields = line.split(|byte| *byte == b':');
    let name = fields.next()?;
    Some((parse::number(fields.nth(1)?)?, parse::text(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_of_passwd() {
        assert_eq!(passwd_line(b"www-data:x:33:33::/var/www:/bin/false"), Some((33, "www-data".to_owned())));
        assert_eq!(passwd_line(b"+::::::"), None);
    }
}
