// A work queue: several workers share one cursor, so each job is done once.
//
// To learn: *sharing* a consumer shares its cursor (each value goes to one of them), *subscribing* makes a new one
// (each value goes to both). A producer may be used by threads together, so a job may carry the way to its answer.
#include <algorithm>
#include <thread>

#include "example.hpp"

struct answer {
    std::uint64_t number;
    std::uint64_t square;
};

struct job {
    std::uint64_t number;
    const aimdb::producer<answer> *answers;
};

constexpr std::uint64_t JOBS = 200;
constexpr std::size_t WORKERS = 4;

static std::uint64_t work(aimdb::consumer<job> &jobs) {
    std::uint64_t done = 0;
    for (const job &each : jobs) {
        ASSERT(each.answers->emplace(each.number, each.number * each.number));
        done++;
    }
    return done;
}

static void example() {
    aimdb::builder builder;
    builder.add(aimdb::record<job>::work_queue("jobs", 8));
    builder.add(aimdb::record<answer>::bounded("answers", JOBS));  // read when all are there
    const aimdb::database db = builder.attach();
    const auto jobs = db.producer<job>("jobs");
    const auto answers_in = db.producer<answer>("answers");
    auto answers = db.consumer<answer>("answers");
    auto first = db.consumer<job>("jobs");
    // A second cursor would need a second copy of each job.
    aimdb::failure why;
    ASSERT(!db.consumer<job>("jobs", aimdb::start::live, &why) && why.reason() == aimdb::status::single_cursor);

    std::array<std::uint64_t, WORKERS> done{};
    std::vector<std::thread> workers;
    for (std::uint64_t &each : done) {
        workers.emplace_back([&each, share = first.share()]() mutable { each = work(share); });
    }
    // The workers have shares of their own; one that nobody reads from is no harm, but no use.
    first.reset();

    for (std::uint64_t number = 0; number < JOBS; number++) {
        // Waits while the workers have their hands full.
        ASSERT(jobs.emplace(number, &answers_in));
    }
    jobs.close();
    for (std::thread &worker : workers) worker.join();
    answers_in.close();

    std::vector<answer> squares(answers.begin(), answers.end());
    std::sort(squares.begin(), squares.end(), [](auto &left, auto &right) { return left.number < right.number; });
    std::uint64_t total = 0;
    for (const std::uint64_t each : done) total += each;
    std::cout << WORKERS << " workers did " << total << " jobs\n";
    ASSERT(total == JOBS && squares.size() == JOBS);
    std::cout << "the last answer is Some((" << squares.back().number << ", " << squares.back().square << "))\n";
    for (std::uint64_t number = 0; number < JOBS; number++) {
        ASSERT(squares[number].number == number && squares[number].square == number * number);
    }
    std::cout << "each job was done exactly once\n";
}

int main() { return run(example); }
