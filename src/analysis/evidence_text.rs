//! The evidence of the leak finder in words, a clause for each test: `trend`, `explain`, pages and messages show the same.

use super::leak::LeakEvidence;
use crate::base::format;
use crate::base::unit::Unit;
use crate::base::words::Words;

/// Clauses of the evidence, the most telling first.
pub fn clauses(evidence: &LeakEvidence, words: &Words) -> Vec<String> {
    let duration = |seconds: f64| format::duration(seconds, words.lang());
    let count = |number: f64| format::quantity(number, Unit::Count, false);
    let share = |share: f64| format::quantity(share, Unit::Ratio, false);
    let fill = |key: &str, values: &[(&str, String)]| {
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        words.fill(key, &values)
    };
    let lasted = [("lasted", duration(evidence.lasted)), ("needed", duration(evidence.needed))];
    let shapes = if evidence.other_shapes >= 0.0 { "clause.bend_is_best" } else { "clause.other_is_better" };
    let ratio = |key: &str, ratio: Option<f64>| Some(fill(key, &[("ratio", count(ratio?))]));
    let optional = [
        evidence.above_yesterday.map(|above| fill("clause.yesterday", &[("share", share(above))])),
        ratio("clause.earlier_rise", evidence.earlier_rise),
        ratio("clause.noise", evidence.noise),
    ];
    let doubts = [("doubts", format!("{:.2}", evidence.doubts)), ("limit", evidence.most_doubts.to_string())];
    let first = [
        fill("clause.lasts", &lasted),
        fill("clause.strength", &[("strength", count(evidence.strength))]),
        fill(shapes, &[("likelihood", format!("{:.1}", -evidence.other_shapes))]),
    ];
    first.into_iter().chain(optional.into_iter().flatten()).chain([fill("clause.doubts", &doubts)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::words::Lang;

    #[test]
    fn each_test_has_a_clause() {
        let evidence = LeakEvidence {
            lasted: 45_000.0,
            needed: 28_800.0,
            strength: 1_234.0,
            other_shapes: -2.04,
            above_yesterday: Some(0.83),
            noise: Some(1.2),
            earlier_rise: None,
            doubts: 0.34,
            most_doubts: 0.8,
        };
        assert_eq!(
            clauses(&evidence, Words::of(Lang::En)),
            [
                "has lasted 12 h 30 min, at least 8 h needed",
                "a bend explains it with strength 1.23 k",
                "steps or a plateau explain it better by 2.0",
                "83 % of it above the day before",
                "noise × 1.20 since then",
                "sum of doubts 0.34, a leak has at most 0.8",
            ]
        );
        let known = LeakEvidence { other_shapes: 0.5, earlier_rise: Some(2.5), ..evidence };
        let clauses = clauses(&known, Words::of(Lang::Zh));
        assert_eq!(
            clauses[2..5].join("；"),
            "没有阶跃或平台能更好地解释；比前一天高出其 83 %；为以往最大涨幅的 2.50 倍"
        );
    }
}
