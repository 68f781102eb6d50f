//! The one thing that storey 0 needs of its storage: an array that may grow up to some limit.

/// The table has no place for one more element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableFull;

/// An array that grows at its end: a `HeapTable` on the heap, a fixed array in a `static`.
pub trait Table<E>: AsRef<[E]> + AsMut<[E]> {
    /// Adds one element at the end.
    ///
    /// # Errors
    ///
    /// [`TableFull`] when the storage has no place for it, or the allocator none to give. The
    /// table is unchanged.
    fn append(&mut self, element: E) -> Result<(), TableFull>;

    /// How many elements it may ever have.
    fn limit(&self) -> usize;
}

/// What is kept beside the elements of a table, before anything was noted.
pub trait Zero: Copy {
    /// Nothing.
    const ZERO: Self;
}

impl Zero for () {
    const ZERO: Self = ();
}

/// A table beside whose elements something more is kept.
pub trait Beside<N: Zero> {
    /// What it is: [`Zero::ZERO`] before the first element.
    fn beside(&self) -> &N;

    /// The same, to be changed. There may be no place for it before the first element.
    fn beside_mut(&mut self) -> Option<&mut N>;
}

/// A table, and what is kept beside it, for storage that has room for both from the start.
#[derive(Debug)]
pub struct With<T, N> {
    table: T,
    beside: N,
}

impl<T, N: Zero> With<T, N> {
    /// Nothing beside this table.
    #[must_use]
    pub const fn new(table: T) -> Self {
        Self { table, beside: N::ZERO }
    }
}

impl<T, N: Zero> Beside<N> for With<T, N> {
    fn beside(&self) -> &N {
        &self.beside
    }

    fn beside_mut(&mut self) -> Option<&mut N> {
        Some(&mut self.beside)
    }
}

impl<E, T: AsRef<[E]>, N> AsRef<[E]> for With<T, N> {
    fn as_ref(&self) -> &[E] {
        self.table.as_ref()
    }
}

impl<E, T: AsMut<[E]>, N> AsMut<[E]> for With<T, N> {
    fn as_mut(&mut self) -> &mut [E] {
        self.table.as_mut()
    }
}

impl<E, T: Table<E>, N> Table<E> for With<T, N> {
    fn append(&mut self, element: E) -> Result<(), TableFull> {
        self.table.append(element)
    }

    fn limit(&self) -> usize {
        self.table.limit()
    }
}
