//! `aimdb.h` is written by hand, to be read. Here it is held against the Rust sources: cbindgen says what they declare,
//! and a C compiler sees both in one file.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::CStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use aimdb_ffi::Status;
use cbindgen::{Builder, Config, ItemType, Language, Style};

/// The structures of the header, by their names in Rust.
const STRUCTURES: [(&str, &str); 6] = [
    ("CType", "aimdb_type_t"),
    ("CRecord", "aimdb_record_t"),
    ("CTap", "aimdb_record_tap_t"),
    ("Stats", "aimdb_stats_t"),
    ("ConsumerStats", "aimdb_consumer_stats_t"),
    ("Schema", "aimdb_schema_t"),
];

/// Its other types.
const NAMES: [(&str, &str); 7] = [
    ("DataFree", "aimdb_data_free_t"),
    ("LogFn", "aimdb_log_t"),
    ("Status", "aimdb_status_t"),
    ("UserFree", "aimdb_user_free_t"),
    ("TapFn", "aimdb_tap_t"),
    ("DropFn", "aimdb_drop_t"),
    ("DegradeFn", "aimdb_degrade_t"),
];

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    fs::read_to_string(here().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn sources() -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![here().join("src")]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the sources are here").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The handles, which a macro makes, by their names in Rust: `ProducerHandle = "aimdb_producer_t";`.
fn handles() -> BTreeMap<String, String> {
    let text = read("src/entry.rs");
    let list = text.split("handles! {").nth(1).and_then(|rest| rest.split('}').next()).expect("entry.rs has the list");
    let entries = list.lines().filter_map(|line| line.trim().trim_end_matches(';').split_once(" = "));
    entries.map(|(rust, c)| (rust.to_owned(), c.trim_matches('"').to_owned())).collect()
}

/// What cbindgen makes of the sources.
fn generated(items: ItemType, names: impl IntoIterator<Item = (String, String)>) -> String {
    let mut config = Config { language: Language::C, style: Style::Type, usize_is_size_t: true, ..Config::default() };
    config.no_includes = true;
    config.documentation = false;
    config.export.item_types = vec![items];
    config.export.rename = names.into_iter().collect();
    let builder = sources().into_iter().fold(Builder::new().with_config(config), Builder::with_src);
    let mut text = Vec::new();
    builder.generate().expect("the sources can be parsed").write(&mut text);
    let mut text = String::from_utf8(text).expect("cbindgen writes UTF-8");
    // `Option` of a pointer to a function is that pointer, which may be null.
    for (_, c) in NAMES {
        text = text.replace(&format!("Option<{c}>"), c);
    }
    text
}

fn c_names() -> BTreeMap<String, String> {
    let listed = STRUCTURES.iter().chain(&NAMES).map(|(rust, c)| ((*rust).to_owned(), (*c).to_owned()));
    listed.chain(handles()).collect()
}

/// Every word before a bracket that is a function of this library.
fn functions(text: &str) -> BTreeSet<String> {
    let words = text.split('(').filter_map(|before| before.rsplit([' ', '*', '\n']).next());
    words.filter(|word| word.starts_with("aimdb_") && !word.ends_with("_t")).map(str::to_owned).collect()
}

fn declared() -> BTreeSet<String> {
    let header = read("include/aimdb.h");
    let prototypes = header.split("AIMDB_API ").skip(1).filter_map(|rest| rest.split(';').next());
    functions(&prototypes.collect::<Vec<_>>().join("\n"))
}

fn compiles(name: &str, text: &str) {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&file, text).expect("cargo gives a folder for it");
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let mut compile = Command::new(compiler);
    compile.args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]);
    let done = compile.arg("-I").arg(here().join("include")).arg(&file).output();
    let done = done.expect("a C compiler is needed: install cc, or set CC");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn the_header_declares_each_function_as_rust_defines_it() {
    let text = generated(ItemType::Functions, c_names());
    // A type that is another one in Rust is a conflict here.
    compiles("declarations.c", &format!("#include \"aimdb.h\"\n{text}"));
    let (defined, declared) = (functions(&text), declared());
    let undeclared: Vec<_> = defined.difference(&declared).collect();
    assert!(undeclared.is_empty(), "exported, and not in aimdb.h: {undeclared:?}");
    let missing: Vec<_> = declared.difference(&defined).map(String::as_str).collect();
    assert!(missing.is_empty(), "declared in aimdb.h, and not exported: {missing:?}");
}

#[test]
fn the_list_of_symbols_is_what_the_header_declares() {
    let symbols = read("symbols.txt");
    let listed: BTreeSet<_> = symbols.lines().filter_map(|line| line.split('@').next()).map(str::to_owned).collect();
    assert_eq!(listed, declared(), "symbols.txt (left) is not what aimdb.h declares (right)");
}

#[test]
fn structures_have_the_same_members_at_the_same_places() {
    // Each under its own name from Rust, beside that of the header.
    let text = generated(ItemType::Structs, NAMES.map(|(rust, c)| (rust.to_owned(), c.to_owned())));
    let known: BTreeMap<_, _> = STRUCTURES.into_iter().collect();
    let mut checks = String::new();
    let mut seen = BTreeSet::new();
    for structure in text.split("typedef struct {").skip(1) {
        let (body, rest) = structure.split_once('}').expect("it ends");
        let rust = rest.trim().split(';').next().unwrap_or_default();
        let c = known.get(rust).unwrap_or_else(|| panic!("{rust} is for C, and not in STRUCTURES"));
        seen.insert(rust);
        writeln!(checks, "_Static_assert(sizeof({rust}) == sizeof({c}), \"{c} has another size\");").expect("memory");
        let mut members = 0;
        for member in body.lines().map(str::trim).filter(|line| line.ends_with(';')) {
            members += 1;
            let name = member.trim_end_matches(';').rsplit([' ', '*']).next().unwrap_or_default();
            let name = name.split('[').next().unwrap_or_default();
            // `type` is a word of Rust.
            let in_c = if name == "ty" { "type" } else { name };
            let place = format!("offsetof({rust}, {name}) == offsetof({c}, {in_c})");
            writeln!(checks, "_Static_assert({place}, \"{c}.{in_c} is elsewhere\");").expect("memory");
            // Those are structures of their own names, which are looked at themselves.
            if !["ty", "schema", "taps"].contains(&name) {
                let types = format!("__typeof__((({rust} *)0)->{name}), __typeof__((({c} *)0)->{in_c})");
                let check = format!("__builtin_types_compatible_p({types})");
                writeln!(checks, "_Static_assert({check}, \"{c}.{in_c} is of another type\");").expect("memory");
            }
        }
        assert_eq!(members, of_header(c), "the members of {c} in Rust (left) and in C (right)");
    }
    assert_eq!(seen.len(), STRUCTURES.len(), "cbindgen saw {seen:?} only");
    for c in handles().values() {
        writeln!(checks, "_Static_assert(sizeof({c}) == 8 && sizeof((({c} *)0)->id) == 8, \"{c}\");").expect("memory");
    }
    compiles("structures.c", &format!("#include \"aimdb.h\"\n{text}\n{checks}"));
}

/// How many members a structure has in the header.
fn of_header(structure: &str) -> usize {
    let header = read("include/aimdb.h");
    let end = format!("}} {structure};");
    let before = header.split(&end).next().expect("it is there");
    let body = before.rsplit("typedef struct").next().unwrap_or_default();
    body.lines().filter(|line| line.split("/*").next().is_some_and(|code| code.contains(';'))).count()
}

/// The constants of the header that are numbers.
fn constants() -> BTreeMap<String, i32> {
    let header = read("include/aimdb.h");
    let defined = header.lines().filter_map(|line| line.strip_prefix("#define "));
    let pairs = defined.filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
    });
    pairs.collect()
}

unsafe extern "C" {
    fn aimdb_status_name(status: Status) -> *const core::ffi::c_char;
    fn aimdb_policy_slug(policy: i32) -> *const core::ffi::c_char;
}

fn name(status: Status) -> String {
    // SAFETY: never null, and valid for ever.
    unsafe { CStr::from_ptr(aimdb_status_name(status)) }.to_str().expect("ASCII").to_owned()
}

#[test]
fn every_status_has_the_number_that_the_header_gives_it() {
    let header = read("include/aimdb.h");
    let section = header.split("-- status */").nth(1).and_then(|rest| rest.split("-- handles */").next());
    let section = section.expect("the header has both headings");
    let in_header: BTreeMap<_, _> =
        constants().into_iter().filter(|(name, _)| section.contains(&format!("#define {name} "))).collect();
    let in_rust: BTreeMap<_, _> = Status::ALL.iter().map(|status| (name(*status), status.code())).collect();
    assert_eq!(in_header, in_rust, "aimdb.h (left) and status.rs (right)");
}

#[test]
fn s8_every_policy_has_the_number_that_the_header_gives_it() {
    let constants = constants();
    for policy in aimdb_core::pure::Policy::ALL {
        let slug = policy.slug();
        // `AIMDB_FAIL` and `fail`, with the words that the C name leaves out.
        let number = constants.get(&format!("AIMDB_{}", slug.to_uppercase()));
        let number = *number.unwrap_or_else(|| panic!("aimdb.h has no AIMDB_{}", slug.to_uppercase()));
        // SAFETY: null, or valid for ever.
        let said = unsafe { CStr::from_ptr(aimdb_policy_slug(number)) };
        assert_eq!(said.to_str(), Ok(slug));
    }
}

#[test]
fn the_header_has_the_version_of_the_library() {
    let constants = constants();
    let number = |part: &str| constants[&format!("AIMDB_VERSION_{part}")];
    let said = format!("{}.{}.{}", number("MAJOR"), number("MINOR"), number("PATCH"));
    assert_eq!(said, env!("CARGO_PKG_VERSION"));
}
