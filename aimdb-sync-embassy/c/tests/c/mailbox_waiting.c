/* Tasks that wait at mailboxes. */
#define RECORD(name, type) AIMDB_STATIC_MAILBOX(name, type)
#include "reading.h"
