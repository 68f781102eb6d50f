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
