//! What C cannot have is refused while the record is compiled.

#[test]
fn what_c_cannot_have_does_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
    cases.pass("tests/ui/pass/*.rs");
}
