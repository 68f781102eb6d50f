//! The header: its numbers are those of the library and of `aimdb.h`, it compiles as C and C++, and what has no meaning does
//! not.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use aimdb_sync_embassy_c::{SPARE_BYTES, Status};

fn text(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

const HEADER: &str = "include/aimdb_sync_embassy.h";

/// The statuses that a header defines.
fn statuses(header: &str) -> BTreeMap<String, i32> {
    let after = header.split("typedef int32_t aimdb_status_t;").nth(1).expect("a header with statuses");
    // Up to the next section.
    let section = after.split("------").next().unwrap_or_default();
    let defines = section.lines().filter_map(|line| line.strip_prefix("#define "));
    let words = defines.map(|define| define.split_whitespace().collect::<Vec<_>>());
    words.filter_map(|words| Some(((*words.first()?).to_owned(), words.get(1)?.parse().ok()?))).collect()
}

#[test]
fn statuses_have_the_numbers_of_the_library_and_of_aimdb_h() {
    let here = statuses(&text(HEADER));
    let library = [
        ("AIMDB_OK", Status::Ok),
        ("AIMDB_FULL", Status::Full),
        ("AIMDB_EMPTY", Status::Empty),
        ("AIMDB_TIMEOUT", Status::Timeout),
        ("AIMDB_CLOSED", Status::Closed),
        ("AIMDB_LAGGED", Status::Lagged),
        ("AIMDB_NULL_ARGUMENT", Status::NullArgument),
        ("AIMDB_BAD_SIZE", Status::BadSize),
        ("AIMDB_BAD_ARGUMENT", Status::BadArgument),
        ("AIMDB_CANNOT_BLOCK", Status::CannotBlock),
    ];
    let library: BTreeMap<String, i32> =
        library.into_iter().map(|(name, status)| (name.to_owned(), status as i32)).collect();
    assert_eq!(here, library);

    let there = statuses(&text("../../aimdb-ffi/include/aimdb.h"));
    for (name, number) in here {
        let same = there.iter().find(|(_, used)| **used == number);
        assert!(same.is_none_or(|(used, _)| *used == name), "{number} is {name} here and {same:?} in aimdb.h");
        assert!(there.get(&name).is_none_or(|used| *used == number), "{name} has another number in aimdb.h");
    }
}

#[test]
fn the_header_declares_what_the_library_exports() {
    let names = |text: &str, before: &str, after: char| {
        let found = text.lines().filter_map(|line| {
            let (_, rest) = line.split_once(before)?;
            Some(rest.split(after).next()?.to_owned()).filter(|_| !line.starts_with(' '))
        });
        let mut found: Vec<String> = found.collect();
        found.sort();
        found
    };
    let header: String = text(HEADER)
        .lines()
        .filter(|line| !line.starts_with('#') && !line.starts_with("static inline"))
        .collect::<Vec<_>>()
        .join("\n");
    for (family, file) in [
        ("aimdb_static_", "src/exports.rs"),
        ("aimdb_queue_", "src/queue.rs"),
        ("aimdb_ring_", "src/ring.rs"),
        ("aimdb_mailbox_", "src/mailbox.rs"),
        ("aimdb_latest_", "src/latest.rs"),
    ] {
        let declared = names(&header, &format!(" {family}"), '(');
        let declared: Vec<String> = declared.into_iter().filter(|name| !name.contains([' ', '{', ';'])).collect();
        let exported = names(&text(file), &format!("extern \"C\" fn {family}"), '(');
        assert_eq!(declared, exported);
        assert!(!declared.is_empty());
    }
}

/// A place of the header is as large as what lies in it, up to an alignment.
#[test]
fn the_memory_of_a_record_is_not_larger_than_it_has_to_be() {
    for (what, spare) in ["control", "cursor", "slot"].into_iter().zip(SPARE_BYTES) {
        assert!(
            spare < 8,
            "aimdb_static_{what}_t has {spare} bytes that nothing lies in: say so in the header and in record.rs"
        );
    }
}

/// Compiles a text; the compiler's complaint, if it has one. `None` where there is no such compiler.
fn compiled(compiler: &str, language: &str, source: &str) -> Option<Result<(), String>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let name = format!("{:p}{language}{}", source.as_ptr(), std::process::id()).replace('+', "p");
    let file: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("header-{name}"));
    fs::write(&file, source).expect("a file of a test");
    let is_cpp = language.starts_with("c++");
    let mut command = Command::new(compiler);
    command.arg("-x").arg(if is_cpp { "c++" } else { "c" }).arg(format!("-std={language}"));
    command.args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-Wconversion", "-Wredundant-decls", "-fsyntax-only"]);
    command.arg("-I").arg(here.join("include")).arg("-I").arg(here.join("tests/c/host")).arg(&file);
    let output = command.output();
    let _ = fs::remove_file(&file);
    let output = output.ok()?;
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    Some(if output.status.success() { Ok(()) } else { Err(complaint) })
}

fn cc() -> String {
    std::env::var("CC").unwrap_or_else(|_| "cc".to_owned())
}

const START: &str = "#include <FreeRTOS.h>\n#include <aimdb_sync_embassy.h>\n";

/// Every macro, and a declaration with its definition.
const ALL: &str = "
AIMDB_STATIC_RECORD(pausing, int, 4u);
AIMDB_STATIC_RECORD(meeting, int, 0);
AIMDB_STATIC_RECORD_FAIL(failing, int, 4);
AIMDB_STATIC_RECORD_DROP_OLDEST(oldest, int, 4);
AIMDB_STATIC_RECORD_DROP_NEWEST(newest, int, 4);
AIMDB_STATIC_RING(ring, int, 4);
AIMDB_STATIC_RING(ring_of_bytes, char, 253u);
AIMDB_STATIC_RING_READERS(ring_for_32, double, 1, 32);
enum { DEPTH = 4, WHO = 3 };
AIMDB_STATIC_RING_READERS(ring_of_enum, int, DEPTH, WHO);
AIMDB_STATIC_RING_READERS(large_ring_of_enum, double, DEPTH, WHO);
AIMDB_STATIC_LATEST(latest, int);
AIMDB_STATIC_MAILBOX(mailbox, int);
AIMDB_STATIC_RECORD_READERS(pausing_all, int, 4, 2);
AIMDB_STATIC_RING_READERS(ring_for_all, int, 4, 2);
AIMDB_STATIC_LATEST_READERS(latest_for_all, int, 2);
AIMDB_STATIC_MAILBOX(mailbox_of_bytes, char);
AIMDB_STATIC_LATEST(latest_of_bytes, char);
AIMDB_STATIC_LATEST_READERS(latest_for_32, double, 32);
AIMDB_DECLARE_LATEST(there_g, double);
AIMDB_DEFINE_LATEST_READERS(there_g, double, 3);
AIMDB_STATIC_QUEUE(queue, int, 4u);
AIMDB_STATIC_QUEUE_FAIL(failing_queue, int, 255);
AIMDB_STATIC_QUEUE_DROP_NEWEST(dropping_queue, int, 255);
AIMDB_DECLARE_QUEUE(there_e, int);
AIMDB_DECLARE_QUEUE(there_f, int);
AIMDB_DEFINE_QUEUE(there_e, int, 4);
AIMDB_DEFINE_QUEUE_FAIL(there_f, int, 4);
AIMDB_DECLARE_RECORD(there_a, int);
AIMDB_DECLARE_RING(there_b, int);
AIMDB_DECLARE_LATEST(there_c, int);
AIMDB_DECLARE_MAILBOX(there_d, int);
AIMDB_DEFINE_RECORD(there_a, int, 4);
AIMDB_DEFINE_RING_READERS(there_b, int, 4, 3);
AIMDB_DEFINE_LATEST(there_c, int);
AIMDB_DEFINE_MAILBOX(there_d, int);
";

#[test]
fn the_header_compiles_as_every_c_and_as_cpp() {
    let source = format!("{START}{ALL}");
    for language in ["c99", "c11", "c17"] {
        let outcome = compiled(&cc(), language, &source).expect("a C compiler is needed: install cc, or set CC");
        outcome.unwrap_or_else(|complaint| panic!("{language}: {complaint}"));
    }
    let cpp = std::env::var("CXX").unwrap_or_else(|_| "c++".to_owned());
    for language in ["c++11", "c++17"] {
        match compiled(&cpp, language, &source) {
            Some(outcome) => outcome.unwrap_or_else(|complaint| panic!("{language}: {complaint}")),
            None => eprintln!("skipped: there is no C++ compiler"),
        }
    }
}

/// Ticks of a kernel that the header does not know.
#[test]
fn the_header_compiles_for_another_kernel_whose_ticks_are_told() {
    let told = "#include <stdint.h>\n#define AIMDB_TICK_TYPE int16_t\n#define AIMDB_FOREVER INT16_MAX\n";
    let waits = "int f(int *v);\nint f(int *v) { return pausing_recv(v, AIMDB_FOREVER); }\n";
    let source = format!("{told}#include <aimdb_sync_embassy.h>\n{ALL}{waits}");
    let outcome = compiled(&cc(), "c11", &source).expect("a C compiler is needed: install cc, or set CC");
    outcome.unwrap_or_else(|complaint| panic!("{complaint}"));
    let half = compiled(&cc(), "c11", &source.replace("#define AIMDB_FOREVER INT16_MAX\n", ""));
    assert!(half.is_some_and(|outcome| outcome.is_err()), "for ever is not known");
}

#[test]
fn what_has_no_meaning_does_not_compile() {
    let wrong = [
        ("a ring of nothing", "AIMDB_STATIC_RING(r, int, 0);"),
        ("a ring of less than nothing", "AIMDB_STATIC_RING(r, int, -1);"),
        ("a ring whose places have no names", "AIMDB_STATIC_RING(r, int, 254);"),
        (
            "a ring whose places are few if they are counted on from 0",
            "#pragma GCC diagnostic ignored \"-Woverflow\"\nAIMDB_STATIC_RING(r, char, 0xffffffffu);",
        ),
        (
            "a ring that is never filled",
            "#undef AIMDB_RING_WRITERS\n#define AIMDB_RING_WRITERS 0\nAIMDB_STATIC_RING(r, int, 4);",
        ),
        ("more readers of a ring than bits", "AIMDB_STATIC_RING_READERS(r, int, 4, 33);"),
        (
            "a ring as a record",
            "AIMDB_STATIC_RING(r, int, 4);\nint f(void);\nint f(void) { return aimdb_static_close(&r); }",
        ),
        ("nothing to displace", "AIMDB_STATIC_RECORD_DROP_OLDEST(r, int, 0);"),
        ("a negative capacity", "AIMDB_STATIC_RECORD(r, int, -1);"),
        ("a queue of nothing", "AIMDB_STATIC_QUEUE(q, int, 0);"),
        ("a queue that refuses all", "AIMDB_STATIC_QUEUE_FAIL(q, int, 0);"),
        ("a queue of less than nothing", "AIMDB_STATIC_QUEUE(q, int, -1);"),
        ("a queue that cannot be counted", "AIMDB_STATIC_QUEUE(q, int, 256);"),
        (
            "what a queue would have to displace",
            "AIMDB_STATIC_QUEUE(q, int, 4);\nint f(int *v);\nint f(int *v) { return q_force_send(v); }",
        ),
        (
            "a value of another type in a queue",
            "AIMDB_STATIC_QUEUE(q, int, 4);\nint f(long *v);\nint f(long *v) { return q_try_send(v); }",
        ),
        ("a queue of other values than declared", "AIMDB_DECLARE_QUEUE(q, int);\nAIMDB_DEFINE_QUEUE(q, double, 4);"),
        ("a mailbox of other values than declared", "AIMDB_DECLARE_MAILBOX(m, int);\nAIMDB_DEFINE_MAILBOX(m, double);"),
        (
            "a latest value of another type than declared",
            "AIMDB_DECLARE_LATEST(l, int);\nAIMDB_DEFINE_LATEST(l, double);",
        ),
        ("a ring of other values than declared", "AIMDB_DECLARE_RING(r, int);\nAIMDB_DEFINE_RING(r, double, 4);"),
        ("a look at a mailbox", "AIMDB_STATIC_MAILBOX(m, int);\nint f(int *v);\nint f(int *v) { return m_peek(v); }"),
        (
            "a mailbox that does not displace",
            "AIMDB_STATIC_MAILBOX(m, int);\nint f(int *v);\nint f(int *v) { return m_force_send(v); }",
        ),
        (
            "a queue as a record",
            "AIMDB_STATIC_QUEUE(q, int, 4);\nint f(void);\nint f(void) { return aimdb_static_close(&q); }",
        ),
        ("no reader", "AIMDB_STATIC_RING_READERS(r, int, 4, 0);"),
        ("no reader of a latest value", "AIMDB_STATIC_LATEST_READERS(l, int, 0);"),
        ("more readers than bits", "AIMDB_STATIC_LATEST_READERS(l, int, 33);"),
        (
            "a latest value that does not displace",
            "AIMDB_STATIC_LATEST(l, int);\nint f(int *v);\nint f(int *v) { return l_force_send(v); }",
        ),
        ("a peek of a ring", "AIMDB_STATIC_RING(r, int, 4);\nint f(int *v);\nint f(int *v) { return r_peek(v); }"),
        (
            "a value of another type",
            "AIMDB_STATIC_RECORD(r, int, 4);\nint f(long *v);\nint f(long *v) { return r_try_send(v); }",
        ),
        (
            "no place for a value on its way",
            "#undef AIMDB_SPARE_SLOTS\n#define AIMDB_SPARE_SLOTS 1\nAIMDB_STATIC_RECORD(r, int, 4);",
        ),
    ];
    for (what, text) in wrong {
        let outcome = compiled(&cc(), "c11", &format!("{START}{text}\n")).expect("a C compiler is needed");
        assert!(outcome.is_err(), "{what} compiles");
    }
    let alone = compiled(&cc(), "c11", "#include <aimdb_sync_embassy.h>\n").expect("a C compiler is needed");
    assert!(alone.is_err_and(|complaint| complaint.contains("include FreeRTOS.h before")));
}
