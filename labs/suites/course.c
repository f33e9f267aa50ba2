// course.c -- see course.h.
#include "course.h"

#include <stdio.h>
#include <string.h>

static const struct course_task lab0_counter[] = {
    {"counter-sum", 12},
    {"counter-audit", 12},
    {"counter-wait", 12},
    {"counter-stop", 10},
    {NULL, 0},
};

static const struct course_task lab0_ping[] = {
    {"ping-parallel", 8},   {"ping-slow", 8}, {"ping-silent", 8},
    {"ping-late", 8},       {"ping-stop", 8}, {"ping-watch", 8},
    {"ping-unreliable", 6}, {NULL, 0},
};

static const struct course_part lab0_parts[] = {
    {"counter", lab0_counter},
    {"ping", lab0_ping},
    {NULL, NULL},
};

static const struct course_task lab1_elections[] = {
    {"initial-election", 15},
    {"re-election", 15},
    {"many-elections", 15},
    {NULL, 0},
};

static const struct course_task lab1_schedules[] = {
    {"late-vote-request", 5},
    {"late-vote-reply", 4},
    {"repeated-votes", 4},
    {"lost-elections", 4},
    {"all-wake-at-once", 4},
    {"newer-term-in-reply", 4},
    {"late-refusal-of-a-vote", 4},
    {"slow-votes", 4},
    {"deaf-server", 4},
    {"lone-server", 4},
    {"split-in-half", 4},
    {"parked-votes", 4},
    {"paused-follower", 3},
    {"drifting-clocks", 3},
    {NULL, 0},
};

static const struct course_part lab1_parts[] = {
    {"elections", lab1_elections},
    {"schedules", lab1_schedules},
    {NULL, NULL},
};

static const struct course_task lab2_agreement[] = {
    {"basic-agree", 3},          {"rpc-bytes", 3},
    {"concurrent-starts", 3},    {"count", 3},
    {"silence-after-commit", 3}, {"bursts-and-silence", 2},
    {"steady-stream", 3},        {NULL, 0},
};

static const struct course_task lab2_failures[] = {
    {"follower-failure", 4},
    {"leader-failure", 4},
    {"fail-agree", 4},
    {"fail-no-agree", 4},
    {"rejoin", 4},
    {"backup", 5},
    {NULL, 0},
};

static const struct course_task lab2_schedules[] = {
    {"deposed-leader", 2},
    {"figure-8-overwritten", 2},
    {"figure-8-committed", 2},
    {"reply-two-elections-late", 3},
    {"request-one-election-late", 3},
    {"long-way-back", 2},
    {"one-behind", 2},
    {"requests-change-places", 2},
    {"late-refusal", 2},
    {"leader-elected-twice", 2},
    {"acknowledged-twice", 2},
    {"commit-no-further", 3},
    {"two-leaders", 2},
    {"mute-leader", 2},
    {"one-way-ring", 2},
    {"paused-leader", 2},
    {"cluster-of-four", 2},
    {"equal-commands", 2},
    {"large-entry", 2},
    {"small-batches", 2},
    {"twice-and-late", 2},
    {"a-minute-late", 2},
    {"slow-applier", 2},
    {"between-heartbeats", 2},
    {"parked-threads", 1},
    {"parked-handlers", 1},
    {"at-rest", 2},
    {NULL, 0},
};

static const struct course_part lab2_parts[] = {
    {"agreement", lab2_agreement},
    {"failures", lab2_failures},
    {"schedules", lab2_schedules},
    {NULL, NULL},
};

static const struct course_task lab3_restarts[] = {
    {"persist-1", 6},      {"persist-2", 6},      {"persist-3", 6},
    {"cluster-of-one", 3}, {"cluster-of-two", 3}, {NULL, 0},
};

static const struct course_task lab3_storms[] = {
    {"unreliable-agree", 5},    {"reliable-churn", 7},
    {"unreliable-churn", 7},    {"figure-8", 8},
    {"figure-8-unreliable", 8}, {NULL, 0},
};

static const struct course_task lab3_crash_points[] = {
    {"crash-points", 4},  {"crash-at-each-save", 6}, {"crash-at-each-send", 6},
    {"restart-storm", 5}, {"blackouts", 4},          {NULL, 0},
};

static const struct course_task lab3_schedules[] = {
    {"vote-across-restart", 2},
    {"candidate-restarts", 2},
    {"stale-heartbeats", 2},
    {"figure-7", 2},
    {"slow-disk", 2},
    {"clients-on-a-slow-disk", 1},
    {"overwrite-on-a-slow-disk", 1},
    {"saves-as-long-as-timeouts", 1},
    {"failing-disk", 1},
    {"hung-follower-disk", 1},
    {"hung-leader-disk", 1},
    {NULL, 0},
};

static const struct course_part lab3_parts[] = {
    {"restarts", lab3_restarts},
    {"storms", lab3_storms},
    {"crash points", lab3_crash_points},
    {"schedules", lab3_schedules},
    {NULL, NULL},
};

static const struct course_task lab4_snapshots[] = {
    {"snapshot-basic", 7},
    {"snapshot-install", 7},
    {"snapshot-install-unreliable", 7},
    {"snapshot-install-crash", 7},
    {"snapshot-install-unreliable-crash", 7},
    {"snapshot-all-crash", 7},
    {"snapshot-init", 6},
    {NULL, 0},
};

static const struct course_task lab4_schedules[] = {
    {"follower-compacts-first", 3},
    {"snapshot-before-suffix", 3},
    {"long-transfer", 3},
    {"snapshot-under-load", 3},
    {"snapshot-races-appends", 3},
    {"late-snapshot", 3},
    {"snapshot-twice", 3},
    {"snapshot-keeps-suffix", 3},
    {"tail-beyond-snapshot", 3},
    {"compacted-voter", 3},
    {"newer-term-in-snapshot-reply", 2},
    {"parked-snapshots", 1},
    {"snapshot-in-chunks", 3},
    {"crash-during-snapshot", 3},
    {"snapshot-after-restart", 3},
    {"older-snapshots", 3},
    {"old-request-after-compaction", 2},
    {"heap-at-rest", 1},
    {"swarm", 2},
    {"tour", 2},
    {NULL, 0},
};

static const struct course_part lab4_parts[] = {
    {"snapshots", lab4_snapshots},
    {"schedules", lab4_schedules},
    {NULL, NULL},
};

static const struct course_task lab5_machine[] = {
    {"kv-ten", 2},
    {"kv-at-once", 2},
    {"kv-wrong-leader", 2},
    {"kv-leader-cut-off", 2},
    {"kv-minority", 3},
    {"kv-replay", 2},
    {"kv-shutdown", 2},
    {"kv-not-before-commit", 2},
    {"kv-deposed-leader", 2},
    {"kv-follower", 2},
    {"kv-taken-index", 3},
    {"kv-taken-index-get", 2},
    {"kv-lost-for-good", 2},
    {"kv-leads-again", 2},
    {"kv-refused", 1},
    {NULL, 0},
};

static const struct course_task lab5_sessions[] = {
    {"kv-lost-answer", 2},
    {"kv-retry-elsewhere", 2},
    {"kv-lost-value", 2},
    {"kv-lost-cas", 2},
    {"kv-both-in-the-log", 2},
    {"kv-late-duplicate", 2},
    {"kv-duplicate-overtakes", 2},
    {"kv-alike", 1},
    {"kv-restart-in-between", 2},
    {"kv-clerk-dies", 2},
    {"kv-clerk-repeats", 1},
    {"kv-clerk-finds-leader", 2},
    {"kv-sessions-end", 2},
    {"kv-sessions-in-use", 1},
    {NULL, 0},
};

static const struct course_task lab5_clerks[] = {
    {"kv-one-client", 1},
    {"kv-speed", 1},
    {"kv-many-clients", 1},
    {"kv-unreliable", 1},
    {"kv-one-partition", 1},
    {"kv-partitions-one", 1},
    {"kv-partitions", 1},
    {"kv-restarts-one", 1},
    {"kv-restarts", 1},
    {"kv-restarts-unreliable", 1},
    {"kv-restarts-partitions", 1},
    {"kv-restarts-partitions-unreliable", 2},
    {"kv-crowd", 2},
    {NULL, 0},
};

static const struct course_task lab5_snapshots[] = {
    {"kv-snapshot-sessions", 2},
    {"kv-snapshot-answers", 1},
    {"kv-snapshot-installed", 2},
    {"kv-snapshot-waiter", 2},
    {"kv-snapshot-index", 2},
    {"kv-snapshot-restarts", 2},
    {"kv-snapshot-size", 1},
    {"kv-snapshot-many-sessions", 2},
    {"kv-snapshot-never", 1},
    {"kv-snapshot-not-yet", 1},
    {"kv-snapshot-slow", 1},
    {"kv-sessions-across-restart", 3},
    {"kv-snapshot-install", 1},
    {"kv-snapshot-speed", 1},
    {"kv-snapshot-restarts-one", 1},
    {"kv-snapshot-restarts-many", 1},
    {"kv-snapshot-unreliable", 1},
    {"kv-snapshot-restarts-unreliable", 1},
    {"kv-snapshot-partitions", 1},
    {"kv-snapshot-crowd", 2},
    {NULL, 0},
};

static const struct course_part lab5_parts[] = {
    {"state machine", lab5_machine},
    {"sessions", lab5_sessions},
    {"clerks", lab5_clerks},
    {"snapshots", lab5_snapshots},
    {NULL, NULL},
};

const struct course_lab course[] = {
    {"lab0", 0, "warm-up", lab0_parts},
    {"lab1", 1, "leader election", lab1_parts},
    {"lab2", 2, "the replicated log", lab2_parts},
    {"lab3", 3, "persistence", lab3_parts},
    {"lab4", 4, "snapshots", lab4_parts},
    {"lab5", 5, "a service", lab5_parts},
    {NULL, 0, NULL, NULL},
};

const struct course_lab *course_find(const char *name)
{
    for (const struct course_lab *lab = course; lab->name != NULL; lab++)
        if (strcmp(lab->name, name) == 0)
            return lab;
    return NULL;
}

int course_points(const struct course_lab *lab, const char *scenario)
{
    for (const struct course_part *part = lab->parts; part->name != NULL;
         part++)
        for (const struct course_task *task = part->tasks;
             task->scenario != NULL; task++)
            if (strcmp(task->scenario, scenario) == 0)
                return task->points;
    return 0;
}

void course_label(const char *scenario, char out[64])
{
    snprintf(out, 64, "%.63s", scenario);
    for (const struct course_lab *lab = course; lab->name != NULL; lab++)
        if (course_points(lab, scenario) > 0) {
            snprintf(out, 64, "lab %u: %.50s", lab->number, scenario);
            return;
        }
}
