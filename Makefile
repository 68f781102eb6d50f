# The commands of the house. `make demo` is the main job, `make test` passes the tests.
.PHONY: check test demo bench models sanitize windows library install uninstall

demo:
	cargo run --release -p host-monitor

test:
	cargo test --workspace

# What must be clean before a commit: formatting, clippy and docs over every feature combination.
check:
	./.ci/check.sh

models:
	tests/loom/run.sh

sanitize:
	tests/sanitize.sh

# The tests, built for Windows and run by Wine.
windows:
	tests/windows.sh

bench:
	cd bench && cargo run --release --ignore-rust-version

# The library for C and C++ programs: `make install PREFIX=/opt/aimdb`. DESTDIR is put before it, for packagers; LIBDIR
# is `lib` or what the system has instead.
library:
	aimdb-ffi/packaging/build.sh

export PREFIX LIBDIR DESTDIR
install uninstall:
	aimdb-ffi/packaging/install.sh $@
