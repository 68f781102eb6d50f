//! What C cannot have is refused while the record is compiled, with words that help.
//!
//! Each file of `tests/ui` begins with the words that it must be refused with. It is given to the compiler beside the
//! library that this test was built with, so neither is built again; what else the compiler says about it comes
//! from the derives of other crates, and is theirs to word.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What the compiler says about a file that has this crate and no other, or that it is content.
fn compile(path: &Path) -> Result<(), String> {
    let test = std::env::current_exe().expect("a running program has a path");
    let built: PathBuf = test.parent().expect("it lies in target/PROFILE/deps").to_owned();
    let mut library = "aimdb_ffi=".to_owned();
    library.push_str(&built.join("libaimdb_ffi.rlib").to_string_lossy());
    let mut compile = Command::new("rustc");
    compile.args(["--edition", "2024", "--emit", "metadata", "--out-dir", env!("CARGO_TARGET_TMPDIR")]);
    compile.arg("-L").arg(format!("dependency={}", built.display())).args(["--extern", &library]).arg(path);
    let ran = compile.output().expect("what has built this test is there");
    if ran.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&ran.stderr).into_owned()) }
}

#[test]
fn what_c_cannot_have_does_not_compile_and_the_rest_does() {
    let mut count = 0;
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui")).expect("it is there") {
        let path = entry.expect("it can be read").path();
        let text = std::fs::read_to_string(&path).expect("it is text");
        let (name, first) = (path.display(), text.lines().next().unwrap_or_default());
        match (first.strip_prefix("// refused: "), compile(&path)) {
            (Some(wanted), Err(said)) => assert!(said.contains(wanted), "{name}: not said: {wanted}\n{said}"),
            (Some(_), Ok(())) => panic!("{name} must not compile"),
            (None, compiled) => {
                assert_eq!(first, "// accepted", "{name} does not say what is wrong with it");
                compiled.unwrap_or_else(|said| panic!("{name}: {said}"));
            }
        }
        count += 1;
    }
    assert_eq!(count, 6);
}
