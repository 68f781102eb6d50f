//! What a buffer knows its holders by: those who come to its doors (`gate`).

use core::cell::Cell;
use core::marker::PhantomData;

// Not a model's: who has which number says nothing of order.
use core::sync::atomic::{AtomicUsize, Ordering};

/// What a buffer knows its holder by, wherever that comes from: a number that no other holder of the
/// process has or will have. One thread at a time has it, so it is neither `Clone` nor `Sync`.
///
/// A handle that has one tells a buffer, without asking which thread calls, that nobody else comes
/// with it at the same time.
#[derive(Debug)]
pub(crate) struct Token {
    number: usize,
    _one_at_a_time: PhantomData<Cell<()>>,
}

impl Token {
    /// As many numbers as these are told apart by a door, which keeps a flag beside.
    pub(super) const BITS_BESIDE: u32 = 2;
    /// The number of those for whom there is none: they use common doors only.
    const LOST: usize = usize::MAX >> Self::BITS_BESIDE;
    /// That of a thread that has none yet. Nobody owns anything by it.
    const NOT_ASKED: usize = Self::LOST - 1;
    /// That of a thread at its very end: it comes to no door, where it would stay the owner, or have the door be
    /// everybody's, for a value or two.
    const ENDING: usize = Self::LOST - 2;
    /// Set in the number of a thread of which it will be known that it has ended.
    const ENROLLED: usize = 1;

    const fn of(number: usize) -> Self {
        Self { number, _one_at_a_time: PhantomData }
    }

    /// A new holder. One atomic exchange.
    pub(crate) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(2);
        let next = |number: usize| (number < Self::ENDING - 3).then_some(number + 2);
        let number = NEXT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or(Self::LOST);
        Self::of(number)
    }

    /// Works with the calling thread's token. A thread whose local storage is gone, or about to go, has none
    /// that it could come to a door with.
    #[inline]
    pub(crate) fn of_thread<R>(work: impl FnOnce(&Self) -> R) -> R {
        let number = NUMBER.try_with(|number| {
            if number.get() == Self::NOT_ASKED {
                number.set(Self::of_new_thread());
            }
            number.get()
        });
        work(&Self::of(number.unwrap_or(Self::ENDING)))
    }

    #[cold]
    fn of_new_thread() -> usize {
        let number = Self::new().number;
        #[cfg(not(any(loom, shuttle)))]
        if number != Self::LOST && roll::enter(number | Self::ENROLLED) {
            return number | Self::ENROLLED;
        }
        number
    }

    /// The calling thread's token, if it has one by now, or else one that owns no door.
    #[inline(always)]
    pub(crate) fn of_thread_as_it_is() -> Self {
        Self::of(NUMBER.try_with(Cell::get).unwrap_or(Self::ENDING))
    }

    #[inline(always)]
    pub(super) const fn number(&self) -> usize {
        self.number
    }

    /// Whether this holder may own a door.
    pub(super) const fn may_own(&self) -> bool {
        self.number < Self::ENDING
    }

    /// Whether this holder may have a door opened for it.
    pub(super) const fn may_come(&self) -> bool {
        self.number != Self::ENDING
    }

    /// Whether the holder with this number is a thread that has ended: it comes to no door any more, and all that
    /// it did at one has been seen.
    pub(super) fn has_ended(number: usize) -> bool {
        #[cfg(not(shuttle))]
        return number & Self::ENROLLED != 0 && !roll::has(number);
        #[cfg(shuttle)]
        return number & Self::ENROLLED != 0;
    }
}

#[cfg(not(any(loom, shuttle)))]
std::thread_local! {
    static NUMBER: Cell<usize> = const { Cell::new(Token::NOT_ASKED) };
}
#[cfg(loom)]
loom::thread_local! {
    static NUMBER: Cell<usize> = Cell::new(Token::NOT_ASKED);
}
#[cfg(all(shuttle, not(loom)))]
shuttle::thread_local! {
    static NUMBER: Cell<usize> = Cell::new(Token::NOT_ASKED);
}

/// Which threads live, of those that stored values without a handle of their own. Threads come and go, and a
/// door whose owner has ended can be given to the next.
#[cfg(not(shuttle))]
mod roll {
    #[cfg(not(loom))]
    use core::sync::atomic::{AtomicUsize, Ordering};
    #[cfg(loom)]
    use loom::sync::atomic::{AtomicUsize, Ordering};

    use super::{NUMBER, Token};

    /// More threads than are at work at a time; of one that finds no place nobody learns that it has ended.
    const PLACES: usize = if cfg!(loom) { 1 } else { 256 };
    /// Places that a number may have.
    const TRIES: usize = if cfg!(loom) { 1 } else { 8 };
    const NOBODY: usize = 0;

    #[cfg(not(loom))]
    static PLACE: [AtomicUsize; PLACES] = [const { AtomicUsize::new(NOBODY) }; PLACES];
    #[cfg(loom)]
    loom::lazy_static! {
        static ref PLACE: [AtomicUsize; PLACES] = core::array::from_fn(|_| AtomicUsize::new(NOBODY));
    }

    #[cfg(not(loom))]
    std::thread_local! {
        static LIFE: Life = const { Life };
    }

    /// Ends with its thread.
    #[cfg_attr(loom, derive(Debug))]
    #[allow(unreachable_pub, reason = "a thread of a model says itself when it ends")]
    pub struct Life;

    #[cfg(loom)]
    impl Life {
        /// Enrols the calling thread, if there is a place for it, until this is dropped: the thread's destructors are
        /// for no model, for they have no order there.
        pub fn begin() -> Self {
            let number = Token::new().number | Token::ENROLLED;
            NUMBER.with(|mine| mine.set(if enter(number) { number } else { number & !Token::ENROLLED }));
            Self
        }
    }

    impl Drop for Life {
        fn drop(&mut self) {
            // What the thread still stores, in destructors that come after this one, it stores as nobody.
            let number = NUMBER.try_with(|number| number.replace(Token::ENDING)).unwrap_or(Token::ENDING);
            let place = places(number).find(|place| place.load(Ordering::Relaxed) == number);
            // Release: all that the thread did at its doors was before.
            let _ = place.map(|place| place.store(NOBODY, Ordering::Release));
        }
    }

    fn places(number: usize) -> impl Iterator<Item = &'static AtomicUsize> {
        // Scattered, each with a step of its own: the threads of a pool have numbers in a row, and would else leave
        // no place to whoever comes to theirs.
        let scattered = (number as u32 / 2).wrapping_mul(0x9E37_79B9);
        let (first, step) = (scattered as usize >> 24, scattered as usize >> 8 | 1);
        (0..TRIES).map(move |turn| &PLACE[(first + turn * (step % PLACES)) % PLACES])
    }

    /// Enrols the calling thread, and says whether it could.
    pub(super) fn enter(number: usize) -> bool {
        // Acquire, too: whoever finds this number in a place sees that the ones before it have ended.
        let takes =
            |place: &AtomicUsize| place.compare_exchange(NOBODY, number, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        // From here on it is struck off at its end. Its local storage may be gone.
        #[cfg(not(loom))]
        let ends = LIFE.try_with(|_life| ()).is_ok();
        #[cfg(loom)]
        let ends = true;
        ends && places(number).any(takes)
    }

    /// Whether the thread that was enrolled with this number lives.
    pub(super) fn has(number: usize) -> bool {
        // Acquire: pairs with the end of the thread, also by way of those who had its place after it.
        places(number).any(|place| place.load(Ordering::Acquire) == number)
    }
}

#[cfg(loom)]
#[allow(unreachable_pub, reason = "as above")]
pub use roll::Life;

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::Token;

    #[test]
    fn k6_a_thread_is_known_to_have_ended_and_a_handle_is_not() {
        let number = || Token::of_thread(Token::number);
        let here = number();
        let there = std::thread::spawn(move || {
            let there = number();
            assert_eq!(there, number(), "it keeps its number");
            assert!(!Token::has_ended(there) && !Token::has_ended(here));
            there
        });
        let there = there.join().expect("a thread");
        assert_ne!(here, there);
        assert!(Token::has_ended(there) && !Token::has_ended(here));
        let handle = Token::new().number();
        assert!(!Token::has_ended(handle), "handles are not enrolled");
    }

    #[test]
    fn k6_threads_that_stay_leave_places_to_those_that_come_and_go() {
        let number = || Token::of_thread(Token::number);
        let end = std::sync::Barrier::new(25);
        std::thread::scope(|scope| {
            for _ in 0..24 {
                let (there, comes) = std::sync::mpsc::channel();
                let end = &end;
                scope.spawn(move || {
                    there.send(number()).expect("the test is there");
                    end.wait();
                });
                // One after the other, so that their numbers are in a row.
                comes.recv().expect("the thread is there");
            }
            // More than there are places.
            let short = |_| std::thread::spawn(number).join().expect("a thread");
            let unnoticed = (0..300).map(short).filter(|number| number & Token::ENROLLED == 0).count();
            end.wait();
            assert_eq!(unnoticed, 0, "of each it is known when it has ended");
        });
    }

    // Where destructors go by which thread-local value was used last; on Windows with GNU's linker they go by which was
    // first used last in the whole process.
    #[cfg(not(all(windows, target_env = "gnu")))]
    #[test]
    fn k6_a_thread_at_its_very_end_has_no_door_opened_for_it() {
        struct Last;
        impl Drop for Last {
            fn drop(&mut self) {
                let door = crate::waiting::Door::new(());
                Token::of_thread(|token| assert!(!token.may_come() && !door.is_foreign(token)));
                assert!(!Token::of_thread_as_it_is().may_come());
            }
        }
        std::thread_local! {
            static LAST: Last = const { Last };
        }
        let ends = std::thread::spawn(|| {
            // Its destructor comes behind that of the token.
            LAST.with(|_last| ());
            Token::of_thread(|token| assert!(token.may_own() && token.may_come()));
        });
        ends.join().expect("no destructor panics");
    }

    #[test]
    fn k6_what_a_thread_stores_at_its_very_end_it_stores_as_nobody() {
        std::thread_local! {
            static LAST: Last = const { Last };
        }
        struct Last;
        impl Drop for Last {
            fn drop(&mut self) {
                Token::of_thread(|token| {
                    assert!(!token.may_own() || !Token::has_ended(token.number()));
                });
            }
        }
        let ends = std::thread::spawn(|| {
            // One destructor stands before that of the token, the next thread's behind it.
            LAST.with(|_last| ());
            Token::of_thread(|token| assert!(token.may_own()));
        });
        ends.join().expect("no destructor panics");
        let ends = std::thread::spawn(|| {
            Token::of_thread(|token| assert!(token.may_own()));
            LAST.with(|_last| ());
        });
        ends.join().expect("no destructor panics");
    }
}
