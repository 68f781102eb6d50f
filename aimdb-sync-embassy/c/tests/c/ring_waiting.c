/* Tasks that wait at rings. */
#define RECORD(name, type) AIMDB_STATIC_RING(name, type, 3)
#include "reading.h"
