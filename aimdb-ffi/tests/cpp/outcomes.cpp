// What is part of a program's life comes by value; the rest is thrown, or told where a place is given for it.
#include "check.hpp"

struct speed {
    float mps;
};

struct wind {
    float mps;
};

AIMDB_SCHEMA(speed, "speed: f32 mps");
AIMDB_SCHEMA(wind, "wind: f32 mps");

int main() {
    using aimdb::status;
    using namespace std::chrono_literals;

    aimdb::builder builder;
    CHECK(builder.add(aimdb::record<speed>::bounded("speed", 1)));
    CHECK(builder.add(aimdb::record<int>::work_queue("jobs", 1, aimdb::policy::fail)));
    THROWS(status::duplicate_record, builder.add(aimdb::record<speed>::bounded("speed", 1)));
    THROWS(status::bad_key, builder.add(aimdb::record<speed>::latest("")));
    THROWS(status::bad_capacity, builder.add(aimdb::record<speed>::ring("other", 0)));
    THROWS(status::bad_policy,
           builder.add(aimdb::record<speed>::bounded("other", 1, aimdb::policy::degrade_quality)));
    THROWS(status::bad_kind, builder.add(aimdb::record<speed>::latest("other").single_cursor()));

    // With a place for it, nothing is thrown, and a success clears it.
    aimdb::failure why;
    CHECK(!builder.add(aimdb::record<speed>::ring("speed", 4), &why));
    CHECK(why && why.reason() == status::duplicate_record && why.message() == "there is a record `speed` already");
    const aimdb::database db = builder.attach(&why);
    CHECK(db && !why && why.message().empty());

    THROWS(status::record_not_found, db.producer<speed>("sped"));
    THROWS(status::type_mismatch, db.producer<double>("speed"));
    THROWS(status::schema_mismatch, db.producer<wind>("speed"));
    THROWS(status::record_not_found, db.stats("sped"));
    const auto none = db.consumer<wind>("speed", aimdb::start::live, &why);
    CHECK(!none && why.reason() == status::schema_mismatch);
    try {
        static_cast<void>(db.producer<int>("nothing"));
        CHECK(false);
    } catch (const std::exception &error) {
        CHECK(std::string_view(error.what()) == "AIMDB_RECORD_NOT_FOUND: there is no record `nothing`");
    }

    const auto out = db.producer<speed>("speed");
    auto in = db.consumer<speed>("speed");
    CHECK(in.try_recv() == status::empty && in.recv_for(0s) == status::empty && in.recv_for(1ns) == status::timeout);
    CHECK(out.send({1.0F}));
    const aimdb::result full = out.try_send({2.0F});
    CHECK(!full && full.reason() == status::full && std::string_view(full.name()) == "AIMDB_FULL");
    CHECK(out.send_for({2.0F}, 1ms) == status::timeout);
    CHECK(out.send_until({2.0F}, std::chrono::steady_clock::now()) == status::timeout);
    CHECK(out.flush_for(1ms) == status::timeout);
    CHECK(out.force_send({3.0F}));
    const auto lag = in.recv();
    CHECK(lag == status::lagged && lag.lagged() == 1);
    CHECK(in.recv_until(std::chrono::steady_clock::now())->mps == 3.0F);
    CHECK(out.send({4.0F}));
    const auto closed = out.close();
    CHECK(closed == status::timeout && closed.count() == 1);
    CHECK(in.recv() && in.recv() == status::closed && out.try_send({5.0F}) == status::closed);

    const auto jobs = db.producer<int>("jobs");
    auto worker = db.consumer<int>("jobs");
    THROWS(status::single_cursor, db.consumer<int>("jobs"));
    THROWS(status::single_cursor, worker.subscribe());
    CHECK(worker.share() && jobs.send(1) && jobs.send(2) == status::full);
    const auto aborted = jobs.abort();
    CHECK(aborted && aborted.count() == 1 && worker.recv() == status::closed);

    const aimdb::stats counted = db.stats("speed");
    CHECK(counted.offered() == counted.accepted + counted.refused + counted.timed_out && counted.offered() == 7);

    CHECK(aimdb::policy_of("drop_oldest") == aimdb::policy::drop_oldest && !aimdb::policy_of("shrug"));
    CHECK(std::string_view(aimdb::slug_of(aimdb::policy::fail)) == "fail");
    CHECK(std::string_view(aimdb::name_of(static_cast<status>(4711))) == "AIMDB_UNKNOWN");
    CHECK(std::string_view(aimdb::text_of(status::busy)) == "another thread is in a call with this handle");
    CHECK(std::string_view(aimdb::library_version()).substr(0, 2) == "0.");
    return 0;
}
