//! The policies, by number and by slug.

use core::ffi::{CStr, c_char};
use core::ptr;

use aimdb_core::pure::Policy;

use crate::entry;
use crate::failure::Failure;
use crate::status::Status;

/// The policy of a number, which is its place in the table of policies.
pub(crate) fn of(policy: i32) -> Result<Policy, Failure> {
    let known = usize::try_from(policy).ok().and_then(|policy| Policy::ALL.get(policy));
    known.copied().ok_or_else(|| Failure::new(Status::BAD_POLICY, format_args!("there is no policy {policy}")))
}

const fn slug(policy: Policy) -> &'static CStr {
    match policy {
        Policy::PauseUpstream => c"pause_upstream",
        Policy::Fail => c"fail",
        Policy::DropOldest => c"drop_oldest",
        Policy::DropNewest => c"drop_newest",
        Policy::DegradeQuality => c"degrade_quality",
    }
}

/// `aimdb_policy_slug`.
#[unsafe(no_mangle)]
pub extern "C" fn aimdb_policy_slug(policy: i32) -> *const c_char {
    of(policy).map_or(ptr::null(), |policy| slug(policy).as_ptr())
}

/// `aimdb_policy_from_slug`.
///
/// # Safety
///
/// `text` is null or ends with a zero; `policy` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_policy_from_slug(text: *const c_char, policy: *mut i32) -> Status {
    entry::call(|| {
        entry::not_null(text)?;
        // SAFETY: the caller says so.
        let text = unsafe { CStr::from_ptr(text) };
        let found = Policy::ALL.iter().position(|policy| slug(*policy) == text).ok_or(Status::BAD_POLICY)?;
        // SAFETY: the caller says that it may be written.
        unsafe { entry::write(policy, i32::try_from(found).map_err(|_| Status::BAD_POLICY)?) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s8_the_slugs_are_those_of_the_core() {
        for policy in Policy::ALL {
            assert_eq!(slug(policy).to_str(), Ok(policy.slug()));
        }
    }
}
