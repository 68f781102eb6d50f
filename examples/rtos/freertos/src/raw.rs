//! The kernel's functions, as its headers have them.

use core::ffi::{c_char, c_void};

/// `TaskHandle_t` and `QueueHandle_t`.
pub(crate) type Handle = *mut c_void;

/// Add one to the value of the notification: a give.
pub(crate) const INCREMENT: u32 = 2;

unsafe extern "C" {
    pub(crate) fn xTaskCreateStatic(
        code: extern "C" fn(*mut c_void),
        name: *const c_char,
        words: u32,
        argument: *mut c_void,
        priority: u32,
        stack: *mut u32,
        control: *mut c_void,
    ) -> Handle;
    pub(crate) fn vTaskStartScheduler();
    pub(crate) fn vTaskSuspend(task: Handle);
    pub(crate) fn vTaskDelay(ticks: u32);
    pub(crate) fn xTaskCatchUpTicks(ticks: u32) -> i32;
    pub(crate) fn vTaskSuspendAll();
    pub(crate) fn xTaskResumeAll() -> i32;
    pub(crate) fn xTaskGetTickCount() -> u32;
    pub(crate) fn xTaskGetTickCountFromISR() -> u32;
    pub(crate) fn xTaskGetSchedulerState() -> i32;
    pub(crate) fn xTaskGetCurrentTaskHandle() -> Handle;
    pub(crate) fn uxTaskPriorityGet(task: Handle) -> u32;
    pub(crate) fn uxTaskPriorityGetFromISR(task: Handle) -> u32;
    pub(crate) fn vTaskPrioritySet(task: Handle, priority: u32);
    pub(crate) fn uxTaskGetStackHighWaterMark(task: Handle) -> u32;
    pub(crate) fn ulTaskGenericNotifyTake(index: u32, clear: i32, ticks: u32) -> u32;
    pub(crate) fn xTaskGenericNotify(task: Handle, index: u32, value: u32, action: u32, before: *mut u32) -> i32;
    pub(crate) fn vTaskGenericNotifyGiveFromISR(task: Handle, index: u32, switch: *mut i32);
    pub(crate) fn vPortEnterCritical();
    pub(crate) fn vPortExitCritical();

    pub(crate) fn xQueueGenericCreateStatic(
        places: u32,
        size: u32,
        storage: *mut u8,
        control: *mut c_void,
        kind: u8,
    ) -> Handle;
    pub(crate) fn xQueueGenericSend(queue: Handle, value: *const c_void, ticks: u32, position: i32) -> i32;
    pub(crate) fn xQueueReceive(queue: Handle, value: *mut c_void, ticks: u32) -> i32;
}
