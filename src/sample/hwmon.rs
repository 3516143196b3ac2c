//! Temperatures and fans: `/sys/class/hwmon`, and `/sys/class/thermal` where that has none.

use super::metric::record;
use super::{Collector, Context, SampleError};
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

impl Collector for Hwmon {
    fn collect(context: &mut Context<'_>) -> Result<Option<Self>, SampleError> {
        if context.slow {
            context.next.sensors = find(context);
        }
        let mut sensors = BTreeMap::new();
        for (label, file, kind) in context.next.sensors.clone() {
            // Errors are a sensor's daily life: EAGAIN, ENODATA, EIO while a disk sleeps.
            let read = |context: &mut Context<'_>, file: &str| context.read_text(file)?.parse::<i64>().ok();
            let Some(value) = read(context, &file) else { continue };
            let mut sensor = Sensor::default();
            if kind == FAN {
                sensor.rpm = u64::try_from(value).ok();
            } else {
                sensor.celsius = celsius(value);
                // The limit stands beside temp1_input as temp1_crit; it is shown on the slow beat.
                let limit = file.strip_suffix("_input").map(|stem| format!("{stem}_crit"));
                let limit = limit.filter(|_| context.slow).and_then(|file| read(context, &file));
                sensor.critical_celsius = limit.and_then(celsius).filter(|limit| *limit > 0.0);
            }
            if sensor != Sensor::default() {
                sensors.insert(label, sensor);
            }
        }
        Ok((!sensors.is_empty()).then_some(Self(sensors)))
    }
}

const TEMPERATURE: char = 't';
const FAN: char = 'f';

/// Millidegrees as degrees; what no sensor of a computer measures is a sensor that is not connected.
fn celsius(thousandths: i64) -> Option<f64> {
    (-60_000..250_000).contains(&thousandths).then(|| {
        let tenths = i32::try_from(thousandths / 100).unwrap_or(0);
        f64::from(tenths) / 10.0
    })
}

/// All sensors: label, file, kind.
fn find(context: &mut Context<'_>) -> Vec<(String, String, char)> {
    let mut sensors = Vec::new();
    for chip in context.names("sys/class/hwmon") {
        // Kernels before 3.15 keep the files of some drivers one folder deeper.
        for folder in [format!("sys/class/hwmon/{chip}"), format!("sys/class/hwmon/{chip}/device")] {
            let before = sensors.len();
            find_in(context, &folder, &mut sensors);
            if sensors.len() > before {
                break;
            }
        }
    }
    if !sensors.iter().any(|(_, _, kind)| *kind == TEMPERATURE) {
        for zone in context.names("sys/class/thermal").iter().filter(|name| name.starts_with("thermal_zone"))
        {
            let label =
                context.read_text(&format!("sys/class/thermal/{zone}/type")).unwrap_or_else(|| zone.clone());
            add(&mut sensors, label, format!("sys/class/thermal/{zone}/temp"), TEMPERATURE);
        }
    }
    sensors
}

fn find_in(context: &mut Context<'_>, folder: &str, sensors: &mut Vec<(String, String, char)>) {
    let chip = context.read_text(&format!("{folder}/name"));
    for name in context.names(folder) {
        let Some(stem) = name.strip_suffix("_input") else { continue };
        let kind = match stem.trim_end_matches(|digit: char| digit.is_ascii_digit()) {
            "temp" => TEMPERATURE,
            "fan" => FAN,
            _ => continue,
        };
        let label = context.read_text(&format!("{folder}/{stem}_label")).unwrap_or_else(|| stem.to_owned());
        let label = chip.as_ref().map_or_else(|| label.clone(), |chip| format!("{chip} {label}"));
        add(sensors, label, format!("{folder}/{name}"), kind);
    }
}

/// Two disks' chips have one name: the second is numbered.
fn add(sensors: &mut Vec<(String, String, char)>, label: String, file: String, kind: char) {
    let taken = |label: &str| sensors.iter().any(|(other, _, _)| other == label);
    let mut unique = label.clone();
    let mut number = 2;
    while taken(&unique) {
        unique = format!("{label} #{number}");
        number += 1;
    }
    sensors.push((unique, file, kind));
}
