//! When growth is a leak. Two rules: points for shapes of any series, and clauses for the kernel's own memory, which
//! is so quiet that minutes are enough.
//!
//! The points were fitted to the corpus in `tests/corpus` (logistic, one stair a clause, never against what a clause
//! means) and are summed up, so that a strong clause makes up for a weak one: that finds more leaks among fewer
//! false alarms than clauses that must all hold. `docs/leaks.md` has the results.

use super::shape::Shape;

const HOUR: f64 = 3600.0;

/// A clause: what it looks at, points at each limit that is passed, and points where it is unknown.
struct Clause {
    of: fn(&Shape) -> Option<f64>,
    stairs: &'static [(f64, f64)],
    unknown: f64,
}

/// Where the points start, so that 0 is the limit of a leak.
const BEGIN: f64 = -8.35;
/// Points below a leak's at which it is suspected.
pub(super) const SUSPECT: f64 = -0.75;
/// What was a leak stays one down to here, so that noise does not withdraw it.
pub(super) const HOLD: f64 = -0.5;

const CLAUSES: [Clause; 10] = [
    // It lasts, in hours: half a day is what any day does.
    Clause {
        of: |shape| Some(shape.seconds / HOUR),
        stairs: &[
            (8.0, 0.43),
            (9.5, 0.04),
            (11.0, 0.30),
            (13.0, 0.42),
            (18.0, 0.32),
            (25.0, 0.15),
            (48.0, 0.27),
        ],
        unknown: 0.0,
    },
    // It is higher than at this time yesterday.
    Clause { of: |shape| shape.against_yesterday, stairs: &[(0.064, 1.95)], unknown: 1.57 },
    // It is more than values so far apart usually differ …
    Clause {
        of: |shape| shape.against_usual,
        stairs: &[(1.15, 0.24), (1.32, 0.42), (1.63, 0.80), (2.5, 0.19)],
        unknown: 1.53,
    },
    // … and more than it ever rose in as long a time.
    Clause {
        of: |shape| shape.against_rises,
        stairs: &[(0.39, 0.03), (0.84, 0.24), (1.09, 0.47), (1.54, 0.30)],
        unknown: 0.44,
    },
    // It goes on.
    Clause {
        of: |shape| Some(shape.last_third),
        stairs: &[(0.24, 0.18), (0.5, 0.32), (0.75, 0.19), (0.98, 0.15), (1.17, 0.08), (1.85, 0.18)],
        unknown: 0.0,
    },
    // It is even.
    Clause {
        of: |shape| Some(shape.evenness),
        stairs: &[
            (0.858, 0.26),
            (0.886, 0.32),
            (0.907, 0.06),
            (0.923, 0.12),
            (0.938, 0.15),
            (0.952, 0.09),
            (0.967, 0.07),
        ],
        unknown: 0.0,
    },
    // It is steady in finer blocks, too.
    Clause {
        of: |shape| Some(shape.steadiness),
        stairs: &[(0.55, 0.42), (0.64, 0.18), (0.73, 0.12)],
        unknown: 0.0,
    },
    // It does not level off.
    Clause {
        of: |shape| Some(shape.levelling),
        stairs: &[(-0.13, -0.06), (-0.078, -0.12), (-0.002, -0.06), (0.036, -0.13), (0.089, -0.04)],
        unknown: 0.0,
    },
    // The floor rises as the middle does.
    Clause { of: |shape| Some(shape.floor), stairs: &[(0.53, 0.20), (0.59, 0.03)], unknown: 0.0 },
    // No block stands still.
    Clause { of: |shape| Some(shape.least_step), stairs: &[(0.006, 0.12), (0.025, 0.08)], unknown: 0.0 },
];

/// Below six hours nothing is worth points.
pub(super) const LEAST_SECONDS: f64 = 6.0 * HOUR;

/// Points of a shape: a leak above 0. `None` where it is not worth any.
pub(super) fn points(shape: &Shape) -> Option<f64> {
    let is_long = shape.seconds >= LEAST_SECONDS;
    is_long.then(|| BEGIN + CLAUSES.iter().map(|clause| clause.points(shape)).sum::<f64>())
}

impl Clause {
    fn points(&self, shape: &Shape) -> f64 {
        let Some(value) = (self.of)(shape) else { return self.unknown };
        self.stairs.iter().filter(|(limit, _)| value > *limit).map(|(_, points)| points).sum()
    }
}

/// What the kernel's memory must show by how long it has grown: evenness, growth against the level, and against
/// the largest rise before.
const QUIET: [(f64, f64, f64, f64); 3] =
    [(0.3 * HOUR, 0.98, 0.20, 3.0), (HOUR, 0.95, 0.03, 2.0), (3.0 * HOUR, 0.93, 0.01, 1.6)];
const QUIET_CERTAINTY: f64 = 6.0;
const QUIET_LARGEST_STEP: f64 = 0.4;
const QUIET_LEAST_STEP: f64 = 0.04;
const QUIET_LEVELLING: f64 = 0.1;

/// A leak that goes on after a boot has a rate that differs at most by this factor.
const SAME_RATE: f64 = 1.5;

/// Whether two rates are those of one leak.
pub(super) fn is_same_rate(one: f64, other: f64) -> bool {
    (1.0 / SAME_RATE..SAME_RATE).contains(&(one / other))
}

/// Whether a part of the kernel's memory leaks; with less history than it has grown it takes the longest, unless it
/// goes on at the rate of the leak that the last boot cut.
pub(super) fn is_quiet_leak(shape: &Shape, leaked_before: Option<f64>) -> bool {
    let leaks_on = leaked_before.is_some_and(|rate| is_same_rate(shape.slope, rate));
    let is_known = shape.history >= shape.seconds && shape.against_rises.is_some();
    let relative = shape.growth / shape.level.abs().max(f64::MIN_POSITIVE);
    let is_even = shape.certainty >= QUIET_CERTAINTY
        && shape.largest_step <= QUIET_LARGEST_STEP
        && shape.least_step >= QUIET_LEAST_STEP
        && shape.levelling <= QUIET_LEVELLING;
    let holds = |(seconds, evenness, growth, rises): &(f64, f64, f64, f64)| {
        let is_more = shape.against_rises.is_none_or(|times| times >= *rises);
        let is_more = leaks_on || is_more && (is_known || *seconds >= 3.0 * HOUR);
        shape.seconds >= *seconds && shape.evenness >= *evenness && relative >= *growth && is_more
    };
    is_even && QUIET.iter().any(holds)
}
