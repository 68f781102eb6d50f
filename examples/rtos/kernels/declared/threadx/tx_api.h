/* What the port to ThreadX uses of it, with the types that it has there: enough to compile the port, and not to run it. What
 * is in the kernel's other headers is here too. */
#ifndef TX_API_H
#define TX_API_H

typedef char CHAR;
typedef unsigned int UINT;
typedef unsigned long ULONG;
#define VOID void

typedef struct TX_SEMAPHORE_STRUCT {
    ULONG tx_semaphore_id;
    void *others[7];
} TX_SEMAPHORE;

typedef struct TX_THREAD_STRUCT {
    UINT tx_thread_priority;
    VOID *aimdb_token[8];
} TX_THREAD;

#define TX_NULL ((void *)0)
#define TX_WAIT_FOREVER ((ULONG)0xFFFFFFFFUL)
#define TX_SEMAPHORE_ID ((ULONG)0x53454D41)
#define TX_INITIALIZE_IN_PROGRESS ((ULONG)0xF0F0F0F0UL)
#define TX_TIMER_TICKS_PER_SECOND (100UL)

UINT tx_semaphore_get(TX_SEMAPHORE *semaphore, ULONG wait_option);
UINT tx_semaphore_ceiling_put(TX_SEMAPHORE *semaphore, ULONG ceiling);
TX_THREAD *tx_thread_identify(void);
ULONG tx_time_get(void);

extern volatile UINT _tx_thread_preempt_disable;
extern TX_THREAD _tx_timer_thread;
ULONG system_state(void);
#define TX_THREAD_GET_SYSTEM_STATE() system_state()

UINT disable(void);
void restore(UINT posture);
#define TX_INTERRUPT_SAVE_AREA UINT interrupt_save;
#define TX_DISABLE interrupt_save = disable();
#define TX_RESTORE restore(interrupt_save);

#endif
