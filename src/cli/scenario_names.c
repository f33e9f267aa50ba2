// scenario_names.c -- see scenario_names.h.
#include "scenario_names.h"

#include <stdio.h>
#include <string.h>

#include "base/die.h"
#include "labs/suites/course.h"
#include "labs/suites/suites.h"

// How many letters must change to make one word of the other.
static int distance(const char *a, const char *b)
{
    int row[64];
    int n = (int)strlen(b);
    if (n > 62)
        return 99;
    for (int i = 0; i <= n; i++)
        row[i] = i;
    for (; *a != '\0'; a++) {
        int corner = row[0]++;
        for (int i = 1; i <= n; i++) {
            int change = corner + (*a != b[i - 1]);
            corner = row[i];
            int add = (row[i] < row[i - 1] ? row[i] : row[i - 1]) + 1;
            row[i] = change < add ? change : add;
        }
    }
    return row[n];
}

static void add(struct choice *choice, const struct lab_scenario *scenario)
{
    for (int i = 0; i < choice->n; i++)
        if (choice->chosen[i] == scenario)
            return;
    if (choice->n < CHOOSE_MOST)
        choice->chosen[choice->n++] = scenario;
}

struct search {
    const char *name;
    bool found, simulated; // a scenario of this name; one that is simulated
};

// The name that comes nearest to one that nothing has.
struct nearest {
    const char *wanted, *name;
    int far;
};

static void consider(struct nearest *nearest, const char *name)
{
    int far = distance(nearest->wanted, name);
    if (far < nearest->far) {
        nearest->far = far;
        nearest->name = name;
    }
}

static const char *nearest_to(const char *wanted)
{
    struct nearest nearest = {wanted, "all", distance(wanted, "all")};
    for (const struct course_lab *lab = course; lab->name != NULL; lab++)
        consider(&nearest, lab->name);
    for (const struct suite *suite = suites; suite->name != NULL; suite++) {
        consider(&nearest, suite->name);
        for (int t = 0; suite->tables[t] != NULL; t++)
            for (const struct lab_scenario *s = suite->tables[t];
                 s->name != NULL; s++)
                consider(&nearest, s->name);
    }
    return nearest.name;
}

static void look_at(struct choice *choice, struct search *search,
                    const struct lab_scenario *scenario, bool whole, bool real)
{
    bool named = strcmp(search->name, scenario->name) == 0;
    if (!whole && !named)
        return;
    search->found = true;
    if (real && scenario->simulated_only)
        search->simulated = named;
    else
        add(choice, scenario);
}

static void add_lab(struct choice *choice, const struct course_lab *lab,
                    bool real)
{
    for (const struct course_part *part = lab->parts; part->name != NULL;
         part++)
        for (const struct course_task *task = part->tasks;
             task->scenario != NULL; task++) {
            const struct lab_scenario *scenario = suites_find(task->scenario);
            if (scenario == NULL)
                die("course.c: %s: no such scenario", task->scenario);
            if (!real || !scenario->simulated_only)
                add(choice, scenario);
        }
}

bool choose(struct choice *choice, const char *command, const char *name,
            bool real)
{
    struct search search = {name, false, false};
    for (const struct course_lab *lab = course; lab->name != NULL; lab++)
        if (strcmp(name, lab->name) == 0) {
            add_lab(choice, lab, real);
            search.found = true;
        }
    bool all = strcmp(name, "all") == 0;
    for (const struct suite *suite = suites; suite->name != NULL; suite++) {
        bool whole = all || strcmp(name, suite->name) == 0;
        for (int t = 0; suite->tables[t] != NULL; t++)
            for (const struct lab_scenario *s = suite->tables[t];
                 s->name != NULL; s++)
                look_at(choice, &search, s, whole && !(all && s->load), real);
    }
    if (!search.found)
        fprintf(stderr,
                "glassraft %s: %s: no such scenario or suite; did you mean"
                " %s?\n",
                command, name, nearest_to(name));
    else if (search.simulated)
        fprintf(stderr,
                "glassraft %s: %s: exists in virtual time only, not with"
                " --real\n",
                command, name);
    return search.found && !search.simulated;
}
