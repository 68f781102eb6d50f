//! What a buffer on the heap lies in: a block of its own, or one that begins with it.
#![allow(unsafe_code)]

use alloc::boxed::Box;
use core::marker::PhantomData;
use core::ops::Deref;
use core::ptr::{self, NonNull};

use super::code::DropBlock;
use super::{HeapBuffer, HeapShell};
#[cfg(feature = "std")]
use crate::buffer::lane::InLane;
use crate::buffer::{BufferCfgError, PushFuture};
use crate::waiting::{Block, Counted, Hold};

/// A buffer, or none, and what its owner keeps beside it, in one block: whoever holds the one holds the other.
#[repr(C)]
pub(crate) struct Housed<T: Send + 'static, B> {
    shell: Option<HeapShell<T>>,
    beside: B,
}

/// A shell that is to lie where an `H` begins, and is dropped with that.
pub(crate) struct Unhoused<T: Send + 'static, H> {
    shell: HeapShell<T>,
    house: PhantomData<fn(H)>,
}

/// Drops a block with an `H` in it.
///
/// # Safety
///
/// There is one in it, and the rest is the contract of [`Hold::drop_block`].
unsafe fn drop_block_of<H>(block: NonNull<()>) {
    // SAFETY: by this function's contract; it was a box.
    drop(unsafe { Box::from_raw(block.cast::<Block<H>>().as_ptr()) });
}

impl<T: Send + 'static> HeapShell<T> {
    /// See [`HeapBuffer::push`].
    pub(crate) fn push_by_lane(&self, value: T) {
        #[cfg(feature = "std")]
        let value = match self.send_as_thread(value, false) {
            InLane::Done => return,
            InLane::Full(value) => value,
            InLane::NotHere(value) => return self.push_past_lane(value),
        };
        self.push(value);
    }

    /// See [`HeapBuffer::push_async`].
    #[inline]
    pub(crate) fn push_async_by_lane(&self, value: T) -> PushFuture<'_, T> {
        PushFuture::offer(self, value)
    }
}

impl<T: Send + 'static> Hold for HeapShell<T> {
    unsafe fn drop_block(block: NonNull<Block<Self>>) {
        // SAFETY: it is there until the block is dropped, by what was said when the shell was made: see `Unhoused`.
        unsafe { block.as_ref().what().code().drop_block()(block.cast()) };
    }
}

impl<T: Send + 'static, B> Hold for Housed<T, B> {}

impl<T: Send + 'static, H> Unhoused<T, H> {
    /// What drops the block that such a shell comes into.
    pub(super) const DROP_BLOCK: DropBlock = drop_block_of::<H>;

    /// A shell whose code says [`Unhoused::DROP_BLOCK`].
    pub(super) const fn new(shell: HeapShell<T>) -> Self {
        Self { shell, house: PhantomData }
    }
}

impl<T: Send + 'static> Unhoused<T, HeapShell<T>> {
    /// The buffer, in a block of its own.
    pub(super) fn alone(self) -> Result<HeapBuffer<T>, BufferCfgError> {
        let no_memory = BufferCfgError::CapacityTooLarge { capacity: self.shell.cfg().capacity() };
        Ok(HeapBuffer { shell: Counted::new(self.shell).ok_or(no_memory)? })
    }
}

impl<T: Send + 'static, B> Housed<T, B> {
    /// The first holder of both, if there is memory for it. Else they are dropped.
    pub(crate) fn new(shell: Option<Unhoused<T, Self>>, beside: B) -> Option<Counted<Self>> {
        // So a shell that is there lies where its house begins.
        const { assert!(size_of::<Option<HeapShell<T>>>() == size_of::<HeapShell<T>>()) };
        const { assert!(align_of::<Self>() == align_of::<HeapShell<T>>()) };
        Counted::new(Self { shell: shell.map(|unhoused| unhoused.shell), beside })
    }

    /// The buffer, for calls that need no handle of it.
    pub(crate) const fn shell(&self) -> Option<&HeapShell<T>> {
        self.shell.as_ref()
    }

    /// The same, of which clones hold the house.
    pub(crate) fn buffer(this: &Counted<Self>) -> Option<&HeapBuffer<T>> {
        this.shell()?;
        // SAFETY: the shell begins the house, is aligned as that, and was made to be dropped with it.
        let shell: &Counted<HeapShell<T>> = unsafe { this.as_part() };
        // SAFETY: a buffer is that, by another name.
        Some(unsafe { &*ptr::from_ref(shell).cast() })
    }
}

impl<T: Send + 'static, B> Deref for Housed<T, B> {
    type Target = B;

    #[inline]
    fn deref(&self) -> &B {
        &self.beside
    }
}
