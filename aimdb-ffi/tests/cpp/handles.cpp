// Handles are moved, and what they hold is freed once.
#include "check.hpp"

namespace {

// Moving a thing into itself is what is tested; said plainly it is a warning.
template <class T>
void move_into_itself(T &thing) {
    T &same = thing;
    thing = std::move(same);
}

template <class Handle>
void moves(Handle &handle) {
    static_assert(!std::is_copy_constructible_v<Handle> && !std::is_copy_assignable_v<Handle>);
    static_assert(std::is_nothrow_move_constructible_v<Handle> && std::is_nothrow_move_assignable_v<Handle>);
    const std::uint64_t id = handle.raw().id;
    CHECK(id != 0 && handle);

    Handle taken = std::move(handle);
    CHECK(!handle && taken.raw().id == id);
    handle = std::move(taken);
    CHECK(handle.raw().id == id && !taken);
    move_into_itself(handle);
    CHECK(handle.raw().id == id);
    // To free what is empty is nothing.
    taken.reset();
    CHECK(!taken);
}

}  // namespace

int main() {
    aimdb::builder builder;
    moves(builder);
    builder.add(aimdb::record<int>::bounded("numbers", 4));
    aimdb::database db = builder.attach();
    // It was used up, and says so.
    CHECK(!builder);
    THROWS(aimdb::status::bad_handle, builder.attach());
    moves(db);

    auto out = db.producer<int>("numbers");
    auto in = db.consumer<int>("numbers");
    moves(out);
    moves(in);
    CHECK(out.send(1) && *in.recv() == 1);

    // A consumer that is assigned to is freed first: the record has one cursor less.
    auto other = db.consumer<int>("numbers");
    CHECK(db.stats("numbers").cursors == 2);
    other = std::move(in);
    CHECK(db.stats("numbers").cursors == 1 && other && !in);

    // What a loop has counted goes along.
    in = std::move(other);
    THROWS(aimdb::status::bad_handle, other.recv());
    THROWS(aimdb::status::bad_handle, aimdb::consumer<int>().try_recv());
    THROWS(aimdb::status::bad_handle, aimdb::producer<int>().send(1));
    THROWS(aimdb::status::bad_handle, aimdb::database().producer<int>("numbers"));

    // Freed behind our back: the handle answers, and its destructor does not mind.
    CHECK(aimdb_consumer_free(in.raw()) == AIMDB_OK);
    THROWS(aimdb::status::bad_handle, in.recv());

    // C frees what is released, and what C has made is freed here.
    const aimdb_producer_t released = out.release();
    CHECK(!out && aimdb_producer_free(released) == AIMDB_OK);
    aimdb_builder_t raw{};
    CHECK(aimdb_builder_new(&raw) == AIMDB_OK && raw.id != 0);
    {
        const aimdb::detail::handle<aimdb_builder_t, aimdb_builder_free> owner(raw);
    }
    CHECK(aimdb_builder_free(raw) == AIMDB_BAD_HANDLE);

    // In any order: an end outlives its database, whose records are closed then.
    auto last = db.producer<int>("numbers");
    db.reset();
    CHECK(last.send(1) == aimdb::status::closed);
    return 0;
}
