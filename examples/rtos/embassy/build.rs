//! Links for the board.

fn main() {
    println!("cargo::rustc-link-arg=-Tmps2-an385.ld");
}
