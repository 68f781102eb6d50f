// Durations of any unit become nanoseconds that are never too few, and time points the deadlines of aimdb_now.
#include "check.hpp"

using aimdb::detail::deadline_of;
using aimdb::detail::for_ever;
using aimdb::detail::timeout_of;
using namespace std::chrono_literals;

static_assert(timeout_of(0s) == 0 && timeout_of(-1h) == 0 && timeout_of(std::chrono::nanoseconds::min()) == 0);
static_assert(timeout_of(1ns) == 1 && timeout_of(2us) == 2000 && timeout_of(3h) == 10'800'000'000'000);
static_assert(timeout_of(std::chrono::duration<std::int64_t, std::pico>(1)) == 1);
static_assert(timeout_of(std::chrono::duration<std::int64_t, std::pico>(1001)) == 2);
static_assert(timeout_of(std::chrono::duration<std::int64_t, std::pico>(2000)) == 2);
static_assert(timeout_of(std::chrono::duration<unsigned, std::milli>(5)) == 5'000'000);
static_assert(timeout_of(std::chrono::hours::max()) == for_ever);
static_assert(timeout_of(std::chrono::nanoseconds::max()) == for_ever);
static_assert(timeout_of(std::chrono::duration<std::uint64_t, std::ratio<3600>>::max()) == for_ever);
static_assert(timeout_of(std::chrono::duration<double>(1.5)) == 1'500'000'000);
static_assert(timeout_of(std::chrono::duration<double, std::nano>(1.25)) == 2);
static_assert(timeout_of(std::chrono::duration<double>(1e300)) == for_ever);
static_assert(timeout_of(std::chrono::duration<double>(std::numeric_limits<double>::infinity())) == for_ever);
static_assert(timeout_of(std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN())) == 0);

int main() {
    // The clock is the same.
    const auto before = deadline_of(std::chrono::steady_clock::now());
    const auto now = aimdb_now();
    const auto after = deadline_of(std::chrono::steady_clock::now());
    CHECK(before <= now && now <= after);
    CHECK(deadline_of(std::chrono::steady_clock::time_point::max()) == std::numeric_limits<std::int64_t>::max());
    CHECK(deadline_of(std::chrono::steady_clock::time_point::min()) == 0);
    CHECK(deadline_of(std::chrono::time_point<std::chrono::steady_clock, std::chrono::seconds>(7s)) == 7'000'000'000);

    aimdb::builder builder;
    builder.add(aimdb::record<int>::bounded("numbers", 1));
    const aimdb::database db = builder.attach();
    const auto out = db.producer<int>("numbers");
    auto in = db.consumer<int>("numbers");

    // What has passed is a timeout, but what is there comes all the same.
    const auto past = std::chrono::steady_clock::now() - 1h;
    CHECK(in.recv_until(past) == aimdb::status::timeout);
    CHECK(out.send_until(1, past));
    CHECK(out.send_until(2, past) == aimdb::status::timeout);
    CHECK(in.recv_until(past).value_or(0) == 1);
    // As long as it takes.
    CHECK(out.send_for(3, std::chrono::hours::max()) && out.stats().timed_out == 1);
    CHECK(in.recv_until(std::chrono::steady_clock::time_point::max()).value_or(0) == 3);
    return 0;
}
