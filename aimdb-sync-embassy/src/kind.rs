//! The four kinds and the five policies as types, so that what cannot work does not compile.

use aimdb_core::pure::{Kind, Policy};

/// A stream with bounded memory that retains `CAPACITY` values; a slow cursor is told its lag.
#[derive(Debug)]
pub enum SpmcRing<const CAPACITY: usize> {}

/// The newest value; what lies between two reads is skipped.
#[derive(Debug)]
pub enum SingleLatest {}

/// The latest command; whoever takes it first has it.
#[derive(Debug)]
pub enum Mailbox {}

/// A queue of `CAPACITY` values that loses nothing unless its policy says so; 0 is a rendezvous.
#[derive(Debug)]
pub struct Bounded<const CAPACITY: usize, P = PauseUpstream>(core::marker::PhantomData<P>, core::convert::Infallible);

/// A full queue lets its producer wait.
#[derive(Debug)]
pub enum PauseUpstream {}

/// A full queue refuses the value, which travels back.
#[derive(Debug)]
pub enum Fail {}

/// A full queue displaces its oldest value.
#[derive(Debug)]
pub enum DropOldest {}

/// A full queue drops the incoming value.
#[derive(Debug)]
pub enum DropNewest {}

/// A full queue displaces its oldest value and stores a degraded form of the incoming one.
#[derive(Debug)]
pub enum DegradeQuality {}

mod sealed {
    pub trait Sealed {}
}

/// What a full [`Bounded`] does, as a type. Sealed.
pub trait StaticPolicy: sealed::Sealed {
    /// The policy.
    const POLICY: Policy;
}

/// How a record moves its data, as a type. Sealed.
pub trait StaticKind: sealed::Sealed {
    /// The kind.
    const KIND: Kind;
    /// Values that the record holds at most.
    const CAPACITY: usize;
}

/// A kind that can be built without a degrader. Sealed.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` record needs a degrader",
    label = "give it one with `StaticRecord::degrading(f)`"
)]
pub trait WithoutDegrader: StaticKind {}

/// A kind whose values need not be cloned while it has one cursor. Sealed.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` record keeps values for several readers, so it needs to clone them",
    label = "only `Mailbox` and `Bounded` have a single cursor"
)]
pub trait SingleCursorKind: StaticKind {}

macro_rules! policies {
    ($($policy:ident)+) => {$(
        impl sealed::Sealed for $policy {}
        impl StaticPolicy for $policy {
            const POLICY: Policy = Policy::$policy;
        }
    )+};
}

policies!(PauseUpstream Fail DropOldest DropNewest DegradeQuality);

impl<const CAPACITY: usize> sealed::Sealed for SpmcRing<CAPACITY> {}
impl<const CAPACITY: usize> StaticKind for SpmcRing<CAPACITY> {
    const KIND: Kind = Kind::SpmcRing;
    const CAPACITY: usize = CAPACITY;
}
impl<const CAPACITY: usize> WithoutDegrader for SpmcRing<CAPACITY> {}

impl sealed::Sealed for SingleLatest {}
impl StaticKind for SingleLatest {
    const KIND: Kind = Kind::SingleLatest;
    const CAPACITY: usize = 1;
}
impl WithoutDegrader for SingleLatest {}

impl sealed::Sealed for Mailbox {}
impl StaticKind for Mailbox {
    const KIND: Kind = Kind::Mailbox;
    const CAPACITY: usize = 1;
}
impl WithoutDegrader for Mailbox {}
impl SingleCursorKind for Mailbox {}

impl<const CAPACITY: usize, P: StaticPolicy> sealed::Sealed for Bounded<CAPACITY, P> {}
impl<const CAPACITY: usize, P: StaticPolicy> StaticKind for Bounded<CAPACITY, P> {
    const KIND: Kind = Kind::Bounded(P::POLICY);
    const CAPACITY: usize = CAPACITY;
}
impl<const CAPACITY: usize> WithoutDegrader for Bounded<CAPACITY, PauseUpstream> {}
impl<const CAPACITY: usize> WithoutDegrader for Bounded<CAPACITY, Fail> {}
impl<const CAPACITY: usize> WithoutDegrader for Bounded<CAPACITY, DropOldest> {}
impl<const CAPACITY: usize> WithoutDegrader for Bounded<CAPACITY, DropNewest> {}
impl<const CAPACITY: usize, P: StaticPolicy> SingleCursorKind for Bounded<CAPACITY, P> {}
