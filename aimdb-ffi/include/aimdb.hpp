// AimDB for C++17: handles that free themselves, values by their type, times of std::chrono. Header only, over
// aimdb.h, whose rules hold here too. The first of them, in C++:
//
//     A send that is true has taken the value; any other leaves it yours.
//
//     aimdb::builder builder;
//     builder.add(aimdb::record<job>::bounded("jobs", 16));
//     aimdb::database db = builder.attach();
//     aimdb::producer<job> out = db.producer<job>("jobs");
//     aimdb::consumer<job> in = db.consumer<job>("jobs");
//
//     if (auto sent = out.send_for(next, 20ms); !sent) retry_later(next, sent.reason());
//     if (auto got = in.recv()) run(*got);
//     for (const job &each : in) run(each);    // until the record is closed and drained
//
// What to expect of a program's life (full, empty, timeout, closed, lagged) comes back by value, as a `result`. Bad
// input, misuse and failure of the system are thrown as an `aimdb::error`. With AIMDB_NO_EXCEPTIONS, or where the
// compiler has none, nothing is thrown: every status is in the `result`, a set-up call that fails gives an empty
// handle, and every set-up call takes a `failure *` that says why. With exceptions such a pointer keeps a
// set-up call from throwing.
//
// A handle is moved, never copied, and an empty one answers status::bad_handle. Producers may be used by several
// threads at once, a consumer by one at a time. No call allocates but those of set-up, where nothing else is said.
//
// Three macros are of use outside: AIMDB_NO_EXCEPTIONS before it is included, AIMDB_SCHEMA after it, and
// AIMDB_EXCEPTIONS, which says what was chosen.
#ifndef AIMDB_HPP
#define AIMDB_HPP

#include <aimdb.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <ratio>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#if !defined(AIMDB_NO_EXCEPTIONS) && defined(__cpp_exceptions)
#define AIMDB_EXCEPTIONS 1
#include <stdexcept>
#else
#define AIMDB_EXCEPTIONS 0
#endif

namespace aimdb {

// ------------------------------------------------------------------------------------------- outcomes

/// What a call answers: the numbers of aimdb.h, which says what each means. One that is not named here comes from a
/// newer library; its band says how grave it is.
enum class status : aimdb_status_t {
    ok = AIMDB_OK,

    full = AIMDB_FULL,
    empty = AIMDB_EMPTY,
    timeout = AIMDB_TIMEOUT,
    closed = AIMDB_CLOSED,
    lagged = AIMDB_LAGGED,

    null_argument = AIMDB_NULL_ARGUMENT,
    bad_size = AIMDB_BAD_SIZE,
    bad_alignment = AIMDB_BAD_ALIGNMENT,
    bad_key = AIMDB_BAD_KEY,
    bad_kind = AIMDB_BAD_KIND,
    bad_policy = AIMDB_BAD_POLICY,
    bad_capacity = AIMDB_BAD_CAPACITY,
    bad_struct = AIMDB_BAD_STRUCT,
    record_not_found = AIMDB_RECORD_NOT_FOUND,
    type_mismatch = AIMDB_TYPE_MISMATCH,
    schema_mismatch = AIMDB_SCHEMA_MISMATCH,
    duplicate_record = AIMDB_DUPLICATE_RECORD,
    bad_configuration = AIMDB_BAD_CONFIGURATION,
    buffer_too_small = AIMDB_BUFFER_TOO_SMALL,
    bad_argument = AIMDB_BAD_ARGUMENT,

    bad_handle = AIMDB_BAD_HANDLE,
    busy = AIMDB_BUSY,
    would_deadlock = AIMDB_WOULD_DEADLOCK,
    forked_child = AIMDB_FORKED_CHILD,
    not_supported = AIMDB_NOT_SUPPORTED,
    single_cursor = AIMDB_SINGLE_CURSOR,

    out_of_memory = AIMDB_OUT_OF_MEMORY,
    no_thread = AIMDB_NO_THREAD,
    too_many = AIMDB_TOO_MANY,
    io = AIMDB_IO,
    poisoned = AIMDB_POISONED,
};

/// The name of a status, such as "AIMDB_FULL". Valid for ever.
inline const char *name_of(status of) noexcept { return aimdb_status_name(static_cast<aimdb_status_t>(of)); }

/// One sentence about a status. Valid for ever.
inline const char *text_of(status of) noexcept { return aimdb_status_text(static_cast<aimdb_status_t>(of)); }

/// The version of the library that is linked; that of this header is AIMDB_VERSION_MAJOR and so on.
inline const char *library_version() noexcept { return aimdb_version(); }

/// How a call ended: true if it did what it was to do, otherwise with the reason.
class result {
public:
    constexpr result() noexcept = default;
    // Not explicit: a status is a result.
    constexpr result(status reason) noexcept : reason_(reason) {}

    constexpr explicit operator bool() const noexcept { return reason_ == status::ok; }
    constexpr status reason() const noexcept { return reason_; }
    const char *name() const noexcept { return name_of(reason_); }
    const char *text() const noexcept { return text_of(reason_); }

    friend constexpr bool operator==(const result &left, status right) noexcept { return left.reason_ == right; }
    friend constexpr bool operator!=(const result &left, status right) noexcept { return left.reason_ != right; }

private:
    status reason_ = status::ok;
};

/// A result with a number: so many values were sent or received, or are left. The number holds whatever the reason is.
class counted : public result {
public:
    constexpr counted(result how, std::uint64_t count) noexcept : result(how), count_(count) {}
    constexpr std::uint64_t count() const noexcept { return count_; }

private:
    std::uint64_t count_;
};

/// Why a set-up call failed, in a sentence that names what it is about.
class failure {
public:
    failure() = default;
    failure(status reason, std::string message) : reason_(reason), message_(std::move(message)) {}

    /// True if there is one.
    explicit operator bool() const noexcept { return reason_ != status::ok; }
    status reason() const noexcept { return reason_; }
    const std::string &message() const noexcept { return message_; }

private:
    status reason_ = status::ok;
    std::string message_;
};

#if AIMDB_EXCEPTIONS
/// What is thrown: never an outcome to expect, always bad input, misuse or a failure.
class error : public std::runtime_error {
public:
    error(status reason, const std::string &message) : std::runtime_error(message), reason_(reason) {}
    status reason() const noexcept { return reason_; }

private:
    status reason_;
};
#endif

namespace detail {

inline void raise(status reason, const std::string &message) {
#if AIMDB_EXCEPTIONS
    throw error(reason, std::string(name_of(reason)) + ": " + message);
#else
    static_cast<void>(reason);
    static_cast<void>(message);
#endif
}

/// An outcome to expect is returned, any other one thrown.
inline result checked(aimdb_status_t raw) {
    const auto reason = static_cast<status>(raw);
    if (raw < 0 || raw >= 100) raise(reason, text_of(reason));
    return reason;
}

/// Runs a set-up call. Whether it was done; if not, and nobody has given a place for it, it throws.
template <class Call>
bool set_up(failure *why, Call call) {
    aimdb_error_t said{};
    const auto reason = static_cast<status>(call(&said));
    if (why != nullptr) *why = failure();
    if (reason == status::ok) return true;
    const char *sentence = aimdb_error_message(said);
    failure failed(reason, sentence != nullptr ? sentence : text_of(reason));
    aimdb_error_free(said);
    if (why == nullptr) {
        raise(failed.reason(), failed.message());
    } else {
        *why = std::move(failed);
    }
    return false;
}

/// Text that C can read, for as long as the call lasts.
class c_text {
public:
    c_text(const char *text) noexcept : text_(text) {}
    c_text(const std::string &text) noexcept : text_(text.c_str()) {}
    const char *get() const noexcept { return text_; }

private:
    const char *text_;
};

// ---------------------------------------------------------------------------------------------- time

constexpr std::int64_t for_ever = -1;
/// Larger values lie in blocks, which are shared by those who read them.
constexpr std::size_t largest_in_a_slot = 256;

/// Nanoseconds, rounded up so that nobody waits less long than was asked; what lasts longer than 292 years is for ever.
template <class Rep, class Period>
constexpr std::int64_t timeout_of(const std::chrono::duration<Rep, Period> &time) {
    using given = std::chrono::duration<Rep, Period>;
    using std::chrono::nanoseconds;
    if (!(time > given::zero())) return 0;
    if constexpr (std::is_integral_v<Rep>) {
        // A unit is `ratio::num / ratio::den` nanoseconds.
        using ratio = std::ratio_divide<Period, std::nano>;
        constexpr auto most = static_cast<std::uintmax_t>(nanoseconds::max().count()) / ratio::num;
        const auto units = static_cast<std::uintmax_t>(time.count());
        if (units >= most) return for_ever;
        return static_cast<std::int64_t>((units * ratio::num + (ratio::den - 1)) / ratio::den);
    } else {
        const auto ns = std::chrono::duration<long double, std::nano>(time).count();
        if (!(ns < static_cast<long double>(std::numeric_limits<std::int64_t>::max()))) return for_ever;
        const auto whole = static_cast<std::int64_t>(ns);
        return static_cast<long double>(whole) < ns ? whole + 1 : whole;
    }
}

/// The same for timers, of which none is for ever.
template <class Rep, class Period>
constexpr std::int64_t timer_of(const std::chrono::duration<Rep, Period> &time) {
    const auto ns = timeout_of(time);
    return ns == for_ever ? std::numeric_limits<std::int64_t>::max() : ns;
}

/// A time of aimdb_now(), whose clock std::chrono::steady_clock is. One before the clock began has passed.
template <class Duration>
constexpr std::int64_t deadline_of(const std::chrono::time_point<std::chrono::steady_clock, Duration> &time) {
    return timer_of(time.time_since_epoch());
}

/// What is left until then, for calls that have a timeout only.
template <class Duration>
std::int64_t timeout_until(const std::chrono::time_point<std::chrono::steady_clock, Duration> &time) {
    const std::int64_t deadline = deadline_of(time);
    if (deadline == std::numeric_limits<std::int64_t>::max()) return for_ever;
    const std::int64_t left = deadline - aimdb_now();
    return left > 0 ? left : 0;
}

// ------------------------------------------------------------------------------------------- handles

/// A handle of C that is freed with this. Moving from it leaves it empty.
template <class Raw, aimdb_status_t (*Free)(Raw)>
class handle {
public:
    constexpr handle() noexcept = default;
    constexpr explicit handle(Raw raw) noexcept : raw_(raw) {}
    handle(const handle &) = delete;
    handle &operator=(const handle &) = delete;
    handle(handle &&from) noexcept : raw_(from.release()) {}
    handle &operator=(handle &&from) noexcept {
        // By way of a third, so that moving into itself changes nothing.
        handle taken(std::move(from));
        std::swap(raw_, taken.raw_);
        return *this;
    }
    ~handle() { reset(); }

    /// Whether there is one.
    explicit operator bool() const noexcept { return raw_.id != 0; }
    /// For calls of aimdb.h. Stays with this.
    Raw raw() const noexcept { return raw_; }
    /// Gives the handle to the caller, who frees it.
    Raw release() noexcept { return std::exchange(raw_, Raw{}); }
    /// Frees it now. Never waits.
    void reset() noexcept {
        // Nothing is left to be done about a handle that was freed behind our back.
        if (raw_.id != 0) static_cast<void>(Free(release()));
    }

private:
    Raw raw_{};
};

/// A function object on its way into the library, which frees it from then on.
template <class Function>
class callback {
public:
    callback() noexcept = default;

    /// `call` is a function of C that has a pointer to an `F` as its user.
    template <class F>
    static callback made(Function call, F function) {
        callback out;
        out.call_ = call;
        out.user_ = user_pointer(new F(std::move(function)), free_it<F>);
        return out;
    }

    Function call() const noexcept { return call_; }
    void *user() const noexcept { return user_.get(); }
    aimdb_user_free_t user_free() const noexcept { return user_ ? user_.get_deleter() : nullptr; }
    void given_away() noexcept { static_cast<void>(user_.release()); }

private:
    using user_pointer = std::unique_ptr<void, aimdb_user_free_t>;

    template <class F>
    static void free_it(void *user) noexcept {
        delete static_cast<F *>(user);
    }

    Function call_ = nullptr;
    user_pointer user_{nullptr, nullptr};
};

/// What a function object of a callback may not be called with, said early.
template <bool Fits>
constexpr void callback_fits() {
    static_assert(Fits, "aimdb: this callback cannot be called with what it is given; see the member's page");
}

}  // namespace detail

// --------------------------------------------------------------------------------------------- types

namespace detail {

/// What a number is called by its size; null where it has no such name.
template <class T>
constexpr const char *number() {
    constexpr bool is_text = std::is_same_v<T, bool> || std::is_same_v<T, char> || std::is_same_v<T, wchar_t> ||
                             std::is_same_v<T, char16_t> || std::is_same_v<T, char32_t>;
    if constexpr (std::is_floating_point_v<T>) {
        return sizeof(T) == 4 ? "f32" : sizeof(T) == 8 ? "f64" : nullptr;
    } else if constexpr (std::is_integral_v<T> && !is_text && sizeof(T) <= 8) {
        constexpr const char *names[2][4] = {{"u8", "u16", "u32", "u64"}, {"i8", "i16", "i32", "i64"}};
        return names[std::is_signed_v<T>][sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3];
    } else {
        return nullptr;
    }
}

}  // namespace detail

/// The schema of a type: which structure its bytes are, on every side. Specialise it, with AIMDB_SCHEMA or by hand with
/// a `value()`, for types that other programs or other languages open too; without it, records have none. A number has
/// that of its name in Rust ("f64"), and what Rust's `record!` makes has the one in the header that it writes.
template <class T>
struct schema {
    static aimdb_schema_t value() noexcept {
        if constexpr (detail::number<T>() != nullptr) {
            return aimdb_schema_of(detail::number<T>());
        } else {
            return aimdb_schema_t{};
        }
    }
};

}  // namespace aimdb

/// At the outermost level of a file: the text that makes a type's schema, as for aimdb_schema_of.
#define AIMDB_SCHEMA(Type, Text) \
    template <> \
    struct aimdb::schema<Type> { \
        static aimdb_schema_t value() noexcept { return aimdb_schema_of(Text); } \
    }

namespace aimdb {

/// The type of records of bytes: any number of them up to a maximum. They go in and come out as std::string_view.
template <std::size_t Max, std::size_t Alignment = 8>
struct bytes {
    static_assert(Max > 0, "aimdb: bytes<0> could hold nothing");
};

namespace detail {

/// How values of a type are carried: plain data, if nothing below says otherwise.
template <class T>
struct form {
    static_assert(std::is_trivially_copyable_v<T>,
                  "aimdb: a plain value must be trivially copyable; carry others as std::unique_ptr<T>");
    static_assert(!std::is_pointer_v<T>, "aimdb: carry pointers as std::unique_ptr, so that somebody frees them");
    static_assert(alignof(T) <= 4096, "aimdb: no alignment above 4096");

    using seen = const T &;

    /// What its user needs, who may see the record aligned more strictly.
    static aimdb_type_t opened() noexcept {
        aimdb_type_t type = AIMDB_TYPE_INIT;
        type.size = sizeof(T);
        type.alignment = alignof(T);
        type.schema = schema<T>::value();
        return type;
    }
    /// What the record is: at least what C takes for granted.
    static aimdb_type_t made() noexcept {
        aimdb_type_t type = opened();
        if (type.alignment < 8) type.alignment = 8;
        return type;
    }
    /// Calls with the value. The library's copy need not be aligned like a T that is aligned strictly.
    template <class Call>
    static void see(const void *data, std::size_t, Call call) {
        if constexpr (alignof(T) <= 8) {
            call(*static_cast<const T *>(data));
        } else {
            alignas(T) unsigned char copy[sizeof(T)];
            std::memcpy(copy, data, sizeof(T));
            call(*std::launder(reinterpret_cast<const T *>(copy)));
        }
    }
    template <class F>
    static constexpr bool degrades = std::is_invocable_v<F &, T &>;
    template <class F>
    static std::size_t degrade(F &function, void *data, std::size_t size) {
        if constexpr (alignof(T) <= 8) {
            function(*static_cast<T *>(data));
        } else {
            alignas(T) unsigned char copy[sizeof(T)];
            std::memcpy(copy, data, sizeof(T));
            function(*std::launder(reinterpret_cast<T *>(copy)));
            std::memcpy(data, copy, sizeof(T));
        }
        return size;
    }
};

template <std::size_t Max, std::size_t Alignment>
struct form<bytes<Max, Alignment>> {
    using seen = std::string_view;

    static aimdb_type_t opened() noexcept {
        aimdb_type_t type = AIMDB_TYPE_INIT;
        type.form = AIMDB_BYTES;
        type.size = Max;
        type.alignment = Alignment;
        type.schema = schema<bytes<Max, Alignment>>::value();
        return type;
    }
    static aimdb_type_t made() noexcept { return opened(); }
    template <class Call>
    static void see(const void *data, std::size_t size, Call call) {
        call(std::string_view(static_cast<const char *>(data), size));
    }
    template <class F>
    static constexpr bool degrades = std::is_invocable_r_v<std::size_t, F &, char *, std::size_t>;
    template <class F>
    static std::size_t degrade(F &function, void *data, std::size_t size) {
        return function(static_cast<char *>(data), size);
    }
};

template <class M, class Deleter>
struct form<std::unique_ptr<M, Deleter>> {
    static_assert(!std::is_array_v<M>, "aimdb: no arrays; carry a std::unique_ptr of a structure that has one");
    static_assert(std::is_empty_v<Deleter> && std::is_default_constructible_v<Deleter>,
                  "aimdb: the deleter of a carried pointer must have no state");

    using seen = const M &;

    static aimdb_type_t opened() noexcept {
        aimdb_type_t type = AIMDB_TYPE_INIT;
        type.form = AIMDB_POINTER;
        type.schema = schema<std::unique_ptr<M, Deleter>>::value();
        return type;
    }
    static aimdb_type_t made() noexcept { return opened(); }
    template <class Call>
    static void see(const void *data, std::size_t, Call call) {
        call(*static_cast<const M *>(data));
    }
    template <class F>
    static constexpr bool degrades = std::is_invocable_v<F &, M &>;
    template <class F>
    static std::size_t degrade(F &function, void *data, std::size_t size) {
        function(*static_cast<M *>(data));
        return size;
    }
};

}  // namespace detail

// ----------------------------------------------------------------------------------- what comes out

/// A value, or why there is none. `if (auto got = in.recv()) use(*got);`
template <class T>
class received : public result {
public:
    received(const received &) = default;
    received &operator=(const received &) = default;

    /// The value, which must be there. Of a temporary a copy, so that it may be kept.
    const T &operator*() const & noexcept { return value_; }
    T &operator*() & noexcept { return value_; }
    T operator*() && noexcept { return value_; }
    const T *operator->() const noexcept { return &value_; }
    T *operator->() noexcept { return &value_; }
    /// The value, or another.
    T value_or(T other) const { return *this ? value_ : other; }
    /// The value without its reason.
    std::optional<T> optional() const { return *this ? std::optional<T>(value_) : std::nullopt; }
    /// How many values were overwritten before they were read, if that is the reason; otherwise 0.
    std::uint64_t lagged() const noexcept { return lag_; }

private:
    template <class>
    friend class consumer;
    template <class>
    friend class iterator;

    received() noexcept : result(status::empty), none_(0) {}
    void *room() noexcept { return &value_; }
    void settle(result how, std::uint64_t lag) noexcept {
        result::operator=(how);
        lag_ = lag;
    }

    std::uint64_t lag_ = 0;
    union {
        char none_;
        T value_;
    };
};

namespace detail {

/// What messages of all forms have.
class message_end : public result {
public:
    /// How many values were overwritten before they were read, if that is why there is none; otherwise 0.
    std::uint64_t lagged() const noexcept { return lag_; }
    /// For calls of aimdb.h. Stays with this.
    aimdb_message_t raw() const noexcept { return owned_.raw(); }

protected:
    message_end() noexcept : result(status::empty) {}
    message_end(result how, std::uint64_t lag, aimdb_message_t raw) noexcept : result(how), lag_(lag), owned_(raw) {}
    message_end(message_end &&from) noexcept
        : result(from), lag_(from.lag_), owned_(std::move(from.owned_)) {
        static_cast<result &>(from) = status::empty;
    }
    message_end &operator=(message_end &&from) noexcept {
        const result how = from;
        lag_ = from.lag_;
        static_cast<result &>(from) = status::empty;
        owned_ = std::move(from.owned_);
        static_cast<result &>(*this) = how;
        return *this;
    }
    ~message_end() = default;

private:
    std::uint64_t lag_ = 0;
    handle<aimdb_message_t, aimdb_message_free> owned_;
};

}  // namespace detail

/// A value that was taken without a copy, or why there is none; a plain value of up to 256 bytes lies in the message. It
/// outlives its consumer and its database, and is freed with the last message that has it: readers share it, so it is
/// const. Moving from it leaves it empty.
template <class T>
class message : public detail::message_end {
public:
    message() noexcept = default;

    /// The value, which must be there. Valid as long as the message.
    const T &operator*() const noexcept { return *data_; }
    const T *operator->() const noexcept { return data_; }

private:
    template <class>
    friend class consumer;
    template <class, class>
    friend class message_consumer;

    message(result how, std::uint64_t lag, aimdb_message_t raw, const void *data, std::size_t) noexcept
        : message_end(how, lag, raw), data_(static_cast<const T *>(data)) {}

    const T *data_ = nullptr;
};

/// Bytes that were taken without a copy, or why there are none; as `message`.
class byte_message : public detail::message_end {
public:
    byte_message() noexcept = default;

    /// The bytes. Valid as long as the message.
    const std::string_view &operator*() const noexcept { return view_; }
    const std::string_view *operator->() const noexcept { return &view_; }

private:
    template <class, class>
    friend class message_consumer;

    byte_message(result how, std::uint64_t lag, aimdb_message_t raw, const void *data, std::size_t size) noexcept
        : message_end(how, lag, raw),
          view_(data != nullptr ? std::string_view(static_cast<const char *>(data), size) : std::string_view()) {}

    std::string_view view_;
};

/// What a record has counted, at one moment: the members are those of aimdb_stats_t.
struct stats : aimdb_stats_t {
    stats() noexcept : aimdb_stats_t AIMDB_STATS_INIT {}
    /// What was given to send calls: each was accepted, refused, or ran out of time.
    std::uint64_t offered() const noexcept { return accepted + refused + timed_out; }
};

/// What a cursor has counted: the members are those of aimdb_consumer_stats_t.
struct consumer_stats : aimdb_consumer_stats_t {
    consumer_stats() noexcept : aimdb_consumer_stats_t AIMDB_CONSUMER_STATS_INIT {}
};

// ----------------------------------------------------------------------------------------- producers

namespace detail {

/// What producers of all forms have.
class producer_end : public handle<aimdb_producer_t, aimdb_producer_free> {
public:
    using handle::handle;

    /// Closes the record and does not wait. What is buffered can still be read: the count says how many values that
    /// is, and the reason is status::timeout if it is not 0. To close twice is allowed.
    counted close() const { return close_within(0); }
    /// Closes the record and waits until its readers have drained it, or the time has passed. The count says how many
    /// values are left unread; the reason is status::timeout if there are some.
    template <class Rep, class Period>
    counted close_for(const std::chrono::duration<Rep, Period> &time) const {
        return close_within(timeout_of(time));
    }
    /// Closes the record and waits until its readers have drained it, however long they take.
    counted close_and_drain() const { return close_within(for_ever); }
    /// Closes the record and discards what is buffered; the count says how many values. Never waits.
    counted abort() const {
        std::uint64_t discarded = 0;
        const result how = checked(aimdb_producer_abort(raw(), &discarded));
        return counted(how, discarded);
    }
    /// Waits until the readers that hold the producer up have taken what was sent before. status::closed if the record
    /// is closed.
    result flush() const { return checked(aimdb_producer_flush(raw(), for_ever)); }
    /// As flush, or status::timeout.
    template <class Rep, class Period>
    [[nodiscard]] result flush_for(const std::chrono::duration<Rep, Period> &time) const {
        return checked(aimdb_producer_flush(raw(), timeout_of(time)));
    }
    /// Whether the record is closed. Never waits.
    bool is_closed() const {
        std::int32_t closed = 0;
        checked(aimdb_producer_is_closed(raw(), &closed));
        return closed != 0;
    }
    /// What the record has counted. Never waits. All zero if the handle is none.
    aimdb::stats stats() const {
        aimdb::stats out;
        checked(aimdb_producer_stats(raw(), &out));
        return out;
    }

private:
    counted close_within(std::int64_t timeout) const {
        std::uint64_t left = 0;
        const result how = checked(aimdb_producer_close(raw(), timeout, &left));
        return counted(how, left);
    }
};

}  // namespace detail

/// A place in a record that is reserved, with memory to write the value in; or why there is none. What is written can
/// no longer be refused for want of room. The place is given back with the loan, if it was not sent.
template <class T>
class loan : public result {
public:
    loan(loan &&from) noexcept : result(from), owned_(std::move(from.owned_)), data_(from.data_), size_(from.size_) {
        static_cast<result &>(from) = status::empty;
    }
    loan &operator=(loan &&from) noexcept {
        const result how = from;
        static_cast<result &>(from) = status::empty;
        owned_ = std::move(from.owned_);
        data_ = from.data_;
        size_ = from.size_;
        static_cast<result &>(*this) = how;
        return *this;
    }
    ~loan() = default;

    /// The memory, which has no value yet: write one with placement new, or member by member. For bytes: a `char`.
    T *data() const noexcept { return static_cast<T *>(data_); }
    /// How many bytes that is.
    std::size_t size() const noexcept { return size_; }
    /// The value that was written.
    T &operator*() const noexcept { return *data(); }
    T *operator->() const noexcept { return data(); }

    /// Sends what was written, and is used up. status::closed if the record was closed meanwhile: then the loan stays,
    /// and what was written can still be read from it. Never waits.
    [[nodiscard]] result send() {
        const result how = detail::checked(aimdb_loan_send(owned_.raw()));
        if (how) {
            static_cast<void>(owned_.release());
            data_ = nullptr;
            size_ = 0;
            static_cast<result &>(*this) = status::empty;
        }
        return how;
    }

private:
    template <class>
    friend class producer;

    loan(aimdb_producer_t producer, std::size_t size, std::int64_t timeout) : size_(size) {
        aimdb_loan_t made{};
        const result how = detail::checked(aimdb_producer_loan(producer, size, timeout, &made, &data_));
        owned_ = detail::handle<aimdb_loan_t, aimdb_loan_free>(made);
        static_cast<result &>(*this) = how;
    }

    detail::handle<aimdb_loan_t, aimdb_loan_free> owned_;
    void *data_ = nullptr;
    std::size_t size_ = 0;
};

/// The writing end of a record of plain values. Several threads may use it at once. A send ends with ok, full
/// (the policy refuses, or it was one that does not wait), timeout or closed.
template <class T>
class producer : public detail::producer_end {
    static_assert(std::is_trivially_copyable_v<T>,
                  "aimdb: a plain value must be trivially copyable; carry others as std::unique_ptr<T>");

public:
    using producer_end::producer_end;

    /// Sends a copy. Waits while the record is full, if its policy is to pause.
    [[nodiscard]] result send(const T &value) const {
        return detail::checked(aimdb_producer_send(raw(), &value, sizeof value));
    }
    /// Never waits.
    [[nodiscard]] result try_send(const T &value) const {
        return detail::checked(aimdb_producer_try_send(raw(), &value, sizeof value));
    }
    /// Waits no longer than that. A time of zero or less tries once.
    template <class Rep, class Period>
    [[nodiscard]] result send_for(const T &value, const std::chrono::duration<Rep, Period> &time) const {
        return detail::checked(
            aimdb_producer_send_timeout(raw(), &value, sizeof value, detail::timeout_of(time)));
    }
    /// Waits no longer than until then.
    template <class Duration>
    [[nodiscard]] result send_until(const T &value,
                                    const std::chrono::time_point<std::chrono::steady_clock, Duration> &time) const {
        return detail::checked(
            aimdb_producer_send_deadline(raw(), &value, sizeof value, detail::deadline_of(time)));
    }
    /// Stores the value whatever happens; what it displaces goes to the record's drop callback. Never waits.
    [[nodiscard]] result force_send(const T &value) const {
        return detail::checked(aimdb_producer_force_send(raw(), &value, sizeof value));
    }

    /// Sends the values of an array, vector, span or whatever lies in one piece, in their order. The count says how
    /// many from the front were sent; the rest is yours. Throws only where none was. Waits as send does.
    template <class Values>
    [[nodiscard]] counted send_all(const Values &values) const {
        return send_all_within(std::data(values), std::size(values), detail::for_ever);
    }
    /// As send_all; the time is for all of them.
    template <class Values, class Rep, class Period>
    [[nodiscard]] counted send_all_for(const Values &values, const std::chrono::duration<Rep, Period> &time) const {
        return send_all_within(std::data(values), std::size(values), detail::timeout_of(time));
    }

    /// Makes a value from these arguments and sends it: one of more than 256 bytes where it will lie, in a place that is
    /// reserved before, so that it is not made in vain. Waits as send does. The value is gone if it is not taken: keep
    /// the arguments, or use send.
    template <class... Arguments>
    [[nodiscard]] result emplace(Arguments &&...arguments) const {
        if constexpr (sizeof(T) > detail::largest_in_a_slot) {
            aimdb_loan_t lent{};
            void *data = nullptr;
            const aimdb_status_t how = aimdb_producer_loan(raw(), sizeof(T), detail::for_ever, &lent, &data);
            if (how == AIMDB_OK) {
                detail::handle<aimdb_loan_t, aimdb_loan_free> owned(lent);
                new (data) T(made(std::forward<Arguments>(arguments)...));
                const result sent = detail::checked(aimdb_loan_send(lent));
                if (sent) static_cast<void>(owned.release());
                return sent;
            }
            // A rendezvous has no places to reserve.
            if (how != AIMDB_NOT_SUPPORTED) return detail::checked(how);
        }
        return send(made(std::forward<Arguments>(arguments)...));
    }
    /// As emplace, but never waits.
    template <class... Arguments>
    [[nodiscard]] result try_emplace(Arguments &&...arguments) const {
        return try_send(made(std::forward<Arguments>(arguments)...));
    }

    /// Reserves a place. Waits while the record is full, if its policy is to pause.
    [[nodiscard]] aimdb::loan<T> loan() const { return aimdb::loan<T>(raw(), sizeof(T), detail::for_ever); }
    /// Reserves a place, or gives up when the time has passed. A time of zero or less tries once.
    template <class Rep, class Period>
    [[nodiscard]] aimdb::loan<T> loan_for(const std::chrono::duration<Rep, Period> &time) const {
        return aimdb::loan<T>(raw(), sizeof(T), detail::timeout_of(time));
    }

private:
    template <class... Arguments>
    static T made(Arguments &&...arguments) {
        // Aggregates have no constructor to call before C++20.
        if constexpr (std::is_constructible_v<T, Arguments...>) {
            return T(std::forward<Arguments>(arguments)...);
        } else {
            return T{std::forward<Arguments>(arguments)...};
        }
    }

    counted send_all_within(const T *values, std::size_t count, std::int64_t timeout) const {
        std::size_t sent = 0;
        const aimdb_status_t how = aimdb_producer_send_batch(raw(), values, count, timeout, &sent);
        // An exception would take the count with it.
        if (sent > 0) return counted(static_cast<status>(how), sent);
        return counted(detail::checked(how), sent);
    }
};

/// The writing end of a record of bytes. As that of plain values; what is longer than the maximum is status::bad_size.
template <std::size_t Max, std::size_t Alignment>
class producer<bytes<Max, Alignment>> : public detail::producer_end {
public:
    using producer_end::producer_end;

    /// Sends a copy. Waits while the record is full, if its policy is to pause.
    [[nodiscard]] result send(std::string_view value) const {
        return detail::checked(aimdb_producer_send(raw(), data_of(value), value.size()));
    }
    /// Never waits.
    [[nodiscard]] result try_send(std::string_view value) const {
        return detail::checked(aimdb_producer_try_send(raw(), data_of(value), value.size()));
    }
    /// Waits no longer than that. A time of zero or less tries once.
    template <class Rep, class Period>
    [[nodiscard]] result send_for(std::string_view value, const std::chrono::duration<Rep, Period> &time) const {
        return detail::checked(
            aimdb_producer_send_timeout(raw(), data_of(value), value.size(), detail::timeout_of(time)));
    }
    /// Waits no longer than until then.
    template <class Duration>
    [[nodiscard]] result send_until(std::string_view value,
                                    const std::chrono::time_point<std::chrono::steady_clock, Duration> &time) const {
        return detail::checked(
            aimdb_producer_send_deadline(raw(), data_of(value), value.size(), detail::deadline_of(time)));
    }
    /// Stores the value whatever happens; what it displaces goes to the record's drop callback. Never waits.
    [[nodiscard]] result force_send(std::string_view value) const {
        return detail::checked(aimdb_producer_force_send(raw(), data_of(value), value.size()));
    }
    /// Reserves a place for so many bytes. Waits while the record is full, if its policy is to pause.
    [[nodiscard]] aimdb::loan<char> loan(std::size_t size) const {
        return aimdb::loan<char>(raw(), size, detail::for_ever);
    }
    /// Reserves a place for so many bytes, or gives up when the time has passed.
    template <class Rep, class Period>
    [[nodiscard]] aimdb::loan<char> loan_for(std::size_t size, const std::chrono::duration<Rep, Period> &time) const {
        return aimdb::loan<char>(raw(), size, detail::timeout_of(time));
    }

private:
    // An empty view may point nowhere, which C would take for a mistake.
    static const void *data_of(std::string_view value) noexcept { return value.empty() ? "" : value.data(); }
};

/// The writing end of a record of pointers. A send that is ok has taken the object, and leaves the pointer
/// empty; after any other the object is still where it was. No null pointers. A pointer that converts, such as one to a
/// class derived from M, may be given as it is.
template <class M, class Deleter>
class producer<std::unique_ptr<M, Deleter>> : public detail::producer_end {
    // Taken as what it is: converted on the way in, it would be a temporary that dies with a send that is refused.
    template <class Other, class Freed>
    using converts = std::enable_if_t<std::is_convertible_v<std::unique_ptr<Other, Freed>, std::unique_ptr<M, Deleter>>>;

public:
    using producer_end::producer_end;
    using pointer = std::unique_ptr<M, Deleter>;

    /// Moves the object in. Waits while the record is full, if its policy is to pause.
    [[nodiscard]] result send(pointer &&value) const { return move_in(value, detail::for_ever); }
    /// Never waits.
    [[nodiscard]] result try_send(pointer &&value) const { return move_in(value, 0); }
    /// Waits no longer than that. A time of zero or less tries once.
    template <class Rep, class Period>
    [[nodiscard]] result send_for(pointer &&value, const std::chrono::duration<Rep, Period> &time) const {
        return move_in(value, detail::timeout_of(time));
    }
    /// Waits no longer than until then.
    template <class Duration>
    [[nodiscard]] result send_until(pointer &&value,
                                    const std::chrono::time_point<std::chrono::steady_clock, Duration> &time) const {
        return move_in(value, detail::timeout_until(time));
    }
    template <class Other, class Freed, class = converts<Other, Freed>>
    [[nodiscard]] result send(std::unique_ptr<Other, Freed> &&value) const {
        return move_in(value, detail::for_ever);
    }
    template <class Other, class Freed, class = converts<Other, Freed>>
    [[nodiscard]] result try_send(std::unique_ptr<Other, Freed> &&value) const {
        return move_in(value, 0);
    }
    template <class Other, class Freed, class Rep, class Period, class = converts<Other, Freed>>
    [[nodiscard]] result send_for(std::unique_ptr<Other, Freed> &&value,
                                  const std::chrono::duration<Rep, Period> &time) const {
        return move_in(value, detail::timeout_of(time));
    }
    template <class Other, class Freed, class Duration, class = converts<Other, Freed>>
    [[nodiscard]] result send_until(std::unique_ptr<Other, Freed> &&value,
                                    const std::chrono::time_point<std::chrono::steady_clock, Duration> &time) const {
        return move_in(value, detail::timeout_until(time));
    }
    /// Makes an object and moves it in. Allocates it. Waits as send does. The object is gone if it is not taken.
    template <class... Arguments>
    [[nodiscard]] result emplace(Arguments &&...arguments) const {
        return send(pointer(new M(std::forward<Arguments>(arguments)...)));
    }

private:
    static void free_it(void *data, void *) noexcept { Deleter()(static_cast<M *>(data)); }

    template <class Held>
    result move_in(Held &value, std::int64_t timeout) const {
        M *object = value.get();
        void *data = const_cast<std::remove_const_t<M> *>(object);
        const result how = detail::checked(
            aimdb_producer_send_move(raw(), data, sizeof(M), free_it, nullptr, timeout));
        if (how) static_cast<void>(value.release());
        return how;
    }
};

// ----------------------------------------------------------------------------------------- consumers

/// Where a consumer of a ring begins.
enum class start : aimdb_start_t {
    live = AIMDB_LIVE,      ///< with what comes
    oldest = AIMDB_OLDEST,  ///< with what is retained
};

/// Goes through the values of a consumer, once. What the reader was too slow for is skipped, and counted in
/// consumer::lost.
template <class Consumer>
class iterator {
public:
    using item = typename Consumer::item;
    using value_type = std::remove_cv_t<std::remove_reference_t<decltype(Consumer::seen(std::declval<item &>()))>>;
    using reference = decltype(Consumer::seen(std::declval<item &>()));
    using pointer = std::remove_reference_t<reference> *;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;

    reference operator*() const noexcept { return Consumer::seen(current_); }
    pointer operator->() const noexcept { return &Consumer::seen(current_); }
    iterator &operator++() {
        from_->next(current_, waits_);
        if (!current_) from_ = nullptr;
        return *this;
    }
    iterator operator++(int) {
        iterator before = *this;
        ++*this;
        return before;
    }
    friend bool operator==(const iterator &left, const iterator &right) noexcept { return left.from_ == right.from_; }
    friend bool operator!=(const iterator &left, const iterator &right) noexcept { return left.from_ != right.from_; }

private:
    template <class, class>
    friend class consumer_end;
    template <class>
    friend class values;
    friend Consumer;

    iterator() noexcept : current_(Consumer::nothing()) {}
    iterator(Consumer *from, bool waits) : from_(from), waits_(waits), current_(Consumer::nothing()) { ++*this; }

    Consumer *from_ = nullptr;
    bool waits_ = false;
    mutable item current_;
};

/// The values that are there, for a range-for that never waits.
template <class Consumer>
class values {
public:
    iterator<Consumer> begin() const { return iterator<Consumer>(from_, false); }
    iterator<Consumer> end() const noexcept { return iterator<Consumer>(); }

private:
    template <class, class>
    friend class consumer_end;
    explicit values(Consumer *from) noexcept : from_(from) {}
    Consumer *from_;
};

namespace detail {

/// What consumers of all forms have.
class consumer_base : public handle<aimdb_consumer_t, aimdb_consumer_free> {
public:
    using handle::handle;

    /// Whether the record is closed; what is buffered can still be read. Never waits.
    bool is_closed() const {
        std::int32_t closed = 0;
        checked(aimdb_consumer_is_closed(raw(), &closed));
        return closed != 0;
    }
    /// What the cursor has counted. Never waits. All zero if the handle is none.
    consumer_stats stats() const {
        consumer_stats out;
        checked(aimdb_consumer_stats(raw(), &out));
        return out;
    }
    /// How many values were overwritten before the iterators of this came to them.
    std::uint64_t lost() const noexcept { return lost_; }
    /// Why the last loop over this ended: closed, or empty; without exceptions also misuse and failure.
    result ended() const noexcept { return ended_; }

protected:
    std::uint64_t lag_of(aimdb_status_t raw_status) const noexcept {
        std::uint64_t lag = 0;
        if (raw_status == AIMDB_LAGGED) static_cast<void>(aimdb_consumer_lag(raw(), &lag));
        return lag;
    }
    aimdb_consumer_t another(aimdb_status_t (*call)(aimdb_consumer_t, aimdb_consumer_t *), failure *why) const {
        aimdb_consumer_t made{};
        set_up(why, [&](aimdb_error_t *) { return call(raw(), &made); });
        return made;
    }

    std::uint64_t lost_ = 0;
    result ended_;
};

}  // namespace detail

/// Of consumers of all forms: their likes, and their loops.
template <class Consumer, class Item>
class consumer_end : public detail::consumer_base {
public:
    using consumer_base::consumer_base;
    using item = Item;

    /// A consumer that shares this one's cursor: each value goes to one of them. Allocates.
    Consumer share(failure *why = nullptr) const { return Consumer(another(aimdb_consumer_share, why)); }
    /// A consumer with a cursor of its own: each value goes to both. Allocates.
    Consumer subscribe(failure *why = nullptr) const { return Consumer(another(aimdb_consumer_subscribe, why)); }

    /// Each value, until the record is closed and drained. Waits.
    iterator<Consumer> begin() { return iterator<Consumer>(self(), true); }
    iterator<Consumer> end() noexcept { return iterator<Consumer>(); }
    /// Each value that is there: `for (const job &each : in.available())`. Never waits.
    values<Consumer> available() noexcept { return values<Consumer>(self()); }

private:
    template <class>
    friend class iterator;

    /// Ends with a value, or with none when there will be none.
    void next(Item &into, bool waits) {
        // Each turn but the last one tells of a lag.
        do {
            into = waits ? self()->recv() : self()->try_recv();
            lost_ += into.lagged();
        } while (into.reason() == status::lagged);
        ended_ = into;
    }
    Consumer *self() noexcept { return static_cast<Consumer *>(this); }
};

/// The reading end of a record of plain values, for one thread at a time. A read ends with a value, or with empty,
/// timeout, closed (and drained) or lagged, after which the next value is the oldest that is left.
template <class T>
class consumer : public consumer_end<consumer<T>, received<T>> {
    static_assert(std::is_trivially_copyable_v<T>,
                  "aimdb: a plain value must be trivially copyable; carry others as std::unique_ptr<T>");
    using base = consumer_end<consumer<T>, received<T>>;

public:
    using base::base;

    /// Waits for a value.
    [[nodiscard]] received<T> recv() {
        return read([&](void *room) { return aimdb_consumer_recv(raw(), room, sizeof(T), nullptr); });
    }
    /// Never waits.
    [[nodiscard]] received<T> try_recv() {
        return read([&](void *room) { return aimdb_consumer_try_recv(raw(), room, sizeof(T), nullptr); });
    }
    /// Waits no longer than that. A time of zero or less tries once.
    template <class Rep, class Period>
    [[nodiscard]] received<T> recv_for(const std::chrono::duration<Rep, Period> &time) {
        const auto timeout = detail::timeout_of(time);
        return read([&](void *room) { return aimdb_consumer_recv_timeout(raw(), room, sizeof(T), nullptr, timeout); });
    }
    /// Waits no longer than until then.
    template <class Duration>
    [[nodiscard]] received<T> recv_until(
        const std::chrono::time_point<std::chrono::steady_clock, Duration> &time) {
        const auto deadline = detail::deadline_of(time);
        return read(
            [&](void *room) { return aimdb_consumer_recv_deadline(raw(), room, sizeof(T), nullptr, deadline); });
    }

    /// Waits for the newest value and skips what lies before it. Lag is counted, not told.
    [[nodiscard]] received<T> latest() { return latest_within(detail::for_ever); }
    /// The newest value, if there is one that was not read. Never waits.
    [[nodiscard]] received<T> try_latest() { return latest_within(0); }
    /// As latest, no longer than that.
    template <class Rep, class Period>
    [[nodiscard]] received<T> latest_for(const std::chrono::duration<Rep, Period> &time) {
        return latest_within(detail::timeout_of(time));
    }
    /// A copy of the current value of a latest, or of the pending one of a mailbox, which stays. Never waits.
    [[nodiscard]] received<T> peek() {
        return read([&](void *room) { return aimdb_consumer_peek(raw(), room, sizeof(T), nullptr); });
    }

    /// Waits for one value, and takes as many as are there and fit into an array, vector, span or whatever lies in one
    /// piece. The count says how many came.
    template <class Values>
    [[nodiscard]] counted recv_many(Values &into) {
        return recv_many_within(std::data(into), std::size(into), detail::for_ever);
    }
    /// As recv_many, no longer than that.
    template <class Values, class Rep, class Period>
    [[nodiscard]] counted recv_many_for(Values &into, const std::chrono::duration<Rep, Period> &time) {
        return recv_many_within(std::data(into), std::size(into), detail::timeout_of(time));
    }

    /// Waits for a value and takes it without a copy.
    [[nodiscard]] message<T> recv_message() { return message_within(detail::for_ever); }
    /// As recv_message, no longer than that. A time of zero or less tries once.
    template <class Rep, class Period>
    [[nodiscard]] message<T> recv_message_for(const std::chrono::duration<Rep, Period> &time) {
        return message_within(detail::timeout_of(time));
    }

    using base::raw;

private:
    template <class>
    friend class iterator;

    static const T &seen(received<T> &item) noexcept { return *item; }
    static received<T> nothing() noexcept { return received<T>(); }

    template <class Call>
    received<T> read(Call call) {
        received<T> got;
        const aimdb_status_t raw_status = call(got.room());
        got.settle(detail::checked(raw_status), this->lag_of(raw_status));
        return got;
    }
    received<T> latest_within(std::int64_t timeout) {
        return read([&](void *room) { return aimdb_consumer_latest(raw(), room, sizeof(T), nullptr, timeout); });
    }
    counted recv_many_within(T *values, std::size_t max, std::int64_t timeout) {
        std::size_t count = 0;
        const result how = detail::checked(aimdb_consumer_recv_batch(raw(), values, max, timeout, &count));
        return counted(how, count);
    }
    message<T> message_within(std::int64_t timeout) {
        aimdb_message_t made{};
        const void *data = nullptr;
        std::size_t size = 0;
        const auto raw_status = aimdb_consumer_recv_message(raw(), timeout, &made, &data, &size);
        return message<T>(detail::checked(raw_status), this->lag_of(raw_status), made, data, size);
    }
};

/// Of consumers whose values come as messages, without a copy.
template <class Consumer, class Message>
class message_consumer : public consumer_end<Consumer, Message> {
    using base = consumer_end<Consumer, Message>;

public:
    using base::base;
    using base::raw;

    /// Waits for a value.
    [[nodiscard]] Message recv() { return take(aimdb_consumer_recv_message, detail::for_ever); }
    /// Never waits.
    [[nodiscard]] Message try_recv() { return take(aimdb_consumer_recv_message, 0); }
    /// Waits no longer than that. A time of zero or less tries once.
    template <class Rep, class Period>
    [[nodiscard]] Message recv_for(const std::chrono::duration<Rep, Period> &time) {
        return take(aimdb_consumer_recv_message, detail::timeout_of(time));
    }
    /// Waits no longer than until then. A time that has passed tries once.
    template <class Duration>
    [[nodiscard]] Message recv_until(const std::chrono::time_point<std::chrono::steady_clock, Duration> &time) {
        return take(aimdb_consumer_recv_message, detail::timeout_until(time));
    }

    /// Waits for the newest value and skips what lies before it. Lag is counted, not told.
    [[nodiscard]] Message latest() { return take(aimdb_consumer_latest_message, detail::for_ever); }
    /// The newest value, if there is one that was not read. Never waits.
    [[nodiscard]] Message try_latest() { return take(aimdb_consumer_latest_message, 0); }
    /// As latest, no longer than that.
    template <class Rep, class Period>
    [[nodiscard]] Message latest_for(const std::chrono::duration<Rep, Period> &time) {
        return take(aimdb_consumer_latest_message, detail::timeout_of(time));
    }
    /// The current value of a latest, or the pending one of a mailbox, which stays. Never waits.
    [[nodiscard]] Message peek() {
        const auto call = [](aimdb_consumer_t consumer, std::int64_t, aimdb_message_t *made, const void **data,
                             std::size_t *size) { return aimdb_consumer_peek_message(consumer, made, data, size); };
        return take(call, 0);
    }

private:
    template <class>
    friend class iterator;

    static Message &seen(Message &item) noexcept { return item; }
    static Message nothing() noexcept { return Message(); }

    template <class Call>
    Message take(Call call, std::int64_t timeout) {
        aimdb_message_t made{};
        const void *data = nullptr;
        std::size_t size = 0;
        const aimdb_status_t raw_status = call(raw(), timeout, &made, &data, &size);
        return Message(detail::checked(raw_status), this->lag_of(raw_status), made, data, size);
    }
};

/// The reading end of a record of bytes: as that of plain values, but what comes is a message.
template <std::size_t Max, std::size_t Alignment>
class consumer<bytes<Max, Alignment>> : public message_consumer<consumer<bytes<Max, Alignment>>, byte_message> {
    using base = message_consumer<consumer<bytes<Max, Alignment>>, byte_message>;

public:
    using base::base;
    using base::raw;

    /// Waits for a value, and copies it into memory of the caller. The count is the value's size, with
    /// status::buffer_too_small too, which is not thrown: the value stays the next one of this consumer then.
    [[nodiscard]] counted recv_into(void *buffer, std::size_t capacity) {
        std::size_t size = 0;
        const aimdb_status_t raw_status = aimdb_consumer_recv(raw(), buffer, capacity, &size);
        if (raw_status == AIMDB_BUFFER_TOO_SMALL) return counted(status::buffer_too_small, size);
        return counted(detail::checked(raw_status), size);
    }
};

/// The reading end of a record of pointers: as that of plain values, but what comes is a message of the object.
template <class M, class Deleter>
class consumer<std::unique_ptr<M, Deleter>>
    : public message_consumer<consumer<std::unique_ptr<M, Deleter>>, message<M>> {
    using base = message_consumer<consumer<std::unique_ptr<M, Deleter>>, message<M>>;

public:
    using base::base;
};

// ------------------------------------------------------------------------------------------- records

/// What a full record of `record::bounded` does.
enum class policy : aimdb_policy_t {
    pause_upstream = AIMDB_PAUSE_UPSTREAM,    ///< the producer waits
    fail = AIMDB_FAIL,                        ///< the value is refused
    drop_oldest = AIMDB_DROP_OLDEST,          ///< the oldest value makes room
    drop_newest = AIMDB_DROP_NEWEST,          ///< the incoming value is dropped, and the call succeeds
    degrade_quality = AIMDB_DEGRADE_QUALITY,  ///< the oldest makes room for a cheaper form of the incoming one
};

/// The slug of a policy, such as "pause_upstream". Valid for ever.
inline const char *slug_of(policy of) noexcept { return aimdb_policy_slug(static_cast<aimdb_policy_t>(of)); }

/// The policy of a slug, if there is one.
inline std::optional<policy> policy_of(const detail::c_text &slug) noexcept {
    aimdb_policy_t found = 0;
    if (aimdb_policy_from_slug(slug.get(), &found) != AIMDB_OK) return std::nullopt;
    return static_cast<policy>(found);
}

/// Why a value reaches no reader.
enum class drop_cause : aimdb_drop_cause_t {
    overwritten = AIMDB_DROPPED_OVERWRITTEN,  ///< it made room for a newer one, unread
    refused = AIMDB_DROPPED_REFUSED,          ///< nobody was there to have it back
    newest = AIMDB_DROPPED_NEWEST,            ///< policy::drop_newest
    cancelled = AIMDB_DROPPED_CANCELLED,      ///< its sender gave up
    aborted = AIMDB_DROPPED_ABORTED,          ///< discarded by abort, or by the end of the last reader
};

/// The description of a record, for builder::add. Its functions, lambdas for the most part, are kept until the last
/// callback is gone and freed then, on any thread. They may call this library, but for what may wait: that is
/// status::would_deadlock. A function that lets an exception out ends the program, as a thread's does.
///
/// What `seen` is: `const T &` for plain values, std::string_view for bytes, `const M &` for pointers to M.
template <class T>
class record {
public:
    using seen = typename detail::form<T>::seen;

    /// A stream that keeps the newest `capacity` values: slow readers are told how much they missed.
    static record ring(std::string key, std::size_t capacity) {
        return record(std::move(key), AIMDB_SPMC_RING, capacity, policy::pause_upstream);
    }
    /// State: the newest value.
    static record latest(std::string key) {
        return record(std::move(key), AIMDB_SINGLE_LATEST, 0, policy::pause_upstream);
    }
    /// The latest command, taken once.
    static record mailbox(std::string key) {
        return record(std::move(key), AIMDB_MAILBOX, 0, policy::pause_upstream);
    }
    /// A queue that each cursor reads in full. A capacity of 0 is a rendezvous.
    static record bounded(std::string key, std::size_t capacity, policy when_full = policy::pause_upstream) {
        return record(std::move(key), AIMDB_BOUNDED, capacity, when_full);
    }
    /// A queue whose readers share one cursor: each value goes to one of them.
    static record work_queue(std::string key, std::size_t capacity, policy when_full = policy::pause_upstream) {
        return bounded(std::move(key), capacity, when_full).single_cursor();
    }

    /// One cursor, shared by consumer::share, for bounded and mailbox.
    record &&single_cursor() && {
        raw_.single_cursor = 1;
        return std::move(*this);
    }
    /// `function(seen)` has each value, on a library thread of its own that is named after the record.
    template <class F>
    record &&tap(F function) && {
        taps_.push_back(tap_of(std::move(function)));
        return std::move(*this);
    }
    /// `function(seen, drop_cause)` has each value that will reach no reader, on the thread that caused it.
    template <class F>
    record &&on_drop(F function) && {
        detail::callback_fits<std::is_invocable_v<F &, seen, drop_cause>>();
        drop_ = detail::callback<aimdb_drop_t>::made(
            [](void *user, const void *data, std::size_t size, aimdb_drop_cause_t cause) noexcept {
                detail::form<T>::see(data, size, [&](seen value) {
                    (*static_cast<F *>(user))(value, static_cast<drop_cause>(cause));
                });
            },
            std::move(function));
        return std::move(*this);
    }
    /// `function(T &)` makes a plain value cheaper to carry, `function(M &)` an object, and
    /// `std::size_t function(char *, std::size_t)` bytes, of which it returns how many are left. For
    /// policy::degrade_quality, on the sender's thread.
    template <class F>
    record &&degrade(F function) && {
        detail::callback_fits<detail::form<T>::template degrades<F>>();
        degrade_ = detail::callback<aimdb_degrade_t>::made(
            [](void *user, void *data, std::size_t size) noexcept -> std::size_t {
                return detail::form<T>::degrade(*static_cast<F *>(user), data, size);
            },
            std::move(function));
        return std::move(*this);
    }

private:
    friend class builder;

    record(std::string key, aimdb_kind_t kind, std::size_t capacity, policy when_full) : key_(std::move(key)) {
        raw_.kind = kind;
        raw_.policy = static_cast<aimdb_policy_t>(when_full);
        raw_.capacity = capacity;
        raw_.type = detail::form<T>::made();
    }

    template <class F>
    static detail::callback<aimdb_tap_t> tap_of(F function) {
        detail::callback_fits<std::is_invocable_v<F &, seen>>();
        return detail::callback<aimdb_tap_t>::made(
            [](void *user, const void *data, std::size_t size) noexcept {
                detail::form<T>::see(data, size, [&](seen value) { (*static_cast<F *>(user))(value); });
            },
            std::move(function));
    }

    std::string key_;
    aimdb_record_t raw_ = AIMDB_RECORD_INIT;
    detail::callback<aimdb_degrade_t> degrade_;
    detail::callback<aimdb_drop_t> drop_;
    std::vector<detail::callback<aimdb_tap_t>> taps_;
};

// ------------------------------------------------------------------------------------------ database

/// A database that runs. Freeing it closes its records, and never waits; producers, consumers and messages stay
/// valid. Threads may use it together.
class database : public detail::handle<aimdb_db_t, aimdb_db_free> {
public:
    using handle::handle;

    /// The writing end of a record. The type must be the record's: status::type_mismatch, status::schema_mismatch or
    /// status::record_not_found otherwise. Allocates.
    template <class T>
    [[nodiscard]] aimdb::producer<T> producer(const detail::c_text &key, failure *why = nullptr) const {
        const aimdb_type_t type = detail::form<T>::opened();
        aimdb_producer_t made{};
        detail::set_up(why, [&](aimdb_error_t *said) {
            return aimdb_producer_open(raw(), key.get(), &type, &made, said);
        });
        return aimdb::producer<T>(made);
    }
    /// A reading end of a record, with a cursor of its own. Fails as producer does, and with status::single_cursor if
    /// the record has one and something reads it: share that consumer. Allocates.
    template <class T>
    [[nodiscard]] aimdb::consumer<T> consumer(const detail::c_text &key, start from = start::live,
                                              failure *why = nullptr) const {
        const aimdb_type_t type = detail::form<T>::opened();
        aimdb_consumer_t made{};
        detail::set_up(why, [&](aimdb_error_t *said) {
            return aimdb_consumer_open(raw(), key.get(), &type, static_cast<aimdb_start_t>(from), &made, said);
        });
        return aimdb::consumer<T>(made);
    }

    /// Closes every record, and waits until taps and readers have drained them, or the time has passed. The count says
    /// how many values are left unread; status::timeout if there are some, or a tap is still at work: call it again to
    /// wait longer.
    template <class Rep, class Period>
    counted close_for(const std::chrono::duration<Rep, Period> &time) const {
        return close_within(detail::timeout_of(time));
    }
    /// Closes every record, and waits until taps and readers have drained them, however long they take.
    counted close_and_drain() const { return close_within(detail::for_ever); }
    /// Whether the database was told to close. Never waits.
    bool is_closed() const {
        std::int32_t closed = 0;
        detail::checked(aimdb_db_is_closed(raw(), &closed));
        return closed != 0;
    }
    /// What a record has counted. Never waits. status::record_not_found if there is none; all zero then.
    aimdb::stats stats(const detail::c_text &key) const {
        aimdb::stats out;
        detail::checked(aimdb_db_stats(raw(), key.get(), &out));
        return out;
    }
    /// Writes, for people, who holds what, who waits on what, and for how long, to a file descriptor. Allocates, and
    /// waits as long as the descriptor does. status::io if it cannot be written.
    result dump(int fd) const { return detail::checked(aimdb_db_dump(raw(), fd)); }

private:
    counted close_within(std::int64_t timeout) const {
        std::uint64_t left = 0;
        const result how = detail::checked(aimdb_db_close(raw(), timeout, &left));
        return counted(how, left);
    }
};

/// A description of a database, for one thread at a time. Every call allocates.
class builder : public detail::handle<aimdb_builder_t, aimdb_builder_free> {
public:
    /// An empty description.
    explicit builder(failure *why = nullptr) : handle(made(why)) {}

    /// Adds a record with its taps: all of it, or nothing. Whether it was done; status::duplicate_record,
    /// status::bad_capacity, status::bad_policy, status::bad_key and the like otherwise.
    template <class T>
    bool add(record<T> &&added, failure *why = nullptr) {
        aimdb_record_t raw_record = added.raw_;
        raw_record.key = added.key_.c_str();
        raw_record.degrade = added.degrade_.call();
        raw_record.degrade_user = added.degrade_.user();
        raw_record.degrade_user_free = added.degrade_.user_free();
        raw_record.drop = added.drop_.call();
        raw_record.drop_user = added.drop_.user();
        raw_record.drop_user_free = added.drop_.user_free();
        std::vector<aimdb_record_tap_t> taps;
        taps.reserve(added.taps_.size());
        for (const auto &each : added.taps_) taps.push_back({each.call(), each.user(), each.user_free()});
        raw_record.taps = taps.data();
        raw_record.tap_count = taps.size();
        const bool done = detail::set_up(
            why, [&](aimdb_error_t *said) { return aimdb_builder_record(raw(), &raw_record, said); });
        if (!done) return false;
        added.degrade_.given_away();
        added.drop_.given_away();
        for (auto &each : added.taps_) each.given_away();
        return true;
    }
    /// Makes the database and starts its taps; all have subscribed when it returns. Uses this up if it is done;
    /// status::bad_configuration names all that is wrong, status::no_thread that the system gave none.
    [[nodiscard]] database attach(failure *why = nullptr) {
        aimdb_db_t made_db{};
        const bool done = detail::set_up(
            why, [&](aimdb_error_t *said) { return aimdb_builder_attach(raw(), &made_db, said); });
        if (done) static_cast<void>(release());
        return database(made_db);
    }

private:
    static aimdb_builder_t made(failure *why) {
        aimdb_builder_t out{};
        detail::set_up(why, [&](aimdb_error_t *) { return aimdb_builder_new(&out); });
        return out;
    }
};

// ------------------------------------------------------------------------------------------ wait set

/// The tokens that a wait brought, for a range-for; or why there are none.
template <std::size_t Max>
class ready : public result {
public:
    const std::uint64_t *begin() const noexcept { return tokens_.data(); }
    const std::uint64_t *end() const noexcept { return tokens_.data() + count_; }
    std::size_t size() const noexcept { return count_; }

private:
    friend class wait_set;
    std::array<std::uint64_t, Max> tokens_{};
    std::size_t count_ = 0;
};

/// Waits on many ends: consumers for something to read, producers for room, timers. What a token stands for is reported
/// as long as it holds. Threads may add and remove while another one waits; an end that is freed leaves by itself.
class wait_set : public detail::handle<aimdb_waitset_t, aimdb_waitset_free> {
public:
    /// An empty set. Allocates.
    explicit wait_set(failure *why = nullptr) : handle(made(why)) {}

    /// Reports the token while the consumer has something to read, or is closed. Allocates.
    result add(const detail::consumer_base &end, std::uint64_t token) {
        return detail::checked(aimdb_waitset_add_consumer(raw(), end.raw(), token));
    }
    /// Reports the token while the record has room, or is closed. Allocates.
    result add(const detail::producer_end &end, std::uint64_t token) {
        return detail::checked(aimdb_waitset_add_producer(raw(), end.raw(), token));
    }
    /// Reports the token once, after that time. Allocates.
    template <class Rep, class Period>
    result add_timer(const std::chrono::duration<Rep, Period> &first, std::uint64_t token) {
        return detail::checked(aimdb_waitset_add_timer(raw(), detail::timer_of(first), 0, token));
    }
    /// Reports the token after the first time, and then each period. Allocates.
    template <class Rep, class Period, class Rep2, class Period2>
    result add_timer(const std::chrono::duration<Rep, Period> &first,
                     const std::chrono::duration<Rep2, Period2> &period, std::uint64_t token) {
        return detail::checked(
            aimdb_waitset_add_timer(raw(), detail::timer_of(first), detail::timer_of(period), token));
    }
    /// Removes every end and timer with this token that is in the set when it begins; what other threads add meanwhile
    /// stays. status::bad_argument if there is none, any more.
    result remove(std::uint64_t token) { return detail::checked(aimdb_waitset_remove(raw(), token)); }

    /// Waits until something is ready, and brings up to `Max` tokens, in fair turns. Threads may wait together.
    /// status::closed when the set is freed meanwhile.
    template <std::size_t Max = 16>
    [[nodiscard]] ready<Max> wait() {
        return wait_within<Max>(detail::for_ever);
    }
    /// As wait, or status::timeout. A time of zero or less looks once, and finds status::empty if nothing is ready.
    template <std::size_t Max = 16, class Rep, class Period>
    [[nodiscard]] ready<Max> wait_for(const std::chrono::duration<Rep, Period> &time) {
        return wait_within<Max>(detail::timeout_of(time));
    }
    /// As wait, or status::timeout.
    template <std::size_t Max = 16, class Duration>
    [[nodiscard]] ready<Max> wait_until(const std::chrono::time_point<std::chrono::steady_clock, Duration> &time) {
        ready<Max> out;
        static_cast<result &>(out) = detail::checked(aimdb_waitset_wait_deadline(
            raw(), out.tokens_.data(), Max, detail::deadline_of(time), &out.count_));
        return out;
    }
    /// A file descriptor that is readable while something is ready, for poll, epoll and event loops. It belongs to the
    /// set: do not read, write or close it. -1 and status::not_supported where the system has none.
    int fd() const {
        int out = -1;
        detail::checked(aimdb_waitset_fd(raw(), &out));
        return out;
    }

private:
    static aimdb_waitset_t made(failure *why) {
        aimdb_waitset_t out{};
        detail::set_up(why, [&](aimdb_error_t *) { return aimdb_waitset_new(&out); });
        return out;
    }
    template <std::size_t Max>
    ready<Max> wait_within(std::int64_t timeout) {
        ready<Max> out;
        static_cast<result &>(out) =
            detail::checked(aimdb_waitset_wait(raw(), out.tokens_.data(), Max, timeout, &out.count_));
        return out;
    }
};

// ----------------------------------------------------------------------------------------------- log

/// How grave a line of the log is.
enum class log_level : std::int32_t {
    error = AIMDB_LOG_ERROR,
    warn = AIMDB_LOG_WARN,
    info = AIMDB_LOG_INFO,
    debug = AIMDB_LOG_DEBUG,
};

/// Gives this library's own lines, up to this level, to `function(log_level, std::string_view)`, for the process, until
/// another is set. It is called on any thread, by threads together; what is said of the functions of `record` holds.
/// status::not_supported in a Rust program that has a subscriber of its own. Allocates.
template <class F>
result set_log(log_level most, F function) {
    detail::callback_fits<std::is_invocable_v<F &, log_level, std::string_view>>();
    auto made = detail::callback<aimdb_log_t>::made(
        [](void *user, std::int32_t level, const char *text) noexcept {
            (*static_cast<F *>(user))(static_cast<log_level>(level), std::string_view(text));
        },
        std::move(function));
    const result how = detail::checked(
        aimdb_set_log(static_cast<std::int32_t>(most), made.call(), made.user(), made.user_free()));
    if (how) made.given_away();
    return how;
}

/// Turns the library's own lines off.
inline result clear_log() { return detail::checked(aimdb_set_log(AIMDB_LOG_ERROR, nullptr, nullptr, nullptr)); }

}  // namespace aimdb

#endif
