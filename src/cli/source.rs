//! Before something is read from the logs: what an engine of metrics has that is newer (`[source]`) is put into them. An engine that
//! does not answer is named, and what is there is read all the same.

use super::{Context, output};
use crate::ship::Fetch;

/// Reads what is new, of one host or of all.
pub(super) fn refresh(context: &Context, host: Option<&str>) -> anyhow::Result<()> {
    let config = context.config();
    if config.source.prometheus.is_none() {
        return Ok(());
    }
    context.loaded.keeps_secrets()?;
    crate::base::files::create_folder(&config.data)?;
    let fetch = Fetch { data: &config.data, config: &config.source, host, now: context.clock.now() };
    for failure in fetch.run()?.failed {
        output::say(&format!("cronograph: {failure}"));
    }
    Ok(())
}
