//! A record's buffer, as its handles hold it.

use alloc::sync::Arc;
use core::any::Any;
use core::ops::Deref;

use crate::buffer::{Buffer, HeapBuffer};

/// A buffer of our own, so that calls to it are no more than what they do and there is nothing between
/// it and its record; or one of the user's.
pub(super) enum Held<T: Send + 'static> {
    Heap(HeapBuffer<T>),
    Other(Arc<dyn Buffer<T>>),
}

impl<T: Send + 'static> From<Arc<dyn Buffer<T>>> for Held<T> {
    fn from(buffer: Arc<dyn Buffer<T>>) -> Self {
        match (&*buffer as &dyn Any).downcast_ref::<HeapBuffer<T>>() {
            Some(heap) => Self::Heap(heap.clone()),
            None => Self::Other(buffer),
        }
    }
}

impl<T: Send + 'static> Deref for Held<T> {
    type Target = dyn Buffer<T>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        match self {
            Self::Heap(buffer) => buffer,
            Self::Other(buffer) => &**buffer,
        }
    }
}

impl<T: Send + 'static> Clone for Held<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Heap(buffer) => Self::Heap(buffer.clone()),
            Self::Other(buffer) => Self::Other(Arc::clone(buffer)),
        }
    }
}
