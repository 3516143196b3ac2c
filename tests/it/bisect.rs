//! `cronograph bisect` through the real program, on a recorded tree and a folder of scripts that are a copy: no namespaces are
//! needed, and the answers are exact. With namespaces it is a system test.

use crate::probe::Tree;
use crate::program::{cronograph, stderr};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Output;

/// A tree with a folder of scripts, of which some leak.
fn tree(scripts: &[(&str, &str)]) -> Tree {
    let tree = Tree::new();
    for (name, text) in scripts {
        tree.script(&format!("jobs/{name}"), &format!("#!/bin/sh\n{text}\n"));
    }
    tree.script("all", "#!/bin/sh\nfor job in $here/jobs/*; do\n    [ ! -x \"$job\" ] || \"$job\"\ndone\n");
    tree
}

fn bisect(tree: &Tree, options: &[&str]) -> Output {
    let mut bisect = cronograph();
    bisect.args(["bisect", "--copy", "--dir"]).arg(tree.path().join("jobs")).arg("--root").arg(tree.path());
    bisect.args(options).arg("--").arg(tree.path().join("all")).env("COLUMNS", "100");
    bisect.output().unwrap()
}

fn culprits(tree: &Tree) -> (Vec<Vec<String>>, Value) {
    let output = bisect(tree, &["--json"]);
    let answer: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)));
    let name = |script: &Value| script["path"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let found = answer["culprits"].as_array().unwrap();
    (found.iter().map(|set| set["scripts"].as_array().unwrap().iter().map(name).collect()).collect(), answer)
}

const LEAK: &str = "$here/grow SUnreclaim 1024";

fn modes(tree: &Tree) -> Vec<u32> {
    let mut entries: Vec<_> = fs::read_dir(tree.path().join("jobs")).unwrap().flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    entries.iter().map(|entry| entry.metadata().unwrap().permissions().mode()).collect()
}

#[test]
fn one_of_eight_and_how_to_keep_it_out() {
    let header =
        "### BEGIN INIT INFO\n# Provides: agent\n# Short-Description: Vendor's agent\n### END INIT INFO\n";
    let agent = format!("{header}{LEAK}");
    let mut scripts: Vec<(&str, &str)> =
        ["a", "b", "c", "d", "f", "g", "h"].map(|name| (name, "exit 0")).into();
    scripts.push(("e", &agent));
    let tree = tree(&scripts);
    let before = modes(&tree);
    let output = bisect(&tree, &[]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(tree.path().to_str().unwrap(), "$here");
    let text = said(&output.stdout);
    // What follows says how long it took.
    insta::assert_snapshot!("culprit", text.split("No script was changed").next().unwrap());
    insta::assert_snapshot!("rounds", said(&output.stderr));
    assert_eq!(modes(&tree), before, "permissions are given back");
}

#[test]
fn several_and_those_that_leak_only_together() {
    let two = tree(&[("a", LEAK), ("b", "exit 0"), ("c", "exit 0"), ("d", LEAK), ("e", "exit 0")]);
    let (mut found, answer) = culprits(&two);
    found.sort();
    assert_eq!(found, [["a"], ["d"]]);
    assert_eq!((&answer["outcome"], answer["per_run"].as_f64()), (&Value::from("found"), Some(2_097_152.0)));
    assert_eq!(answer["culprits"][0]["per_run"].as_f64(), Some(1_048_576.0));
    // Six that leave one queue each, and one that leaks a sixteenth of another.
    let queue = "echo 'q 1 600 0 0' >>$here/proc/sysvipc/msg";
    let six = tree(&["a", "b", "c", "d", "e", "f"].map(|name| (name, queue)));
    let mut found = culprits(&six).0;
    found.sort();
    assert_eq!(found, [["a"], ["b"], ["c"], ["d"], ["e"], ["f"]]);
    let small = tree(&[("a", LEAK), ("b", "exit 0"), ("c", "$here/grow SUnreclaim 64"), ("d", "exit 0")]);
    let mut found = culprits(&small).0;
    found.sort();
    assert_eq!(found, [["a"], ["c"]]);
    // The first leaves a mark that lets the second leak.
    let pair = format!("[ ! -e $here/mark ] || {LEAK}\nrm -f $here/mark");
    let pair =
        tree(&[("a", "exit 0"), ("b", "touch $here/mark"), ("c", "exit 0"), ("d", "exit 0"), ("e", &pair)]);
    assert_eq!(culprits(&pair).0, [["b", "e"]]);
}

#[test]
fn what_does_not_leak_and_what_leaks_without_any_script() {
    let calm = tree(&[("a", "exit 0"), ("b", "exit 0")]);
    let output = bisect(&calm, &[]);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("With all scripts on, "), "{output:?}");
    calm.script("all", &format!("#!/bin/sh\n{LEAK}\n"));
    let (found, answer) = culprits(&calm);
    assert_eq!((found.len(), &answer["outcome"]), (0, &Value::from("command_itself")));
}

#[test]
fn a_folder_of_the_system_is_no_copy() {
    let output = cronograph().args(["bisect", "--copy", "--dir", "/usr/bin", "--", "true"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.starts_with("cronograph: /usr/bin belongs to the system: --copy would change its files\nhint: "),
        "{said}"
    );
    let output = cronograph().args(["bisect", "--dir", "/usr/bin"]).output().unwrap();
    assert!(
        stderr(&output).starts_with("cronograph: which command runs the scripts of /usr/bin?\nhint: "),
        "{}",
        stderr(&output)
    );
    let output = cronograph().args(["bisect", "--dir", "/nonexistent", "--", "true"]).output().unwrap();
    assert!(
        stderr(&output).starts_with("cronograph: /nonexistent: there is no such folder\nhint: "),
        "{}",
        stderr(&output)
    );
}
