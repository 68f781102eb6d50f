//! How a plain value of Rust lies in memory, and what C calls it.

use core::fmt::{self, Write as _};
use core::str;

use bytemuck::Pod;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::schema::{Hash, Schema};

/// A plain value that C has too: numbers, arrays of them, and what [`crate::record!`] makes.
///
/// The other traits vouch for its bytes: any make a value, none is padding, and nothing in it points anywhere.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no plain value that C has too",
    label = "not a number, an array of numbers, or a type of `record!`",
    note = "C shares u8 to u64, i8 to i64, f32, f64, arrays of these, and types that `aimdb_ffi::record!` makes"
)]
pub trait PlainValue:
    Described + FromBytes + IntoBytes + Immutable + KnownLayout + Pod + Send + Sync + 'static
{
    /// How it lies in memory.
    const SHAPE: &'static Shape = Self::OF;

    /// What a C program opens a record of it with: the hash of the shape's text.
    const SCHEMA: Schema = Self::OF.schema();
}

impl<T> PlainValue for T where
    T: Described + FromBytes + IntoBytes + Immutable + KnownLayout + Pod + Send + Sync + 'static
{
}

/// A type of which this crate knows the shape.
// Apart from `PlainValue`, so that a type with padding is told to have padding, and not also each trait it then lacks.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no plain value that C has too",
    label = "not a number, an array of numbers, or a type of `record!`",
    note = "C shares u8 to u64, i8 to i64, f32, f64, arrays of these, and types that `aimdb_ffi::record!` makes"
)]
pub trait Described {
    const OF: &'static Shape;
}

/// How a plain value lies in memory, and what C calls it.
///
/// Shown, it is the text that the schema is made from, such as
/// `demo.Reading/1 { f32 celsius @0, [u16; 2] samples @4 }`.
pub struct Shape {
    kind: Kind,
    size: usize,
    alignment: usize,
}

enum Kind {
    Number { rust: &'static str, c: &'static str },
    Array { of: &'static Shape, len: usize },
    Structure(Structure),
}

pub(crate) struct Structure {
    /// What its maker calls it everywhere, with a version.
    pub(crate) title: &'static str,
    /// What Rust and C call it.
    pub(crate) name: &'static str,
    pub(crate) doc: &'static [Option<&'static str>],
    pub(crate) fields: &'static [Field],
}

/// A field of a structure. Made by [`crate::record!`].
#[doc(hidden)]
pub struct Field {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static [Option<&'static str>],
    pub(crate) shape: &'static Shape,
    pub(crate) offset: usize,
}

impl Field {
    #[doc(hidden)]
    #[must_use]
    pub const fn new<T: Described>(name: &'static str, doc: &'static [Option<&'static str>], offset: usize) -> Self {
        Self { name: name_for_c(name), doc, shape: T::OF, offset }
    }
}

impl Shape {
    /// Of a structure. Called by [`crate::record!`], while it is compiled.
    #[doc(hidden)]
    #[must_use]
    pub const fn structure<T>(
        title: &'static str,
        name: &'static str,
        doc: &'static [Option<&'static str>],
        fields: &'static [Field],
    ) -> Self {
        let kind = Kind::Structure(Structure { title, name: name_for_c(name), doc, fields });
        Self { kind, size: size_of::<T>(), alignment: align_of::<T>() }
    }

    const fn number<T>(rust: &'static str, c: &'static str) -> Self {
        Self { kind: Kind::Number { rust, c }, size: size_of::<T>(), alignment: align_of::<T>() }
    }

    const fn array(of: &'static Self, len: usize) -> Self {
        assert!(len > 0, "an array of C has an element");
        Self { kind: Kind::Array { of, len }, size: of.size * len, alignment: of.alignment }
    }

    /// Its size in bytes.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.size
    }

    /// The alignment that Rust gives it.
    #[must_use]
    pub const fn alignment(&self) -> usize {
        self.alignment
    }

    /// The hash of its text. `aimdb_schema_of` gives the same.
    #[must_use]
    pub const fn schema(&self) -> Schema {
        let mut text = Text { hash: Hash::new(), bytes: &mut [], len: 0 };
        self.write(&mut text);
        text.hash.schema()
    }

    pub(crate) const fn as_structure(&self) -> Option<&Structure> {
        match &self.kind {
            Kind::Structure(structure) => Some(structure),
            Kind::Number { .. } | Kind::Array { .. } => None,
        }
    }

    /// The element's shape without its arrays, and how long these are, the outermost first.
    pub(crate) fn element(&self) -> (&Self, Vec<usize>) {
        let (mut shape, mut lengths) = (self, Vec::new());
        while let Kind::Array { of, len } = shape.kind {
            lengths.push(len);
            shape = of;
        }
        (shape, lengths)
    }

    /// What C calls it, if it is no array.
    pub(crate) const fn c_name(&self) -> &'static str {
        match &self.kind {
            Kind::Number { c, .. } => c,
            Kind::Structure(structure) => structure.name,
            Kind::Array { of, .. } => of.c_name(),
        }
    }

    const fn write(&self, text: &mut Text<'_>) {
        match &self.kind {
            Kind::Number { rust, .. } => text.add(rust),
            Kind::Array { of, len } => {
                text.add("[");
                of.write(text);
                text.add("; ");
                text.add_number(*len);
                text.add("]");
            }
            Kind::Structure(structure) => {
                text.add(structure.title);
                let mut at = 0;
                while at < structure.fields.len() {
                    let field = &structure.fields[at];
                    text.add(if at == 0 { " { " } else { ", " });
                    field.shape.write(text);
                    text.add(" ");
                    text.add(field.name);
                    text.add(" @");
                    text.add_number(field.offset);
                    at += 1;
                }
                text.add(" }");
            }
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut length = Text { hash: Hash::new(), bytes: &mut [], len: 0 };
        self.write(&mut length);
        let mut bytes = vec![0; length.len];
        self.write(&mut Text { hash: Hash::new(), bytes: &mut bytes, len: 0 });
        f.write_str(str::from_utf8(&bytes).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('`')?;
        fmt::Display::fmt(self, f)?;
        write!(f, "`, {} bytes aligned to {}", self.size, self.alignment)
    }
}

/// A text that is hashed while it is compiled, and kept as far as there is room.
struct Text<'a> {
    hash: Hash,
    bytes: &'a mut [u8],
    len: usize,
}

impl Text<'_> {
    const fn add(&mut self, text: &str) {
        let text = text.as_bytes();
        let mut at = 0;
        while at < text.len() {
            self.add_byte(text[at]);
            at += 1;
        }
    }

    const fn add_byte(&mut self, byte: u8) {
        self.hash = self.hash.add(byte);
        if self.len < self.bytes.len() {
            self.bytes[self.len] = byte;
        }
        self.len += 1;
    }

    const fn add_number(&mut self, number: usize) {
        if number >= 10 {
            self.add_number(number / 10);
        }
        self.add_byte(b'0' + (number % 10) as u8);
    }
}

/// A name of Rust as C has it.
const fn name_for_c(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

/// Whether C and C++ can have a name of Rust.
#[doc(hidden)]
#[must_use]
pub const fn is_name_for_c(name: &'static str) -> bool {
    let name = name_for_c(name);
    let mut at = 0;
    while at < KEYWORDS.len() {
        if is_same(name, KEYWORDS[at]) {
            return false;
        }
        at += 1;
    }
    name.is_ascii()
}

const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

/// The words of C and C++ that Rust would let a field or a type be named with.
const KEYWORDS: &[&str] = &[
    "alignas",
    "alignof",
    "and",
    "and_eq",
    "asm",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "char16_t",
    "char32_t",
    "char8_t",
    "class",
    "co_await",
    "co_return",
    "co_yield",
    "compl",
    "concept",
    "const",
    "const_cast",
    "consteval",
    "constexpr",
    "constinit",
    "continue",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "dynamic_cast",
    "else",
    "enum",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "not_eq",
    "nullptr",
    "operator",
    "or",
    "or_eq",
    "private",
    "protected",
    "public",
    "register",
    "reinterpret_cast",
    "requires",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "static_cast",
    "struct",
    "switch",
    "template",
    "this",
    "thread_local",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "typeof",
    "union",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "wchar_t",
    "while",
    "xor",
    "xor_eq",
];

macro_rules! numbers {
    ($($rust:ident = $c:literal;)+) => {$(
        impl Described for $rust {
            const OF: &'static Shape = &Shape::number::<Self>(stringify!($rust), $c);
        }
    )+};
}

numbers! {
    u8 = "uint8_t";
    u16 = "uint16_t";
    u32 = "uint32_t";
    u64 = "uint64_t";
    i8 = "int8_t";
    i16 = "int16_t";
    i32 = "int32_t";
    i64 = "int64_t";
    f32 = "float";
    f64 = "double";
}

impl<T: Described, const N: usize> Described for [T; N] {
    const OF: &'static Shape = &Shape::array(T::OF, N);
}
