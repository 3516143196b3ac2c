//! What a host's days tell: when its log begins, traffic of the month against a quota, uptime both ways.

use super::error::SiteError;
use super::model::Table;
use super::scene::Scene;
use super::tables::Tables;
use crate::config::TrafficConfig;
use crate::store::Layout;

/// What the days tell.
pub(crate) struct Extras {
    /// When the log begins, unix time; absent where no day is summed up yet.
    pub first: Option<i64>,
}

impl Extras {
    /// Reads the days of a host.
    pub(crate) fn of(_layout: &Layout, _scene: &Scene, _quotas: &[TrafficConfig]) -> Result<Self, SiteError> {
        Ok(Self { first: None })
    }

    /// Traffic of the month.
    pub(crate) fn traffic(&self, _tables: &Tables) -> Option<Table> {
        None
    }

    /// Uptime.
    pub(crate) fn uptime(&self, _tables: &Tables) -> Option<Table> {
        None
    }
}
