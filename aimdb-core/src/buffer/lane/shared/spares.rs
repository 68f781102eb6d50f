//! The slots that a lane of shared values has besides those of its places.

use core::sync::atomic::Ordering::Relaxed;
use core::sync::atomic::{AtomicU32, AtomicUsize};

use super::looks::Looks;

/// As many values can be overwritten while they are being cloned before the writer needs the lock.
pub(in crate::buffer) const SPARES: usize = if cfg!(loom) { 1 } else { 4 };

pub(super) const NONE: u32 = u32::MAX;

/// The slots beside those of the places: vacant, or with a value that somebody still clones. They belong
/// to whoever is inside the writing door, or has shut it; so a model checker need not know them.
#[derive(Debug)]
pub(super) struct Spares {
    pub(super) slots: [AtomicU32; SPARES],
    /// One of them that is vacant, or as many as there are.
    pub(super) vacant: AtomicUsize,
}

impl Spares {
    pub(super) fn new() -> Self {
        Self { slots: core::array::from_fn(|_| AtomicU32::new(NONE)), vacant: AtomicUsize::new(SPARES) }
    }

    /// Where a vacant one is. Only the writer fills one, so it stays vacant.
    #[inline]
    pub(super) fn find_vacant(&self, looks: &Looks) -> Option<usize> {
        let vacant = self.vacant.load(Relaxed);
        if vacant == SPARES { self.look_for_vacant(looks) } else { Some(vacant) }
    }

    #[cold]
    fn look_for_vacant(&self, looks: &Looks) -> Option<usize> {
        let is_vacant = |slot: u32| slot != NONE && looks.of(slot).is_vacant();
        let vacant = self.slots.iter().position(|slot| is_vacant(slot.load(Relaxed)))?;
        self.vacant.store(vacant, Relaxed);
        Some(vacant)
    }

    /// Takes the vacant slot, and leaves one there whose value somebody still clones.
    #[cold]
    pub(super) fn exchange(&self, vacant: usize, slot: u32) -> u32 {
        let spare = self.slots[vacant].load(Relaxed);
        self.slots[vacant].store(slot, Relaxed);
        self.vacant.store(SPARES, Relaxed);
        spare
    }
}
