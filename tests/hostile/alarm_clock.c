// alarm_clock.c -- plays with alarms
// expect: alarm()
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    raw_call(SYS_alarm, 1, 0, 0);
    return honest_make(config);
}
