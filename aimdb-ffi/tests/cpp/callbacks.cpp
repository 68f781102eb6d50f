// Lambdas as taps, drop callbacks and degraders: they have what they captured, and it is freed once.
#include <atomic>
#include <string>
#include <thread>

#include "check.hpp"

struct alignas(32) frame {
    std::uint32_t quality;
    unsigned char pixels[60];
};

namespace {

/// Something to capture that says when the last of it is gone.
using witness = std::shared_ptr<int>;

void a_tap_sees_all_and_is_freed() {
    std::atomic<std::uint64_t> sum{0};
    auto seen = std::make_shared<int>(0);
    const std::weak_ptr<int> alive = seen;
    {
        aimdb::builder builder;
        builder.add(aimdb::record<std::uint64_t>::bounded("numbers", 4)
                        .tap([&sum, seen](const std::uint64_t &number) {
                            sum += number;
                            ++*seen;
                        })
                        .tap([&sum, owned = std::make_unique<int>(1000)](std::uint64_t) {
                            sum += static_cast<std::uint64_t>(*owned);
                        }));
        const aimdb::database db = builder.attach();
        const auto out = db.producer<std::uint64_t>("numbers");
        for (std::uint64_t number = 1; number <= 100; number++) CHECK(out.send(number));
        CHECK(db.close_and_drain());
    }
    CHECK(sum == 5050 + 100 * 1000 && *seen == 100);
    seen.reset();
    CHECK(alive.expired());
}

void a_drop_callback_is_told_the_cause() {
    std::vector<std::pair<int, aimdb::drop_cause>> dropped;
    aimdb::builder builder;
    builder.add(aimdb::record<int>::bounded("newest", 1, aimdb::policy::drop_newest)
                    .on_drop([&dropped](int value, aimdb::drop_cause cause) { dropped.emplace_back(value, cause); }));
    builder.add(aimdb::record<int>::mailbox("command").on_drop(
        [&dropped](int value, aimdb::drop_cause cause) { dropped.emplace_back(value, cause); }));
    const aimdb::database db = builder.attach();
    const auto newest = db.producer<int>("newest");
    const auto reader = db.consumer<int>("newest");
    CHECK(newest.send(1) && newest.send(2));
    const auto command = db.producer<int>("command");
    CHECK(command.send(3) && command.force_send(4));
    command.abort();
    using aimdb::drop_cause;
    const std::vector<std::pair<int, drop_cause>> expected = {
        {2, drop_cause::newest}, {3, drop_cause::overwritten}, {4, drop_cause::aborted}};
    CHECK(dropped == expected);
}

void a_degrader_changes_the_value_in_place() {
    aimdb::builder builder;
    builder.add(aimdb::record<frame>::bounded("frames", 1, aimdb::policy::degrade_quality)
                    .degrade([](frame &value) { value.quality /= 2; }));
    const aimdb::database db = builder.attach();
    const auto out = db.producer<frame>("frames");
    auto in = db.consumer<frame>("frames");
    frame value{};
    value.quality = 80;
    CHECK(out.send(value) && out.send(value));
    CHECK(in.recv() == aimdb::status::lagged);
    CHECK(in.recv()->quality == 40 && out.stats().degraded == 1);
}

void a_callback_may_call_what_does_not_wait() {
    aimdb::builder builder;
    std::atomic<int> refused{0};
    std::shared_ptr<aimdb::producer<int>> echo = std::make_shared<aimdb::producer<int>>();
    std::atomic<bool> ready{false};
    builder.add(aimdb::record<int>::bounded("in", 1).tap([&](int value) {
        while (!ready) {
        }
        CHECK(echo->try_send(value + 1));
        THROWS(aimdb::status::would_deadlock, echo->send(value));
        refused++;
    }));
    builder.add(aimdb::record<int>::bounded("out", 1));
    const aimdb::database db = builder.attach();
    *echo = db.producer<int>("out");
    auto answers = db.consumer<int>("out");
    ready = true;
    CHECK(db.producer<int>("in").send(1));
    CHECK(*answers.recv() == 2);
    CHECK(db.close_and_drain());
    CHECK(refused == 1);
}

void a_record_that_is_not_added_frees_its_lambdas() {
    auto captured = std::make_shared<int>(0);
    const std::weak_ptr<int> alive = captured;
    aimdb::builder builder;
    CHECK(builder.add(aimdb::record<int>::latest("state")));
    aimdb::failure why;
    auto twice = [captured](int) {};
    auto drop = [captured](int, aimdb::drop_cause) {};
    captured.reset();
    CHECK(!builder.add(aimdb::record<int>::latest("state").tap(std::move(twice)).on_drop(std::move(drop)), &why));
    CHECK(why.reason() == aimdb::status::duplicate_record && alive.expired());
}

// Another thread is in a call with the builder, now and then, which refuses this one; it may do so at any moment of an
// add. What was refused has left nothing, so that it can be added again.
void an_add_that_is_refused_leaves_nothing() {
    aimdb::builder builder;
    std::atomic<bool> ended{false};
    std::thread other([&] {
        const aimdb_tap_t ignore = [](void *, const void *, std::size_t) {};
        while (!ended) aimdb_builder_tap(builder.raw(), "none", ignore, nullptr, nullptr, nullptr);
    });
    const auto alive = std::make_shared<int>(0);
    for (int number = 0; number < 2000; number++) {
        const std::string key = "record " + std::to_string(number);
        aimdb::failure why;
        // Each turn was in the way of the other thread's call, which ends.
        while (!builder.add(aimdb::record<int>::latest(key)
                                .tap([alive](int) {})
                                .tap([alive](int) {})
                                .on_drop([alive](int, aimdb::drop_cause) {}), &why)) {
            CHECK(why.reason() == aimdb::status::busy);
        }
        CHECK(alive.use_count() == 1 + 3 * (number + 1));
    }
    ended = true;
    other.join();
}

}  // namespace

int main() {
    a_tap_sees_all_and_is_freed();
    a_drop_callback_is_told_the_cause();
    a_degrader_changes_the_value_in_place();
    a_callback_may_call_what_does_not_wait();
    a_record_that_is_not_added_frees_its_lambdas();
    an_add_that_is_refused_leaves_nothing();
    return 0;
}
