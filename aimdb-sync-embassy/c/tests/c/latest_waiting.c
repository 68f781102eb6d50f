/* Tasks that wait at latest values. */
#define RECORD(name, type) AIMDB_STATIC_LATEST(name, type)
#include "reading.h"
