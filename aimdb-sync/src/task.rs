//! An async service as a task: marked while it is polled, caught when it panics.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use aimdb_core::waiting::Place;
use aimdb_core::{BoxFuture, RuntimeContext};

use crate::crew::Post;
use crate::failure::caught;

/// How an async service begins.
pub(crate) type Begin = Box<dyn FnOnce(RuntimeContext) -> BoxFuture<'static, ()> + Send>;

/// A service that runs as a task. It never panics.
pub(crate) struct Task {
    stage: Stage,
    /// The buffer that the service drains.
    identity: usize,
    /// `None` when the service has ended.
    post: Option<Post>,
}

enum Stage {
    Fresh(Begin, RuntimeContext),
    Running(BoxFuture<'static, ()>),
    Ended,
}

impl Task {
    pub(crate) fn new(begin: Begin, context: RuntimeContext, identity: usize, post: Post) -> Self {
        Self { stage: Stage::Fresh(begin, context), identity, post: Some(post) }
    }

    /// Drops what is left of the service, as a part of it.
    fn finish(&mut self) -> Result<(), String> {
        let _place = Place::enter(self.identity, false);
        let rest = std::mem::replace(&mut self.stage, Stage::Ended);
        caught(move || drop(rest))
    }
}

impl Stage {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Self::Fresh(..) = self
            && let Self::Fresh(begin, given) = std::mem::replace(self, Self::Ended)
        {
            *self = Self::Running(begin(given));
        }
        match self {
            Self::Running(future) => future.as_mut().poll(context),
            Self::Fresh(..) | Self::Ended => Poll::Ready(()),
        }
    }
}

impl Future for Task {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let polled = {
            let _place = Place::enter(this.identity, false);
            caught(|| this.stage.poll(context))
        };
        let outcome = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(())) => this.finish(),
            Err(message) => {
                let _ = this.finish();
                Err(message)
            }
        };
        if let Some(post) = this.post.take() {
            post.leave(outcome);
        }
        Poll::Ready(())
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        // Dropped by its runtime before it ended.
        if let Some(post) = self.post.take() {
            let outcome = self.finish();
            post.leave(outcome);
        }
    }
}
