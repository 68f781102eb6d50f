//! A bounded queue between a thread and a task: [`Counted`], and a waker of the task, which looks for a moment before it
//! leaves that behind.

use std::future::{Future, poll_fn};
use std::hint::spin_loop;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, compiler_fence, fence};
use std::task::{Context, Poll, Waker};

use rustix::thread::{MembarrierCommand, membarrier};

use super::Kept;
use super::counted::{self, Counted};
use super::wait::{Spin, Wait, send};
use crate::link::{Class, Link, Named};
use crate::tasks::{Answer, Tasks};

/// See the module's documentation. A task makes so many turns between two looks; a thread that waits spins so.
pub struct Task<const TURNS: u32>(PhantomData<Spin<TURNS>>);

/// How often a task looks before it sleeps.
const LOOKS: u32 = 1000;

/// Where a task says that it sleeps.
#[repr(align(128))]
struct Bell {
    asleep: AtomicBool,
    /// The system refuses the barrier, so whoever rings needs one.
    is_fenced: bool,
    waker: Mutex<Option<Waker>>,
}

impl Bell {
    fn new() -> Arc<Self> {
        let is_fenced = membarrier(MembarrierCommand::RegisterPrivateExpedited).is_err();
        Arc::new(Self { asleep: AtomicBool::new(false), is_fenced, waker: Mutex::new(None) })
    }

    /// Wakes the task if it sleeps. Called when what it waits for is there.
    #[inline]
    fn ring(&self) {
        if self.is_fenced {
            fence(SeqCst)
        } else {
            compiler_fence(SeqCst)
        }
        if self.asleep.load(Relaxed) {
            self.wake();
        }
    }

    #[cold]
    fn wake(&self) {
        if self.asleep.swap(false, SeqCst)
            && let Some(waker) = self.waker.lock().expect("nobody panics here").take()
        {
            waker.wake();
        }
    }

    /// Says that the task sleeps. What it waits for has to be looked for once more: either that is seen, or the bell
    /// is rung.
    #[cold]
    fn sleep(&self, context: &Context<'_>) {
        *self.waker.lock().expect("nobody panics here") = Some(context.waker().clone());
        self.asleep.store(true, SeqCst);
        if self.is_fenced {
            fence(SeqCst);
        } else {
            membarrier(MembarrierCommand::PrivateExpedited).expect("the process has registered for it");
        }
    }

    /// Waits until `attempt` succeeds.
    #[inline(always)]
    fn until<R, const TURNS: u32>(&self, mut attempt: impl FnMut() -> Option<R>) -> impl Future<Output = Option<R>> {
        poll_fn(move |context| {
            let mut done = attempt();
            if done.is_some() {
                return Poll::Ready(done);
            }
            // Ends after so many looks.
            for _ in 0..LOOKS {
                if done.is_some() {
                    break;
                }
                (0..TURNS).for_each(|_| spin_loop());
                done = attempt();
            }
            if done.is_none() {
                self.sleep(context);
                done = attempt();
            }
            if done.is_some() { Poll::Ready(done) } else { Poll::Pending }
        })
    }
}

/// An end, and the bell of the task at the other.
pub struct End<T: Kept> {
    end: counted::End<T>,
    bell: Arc<Bell>,
}

fn open<T: Kept>(capacity: usize) -> (End<T>, End<T>) {
    let ends = <Counted<Spin<1>, true> as Link<T>>::open(capacity, 1);
    let bell = Bell::new();
    let reader = ends.readers.into_iter().next().expect("one was asked for");
    (End { end: ends.sender, bell: Arc::clone(&bell) }, End { end: reader, bell })
}

impl<const TURNS: u32> Named for Task<TURNS> {
    const CLASS: Class = Class::Sketch;

    fn name() -> String {
        format!("sketch: two counts, lines ahead, a door each, a waker{}", Spin::<TURNS>::name())
    }
}

impl<T: Kept, const TURNS: u32> Tasks<T> for Task<TURNS> {
    type Keep = ();
    type Sender = End<T>;
    type Reader = End<T>;
    type TaskSender = End<T>;
    type TaskReader = End<T>;

    fn to_task(capacity: usize) -> ((), Self::Sender, Self::TaskReader) {
        let (sender, reader) = open(capacity);
        ((), sender, reader)
    }

    fn to_thread(capacity: usize) -> ((), Self::TaskSender, Self::Reader) {
        let (sender, reader) = open(capacity);
        ((), sender, reader)
    }

    #[inline(always)]
    fn send(sender: &mut Self::Sender, value: T) {
        let end = &mut sender.end;
        if let Err(value) = end.offer::<true>(value) {
            send::<Spin<TURNS>, T>(value, |value| end.offer::<true>(value));
        }
        sender.bell.ring();
    }

    #[inline(always)]
    fn recv(reader: &mut Self::Reader) -> T {
        let end = &mut reader.end;
        let value = end.take::<true>().unwrap_or_else(|| Spin::<TURNS>::until(|| end.take::<true>()));
        reader.bell.ring();
        value
    }

    #[inline(always)]
    fn send_async(sender: &mut Self::TaskSender, value: T) -> impl Future<Output = impl Answer<()>> + Send {
        let mut value = Some(value);
        let (end, bell) = (&mut sender.end, &sender.bell);
        bell.until::<(), TURNS>(move || match end.offer::<true>(value.take()?) {
            Ok(()) => Some(()),
            Err(back) => {
                value = Some(back);
                None
            }
        })
    }

    #[inline(always)]
    fn recv_async(reader: &mut Self::TaskReader) -> impl Future<Output = impl Answer<T>> + Send {
        let (end, bell) = (&mut reader.end, &reader.bell);
        bell.until::<T, TURNS>(|| end.take::<true>())
    }
}
