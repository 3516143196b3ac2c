//! What the user wants said of a rule, in his own words: `text` of a `[[rule]]`, with `{instance}`, `{value}` and `{limit}` filled in.

use super::expression::Comparison;
use super::names;
use super::rule::{Rule, built_in};
use super::table::Table;
use crate::analysis::Level;

/// What may stand in braces.
const NAMES: [&str; 3] = ["instance", "value", "limit"];

/// A text as it was written, if all that stands in its braces is known.
///
/// # Errors
/// In words.
pub(super) fn read(text: &str) -> Result<String, String> {
    match parts(text).into_iter().find_map(|(_, name)| name.filter(|name| !NAMES.contains(name))) {
        Some(name) => {
            Err(format!("there is no `{{{name}}}`; there are {{instance}}, {{value}} and {{limit}}"))
        }
        None => Ok(text.to_owned()),
    }
}

/// What is said of an instance; none where the rule has no text of its own.
pub(super) fn own(rule: &Rule, instance: &str, value: &str, limit: &str) -> Option<String> {
    let text = rule.text.as_deref()?;
    let mut said = String::new();
    for (before, name) in parts(text) {
        said.push_str(before);
        said.push_str(match name {
            Some("instance") => instance,
            Some("value") => value,
            Some("limit") => limit,
            _ => "",
        });
    }
    Some(said)
}

/// The limit that the value is beyond now. An alert that was critical stays so until it is over, though its value may be back
/// between the limits.
pub(super) fn reached<'a>(
    rule: &'a Rule,
    instance: &str,
    level: Level,
    table: &Table<'_>,
) -> Option<&'a Comparison> {
    let subject = rule.subject()?;
    let is_beyond = |critical: &&Comparison| {
        let value = table.latest(&critical.left, instance);
        level == Level::Critical
            && subject.left == critical.left
            && value.is_some_and(|value| critical.relation.holds(value, critical.limit))
    };
    let critical = rule.critical.as_ref().and_then(|critical| critical.first());
    Some(critical.filter(is_beyond).unwrap_or(subject))
}

/// A text cut at its `{name}`s: what stands before each, and the name; what is no name is text.
fn parts(text: &str) -> Vec<(&str, Option<&str>)> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some((start, end)) = next(rest) {
        parts.push((&rest[..start], Some(&rest[start + 1..end])));
        rest = &rest[end + 1..];
    }
    parts.push((rest, None));
    parts
}

/// Where the next `{name}` begins and ends.
fn next(text: &str) -> Option<(usize, usize)> {
    text.match_indices('{').find_map(|(start, _)| {
        let end = start + text[start..].find('}')?;
        let name = &text[start + 1..end];
        (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase())).then_some((start, end))
    })
}

/// Why a rule without a condition is none: most often its name is that of a built-in one, misspelt.
pub(super) fn nameless(name: &str) -> String {
    let needs = "a rule of your own needs a condition, like when = \"memory.available_percent < 5\"";
    let known: Vec<String> = built_in().into_iter().map(|rule| rule.name).collect();
    match names::most_alike(name, known.into_iter()) {
        Some(nearest) => format!("there is no such rule; did you mean `{nearest}`? {needs}"),
        None => format!("there is no such rule; {needs}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Rules;
    use crate::config::RuleConfig;
    use crate::series::{Column, Frame, Key};

    #[test]
    fn a_text_of_the_users_has_instance_value_and_limit() {
        let own_rule = RuleConfig {
            name: "queue".to_owned(),
            when: Some("filesystem.available < 50 GB".to_owned()),
            critical: Some("< 10 GB".to_owned()),
            text: Some("Clean {instance} {up}: {value} left, {limit} wanted {".to_owned()),
            ..RuleConfig::default()
        };
        let error = Rules::new(std::slice::from_ref(&own_rule)).unwrap_err();
        let words = "rule `queue`: text: there is no `{up}`; there are {instance}, {value} and {limit}";
        assert_eq!(error.to_string(), words);
        let text = own_rule.text.clone().map(|text| text.replace(" {up}", " {not a name}"));
        let rules = Rules::new(&[RuleConfig { text, ..own_rule }]).unwrap().of("web1");
        let rule = rules.iter().find(|rule| rule.name == "queue").unwrap();
        let mut frame = Frame { times: vec![0], ..Frame::default() };
        let column = Column { mean: vec![8e9], ..Column::default() };
        frame.columns.insert(Key::new("filesystem.available", "/{value}"), column);
        let table = Table::new(&frame, 0);
        let said = |level| {
            let (instance, measure) = ("/{value}", rule.subject().unwrap().measure);
            let value = measure.tell(table.latest(&rule.subject().unwrap().left, instance).unwrap());
            let limit = measure.tell(reached(rule, instance, level, &table).unwrap().limit);
            own(rule, instance, &value, &limit).unwrap()
        };
        assert_eq!(said(Level::Warning), "Clean /{value} {not a name}: 8.00 GB left, 50.0 GB wanted {");
        assert_eq!(said(Level::Critical), "Clean /{value} {not a name}: 8.00 GB left, 10.0 GB wanted {");
        // Back between the limits it is critical still, and beyond the first one only.
        let column = Column { mean: vec![20e9], ..Column::default() };
        let frame =
            Frame { columns: [(Key::new("filesystem.available", "/"), column)].into(), ..frame.clone() };
        let limit = reached(rule, "/", Level::Critical, &Table::new(&frame, 0)).unwrap().limit;
        assert!((limit - 50e9).abs() < 1.0, "{limit}");
        assert_eq!(own(&rules[0], "", "", ""), None);
    }
}
