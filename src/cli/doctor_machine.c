// doctor_machine.c -- see doctor.h: processor, clock, memory, disk, limits.
#define _GNU_SOURCE // sched_getaffinity
#include "doctor.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "sim/arch/arch.h"
#include "sim/sim.h"

static void set_cost(struct diagnosis *row, const char *cost, const char *mend)
{
    snprintf(row->cost, sizeof row->cost, "%s", cost);
    snprintf(row->mend, sizeof row->mend, "%s", mend);
}

// Translators of single programs leave the file as the machine has it, but for
// Rosetta, which makes up a name.
const char *doctor_emulator(const char *path)
{
    char line[4096]; // flags make long ones
    bool own = false, any = false, rosetta = false, tcg = false;
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        any = true;
        own |= strncmp(line, sim_cpuinfo_line, strlen(sim_cpuinfo_line)) == 0;
        rosetta |= strstr(line, "VirtualApple") != NULL;
        tcg |= strncmp(line, "model name", 10) == 0 &&
               strstr(line, "QEMU TCG") != NULL;
    }
    if (file != NULL)
        fclose(file);
    return rosetta ? "Rosetta" : tcg || (any && !own) ? "qemu" : NULL;
}

static void look_at_processor(struct diagnoses *all)
{
    const char *emulator = doctor_emulator("/proc/cpuinfo");
    struct diagnosis *row = doctor_row(
        all, "processor", emulator != NULL ? HEALTH_DEGRADED : HEALTH_OK);
    if (emulator == NULL)
        snprintf(row->found, sizeof row->found, "%s", sim_processor);
    else
        snprintf(row->found, sizeof row->found, "emulated %s, by %s",
                 sim_processor, emulator);
    if (emulator != NULL)
        set_cost(row,
                 "all is slow; what else is missing the rows of gdb, of the"
                 " sanitizers and of the sandbox say, each tried here",
                 "an image for this machine's own processor: docker build"
                 " without --platform");
}

static void note(void *ran)
{
    *(bool *)ran = true;
}

// A thread in simulated time, on the stack and with the switches that all
// scenarios use.
static bool simulate(void)
{
    bool ran = false;
    struct sim_config config = {.seed = 1};
    return sim_run(&config, note, &ran) && ran;
}

static void look_at_simulator(struct diagnoses *all)
{
    bool runs = doctor_try_child(simulate);
    struct diagnosis *row =
        doctor_row(all, "simulator", runs ? HEALTH_OK : HEALTH_MISSING);
    row->needed = true;
    if (runs)
        snprintf(row->found, sizeof row->found,
                 "Linux on %s; threads run in simulated time", sim_processor);
    else
        snprintf(row->found, sizeof row->found,
                 "a simulated thread does not run here");
    if (!runs)
        set_cost(row, "no scenario runs: it needs Linux on x86-64 or arm64",
                 "use such a machine, or a container on one");
}

static void look_at_clock(struct diagnoses *all)
{
    enum { COARSE_NS = 1000000 };
    struct timespec step = {0, 0};
    bool good = clock_getres(CLOCK_MONOTONIC, &step) == 0;
    bool fine = good && step.tv_sec == 0 && step.tv_nsec <= COARSE_NS;
    struct diagnosis *row =
        doctor_row(all, "clock", fine ? HEALTH_OK : HEALTH_DEGRADED);
    snprintf(row->found, sizeof row->found, "monotonic, steps of %ld ns",
             good ? step.tv_nsec : -1L);
    if (!fine)
        set_cost(row, "--real runs are imprecise; simulated ones do not mind",
                 "");
}

// A number of a file of the control group, when this process sits in one;
// "max" and absence are 0.
static double limit_of(const char *path, double *second)
{
    double first = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL || fscanf(file, "%lf %lf", &first, second) < 1)
        first = 0;
    if (file != NULL)
        fclose(file);
    return first;
}

static void look_at_cores(struct diagnoses *all)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    double period = 0, quota = limit_of("/sys/fs/cgroup/cpu.max", &period);
    double share = quota > 0 && period > 0 ? quota / period : n;
    struct diagnosis *row =
        doctor_row(all, "cores", share < 1 ? HEALTH_DEGRADED : HEALTH_OK);
    if (share < n)
        snprintf(row->found, sizeof row->found,
                 "%d, of which this container may use %.1f", n, share);
    else
        snprintf(row->found, sizeof row->found, "%d: -j %d", n, n);
    if (share < 1)
        set_cost(row, "everything takes longer; the verdicts are the same", "");
}

static void look_at_memory(struct diagnoses *all)
{
    double page = (double)sysconf(_SC_PAGESIZE), unused;
    double bytes = (double)sysconf(_SC_PHYS_PAGES) * page;
    double limit = limit_of("/sys/fs/cgroup/memory.max", &unused);
    if (limit > 0 && limit < bytes)
        bytes = limit;
    bool little = bytes < 500e6;
    struct diagnosis *row =
        doctor_row(all, "memory", little ? HEALTH_DEGRADED : HEALTH_OK);
    snprintf(row->found, sizeof row->found, "%.1f GB", bytes / 1e9);
    if (little)
        set_cost(row, "pages of long runs, and sanitizers, may not fit",
                 "run with -j 1");
}

static void look_at_disk(struct diagnoses *all, const char *folder,
                         const char *shown)
{
    struct statvfs disk;
    bool known = statvfs(folder, &disk) == 0;
    double free_bytes =
        known ? (double)disk.f_bavail * (double)disk.f_frsize : 0;
    bool writable = access(folder, W_OK | X_OK) == 0;
    struct diagnosis *row = doctor_row(all, shown,
                                       !writable            ? HEALTH_MISSING
                                       : free_bytes < 200e6 ? HEALTH_DEGRADED
                                                            : HEALTH_OK);
    row->needed = true;
    if (!writable) {
        snprintf(row->found, sizeof row->found, "%.60s: %s", folder,
                 strerror(errno));
        set_cost(row, "nothing can be built, kept or drawn there", "");
        return;
    }
    snprintf(row->found, sizeof row->found, "%.1f GB free", free_bytes / 1e9);
    if (free_bytes < 200e6)
        set_cost(row, "traces and pictures of a bad day may not fit",
                 "make clean");
}

static const char *amount(rlim_t limit, char *out, size_t n)
{
    if (limit == RLIM_INFINITY)
        snprintf(out, n, "any number of");
    else
        snprintf(out, n, "%llu", (unsigned long long)limit);
    return out;
}

static void look_at_limits(struct diagnoses *all)
{
    struct rlimit files, processes, memory, size;
    char n_files[32], n_processes[32];
    getrlimit(RLIMIT_NOFILE, &files);
    getrlimit(RLIMIT_NPROC, &processes);
    getrlimit(RLIMIT_AS, &memory);
    getrlimit(RLIMIT_FSIZE, &size);
    struct diagnosis *row = doctor_row(all, "limits", HEALTH_OK);
    snprintf(row->found, sizeof row->found, "%s files, %s processes",
             amount(files.rlim_cur, n_files, sizeof n_files),
             amount(processes.rlim_cur, n_processes, sizeof n_processes));
    const char *cost = NULL, *mend = "";
    if (memory.rlim_cur != RLIM_INFINITY) {
        cost = "memory is limited by ulimit -v: sanitizers do not start";
        mend = "ulimit -v unlimited";
    } else if (files.rlim_cur < 256) {
        cost = "few open files: sweeps with a large -j end early";
        mend = "ulimit -n 1024";
    } else if (processes.rlim_cur < 64) {
        cost = "few processes: sweeps and builds with -j end early";
        mend = "ulimit -u 1024";
    } else if (size.rlim_cur != RLIM_INFINITY && size.rlim_cur < 100000000) {
        cost = "files are limited by ulimit -f: long traces are cut";
        mend = "ulimit -f unlimited";
    }
    if (cost != NULL) {
        row->health = HEALTH_DEGRADED;
        set_cost(row, cost, mend);
    }
}

void doctor_machine(struct diagnoses *all)
{
    doctor_section(all, "machine", "This machine");
    look_at_processor(all);
    look_at_simulator(all);
    look_at_clock(all);
    look_at_cores(all);
    look_at_memory(all);
    look_at_disk(all, ".", "disk here");
    const char *tmp = getenv("TMPDIR");
    look_at_disk(all, tmp != NULL && tmp[0] != '\0' ? tmp : "/tmp",
                 "disk for scratch");
    look_at_limits(all);
}
