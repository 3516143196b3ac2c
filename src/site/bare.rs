//! Pages of hosts that have no numbers: the log is empty, or cannot be read.

use super::error::SiteError;
use super::host::Workshop;
use super::host_view::HostView;
use super::model::HostPage;
use super::muted;
use crate::store::{self, Layout, StoreError};

impl Workshop<'_> {
    /// A host whose folder is there and whose log is still empty.
    pub(super) fn empty_host(&self, layout: &Layout) -> Result<HostView, SiteError> {
        // A log of which nothing can be read because it is newer looks empty.
        let newer = || store::writing(layout, self.scene.now).is_ok_and(|writing| writing.newer.is_some());
        let key = match self.inputs.span {
            Some(_) => "site.no_sample_then",
            None if newer() => "site.newer_format",
            None => "site.no_sample",
        };
        let view = HostView::unknown(layout.host(), self.scene, self.scene.word(key));
        self.bare_page(&view, self.scene.word(&format!("{key}_hint")))?;
        Ok(view)
    }

    /// A host whose log cannot be read: said on its page, without paths where that is public.
    pub(crate) fn unreadable(&self, host: &str, error: &SiteError) -> Result<HostView, SiteError> {
        let (key, words) = match error {
            // The limit names no path.
            SiteError::Store(StoreError::TooCostly { reason, .. }) => {
                ("site.too_costly", format!("too costly: {reason}"))
            }
            _ if self.scene.public => ("site.unreadable", String::new()),
            _ => ("site.unreadable", error.to_string()),
        };
        let view = HostView::unknown(host, self.scene, self.scene.word(key));
        self.bare_page(&view, words)?;
        Ok(view)
    }

    /// A page with a state and a line of words, for a host without numbers.
    fn bare_page(&self, view: &HostView, words: String) -> Result<(), SiteError> {
        for (folder, root) in self.folders(&view.name) {
            let page = HostPage {
                page: self.page(&view.name, root),
                name: view.name.clone(),
                here: String::new(),
                group: self.grouping.link(&view.name, root),
                tags: self.grouping.tags(&view.name).into_iter().map(str::to_owned).collect(),
                state: view.state.clone(),
                tabs: Vec::new(),
                sample_time: None,
                problems: view.problems.clone(),
                leaks: Vec::new(),
                parts_table: None,
                all_well: words.clone(),
                past: String::new(),
                muted: muted::of_host(self.mutes, &view.name, self.scene),
                memory_bar: None,
                figures: Vec::new(),
                window: String::new(),
                window_note: String::new(),
                latest: String::new(),
                sections: Vec::new(),
                facts: Vec::new(),
            };
            self.publish("host.html", &format!("{folder}index.html"), &page)?;
        }
        Ok(())
    }
}
