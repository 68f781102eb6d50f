//! What became of a call of C, as the numbers of its statuses: so that nothing has to be looked up.

pub(crate) const WELL: u8 = 0;
pub(crate) const FULL: u8 = 1;
pub(crate) const NOTHING: u8 = 2;
pub(crate) const CLOSED: u8 = 4;
pub(crate) const LAGGED: u8 = 5;
