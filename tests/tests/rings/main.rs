//! Records whose ends pass values without the lock while nobody waits, of plain data and of what must be
//! cloned: they answer as the reference does, call by call (`equivalence`), and under any schedule of threads what is read is
//! whole, in order and counted (`threads`; of queues, `gated`; among many cursors, `many`). `AIMDB_SEED=n` runs the cases of that seed alone.

mod equivalence;
mod gated;
mod many;
mod threads;

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use aimdb_core::buffer::{HeapBuffer, HeapBufferBuilder};
use aimdb_tests::random::Random;
use aimdb_tests::watchdog::within;
use bytemuck::NoUninit;

/// A value that is made of a number.
trait Value: Clone + Send + Sync + PartialEq + Debug + 'static {
    /// Whether it is plain data.
    const PLAIN: bool;

    /// The value with this number, in all its parts; of a narrow type, what fits.
    fn of(number: u64) -> Self;

    /// A buffer of such values.
    fn build(builder: HeapBufferBuilder<Self>) -> HeapBuffer<Self>;
}

fn plain<T: NoUninit + Send + Sync>(builder: HeapBufferBuilder<T>) -> HeapBuffer<T> {
    builder.build_plain().expect("a buffer")
}

fn cloned<T: Clone + Send + Sync>(builder: HeapBufferBuilder<T>) -> HeapBuffer<T> {
    builder.build().expect("a buffer")
}

/// A text whose clone lets others run in the midst of it, so that it is overwritten meanwhile.
#[derive(Debug, PartialEq)]
struct Slow(String);

impl Clone for Slow {
    fn clone(&self) -> Self {
        let first = self.0.clone();
        std::thread::yield_now();
        assert_eq!(first, self.0, "K7: a value stays while it is cloned");
        Self(first)
    }
}

macro_rules! values {
    ($build:ident, $plain:literal: $($type:ty: $number:ident => $value:expr,)*) => {$(
        impl Value for $type {
            const PLAIN: bool = $plain;

            fn of($number: u64) -> Self {
                $value
            }

            fn build(builder: HeapBufferBuilder<Self>) -> HeapBuffer<Self> {
                $build(builder)
            }
        }
    )*};
}

values! { cloned, false:
    String: number => number.to_string(),
    Slow: number => Slow(number.to_string()),
    Arc<u64>: number => Arc::new(number),
}

values! { plain, true:
    (): _number => (),
    u8: number => (number % 251) as u8,
    u16: number => (number % 65_521) as u16,
    u32: number => number as u32,
    u64: number => number,
    u128: number => u128::from(number) << 64 | u128::from(number),
    [u8; 13]: number => [(number % 251) as u8; 13],
    [u16; 5]: number => [(number % 65_521) as u16; 5],
    [u32; 3]: number => [number as u32; 3],
    [u64; 8]: number => [number; 8],
    [f64; 16]: number => [number as f64; 16],
}

/// Runs the cases of fresh seeds, or those of the seed that the environment names, many times over. A
/// failure says its seed.
fn with_seeds(name: &str, cases: u32, run: impl Fn(u64)) {
    let asked = std::env::var("AIMDB_SEED").ok().and_then(|seed| seed.parse().ok());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut seeds = Random::new(u64::from(now.subsec_nanos()) ^ now.as_secs().rotate_left(32));
    for _ in 0..cases {
        let seed = asked.unwrap_or_else(|| seeds.next_u64());
        let outcome =
            within(30, &format!("{name}, AIMDB_SEED={seed}"), || catch_unwind(AssertUnwindSafe(|| run(seed))));
        if let Err(panic) = outcome {
            eprintln!("{name}: AIMDB_SEED={seed} was not as it must be");
            resume_unwind(panic);
        }
    }
}
