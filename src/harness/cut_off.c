// cut_off.c -- whom the story keeps away from every majority.
#include "internal.h"

static bool talk(struct lab *lab, int a, int b)
{
    return lab_is_up(lab, b) && lab_is_connected(lab, a) &&
           lab_is_connected(lab, b) && !net_is_cut(lab->net, a, b) &&
           !net_is_cut(lab->net, b, a);
}

uint64_t lab_cut_off(struct lab *lab)
{
    uint64_t alone = 0;
    for (int a = 0; a < lab->n_servers; a++) {
        int n = 1;
        for (int b = 0; b < lab->n_servers; b++)
            n += a != b && talk(lab, a, b);
        if (n <= lab->n_servers / 2)
            alone |= 1ull << a;
    }
    return alone;
}
