//! Names by a pattern, as users write them in the configuration: `web*`, `db-?`, `*`.

/// Whether a name is one that the pattern means: `*` is any text, `?` any one character, all else itself.
pub fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut seen) = (0, 0);
    // Where the last star was, and how much of the name it stood for: only the last one must ever be tried again.
    let mut star: Option<(usize, usize)> = None;
    while seen < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || *wanted == name[seen] => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((after, taken)) = star else { return false };
                star = Some((after, taken + 1));
                (at, seen) = (after + 1, taken + 1);
            }
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;
    use proptest::prelude::*;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, name, expected) in [
            ("web1", "web1", true),
            ("web1", "web12", false),
            ("web*", "web", true),
            ("web*", "web12", true),
            ("web*", "my-web1", false),
            ("*", "", true),
            ("*.example.org", "a.b.example.org", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-c-d", false),
            ("db-?", "db-库", true),
            ("db-?", "db-", false),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    /// What would take an exponential time if each star were tried again.
    #[test]
    fn many_stars_are_no_trouble() {
        assert!(!matches(&"a*".repeat(30), &"a".repeat(29)));
        assert!(!matches(&format!("{}b", "a*".repeat(40)), &"a".repeat(2000)));
    }

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, name) in [
            ("nginx", "nginx"),
            ("*", ""),
            ("php*-fpm", "php8.2-fpm"),
            ("getty@*", "getty@tty1"),
            ("a*b*c", "a1b2b3c"),
            ("**", "x"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in
            [("nginx", "nginx2"), ("php*-fpm", "php-fp"), ("a*a", "a"), ("a*b*c", "acb"), ("", "x")]
        {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    proptest! {
        #[test]
        fn a_name_matches_itself_and_any_cut_of_it(name in "[a-z]{1,8}", cut in 0_usize..8) {
            prop_assert!(matches(&name, &name));
            let cut = cut.min(name.len());
            let pattern = format!("{}*{}", &name[..cut], &name[cut..]);
            prop_assert!(matches(&pattern, &name));
        }
    }
}
