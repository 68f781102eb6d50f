// A command queue that must not lose a command, and one command that must not wait.
//
// To learn: what to do about status::full. A value that is refused is still the caller's, who can try again with a
// little patience (`send_for`), and when that does not help, escalate: here, to an emergency stop that makes room for
// itself (`force_send`). What it displaces goes to the record's `on_drop`.
#include <optional>

#include "example.hpp"

struct command {
    bool emergency_stop;
    std::uint32_t step;

    friend std::ostream &operator<<(std::ostream &out, const command &self) {
        if (self.emergency_stop) return out << "EmergencyStop";
        return out << "Move { step: " << self.step << " }";
    }
};

constexpr int TRIES = 3;

/// Queues a command, and writes what became of it.
static void issue(const aimdb::producer<command> &queue, const command &next, const std::optional<command> &displaced) {
    using namespace std::chrono_literals;
    std::cout << "step " << next.step << ": ";
    aimdb::result sent = queue.try_send(next);
    if (sent) {
        std::cout << "Queued\n";
        return;
    }
    ASSERT(sent == aimdb::status::full);
    for (int tries = 1; tries <= TRIES; tries++) {
        sent = queue.send_for(next, 2ms);
        if (sent) {
            std::cout << "QueuedAfter { tries: " << tries << " }\n";
            return;
        }
        ASSERT(sent == aimdb::status::timeout);
    }
    ASSERT(queue.force_send({true, 0}));
    std::cout << "Escalated { displaced: Some(" << displaced.value() << "), given_up: " << next << " }\n";
}

static void example() {
    std::optional<command> displaced;
    aimdb::builder builder;
    builder.add(aimdb::record<command>::bounded("robot.commands", 2)
                    .on_drop([&displaced](const command &dropped, aimdb::drop_cause) { displaced = dropped; }));
    const aimdb::database db = builder.attach();
    const auto queue = db.producer<command>("robot.commands");
    auto robot = db.consumer<command>("robot.commands");

    // The robot works: commands are queued.
    for (const std::uint32_t step : {1U, 2U}) issue(queue, {false, step}, displaced);
    std::cout << "the robot does " << *robot.recv() << '\n';
    issue(queue, {false, 3}, displaced);

    // The robot hangs: the queue stays full, and the caller is told within its patience.
    issue(queue, {false, 4}, displaced);
    ASSERT(displaced && displaced->step == 2);

    // What the robot finds when it comes back. The displaced command is told as a lag.
    queue.close();
    const std::vector<command> found(robot.begin(), robot.end());
    std::cout << "the robot finds " << listed{found} << ", and that " << robot.lost() << " command was displaced\n";

    const auto counted = queue.stats();
    std::cout << "offered " << counted.offered() << " = accepted " << counted.accepted << " + refused "
              << counted.refused << " + timed out " << counted.timed_out << '\n';
    ASSERT(counted.accepted == 4 && counted.refused == 1 && counted.timed_out == TRIES);
}

int main() { return run(example); }
