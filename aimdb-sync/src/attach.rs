//! How a database begins to run.

use aimdb_core::waiting::watch_for_forks;
use aimdb_core::{AimDb, AimDbBuilder};

use crate::crew::Crew;
use crate::{AimDbHandle, AttachError, RuntimeOptions, events};

/// Starts the services of a database.
///
/// Every tap and transform has subscribed when `attach` returns, so a value that is sent right
/// after it is seen by all of them.
pub trait Attach: Sized {
    /// Starts the services with [`RuntimeOptions::new`]. Without async services no runtime is made,
    /// and without services no thread.
    ///
    /// # Errors
    ///
    /// All mistakes of the configuration together, or what the operating system refused.
    fn attach(self) -> Result<AimDbHandle, AttachError> {
        self.attach_with(RuntimeOptions::new())
    }

    /// As [`Attach::attach`], with a runtime as described.
    ///
    /// # Errors
    ///
    /// Those of [`Attach::attach`], and a number of threads that no runtime can have.
    fn attach_with(self, options: RuntimeOptions) -> Result<AimDbHandle, AttachError>;
}

impl Attach for AimDbBuilder {
    fn attach_with(self, options: RuntimeOptions) -> Result<AimDbHandle, AttachError> {
        self.build()?.attach_with(options)
    }
}

/// Runs the services that no other handle of the same database has taken; close one of them and
/// the database is closed for both.
impl Attach for AimDb {
    fn attach_with(self, options: RuntimeOptions) -> Result<AimDbHandle, AttachError> {
        // Where forks cannot be watched, handles work as they would have without a fork.
        let _ = watch_for_forks();
        match Crew::start(&self, &options) {
            Ok(crew) => {
                events::attached(self.records().len(), crew.len());
                Ok(AimDbHandle::new(self, crew))
            }
            Err(error) => {
                self.close_now();
                Err(error)
            }
        }
    }
}
