// A line server of the old kind: one thread polls its sockets, a pool of threads works, a queue of our own between them.
//
//     server SOCKET
//
// It listens at a Unix socket. A line is a request, and each has one line for an answer:
//
//     ID text WORDS...    ID words 2 crc 3610a686
//     ID file PATH        the same about a file
//     stats               stats queued 3 accepted 5 refused 0
//     quit                ends the server, when all that was accepted is answered
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <deque>
#include <fstream>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

constexpr std::size_t WORKERS = 2;

/// Somebody who asks. The socket is closed when nobody has a request of theirs any more.
class client {
public:
    explicit client(int fd) : fd_(fd) {}
    client(const client &) = delete;
    client &operator=(const client &) = delete;
    ~client() { close(fd_); }

    int fd() const { return fd_; }

    /// Answers with a line. Workers may do so together. One who has gone is told nothing.
    void answer(const std::string &text) {
        const std::lock_guard<std::mutex> guard(writing_);
        const std::string line = text + '\n';
        std::size_t written = 0;
        while (written < line.size()) {
            const ssize_t more = send(fd_, line.data() + written, line.size() - written, MSG_NOSIGNAL);
            if (more <= 0) return;
            written += static_cast<std::size_t>(more);
        }
    }

    /// Takes what has come, and calls with each line that is whole. Whether there may come more.
    template <class Call>
    bool read_lines(Call call) {
        char piece[4096];
        const ssize_t got = recv(fd_, piece, sizeof piece, 0);
        if (got <= 0) return false;
        begun_.append(piece, static_cast<std::size_t>(got));
        std::size_t end = 0;
        while ((end = begun_.find('\n')) != std::string::npos) {
            call(begun_.substr(0, end));
            begun_.erase(0, end + 1);
        }
        return true;
    }

private:
    int fd_;
    std::mutex writing_;
    std::string begun_;
};

struct request {
    std::shared_ptr<client> from;
    std::string id;
    std::string verb;
    std::string rest;
};

/// What a worker does: counts words and makes a checksum.
static void serve(const request &asked) {
    std::string content = asked.rest;
    if (asked.verb == "file") {
        const std::ifstream file(asked.rest, std::ios::binary);
        std::ostringstream whole;
        whole << file.rdbuf();
        content = whole.str();
    }
    std::uint32_t crc = 0xffffffff;
    for (const char each : content) {
        crc ^= static_cast<unsigned char>(each);
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
    }
    std::istringstream words(content);
    std::size_t count = 0;
    for (std::string word; words >> word;) count++;
    char text[64];
    std::snprintf(text, sizeof text, " words %zu crc %08x", count, static_cast<unsigned>(~crc));
    asked.from->answer(asked.id + text);
}

/// Between the thread that polls and those that work.
class request_queue {
public:
    void push(std::unique_ptr<request> one) {
        const std::lock_guard<std::mutex> guard(lock_);
        requests_.push_back(std::move(one));
        accepted_++;
        came_.notify_one();
    }
    /// Waits for a request; null when there will be none.
    std::unique_ptr<request> pop() {
        std::unique_lock<std::mutex> guard(lock_);
        came_.wait(guard, [this] { return closed_ || !requests_.empty(); });
        if (requests_.empty()) return nullptr;
        std::unique_ptr<request> one = std::move(requests_.front());
        requests_.pop_front();
        return one;
    }
    void close() {
        const std::lock_guard<std::mutex> guard(lock_);
        closed_ = true;
        came_.notify_all();
    }
    std::string stats() {
        const std::lock_guard<std::mutex> guard(lock_);
        return "stats queued " + std::to_string(requests_.size()) + " accepted " + std::to_string(accepted_) +
               " refused 0";
    }

private:
    std::mutex lock_;
    std::condition_variable came_;
    std::deque<std::unique_ptr<request>> requests_;
    std::uint64_t accepted_ = 0;
    bool closed_ = false;
};

class server {
public:
    explicit server(const char *path) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (std::strlen(path) >= sizeof address.sun_path) throw std::runtime_error("the path is too long");
        std::strcpy(address.sun_path, path);
        listening_ = socket(AF_UNIX, SOCK_STREAM, 0);
        if (listening_ < 0 || bind(listening_, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0 ||
            listen(listening_, 16) != 0) {
            throw std::runtime_error(std::string("cannot listen at ") + path);
        }
    }
    server(const server &) = delete;
    server &operator=(const server &) = delete;
    ~server() { close(listening_); }

    void run() {
        std::vector<std::thread> workers;
        for (std::size_t worker = 0; worker < WORKERS; worker++) {
            workers.emplace_back([this] {
                while (const auto one = queue_.pop()) serve(*one);
            });
        }
        std::puts("listening");
        std::fflush(stdout);
        while (!ending_) poll_once();
        queue_.close();
        for (std::thread &worker : workers) worker.join();
        std::puts(queue_.stats().c_str());
    }

private:
    void poll_once() {
        std::vector<pollfd> polled = {{listening_, POLLIN, 0}};
        for (const auto &each : clients_) polled.push_back({each->fd(), POLLIN, 0});
        if (poll(polled.data(), polled.size(), -1) < 0) throw std::runtime_error("poll");
        // From the back, so that those who have gone can be taken out.
        for (std::size_t at = clients_.size(); at-- > 0;) {
            if (polled[at + 1].revents == 0) continue;
            const std::shared_ptr<client> from = clients_[at];
            const bool stays = from->read_lines([&](const std::string &line) { take(from, line); });
            if (!stays) clients_.erase(clients_.begin() + static_cast<std::ptrdiff_t>(at));
        }
        if (polled[0].revents != 0) {
            const int fd = accept(listening_, nullptr, nullptr);
            if (fd >= 0) clients_.push_back(std::make_shared<client>(fd));
        }
    }

    /// A line that was read. On the thread that polls: it must not wait.
    void take(const std::shared_ptr<client> &from, const std::string &line) {
        if (line == "quit") {
            ending_ = true;
        } else if (line == "stats") {
            from->answer(queue_.stats());
        } else {
            auto one = std::make_unique<request>();
            one->from = from;
            std::istringstream parts(line);
            parts >> one->id >> one->verb >> std::ws;
            std::getline(parts, one->rest);
            queue_.push(std::move(one));
        }
    }

    int listening_;
    std::vector<std::shared_ptr<client>> clients_;
    request_queue queue_;
    bool ending_ = false;
};

int main(int count, char **arguments) {
    if (count != 2) {
        std::fputs("usage: server SOCKET\n", stderr);
        return 2;
    }
    try {
        server(arguments[1]).run();
        return 0;
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
