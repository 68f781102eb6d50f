/* ThreadX for the tests: a tick of a millisecond, and what the port needs. */
#define TX_TIMER_TICKS_PER_SECOND (1000UL)
#define TX_ENABLE_STACK_CHECKING
#define TX_THREAD_USER_EXTENSION VOID *aimdb_token[8];
