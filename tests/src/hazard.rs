//! A value whose n-th clone or drop panics, calls back, or waits for a thread that calls back.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use aimdb_core::buffer::{Buffer, BufferCfg, HeapBuffer, Reader, TryRecvError};
use aimdb_core::pure::Policy;
use parking_lot::Mutex;

/// When the hazard strikes; the count begins with 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Never: to count what there is.
    Never,
    /// At this clone.
    Clone(u32),
    /// At this drop.
    Drop(u32),
    /// At this call of the drop hook.
    Hook(u32),
}

/// What the hazard does.
pub type Act = Arc<dyn Fn() + Send + Sync>;

/// When and what, and what has happened so far. One for all values of a run.
pub struct Script {
    when: When,
    act: Mutex<Option<Act>>,
    clones: AtomicU32,
    drops: AtomicU32,
    hooks: AtomicU32,
    struck: AtomicU32,
    alive: AtomicI64,
}

impl Script {
    /// A script that panics.
    #[must_use]
    pub fn panics(when: When) -> Arc<Self> {
        Self::acts(when, Arc::new(|| panic!("the hazard strikes, as the test wants it to")))
    }

    /// A script that does something else.
    #[must_use]
    pub fn acts(when: When, act: Act) -> Arc<Self> {
        let zero = || AtomicU32::new(0);
        let (clones, drops, hooks, struck) = (zero(), zero(), zero(), zero());
        Arc::new(Self { when, act: Mutex::new(Some(act)), clones, drops, hooks, struck, alive: AtomicI64::new(0) })
    }

    /// Exchanges the act: what it calls back may be made after it.
    pub fn set_act(&self, act: Act) {
        *self.act.lock() = Some(act);
    }

    /// A value.
    #[must_use]
    pub fn value(self: &Arc<Self>, tag: u64) -> Hazard {
        self.alive.fetch_add(1, Ordering::SeqCst);
        Hazard { tag, script: Arc::clone(self) }
    }

    /// Clones, drops and calls of the hook so far.
    #[must_use]
    pub fn counts(&self) -> (u32, u32, u32) {
        let read = |count: &AtomicU32| count.load(Ordering::SeqCst);
        (read(&self.clones), read(&self.drops), read(&self.hooks))
    }

    /// Whether the hazard has struck.
    #[must_use]
    pub fn has_struck(&self) -> bool {
        self.struck.load(Ordering::SeqCst) > 0
    }

    /// Values alive; below 0 if one was dropped twice.
    #[must_use]
    pub fn alive(&self) -> i64 {
        self.alive.load(Ordering::SeqCst)
    }

    fn reach(&self, now: When) {
        if now == self.when && !std::thread::panicking() {
            self.struck.fetch_add(1, Ordering::SeqCst);
            let act = self.act.lock().clone();
            if let Some(act) = act {
                act();
            }
        }
    }
}

/// A value of a [`Script`].
pub struct Hazard {
    tag: u64,
    script: Arc<Script>,
}

impl Hazard {
    /// Its tag.
    #[must_use]
    pub const fn tag(&self) -> u64 {
        self.tag
    }
}

impl Clone for Hazard {
    fn clone(&self) -> Self {
        let nth = self.script.clones.fetch_add(1, Ordering::SeqCst) + 1;
        self.script.reach(When::Clone(nth));
        self.script.value(self.tag)
    }
}

impl Drop for Hazard {
    fn drop(&mut self) {
        self.script.alive.fetch_sub(1, Ordering::SeqCst);
        let nth = self.script.drops.fetch_add(1, Ordering::SeqCst) + 1;
        self.script.reach(When::Drop(nth));
    }
}

impl fmt::Debug for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hazard({})", self.tag)
    }
}

/// Every kind and policy, small.
#[must_use]
pub fn kinds() -> Vec<BufferCfg> {
    let mut cfgs = vec![BufferCfg::SingleLatest, BufferCfg::Mailbox, BufferCfg::SpmcRing { capacity: 2 }];
    cfgs.extend(Policy::ALL.map(|policy| BufferCfg::Bounded { capacity: 2, policy }));
    cfgs
}

/// A buffer of hazards, whose hook is one, too.
///
/// # Panics
///
/// When the buffer cannot be made.
#[must_use]
pub fn buffer(cfg: &BufferCfg, script: &Arc<Script>) -> HeapBuffer<Hazard> {
    buffer_from(cfg, script, 0)
}

/// The same, with the number of the first value.
///
/// # Panics
///
/// When the buffer cannot be made.
#[must_use]
pub fn buffer_from(cfg: &BufferCfg, script: &Arc<Script>, first_number: u64) -> HeapBuffer<Hazard> {
    let hook = Arc::clone(script);
    HeapBuffer::builder(cfg)
        .first_number(first_number)
        .degrade(Arc::new(|value| value))
        .on_drop(Arc::new(move |value: Hazard, _cause| {
            let nth = hook.hooks.fetch_add(1, Ordering::SeqCst) + 1;
            hook.reach(When::Hook(nth));
            drop(value);
        }))
        .build()
        .expect("a buffer")
}

/// What a step of [`play`] answered; `None` when it panicked.
pub type Step = Option<String>;

fn step<R: fmt::Debug>(steps: &mut Vec<Step>, call: impl FnOnce() -> R) {
    steps.push(catch_unwind(AssertUnwindSafe(|| format!("{:?}", call()))).ok());
}

fn tag(result: Result<Hazard, TryRecvError>) -> Result<u64, TryRecvError> {
    result.map(|value| value.tag())
}

/// Plays the same piece on a buffer each time: two cursors, one of them shared, that read, skip,
/// peek and leave while values come, are displaced, refused and forced in; then the end.
/// `ending` says how it ends. Says what each step answered.
#[must_use]
pub fn play(buffer: HeapBuffer<Hazard>, script: &Arc<Script>, ending: u32) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut one: Reader<Hazard> = buffer.reader().expect("a cursor");
    let mut two = buffer.reader().expect("a cursor");
    let mut share = one.share().expect("a share");
    for round in 0..2_u64 {
        for n in 0..3 {
            step(&mut steps, || {
                buffer.try_push(script.value(round * 100 + n)).map_err(|error| error.into_inner().tag())
            });
        }
        step(&mut steps, || tag(one.try_recv()));
        step(&mut steps, || buffer.peek().map(|value| value.tag()));
        step(&mut steps, || tag(two.try_recv()));
        step(&mut steps, || tag(share.try_recv()));
        step(&mut steps, || buffer.push(script.value(round * 100 + 10)));
        step(&mut steps, || {
            Buffer::force_push(&buffer, script.value(round * 100 + 20))
                .map(|displaced| displaced.map(|value| value.tag()))
                .map_err(|error| error.into_inner().tag())
        });
        step(&mut steps, || tag(two.try_latest()));
        step(&mut steps, || tag(one.try_recv()));
        step(&mut steps, || tag(one.try_recv()));
    }
    for n in 0..2 {
        step(&mut steps, || buffer.try_push(script.value(300 + n)).map_err(|error| error.into_inner().tag()));
    }
    match ending {
        0 => {
            step(&mut steps, || drop(two));
            step(&mut steps, || Buffer::abort(&buffer));
        }
        1 => {
            step(&mut steps, || buffer.close());
            step(&mut steps, || tag(two.try_recv()));
            step(&mut steps, || drop(two));
        }
        _ => {
            step(&mut steps, || drop((one, share, two)));
            step(&mut steps, || buffer.close());
            step(&mut steps, || drop(buffer));
            return steps;
        }
    }
    step(&mut steps, || tag(one.try_recv()));
    step(&mut steps, || drop((one, share)));
    step(&mut steps, || drop(buffer));
    steps
}
