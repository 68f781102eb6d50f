//! What must never be in the source (the architecture's A1, A2, A3, A7, and the style page), by
//! reading it.
//!
//! Rough on purpose: a rule looks at lines, without comments and without the code of tests. What a
//! rule lets through is in the tables below, each line with its reason.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The crates whose source is product.
const CRATES: [&str; 6] =
    ["aimdb-core", "aimdb-sync", "aimdb-sync-embassy", "aimdb-sync-embassy/c", "aimdb-ffi", "aimdb-outbox"];

/// A2: the files that may name a lock type.
const LOCKS: [&str; 5] = [
    "aimdb-core/src/waiting/lock.rs",
    // The state of the handle and its threads: no record, no value.
    "aimdb-sync/src/lock.rs",
    // The embassy blocking mutex is that crate's lock.
    "aimdb-sync-embassy/src/lock.rs",
    // It re-exports the kinds of mutex that a static buffer can be made with.
    "aimdb-sync-embassy/src/lib.rs",
    // The threads of the host, which stand for a kernel's tasks: no record, no value.
    "aimdb-sync-embassy/src/port/threads.rs",
];

/// A2: the files of aimdb-core that may name a thread: the ports to the operating system.
const PORTS: [&str; 12] = [
    "aimdb-core/src/waiting/sleepers.rs",
    "aimdb-core/src/waiting/barrier.rs",
    "aimdb-core/src/waiting/bell.rs",
    "aimdb-core/src/waiting/crowd.rs",
    "aimdb-core/src/waiting/gate.rs",
    "aimdb-core/src/waiting/token.rs",
    "aimdb-core/src/waiting/park.rs",
    "aimdb-core/src/waiting/clock.rs",
    "aimdb-core/src/waiting/place.rs",
    "aimdb-core/src/waiting/fork.rs",
    "aimdb-core/src/waiting/signal_fd.rs",
    "aimdb-core/src/buffer/dispatcher.rs",
];

/// A3: the files that may be unsafe, and why.
const UNSAFE: [&str; 85] = [
    // Notes that are leaked and linked, and the name that the system has for a thread.
    "aimdb-core/src/waiting/sleepers.rs",
    "aimdb-core/src/waiting/barrier.rs",
    "aimdb-core/src/waiting/gate.rs",
    "aimdb-core/src/waiting/queue.rs",
    "aimdb-core/src/waiting/signal_fd.rs",
    "aimdb-core/src/waiting/late.rs",
    "aimdb-core/src/waiting/counted.rs",
    // How a lane is lies beside the record, and belongs to whoever holds the record's lock.
    "aimdb-core/src/buffer/lane/glance.rs",
    "aimdb-core/src/buffer/lane/hold.rs",
    "aimdb-core/src/buffer/lane/grip.rs",
    "aimdb-core/src/buffer/lane/ends.rs",
    "aimdb-core/src/buffer/lane/gated.rs",
    "aimdb-core/src/buffer/lane/mailbox.rs",
    // In a model checker only.
    "aimdb-core/src/buffer/lane/model.rs",
    "aimdb-core/src/buffer/lane/queue.rs",
    "aimdb-core/src/buffer/lane/queue/end.rs",
    "aimdb-core/src/buffer/lane/ring.rs",
    "aimdb-core/src/buffer/lane/ring/doors.rs",
    "aimdb-core/src/buffer/lane/ring/front.rs",
    "aimdb-core/src/buffer/lane/ring/read.rs",
    "aimdb-core/src/buffer/lane/shared.rs",
    "aimdb-core/src/buffer/lane/shared/overwrite.rs",
    "aimdb-core/src/buffer/lane/shared/places.rs",
    "aimdb-core/src/buffer/lane/stamp.rs",
    "aimdb-core/src/buffer/lane/way.rs",
    "aimdb-core/src/waiting/fork.rs",
    "aimdb-core/src/buffer/slots.rs",
    // Moves that a processor serves at once, and no compiler would make.
    "aimdb-core/src/buffer/slots/carry.rs",
    "aimdb-core/src/buffer/slots/row.rs",
    "aimdb-core/src/buffer/slots/heap.rs",
    // A text with its count in front of it, and user code that is in a constant or in a box.
    "aimdb-core/src/database/key.rs",
    "aimdb-core/src/buffer/heap/code.rs",
    // A block that is held by its first part, and by one who knows it without its type.
    "aimdb-core/src/buffer/heap/house.rs",
    "aimdb-core/src/database/erased.rs",
    "aimdb-core/src/buffer/table.rs",
    // `unsafe trait Layout`: whoever implements it vouches for its parts. See decision 003.
    "aimdb-core/src/buffer/shell/mod.rs",
    "aimdb-core/src/buffer/heap.rs",
    "aimdb-core/src/buffer/heap/hold.rs",
    "aimdb-sync-embassy/src/layout.rs",
    // `unsafe trait PreemptionSafe`: whoever implements it vouches for a mutex.
    "aimdb-sync-embassy/src/lock.rs",
    // Values moved to and from places that its state hands out, and waiters on other stacks.
    "aimdb-sync-embassy/src/queue/mod.rs",
    "aimdb-sync-embassy/src/queue/parts.rs",
    "aimdb-sync-embassy/src/queue/bytes.rs",
    "aimdb-sync-embassy/src/queue/ends.rs",
    "aimdb-sync-embassy/src/queue/moves.rs",
    "aimdb-sync-embassy/src/queue/wait.rs",
    "aimdb-sync-embassy/src/queue/waking.rs",
    // Plain data that is copied while it may be overwritten, by words that are atomic.
    "aimdb-sync-embassy/src/ring/mod.rs",
    "aimdb-sync-embassy/src/ring/parts.rs",
    "aimdb-sync-embassy/src/ring/bytes.rs",
    "aimdb-sync-embassy/src/ring/ends.rs",
    "aimdb-sync-embassy/src/ring/moves.rs",
    "aimdb-sync-embassy/src/ring/order.rs",
    "aimdb-sync-embassy/src/ring/places.rs",
    "aimdb-sync-embassy/src/ring/waking.rs",
    "aimdb-sync-embassy/src/lean/waking.rs",
    "aimdb-sync-embassy/src/mailbox/mod.rs",
    "aimdb-sync-embassy/src/mailbox/parts.rs",
    "aimdb-sync-embassy/src/mailbox/bytes.rs",
    "aimdb-sync-embassy/src/mailbox/ends.rs",
    "aimdb-sync-embassy/src/mailbox/moves.rs",
    "aimdb-sync-embassy/src/lean/form.rs",
    "aimdb-sync-embassy/src/latest/mod.rs",
    "aimdb-sync-embassy/src/latest/parts.rs",
    "aimdb-sync-embassy/src/latest/bytes.rs",
    "aimdb-sync-embassy/src/latest/copies.rs",
    "aimdb-sync-embassy/src/latest/ends.rs",
    "aimdb-sync-embassy/src/latest/state.rs",
    "aimdb-sync-embassy/src/latest/words.rs",
    "aimdb-sync-embassy/src/lean/words.rs",
    "aimdb-sync-embassy/src/lean/waiters.rs",
    "aimdb-sync-embassy/src/lean/line.rs",
    "aimdb-sync-embassy/src/lean/bell.rs",
    "aimdb-sync-embassy/src/lean/look.rs",
    "aimdb-sync-embassy/src/latest/wait.rs",
    "aimdb-sync-embassy/src/mailbox/wait.rs",
    "aimdb-sync-embassy/src/ring/wait.rs",
    // A value that was stored at once is not used again, and one that was taken is there.
    "aimdb-sync-embassy/src/record/ops.rs",
    "aimdb-sync-embassy/src/producer.rs",
    "aimdb-sync-embassy/src/consumer.rs",
    "aimdb-sync-embassy/src/lean/room.rs",
    // The seam to kernels, which know a task by a pointer.
    "aimdb-sync-embassy/src/port.rs",
    "aimdb-sync-embassy/src/port/bare_metal.rs",
    "aimdb-sync-embassy/src/port/freertos.rs",
    "aimdb-sync-embassy/src/port/threads.rs",
];

/// The crates whose every function is given pointers by C.
const FOREIGN: [&str; 2] = ["aimdb-ffi", "aimdb-sync-embassy/c"];

/// Files that are longer than 400 lines without their tests, and may not grow beyond this.
const LONG: [(&str, usize); 2] = [
    // The one machine behind four kinds: apart, its halves would share every field.
    ("aimdb-core/src/pure/log.rs", 700),
    ("aimdb-core/src/buffer/shell/send.rs", 500),
];

/// Functions that are longer than 70 lines, and may not grow beyond this: one lock hold each, whose
/// cases belong together.
const LONG_FUNCTIONS: [(&str, usize); 2] =
    [("aimdb-core/src/buffer/shell/receive.rs", 85), ("aimdb-core/src/buffer/shell/send.rs", 75)];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// All files below a folder with one of these endings, relative to the workspace.
fn files(folder: &str, endings: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            if path.is_dir() && name != "target" && !name.starts_with(".git") {
                folders.push(path);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let relative = path.strip_prefix(root()).expect("it is below the workspace");
                found.push(relative.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<String> {
    CRATES.iter().flat_map(|name| files(&format!("{name}/src"), &[".rs"])).collect()
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_default()
}

fn is_test_file(file: &str) -> bool {
    file.ends_with("tests.rs") || file.contains("/tests/") || file.starts_with("tests/") || file.ends_with("/rig.rs")
}

/// The lines of a file with their numbers, without comments, and up to its tests.
fn code(file: &str) -> Vec<(usize, String)> {
    if is_test_file(file) {
        return Vec::new();
    }
    let text = read(file);
    let end = text.lines().position(|line| line.starts_with("#[cfg(") && line.contains("test"));
    let lines = text.lines().take(end.unwrap_or(usize::MAX)).enumerate();
    lines
        .map(|(at, line)| (at + 1, line.split("//").next().unwrap_or_default().to_owned()))
        .filter(|(_, line)| !line.trim().is_empty())
        .collect()
}

/// Fails with every place where one of the words stands outside the files that may have it.
fn only_in(rule: &str, files: &[String], words: &[&str], allowed: &[&str]) {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| !allowed.contains(&file.as_str())) {
        for (number, line) in code(file) {
            if words.iter().any(|word| names(&line, word)) {
                found.push(format!("{file}:{number}: {}", line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

/// Whether the line has the word, and not as a part of another.
fn names(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = word.starts_with(is_part) && line[..at].chars().next_back().is_some_and(is_part);
        let after = word.ends_with(is_part) && line[at + word.len()..].chars().next().is_some_and(is_part);
        !before && !after
    })
}

#[test]
fn a1_storey_zero_imports_nothing_but_core_alloc_and_itself() {
    for file in files("aimdb-core/src/pure", &[".rs"]) {
        for (number, line) in code(&file) {
            let line = line.trim().trim_start_matches("pub ").trim_start_matches("(crate) ");
            if let Some(path) = line.strip_prefix("use ") {
                let first = path.split("::").next().unwrap_or_default();
                let own = ["core", "alloc", "heapless", "super", "self"].contains(&first);
                let module = path.chars().next().is_some_and(char::is_lowercase)
                    && read("aimdb-core/src/pure/mod.rs").contains(&format!("mod {first};"));
                assert!(own || module || path.starts_with("crate::pure"), "A1: {file}:{number}: {line}");
            }
        }
    }
    let pure = files("aimdb-core/src/pure", &[".rs"]);
    let foreign = ["std", "Waker", "Mutex", "Instant", "Duration", "Atomic", "parking_lot", "critical_section"];
    only_in("A1: storey 0 knows no lock, waker, clock or thread", &pure, &foreign, &[]);
}

#[test]
fn a1_no_storey_uses_one_above_it() {
    let waiting = files("aimdb-core/src/waiting", &[".rs"]);
    only_in(
        "storey 1 knows nothing of records or values",
        &waiting,
        &["crate::pure", "crate::buffer", "crate::database"],
        &[],
    );
    let buffer = files("aimdb-core/src/buffer", &[".rs"]);
    only_in("storey 2 knows nothing of the database", &buffer, &["crate::database"], &[]);
    let pure = files("aimdb-core/src/pure", &[".rs"]);
    only_in(
        "storey 0 knows nothing of the others",
        &pure,
        &["crate::waiting", "crate::buffer", "crate::database"],
        &[],
    );
}

#[test]
fn a1_the_rooms_do_not_know_each_other() {
    for (room, others) in [
        ("aimdb-sync/src", ["aimdb_sync_embassy", "aimdb_outbox", "aimdb_ffi"]),
        ("aimdb-sync-embassy/src", ["aimdb_sync", "aimdb_outbox", "aimdb_ffi"]),
        ("aimdb-core/src", ["aimdb_sync", "aimdb_sync_embassy", "aimdb_ffi"]),
    ] {
        only_in("rooms do not know each other", &files(room, &[".rs"]), &others, &[]);
    }
}

#[test]
fn a2_only_one_file_names_a_lock_type() {
    let locks = ["Mutex", "RwLock", "Condvar", "parking_lot", "critical_section", "SpinLock"];
    only_in("A2: lock types", &sources(), &locks, &LOCKS);
}

#[test]
fn a2_only_the_ports_name_a_thread() {
    let core = files("aimdb-core/src", &[".rs"]);
    only_in("A2: threads", &core, &["std::thread", "thread_local", "libc", "park_timeout"], &PORTS);
}

#[test]
fn a3_unsafe_stands_only_where_it_may() {
    let sources: Vec<String> =
        sources().into_iter().filter(|file| !FOREIGN.iter().any(|name| file.starts_with(name))).collect();
    only_in("A3", &sources, &["unsafe"], &UNSAFE);
    for name in CRATES.into_iter().filter(|name| !FOREIGN.contains(name)) {
        let lib = read(&format!("{name}/src/lib.rs"));
        let forbids = ["#![forbid(unsafe_code)]", "#![deny(unsafe_code)]"].iter().any(|lint| lib.contains(lint));
        assert!(lib.is_empty() || forbids, "A3: {name} does not forbid unsafe code");
    }
    for file in UNSAFE.iter().filter(|file| root().join(file).exists()) {
        let text = read(file);
        assert!(text.contains("SAFETY") || text.contains("# Safety"), "A3: {file} does not say why");
    }
}

/// M4, by construction: a count is a plain number under the lock that the call holds anyway, or at
/// the end of a lane that it is inside of. What the lane shares is what hands values over.
#[test]
fn m4_counting_has_no_shared_word_of_its_own() {
    let counting = [files("aimdb-core/src/pure", &[".rs"]), files("aimdb-core/src/buffer", &[".rs"])].concat();
    let atomics = ["AtomicU64", "AtomicUsize", "AtomicU32", "AtomicBool", "fetch_add"];
    let lanes = files("aimdb-core/src/buffer/lane", &[".rs"]);
    let lanes: Vec<&str> = lanes.iter().map(String::as_str).collect();
    only_in("M4", &counting, &atomics, &lanes);
}

#[test]
fn a7_no_async_runtime_in_core_and_one_door_to_it_in_sync() {
    let core = files("aimdb-core/src", &[".rs"]);
    only_in("A7", &core, &["tokio", "embassy_executor", "async_std", "smol"], &[]);
    for line in read("aimdb-core/Cargo.toml").lines() {
        assert!(!line.starts_with("tokio"), "A7: aimdb-core depends on a runtime");
    }
    let sync = files("aimdb-sync/src", &[".rs"]);
    only_in("A7: the runtime sits behind one trait", &sync, &["tokio::"], &["aimdb-sync/src/runtime_tokio.rs"]);
}

#[test]
fn no_file_is_too_long_and_no_function_either() {
    let mut found = Vec::new();
    for file in sources() {
        let lines = code(&file);
        let limit = LONG.iter().find(|(long, _)| *long == file).map_or(400, |(_, limit)| *limit);
        // Comments count: a file is read with them.
        let length = lines.last().map_or(0, |(number, _)| *number);
        if length > limit {
            found.push(format!("{file}: {length} lines without its tests, the limit is {limit}"));
        }
        found.extend(long_functions(&file, &lines));
    }
    assert!(found.is_empty(), "too long:\n{}", found.join("\n"));
}

/// Functions over 70 lines, by their indentation, which the formatter sees to.
fn long_functions(file: &str, lines: &[(usize, String)]) -> Vec<String> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut found = Vec::new();
    for (at, (number, line)) in lines.iter().enumerate() {
        if !names(line, "fn") || line.trim_start().starts_with("type ") || line.trim_end().ends_with(';') {
            continue;
        }
        let end = lines[at..].iter().find(|(_, end)| end.trim() == "}" && indent(end) == indent(line));
        let Some((end, _)) = end else { continue };
        let limit = LONG_FUNCTIONS.iter().find(|(long, _)| *long == file).map_or(70, |(_, limit)| *limit);
        if end - number >= limit && line.trim_start().contains("fn ") && !line.contains("|") {
            found.push(format!("{file}:{number}: a function of {} lines", end - number + 1));
        }
    }
    found
}

#[test]
fn no_text_names_a_path_of_one_machine() {
    let foreign = ["work", "root", "home", "Users"].map(|folder| format!("/{folder}/"));
    let mut found = Vec::new();
    for file in files("", &[".rs", ".toml", ".md", ".sh", ".yml", ".patch", ".stderr", "Makefile"]) {
        for (at, line) in read(&file).lines().enumerate() {
            if foreign.iter().any(|path| line.contains(path.as_str())) {
                found.push(format!("{file}:{}: {line}", at + 1));
            }
        }
    }
    assert!(found.is_empty(), "paths of one machine:\n{}", found.join("\n"));
}

#[test]
fn no_test_sleeps() {
    // Built from parts, so that this line is not found.
    let sleep = concat!("thread::sl", "eep(");
    let mut found = Vec::new();
    let tests = files("", &[".rs", ".c", ".h", ".cpp", ".hpp", ".py"]).into_iter().filter(|file| is_test_file(file));
    for file in sources().into_iter().chain(tests) {
        let text = read(&file);
        let sleeps = ["sleep(", "sleep_for(", "sleep_until("];
        if !file.ends_with(".rs") && sleeps.iter().any(|sleep| text.contains(sleep)) {
            found.push(file.clone());
        }
        let begin = if is_test_file(&file) { 0 } else { text.find("#[cfg(test)]").unwrap_or(text.len()) };
        if text[begin..].contains(sleep) {
            found.push(file);
        }
    }
    assert!(found.is_empty(), "tests that sleep: {found:?}");
}

#[test]
fn no_test_is_ignored() {
    let ignore = concat!("#[ign", "ore");
    let all = sources().into_iter().chain(files("tests", &[".rs"]));
    let found: Vec<_> = all.filter(|file| read(file).contains(ignore)).collect();
    assert!(found.is_empty(), "ignored tests: {found:?}");
}

/// Every function of the tree whose name begins with the number of a promise.
fn tests_by_name() -> BTreeSet<String> {
    let folders = CRATES.iter().map(|name| (*name).to_owned()).chain(["tests".to_owned(), "examples".to_owned()]);
    let files = folders.flat_map(|folder| files(&folder, &[".rs"]));
    let mut found = BTreeSet::new();
    for file in files {
        for line in read(&file).lines() {
            let name = line.split("fn ").nth(1).and_then(|rest| rest.split(['(', '<']).next());
            found.extend(name.map(str::to_owned));
        }
    }
    found
}

/// The promises of the contract's sections 1 to 6 and 10, and how many there are of each.
const PROMISES: [(&str, u32); 6] = [("k", 8), ("s", 8), ("w", 16), ("c", 9), ("r", 4), ("m", 5)];

#[test]
fn every_promise_of_the_contract_has_a_test_that_names_it() {
    let tests = tests_by_name();
    let numbers = PROMISES.iter().flat_map(|(letter, count)| (1..=*count).map(move |n| format!("{letter}{n}")));
    let missing: Vec<_> =
        numbers.filter(|number| !tests.iter().any(|test| test.split('_').any(|part| part == number))).collect();
    assert!(missing.is_empty(), "promises without a test: {missing:?}");
}

#[test]
fn every_test_that_the_contract_names_exists() {
    let tests = tests_by_name();
    let mut missing = Vec::new();
    for line in read("docs/contract.md").lines() {
        for quoted in line.split('`').skip(1).step_by(2) {
            let name = quoted.rsplit("::").next().unwrap_or(quoted);
            let is_test =
                PROMISES.iter().any(|(letter, count)| (1..=*count).any(|n| name.starts_with(&format!("{letter}{n}_"))));
            if is_test && !name.contains('…') && !tests.contains(name) {
                missing.push(name.to_owned());
            }
        }
    }
    assert!(missing.is_empty(), "the contract names tests that are not there: {missing:?}");
}
