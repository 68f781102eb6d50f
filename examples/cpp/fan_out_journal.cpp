// Fan-out with a journal that holds the sender back: nothing is sold before it is written.
//
// To learn: on a record::bounded that pauses, every cursor gates. The producer cannot overtake the slowest one, and the
// record says how far behind that is. A cursor that is freed stops gating at once and wakes whoever it held up.
#include <thread>

#include "example.hpp"

struct trade {
    std::uint32_t number;
};

constexpr std::uint32_t TRADES = 20;

static std::vector<std::uint32_t> numbers_of(aimdb::consumer<trade> &from) {
    std::vector<std::uint32_t> numbers;
    for (const trade &each : from) numbers.push_back(each.number);
    return numbers;
}

static void example() {
    using namespace std::chrono_literals;
    aimdb::builder builder;
    builder.add(aimdb::record<trade>::bounded("trades", 4));
    const aimdb::database db = builder.attach();
    const auto exchange = db.producer<trade>("trades");
    auto display = db.consumer<trade>("trades");
    auto journal = db.consumer<trade>("trades");
    auto forgotten = db.consumer<trade>("trades");

    for (std::uint32_t number = 0; number < 4; number++) ASSERT(exchange.emplace(number));
    std::array<trade, 4> shown_first{};
    std::cout << "the display has shown " << display.recv_many(shown_first).count()
              << " trades, the journal has written none\n";

    // The display is through, the other two are not: the producer waits, and knows for whom.
    const trade refused{4};
    ASSERT(exchange.send_for(refused, 5ms) == aimdb::status::timeout);
    const auto stats = db.stats("trades");
    std::cout << "trade " << refused.number << ": not yet, " << stats.cursors << " cursors, the slowest has "
              << stats.slowest_unread << " unread\n";

    // The journal catches up; but one cursor was made that nobody reads. To free it helps, also while the producer is
    // already waiting.
    std::array<trade, 4> written_first{};
    ASSERT(journal.recv_many(written_first).count() == 4);
    std::thread selling([&exchange] {
        for (std::uint32_t number = 4; number < TRADES; number++) ASSERT(exchange.emplace(number));
        exchange.close();
    });
    // The rendezvous: go on when the producer is seen waiting.
    while (db.stats("trades").waiting_producers == 0) std::this_thread::yield();
    std::cout << "the exchange waits for the cursor that nobody reads\n";
    forgotten.reset();

    std::vector<std::uint32_t> shown;
    std::thread showing([&shown, &display] { shown = numbers_of(display); });
    const auto written = numbers_of(journal);
    showing.join();
    selling.join();
    std::cout << "journal " << listed{written} << '\n';
    ASSERT(written.size() == TRADES - 4 && written.front() == 4 && shown == written);
    std::cout << "the display has the same, in the same order\n";
    const auto counted = db.stats("trades");
    std::cout << "accepted " << counted.accepted << ", lost " << counted.lagged << '\n';
    ASSERT(counted.accepted == TRADES && counted.lagged == 0 && counted.timed_out == 1);
    ASSERT(counted.blocked >= 1 && counted.blocked_ns > 0);
}

int main() { return run(example); }
