//! The service that writes a record, as long as it does.

use alloc::sync::Arc;

use super::erased::ErasedRecord;
use super::stop::StopSignal;

/// Held by a source or transform from `build` to its end. However that end comes (a return, a
/// panic, a future that was dropped, a service that was never run), the record learns of it, so
/// that nobody waits for a writer that is gone.
pub(super) struct Writer {
    record: ErasedRecord,
    stop: Arc<StopSignal>,
    leaves_open: bool,
}

impl Writer {
    /// A task. It closes the record when it ends, so the database need not.
    pub(super) fn new(record: ErasedRecord, stop: &Arc<StopSignal>) -> Self {
        record.writer_came();
        Self::on_thread(record, stop)
    }

    /// A thread. It may be blocked in its record, so the database closes that to end it.
    pub(super) fn on_thread(record: ErasedRecord, stop: &Arc<StopSignal>) -> Self {
        Self { record, stop: Arc::clone(stop), leaves_open: false }
    }

    /// The source returned. It may have handed its producer on, or have been there to set a first
    /// value only: its record stays open until the database closes.
    pub(super) fn leave_open(mut self) {
        self.leaves_open = true;
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.record.writer_left(self.leaves_open, &self.stop);
    }
}
