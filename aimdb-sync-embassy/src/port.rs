//! How a task blocks: the seam to a kernel.

use aimdb_core::waiting::{Clock, Parker};

/// What a blocking call needs of the kernel: to stop the calling task and to be set going again
/// ([`Parker`]), and the time ([`Clock`]). Anything that is both is a port.
///
/// A port stands for the task that calls. Its waker is sticky: a wake-up that comes before the park
/// is not lost.
pub trait Port: Parker + Clock {}

impl<P: Parker + Clock> Port for P {}

/// The handle cannot block: calls that would are not there. What an interrupt should hold.
///
/// ```compile_fail,E0599
/// // A handle without a port does not block, so that an interrupt cannot hang.
/// use aimdb_sync_embassy::{Bounded, CriticalSectionRawMutex, StaticRecord};
/// static RECORD: StaticRecord<Bounded<2>, u32, CriticalSectionRawMutex, 4> = StaticRecord::new();
/// let _ = RECORD.producer().send(1);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct NoPort;
