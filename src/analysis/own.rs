//! What cronograph's own collectors and checks do, from the last sample: what its audit found to leak (`self`), and checks that fail.

use super::state::{Evidence, Level, Problem, ProblemKind};

/// One's own leaks: what still runs warns, what was stopped is a note. A suspicion on trial is none yet.
pub(super) fn leaks(evidence: &Evidence, problems: &mut Vec<Problem>) {
    let audit = evidence.sample.own_cost.iter().flat_map(|own| &own.audit);
    problems.extend(audit.filter(|suspect| suspect.leaks).map(|suspect| Problem {
        level: if suspect.stopped { Level::Ok } else { Level::Warning },
        kind: ProblemKind::OwnLeak(suspect.clone()),
        since: suspect.since,
    }));
}

/// Checks of which the last run failed: the user asked to be told. By the exit codes of Nagios' plugins: 2 is critical; 1 is a
/// warning, and so is whatever else is not 0: what cannot be known.
pub(super) fn checks(evidence: &Evidence, problems: &mut Vec<Problem>) {
    let runs = evidence.sample.check.iter().flat_map(|checks| &checks.0);
    problems.extend(runs.filter(|(_, run)| run.has_failed()).map(|(name, run)| Problem {
        level: if run.exit_code == Some(2) { Level::Critical } else { Level::Warning },
        kind: ProblemKind::Check { name: name.clone(), run: Box::new(run.clone()) },
        since: Some(run.t),
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;
    use crate::sample::audit::Suspect;
    use crate::sample::own_cost::OwnCost;
    use crate::series::Frame;
    use crate::store::Damage;

    #[test]
    fn what_runs_on_warns_what_was_stopped_is_a_note_and_a_trial_is_neither() {
        let suspect = |leaks, stopped| Suspect { leaks, stopped, since: Some(5), ..Suspect::default() };
        let audit = vec![suspect(true, false), suspect(true, true), suspect(false, false)];
        let own_cost = Some(OwnCost { audit, ..OwnCost::default() });
        let sample = Sample { own_cost, ..Sample::default() };
        let (hour, damage) = (Frame::default(), Damage::default());
        let evidence = Evidence {
            sample: &sample,
            previous: None,
            hour: &hour,
            days: &[],
            damage: &damage,
            report: None,
            now: 9,
        };
        let mut problems = Vec::new();
        leaks(&evidence, &mut problems);
        let levels: Vec<_> = problems.iter().map(|problem| (problem.level, problem.since)).collect();
        assert_eq!(levels, [(Level::Warning, Some(5)), (Level::Ok, Some(5))]);
    }

    #[test]
    fn a_check_that_fails_or_is_killed_warns_and_a_critical_one_is_critical() {
        use crate::sample::check::{CheckRun, Checks};
        let of = |exit_code, killed| CheckRun { exit_code, killed, t: 5, ..CheckRun::default() };
        let runs = [
            ("fine", of(Some(0), None)),
            ("bad", of(Some(2), None)),
            ("failed", of(Some(1), None)),
            ("killed", of(None, Some(1))),
            ("unknown", of(Some(3), None)),
        ];
        let check = Checks(runs.map(|(name, run)| (name.to_owned(), run)).into());
        let sample = Sample { check: Some(check), ..Sample::default() };
        let (hour, damage) = (Frame::default(), Damage::default());
        let evidence = Evidence {
            sample: &sample,
            previous: None,
            hour: &hour,
            days: &[],
            damage: &damage,
            report: None,
            now: 9,
        };
        let mut problems = Vec::new();
        checks(&evidence, &mut problems);
        let levels: Vec<_> = problems.iter().map(|problem| problem.level).collect();
        assert_eq!(levels, [Level::Critical, Level::Warning, Level::Warning, Level::Warning]);
    }
}
