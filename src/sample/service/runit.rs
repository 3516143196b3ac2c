//! Services of runit: in the folder of services `NAME/supervise/stat` (`run`, `down`, `finish`), `pid` and `status` (since when,
//! and whether it is wanted up), as `runsv(8)` writes them. A file `NAME/down` says that nothing starts it. These files are often
//! for root only: then nothing is known of it.

use super::{Service, View, process};
use crate::sample::Context;

/// Folders of services.
const FOLDERS: [&str; 4] = ["run/runit/runsvdir/current", "etc/service", "var/service", "service"];
/// A label of TAI64 counts from 2^62 and is ten seconds ahead of unix time, as runit reckons it.
const TAI_ZERO: u64 = (1 << 62) + 10;

/// The folder of services, where one of them is supervised.
pub(super) fn folder(context: &Context<'_>) -> Option<&'static str> {
    FOLDERS.into_iter().find(|folder| {
        context.names(folder).iter().any(|name| context.exists(&format!("{folder}/{name}/supervise")))
    })
}

/// Each service.
pub(super) fn view(context: &mut Context<'_>) -> View {
    let mut view = View::new();
    let Some(folder) = folder(context) else { return view };
    for name in context.names(folder) {
        let path = format!("{folder}/{name}");
        let off = context.exists(&format!("{path}/down"));
        let Some(state) = context.read_text(&format!("{path}/supervise/stat")) else { continue };
        let status = context.read(&format!("{path}/supervise/status")).ok().flatten();
        let (since, wants_up) =
            status.map_or((None, !off), |status| (since(status), status.get(17) == Some(&b'u')));
        let pid =
            context.read_number(&format!("{path}/supervise/pid")).and_then(|pid| u32::try_from(pid).ok());
        let process = pid.and_then(|pid| process::of_pid(context, pid, None));
        let service = match state.split(',').next().unwrap_or_default() {
            "run" => {
                let (memory, started) =
                    process.map_or((None, None), |process| (process.memory, process.since));
                Service { memory, failed: Some(0), ..Service::running(since.or(started), pid) }
            }
            // It ended though it should run: runsv starts it again.
            "finish" | "down" if wants_up => Service { since, ..Service::down("restarting", true) },
            "finish" | "down" if off => Service { since, ..Service::of("stopped") },
            "finish" | "down" => Service { since, ..Service::down("stopped", false) },
            _ => continue,
        };
        view.insert(name, service);
    }
    view
}

/// When the state began, from the first eight bytes of `status`.
fn since(status: &[u8]) -> Option<i64> {
    let label = u64::from_be_bytes(status.get(..8)?.try_into().ok()?);
    i64::try_from(label.checked_sub(TAI_ZERO)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_of_time() {
        // 2026-11-23T12:50:00Z
        let label = (TAI_ZERO + 1_795_438_200).to_be_bytes();
        let status = [&label[..], &[0; 4], &42_u32.to_le_bytes(), &[0, b'u', 0, 1]].concat();
        assert_eq!(since(&status), Some(1_795_438_200));
        assert_eq!((status.len(), status[17]), (20, b'u'));
        assert_eq!(since(&[0; 20]), None);
        assert_eq!(since(b""), None);
    }
}
