//! What changed when it began: the events near an onset, nearest first.

use super::super::leak::Growth;
use crate::event::Event;

/// So long before an onset an event may be its cause: a daemon that was restarted at noon may leak from two on.
const BEFORE_SECONDS: i64 = 2 * 3_600;
/// So long after it: onsets are found with an error, and a cause noticed on the next slow beat.
const AFTER_SECONDS: i64 = 900;
/// So many are named.
const MOST: usize = 5;

/// The events near the onset of a growth, nearest first. The longer an onset is uncertain, the wider is near.
pub(super) fn events_near(events: &[Event], growth: &Growth, at: i64) -> Vec<Event> {
    let error = growth.since_error.max(0);
    let from = growth.since - BEFORE_SECONDS.max(2 * error);
    let until = (growth.since + AFTER_SECONDS.max(2 * error)).min(at);
    let mut near: Vec<&Event> = events.iter().filter(|event| (from..=until).contains(&event.t)).collect();
    // What came after is a cause only if the onset is late.
    let distance = |event: &&Event| match event.t - growth.since {
        before if before <= 0 => -before,
        after => 2 * after,
    };
    near.sort_by_key(distance);
    near.into_iter().take(MOST).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Kind;

    #[test]
    fn the_nearest_come_first_and_what_is_far_is_left_out() {
        let growth = Growth {
            since: 100_000,
            since_error: 120,
            until: 110_000,
            per_second: 1.0,
            low: 0.9,
            high: 1.1,
            from_level: 0.0,
            to_level: 10_000.0,
        };
        let events: Vec<Event> = [92_799, 92_800, 99_900, 100_040, 100_060, 100_900, 100_901]
            .map(|t| Event::new(t, Kind::Note))
            .into();
        let near: Vec<i64> = events_near(&events, &growth, 100_950).iter().map(|event| event.t).collect();
        assert_eq!(near, [100_040, 99_900, 100_060, 100_900, 92_800]);
        let seen: Vec<i64> = events_near(&events, &growth, 100_000).iter().map(|event| event.t).collect();
        assert_eq!(seen, [99_900, 92_800], "only what was known by then");
    }
}
