// What the examples share: a check that stays in release builds, and lists as text.
#ifndef EXAMPLE_HPP
#define EXAMPLE_HPP

#include <iostream>
#include <stdexcept>
#include <string>

#include <aimdb.hpp>

inline void must_be(bool is_so, const char *what) {
    if (!is_so) throw std::logic_error(std::string("not so: ") + what);
}

#define ASSERT(...) must_be(static_cast<bool>(__VA_ARGS__), #__VA_ARGS__)

/// "[1, 2, 3]"
template <class Values>
struct listed {
    const Values &values;

    friend std::ostream &operator<<(std::ostream &out, const listed &list) {
        out << '[';
        const char *before = "";
        for (const auto &each : list.values) {
            out << before << each;
            before = ", ";
        }
        return out << ']';
    }
};

template <class Values>
listed(const Values &) -> listed<Values>;

/// Runs the example, and says what ended it.
template <class Example>
int run(Example example) {
    try {
        example();
        return 0;
    } catch (const std::exception &error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}

#endif
