// The same in C++, with the C++ header beside the C one where it is installed.
#include <aimdb.h>
#if __has_include(<aimdb.hpp>)
#include <aimdb.hpp>
#endif

#include <cstdint>
#include <cstdio>
#include <thread>

int main() {
    aimdb_record_t record = AIMDB_RECORD_INIT;
    record.key = "jobs";
    record.kind = AIMDB_BOUNDED;
    record.capacity = 2;
    record.type.size = sizeof(std::int32_t);

    aimdb_builder_t builder;
    aimdb_db_t db;
    aimdb_producer_t producer;
    aimdb_consumer_t consumer;
    aimdb_builder_new(&builder);
    aimdb_builder_record(builder, &record, nullptr);
    aimdb_builder_attach(builder, &db, nullptr);
    aimdb_producer_open(db, "jobs", &record.type, &producer, nullptr);
    aimdb_consumer_open(db, "jobs", &record.type, AIMDB_LIVE, &consumer, nullptr);

    std::thread thread([producer] {
        for (std::int32_t number = 1; number <= 5; number++) {
            if (aimdb_producer_send(producer, &number, sizeof number) != AIMDB_OK) {
                break;
            }
        }
        aimdb_producer_close(producer, -1, nullptr);
    });
    std::int32_t number;
    aimdb_status_t status;
    while ((status = aimdb_consumer_recv(consumer, &number, sizeof number, nullptr)) == AIMDB_OK) {
        std::printf("job %d\n", static_cast<int>(number));
    }
    std::puts(aimdb_status_name(status));
    thread.join();
    aimdb_consumer_free(consumer);
    aimdb_producer_free(producer);
    aimdb_db_free(db);
    std::printf("aimdb %s\n", aimdb_version());
}
