//! Errors of channels that cannot work, by the real binary.

use crate::check::World;
use crate::program::{cronograph, stderr};

#[test]
fn without_certificate_authorities_the_package_and_a_way_without_are_named() {
    let world = World::new("");
    let path = world.path("cronograph.toml");
    let mail = "\n[[channel]]\nname = \"mail\"\nkind = \"mail\"\nto = [\"ada@example.org\"]\nsmtp = \"smtp://localhost:1\"\n";
    let config = std::fs::read_to_string(&path).unwrap() + mail;
    std::fs::write(&path, config).unwrap();
    let mut command = cronograph();
    command.args(["check", "--test", "mail", "--config"]).arg(path);
    let output =
        command.env("SSL_CERT_FILE", "/dev/null").env("SSL_CERT_DIR", "/nonexistent").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    for part in ["install the package `ca-certificates`", "`ca_file`", "smtp+insecure://localhost"] {
        assert!(said.contains(part), "{part}: {said}");
    }
}
