//! What must not compile, and what must (B8, K7).

#[test]
fn b08_what_must_not_compile_does_not() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/*.rs");
    cases.pass("ui/pass/*.rs");
}
