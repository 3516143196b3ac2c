//! The clock: samples from the future, days that were never, times that ran backwards.

use super::{Finding, Patient};
use crate::base::format;
use crate::base::words::Lang;
use crate::store::{Reader, day_of, tail_until};

/// Cronograph is younger than any time before this: 2026-01-01.
const FIRST_POSSIBLE: i64 = 1_767_225_600;

/// Less than this ahead is the time that a run takes.
const TOLERANCE_SECONDS: i64 = 60;

const SYNCHRONISE: &str = "keep it synchronised: `timedatectl set-ntp true`, or install chrony";

/// Looks at the clock through what it wrote.
pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    if patient.now < FIRST_POSSIBLE {
        let date = day_of(patient.now).map_or_else(|_| patient.now.to_string(), |day| day.to_string());
        return vec![Finding::wrong(format!("the clock says {date}"), SYNCHRONISE)];
    }
    let mut findings: Vec<Finding> =
        [future_days(patient), ahead(patient), set_back(patient)].into_iter().flatten().collect();
    if findings.is_empty() {
        findings.push(Finding::well("the clock agrees with the log"));
    }
    findings
}

/// Days after tomorrow have not been.
fn future_days(patient: &Patient) -> Option<Finding> {
    let tomorrow = day_of(patient.now + 86_400).ok()?;
    let days = patient.layout.days().ok()?;
    let first = days.iter().find(|files| files.day > tomorrow)?.day;
    Some(Finding::wrong(
        format!("the log has days that have not been yet, from {first} on: the clock was ahead once"),
        format!(
            "pages pass them over; remove them: rm {}, and so on",
            patient.layout.day_file(first).display()
        ),
    ))
}

/// The newest sample lies in the future: the clock is behind now, or was ahead then.
#[expect(clippy::cast_precision_loss, reason = "at most a day")]
fn ahead(patient: &Patient) -> Option<Finding> {
    let last = tail_until(&patient.layout, patient.now + 86_400, 1).ok()?.pop()?;
    let seconds = last.t - patient.now;
    (seconds > TOLERANCE_SECONDS).then(|| {
        let far = format::duration(seconds as f64, Lang::En);
        Finding::wrong(
            format!("the last sample lies {far} in the future: the clock was set back"),
            SYNCHRONISE,
        )
    })
}

/// Within the last day a sample was older than the one before it.
fn set_back(patient: &Patient) -> Option<Finding> {
    let mut reader = Reader::range(&patient.layout, patient.now - 86_400, patient.now + 1).ok()?;
    reader.each(|_| ()).ok()?;
    let times = reader.damage().out_of_order;
    (times > 0).then(|| {
        Finding::wrong(
            format!("in the last 24 h the clock was set back, as often as: {times}; no sample is lost"),
            SYNCHRONISE,
        )
    })
}
