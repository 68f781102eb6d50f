/* The library's own lines come to the function that was named, up to the level that was asked for; the one before is
 * freed. */
#include <string.h>

#include "check.h"

static char lines[4096];
static int freed;

static void line(void *user, int32_t level, const char *text) {
    CHECK(strcmp(user, "here") == 0 && level >= AIMDB_LOG_ERROR && level <= AIMDB_LOG_INFO);
    strncat(lines, text, sizeof lines - strlen(lines) - 1);
    strncat(lines, "\n", sizeof lines - strlen(lines) - 1);
}

static void user_free(void *user) {
    CHECK(strcmp(user, "here") == 0);
    freed++;
}

static void run_a_database(void) {
    aimdb_builder_t builder;
    OK(aimdb_builder_new(&builder));
    aimdb_db_t db;
    OK(aimdb_builder_attach(builder, &db, NULL));
    OK(aimdb_db_close(db, -1, NULL));
    OK(aimdb_db_free(db));
}

int main(void) {
    char here[] = "here";
    ANSWERS(AIMDB_BAD_ARGUMENT, aimdb_set_log(0, line, here, user_free));
    ANSWERS(AIMDB_BAD_ARGUMENT, aimdb_set_log(5, line, here, user_free));
    CHECK(freed == 0);
    OK(aimdb_set_log(AIMDB_LOG_INFO, line, here, user_free));
    run_a_database();
    CHECK(strstr(lines, "database attached records=0 services=0\n"));
    CHECK(strstr(lines, "shutdown completed\n"));
    lines[0] = 0;
    OK(aimdb_set_log(AIMDB_LOG_ERROR, line, here, user_free));
    CHECK(freed == 1);
    run_a_database();
    CHECK(lines[0] == 0);
    OK(aimdb_set_log(AIMDB_LOG_DEBUG, NULL, NULL, NULL));
    CHECK(freed == 2);
    /* What is given with no function is taken all the same. */
    OK(aimdb_set_log(AIMDB_LOG_DEBUG, NULL, here, user_free));
    CHECK(freed == 3);
    run_a_database();
    CHECK(lines[0] == 0);
    return 0;
}
