// A wait set over consumers, producers and timers; the dump that says who waits; the log.
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "check.hpp"

namespace {

using namespace std::chrono_literals;
using aimdb::status;

enum token : std::uint64_t { NUMBERS = 1, LETTERS = 2, ROOM = 3, TICK = 4 };

constexpr int VALUES = 5000;

void two_streams_on_one_thread(const aimdb::database &db) {
    const auto numbers_out = db.producer<int>("numbers");
    const auto letters_out = db.producer<char>("letters");
    auto numbers = db.consumer<int>("numbers");
    auto letters = db.consumer<char>("letters");
    aimdb::wait_set set;
    set.add(numbers, NUMBERS);
    set.add(letters, LETTERS);
    CHECK(set.wait_for(0s) == status::empty && set.wait_for(1us) == status::timeout);
    CHECK(set.wait_until(std::chrono::steady_clock::now()) == status::timeout);

    std::thread sending_numbers([&] {
        for (int number = 0; number < VALUES; number++) CHECK(numbers_out.send(number));
        numbers_out.close();
    });
    std::thread sending_letters([&] {
        for (int number = 0; number < VALUES; number++) CHECK(letters_out.send('x'));
        letters_out.close();
    });
    int next = 0;
    int count = 0;
    int open = 2;
    while (open > 0) {
        for (const std::uint64_t token : set.wait()) {
            if (token == NUMBERS) {
                for (const int number : numbers.available()) CHECK(number == next++);
                if (numbers.ended() == status::closed) {
                    set.remove(NUMBERS);
                    open--;
                }
            } else {
                CHECK(token == LETTERS);
                for (const char letter : letters.available()) count += letter == 'x';
                if (letters.ended() == status::closed) {
                    letters.reset();
                    open--;
                }
            }
        }
    }
    sending_numbers.join();
    sending_letters.join();
    CHECK(next == VALUES && count == VALUES);
    THROWS(status::bad_argument, set.remove(NUMBERS));
}

void room_timers_and_a_descriptor(const aimdb::database &db) {
    const auto out = db.producer<int>("gate");
    auto in = db.consumer<int>("gate");
    aimdb::wait_set set;
    set.add(out, ROOM);
    auto found = set.wait();
    CHECK(found.size() == 1 && *found.begin() == ROOM);
    CHECK(out.send(1));
    pollfd polled = {set.fd(), POLLIN, 0};
    CHECK(polled.fd >= 0 && !set.wait_for(0s) && poll(&polled, 1, 0) == 0);
    CHECK(in.recv() && poll(&polled, 1, -1) == 1 && (polled.revents & POLLIN) != 0);
    set.remove(ROOM);
    set.add_timer(1us, TICK);
    found = set.wait();
    CHECK(found.size() == 1 && *found.begin() == TICK && !set.wait_for(0s));
    set.add_timer(1us, 1us, TICK);
    for (int tick = 0; tick < 3; tick++) CHECK(set.wait().size() == 1);
    // One that nobody lives to see, beside.
    set.add_timer(std::chrono::hours::max(), ROOM);
    CHECK(*set.wait().begin() == TICK);
}

void the_dump_names_who_waits(const aimdb::database &db) {
    const auto out = db.producer<int>("gate");
    auto in = db.consumer<int>("gate");
    CHECK(out.send(1));
    std::thread sending([&out] { CHECK(out.send(2)); });
    std::string text;
    // Until the thread is seen waiting.
    do {
        text.clear();
        int ends[2];
        CHECK(pipe(ends) == 0 && db.dump(ends[1]));
        CHECK(close(ends[1]) == 0);
        char piece[1024];
        ssize_t got = 0;
        while ((got = read(ends[0], piece, sizeof piece)) > 0) text.append(piece, static_cast<std::size_t>(got));
        CHECK(close(ends[0]) == 0);
    } while (text.find("has waited for room for") == std::string::npos);
    CHECK(in.recv() && in.recv());
    sending.join();
    THROWS(status::io, db.dump(-1));
}

void the_log_has_lines() {
    std::mutex lock;
    std::string lines;
    auto owned = std::make_shared<int>(0);
    const std::weak_ptr<int> alive = owned;
    CHECK(aimdb::set_log(aimdb::log_level::info, [&, owned](aimdb::log_level, std::string_view line) {
        const std::lock_guard<std::mutex> guard(lock);
        lines.append(line).append("\n");
    }));
    owned.reset();
    aimdb::builder builder;
    builder.add(aimdb::record<int>::latest("state"));
    const aimdb::database db = builder.attach();
    CHECK(db.close_and_drain() && aimdb::clear_log() && alive.expired());
    CHECK(lines.find("database attached records=1") != std::string::npos);
}

}  // namespace

int main() {
    alarm(60);  // nothing may hang
    aimdb::builder builder;
    builder.add(aimdb::record<int>::bounded("numbers", 4));
    builder.add(aimdb::record<char>::bounded("letters", 4));
    builder.add(aimdb::record<int>::bounded("gate", 1));
    const aimdb::database db = builder.attach();
    two_streams_on_one_thread(db);
    room_timers_and_a_descriptor(db);
    the_dump_names_who_waits(db);
    the_log_has_lines();
    return 0;
}
