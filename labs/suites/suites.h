// suites.h -- the scenarios of the labs, by suite.
//
// Each file of this folder ends with a table of its scenarios; suites.c puts
// them together. Names of suites can stand for their scenarios on the command
// line.
#ifndef GLASSRAFT_SUITES_H
#define GLASSRAFT_SUITES_H

#include "story.h"

enum { SUITE_TABLES = 16 };

struct suite {
    const char *name;  // "election"; NULL ends the list
    const char *about; // one line
    const struct lab_scenario *tables[SUITE_TABLES + 1];
};

extern const struct suite suites[];

// The scenario of that name, NULL when we have none such.
const struct lab_scenario *suites_find(const char *name);

// milestones.c: the least that was seen in its runs, NULL when nobody knows.
struct lab_milestones;
const struct lab_milestones *suites_milestones(const char *scenario);

extern const struct lab_scenario election_scenarios[];
extern const struct lab_scenario replication_scenarios[];
extern const struct lab_scenario replication_failures_scenarios[];
extern const struct lab_scenario persistence_scenarios[];
extern const struct lab_scenario persistence_churn_scenarios[];
extern const struct lab_scenario persistence_figure8_scenarios[];
extern const struct lab_scenario persistence_2024_scenarios[];
extern const struct lab_scenario snapshots_scenarios[];
extern const struct lab_scenario schedules_candidates_scenarios[];
extern const struct lab_scenario schedules_clients_scenarios[];
extern const struct lab_scenario schedules_compaction_scenarios[];
extern const struct lab_scenario schedules_crashes_scenarios[];
extern const struct lab_scenario schedules_durable_scenarios[];
extern const struct lab_scenario schedules_elections_scenarios[];
extern const struct lab_scenario schedules_figure7_scenarios[];
extern const struct lab_scenario schedules_links_scenarios[];
extern const struct lab_scenario schedules_load_scenarios[];
extern const struct lab_scenario schedules_logs_scenarios[];
extern const struct lab_scenario schedules_restored_scenarios[];
extern const struct lab_scenario schedules_snapshots_scenarios[];
extern const struct lab_scenario schedules_threads_scenarios[];
extern const struct lab_scenario schedules_disks_scenarios[];
extern const struct lab_scenario service_machine_scenarios[];
extern const struct lab_scenario service_scenarios[];
extern const struct lab_scenario service_sessions_scenarios[];
extern const struct lab_scenario service_snapshots_scenarios[];
extern const struct lab_scenario swarm_scenarios[];
extern const struct lab_scenario tour_scenarios[];
extern const struct lab_scenario warmup_scenarios[];

#endif
