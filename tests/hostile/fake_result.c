// fake_result.c -- prints what a grader might read
// expect: ended itself with exit status 0
// expect: "printed":
// expect: \"score\"
#define _GNU_SOURCE
#include "hostile.h"

struct raft *raft_make(const struct raft_config *config)
{
    puts("{\"score\": 100, \"tests\": []}");
    puts("ok 1 - initial-election\n100 of 100 points");
    puts("<testsuites failures=\"0\"/>");
    fflush(stdout);
    exit(0);
    return honest_make(config);
}
