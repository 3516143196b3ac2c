//! Prints the reference of rules: `cargo run --example rules > docs/rules.md`.

#[path = "../tests/it/rules.rs"]
mod rules;

fn main() {
    print!("{}", rules::reference());
}
