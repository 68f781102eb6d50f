// Bytes and objects go in by copy or by move, and come out as messages that share what they carry.
#include <atomic>
#include <thread>

#include "check.hpp"

namespace {

using aimdb::status;

std::atomic<int> alive{0};

/// What nobody could copy as bytes.
class order {
public:
    explicit order(std::string customer, int amount = 1) : customer_(std::move(customer)), amount_(amount) { alive++; }
    order(const order &) = delete;
    order &operator=(const order &) = delete;
    virtual ~order() { alive--; }

    const std::string &customer() const { return customer_; }
    int amount() const { return amount_; }
    void halve() { amount_ /= 2; }

private:
    std::string customer_;
    int amount_;
};

class express_order : public order {
public:
    using order::order;
};

struct counting_delete {
    void operator()(order *given) const {
        deleted++;
        delete given;
    }
    static std::atomic<int> deleted;
};
std::atomic<int> counting_delete::deleted{0};

using orders = std::unique_ptr<order>;
using counted_orders = std::unique_ptr<order, counting_delete>;
using line = aimdb::bytes<64>;

struct large {
    std::uint64_t words[100];
};

struct alignas(64) strict {
    double lanes[8];
};

template <class T>
void move_into_itself(T &thing) {
    T &same = thing;
    thing = std::move(same);
}

void a_refused_object_is_still_ours() {
    aimdb::builder builder;
    builder.add(aimdb::record<orders>::bounded("orders", 1, aimdb::policy::fail));
    const aimdb::database db = builder.attach();
    const auto out = db.producer<orders>("orders");
    auto in = db.consumer<orders>("orders");

    auto first = std::make_unique<order>("Ada");
    const order *where = first.get();
    CHECK(out.send(std::move(first)) && !first);
    auto second = std::make_unique<order>("Grace");
    CHECK(out.try_send(std::move(second)) == status::full && second && second->customer() == "Grace");
    // One of a derived class, too, which is not converted on the way.
    auto third = std::make_unique<express_order>("Edith");
    CHECK(out.try_send(std::move(third)) == status::full && third && third->customer() == "Edith");
    CHECK(out.send_for(std::move(third), std::chrono::hours(1)) == status::full && third);
    third.reset();

    // Not a copy: the very same object.
    auto got = in.recv();
    CHECK(got && &*got == where && got->customer() == "Ada" && alive == 2);
    CHECK(in.try_recv() == status::empty && in.recv_for(std::chrono::nanoseconds(1)) == status::timeout);
    out.close();
    CHECK(out.send_for(std::move(second), std::chrono::hours(1)) == status::closed && second);
    THROWS(status::null_argument, out.send(nullptr));

    // A message outlives its consumer, and is moved.
    in.reset();
    auto kept = std::move(got);
    CHECK(!got && got == status::empty && kept && kept->customer() == "Ada");
    move_into_itself(kept);
    CHECK(kept && kept->customer() == "Ada" && kept.raw().id != 0);
    second.reset();
    CHECK(alive == 1);
    kept = aimdb::message<order>();
    CHECK(alive == 0);
}

void readers_share_an_object_that_is_freed_once() {
    std::atomic<int> tapped{0};
    {
        aimdb::builder builder;
        builder.add(aimdb::record<counted_orders>::bounded("orders", 4)
                        .tap([&tapped](const order &each) { tapped += each.amount(); })
                        .on_drop([&tapped](const order &each, aimdb::drop_cause) { tapped -= each.amount(); }));
        const aimdb::database db = builder.attach();
        const auto out = db.producer<counted_orders>("orders");
        auto one = db.consumer<counted_orders>("orders");
        auto two = one.subscribe();
        std::thread sending([&out] {
            for (int number = 1; number <= 100; number++) CHECK(out.emplace("Edsger", number));
            out.close();
        });
        int sum = 0;
        for (const auto &each : one) {
            const auto same = two.recv();
            CHECK(&*same == &*each);
            sum += each->amount();
        }
        sending.join();
        CHECK(sum == 5050 && two.recv() == status::closed);
        CHECK(db.close_and_drain());
    }
    CHECK(tapped == 5050 && alive == 0 && counting_delete::deleted == 100);
}

void what_is_left_is_dropped_degraded_or_freed_with_the_record() {
    {
        std::vector<int> dropped;
        aimdb::builder builder;
        builder.add(aimdb::record<orders>::bounded("orders", 2, aimdb::policy::degrade_quality)
                        .degrade([](order &each) { each.halve(); })
                        .on_drop([&dropped](const order &each, aimdb::drop_cause) { dropped.push_back(each.amount()); }));
        const aimdb::database db = builder.attach();
        const auto out = db.producer<orders>("orders");
        auto in = db.consumer<orders>("orders");
        CHECK(out.emplace("Barbara", 10) && out.send(std::make_unique<express_order>("Barbara", 20)));
        CHECK(out.emplace("Barbara", 30));
        CHECK(dropped == std::vector<int>{10} && in.recv() == status::lagged && in.recv()->amount() == 20);
    }
    CHECK(alive == 0);
}

void bytes_of_any_number(std::size_t most) {
    std::string seen;
    aimdb::message<large> kept;
    aimdb::byte_message kept_line;
    {
        aimdb::builder builder;
        builder.add(aimdb::record<line>::bounded("lines", 8).tap([&seen](std::string_view text) { seen += text; }));
        const aimdb::database db = builder.attach();
        const auto out = db.producer<line>("lines");
        auto in = db.consumer<line>("lines");
        const std::string longest(most, 'x');
        CHECK(out.send("one") && out.send("") && out.send(std::string_view()) && out.send(longest));
        THROWS(status::bad_size, out.send(longest + "y"));
        CHECK(*in.recv() == "one" && in.recv()->empty() && in.try_recv()->empty());
        char small[4];
        auto copied = in.recv_into(small, sizeof small);
        CHECK(copied == status::buffer_too_small && copied.count() == most);
        kept_line = in.recv();
        CHECK(kept_line && *kept_line == longest);
        CHECK(out.send("four") && in.recv_into(small, sizeof small).count() == 4 && std::memcmp(small, "four", 4) == 0);
        CHECK(db.close_and_drain());
        CHECK(seen == "one" + longest + "four");
        CHECK(in.recv() == status::closed);
    }
    CHECK(kept_line->size() == most);

    aimdb::builder builder;
    builder.add(aimdb::record<line>::latest("title"));
    builder.add(aimdb::record<large>::bounded("large", 2));
    builder.add(aimdb::record<strict>::bounded("strict", 2));
    aimdb::database db = builder.attach();
    const auto title = db.producer<line>("title");
    auto reader = db.consumer<line>("title");
    CHECK(reader.peek() == status::empty && title.send("draft") && title.send("final"));
    CHECK(*reader.peek() == "final" && *reader.latest() == "final" && reader.try_latest() == status::empty);

    large value{};
    value.words[99] = 99;
    auto large_in = db.consumer<large>("large");
    const auto large_out = db.producer<large>("large");
    CHECK(large_out.send(value) && large_out.send(value));
    CHECK(large_in.recv()->words[99] == 99);
    kept = large_in.recv_message();
    CHECK(large_in.recv_message_for(std::chrono::nanoseconds(0)) == status::empty);

    // A small one lies in its message, aligned as its type wants.
    auto strict_in = db.consumer<strict>("strict");
    CHECK(db.producer<strict>("strict").send(strict{{1, 2, 3, 4, 5, 6, 7, 8}}));
    const auto small = strict_in.recv_message();
    CHECK(small && reinterpret_cast<std::uintptr_t>(&*small) % alignof(strict) == 0 && small->lanes[7] == 8.0);
    db.reset();
    CHECK(kept->words[99] == 99);
}

}  // namespace

int main() {
    a_refused_object_is_still_ours();
    readers_share_an_object_that_is_freed_once();
    what_is_left_is_dropped_degraded_or_freed_with_the_record();
    bytes_of_any_number(64);
    return 0;
}
