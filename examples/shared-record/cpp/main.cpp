// The C++ part of a program whose other part is Rust (src/lib.rs): a sensor thread sends readings, this thread
// receives the alarms that Rust makes of them. The structures are those of Rust; room.h asserts it.
#include <cstdio>
#include <cstdlib>
#include <thread>

#include <room.h>

extern "C" aimdb_db_t room_open(float limit);

static void check(aimdb_status_t status, const char *what) {
    if (status != AIMDB_OK) {
        std::fprintf(stderr, "%s: %s\n", what, aimdb_status_name(status));
        std::exit(1);
    }
}

int main() {
    const aimdb_db_t room = room_open(24.5f);
    if (room.id == 0) return 1;

    const aimdb_type_t reading_type = READING_TYPE_INIT;
    const aimdb_type_t alarm_type = ALARM_TYPE_INIT;
    const aimdb_type_t summary_type = SUMMARY_TYPE_INIT;
    aimdb_producer_t readings;
    check(aimdb_producer_open(room, "room.reading", &reading_type, &readings, nullptr), "room.reading");
    aimdb_consumer_t alarms;
    check(aimdb_consumer_open(room, "room.alarm", &alarm_type, AIMDB_LIVE, &alarms, nullptr), "room.alarm");
    aimdb_consumer_t summaries;
    check(aimdb_consumer_open(room, "room.summary", &summary_type, AIMDB_LIVE, &summaries, nullptr), "room.summary");

    // What does not fit is told here, and never at a send or a read.
    aimdb_producer_t none;
    std::printf("room.alarm as a Reading: %s\n",
                aimdb_status_name(aimdb_producer_open(room, "room.alarm", &reading_type, &none, nullptr)));
    aimdb_type_t older = reading_type;
    older.schema = aimdb_schema_of("room.Reading/0");
    std::printf("room.reading as an older Reading: %s\n",
                aimdb_status_name(aimdb_producer_open(room, "room.reading", &older, &none, nullptr)));
    std::printf("room.log: %s\n",
                aimdb_status_name(aimdb_producer_open(room, "room.log", &reading_type, &none, nullptr)));

    std::thread sensor([readings] {
        for (uint32_t number = 0; number < 20; number++) {
            const Reading reading = { 21.0f + 0.5f * static_cast<float>(number % 10), number % 3 };
            check(aimdb_producer_send(readings, &reading, sizeof reading), "send");
        }
        // Rust's transforms drain what was sent, and close what they write.
        check(aimdb_producer_close(readings, -1, nullptr), "close");
        check(aimdb_producer_free(readings), "free");
    });

    Alarm alarm = {};
    while (aimdb_consumer_recv(alarms, &alarm, sizeof alarm, nullptr) == AIMDB_OK) {
        std::printf("alarm %llu: sensor %u at %.1f, above %.1f\n", static_cast<unsigned long long>(alarm.number),
                    alarm.reading.sensor, static_cast<double>(alarm.reading.celsius),
                    static_cast<double>(alarm.limit));
    }
    sensor.join();
    std::printf("alarms of even sensors: %d, of odd ones: %d\n", alarm.by_sensor[0], alarm.by_sensor[1]);

    Summary summary = {};
    while (aimdb_consumer_recv(summaries, &summary, sizeof summary, nullptr) == AIMDB_OK) {
    }
    std::printf("%llu readings, %.2f in the mean\n", static_cast<unsigned long long>(summary.readings), summary.mean);

    check(aimdb_consumer_free(alarms), "free");
    check(aimdb_consumer_free(summaries), "free");
    check(aimdb_db_close(room, -1, nullptr), "close");
    return aimdb_db_free(room) == AIMDB_OK ? 0 : 1;
}
