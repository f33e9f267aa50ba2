// suites.c -- see suites.h.
#include "suites.h"

#include <string.h>

const struct suite suites[] = {
    {"warm-up", "lab 0: threads, locks and calls, no Raft", {warmup_scenarios}},
    {"election", "lab A: leaders are elected (3A)", {election_scenarios}},
    {"replication",
     "lab B: commands are agreed on (3B)",
     {replication_scenarios, replication_failures_scenarios}},
    {"persistence",
     "lab C: what must survive a crash (3C)",
     {persistence_scenarios, persistence_churn_scenarios,
      persistence_figure8_scenarios}},
    {"snapshots", "lab D: snapshots and cut logs (3D)", {snapshots_scenarios}},
    {"editions",
     "where the edition of 2024 took other steps",
     {persistence_2024_scenarios}},
    {"schedules",
     "exact schedules that only a simulator can make",
     {schedules_compaction_scenarios, schedules_crashes_scenarios,
      schedules_elections_scenarios, schedules_figure7_scenarios,
      schedules_links_scenarios, schedules_load_scenarios,
      schedules_logs_scenarios, schedules_snapshots_scenarios,
      schedules_candidates_scenarios, schedules_clients_scenarios,
      schedules_durable_scenarios, schedules_disks_scenarios,
      schedules_restored_scenarios, schedules_threads_scenarios}},
    {"service",
     "a key/value service on the Raft",
     {service_machine_scenarios, service_sessions_scenarios, service_scenarios,
      service_snapshots_scenarios}},
    {"swarm", "all drawn from the seed", {swarm_scenarios}},
    {"tour", "a tour of everything that a Raft does", {tour_scenarios}},
    {NULL, NULL, {NULL}},
};

const struct lab_scenario *suites_find(const char *name)
{
    for (const struct suite *suite = suites; suite->name != NULL; suite++)
        for (int t = 0; suite->tables[t] != NULL; t++)
            for (const struct lab_scenario *s = suite->tables[t];
                 s->name != NULL; s++)
                if (strcmp(s->name, name) == 0)
                    return s;
    return NULL;
}
