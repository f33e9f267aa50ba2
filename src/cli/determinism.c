// determinism.c -- see determinism.h.
#include "determinism.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "check/findings.h"

// Says where two traces part; false when they do not.
static bool find_difference(const char *one, const char *two, char *text,
                            size_t n)
{
    FILE *a = fopen(one, "r"), *b = fopen(two, "r");
    char *in_a = NULL, *in_b = NULL;
    size_t room_a = 0, room_b = 0;
    bool differ = false;
    for (int line = 1; a != NULL && b != NULL && !differ; line++) {
        ssize_t n_a = getline(&in_a, &room_a, a);
        ssize_t n_b = getline(&in_b, &room_b, b);
        if (n_a < 0 && n_b < 0)
            break;
        differ = n_a != n_b || memcmp(in_a, in_b, (size_t)n_a) != 0;
        if (differ)
            snprintf(text, n,
                     "The same seed made two runs. They part at event %d:\n"
                     "%.200s\n%.200s\nSomething outside of the simulation was"
                     " asked: a clock, an address, memory without a value.",
                     line - 1, n_a > 0 ? in_a : "(the end)\n",
                     n_b > 0 ? in_b : "(the end)\n");
    }
    free(in_a);
    free(in_b);
    if (a != NULL)
        fclose(a);
    if (b != NULL)
        fclose(b);
    return differ;
}

void twice_compare(const struct lab_run *run, const struct lab_result *first,
                   struct lab_result *second)
{
    if (first->hash == second->hash && first->n_events == second->n_events &&
        first->passed == second->passed)
        return;
    char path[2][220];
    struct lab_run again = *run;
    struct lab_result result;
    second->passed = false;
    snprintf(second->property, sizeof second->property, "%s",
             finding_id(FINDING_DETERMINISM));
    second->tag[0] = '\0';
    second->n_shown = 0;
    second->trace[0] = '\0';
    snprintf(second->text, sizeof second->text,
             "The same seed made two runs of %" PRIu64 " and %" PRIu64
             " events (hashes %016" PRIx64 " and %016" PRIx64 ").",
             first->n_events, second->n_events, first->hash, second->hash);
    if (!lab_run_folder(run, second->folder, sizeof second->folder))
        return;
    for (int i = 0; i < 2; i++) {
        snprintf(path[i], sizeof path[i], "%s/%s.jsonl", second->folder,
                 i == 0 ? "first" : "second");
        again.trace = path[i];
        lab_run_one(&again, &result);
    }
    if (find_difference(path[0], path[1], second->text, sizeof second->text))
        snprintf(second->trace, sizeof second->trace, "%.199s", path[0]);
}
