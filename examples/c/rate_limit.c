/* A sender that slows down before it is stopped, driven by how full the record is.
 *
 * To learn: pressure can be read before it hurts. aimdb_producer_stats is one consistent snapshot, so a sender may keep
 * its rate where the reader keeps up (here: halve when it is three quarters full, one more per tick when it is less
 * than half), and AIMDB_FULL stays the exception instead of the rule. */
#include "example.h"

/* Values that the reader takes per tick. */
enum { READS_PER_TICK = 5, TICKS = 24 };

static aimdb_stats_t stats_of(aimdb_producer_t record) {
    aimdb_stats_t stats = AIMDB_STATS_INIT;
    MUST(aimdb_producer_stats(record, &stats));
    return stats;
}

/* Additive increase, multiplicative decrease, as TCP does it. */
static uint32_t adapted(uint32_t per_tick, aimdb_producer_t record) {
    aimdb_stats_t stats = stats_of(record);
    if (stats.occupancy * 4 >= stats.capacity * 3) return per_tick / 2 > 1 ? per_tick / 2 : 1;
    if (stats.occupancy * 2 < stats.capacity) return per_tick + 1;
    return per_tick;
}

int main(void) {
    aimdb_record_t record = AIMDB_RECORD_INIT;
    record.key = "upload";
    record.kind = AIMDB_BOUNDED;
    record.policy = AIMDB_FAIL;
    record.capacity = 16;
    record.type.size = sizeof(uint32_t);
    aimdb_db_t db = database_of(&record, 1);
    aimdb_producer_t upload = producer_of(db, &record);
    aimdb_consumer_t link = consumer_of(db, &record);

    /* A tick stands for a unit of time, so that the program does the same on every machine. */
    uint32_t per_tick = 12, next = 0;
    uint64_t sent = 0, full = 0;
    for (int tick = 0; tick < TICKS; tick++) {
        for (uint32_t value = 0; value < per_tick; value++, next++) {
            aimdb_status_t status = aimdb_producer_try_send(upload, &next, sizeof next);
            if (status == AIMDB_FULL) full++;
            else must_do(status, "aimdb_producer_try_send"), sent++;
        }
        int occupancy = (int)stats_of(upload).occupancy;
        printf("tick %2d: %2u sent, %2d of 16 %.*s\n", tick, per_tick, occupancy, occupancy, "################");
        /* Now it is at its fullest; the reader comes next. */
        per_tick = adapted(per_tick, upload);
        uint32_t value;
        for (int read = 0; read < READS_PER_TICK; read++) {
            if (aimdb_consumer_try_recv(link, &value, sizeof value, NULL) != AIMDB_OK) break;
        }
    }
    printf("sent %llu, refused %llu\n", (unsigned long long)sent, (unsigned long long)full);

    aimdb_stats_t counted = stats_of(upload);
    ASSERT(counted.accepted == sent && counted.refused == full);
    ASSERT(full * 10 < sent);                                  /* the limiter keeps refusals rare */
    ASSERT(sent >= (uint64_t)TICKS * READS_PER_TICK * 8 / 10); /* and the link busy */

    MUST(aimdb_consumer_free(link));
    MUST(aimdb_producer_free(upload));
    MUST(aimdb_db_free(db));
    return 0;
}
