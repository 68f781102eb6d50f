// Configuration for everybody: the newest value, for readers that come early, late or seldom.
//
// To learn: record::latest hands each reader each change, but only the newest one: what was overwritten before it
// looked is skipped without an error. One that comes late sees the current value once. `peek` looks without a cursor
// moving. A reader that waits for a change with a timeout has a timer that a new configuration interrupts.
#include <thread>

#include "example.hpp"

struct config {
    std::uint32_t revision;
    double gain;
};

/// A control loop whose rest between two steps is the wait for a change.
static config control(aimdb::consumer<config> changes) {
    using namespace std::chrono_literals;
    config current = *changes.peek();
    for (;;) {
        const auto changed = changes.recv_for(1ms);
        if (changed) {
            current = *changed;
        } else if (changed == aimdb::status::closed) {
            return current;
        } else {
            ASSERT(changed == aimdb::status::timeout);  // here it would do a step
        }
    }
}

static void example() {
    aimdb::builder builder;
    builder.add(aimdb::record<config>::latest("control.config"));
    const aimdb::database db = builder.attach();
    const auto operator_side = db.producer<config>("control.config");
    auto early = db.consumer<config>("control.config");

    ASSERT(early.try_recv() == aimdb::status::empty);
    std::cout << "before the first revision there is nothing: " << (early.peek() ? "Some" : "None") << '\n';

    for (std::uint32_t revision = 1; revision <= 5; revision++) {
        ASSERT(operator_side.emplace(revision, 0.5 * revision));
    }
    const auto seen = early.recv();
    std::cout << "the early reader looked once and saw revision " << seen->revision << ", gain " << seen->gain << '\n';
    ASSERT(seen->revision == 5);
    ASSERT(early.try_recv() == aimdb::status::empty);  // a value is news once

    // Who comes late starts with the current value; nobody has to send it again.
    auto late = db.consumer<config>("control.config");
    std::cout << "the late reader begins with revision " << late.recv()->revision << '\n';

    config last{};
    std::thread controlling([&last, late = std::move(late)]() mutable { last = control(std::move(late)); });
    ASSERT(operator_side.emplace(6U, 9.0));
    operator_side.close();
    controlling.join();
    std::cout << "the control loop ended with revision " << last.revision << ", when the record was closed\n";
    ASSERT(last.revision == 6);

    const auto counted = operator_side.stats();
    std::cout << "accepted " << counted.accepted << ", of which " << counted.overwritten
              << " were overwritten by a newer one\n";
    ASSERT(counted.accepted == 6 && counted.refused == 0);
}

int main() { return run(example); }
