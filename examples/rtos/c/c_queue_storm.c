/* The storm over queues. */
#define RECORD AIMDB_STATIC_QUEUE
#include "c_storm.c"
