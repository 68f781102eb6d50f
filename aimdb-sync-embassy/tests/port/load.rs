//! Values of which a test sees that they are whole.

use aimdb_sync_embassy::NoUninit;

/// A small value, or a large one whose parts follow from each other, which a torn one's do not.
pub(crate) trait Load: NoUninit + Send + Sync + std::fmt::Debug + PartialEq {
    fn of(number: u32) -> Self;

    /// Fails if the value is torn.
    fn number(self) -> u32;
}

impl Load for u32 {
    fn of(number: u32) -> Self {
        number
    }

    fn number(self) -> u32 {
        self
    }
}

impl<const WORDS: usize> Load for [u32; WORDS]
where
    Self: NoUninit + std::fmt::Debug + PartialEq,
{
    fn of(number: u32) -> Self {
        [number; WORDS]
    }

    fn number(self) -> u32 {
        assert!(self.iter().all(|word| *word == self[0]), "torn");
        self[0]
    }
}

/// Copied by bytes, because they are no whole number of words.
macro_rules! of_bytes {
    ($($bytes:literal)+) => {$(
        impl Load for [u8; $bytes] {
            fn of(number: u32) -> Self {
                let mut bytes = [number as u8; $bytes];
                bytes[..4].copy_from_slice(&number.to_le_bytes());
                bytes
            }

            fn number(self) -> u32 {
                let number = u32::from_le_bytes(self[..4].try_into().unwrap());
                assert_eq!(self, Self::of(number), "torn");
                number
            }
        }
    )+};
}

of_bytes!(13 31);
