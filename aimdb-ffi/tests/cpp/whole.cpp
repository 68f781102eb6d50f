// Every template of the header, instantiated in full: compiled, never linked or run.
#include <aimdb.hpp>

struct plain {
    std::uint32_t number;
    float weight;
};

struct alignas(32) strict {
    double lanes[4];
};

class fat {
public:
    explicit fat(std::string name) : name_(std::move(name)) {}
    virtual ~fat() = default;
    const std::string &name() const { return name_; }

private:
    std::string name_;
};

AIMDB_SCHEMA(plain, "plain: u32 number, f32 weight");

using line = aimdb::bytes<1500>;
using moved = std::unique_ptr<fat>;

template class aimdb::producer<plain>;
template class aimdb::producer<strict>;
template class aimdb::producer<line>;
template class aimdb::producer<moved>;
template class aimdb::consumer<plain>;
template class aimdb::consumer<strict>;
template class aimdb::consumer<line>;
template class aimdb::consumer<moved>;
template class aimdb::received<plain>;
template class aimdb::message<fat>;
template class aimdb::loan<plain>;
template class aimdb::loan<char>;
template class aimdb::record<plain>;
template class aimdb::record<strict>;
template class aimdb::record<line>;
template class aimdb::record<moved>;
template class aimdb::ready<4>;

template <class T>
aimdb::record<T> with_everything(const char *key) {
    using seen = typename aimdb::record<T>::seen;
    return aimdb::record<T>::bounded(key, 4, aimdb::policy::pause_upstream)
        .tap([](seen) {})
        .on_drop([](seen, aimdb::drop_cause) {});
}

void every_member_template() {
    using namespace std::chrono_literals;
    const auto soon = std::chrono::steady_clock::now() + 1ms;

    aimdb::builder builder;
    builder.add(with_everything<plain>("plain"));
    builder.add(with_everything<strict>("strict").degrade([](strict &value) { value.lanes[0] = 0; }));
    builder.add(with_everything<line>("text").degrade([](char *, std::size_t size) { return size / 2; }));
    builder.add(with_everything<moved>("moved").degrade([](fat &) {}));
    const aimdb::database db = builder.attach();
    db.dump(2);

    const auto plains = db.producer<plain>("plain");
    auto loan = plains.loan_for(1.5s);
    if (loan) {
        loan->number = 1;
        if (!loan.send()) return;
    }
    plain pair[2] = {};
    if (!plains.send_for(pair[0], 1h) || !plains.send_until(pair[0], soon)) return;
    if (!plains.send_all(pair) || !plains.send_all_for(std::vector<plain>(3), 1ms)) return;
    if (!plains.emplace(1U, 2.0F) || !plains.try_emplace(1U, 2.0F)) return;
    plains.close_for(1us);
    if (!plains.flush_for(1us)) return;

    auto got = db.consumer<plain>("plain", aimdb::start::oldest);
    if (!got.recv_for(1us) || !got.recv_until(soon) || !got.latest_for(1us)) return;
    if (!got.recv_many(pair) || !got.recv_many_for(pair, 1us) || !got.recv_message_for(1us)) return;
    for (const plain &each : got) static_cast<void>(each.weight);
    const std::vector<plain> all(got.available().begin(), got.available().end());

    const auto texts = db.producer<line>("text");
    if (!texts.send("one") || !texts.send_for(std::string("two"), 1us) || !texts.send_until("three", soon)) return;
    auto place = texts.loan_for(5, 1us);
    if (place) std::memcpy(place.data(), "place", place.size());
    auto lines = db.consumer<line>(std::string("text"));
    if (!lines.recv_for(1us) || !lines.recv_until(soon) || !lines.latest_for(1us)) return;
    for (const auto &each : lines) static_cast<void>(each->size());

    const auto out = db.producer<moved>("moved");
    auto one = std::make_unique<fat>("one");
    if (!out.send_for(std::move(one), 1us) || !out.send_until(std::move(one), soon) || !out.emplace("two")) return;
    auto in = db.consumer<moved>("moved");
    if (!in.recv_for(1us) || !in.recv_until(soon)) return;
    for (const auto &each : in) static_cast<void>(each->name());

    aimdb::wait_set set;
    set.add(got, 1);
    set.add(plains, 2);
    set.add_timer(1ms, 3);
    set.add_timer(1ms, 2s, 4);
    set.remove(4);
    for (const std::uint64_t token : set.wait()) static_cast<void>(token);
    if (!set.wait_for<4>(1us) || !set.wait_until(soon) || set.fd() < 0) return;

    aimdb::set_log(aimdb::log_level::info, [](aimdb::log_level, std::string_view) {});
    aimdb::clear_log();
    db.close_for(1us);
}
