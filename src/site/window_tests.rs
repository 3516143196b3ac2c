//! Edges of windows, and what a legend says.

use super::*;

#[test]
fn windows_of_many_hosts_step_evenly_and_at_the_edges_of_bins() {
    const NOON: i64 = 1_795_392_000 + 12 * 3600;
    for window in Window::ALL {
        let (step, grain) = (window.refresh(), window.step().max(60));
        assert_eq!(step_before(window, NOON + 59, None), align_down(NOON + 59, step));
        let mut at = std::collections::BTreeMap::new();
        for number in 0..1440 {
            let edge = step_before(window, NOON + 59, Some(number));
            assert!((NOON + 59 - step..=NOON + 59).contains(&edge), "{window:?} {number}");
            assert_eq!(edge % grain, 0, "{window:?} {number}");
            assert_eq!(step_before(window, edge + step - 1, Some(number)), edge);
            *at.entry(edge).or_insert(0) += 1;
        }
        assert_eq!(i64::try_from(at.len()).unwrap(), step / grain, "{window:?}");
        assert!(at.values().all(|hosts| *hosts == 1440 / at.len()), "{window:?}");
    }
}

#[test]
fn the_latest_value_is_within_the_range_of_a_legend() {
    let row = |range| LegendRow {
        key: "used".to_owned(),
        min: "2".to_owned(),
        max: "5".to_owned(),
        range,
        ..bare_row("", String::new())
    };
    let filled = |value: f64, range| {
        let key = ("memory".to_owned(), "used".to_owned());
        let latest = LatestValues(BTreeMap::from([(key, (value, value.to_string()))]));
        let picture = Picture { light: String::new(), dark: String::new(), width: 1, height: 1 };
        let chart = Chart {
            id: String::new(),
            source: "memory".to_owned(),
            title: String::new(),
            note: String::new(),
            wide: false,
            picture,
            narrow: None,
            alt: String::new(),
            legend: vec![row(range)],
        };
        let mut charts = [(SectionId::Memory, chart)];
        latest.fill(&mut charts);
        let row = &charts[0].1.legend[0];
        [row.min.clone(), row.now.clone(), row.max.clone()]
    };
    assert_eq!(filled(3.0, Some((2.0, 5.0))), ["2", "3", "5"]);
    assert_eq!(filled(7.0, Some((2.0, 5.0))), ["2", "7", "7"]);
    assert_eq!(filled(1.0, Some((2.0, 5.0))), ["1", "1", "5"]);
    assert_eq!(filled(7.0, None), ["2", "7", "5"]);
}
