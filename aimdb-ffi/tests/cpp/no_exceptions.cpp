// Built without exceptions and type information: every status comes by value, and a set-up call that fails says why.
#include <thread>

#include "check.hpp"

static_assert(AIMDB_EXCEPTIONS == 0);

int main() {
    using aimdb::status;

    aimdb::failure why;
    aimdb::builder builder(&why);
    CHECK(builder && !why);
    CHECK(builder.add(aimdb::record<int>::bounded("numbers", 2)));
    CHECK(!builder.add(aimdb::record<int>::bounded("numbers", 2)));
    CHECK(!builder.add(aimdb::record<int>::ring("ring", 0), &why) && why.reason() == status::bad_capacity);
    const aimdb::database db = builder.attach(&why);
    CHECK(db && !why);
    CHECK(!builder.attach());

    // An empty handle, and every call with it says so.
    const auto none = db.producer<int>("nothing", &why);
    CHECK(!none && why.message() == "there is no record `nothing`");
    CHECK(none.send(1) == status::bad_handle && none.close() == status::bad_handle && none.stats().accepted == 0);
    aimdb::consumer<int> nobody;
    CHECK(nobody.recv() == status::bad_handle && nobody.peek() == status::bad_handle);
    for (const int each : nobody) CHECK(each != each);
    CHECK(nobody.ended() == status::bad_handle);

    const auto out = db.producer<int>("numbers");
    auto in = db.consumer<int>("numbers");
    std::thread sending([&out] {
        for (int number = 1; number <= 1000; number++) CHECK(out.send(number));
        out.close();
    });
    int sum = 0;
    for (const int each : in) sum += each;
    sending.join();
    CHECK(sum == 500500 && in.ended() == status::closed);
    return 0;
}
