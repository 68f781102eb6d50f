//! `record!`: a plain structure that is the same in Rust and in C.

/// What [`crate::record!`] names, so that it needs no crate beside this one.
#[doc(hidden)]
pub mod parts {
    pub use bytemuck;
    pub use zerocopy;

    pub use crate::shape::{Described, Field, is_name_for_c};
}

/// Makes plain structures that are the same in Rust and in C: a record that Rust configures with one of them is the
/// same record from C and C++.
///
/// Each is `#[repr(C)]`, and is `Clone`, `Copy`, `Debug`, `PartialEq`, zerocopy's `FromBytes`,
/// `IntoBytes`, `Immutable` and `KnownLayout`, bytemuck's `Pod`, and [`crate::PlainValue`]. Fields are `u8` to
/// `u64`, `i8` to `i64`, `f32`, `f64`, arrays of these, and other structures of this macro. Padding, names that are
/// keywords of C or C++, and any other type are refused while it is compiled. Comments and other attributes are kept.
///
/// The text behind `=` names the structure on every side, for ever: change its number when the meaning of a field
/// changes. Names, types and places of the fields are a part of the schema, so a change of these is seen by itself.
///
/// [`crate::c_header`] writes what C includes.
///
/// ```
/// use aimdb_ffi::{PlainValue, record};
///
/// record! {
///     /// What one sensor of a room measured.
///     #[derive(PartialOrd)]
///     pub struct Reading = "demo.Reading/1" {
///         /// Degrees.
///         pub celsius: f32,
///         pub sensor: u32,
///         pub samples: [u16; 4],
///     }
/// }
///
/// let reading = Reading { celsius: 21.5, sensor: 3, samples: [0; 4] };
/// assert!(reading.celsius > 20.0);
/// assert_eq!(
///     Reading::SHAPE.to_string(),
///     "demo.Reading/1 { f32 celsius @0, u32 sensor @4, [u16; 4] samples @8 }"
/// );
/// ```
#[macro_export]
macro_rules! record {
    ($(
        $(#[$($attribute:tt)*])*
        $visibility:vis struct $name:ident = $title:literal {
            $($(#[$($field_attribute:tt)*])* $field_visibility:vis $field:ident: $type:ty),+ $(,)?
        }
    )+) => {$(
        $(#[$($attribute)*])*
        #[derive(
            ::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug, ::core::cmp::PartialEq,
            $crate::parts::zerocopy::FromBytes, $crate::parts::zerocopy::IntoBytes,
            $crate::parts::zerocopy::Immutable, $crate::parts::zerocopy::KnownLayout,
            $crate::parts::bytemuck::Pod, $crate::parts::bytemuck::Zeroable,
        )]
        #[zerocopy(crate = "aimdb_ffi::parts::zerocopy")]
        #[bytemuck(crate = "::aimdb_ffi::parts::bytemuck")]
        #[repr(C)]
        $visibility struct $name {
            $($(#[$($field_attribute)*])* $field_visibility $field: $type,)+
        }

        impl $crate::parts::Described for $name {
            const OF: &'static $crate::Shape = &$crate::Shape::structure::<Self>(
                $title,
                ::core::stringify!($name),
                &[$($crate::doc_of!($($attribute)*)),*],
                &[$($crate::parts::Field::new::<$type>(
                    ::core::stringify!($field),
                    &[$($crate::doc_of!($($field_attribute)*)),*],
                    ::core::mem::offset_of!($name, $field),
                )),+],
            );
        }

        // Told here, where the structure stands, and not where it is first used.
        const _: () = {
            ::core::assert!(!$title.is_empty(), "a record has a name on every side, such as \"demo.Reading/1\"");
            $crate::name_for_c!($name);
            let mut end = 0;
            $(
                $crate::name_for_c!($field);
                ::core::assert!(
                    ::core::mem::offset_of!($name, $field) == end,
                    ::core::concat!(
                        "there is a gap before `", ::core::stringify!($field), "`, of bytes that nobody writes: order ",
                        "the fields by falling size, or fill the gap with one, such as `reserved: [u8; 4]`",
                    ),
                );
                end += ::core::mem::size_of::<$type>();
            )+
            ::core::assert!(
                ::core::mem::size_of::<$name>() == end,
                ::core::concat!(
                    "there is a gap at the end of `", ::core::stringify!($name), "`, of bytes that nobody writes: ",
                    "fill it with a field, such as `reserved: [u8; 4]`",
                ),
            );
        };
    )+};
}

/// The line of a comment, if an attribute is one.
#[doc(hidden)]
#[macro_export]
macro_rules! doc_of {
    (doc = $line:expr) => {
        ::core::option::Option::Some($line)
    };
    ($($other:tt)*) => {
        ::core::option::Option::None
    };
}

/// Refuses a name that C or C++ cannot have.
#[doc(hidden)]
#[macro_export]
macro_rules! name_for_c {
    ($name:ident) => {
        ::core::assert!(
            $crate::parts::is_name_for_c(::core::stringify!($name)),
            ::core::concat!("C and C++ can name nothing `", ::core::stringify!($name), "`"),
        )
    };
}
