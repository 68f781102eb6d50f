//! A thread and a task of a current-thread runtime of Tokio.

use std::future::Future;

use tokio::runtime::{Builder, Runtime};

use crate::link::Named;
use crate::measure::Timed;
use crate::payload::Payload;
use crate::workload::two_threads;

/// One contestant between a thread and a task.
pub trait Tasks<T: Payload>: Named + 'static {
    /// What must outlive the ends.
    type Keep: 'static;
    /// Where a thread sends.
    type Sender: Send + 'static;
    /// Where a thread reads.
    type Reader: Send + 'static;
    /// Where a task sends.
    type TaskSender: Send + 'static;
    /// Where a task reads.
    type TaskReader: Send + 'static;

    /// A link from a thread to a task.
    fn to_task(capacity: usize) -> (Self::Keep, Self::Sender, Self::TaskReader);

    /// A link from a task to a thread.
    fn to_thread(capacity: usize) -> (Self::Keep, Self::TaskSender, Self::Reader);

    /// Sends with the call that blocks the thread.
    fn send(sender: &mut Self::Sender, value: T);

    /// Reads with the call that blocks the thread.
    fn recv(reader: &mut Self::Reader) -> T;

    /// Sends, and lets other tasks run while there is no space. The contestant's own future, which an `async fn` around it
    /// would keep from being a part of the task.
    fn send_async(sender: &mut Self::TaskSender, value: T) -> impl Future<Output = impl Answer<()>> + Send;

    /// Reads, and lets other tasks run while there is no value. As above.
    fn recv_async(reader: &mut Self::TaskReader) -> impl Future<Output = impl Answer<T>> + Send;
}

/// What a contestant's future gives.
pub trait Answer<T> {
    /// What was asked for. Both ends of a link live.
    fn had(self) -> T;
}

impl<T, E> Answer<T> for Result<T, E> {
    #[inline(always)]
    fn had(self) -> T {
        self.ok().expect("the other end lives")
    }
}

impl<T> Answer<T> for Option<T> {
    #[inline(always)]
    fn had(self) -> T {
        self.expect("the other end lives")
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime of one thread needs nothing")
}

/// A thread sends, a task receives.
pub fn thread_to_task<T: Payload, L: Tasks<T>>(capacity: usize) -> Timed {
    let (keep, mut sender, mut reader) = L::to_task(capacity);
    let runtime = runtime();
    Box::new(move |count| {
        let _ = &keep;
        two_threads(&mut || (0..count).for_each(|tag| L::send(&mut sender, T::tagged(tag))), &mut || {
            runtime.block_on(async {
                for tag in 0..count {
                    assert_eq!(L::recv_async(&mut reader).await.had().tag(), tag);
                }
            });
        })
    })
}

/// A task sends, a thread receives.
pub fn task_to_thread<T: Payload, L: Tasks<T>>(capacity: usize) -> Timed {
    let (keep, mut sender, mut reader) = L::to_thread(capacity);
    let runtime = runtime();
    Box::new(move |count| {
        let _ = &keep;
        two_threads(
            &mut || {
                for tag in 0..count {
                    assert_eq!(L::recv(&mut reader).tag(), tag);
                }
            },
            &mut || {
                runtime.block_on(async {
                    for tag in 0..count {
                        L::send_async(&mut sender, T::tagged(tag)).await.had();
                    }
                });
            },
        )
    })
}

/// A value goes from a thread to a task and comes back.
pub fn round_trip<T: Payload, L: Tasks<T>>(capacity: usize) -> Timed {
    let (there, mut sender, mut pinged) = L::to_task(capacity);
    let (back, mut pong, mut reader) = L::to_thread(capacity);
    let runtime = runtime();
    Box::new(move |count| {
        let _ = (&there, &back);
        two_threads(
            &mut || {
                for tag in 0..count {
                    L::send(&mut sender, T::tagged(tag));
                    assert_eq!(L::recv(&mut reader).tag(), tag);
                }
            },
            &mut || {
                runtime.block_on(async {
                    for _ in 0..count {
                        let value = L::recv_async(&mut pinged).await.had();
                        L::send_async(&mut pong, value).await.had();
                    }
                });
            },
        )
    })
}
