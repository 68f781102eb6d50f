//! What C includes in order to share records with Rust.

use core::fmt::Write as _;

use crate::shape::{Shape, Structure};

/// Writes the header that makes these structures, and those that they are made of, the same in C11 and in C++17:
/// with their comments, with assertions about each size and place, and with what a record of them is opened with
/// (in C++: by `db.producer<Reading>(key)` of `aimdb.hpp`).
///
/// `name` is the file's, for its guard. Numbers and arrays need nothing of their own, and are passed over.
///
/// Write it in a test, in a small program, or in a build script that includes the file of the records. Its
/// assertions are those of the machine that this runs on, which matters where one side is built for another.
///
/// ```
/// aimdb_ffi::record! {
///     /// What one sensor measured.
///     pub struct Reading = "demo.Reading/1" { pub celsius: f32, pub sensor: u32 }
/// }
///
/// use aimdb_ffi::PlainValue;
/// let header = aimdb_ffi::c_header("readings.h", &[Reading::SHAPE]);
/// assert!(header.contains("typedef struct Reading {"));
/// assert!(header.contains("#define READING_TYPE_INIT"));
/// ```
#[must_use]
pub fn c_header(name: &str, shapes: &[&'static Shape]) -> String {
    let guard: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    let mut known = Vec::new();
    shapes.iter().for_each(|shape| add_with_parts(shape, &mut known));
    let mut text = format!(
        "/* Written by aimdb_ffi::c_header from the records of a Rust program. Change them there. */\n\
         #ifndef {guard}\n#define {guard}\n\n\
         #include <assert.h>\n#include <stddef.h>\n#include <stdint.h>\n\n#include <aimdb.h>\n\n"
    );
    for shape in known {
        text.push_str(&shape.c_struct());
        text.push('\n');
    }
    text.push_str("#endif\n");
    text
}

/// The structure behind those that it is made of, each once.
fn add_with_parts(shape: &'static Shape, known: &mut Vec<&'static Shape>) {
    let (shape, _) = shape.element();
    let Some(structure) = shape.as_structure() else { return };
    structure.fields.iter().for_each(|field| add_with_parts(field.shape, known));
    let is_it = |known: &&Shape| (known.c_name(), known.schema()) == (shape.c_name(), shape.schema());
    if !known.iter().any(is_it) {
        known.push(shape);
    }
}

impl Shape {
    /// The declaration in C11 and C++17 of a structure: itself, assertions about its size and places, the macros that
    /// its schema and type are initialised with, and its schema for `aimdb.hpp`. Empty for numbers and arrays.
    ///
    /// [`c_header`] puts several into one file.
    #[must_use]
    pub fn c_struct(&self) -> String {
        let Some(structure) = self.as_structure() else { return String::new() };
        let mut text = String::new();
        write_struct(&mut text, structure);
        write_assertions(&mut text, self, structure);
        write_macros(&mut text, self, structure);
        write_schema_of_cpp(&mut text, structure.name);
        text
    }
}

// Writing to a `String` cannot fail.
macro_rules! line {
    ($text:expr, $($format:tt)*) => {
        let _ = writeln!($text, $($format)*);
    };
}

fn write_struct(text: &mut String, structure: &Structure) {
    write_comment(text, "", structure.doc);
    line!(text, "typedef struct {} {{", structure.name);
    for field in structure.fields {
        write_comment(text, "    ", field.doc);
        let (element, lengths) = field.shape.element();
        let lengths: String = lengths.iter().map(|len| format!("[{len}]")).collect();
        line!(text, "    {} {}{lengths};", element.c_name(), field.name);
    }
    line!(text, "}} {};\n", structure.name);
}

fn write_assertions(text: &mut String, shape: &Shape, structure: &Structure) {
    let name = structure.name;
    line!(text, "static_assert(sizeof({name}) == {}, \"the size of {name} in Rust\");", shape.size());
    for field in structure.fields {
        let (field, offset) = (field.name, field.offset);
        line!(text, "static_assert(offsetof({name}, {field}) == {offset}, \"the place of {name}.{field} in Rust\");");
    }
}

fn write_macros(text: &mut String, shape: &Shape, structure: &Structure) {
    let (name, upper) = (structure.name, upper_snake(structure.name));
    let bytes: Vec<String> = shape.schema().bytes.iter().map(|byte| format!("0x{byte:02x}")).collect();
    line!(text, "\n/* The schema of \"{}\". */", for_comment(&shape.to_string()));
    line!(text, "#define {upper}_SCHEMA_INIT \\\n    {{ {{ {} }} }}", bytes.join(", "));
    line!(
        text,
        "#define {upper}_TYPE_INIT \\\n    \
         {{ sizeof(aimdb_type_t), AIMDB_PLAIN, sizeof({name}), {}, {upper}_SCHEMA_INIT }}",
        shape.alignment()
    );
}

/// For `aimdb.hpp`, before or behind which the header may be included, also by those who put it in `extern "C"`.
fn write_schema_of_cpp(text: &mut String, name: &str) {
    let upper = upper_snake(name);
    line!(
        text,
        "\n#ifdef __cplusplus\nextern \"C++\" {{\nnamespace aimdb {{\n\
         template <class T>\nstruct schema;\n\
         template <>\nstruct schema<::{name}> {{\n    \
             static aimdb_schema_t value() noexcept {{ return {upper}_SCHEMA_INIT; }}\n\
         }};\n}}\n}}\n#endif"
    );
}

/// As the comments of `aimdb.h`: ` * ` before each line but the first.
fn write_comment(text: &mut String, indent: &str, doc: &[Option<&str>]) {
    let doc = doc.iter().flatten().flat_map(|part| part.lines().chain(part.is_empty().then_some("")));
    let lines: Vec<String> = doc.map(|line| for_comment(line.trim())).collect();
    if lines.is_empty() {
        return;
    }
    let separator = format!("\n{indent} * ");
    let joined = lines.join(&separator);
    let lines: Vec<&str> = joined.lines().map(str::trim_end).collect();
    line!(text, "{indent}/* {} */", lines.join("\n"));
}

/// Neither ends a comment nor begins another, which compilers warn of.
fn for_comment(line: &str) -> String {
    line.replace("*/", "* /").replace("/*", "/ *")
}

/// `RoomReading` is `ROOM_READING`, `HTTPState` is `HTTP_STATE`.
fn upper_snake(name: &str) -> String {
    let name: Vec<char> = name.chars().collect();
    let mut upper = String::new();
    for (at, c) in name.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| name[before]);
        let after = name.get(at + 1);
        let begins = c.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase))
            });
        if begins {
            upper.push('_');
        }
        upper.push(c.to_ascii_uppercase());
    }
    upper
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_macro_is_named_after_its_type() {
        for (name, upper) in [
            ("Reading", "READING"),
            ("RoomReading", "ROOM_READING"),
            ("HTTPState", "HTTP_STATE"),
            ("Vec3f", "VEC3F"),
            ("Axis2Pose", "AXIS2_POSE"),
            ("Old_style", "OLD_STYLE"),
        ] {
            assert_eq!(upper_snake(name), upper);
        }
    }

    #[test]
    fn a_comment_stays_one_comment() {
        let mut text = String::new();
        write_comment(&mut text, "  ", &[Some(" One /* two */."), None, Some(""), Some(" Three.")]);
        assert_eq!(text, "  /* One / * two * /.\n   *\n   * Three. */\n");
    }
}
