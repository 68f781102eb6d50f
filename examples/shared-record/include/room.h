/* Written by aimdb_ffi::c_header from the records of a Rust program. Change them there. */
#ifndef ROOM_H
#define ROOM_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include <aimdb.h>

/* What one sensor measured. */
typedef struct Reading {
    /* Degrees. */
    float celsius;
    /* Which sensor. */
    uint32_t sensor;
} Reading;

static_assert(sizeof(Reading) == 8, "the size of Reading in Rust");
static_assert(offsetof(Reading, celsius) == 0, "the place of Reading.celsius in Rust");
static_assert(offsetof(Reading, sensor) == 4, "the place of Reading.sensor in Rust");

/* The schema of "room.Reading/1 { f32 celsius @0, u32 sensor @4 }". */
#define READING_SCHEMA_INIT \
    { { 0x26, 0xd5, 0x1f, 0xf6, 0x0f, 0xac, 0x8f, 0x5e, 0xf0, 0xe7, 0x29, 0xca, 0x24, 0x72, 0x86, 0x09 } }
#define READING_TYPE_INIT \
    { sizeof(aimdb_type_t), AIMDB_PLAIN, sizeof(Reading), 4, READING_SCHEMA_INIT }

#ifdef __cplusplus
extern "C++" {
namespace aimdb {
template <class T>
struct schema;
template <>
struct schema<::Reading> {
    static aimdb_schema_t value() noexcept { return READING_SCHEMA_INIT; }
};
}
}
#endif

/* A reading above the limit. */
typedef struct Alarm {
    /* Counts from 1. */
    uint64_t number;
    /* What was measured. */
    Reading reading;
    /* The limit that it is above. */
    float limit;
    /* By sensor: how many alarms so far. */
    uint16_t by_sensor[2];
} Alarm;

static_assert(sizeof(Alarm) == 24, "the size of Alarm in Rust");
static_assert(offsetof(Alarm, number) == 0, "the place of Alarm.number in Rust");
static_assert(offsetof(Alarm, reading) == 8, "the place of Alarm.reading in Rust");
static_assert(offsetof(Alarm, limit) == 16, "the place of Alarm.limit in Rust");
static_assert(offsetof(Alarm, by_sensor) == 20, "the place of Alarm.by_sensor in Rust");

/* The schema of "room.Alarm/1 { u64 number @0, room.Reading/1 { f32 celsius @0, u32 sensor @4 } reading @8, f32 limit @16, [u16; 2] by_sensor @20 }". */
#define ALARM_SCHEMA_INIT \
    { { 0xe2, 0xc4, 0x08, 0x10, 0x3d, 0x11, 0x18, 0x2f, 0xcf, 0xa8, 0x45, 0x59, 0xfd, 0x66, 0xa6, 0x3d } }
#define ALARM_TYPE_INIT \
    { sizeof(aimdb_type_t), AIMDB_PLAIN, sizeof(Alarm), 8, ALARM_SCHEMA_INIT }

#ifdef __cplusplus
extern "C++" {
namespace aimdb {
template <class T>
struct schema;
template <>
struct schema<::Alarm> {
    static aimdb_schema_t value() noexcept { return ALARM_SCHEMA_INIT; }
};
}
}
#endif

/* What a room was like, up to now. */
typedef struct Summary {
    /* How many readings. */
    uint64_t readings;
    /* The mean of them. */
    double mean;
} Summary;

static_assert(sizeof(Summary) == 16, "the size of Summary in Rust");
static_assert(offsetof(Summary, readings) == 0, "the place of Summary.readings in Rust");
static_assert(offsetof(Summary, mean) == 8, "the place of Summary.mean in Rust");

/* The schema of "room.Summary/1 { u64 readings @0, f64 mean @8 }". */
#define SUMMARY_SCHEMA_INIT \
    { { 0xc9, 0xdc, 0x5e, 0x09, 0xbe, 0x51, 0x53, 0x26, 0x4b, 0x27, 0xed, 0xf2, 0x30, 0x54, 0x6c, 0x4d } }
#define SUMMARY_TYPE_INIT \
    { sizeof(aimdb_type_t), AIMDB_PLAIN, sizeof(Summary), 8, SUMMARY_SCHEMA_INIT }

#ifdef __cplusplus
extern "C++" {
namespace aimdb {
template <class T>
struct schema;
template <>
struct schema<::Summary> {
    static aimdb_schema_t value() noexcept { return SUMMARY_SCHEMA_INIT; }
};
}
}
#endif

#endif
