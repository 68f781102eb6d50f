// A producer thread that a full record holds up, consumers of each kind of read, loops, batches.
#include <numeric>
#include <thread>

#include "check.hpp"

namespace {

constexpr std::uint64_t VALUES = 20000;

struct job {
    job(std::uint64_t its_number, double its_weight) : number(its_number), weight(its_weight) {}
    std::uint64_t number;
    double weight;
};

struct pair {
    std::uint32_t first;
    std::uint32_t second;
};

}  // namespace

AIMDB_SCHEMA(pair, "pair: u32 first, u32 second");

namespace {

struct alignas(64) strict {
    double lanes[8];
};

struct large {
    unsigned char bytes[256];
};

void a_thread_that_is_held_up(const aimdb::database &db) {
    auto out = db.producer<job>("jobs");
    auto in = db.consumer<job>("jobs");
    std::thread sending([&out] {
        for (std::uint64_t number = 1; number <= VALUES; number++) {
            if (number % 2 == 0) {
                CHECK(out.emplace(number, static_cast<double>(number) / 2));
            } else {
                CHECK(out.send(job(number, static_cast<double>(number) / 2)));
            }
        }
        CHECK(out.flush());
        const auto closed = out.close_and_drain();
        CHECK(closed && closed.count() == 0);
        CHECK(out.send(job(0, 0)) == aimdb::status::closed);
        CHECK(out.is_closed());
    });
    std::uint64_t expected = 1;
    for (const job &each : in) {
        CHECK(each.number == expected && each.weight == static_cast<double>(expected) / 2);
        expected++;
    }
    sending.join();
    CHECK(expected == VALUES + 1);
    CHECK(in.lost() == 0 && in.ended() == aimdb::status::closed && in.is_closed());
    CHECK(in.recv() == aimdb::status::closed);
    CHECK(in.stats().delivered == VALUES);
    const auto counted = out.stats();
    CHECK(counted.accepted == VALUES && counted.offered() == VALUES + 1 && counted.closed == 1);
}

void batches(const aimdb::database &db) {
    auto out = db.producer<pair>("pairs");
    auto in = db.consumer<pair>("pairs");
    const std::vector<pair> ten = {{0, 0}, {1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}, {6, 6}, {7, 7}, {8, 8}, {9, 9}};
    const auto sent = out.send_all_for(ten, std::chrono::nanoseconds(0));
    CHECK(sent == aimdb::status::full && sent.count() == 8);

    std::array<pair, 3> three{};
    auto got = in.recv_many(three);
    CHECK(got && got.count() == 3 && three[2].second == 2);
    std::uint32_t next = 3;
    for (const pair &each : in.available()) CHECK(each.first == next++);
    CHECK(next == 8 && in.ended() == aimdb::status::empty);
    got = in.recv_many_for(three, std::chrono::nanoseconds(0));
    CHECK(got == aimdb::status::empty && got.count() == 0);

    CHECK(out.send_all(std::array<pair, 2>{{{10, 10}, {11, 11}}}).count() == 2);
    CHECK(out.emplace(12U, 12U) && out.try_emplace(13U, 13U));
    const auto all = in.available();
    const std::vector<pair> rest(all.begin(), all.end());
    CHECK(rest.size() == 4 && rest[3].first == 13);
}

void state_and_commands(const aimdb::database &db) {
    auto out = db.producer<std::int32_t>("state");
    auto early = db.consumer<std::int32_t>("state");
    CHECK(early.peek() == aimdb::status::empty && early.try_latest() == aimdb::status::empty);
    CHECK(out.send(1) && out.send(2));
    CHECK(early.peek().value_or(0) == 2 && early.recv().value_or(0) == 2);
    CHECK(!early.try_recv() && *early.peek() == 2);
    auto late = early.subscribe();
    CHECK(late.latest().optional() == 2);

    auto command = db.producer<std::int32_t>("command");
    auto valve = db.consumer<std::int32_t>("command");
    CHECK(command.send(1) && command.send(2));
    CHECK(valve.recv_for(std::chrono::seconds(1)).value_or(0) == 2 && !valve.try_recv());
    auto other = valve.share();
    CHECK(command.send(3) && other.try_recv() && !valve.try_recv());
}

void lag(const aimdb::database &db) {
    auto out = db.producer<std::uint64_t>("ring");
    auto slow = db.consumer<std::uint64_t>("ring");
    auto loop = slow.subscribe();
    for (std::uint64_t number = 0; number < 10; number++) CHECK(out.send(number));
    auto got = slow.recv();
    CHECK(!got && got == aimdb::status::lagged && got.lagged() == 7);
    got = slow.recv();
    CHECK(got && *got == 7 && got.lagged() == 0);
    out.close();
    std::uint64_t sum = 0;
    for (const auto each : loop) sum += each;
    CHECK(sum == 7 + 8 + 9 && loop.lost() == 7);
    auto oldest = db.consumer<std::uint64_t>("ring", aimdb::start::oldest);
    CHECK(*oldest.recv() == 7);
}

void sizes_and_alignments(const aimdb::database &db) {
    strict value{};
    std::iota(std::begin(value.lanes), std::end(value.lanes), 1.0);
    auto in = db.consumer<strict>("strict");
    CHECK(db.producer<strict>("strict").send(value));
    const auto got = in.recv();
    CHECK(got && got->lanes[7] == 8.0 && reinterpret_cast<std::uintptr_t>(&*got) % alignof(strict) == 0);

    large most{};
    most.bytes[255] = 77;
    auto large_in = db.consumer<large>("large");
    CHECK(db.producer<large>("large").send(most));
    const auto kept = *large_in.recv();
    CHECK(kept.bytes[255] == 77);
}

}  // namespace

int main() {
    aimdb::builder builder;
    builder.add(aimdb::record<job>::bounded("jobs", 16));
    builder.add(aimdb::record<pair>::bounded("pairs", 8));
    builder.add(aimdb::record<std::int32_t>::latest("state"));
    builder.add(aimdb::record<std::int32_t>::mailbox("command"));
    builder.add(aimdb::record<std::uint64_t>::ring("ring", 3));
    builder.add(aimdb::record<strict>::bounded("strict", 2));
    builder.add(aimdb::record<large>::bounded("large", 2));
    const aimdb::database db = builder.attach();
    CHECK(!builder);

    a_thread_that_is_held_up(db);
    batches(db);
    state_and_commands(db);
    lag(db);
    sizes_and_alignments(db);
    CHECK(db.close_and_drain() && db.is_closed());
    return 0;
}
