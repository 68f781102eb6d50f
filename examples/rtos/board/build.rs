//! Tells the linker where the memory map of the board is; a program names it with `-Tmps2-an385.ld`.

fn main() {
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo says where the package is");
    println!("cargo::rustc-link-search={here}");
    println!("cargo::rerun-if-changed=mps2-an385.ld");
}
