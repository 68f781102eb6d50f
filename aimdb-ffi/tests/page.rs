//! docs/c-api.md says what the library says.

use std::collections::BTreeSet;
use std::ffi::CStr;
use std::fs;
use std::path::Path;

use aimdb_ffi::Status;

unsafe extern "C" {
    fn aimdb_status_name(status: Status) -> *const core::ffi::c_char;
    fn aimdb_status_text(status: Status) -> *const core::ffi::c_char;
}

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The cells of the table's row for a status.
fn row<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let begin = format!("| `{name}` |");
    let rows: Vec<_> = page.lines().filter(|line| line.starts_with(&begin)).collect();
    assert_eq!(rows.len(), 1, "rows of {name}");
    rows[0].trim_matches('|').split('|').map(str::trim).collect()
}

#[test]
fn every_status_has_its_number_its_words_a_cause_and_a_cure() {
    let page = read("docs/c-api.md");
    for status in Status::ALL {
        // SAFETY: never null, and valid for ever.
        let (name, text) =
            unsafe { (CStr::from_ptr(aimdb_status_name(*status)), CStr::from_ptr(aimdb_status_text(*status))) };
        let (name, text) = (name.to_str().expect("ASCII"), text.to_str().expect("ASCII"));
        let cells = row(&page, name);
        let [_, number, says, cause, cure] = cells[..] else { panic!("{name} has other cells: {cells:?}") };
        assert_eq!(number, status.code().to_string(), "{name}");
        assert_eq!(says, text, "{name}");
        assert!(!cause.is_empty() && !cure.is_empty(), "{name} has no cause or no cure");
    }
    let section = page.split("\n## ").find(|section| section.starts_with("Every status")).expect("it is a section");
    let rows = section.lines().filter(|line| line.starts_with("| `AIMDB_"));
    assert_eq!(rows.count(), Status::ALL.len(), "rows of no status");
}

/// Every name of this library that is on the page is one of the headers'.
#[test]
fn every_name_on_the_page_is_in_a_header() {
    let header = read("aimdb-ffi/include/aimdb.h") + &read("aimdb-ffi/include/aimdb.hpp");
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words: BTreeSet<&str> = header.split(|c| !is_part(c)).collect();
    let page = read("docs/c-api.md");
    let unknown: BTreeSet<_> = page
        .split(|c| !is_part(c))
        .filter(|word| word.starts_with("aimdb_") || word.starts_with("AIMDB_"))
        // `aimdb_*`, `AIMDB_VERSION_*` and `aimdb_builder_*` stand for all that begin so; the target is CMake's.
        .filter(|word| !word.ends_with('_') && *word != "aimdb_ffi" && !words.contains(word))
        .collect();
    assert!(unknown.is_empty(), "in no header: {unknown:?}");
}
