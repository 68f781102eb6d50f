// A loan keeps a place, lends the memory, and is given back by itself; emplace makes large values where they will lie.
#include "check.hpp"

namespace {

using aimdb::status;

struct large {
    std::uint64_t words[100];
};

}  // namespace

int main() {
    aimdb::builder builder;
    builder.add(aimdb::record<std::uint64_t>::bounded("small", 1, aimdb::policy::fail));
    builder.add(aimdb::record<large>::bounded("large", 1, aimdb::policy::fail));
    builder.add(aimdb::record<large>::bounded("met", 0, aimdb::policy::fail));
    const aimdb::database db = builder.attach();

    auto small = db.producer<std::uint64_t>("small");
    auto numbers = db.consumer<std::uint64_t>("small");
    {
        auto lent = small.loan();
        CHECK(lent);
        CHECK(small.try_send(1) == status::full);
        *lent = 7;
        CHECK(lent.send());
        CHECK(!lent);
    }
    CHECK(*numbers.try_recv() == 7);
    {
        auto unused = small.loan();
        CHECK(unused);
    }
    CHECK(small.try_send(2));
    CHECK(small.loan_for(std::chrono::microseconds(1)) == status::full);
    CHECK(*numbers.try_recv() == 2);

    auto producer = db.producer<large>("large");
    auto consumer = db.consumer<large>("large");
    CHECK(producer.emplace(large{{1, 2, 3}}));
    CHECK(producer.emplace(large{{4}}) == status::full);
    CHECK(consumer.try_recv()->words[2] == 3);
    // A rendezvous has no places; without a reader that waits it is full.
    CHECK(db.producer<large>("met").emplace(large{{5}}) == status::full);

    auto last = small.loan();
    small.close();
    *last = 9;
    CHECK(last.send() == status::closed);
    CHECK(*last == 9);
}
