//! Logged-in sessions: `/run/systemd/sessions/` where logind runs, else `/run/utmp`, `utmp(5)`.

use super::metric::record;

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
