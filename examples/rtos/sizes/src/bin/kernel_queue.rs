//! The kernel's queue of 16 words, in C.
#![no_std]
#![no_main]

unsafe extern "C" {
    safe fn xqueue_create();
    safe fn xqueue_send(value: u32) -> i32;
    safe fn xqueue_receive(value: &mut u32) -> i32;
}

sizes::program! {
    setup { xqueue_create() };
    sender ();
    send |_sender, value| xqueue_send(value) != 0;
    reader Some(0);
    receive |value| (xqueue_receive(&mut value) != 0).then_some(value);
}
