// The C++ part of a program whose other part is Rust (src/lib.rs): a sensor thread sends readings, this thread
// receives the alarms that Rust makes of them. The structures are those of Rust; room.h asserts it.
#include <cstdint>
#include <cstdio>
#include <thread>

#include <room.h>

#include <aimdb.hpp>

extern "C" aimdb_db_t room_open(float limit);

int main() {
    const aimdb::database room(room_open(24.5F));
    if (!room) return 1;

    aimdb::producer<Reading> readings = room.producer<Reading>("room.reading");
    aimdb::consumer<Alarm> alarms = room.consumer<Alarm>("room.alarm");
    aimdb::consumer<Summary> summaries = room.consumer<Summary>("room.summary");
    aimdb::consumer<double> means = room.consumer<double>("room.mean");

    // What does not fit is told here, and never at a send or a read.
    aimdb::failure why;
    static_cast<void>(room.producer<Reading>("room.alarm", &why));
    std::printf("room.alarm as a Reading: %s\n", aimdb::name_of(why.reason()));
    static_cast<void>(room.producer<std::uint64_t>("room.reading", &why));
    std::printf("room.reading as a number: %s\n", aimdb::name_of(why.reason()));
    static_cast<void>(room.producer<Reading>("room.log", &why));
    std::printf("room.log: %s\n", aimdb::name_of(why.reason()));

    std::thread sensor([out = std::move(readings)] {
        for (std::uint32_t number = 0; number < 20; number++) {
            if (!out.send({21.0F + 0.5F * static_cast<float>(number % 10), number % 3})) return;
        }
        // Rust's transforms drain what was sent, and close what they write.
        static_cast<void>(out.close());
    });

    Alarm last = {};
    for (const Alarm &alarm : alarms) {
        std::printf("alarm %u: sensor %u at %.1f, above %.1f\n", static_cast<unsigned>(alarm.number),
                    alarm.reading.sensor, static_cast<double>(alarm.reading.celsius),
                    static_cast<double>(alarm.limit));
        last = alarm;
    }
    sensor.join();
    std::printf("alarms of even sensors: %d, of odd ones: %d\n", last.by_sensor[0], last.by_sensor[1]);

    Summary all = {};
    for (const Summary &summary : summaries) all = summary;
    double mean = 0;
    for (const double &each : means) mean = each;
    std::printf("%u readings, %.2f in the mean%s\n", static_cast<unsigned>(all.readings), all.mean,
                mean == all.mean ? "" : ", and another mean");
    return 0;
}
