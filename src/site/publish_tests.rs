use super::*;

fn run(out: &Path, now: i64, pages: &[(&str, &str)], files: &[(&str, &str)]) -> Published {
    let publisher = Publisher::open(out, now, 0.0).unwrap();
    for (path, text) in files {
        publisher.file(path, text.as_bytes()).unwrap();
    }
    for (path, text) in pages {
        publisher.page(path, text, &[("@time@", &now.to_string())]).unwrap();
    }
    publisher.commit().unwrap()
}

fn read(out: &Path, path: &str) -> Option<String> {
    std::fs::read_to_string(out.join(path)).ok()
}

#[test]
fn a_page_that_differs_only_in_its_time_is_not_rewritten() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("www");
    let first = run(&out, 100, &[("index.html", "a @time@")], &[("p-1.png", "x")]);
    assert_eq!(first, Published { written: 2, unchanged: 0, removed: 0 });
    let second = run(&out, 200, &[("index.html", "a @time@")], &[("p-1.png", "x")]);
    assert_eq!(second, Published { written: 0, unchanged: 2, removed: 0 });
    assert_eq!(read(&out, "index.html").unwrap(), "a 100");
    run(&out, 300, &[("index.html", "b @time@")], &[("p-1.png", "x")]);
    assert_eq!(read(&out, "index.html").unwrap(), "b 300");
}

#[test]
fn old_pictures_stay_for_the_grace_period_and_foreign_files_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    run(out, 0, &[("h/index.html", "1")], &[("h/a-1.png", "x")]);
    std::fs::write(out.join("h/mine.txt"), "mine").unwrap();
    run(out, 300, &[("h/index.html", "2")], &[("h/a-2.png", "y")]);
    assert!(read(out, "h/a-1.png").is_some());
    run(out, 300 + GRACE_SECONDS, &[], &[]);
    assert_eq!((read(out, "h/a-1.png"), read(out, "h/index.html")), (None, None));
    assert!(read(out, "h/a-2.png").is_some());
    run(out, 300 + 2 * GRACE_SECONDS, &[], &[]);
    assert_eq!(read(out, "h/a-2.png"), None);
    assert_eq!(read(out, "h/mine.txt").unwrap(), "mine");
}

#[test]
fn a_file_cut_short_is_written_again() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), 0, &[("index.html", "whole")], &[]);
    std::fs::write(folder.path().join("index.html"), "").unwrap();
    run(folder.path(), 1, &[("index.html", "whole")], &[]);
    assert_eq!(read(folder.path(), "index.html").unwrap(), "whole");
}

/// Empties files as a power cut does, and makes the manifest older than this machine's boot.
fn cut_power(out: &Path, files: &[(&str, usize)]) {
    for (path, zeros) in files {
        std::fs::write(out.join(path), vec![0; *zeros]).unwrap();
    }
    let manifest = File::options().write(true).open(out.join(".cronograph/manifest.json")).unwrap();
    manifest.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
}

#[test]
fn what_a_power_cut_emptied_is_published_again() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    let publish = || run(out, 0, &[("index.html", "<p>whole")], &[("p-1.png", "png"), ("p-2.png", "png")]);
    publish();
    cut_power(out, &[("index.html", 0), (".cronograph/manifest.json", 0), ("p-1.png", 0)]);
    assert_eq!(publish().written, 3, "nothing is known of what is there");
    cut_power(out, &[("index.html", 8), ("p-1.png", 0), ("p-2.png", 3)]);
    assert_eq!(publish(), Published { written: 3, unchanged: 0, removed: 0 });
    assert_eq!(read(out, "index.html").unwrap(), "<p>whole");
    assert_eq!((read(out, "p-1.png"), read(out, "p-2.png")), (Some("png".into()), Some("png".into())));
    assert_eq!(publish().written, 0);
}

#[test]
fn an_empty_index_of_somebody_else_is_refused_each_time() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.html"), "").unwrap();
    for _ in 0..2 {
        assert!(matches!(Publisher::open(folder.path(), 0, 0.0), Err(SiteError::Foreign(_))));
    }
}

#[test]
fn without_commit_nothing_is_published() {
    let folder = tempfile::tempdir().unwrap();
    let publisher = Publisher::open(folder.path(), 0, 0.0).unwrap();
    publisher.page("index.html", "new", &[]).unwrap();
    drop(publisher);
    assert_eq!(read(folder.path(), "index.html"), None);
}

#[test]
fn somebody_elses_index_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.html"), "<h1>my shop</h1>").unwrap();
    assert!(matches!(Publisher::open(folder.path(), 0, 0.0), Err(SiteError::Foreign(_))));
}

#[test]
fn two_runs_at_once_are_one_too_many() {
    let folder = tempfile::tempdir().unwrap();
    let _first = Publisher::open(folder.path(), 0, 0.0).unwrap();
    assert!(matches!(Publisher::open(folder.path(), 0, 0.0), Err(SiteError::Busy(..))));
}
