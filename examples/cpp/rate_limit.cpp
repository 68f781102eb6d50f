// A sender that slows down before it is stopped, driven by how full the record is.
//
// To learn: pressure can be read before it hurts. `stats()` is one consistent snapshot, so a sender may keep its rate
// where the reader keeps up (here: halve when it is three quarters full, one more per tick when it is less than half),
// and status::full stays the exception instead of the rule.
#include <algorithm>
#include <iomanip>

#include "example.hpp"

/// Additive increase, multiplicative decrease, as TCP does it.
class limiter {
public:
    std::uint32_t per_tick() const { return per_tick_; }

    void adapt(const aimdb::producer<std::uint32_t> &record) {
        const auto stats = record.stats();
        if (stats.occupancy * 4 >= stats.capacity * 3) {
            per_tick_ = std::max(per_tick_ / 2, 1U);
        } else if (stats.occupancy * 2 < stats.capacity) {
            per_tick_++;
        }
    }

private:
    std::uint32_t per_tick_ = 12;
};

/// Values that the reader takes per tick.
constexpr std::uint64_t READS_PER_TICK = 5;
constexpr std::uint64_t TICKS = 24;

static void example() {
    aimdb::builder builder;
    builder.add(aimdb::record<std::uint32_t>::bounded("upload", 16, aimdb::policy::fail));
    const aimdb::database db = builder.attach();
    const auto upload = db.producer<std::uint32_t>("upload");
    auto link = db.consumer<std::uint32_t>("upload");

    // A tick stands for a unit of time, so that the program does the same on every machine.
    limiter rate;
    std::uint32_t next = 0;
    std::uint64_t sent = 0;
    std::uint64_t full = 0;
    for (std::uint64_t tick = 0; tick < TICKS; tick++) {
        const std::uint32_t per_tick = rate.per_tick();
        for (std::uint32_t value = 0; value < per_tick; value++) {
            const aimdb::result tried = upload.try_send(next++);
            ASSERT(tried || tried == aimdb::status::full);
            (tried ? sent : full)++;
        }
        const std::uint64_t occupancy = upload.stats().occupancy;
        std::cout << "tick " << std::setw(2) << tick << ": " << std::setw(2) << per_tick << " sent, " << std::setw(2)
                  << occupancy << " of 16 " << std::string(occupancy, '#') << '\n';
        // Now it is at its fullest; the reader comes next.
        rate.adapt(upload);
        std::array<std::uint32_t, READS_PER_TICK> read{};
        static_cast<void>(link.recv_many(read));
    }
    std::cout << "sent " << sent << ", refused " << full << '\n';

    const auto counted = upload.stats();
    ASSERT(counted.accepted == sent && counted.refused == full);
    ASSERT(full * 10 < sent);                            // the limiter keeps refusals rare
    ASSERT(sent >= TICKS * READS_PER_TICK * 8 / 10);  // and the link busy
}

int main() { return run(example); }
