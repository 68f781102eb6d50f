/* What a mailbox and a latest value have in common: the end. Wants the records `word`, `odd` and `ended`. */
static void a_closed_one_is_drained(void)
{
    CHECK(word_try_send(&V[1]) == AIMDB_OK);
    CHECK(word_is_closed() == 0);
    CHECK(word_close() == AIMDB_OK && word_close() == AIMDB_OK);
    CHECK(word_is_closed() == 1);
    CHECK(word_try_send(&V[2]) == AIMDB_CLOSED);
    CHECK(word_send(&V[2], portMAX_DELAY) == AIMDB_CLOSED);
    NEXT(word, 1);
    NONE(word, AIMDB_CLOSED);
    uint32_t got = 77;
    CHECK(word_recv(&got, portMAX_DELAY) == AIMDB_CLOSED && got == 77);
    aimdb_static_stats_t stats;
    CHECK(word_stats(&stats) == AIMDB_OK && stats.closed == 1 && stats.refused == 2 && stats.aborted == 0);

    CHECK(ended_try_send(&V[4]) == AIMDB_OK && ended_try_send(&V[5]) == AIMDB_OK);
    CHECK(ended_abort() == 1 && ended_abort() == 0);
    NONE(ended, AIMDB_CLOSED);
    CHECK(ended_stats(&stats) == AIMDB_OK && stats.closed == 1 && stats.aborted == 1 && stats.occupancy == 0);
    CHECK(stats.accepted == stats.delivered + stats.aborted + stats.overwritten);

    odd_t odd_one = { { 1, 2, 3 } };
    CHECK(odd_try_send(&odd_one) == AIMDB_OK && odd_abort() == 1);
    CHECK(odd_try_send(&odd_one) == AIMDB_CLOSED && odd_try_recv(&odd_one) == AIMDB_CLOSED);
}
