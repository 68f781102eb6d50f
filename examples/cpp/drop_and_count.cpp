// A hot loop that may never wait: what does not fit is dropped by the caller, and counted.
//
// To learn: `try_send` on a record with policy::fail never waits, and its status::full is the record's own fullness at
// that moment, for there is no channel in between. The caller's count and the record's count agree to the last value.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "example.hpp"

constexpr std::uint64_t BURSTS = 10;
constexpr std::uint64_t BURST = 1000;
constexpr std::uint64_t CAPACITY = 64;

/// Two threads wait for each other. std::barrier comes with C++20.
class barrier {
public:
    void wait() {
        std::unique_lock<std::mutex> guard(lock_);
        const unsigned turn = turn_;
        if (++here_ == 2) {
            here_ = 0;
            turn_++;
            both_.notify_all();
        } else {
            both_.wait(guard, [&] { return turn_ != turn; });
        }
    }

private:
    std::mutex lock_;
    std::condition_variable both_;
    int here_ = 0;
    unsigned turn_ = 0;
};

static void example() {
    aimdb::builder builder;
    builder.add(aimdb::record<std::uint64_t>::bounded("isr.samples", CAPACITY, aimdb::policy::fail));
    const aimdb::database db = builder.attach();
    const auto samples = db.producer<std::uint64_t>("isr.samples");
    auto reader = db.consumer<std::uint64_t>("isr.samples");

    // The two take turns here so that the numbers come out the same each time; without the barrier the loop would drop
    // more or less, and the account would balance all the same.
    barrier turn;
    std::uint64_t dropped = 0;
    std::thread hot_loop([&] {
        for (std::uint64_t burst = 0; burst < BURSTS; burst++) {
            for (std::uint64_t sample = burst * BURST; sample < (burst + 1) * BURST; sample++) {
                if (const auto sent = samples.try_send(sample); !sent) {
                    ASSERT(sent == aimdb::status::full);
                    dropped++;
                }
            }
            turn.wait();
            turn.wait();
        }
        samples.close();
    });
    std::uint64_t sum = 0;
    for (std::uint64_t burst = 0; burst < BURSTS; burst++) {
        turn.wait();
        for (const std::uint64_t sample : reader.available()) sum += sample;
        turn.wait();
    }
    hot_loop.join();

    const auto counted = db.stats("isr.samples");
    std::cout << "offered " << counted.offered() << '\n';
    std::cout << "accepted " << counted.accepted << '\n';
    std::cout << "refused " << counted.refused << ", and the loop counted " << dropped << " drops\n";
    std::cout << "the reader has the sum " << sum << '\n';
    ASSERT(counted.offered() == BURSTS * BURST);
    ASSERT(counted.accepted == BURSTS * CAPACITY);
    ASSERT(counted.refused == dropped);
    ASSERT(counted.blocked == 0);  // a hot loop never waits
    ASSERT(reader.stats().delivered == counted.accepted);
}

int main() { return run(example); }
