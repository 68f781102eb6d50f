//! Records that Rust describes and C opens: through the functions of the library, as C calls them, and through the
//! header that is written for C, as its compilers see it.

mod tools;

use core::ffi::{CStr, c_char, c_void};
use core::ptr;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, mpsc};

use aimdb_ffi::{DatabaseHandle, Exports, PlainValue, Schema, Status, c_header, record};
use aimdb_sync::{AimDbBuilder, AimDbHandle, Attach, BufferCfg, DbError, Deadline, DropCause};
use tools::{are_there, cxx};

record! {
    /// A place in a room.
    #[derive(PartialOrd)]
    pub struct Place = "test.Place/1" {
        /// Metres from the door.
        x: f32,
        /// Metres from the window, /* and
        /// not from the wall */.
        y: f32,
    }

    /// What one sensor measured, and where.
    pub struct RoomReading = "test.RoomReading/2" {
        /// Counts from 1.
        number: u64,
        /// Of the room.
        corners: [Place; 4],
        matrix: [[i16; 3]; 2],
        r#type: u32,
        small: [u8; 7],
        sign: i8,
        wide: i64,
        exact: f64,
        medium: [u16; 2],
        last: i32,
    }
}

impl RoomReading {
    fn numbered(number: u64) -> Self {
        Self { number, last: -5, ..zerocopy::FromZeros::new_zeroed() }
    }
}

/// `aimdb_type_t`.
#[repr(C)]
struct Type {
    struct_size: usize,
    form: i32,
    size: usize,
    alignment: usize,
    schema: Schema,
}

impl Type {
    fn of<T: PlainValue>() -> Self {
        Self::plain(size_of::<T>(), align_of::<T>(), T::SCHEMA)
    }

    fn plain(size: usize, alignment: usize, schema: Schema) -> Self {
        Self { struct_size: size_of::<Self>(), form: 0, size, alignment, schema }
    }
}

#[derive(Clone, Copy)]
#[repr(C)]
struct Handle {
    id: u64,
}

unsafe extern "C" {
    fn aimdb_schema_of(text: *const c_char) -> Schema;
    fn aimdb_error_message(error: Handle) -> *const c_char;
    fn aimdb_error_free(error: Handle) -> Status;
    fn aimdb_producer_open(
        db: DatabaseHandle,
        key: *const c_char,
        ty: *const Type,
        producer: *mut Handle,
        error: *mut Handle,
    ) -> Status;
    fn aimdb_producer_send(producer: Handle, value: *const c_void, size: usize) -> Status;
    fn aimdb_producer_force_send(producer: Handle, value: *const c_void, size: usize) -> Status;
    fn aimdb_producer_free(producer: Handle) -> Status;
    fn aimdb_consumer_open(
        db: DatabaseHandle,
        key: *const c_char,
        ty: *const Type,
        start: i32,
        consumer: *mut Handle,
        error: *mut Handle,
    ) -> Status;
    fn aimdb_consumer_try_recv(consumer: Handle, buffer: *mut c_void, capacity: usize, size: *mut usize) -> Status;
    fn aimdb_consumer_free(consumer: Handle) -> Status;
    fn aimdb_db_close(db: DatabaseHandle, timeout_ns: i64, left: *mut u64) -> Status;
    fn aimdb_db_free(db: DatabaseHandle) -> Status;
}

/// As C opens a producer: it, or the status and the sentence.
fn producer(db: DatabaseHandle, key: &CStr, ty: &Type) -> Result<Handle, (Status, String)> {
    let (mut producer, mut error) = (Handle { id: 0 }, Handle { id: 0 });
    // SAFETY: the key ends with a zero, and the others are there.
    let status = unsafe { aimdb_producer_open(db, key.as_ptr(), ty, &raw mut producer, &raw mut error) };
    opened(producer, status, error)
}

fn consumer(db: DatabaseHandle, key: &CStr, ty: &Type) -> Result<Handle, (Status, String)> {
    let (mut consumer, mut error) = (Handle { id: 0 }, Handle { id: 0 });
    // SAFETY: as above.
    let status = unsafe { aimdb_consumer_open(db, key.as_ptr(), ty, 0, &raw mut consumer, &raw mut error) };
    opened(consumer, status, error)
}

fn opened(end: Handle, status: Status, error: Handle) -> Result<Handle, (Status, String)> {
    if status == Status::OK {
        return Ok(end);
    }
    // SAFETY: it was made by the call, and is freed after.
    let said = unsafe { CStr::from_ptr(aimdb_error_message(error)) }.to_str().expect("it is UTF-8").to_owned();
    // SAFETY: any handle may be freed.
    assert_eq!(unsafe { aimdb_error_free(error) }, Status::OK);
    Err((status, said))
}

fn send<T: PlainValue>(producer: Handle, value: &T) -> Status {
    // SAFETY: the value is there, and has the size that is said.
    unsafe { aimdb_producer_send(producer, (&raw const *value).cast(), size_of::<T>()) }
}

fn try_recv<T: PlainValue>(consumer: Handle) -> Result<T, Status> {
    let mut value = T::new_zeroed();
    // SAFETY: there is room for the size that is said.
    let status = unsafe { aimdb_consumer_try_recv(consumer, (&raw mut value).cast(), size_of::<T>(), ptr::null_mut()) };
    if status == Status::OK { Ok(value) } else { Err(status) }
}

fn bounded(capacity: usize) -> impl Fn(&mut AimDbBuilder) {
    move |builder| {
        builder.configure::<RoomReading>("room.reading", |record| {
            record.bounded(capacity);
        });
    }
}

fn attached(describe: impl Fn(&mut AimDbBuilder)) -> AimDbHandle {
    let mut builder = AimDbBuilder::new();
    describe(&mut builder);
    builder.attach().expect("it is sound")
}

fn exported(handle: impl Into<Arc<AimDbHandle>>) -> DatabaseHandle {
    let exports = Exports::new(handle).record::<RoomReading>("room.reading").expect("it is there");
    exports.into_handle().expect("there are handles left")
}

#[test]
fn what_c_sends_rust_taps_and_what_rust_sends_c_receives() {
    let (tapped, taps) = mpsc::channel();
    let rust = Arc::new(attached(|builder| {
        bounded(4)(builder);
        let tapped = tapped.clone();
        builder.configure::<RoomReading>("room.reading", move |record| {
            record.tap_blocking(move |_context, mut readings| {
                while let Ok(reading) = readings.recv_blocking(Deadline::Never) {
                    tapped.send(reading).expect("the test is there");
                }
            });
        });
    }));
    let db = exported(Arc::clone(&rust));
    let of_c = producer(db, c"room.reading", &Type::of::<RoomReading>()).expect("it is this type");
    let to_c = consumer(db, c"room.reading", &Type::of::<RoomReading>()).expect("it is this type");
    let of_rust = rust.producer::<RoomReading>("room.reading").expect("it is there");
    let mut to_rust = rust.consumer::<RoomReading>("room.reading").expect("it is there");

    for number in 1..=100 {
        let reading = RoomReading::numbered(number);
        if number % 2 == 0 {
            of_rust.send(reading).expect("it is open");
        } else {
            assert_eq!(send(of_c, &reading), Status::OK);
        }
        assert_eq!(try_recv(to_c), Ok(reading));
        assert_eq!(to_rust.recv(), Ok(reading));
        assert_eq!(taps.recv(), Ok(reading));
    }
    assert_eq!(try_recv::<RoomReading>(to_c), Err(Status::EMPTY));

    // One capacity for both.
    for number in 1..=4 {
        assert_eq!(send(of_c, &RoomReading::numbered(number)), Status::OK);
    }
    assert!(of_rust.try_send(RoomReading::numbered(5)).is_err_and(|error| error.into_inner().number == 5));
    for number in 1..=4 {
        assert_eq!(try_recv(to_c), Ok(RoomReading::numbered(number)));
        assert_eq!(to_rust.recv(), Ok(RoomReading::numbered(number)));
    }
    let stats = rust.stats();
    assert_eq!((stats[0].buffer.counters.accepted, stats[0].buffer.counters.refused), (104, 1));

    // The database ends when both have let go; an order to close ends it for both.
    // SAFETY: the handles are ours, and any may be freed.
    unsafe {
        assert_eq!(aimdb_db_close(db, -1, ptr::null_mut()), Status::OK);
        assert!(rust.is_closed());
        assert_eq!(send(of_c, &RoomReading::numbered(6)), Status::CLOSED);
        assert_eq!(aimdb_db_free(db), Status::OK);
        assert_eq!(aimdb_producer_free(of_c), Status::OK);
        assert_eq!(aimdb_consumer_free(to_c), Status::OK);
    }
}

#[test]
fn rust_keeps_a_database_that_c_has_let_go_of() {
    let rust = Arc::new(attached(bounded(1)));
    let db = exported(Arc::clone(&rust));
    // SAFETY: any handle may be freed.
    assert_eq!(unsafe { aimdb_db_free(db) }, Status::OK);
    assert!(!rust.is_closed());
    let producer = rust.producer::<RoomReading>("room.reading").expect("it is there");
    assert_eq!(producer.send(RoomReading::numbered(1)), Ok(()));
}

#[test]
fn a_database_that_only_c_has_is_closed_when_c_lets_go_of_it() {
    let rust = attached(bounded(1));
    let producer = rust.producer::<RoomReading>("room.reading").expect("it is there");
    let db = exported(rust);
    // SAFETY: any handle may be freed.
    assert_eq!(unsafe { aimdb_db_free(db) }, Status::OK);
    assert!(producer.is_closed());
}

#[test]
fn another_type_is_refused_when_it_is_opened() {
    let db = exported(attached(bounded(1)));
    let key = c"room.reading";
    let size = size_of::<RoomReading>();

    let other = Schema::of(b"test.RoomReading/1");
    for opened in [producer(db, key, &Type::plain(size, 8, other)), consumer(db, key, &Type::plain(size, 8, other))] {
        let (status, said) = opened.err().expect("it is another schema");
        assert_eq!(status, Status::SCHEMA_MISMATCH);
        let (schema, other) = (RoomReading::SCHEMA, other);
        assert_eq!(said, format!("record `room.reading` has the schema {schema}, and was opened with {other}"));
    }
    let none = producer(db, key, &Type::plain(size, 8, Schema::default())).err().expect("it has a schema");
    assert_eq!(none.0, Status::SCHEMA_MISMATCH);
    let larger = producer(db, key, &Type::plain(size + 8, 8, RoomReading::SCHEMA)).err().expect("it is smaller");
    assert_eq!(larger.0, Status::TYPE_MISMATCH);
    let aligned = producer(db, key, &Type::plain(size, 16, RoomReading::SCHEMA)).err().expect("it is aligned to 8");
    assert_eq!(aligned.0, Status::TYPE_MISMATCH);
    // SAFETY: any handle may be freed.
    assert_eq!(unsafe { aimdb_db_free(db) }, Status::OK);
}

#[test]
fn c_opens_what_is_exported_and_nothing_else() {
    let rust = attached(|builder| {
        builder
            .configure::<f32>("limit", |record| {
                record.buffer(BufferCfg::SingleLatest);
            })
            .configure::<[u16; 3]>("levels", |record| {
                record.plain_buffer(BufferCfg::Mailbox);
            })
            .configure::<u64>("secret", |record| {
                record.buffer(BufferCfg::SingleLatest);
            });
    });
    let exports = Exports::new(rust).record::<f32>("limit").expect("it is there");
    let exports = exports.record::<[u16; 3]>("levels").expect("it is there");
    let db = exports.into_handle().expect("there are handles left");

    // A number has the schema of its name, and needs no alignment: 0 is 8 in C, and is said to be 8 here.
    // SAFETY: the texts end with a zero.
    let (of_f32, of_levels) = unsafe { (aimdb_schema_of(c"f32".as_ptr()), aimdb_schema_of(c"[u16; 3]".as_ptr())) };
    let limit = producer(db, c"limit", &Type::plain(4, 0, of_f32)).expect("it is a number");
    assert_eq!(send(limit, &21.5_f32), Status::OK);
    let limits = consumer(db, c"limit", &Type::plain(4, 4, of_f32)).expect("it is a number");
    assert_eq!(try_recv(limits), Ok(21.5_f32));
    let levels = producer(db, c"levels", &Type::plain(6, 2, of_levels)).expect("it is this array");
    assert_eq!(send(levels, &[1_u16, 2, 3]), Status::OK);
    let number = producer(db, c"limit", &Type::plain(4, 4, u32::SCHEMA)).err().expect("it is another number");
    assert_eq!(number.0, Status::SCHEMA_MISMATCH);

    for (key, wanted) in [(c"secret", "there is no record `secret`"), (c"none", "there is no record `none`")] {
        let (status, said) = producer(db, key, &Type::of::<u64>()).err().expect("C does not know it");
        assert_eq!((status, said.as_str()), (Status::RECORD_NOT_FOUND, wanted));
    }
    // Values that C cannot read are none that C has left: the array is.
    let mut left = 77;
    // SAFETY: `left` may be written, and any handle may be freed.
    unsafe {
        assert_eq!(aimdb_db_close(db, 0, &raw mut left), Status::TIMEOUT);
        assert_eq!(left, 1);
        for end in [limit, levels] {
            assert_eq!(aimdb_producer_free(end), Status::OK);
        }
        assert_eq!(aimdb_consumer_free(limits), Status::OK);
        assert_eq!(aimdb_db_free(db), Status::OK);
    }
}

#[test]
fn what_is_not_there_is_not_exported() {
    let rust = Arc::new(attached(bounded(1)));
    let missing = Exports::new(Arc::clone(&rust)).record::<u8>("none").expect_err("there is none");
    assert!(matches!(missing, DbError::RecordNotFound { .. }));
    let other = Exports::new(Arc::clone(&rust)).record::<u8>("room.reading").expect_err("it is another type");
    assert!(matches!(other, DbError::TypeMismatch { .. }));
    assert!(!rust.is_closed());
}

#[test]
fn a_schema_is_the_hash_of_the_text_that_is_shown() {
    assert_eq!(
        RoomReading::SHAPE.to_string(),
        "test.RoomReading/2 { u64 number @0, [test.Place/1 { f32 x @0, f32 y @4 }; 4] corners @8, \
         [[i16; 3]; 2] matrix @40, u32 type @52, [u8; 7] small @56, i8 sign @63, i64 wide @64, f64 exact @72, \
         [u16; 2] medium @80, i32 last @84 }"
    );
    for shape in [RoomReading::SHAPE, Place::SHAPE, u8::SHAPE, <[f64; 1000]>::SHAPE] {
        assert_eq!(shape.schema(), Schema::of(shape.to_string().as_bytes()));
    }
    assert_eq!((RoomReading::SHAPE.size(), RoomReading::SHAPE.alignment()), (88, 8));
    let shapes = [Place::SHAPE, u32::SHAPE, <[f32; 2]>::SHAPE, <[Place; 1]>::SHAPE];
    let schemas: std::collections::BTreeSet<_> = shapes.iter().map(|shape| shape.schema().bytes).collect();
    assert_eq!(schemas.len(), shapes.len());
}

#[test]
fn the_declaration_for_c_is_this() {
    assert_eq!(u8::SHAPE.c_struct(), "");
    assert_eq!(
        Place::SHAPE.c_struct(),
        "/* A place in a room. */\n\
         typedef struct Place {\n    \
             /* Metres from the door. */\n    \
             float x;\n    \
             /* Metres from the window, / * and\n     \
              * not from the wall * /. */\n    \
             float y;\n\
         } Place;\n\
         \n\
         static_assert(sizeof(Place) == 8, \"the size of Place in Rust\");\n\
         static_assert(offsetof(Place, x) == 0, \"the place of Place.x in Rust\");\n\
         static_assert(offsetof(Place, y) == 4, \"the place of Place.y in Rust\");\n\
         \n\
         /* The schema of \"test.Place/1 { f32 x @0, f32 y @4 }\". */\n\
         #define PLACE_SCHEMA_INIT \\\n    \
             { { 0x1a, 0x3a, 0xe0, 0xa6, 0x93, 0x4b, 0xb9, 0x47, 0xf9, 0x6f, 0x4d, 0x82, 0xac, 0xf1, 0x5e, 0xed } }\n\
         #define PLACE_TYPE_INIT \\\n    \
             { sizeof(aimdb_type_t), AIMDB_PLAIN, sizeof(Place), 4, PLACE_SCHEMA_INIT }\n\
         \n\
         #ifdef __cplusplus\n\
         extern \"C++\" {\n\
         namespace aimdb {\n\
         template <class T>\n\
         struct schema;\n\
         template <>\n\
         struct schema<::Place> {\n    \
             static aimdb_schema_t value() noexcept { return PLACE_SCHEMA_INIT; }\n\
         };\n\
         }\n\
         }\n\
         #endif\n"
    );
}

/// Compiles a text that includes the header, as strictly as a compiler can be told to.
fn compile(compiler: &str, standard: &str, ending: &str, program: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let header = c_header("room-records.h", &[RoomReading::SHAPE, Place::SHAPE, u8::SHAPE]);
    assert!(header.contains("#ifndef ROOM_RECORDS_H\n"));
    assert_eq!(header.matches("typedef struct Place {").count(), 1, "each once:\n{header}");
    let named = folder.join(format!("{ending}-{standard}"));
    std::fs::create_dir_all(&named).expect("cargo has made the folder above");
    std::fs::write(named.join("room-records.h"), header).expect("the folder is there");
    let source = named.join(format!("program.{ending}"));
    std::fs::write(&source, program).expect("the folder is there");
    let mut compile = Command::new(compiler);
    compile.args([&format!("-std={standard}"), "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only"]);
    compile.arg("-I").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("include")).arg("-I").arg(&named).arg(&source);
    let compiled = compile.output().expect("compilers of C and C++ are needed: install them, or set CC and CXX");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
}

const PROGRAM: &str = r#"
#include <room-records.h>
#include <room-records.h>

int main(void) {
    const aimdb_schema_t schema = ROOM_READING_SCHEMA_INIT;
    const aimdb_type_t type = ROOM_READING_TYPE_INIT;
    RoomReading reading = { 0, { { 0, 0 } }, { { 0 } }, 0, { 0 }, 0, 0, 0, { 0 }, 0 };
    reading.corners[3].y = 1.5f;
    reading.matrix[1][2] = -1;
    reading.type = 7;
    return schema.bytes[0] == type.schema.bytes[0] && type.size == sizeof reading ? 0 : 1;
}
"#;

/// The header of C++ finds the schemas, also where it comes second.
const TYPED: &str = r#"
#include <aimdb.hpp>

aimdb::producer<RoomReading> opened(const aimdb::database &db) { return db.producer<RoomReading>("room.reading"); }
aimdb_schema_t schema() { return aimdb::schema<Place>::value(); }
"#;

#[test]
fn s5_m5_what_c_displaces_goes_to_the_drop_hook_of_rust() {
    let (lost, told) = mpsc::channel();
    let db = attached(move |builder| {
        let lost = lost.clone();
        builder.configure::<u64>("number", move |record| {
            record.bounded(1).on_drop(move |value, cause| lost.send((value, cause)).expect("it is awaited"));
        });
    });
    let db = Exports::new(db).record::<u64>("number").expect("it is there").into_handle().expect("a handle");
    let producer = producer(db, c"number", &Type::of::<u64>()).expect("it is the type");
    for value in [1_u64, 2] {
        // SAFETY: the value is there, and has the size that is said.
        let sent = unsafe { aimdb_producer_force_send(producer, (&raw const value).cast(), size_of::<u64>()) };
        assert_eq!(sent, Status::OK);
    }
    assert_eq!(told.try_recv(), Ok((1, DropCause::Overwritten)));
    // SAFETY: any handle may be freed.
    assert_eq!(unsafe { (aimdb_producer_free(producer), aimdb_db_free(db)) }, (Status::OK, Status::OK));
}

#[test]
fn the_header_is_c11_and_c_plus_plus_17() {
    let cc = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    for standard in ["c11", "c17"] {
        compile(&cc, standard, "c", PROGRAM);
    }
    let cxx = cxx();
    for standard in ["c++17", "c++20"].into_iter().filter(|_| are_there(&[&cxx])) {
        compile(&cxx, standard, "cpp", &format!("#include <aimdb.hpp>\n{PROGRAM}"));
        compile(&cxx, standard, "cpp", &format!("extern \"C\" {{\n{PROGRAM}\n}}\n{TYPED}"));
    }
}
