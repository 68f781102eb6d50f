//! Which call answers what: by the page of the C interface, and by what a program has said.
#![allow(dead_code, reason = "each test binary uses what it needs")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A call, and a status that it answers.
pub(crate) type Answer = (String, String);

/// The columns of the page's table, each the band that begins with this number.
const BANDS: [i32; 4] = [1, 100, 200, 300];

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The functions of the header that answer a status.
pub(crate) fn calls() -> BTreeSet<String> {
    let header = read("aimdb-ffi/include/aimdb.h");
    let declared = header.split("AIMDB_API aimdb_status_t ").skip(1);
    declared.filter_map(|rest| rest.split('(').next()).map(str::to_owned).collect()
}

/// The numbers of the statuses, by name.
fn numbers() -> BTreeMap<String, i32> {
    let header = read("aimdb-ffi/include/aimdb.h");
    let section = header.split("-- status */").nth(1).and_then(|rest| rest.split("-- handles */").next());
    let defined = section.expect("the header has both headings").lines().filter_map(|line| {
        let mut words = line.strip_prefix("#define ")?.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
    });
    defined.collect()
}

/// What the table of the page says: one row for each call, one column for each band.
pub(crate) fn documented() -> BTreeSet<Answer> {
    let (page, numbers) = (read("docs/c-api.md"), numbers());
    let section = page.split("\n## ").find(|section| section.starts_with("Which call answers what"));
    let mut found = BTreeSet::new();
    for row in section.expect("it is a section").lines().filter(|line| line.starts_with("| `aimdb_")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 1 + BANDS.len(), "the columns of {row}");
        let call = cells[0].trim_matches('`').to_owned();
        assert!(found.insert((call.clone(), "AIMDB_OK".to_owned())), "{call} has two rows");
        for (cell, band) in cells[1..].iter().zip(BANDS) {
            let mut before = 0;
            for name in cell.split_whitespace() {
                let name = format!("AIMDB_{name}");
                let number = *numbers.get(&name).unwrap_or_else(|| panic!("{call}: there is no {name}"));
                assert!(number / 100 == band / 100, "{call}: {name} is of another band");
                assert!(number > before, "{call}: {name} is not in its order");
                before = number;
                found.insert((call.clone(), name));
            }
        }
    }
    found
}

/// The answers that a program has said, a line each.
pub(crate) fn said(output: &str) -> impl Iterator<Item = Answer> {
    let lines = output.lines().filter(|line| line.starts_with("aimdb_"));
    lines.filter_map(|line| line.split_once(' ')).map(|(call, status)| (call.to_owned(), status.to_owned()))
}
