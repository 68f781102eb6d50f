// Commands to an actuator: only the latest counts, and it is carried out once.
//
// To learn: record::mailbox holds one pending value. A newer one supersedes it, whoever takes it first has it, and
// nobody has it twice. `on_drop` sees each command that was superseded, outside every lock.
#include <thread>

#include "example.hpp"

struct valve {
    bool open;
    std::int32_t percent;

    friend bool operator==(const valve &left, const valve &right) {
        return left.open == right.open && left.percent == right.percent;
    }
    friend std::ostream &operator<<(std::ostream &out, const valve &command) {
        if (!command.open) return out << "Shut";
        return out << "Open { percent: " << command.percent << " }";
    }
};

constexpr valve shut{false, 0};
constexpr valve open_to(std::int32_t percent) { return {true, percent}; }

static void example() {
    // Only the thread that sends is in here: drops happen on it.
    std::vector<valve> superseded;
    aimdb::builder builder;
    builder.add(aimdb::record<valve>::mailbox("valve.command")
                    .on_drop([&superseded](const valve &command, aimdb::drop_cause cause) {
                        ASSERT(cause == aimdb::drop_cause::overwritten);
                        superseded.push_back(command);
                    }));
    const aimdb::database db = builder.attach();
    const auto controller = db.producer<valve>("valve.command");
    auto actuator = db.consumer<valve>("valve.command");

    // The valve is busy while the controller changes its mind twice.
    for (const std::int32_t percent : {20, 35, 30}) ASSERT(controller.send(open_to(percent)));
    std::cout << "pending: Some(" << *actuator.peek() << ")\n";
    std::cout << "superseded: " << listed{superseded} << '\n';
    ASSERT(*actuator.recv() == open_to(30));
    ASSERT(actuator.try_recv() == aimdb::status::empty);  // a command is carried out once
    std::cout << "carried out once: Open 30 %\n";

    // What an emergency stop displaces goes to `on_drop`, so that the sender can account for it.
    ASSERT(controller.send(open_to(90)));
    ASSERT(controller.force_send(shut));
    std::cout << "an emergency stop displaced Some(" << superseded.back() << ")\n";
    ASSERT(superseded.back() == open_to(90));

    // Two valves on one mailbox compete: one of them has the command.
    auto spare = actuator.subscribe();
    int taken = 0;
    for (auto *each : {&actuator, &spare}) taken += each->try_recv() ? 1 : 0;
    std::cout << "of two valves, " << taken << " took the command\n";
    ASSERT(taken == 1);

    // An actuator thread ends when its mailbox is closed, after what was pending.
    ASSERT(controller.send(open_to(5)));
    controller.close();
    std::vector<valve> last;
    std::thread actuating([&last, &actuator] {
        for (const valve &command : actuator) last.push_back(command);
    });
    actuating.join();
    std::cout << "the actuator thread ended after " << listed{last} << '\n';
    ASSERT(last == std::vector<valve>{open_to(5)});
}

int main() { return run(example); }
