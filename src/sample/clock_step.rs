//! Where the clock was and how long the host was up, at two samples: whether it booted between them, and how far the
//! clock was set meanwhile. An uptime does not jump.

use super::{Sample, State};

/// A clock that is set right by so many seconds is not worth a word.
const TOLERANCE_SECONDS: f64 = 60.0;

/// The clock and the uptime at one sample.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// Unix time.
    pub t: i64,
    /// Seconds since the boot.
    pub uptime: Option<f64>,
    /// The boot.
    pub boot: Option<&'a str>,
}

/// A step of the clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClockStep {
    /// How far the clock was set ahead; back where negative.
    pub seconds: i64,
    /// What passed by the uptime; `None` over a boot.
    pub passed: Option<f64>,
}

impl<'a> Reading<'a> {
    /// That of a sample.
    pub fn of(sample: &'a Sample) -> Self {
        Self { t: sample.t, uptime: sample.uptime, boot: sample.boot.as_deref() }
    }

    /// That of the sample before.
    pub fn of_state(state: &'a State) -> Self {
        Self { t: state.time, uptime: state.uptime, boot: state.boot.as_deref() }
    }

    /// Whether both are of one boot. A container has the boot of its host, and an uptime of its own.
    pub fn same_boot(&self, before: &Self) -> bool {
        let restarted = self.uptime.zip(before.uptime).is_some_and(|(now, then)| now < then);
        self.boot.is_some() && self.boot == before.boot && !restarted
    }

    /// How far the clock moved against the uptime; over a boot only a step back is known.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a step is at most some thousand years"
    )]
    pub fn step_since(&self, before: &Self) -> Option<ClockStep> {
        let clock = (self.t - before.t) as f64;
        let passed = if self.same_boot(before) { Some(self.uptime? - before.uptime?) } else { None };
        let step = passed.map_or(clock.min(0.0), |passed| clock - passed);
        (step.abs() > TOLERANCE_SECONDS).then_some(ClockStep { seconds: step.round() as i64, passed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(t: i64, uptime: f64, boot: &str) -> Reading<'_> {
        Reading { t, uptime: Some(uptime), boot: Some(boot) }
    }

    #[test]
    fn the_clock_steps_against_the_uptime() {
        let before = at(1000, 500.0, "a");
        let step = |t, uptime, boot| at(t, uptime, boot).step_since(&before).map(|step| step.seconds);
        assert_eq!(step(1060, 560.0, "a"), None);
        assert_eq!(step(1120, 560.0, "a"), None, "a minute is no step");
        assert_eq!(step(4660, 560.0, "a"), Some(3600));
        assert_eq!(step(-2540, 560.0, "a"), Some(-3600));
        assert_eq!(step(9000, 20.0, "b"), None, "it was off for long");
        assert_eq!(step(500, 20.0, "b"), Some(-500));
    }

    #[test]
    fn a_container_that_was_restarted_has_booted() {
        let before = at(1000, 864_000.0, "host's");
        let after = at(1060, 5.0, "host's");
        assert!(!after.same_boot(&before));
        assert_eq!(after.step_since(&before), None);
    }
}
