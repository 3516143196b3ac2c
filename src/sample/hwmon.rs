//! Temperatures and fans: `/sys/class/hwmon`, and `/sys/class/thermal` where that has none.

use super::metric::record;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Sensors by chip and label: `coretemp Package id 0`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hwmon(pub BTreeMap<String, Sensor>);

record! {
    /// One sensor.
    pub struct Sensor in "hwmon" {
        /// Temperature.
        celsius "celsius" f64 Gauge Celsius;
        /// Temperature at which the hardware says it is critical.
        critical_celsius "critical_celsius" f64 Gauge Celsius;
        /// Speed of a fan.
        rpm "rpm" u64 Gauge Rpm;
    }
}
