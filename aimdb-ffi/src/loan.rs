//! `aimdb_producer_loan` and `aimdb_loan_*`: a value that is written where it will lie, with a place that is kept for it.

use core::ffi::c_void;

use aimdb_core::waiting::Counted;

use crate::block::BlockMut;
use crate::entry::{self, LoanHandle, ProducerHandle};
use crate::object::{self, Held, Object, Producer};
use crate::status::{Answer, Status};
use crate::time::Wait;

/// A value that is being written. It keeps what it goes to, whatever is freed meanwhile.
pub(crate) struct Loan {
    producer: Counted<Producer>,
    /// `None` once it was sent.
    value: Option<BlockMut>,
    /// Whether the record keeps a place for it.
    place: bool,
}

impl Loan {
    /// Sends what was written. Refused, it stays, and its place is let go of.
    fn send(&mut self) -> Answer {
        let value = self.value.take().ok_or(Status::BAD_HANDLE)?;
        let place = core::mem::take(&mut self.place);
        self.producer.shared.send_loan(value, place).map_err(|(status, value)| {
            self.value = Some(value);
            status
        })
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        if self.place {
            self.producer.shared.end().let_go();
        }
    }
}

/// `aimdb_producer_loan`.
///
/// # Safety
///
/// `loan` and `data` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_producer_loan(
    producer: ProducerHandle,
    size: usize,
    timeout_ns: i64,
    loan: *mut LoanHandle,
    data: *mut *mut c_void,
) -> Status {
    entry::call(|| {
        entry::not_null(loan)?;
        entry::not_null(data)?;
        let producer = {
            let pinned = object::pin(producer.id)?;
            let Object::Producer(producer) = &*pinned else { return Err(Status::BAD_HANDLE) };
            producer.clone()
        };
        let (mut value, place) = producer.shared.loan(size, Wait::timeout(timeout_ns))?;
        let at = value.data();
        let id = object::insert(Object::Loan(Held::new(Loan { producer, value: Some(value), place })))?;
        // SAFETY: the caller says that both may be written.
        unsafe {
            entry::write(data, at)?;
            entry::write(loan, LoanHandle { id })
        }
    })
}

/// `aimdb_loan_send`.
#[unsafe(no_mangle)]
pub extern "C" fn aimdb_loan_send(loan: LoanHandle) -> Status {
    entry::call(|| {
        object::hold(loan.id)?.loan()?.send()?;
        // It was sent, also where another thread has freed the handle meanwhile.
        let _ = object::free(loan.id, is_loan);
        Ok(())
    })
}

/// `aimdb_loan_free`.
#[unsafe(no_mangle)]
pub extern "C" fn aimdb_loan_free(loan: LoanHandle) -> Status {
    entry::call(|| object::free(loan.id, is_loan))
}

const fn is_loan(object: &Object) -> bool {
    matches!(object, Object::Loan(_))
}
