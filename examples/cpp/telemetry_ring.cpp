// A telemetry ring: the sensor never waits, and a slow reader is told exactly what it missed.
//
// To learn: record::ring keeps the last `capacity` values for every reader that is not too slow. A reader that was
// overtaken is told status::lagged once, with the number, and goes on at the oldest value that is still there; a loop
// skips the gap and counts it.
#include <algorithm>
#include <thread>

#include "example.hpp"

struct reading {
    std::uint32_t number;
    float celsius;
};

static void example() {
    aimdb::builder builder;
    builder.add(aimdb::record<reading>::ring("boiler.temperature", 3));
    const aimdb::database db = builder.attach();

    auto sensor = db.producer<reading>("boiler.temperature");
    auto follower = db.consumer<reading>("boiler.temperature");
    auto slow = db.consumer<reading>("boiler.temperature");
    auto report = slow.subscribe();

    // The sensor on a thread of its own, and on the same thread a reader that keeps up.
    std::thread sampling([sensor = std::move(sensor), follower = std::move(follower)]() mutable {
        float warmest = -1000;
        for (std::uint32_t number = 0; number < 10; number++) {
            ASSERT(sensor.emplace(number, 60.0F + static_cast<float>(number) / 2));
            warmest = std::max(warmest, follower.recv()->celsius);
        }
        sensor.close();
        std::cout << "the follower saw all 10, the warmest was " << warmest << " °C\n";
        ASSERT(follower.stats().lagged == 0);
    });
    sampling.join();

    // The slow reader comes when all is over: 10 values into 3 places.
    auto got = slow.recv();
    ASSERT(got == aimdb::status::lagged && got.lagged() == 7);
    std::cout << "the slow reader missed " << got.lagged() << " and goes on:\n";
    // The lag is told once; then come the values that are left, then the end.
    while ((got = slow.try_recv())) {
        std::cout << "  number " << got->number << ": " << got->celsius << " °C\n";
    }
    ASSERT(got == aimdb::status::closed);

    // The same in a loop, which skips the gap.
    std::vector<std::uint32_t> numbers;
    for (const reading &each : report) numbers.push_back(each.number);
    std::cout << "the report has " << listed{numbers} << " and knows that " << report.lost() << " are lost\n";
    ASSERT(report.lost() == 7);

    // Nothing is unaccounted for.
    const auto seen = slow.stats();
    ASSERT(seen.accepted == seen.delivered + seen.lagged);
    std::cout << "accepted " << seen.accepted << " = delivered " << seen.delivered << " + lagged " << seen.lagged << '\n';
}

int main() { return run(example); }
