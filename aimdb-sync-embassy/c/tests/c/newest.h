/* What the records have in common that keep the newest: only a read can wait where it would never end. Wants the records `word` and
 * `odd`. */
static void it_cannot_block(void)
{
    uint32_t got = 77;
    odd_t odd_one = { { 1, 2, 3 } };
    /* Also where it would not have to wait now: what depends on the moment is not found by a test. */
    CHECK(word_send(&V[1], portMAX_DELAY) == AIMDB_OK);
    CHECK(word_recv(&got, portMAX_DELAY) == AIMDB_CANNOT_BLOCK && word_recv(&got, 1) == AIMDB_CANNOT_BLOCK);
    CHECK(odd_recv(&odd_one, 1) == AIMDB_CANNOT_BLOCK && odd_one.bytes[2] == 3);
    CHECK(got == 77);
    /* One try may be made. */
    CHECK(word_recv(&got, 0) == AIMDB_OK && got == 1);
    CHECK(word_recv(&got, 0) == AIMDB_TIMEOUT && word_try_recv(&got) == AIMDB_EMPTY);
    CHECK(odd_send(&odd_one, 1) == AIMDB_OK && odd_recv(&odd_one, 0) == AIMDB_OK);
    CHECK(odd_recv(&odd_one, 0) == AIMDB_TIMEOUT);
}
