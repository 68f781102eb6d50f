"""AimDB for Python: records whose values are tuples, as the module `struct` packs them.

Each call lets go of the interpreter's lock while it is in the library, so a thread that waits for a record holds no
other one up. A timeout is in seconds; None waits for ever, and 0 tries once. A signal is seen when the call
returns: give the calls of the main thread a timeout if Ctrl-C is to end them."""
import struct

from _aimdb import ffi, lib

SPMC_RING, SINGLE_LATEST, MAILBOX, BOUNDED = (
    lib.AIMDB_SPMC_RING, lib.AIMDB_SINGLE_LATEST, lib.AIMDB_MAILBOX, lib.AIMDB_BOUNDED)


class Error(Exception):
    """A call did not do what it was to do. After a send the value is still the caller's."""

    def __init__(self, status, said=None):
        self.status = status
        name = ffi.string(lib.aimdb_status_name(status)).decode()
        super().__init__(f"{name}: {said or ffi.string(lib.aimdb_status_text(status)).decode()}")


class Full(Error):
    pass


class Empty(Error):
    pass


class Timeout(Error):
    pass


class Closed(Error):
    pass


class Lagged(Error):
    """Values were overwritten before they were read: `count` of them. The next call goes on behind the gap."""

    count = 0


EXPECTED = {lib.AIMDB_FULL: Full, lib.AIMDB_EMPTY: Empty, lib.AIMDB_TIMEOUT: Timeout, lib.AIMDB_CLOSED: Closed,
            lib.AIMDB_LAGGED: Lagged}


def check(status, error=None):
    if status != lib.AIMDB_OK:
        said = None
        if error is not None and error.id:
            said = ffi.string(lib.aimdb_error_message(error[0])).decode()
            lib.aimdb_error_free(error[0])
        raise EXPECTED.get(status, Error)(status, said)


def nanoseconds(timeout):
    return -1 if timeout is None else max(0, int(timeout * 1e9))


class Record:
    """A record of tuples. The format is that of `struct`, and makes the schema."""

    def __init__(self, key, format, kind=BOUNDED, capacity=0, policy="pause_upstream"):
        self.key, self.kind, self.capacity, self.policy = key.encode(), kind, capacity, policy.encode()
        self.values = struct.Struct(format)
        self.type = ffi.new("aimdb_type_t *")
        self.type.struct_size = ffi.sizeof("aimdb_type_t")
        self.type.form = lib.AIMDB_PLAIN
        self.type.size = self.values.size
        self.type.schema = lib.aimdb_schema_of(b"python struct " + format.encode())
        self.taps = []

    def tap(self, call):
        """Calls `call` with the items of each value, on a thread of the library."""
        self.taps.append(call)
        return self

    def described(self):
        """The description for C. It points into this object, which has to stay."""
        record = ffi.new("aimdb_record_t *")
        policy = ffi.new("aimdb_policy_t *")
        check(lib.aimdb_policy_from_slug(self.policy, policy))
        self.c_key = ffi.new("char[]", self.key)
        record.struct_size = ffi.sizeof("aimdb_record_t")
        record.key, record.kind, record.policy = self.c_key, self.kind, policy[0]
        record.capacity, record.type = self.capacity, self.type[0]
        return record


class Database:
    """Records that run. Leaving a `with` block closes them, and waits until their readers and taps have drained."""

    def __init__(self, *records):
        self.records = {record.key: record for record in records}
        builder, error = ffi.new("aimdb_builder_t *"), ffi.new("aimdb_error_t *")
        self.handle = ffi.new("aimdb_db_t *")
        check(lib.aimdb_builder_new(builder))
        try:
            for record in records:
                check(lib.aimdb_builder_record(builder[0], record.described(), error), error)
                for call in record.taps:
                    user = ffi.new_handle((record.values, call))
                    TAPS.add(user)
                    tapped = lib.aimdb_builder_tap(builder[0], record.key, lib.aimdb_py_tap, user, lib.aimdb_py_free, error)
                    if tapped != lib.AIMDB_OK:
                        TAPS.discard(user)
                    check(tapped, error)
            check(lib.aimdb_builder_attach(builder[0], self.handle, error), error)
        finally:
            lib.aimdb_builder_free(builder[0])

    def producer(self, key):
        return Producer(self, self.records[key.encode()])

    def consumer(self, key):
        return Consumer(self, self.records[key.encode()])

    def stats(self, key):
        stats = ffi.new("aimdb_stats_t *")
        stats.struct_size = ffi.sizeof("aimdb_stats_t")
        check(lib.aimdb_db_stats(self.handle[0], key.encode(), stats))
        return stats

    def close(self, timeout=None):
        check(lib.aimdb_db_close(self.handle[0], nanoseconds(timeout), ffi.NULL))

    def __enter__(self):
        return self

    def __exit__(self, *failed):
        # Who fails does not wait for readers that may have failed, too.
        try:
            self.close(0 if failed[0] else None)
        except Timeout:
            pass
        lib.aimdb_db_free(self.handle[0])


# What the library may still call: cffi's handles live as long as they are here.
TAPS = set()


@ffi.def_extern()
def aimdb_py_tap(user, data, size):
    values, call = ffi.from_handle(user)
    call(*values.unpack(ffi.buffer(data, size)))


@ffi.def_extern()
def aimdb_py_free(user):
    TAPS.discard(user)


class Producer:
    """The writing end, for any number of threads."""

    def __init__(self, database, record):
        self.pack = record.values.pack
        handle, error = ffi.new("aimdb_producer_t *"), ffi.new("aimdb_error_t *")
        check(lib.aimdb_producer_open(database.handle[0], record.key, record.type, handle, error), error)
        self.handle = ffi.gc(handle, lambda handle: lib.aimdb_producer_free(handle[0]))

    def send(self, *items, timeout=None):
        """Waits while the record is full, if its policy is to pause."""
        value = self.pack(*items)
        check(lib.aimdb_producer_send_timeout(self.handle[0], value, len(value), nanoseconds(timeout)))

    def try_send(self, *items):
        self.send(*items, timeout=0)

    def close(self, timeout=None):
        """Closes the record and waits until its readers have drained it."""
        check(lib.aimdb_producer_close(self.handle[0], nanoseconds(timeout), ffi.NULL))


class Consumer:
    """The reading end, for one thread at a time. Iterating ends when the record is closed and drained."""

    def __init__(self, database, record):
        self.unpack = record.values.unpack
        handle, error = ffi.new("aimdb_consumer_t *"), ffi.new("aimdb_error_t *")
        opened = lib.aimdb_consumer_open(database.handle[0], record.key, record.type, lib.AIMDB_LIVE, handle, error)
        check(opened, error)
        self.handle = ffi.gc(handle, lambda handle: lib.aimdb_consumer_free(handle[0]))
        self.buffer = ffi.new("char[]", record.values.size)

    def recv(self, timeout=None):
        """Waits for the next value."""
        size = len(self.buffer)
        status = lib.aimdb_consumer_recv_timeout(self.handle[0], self.buffer, size, ffi.NULL, nanoseconds(timeout))
        if status == lib.AIMDB_LAGGED:
            lag, count = Lagged(status), ffi.new("uint64_t *")
            check(lib.aimdb_consumer_lag(self.handle[0], count))
            lag.count = count[0]
            raise lag
        check(status)
        return self.unpack(ffi.buffer(self.buffer))

    def try_recv(self):
        return self.recv(timeout=0)

    def __iter__(self):
        while True:
            try:
                yield self.recv()
            except Lagged:
                continue
            except Closed:
                return
