//! Temperatures and fans: `/sys/class/hwmon`, and `/sys/class/thermal` where that has none.

use super::metric::record;
use super::{Collector, Context, SampleError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Sensors by chip and label: `coretemp Package id 0`; of drives, and of chips of one name, with the device between: `nvme
/// 0000:01:00.0 Composite`.
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

/// The ends of the scales of 8 to 12 bits, in degrees with one digit: an input that is not connected shows them, and limits that
/// nobody set. No processor or disk gets so hot.
const ENDS_OF_SCALE: [f64; 6] = [127.0, 127.5, 127.7, 127.8, 127.9, 128.0];

/// Millidegrees as degrees; what no sensor of a computer measures is a sensor that is not connected.
fn celsius(thousandths: i64) -> Option<f64> {
    let tenths =
        i32::try_from(thousandths / 100).ok().filter(|_| (-60_000..250_000).contains(&thousandths))?;
    Some(f64::from(tenths) / 10.0).filter(|celsius| !ENDS_OF_SCALE.contains(celsius))
}

impl Sensor {
    /// Reports whether its temperature is the end of its scale.
    pub(super) fn is_at_end_of_scale(&self) -> bool {
        self.celsius.is_some_and(|celsius| ENDS_OF_SCALE.contains(&celsius))
    }
}

/// Chips that each drive of a kind has: they are named by their device even where there is one, so that another drive beside it changes
/// no name.
const OF_DRIVES: [&str; 2] = ["nvme", "drivetemp"];

/// All sensors: label, file, kind.
fn find(context: &mut Context<'_>) -> Vec<(String, String, char)> {
    let mut sensors = Vec::new();
    let folders: Vec<String> =
        context.names("sys/class/hwmon").iter().map(|name| format!("sys/class/hwmon/{name}")).collect();
    let chips: Vec<Option<String>> = folders.iter().map(|folder| chip(context, folder)).collect();
    for (folder, chip) in folders.iter().zip(&chips) {
        let is_drive = chip.as_deref().is_some_and(|chip| OF_DRIVES.contains(&chip));
        let is_one_of_several = chips.iter().filter(|other| *other == chip).count() > 1;
        let device = if is_drive || is_one_of_several { device(context, folder) } else { None };
        let name: Vec<&str> = chip.iter().chain(&device).map(String::as_str).collect();
        let name = name.join(" ");
        let before = sensors.len();
        find_in(context, folder, &name, &mut sensors);
        if sensors.len() == before {
            find_in(context, &format!("{folder}/device"), &name, &mut sensors);
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

/// The name of a chip. Kernels before 3.15 keep the files of some drivers one folder deeper.
fn chip(context: &mut Context<'_>, folder: &str) -> Option<String> {
    context
        .read_text(&format!("{folder}/name"))
        .or_else(|| context.read_text(&format!("{folder}/device/name")))
}

/// The address of a chip's device on its bus, which a reboot does not change as it does the number of the chip: `0000:01:00.0`,
/// `2:0:0:0`, `coretemp.0`. The number of an NVMe controller changes as well; its address does not.
fn device(context: &mut Context<'_>, folder: &str) -> Option<String> {
    let path = |context: &Context<'_>, link: &str| String::from_utf8(context.link(link)?).ok();
    let link = path(context, &format!("{folder}/device"));
    let address = context.read_text(&format!("{folder}/device/address"));
    address
        .or_else(|| link.as_deref().and_then(on_bus))
        .or_else(|| on_bus(&path(context, &format!("{folder}/device/device"))?))
        .or_else(|| on_bus(&path(context, folder)?))
        .or_else(|| context.read_text(&format!("{folder}/device/wwid")))
        .or_else(|| context.read_text(&format!("{folder}/device/serial")))
        .or_else(|| link?.rsplit('/').next().map(str::to_owned))
}

/// The last name in a path that is not a number: `0000:01:00.0` in `../../devices/pci0000:00/0000:01:00.0/nvme/nvme0/hwmon1`.
fn on_bus(path: &str) -> Option<String> {
    path.rsplit('/').find(|name| !is_numbered(name) && !["", ".", ".."].contains(name)).map(str::to_owned)
}

/// Names that the kernel gives in the order in which it finds devices: `nvme0`, `hwmon3`; and the folders of such.
fn is_numbered(name: &str) -> bool {
    ["nvme", "hwmon"].contains(&name.trim_end_matches(|digit: char| digit.is_ascii_digit()))
}

fn find_in(context: &mut Context<'_>, folder: &str, chip: &str, sensors: &mut Vec<(String, String, char)>) {
    for name in context.names(folder) {
        let Some(stem) = name.strip_suffix("_input") else { continue };
        let kind = match stem.trim_end_matches(|digit: char| digit.is_ascii_digit()) {
            "temp" => TEMPERATURE,
            "fan" => FAN,
            _ => continue,
        };
        let label = context.read_text(&format!("{folder}/{stem}_label")).unwrap_or_else(|| stem.to_owned());
        let label = if chip.is_empty() { label } else { format!("{chip} {label}") };
        add(sensors, label, format!("{folder}/{name}"), kind);
    }
}

/// Where nothing else tells two of one name apart, the second is numbered.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_named_by_its_address() {
        for (path, address) in [
            ("../../../0000:01:00.0/nvme/nvme0", Some("0000:01:00.0")),
            ("../../../2:0:0:0", Some("2:0:0:0")),
            ("../../../coretemp.1", Some("coretemp.1")),
            ("../../nvme1", None),
        ] {
            assert_eq!(on_bus(path).as_deref(), address, "{path}");
        }
    }

    #[test]
    fn a_value_at_the_end_of_the_scale_is_no_temperature() {
        assert_eq!([127_000, 127_500, 127_937, -128_000, 255_000].map(celsius), [None; 5]);
        assert_eq!((celsius(126_900), celsius(128_100)), (Some(126.9), Some(128.1)));
    }
}
