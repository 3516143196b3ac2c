//! Exact texts, worked out by hand.

use super::*;

const KIB: f64 = 1024.0;
const MIB: f64 = 1024.0 * 1024.0;
const GIB: f64 = 1024.0 * MIB;

fn memory(value: f64) -> String {
    quantity(value, Unit::Memory, false)
}

fn count(value: f64) -> String {
    quantity(value, Unit::Count, false)
}

#[test]
fn memory_is_binary_and_has_three_figures() {
    assert_eq!(memory(0.0), "0 B");
    assert_eq!(memory(1.0), "1 B");
    assert_eq!(memory(999.0), "999 B");
    assert_eq!(memory(1000.0), "0.977 KiB"); // 1000 / 1024 = 0.9766
    assert_eq!(memory(KIB), "1.00 KiB");
    assert_eq!(memory(352.0 * MIB), "352 MiB");
    assert_eq!(memory(1.02 * MIB), "1.02 MiB");
    assert_eq!(memory(12.34 * GIB), "12.3 GiB");
    assert_eq!(memory(1023.0 * MIB), "0.999 GiB"); // 0.99902
    assert_eq!(memory(999.4 * MIB), "999 MiB");
    assert_eq!(memory(999.5 * MIB), "0.976 GiB"); // would round to 1000 MiB; 0.97607
    assert_eq!(memory(5000.0 * 1024.0 * 1024.0 * GIB), "5,000 PiB"); // 1024^2 GiB = 1 PiB: no larger unit
}

#[test]
fn data_is_decimal() {
    assert_eq!(quantity(1_020_000.0, Unit::Data, true), "1.02 MB/s");
    assert_eq!(quantity(999_949.0, Unit::Data, false), "1.00 MB"); // 999.949 kB rounds to 1000
    assert_eq!(quantity(999_499.0, Unit::Data, false), "999 kB");
    assert_eq!(quantity(40e9, Unit::Data, false), "40.0 GB");
    assert_eq!(quantity(0.0, Unit::Data, true), "0 B/s");
    assert_eq!(quantity(0.5, Unit::Data, true), "0.50 B/s");
}

#[test]
fn counts_have_thousands() {
    assert_eq!(count(0.0), "0");
    assert_eq!(count(42.0), "42");
    assert_eq!(count(42.3), "42.3");
    assert_eq!(count(0.05), "0.05");
    assert_eq!(count(1.5), "1.50");
    assert_eq!(count(9.994), "9.99");
    assert_eq!(count(9.996), "10.0");
    assert_eq!(count(99.94), "99.9");
    assert_eq!(count(99.96), "100");
    assert_eq!(count(999.4), "999");
    assert_eq!(count(999.95), "1.00 k");
    assert_eq!(count(4200.0), "4.20 k");
    assert_eq!(count(999_500.0), "1.00 M");
    assert_eq!(count(12_345_678.0), "12.3 M");
    assert_eq!(count(5e15), "5,000 T");
    assert_eq!(quantity(12.0, Unit::Count, true), "12/s");
    assert_eq!(quantity(4200.0, Unit::Count, true), "4.20 k/s");
}

#[test]
fn small_values_never_look_like_zero() {
    assert_eq!(count(0.005), "0.01");
    assert_eq!(count(0.0049), "<0.01");
    assert_eq!(count(-0.001), ">-0.01");
    assert_eq!(quantity(0.000_01, Unit::Ratio, false), "<0.01 %");
}

#[test]
fn ratios_are_percent() {
    assert_eq!(quantity(0.0, Unit::Ratio, false), "0 %");
    assert_eq!(quantity(0.123, Unit::Ratio, false), "12.3 %");
    assert_eq!(quantity(0.0456, Unit::Ratio, false), "4.56 %");
    assert_eq!(quantity(1.0, Unit::Ratio, false), "100 %");
    assert_eq!(quantity(12.5, Unit::Ratio, false), "1,250 %");
    assert_eq!(quantity(0.034, Unit::Seconds, true), "3.40 %"); // seconds in each second
}

#[test]
fn seconds_find_their_unit() {
    assert_eq!(quantity(0.0, Unit::Seconds, false), "0 s");
    assert_eq!(quantity(0.000_25, Unit::Seconds, false), "250 µs");
    assert_eq!(quantity(0.0018, Unit::Seconds, false), "1.80 ms");
    assert_eq!(quantity(0.9996, Unit::Seconds, false), "1.00 s");
    assert_eq!(quantity(59.0, Unit::Seconds, false), "59.0 s");
    assert_eq!(quantity(3600.0, Unit::Seconds, false), "60.0 min");
    assert_eq!(quantity(36_000.0, Unit::Seconds, false), "10.0 h");
    assert_eq!(quantity(864_000.0, Unit::Seconds, false), "10.0 d");
}

#[test]
fn temperatures_and_fans() {
    assert_eq!(quantity(48.5, Unit::Celsius, false), "48.5 °C");
    assert_eq!(quantity(-4.0, Unit::Celsius, false), "-4 °C");
    assert_eq!(quantity(1234.0, Unit::Rpm, false), "1,234 rpm");
}

#[test]
fn negative_absent_and_endless_values() {
    assert_eq!(memory(-96.0 * MIB), "-96.0 MiB");
    assert_eq!(memory(f64::NAN), "–");
    assert_eq!(memory(f64::INFINITY), "inf B");
    assert_eq!(count(-0.0), "0");
}

#[test]
fn changes_have_a_sign() {
    assert_eq!(change(341.0 * MIB, Unit::Memory, false), "+341 MiB");
    assert_eq!(change(-96.0 * MIB, Unit::Memory, false), "-96.0 MiB");
    assert_eq!(change(0.0, Unit::Memory, false), "0");
    assert_eq!(change(f64::NAN, Unit::Memory, false), "–");
}

#[test]
fn a_scale_serves_a_whole_axis() {
    let scale = Scale::of(512.0 * MIB, Unit::Memory, false);
    assert_eq!((scale.divisor, scale.symbol.as_str()), (MIB, "MiB"));
    assert_eq!(scale.number(0.0), "0");
    assert_eq!(scale.number(100.0 * MIB), "100");
    assert_eq!(scale.number(0.5 * MIB), "0.500");
    assert_eq!(Scale::of(f64::NAN, Unit::Data, true).symbol, "B/s");
}

#[test]
fn durations_show_two_units() {
    for (seconds, en, zh) in [
        (0.0, "0 s", "0 秒"),
        (59.9, "59 s", "59 秒"),
        (60.0, "1 min", "1 分钟"),
        (125.0, "2 min 5 s", "2 分钟 5 秒"),
        (605.0, "10 min", "10 分钟"),
        (3_599.0, "59 min", "59 分钟"),
        (3_600.0, "1 h", "1 小时"),
        (15_120.0, "4 h 12 min", "4 小时 12 分钟"),
        (273_600.0, "3 d 4 h", "3 天 4 小时"),
        (86_459.0, "1 d", "1 天"),
        (35_600_000.0, "412 d", "412 天"), // 412.04 days
        (-125.0, "-2 min 5 s", "-2 分钟 5 秒"),
        (f64::NAN, "–", "–"),
    ] {
        assert_eq!(duration(seconds, Lang::En), en);
        assert_eq!(duration(seconds, Lang::Zh), zh);
    }
}

#[test]
fn ages_look_both_ways() {
    assert_eq!(age(12.0, Lang::En), "12 s ago");
    assert_eq!(age(0.4, Lang::En), "now");
    assert_eq!(age(-300.0, Lang::En), "in 5 min");
    assert_eq!(age(7_200.0, Lang::Zh), "2 小时前");
    assert_eq!(age(-300.0, Lang::Zh), "5 分钟后");
}

#[test]
fn times_are_in_the_zone_and_dates_in_the_language() {
    // 2026-11-23T15:41:02Z
    let at = 1_795_448_462;
    let utc = TimeZone::UTC;
    let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
    assert_eq!(time(at, &utc), "15:41:02");
    assert_eq!(time(at, &shanghai), "23:41:02");
    assert_eq!(minute(at, &shanghai), "23:41");
    assert_eq!(day(at, &utc, Lang::En), "Mon 23 Nov");
    assert_eq!(day(at, &utc, Lang::Zh), "11月23日");
    assert_eq!(date(at, &utc, Lang::En), "23 Nov 2026");
    assert_eq!(date(at, &utc, Lang::Zh), "2026年11月23日");
    assert_eq!(month(at, &utc, Lang::En), "November 2026");
    assert_eq!(date_time(at, &shanghai, Lang::Zh), "2026年11月23日 23:41");
    // In Shanghai it is already the next day half an hour later.
    assert_eq!(moment(at, at + 1200, &shanghai, Lang::En), "Mon 23 Nov 23:41");
    assert_eq!(moment(at, at + 1200, &utc, Lang::En), "15:41");
    assert_eq!(moment(at, at + 60 * 86_400, &utc, Lang::En), "23 Nov 2026 15:41");
    assert_eq!(time(i64::MAX, &utc), "–");
}
