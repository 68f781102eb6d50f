/* What the Rust side takes for granted of the kernel's types, checked by the compiler. */
#include <FreeRTOS.h>
#include <queue.h>
#include <task.h>

_Static_assert(sizeof(StaticTask_t) <= 128, "Task has 128 bytes for the control block");
_Static_assert(_Alignof(StaticTask_t) <= 8, "and aligns it to 8");
_Static_assert(sizeof(StaticQueue_t) <= 80, "Queue has 80 bytes for the control block");
_Static_assert(_Alignof(StaticQueue_t) <= 8, "and aligns it to 8");
_Static_assert(sizeof(StackType_t) == 4 && sizeof(UBaseType_t) == 4 && sizeof(BaseType_t) == 4, "words are words");
_Static_assert(sizeof(TickType_t) == 4 && portMAX_DELAY == 0xffffffffUL, "ticks are words, and all ones is for ever");
_Static_assert(eIncrement == 2, "eNotifyAction as in raw.rs");
_Static_assert(taskSCHEDULER_SUSPENDED == 0 && taskSCHEDULER_NOT_STARTED == 1 && taskSCHEDULER_RUNNING == 2,
    "the states of the scheduler as in scheduler.rs");
_Static_assert(queueSEND_TO_BACK == 0 && queueQUEUE_TYPE_BASE == 0, "the words of queue.c as in queue.rs");
