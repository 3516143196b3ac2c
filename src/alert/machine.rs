//! The life of one alert: ok, pending, firing, ok again. Pure: it is fed what is known at each time and says what changed.
//!
//! Time counts only while it is watched: of a gap as much as three intervals, so that a host that was off for an hour has
//! not been short of memory for an hour. What is unknown changes nothing. An alert that came back three times within two
//! hours stays until it has been calm for half an hour: nobody is told each minute of what wavers around its limit.

use crate::analysis::Level;
use serde::{Deserialize, Serialize};

/// Of time that nobody watched, this many seconds count at most, or three intervals.
const LEAST_STEP: i64 = 180;
/// A usual distance of what is known, and the longest that counts as usual.
const SHORT_PACE: i64 = 450;
const LONGEST_PACE: i64 = 25 * 3_600;
/// What came so often …
const FLAPS: usize = 3;
/// … in this time …
const FLAP_SECONDS: i64 = 7_200;
/// … ends only after so long a calm.
const CALM_SECONDS: i64 = 1_800;

/// How patient a rule is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Patience {
    /// So many seconds it must hold.
    pub hold: i64,
    /// So many seconds it must be over.
    pub calm: i64,
}

/// What is known at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The condition holds, so bad.
    Holds(Level),
    /// It does not hold, and is not over either.
    Between,
    /// It is over.
    Over,
}

/// Where an alert is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Nothing holds.
    #[default]
    Ok,
    /// It holds, not long enough yet.
    Pending,
    /// It holds.
    Firing,
}

/// What became of an alert at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Turn {
    /// It holds from now on.
    Fired,
    /// It is critical now.
    Worsened,
    /// It is over.
    Resolved,
}

/// One alert.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Machine {
    /// Where it is.
    pub phase: Phase,
    /// Since when it holds, unix time; of what is ok, nothing.
    pub since: i64,
    /// How bad it is, or was last.
    pub level: Level,
    /// The last time at which something was known.
    pub seen: i64,
    /// When it ended last; 0: it has not.
    #[serde(skip_serializing_if = "is_zero")]
    pub ended: i64,
    /// Seconds between `seen` and the time before it, where they are many: a check may be an hour apart.
    #[serde(skip_serializing_if = "is_zero")]
    pub pace: i64,
    /// Watched seconds for which it holds.
    held: i64,
    /// Watched seconds for which it is critical.
    worse: i64,
    /// Watched seconds for which it is over.
    calm: i64,
    /// When it fired lately.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fired: Vec<i64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
fn is_zero(seconds: &i64) -> bool {
    *seconds == 0
}

impl Machine {
    /// Takes in what is known at a time, which is not before the last one; samples come `interval` seconds apart.
    pub fn step(&mut self, t: i64, reading: Reading, patience: Patience, interval: i64) -> Option<Turn> {
        let most = LEAST_STEP.max(3 * interval);
        let watched = if self.seen == 0 { 0 } else { (t - self.seen).clamp(0, most) };
        if self.seen != 0 && t > self.seen {
            let pace = (t - self.seen).min(LONGEST_PACE);
            self.pace = if pace > SHORT_PACE { pace } else { 0 };
        }
        self.seen = self.seen.max(t);
        match (self.phase, reading) {
            (Phase::Ok, Reading::Holds(level)) => {
                *self = Self {
                    since: t,
                    level,
                    phase: Phase::Pending,
                    held: 0,
                    worse: 0,
                    calm: 0,
                    ..self.clone()
                };
                self.fire_if(patience.hold)
            }
            (Phase::Pending, Reading::Holds(level)) => {
                self.held += watched;
                self.level = level;
                self.fire_if(patience.hold)
            }
            (Phase::Pending, _) => {
                self.phase = Phase::Ok;
                None
            }
            (Phase::Firing, Reading::Holds(level)) => self.worsen_if(level, watched, patience.hold),
            (Phase::Firing, Reading::Between) => {
                self.calm = 0;
                None
            }
            (Phase::Firing, Reading::Over) => self.end_if(t, watched, patience.calm),
            (Phase::Ok, Reading::Between | Reading::Over) => None,
        }
    }

    /// Ends it because nothing has been known of it for long: what it was about is gone.
    pub fn vanish(&mut self) -> Option<Turn> {
        self.ended = self.seen;
        let was = std::mem::take(&mut self.phase);
        (was == Phase::Firing).then_some(Turn::Resolved)
    }

    /// Nothing that is remembered is later than this: a clock that was ahead has been set right.
    pub fn step_back(&mut self, now: i64) {
        self.seen = self.seen.min(now);
        self.ended = self.ended.min(now);
        self.since = self.since.min(now);
        self.fired.retain(|fired| *fired <= now);
    }

    /// Whether nothing needs to be remembered of it.
    pub fn is_forgettable(&self, now: i64) -> bool {
        self.phase == Phase::Ok && self.fired.last().is_none_or(|last| now - last > FLAP_SECONDS)
    }

    /// Whether it has come and gone so often that it is kept until it is really over.
    pub fn is_flapping(&self) -> bool {
        self.fired.len() >= FLAPS
    }

    fn fire_if(&mut self, hold: i64) -> Option<Turn> {
        if self.held < hold {
            return None;
        }
        self.phase = Phase::Firing;
        (self.calm, self.worse) = (0, 0);
        self.fired.retain(|fired| self.seen - fired <= FLAP_SECONDS);
        self.fired.push(self.seen);
        Some(Turn::Fired)
    }

    fn worsen_if(&mut self, level: Level, watched: i64, hold: i64) -> Option<Turn> {
        self.calm = 0;
        if level <= self.level {
            self.worse = 0;
            return None;
        }
        // The first reading that is worse has been so for no time yet.
        self.worse += if self.worse == 0 { watched.min(1) } else { watched };
        if self.worse < hold {
            return None;
        }
        (self.level, self.worse) = (level, 0);
        Some(Turn::Worsened)
    }

    fn end_if(&mut self, t: i64, watched: i64, calm: i64) -> Option<Turn> {
        self.worse = 0;
        // As with holding: the first reading that is over has been so for no time yet.
        self.calm += if self.calm == 0 { watched.min(1) } else { watched };
        self.fired.retain(|fired| t - fired <= FLAP_SECONDS);
        let calm = if self.is_flapping() { calm.max(CALM_SECONDS) } else { calm };
        if self.calm < calm {
            return None;
        }
        (self.phase, self.ended) = (Phase::Ok, t);
        Some(Turn::Resolved)
    }
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
