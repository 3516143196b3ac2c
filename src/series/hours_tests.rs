//! The open day's closed hours: kept or not, the same bins to the last bit, whatever happened to clocks, boots and lines.

use super::super::bins::{BinSeries, Stat};
use super::*;
use crate::sample::Sample;
use crate::sample::loadavg::Loadavg;
use crate::sample::meminfo::Meminfo;
use crate::sample::netdev::{Netdev, NetworkInterface};
use crate::sample::slabinfo::{SlabCache, Slabinfo};
use crate::store::append;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// 2026-11-23T00:00:00Z
const MIDNIGHT: i64 = 1_795_392_000;

struct World {
    _data: tempfile::TempDir,
    layout: Layout,
}

impl World {
    fn new() -> Self {
        let (data, layout) = crate::store::scratch();
        Self { _data: data, layout }
    }

    /// A minute of a host that booted long ago: 7 bytes are received in each second.
    fn minute(&self, minute: i64) {
        append(&self.layout, &sample(minute * 60, "a", (minute * 60) as f64, (minute + 200) as u64 * 420))
            .unwrap();
    }

    fn day(&self) -> Date {
        day_of(MIDNIGHT).unwrap()
    }

    fn roll(&self, seconds: i64) -> usize {
        roll(&self.layout, MIDNIGHT + seconds).unwrap()
    }

    /// Each number of each bin of the day, its bits.
    fn numbers(&self, level: Level) -> BTreeMap<(String, String, i64), Vec<u64>> {
        let mut bins = Bins::new(level.step());
        let facts = add(&self.layout, self.day(), level, &(MIDNIGHT..MIDNIGHT + DAY), &mut bins);
        let boots = |facts: Option<DayFacts>| facts.iter().flat_map(DayFacts::boots).collect::<Vec<_>>();
        let of_day = today::facts(&self.layout, self.day()).unwrap();
        assert_eq!(boots(facts.unwrap().unwrap()), boots(of_day));
        let mut numbers = BTreeMap::new();
        for (start, bin) in &bins.bins {
            let of_bin = vec![bin.samples, bin.seconds.to_bits()];
            numbers.insert((String::new(), String::new(), *start), of_bin);
        }
        for BinSeries { metric, instance, stats } in &bins.series {
            for (start, Stat { weight, sum, min, max }) in stats {
                let bits = [*weight, *sum, *min, *max].map(f64::to_bits).to_vec();
                assert_eq!(numbers.insert((metric.id(), instance.clone(), *start), bits), None);
            }
        }
        numbers
    }

    /// Bytes received by the hour.
    fn received(&self) -> Vec<f64> {
        let numbers = self.numbers(Level::Hours);
        let of = |((metric, ..), bits): (&(String, String, i64), &Vec<u64>)| {
            (metric == "netdev.rx_bytes").then(|| f64::from_bits(bits[1]))
        };
        numbers.iter().filter_map(of).collect()
    }
}

fn sample(seconds: i64, boot: &str, uptime: f64, received: u64) -> Sample {
    let interface = NetworkInterface { rx_bytes: Some(received), ..Default::default() };
    let free = (received / 3).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 24;
    let mut sample = Sample {
        v: 1,
        t: MIDNIGHT + seconds,
        boot: Some(boot.to_owned()),
        uptime: Some(uptime + 864_000.0),
        meminfo: Some(Meminfo { mem_free: Some(free), ..Default::default() }),
        loadavg: Some(Loadavg { load1: Some(free as f64 / 1e11), ..Default::default() }),
        netdev: Some(Netdev(BTreeMap::from([("eth0".to_owned(), interface)]))),
        ..Sample::default()
    };
    if (seconds / 60) % 5 == 0 {
        let cache = SlabCache { bytes: Some(free / 2), objects: Some(3), aliases: Vec::new(), kind: None };
        let caches = BTreeMap::from([("dentry".to_owned(), cache)]);
        sample.slabinfo = Some(Slabinfo { caches, ..Slabinfo::default() });
    }
    sample
}

#[test]
fn closed_hours_are_rolled_up_once_and_what_a_counter_grew_by_at_their_edges_is_exact() {
    let world = World::new();
    (-130..600).for_each(|minute| world.minute(minute));
    let before = Level::ALL.map(|level| world.numbers(level));
    assert_eq!(world.received(), [25_200.0; 10], "60 minutes of 420 bytes each");
    // It is 9:59: of the hour from 8 to 9 nobody knows yet what follows it.
    assert_eq!((world.roll(36_000), world.roll(36_000)), (8, 0));
    assert_eq!(Level::ALL.map(|level| world.numbers(level)), before);
    (600..661).for_each(|minute| world.minute(minute));
    assert_eq!((world.roll(39_600), world.roll(39_600)), (2, 0));
    assert_eq!(world.received(), [[25_200.0; 11].as_slice(), &[420.0]].concat());
    fs_err::remove_file(path(&world.layout)).unwrap();
    assert_eq!(world.received(), [[25_200.0; 11].as_slice(), &[420.0]].concat());
    assert_eq!(world.roll(39_600), 10);
}

#[test]
fn lines_of_hours_that_are_rolled_up_are_not_read_again() {
    let world = World::new();
    (0..600).for_each(|minute| world.minute(minute));
    assert_eq!(world.roll(36_000), 8);
    let before = world.numbers(Level::FiveMinutes);
    // Three hours in the middle are lost, byte by byte: nobody looks.
    let log = world.layout.day_file(world.day());
    let text = fs_err::read_to_string(&log).unwrap();
    let at = |minute: i64| text.find(&format!("\"t\":{}", MIDNIGHT + minute * 60)).unwrap();
    let mut bytes = text.clone().into_bytes();
    bytes[at(120)..at(300)].fill(b'#');
    fs_err::write(&log, bytes).unwrap();
    assert_eq!(world.numbers(Level::FiveMinutes), before);
    fs_err::write(path(&world.layout), "spoilt").unwrap();
    assert_ne!(world.numbers(Level::FiveMinutes), before);
}

#[test]
fn what_is_no_longer_so_is_read_anew() {
    let world = World::new();
    (-130..600).for_each(|minute| world.minute(minute));
    let log = world.layout.day_file(world.day());
    let whole = fs_err::read_to_string(&log).unwrap();
    let changes: [&dyn Fn(); 4] = [
        &|| world.minute(70),
        // The day before gets a line, and its last hours are what the first ones are made of.
        &|| drop(append(&world.layout, &sample(-30, "a", -30.0, 83_000)).unwrap()),
        // The log of another run of the host, which is as long at least.
        &|| fs_err::write(&log, whole.replace("\"rx_bytes\":4", "\"rx_bytes\":5") + &whole).unwrap(),
        &|| {
            fs_err::write(&log, whole.lines().skip(9).map(|line| line.to_owned() + "\n").collect::<String>())
                .unwrap()
        },
    ];
    for (number, change) in changes.iter().enumerate() {
        fs_err::write(&log, &whole).unwrap();
        let _ = fs_err::remove_file(path(&world.layout));
        assert_eq!(world.roll(36_000), 8);
        let before = world.numbers(Level::Hours);
        change();
        let found = world.numbers(Level::Hours);
        fs_err::remove_file(path(&world.layout)).unwrap();
        assert_eq!(world.numbers(Level::Hours), found, "{number}");
        assert_ne!(found, before, "{number}");
    }
}

#[test]
fn what_cannot_be_kept_is_read_and_a_day_of_two_files_is_none_of_this() {
    let world = World::new();
    fs_err::create_dir_all(world.layout.samples()).unwrap();
    fs_err::write(world.layout.day_file(world.day()), "{\"v\":2,\"t\":5}\n").unwrap();
    assert_eq!(world.roll(18_000), 0, "no sample");
    fs_err::remove_file(world.layout.day_file(world.day())).unwrap();
    (0..300).for_each(|minute| world.minute(minute));
    fs_err::create_dir_all(world.layout.derived()).unwrap();
    fs_err::write(world.layout.cache(), "no folder").unwrap();
    assert_eq!(world.roll(18_000), 0);
    assert_eq!(world.received(), [[24_780.0].as_slice(), &[25_200.0; 4]].concat());
    fs_err::write(world.layout.day_file_gz(world.day()), "").unwrap();
    let mut bins = Bins::new(3600);
    let facts = add(&world.layout, world.day(), Level::Hours, &(MIDNIGHT..i64::MAX), &mut bins);
    assert_eq!(facts.unwrap(), None);
}

/// A step of a log: seconds by the uptime, by how much the clock jumps, what happens, bytes, and whether hours are rolled up then.
type Step = (i64, i64, u32, u64, bool);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let passed = prop_oneof![12 => Just(300_i64), 3 => 290..310_i64, 1 => 1..9000_i64];
    let jump = prop_oneof![20 => Just(0_i64), 1 => -9000..9000_i64, 1 => -400..400_i64];
    let step = (passed, jump, 0..60u32, 0..1_000_000u64, prop::bool::weighted(0.1));
    proptest::collection::vec(step, 2..250)
}

/// Writes the log of the steps; `rolled`: hours are rolled up on the way.
fn write(world: &World, steps: &[Step], rolled: bool) {
    let (mut seconds, mut uptime, mut boot, mut received) = (-4 * HOUR, 0.25, 0, 0);
    for (passed, jump, event, grown, is_rolled) in steps {
        seconds += passed + jump;
        if seconds >= DAY {
            break;
        }
        uptime += *passed as f64 + 0.01;
        received += grown;
        match event {
            0 => (boot, uptime, received) = (boot + 1, -863_990.0, 10),
            1 => received = 0,
            _ => {}
        }
        let mut next = sample(seconds, &boot.to_string(), uptime, received);
        next.imported = (*event == 2).then(|| "sysstat".to_owned());
        append(&world.layout, &next).unwrap();
        if *event == 3 {
            let log = world.layout.day_file(day_of(next.t).unwrap());
            let mut text = fs_err::read(&log).unwrap();
            text.extend(b"{\"v\":1,\"t\":17\n");
            fs_err::write(log, text).unwrap();
        }
        if rolled && *is_rolled {
            world.roll(seconds);
        }
    }
}

proptest! {
    // A part of the usual number: a case takes long.
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 5))]

    /// Gaps, boots, jumps of the clock, late and broken lines: whenever hours were rolled up, the bins are those of the samples.
    #[test]
    fn kept_hours_are_the_hours_of_the_samples(steps in steps()) {
        let (kept, plain) = (World::new(), World::new());
        write(&kept, &steps, true);
        write(&plain, &steps, false);
        let day = kept.day();
        prop_assume!(plain.layout.days().unwrap().last().is_some_and(|last| last.day == day));
        for level in Level::ALL {
            prop_assert_eq!(kept.numbers(level), plain.numbers(level));
        }
    }
}
