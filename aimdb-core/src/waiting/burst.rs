//! How many values were read in a row since other tasks last had their turn.

/// A task that always finds a value lets others have their turn after so many.
const MOST: u8 = 64;

#[cfg(all(feature = "std", not(any(loom, shuttle))))]
pub(crate) use of_thread::Burst;
#[cfg(any(not(feature = "std"), loom, shuttle))]
pub(crate) use own::Burst;

/// What the tasks of a thread have read together. A count in each consumer would be stored to with each value, and take
/// the line on which the consumer lies away from whatever else lies there: perhaps the other thread's end of the record.
#[cfg(all(feature = "std", not(any(loom, shuttle))))]
mod of_thread {
    use core::cell::Cell;

    use super::MOST;

    std::thread_local! {
        static READ: Cell<u8> = const { Cell::new(0) };
    }

    pub(crate) struct Burst;

    impl Burst {
        pub(crate) const fn new() -> Self {
            Self
        }

        /// Whether others should have their turn.
        #[inline(always)]
        pub(crate) fn is_over(&self) -> bool {
            READ.with(Cell::get) >= MOST
        }

        /// One more value.
        #[inline(always)]
        pub(crate) fn count(&mut self) {
            READ.with(|read| read.set(read.get().saturating_add(1)));
        }

        /// Others have their turn; so many are read by then.
        pub(crate) fn begin(&mut self, read: u8) {
            READ.with(|all| all.set(read));
        }
    }
}

/// What one consumer has read: without threads there is no other place, and the threads of a model are one.
#[cfg(any(not(feature = "std"), loom, shuttle))]
mod own {
    use super::MOST;

    pub(crate) struct Burst(u8);

    impl Burst {
        pub(crate) const fn new() -> Self {
            Self(0)
        }

        pub(crate) const fn is_over(&self) -> bool {
            self.0 >= MOST
        }

        pub(crate) const fn count(&mut self) {
            self.0 = self.0.saturating_add(1);
        }

        pub(crate) const fn begin(&mut self, read: u8) {
            self.0 = read;
        }
    }
}
