// What a send and a recv of 64 bytes cost from C, beside what a C++ program has instead: a queue under a std::mutex with
// std::condition_variable, and moodycamel's BlockingConcurrentQueue (Debian: libconcurrentqueue-dev). All hold 64 values.
// One thread that puts a value in and takes it out again, in nanoseconds of its processor time; and two threads, a
// million values from one to the other, in nanoseconds of the clock for each value.
#include <time.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <aimdb.h>
#include <concurrentqueue/blockingconcurrentqueue.h>

namespace {

constexpr std::size_t capacity = 64;

struct value {
    std::uint64_t words[8];
};

void check(aimdb_status_t status) {
    if (status != AIMDB_OK) {
        std::fprintf(stderr, "%s\n", aimdb_status_name(status));
        std::exit(1);
    }
}

class record {
    aimdb_db_t db_{};
    aimdb_producer_t producer_{};
    aimdb_consumer_t consumer_{};

  public:
    record() {
        aimdb_record_t described = AIMDB_RECORD_INIT;
        described.key = "values";
        described.kind = AIMDB_BOUNDED;
        described.capacity = capacity;
        described.type.size = sizeof(value);
        aimdb_builder_t builder;
        check(aimdb_builder_new(&builder));
        check(aimdb_builder_record(builder, &described, nullptr));
        check(aimdb_builder_attach(builder, &db_, nullptr));
        check(aimdb_producer_open(db_, "values", &described.type, &producer_, nullptr));
        check(aimdb_consumer_open(db_, "values", &described.type, AIMDB_LIVE, &consumer_, nullptr));
    }
    ~record() {
        check(aimdb_db_free(db_));
        check(aimdb_producer_free(producer_));
        check(aimdb_consumer_free(consumer_));
    }
    void put(const value &in) { check(aimdb_producer_send(producer_, &in, sizeof in)); }
    void take(value &out) { check(aimdb_consumer_recv(consumer_, &out, sizeof out, nullptr)); }
};

class locked {
    std::mutex mutex_;
    std::condition_variable room_, values_;
    std::deque<value> queue_;

  public:
    void put(const value &in) {
        std::unique_lock<std::mutex> lock(mutex_);
        room_.wait(lock, [this] { return queue_.size() < capacity; });
        queue_.push_back(in);
        lock.unlock();
        values_.notify_one();
    }
    void take(value &out) {
        std::unique_lock<std::mutex> lock(mutex_);
        values_.wait(lock, [this] { return !queue_.empty(); });
        out = queue_.front();
        queue_.pop_front();
        lock.unlock();
        room_.notify_one();
    }
};

// It has no bound, so it holds nobody up: whoever wants that has to add it.
class moody {
    moodycamel::BlockingConcurrentQueue<value> queue_{capacity};

  public:
    void put(const value &in) { queue_.enqueue(in); }
    void take(value &out) { queue_.wait_dequeue(out); }
};

double now(clockid_t clock) {
    timespec time;
    clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

template <class Queue> double one_thread(int count) {
    auto queue = std::make_unique<Queue>();
    value in{}, out{};
    double began = now(CLOCK_THREAD_CPUTIME_ID);
    for (int at = 0; at < count; at++) {
        in.words[0] = static_cast<std::uint64_t>(at);
        queue->put(in);
        queue->take(out);
        if (out.words[0] != in.words[0]) std::abort();
    }
    return (now(CLOCK_THREAD_CPUTIME_ID) - began) / count;
}

template <class Queue> double two_threads(int count) {
    auto queue = std::make_unique<Queue>();
    double began = now(CLOCK_MONOTONIC);
    std::thread puts([&] {
        value in{};
        for (int at = 0; at < count; at++) {
            in.words[0] = static_cast<std::uint64_t>(at);
            queue->put(in);
        }
    });
    value out{};
    for (int at = 0; at < count; at++) {
        queue->take(out);
        if (out.words[0] != static_cast<std::uint64_t>(at)) std::abort();
    }
    double took = (now(CLOCK_MONOTONIC) - began) / count;
    puts.join();
    return took;
}

double median(double (*measure)(int), int count) {
    std::vector<double> rounds;
    for (int round = 0; round < 7; round++) rounds.push_back(measure(count));
    std::sort(rounds.begin(), rounds.end());
    return rounds[rounds.size() / 2];
}

void row(const char *name, double one, double two, double one_ours, double two_ours) {
    std::printf("%-32s %8.1f ns %6.2f   %8.1f ns %6.2f\n", name, one, one / one_ours, two, two / two_ours);
}

}  // namespace

int main() {
    double one = median(one_thread<record>, 1000000), two = median(two_threads<record>, 1000000);
    std::printf("%-32s %18s   %18s\n", "64 bytes, median of 7", "one thread", "two threads");
    row("AimDB from C, send and recv", one, two, one, two);
    row("std::mutex, condition_variable", median(one_thread<locked>, 1000000), median(two_threads<locked>, 1000000), one, two);
    row("moodycamel::Blocking...Queue", median(one_thread<moody>, 1000000), median(two_threads<moody>, 1000000), one, two);
    return 0;
}
