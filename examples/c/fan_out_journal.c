/* Fan-out with a journal that holds the sender back: nothing is sold before it is written.
 *
 * To learn: on a record of AIMDB_BOUNDED that pauses, every cursor gates. The producer cannot overtake the slowest one,
 * and the record says how far behind that is. A cursor that is freed stops gating at once and wakes whoever it held up. */
#include <pthread.h>
#include <sched.h>

#include "example.h"

enum { TRADES = 20 };
static const int64_t PATIENCE_NS = 5000000;

typedef struct trade {
    uint32_t number;
} trade_t;

static aimdb_stats_t stats_of(aimdb_db_t db) {
    aimdb_stats_t stats = AIMDB_STATS_INIT;
    MUST(aimdb_db_stats(db, "trades", &stats));
    return stats;
}

static void *sell(void *argument) {
    aimdb_producer_t exchange = *(aimdb_producer_t *)argument;
    for (uint32_t number = 4; number < TRADES; number++) {
        trade_t trade = { number };
        MUST(aimdb_producer_send(exchange, &trade, sizeof trade));
    }
    close_at_once(exchange);
    return NULL;
}

typedef struct reader {
    aimdb_consumer_t trades;
    uint32_t numbers[TRADES];
    size_t count;
} reader_t;

/* Takes what is there, and if it waits, what comes until the record is closed. */
static void take_all(reader_t *reader, int64_t timeout_ns) {
    trade_t trade;
    aimdb_status_t status;
    reader->count = 0;
    while ((status = aimdb_consumer_recv_timeout(reader->trades, &trade, sizeof trade, NULL, timeout_ns)) == AIMDB_OK) {
        ASSERT(reader->count < TRADES);
        reader->numbers[reader->count++] = trade.number;
    }
    ASSERT(status == (timeout_ns == 0 ? AIMDB_EMPTY : AIMDB_CLOSED));
}

static void *show(void *argument) {
    take_all(argument, -1);
    return NULL;
}

int main(void) {
    aimdb_record_t record = AIMDB_RECORD_INIT;
    record.key = "trades";
    record.kind = AIMDB_BOUNDED;
    record.policy = AIMDB_PAUSE_UPSTREAM;
    record.capacity = 4;
    record.type.size = sizeof(trade_t);
    aimdb_db_t db = database_of(&record, 1);
    aimdb_producer_t exchange = producer_of(db, &record);
    reader_t display = { .trades = consumer_of(db, &record) };
    reader_t journal = { .trades = consumer_of(db, &record) };
    aimdb_consumer_t forgotten = consumer_of(db, &record);

    for (uint32_t number = 0; number < 4; number++) {
        trade_t trade = { number };
        MUST(aimdb_producer_send(exchange, &trade, sizeof trade));
    }
    take_all(&display, 0);
    printf("the display has shown %zu trades, the journal has written none\n", display.count);

    /* The display is through, the other two are not: the producer waits, and knows for whom. */
    trade_t refused = { 4 };
    ASSERT(aimdb_producer_send_timeout(exchange, &refused, sizeof refused, PATIENCE_NS) == AIMDB_TIMEOUT);
    aimdb_stats_t stats = stats_of(db);
    printf("trade %u: not yet, %llu cursors, the slowest has %llu unread\n", refused.number,
           (unsigned long long)stats.cursors, (unsigned long long)stats.slowest_unread);

    /* The journal catches up; but one cursor was made that nobody reads. To free it helps, also while the producer is
     * already waiting. */
    take_all(&journal, 0);
    ASSERT(journal.count == display.count);
    pthread_t selling, showing;
    ASSERT(pthread_create(&selling, NULL, sell, &exchange) == 0);
    /* The rendezvous: go on when the producer is seen waiting. */
    while (stats_of(db).waiting_producers == 0) sched_yield();
    printf("the exchange waits for the cursor that nobody reads\n");
    MUST(aimdb_consumer_free(forgotten));

    ASSERT(pthread_create(&showing, NULL, show, &display) == 0);
    take_all(&journal, -1);
    ASSERT(pthread_join(showing, NULL) == 0);
    ASSERT(pthread_join(selling, NULL) == 0);
    printf("journal [");
    for (size_t at = 0; at < journal.count; at++) printf("%s%u", at ? ", " : "", journal.numbers[at]);
    printf("]\n");
    ASSERT(journal.count == TRADES - 4 && display.count == journal.count);
    for (uint32_t at = 0; at < journal.count; at++) {
        ASSERT(journal.numbers[at] == at + 4 && display.numbers[at] == at + 4);
    }
    printf("the display has the same, in the same order\n");
    stats = stats_of(db);
    printf("accepted %llu, lost %llu\n", (unsigned long long)stats.accepted, (unsigned long long)stats.lagged);
    ASSERT(stats.accepted == TRADES && stats.lagged == 0 && stats.timed_out == 1);
    ASSERT(stats.blocked >= 1 && stats.blocked_ns > 0);

    MUST(aimdb_consumer_free(display.trades));
    MUST(aimdb_consumer_free(journal.trades));
    MUST(aimdb_producer_free(exchange));
    MUST(aimdb_db_free(db));
    return 0;
}
