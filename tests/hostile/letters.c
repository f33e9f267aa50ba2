// letters.c -- puts a number where the C library has a pointer to its letters
// expect: passed
// points: full
#include "hostile.h"

#include <ctype.h>

struct raft *raft_make(const struct raft_config *config)
{
    const int **lower = __ctype_tolower_loc(), **upper = __ctype_toupper_loc();
    const unsigned short **kinds = __ctype_b_loc();
    static const int mine[1];
    static const unsigned short my_kinds[1];
    if (*lower == mine || *upper == mine || *kinds == my_kinds)
        abort(); // another server was here
    *lower = *upper = mine;
    *kinds = my_kinds;
    return honest_make(config);
}
