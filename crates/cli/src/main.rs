//! The command line of tenseur.
fn main() {}
