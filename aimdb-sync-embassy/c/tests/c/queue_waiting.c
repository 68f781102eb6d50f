/* Tasks that wait at queues: what those of other records do, by the same calls. */
#define RECORD AIMDB_STATIC_QUEUE
#include "waiting.c"
