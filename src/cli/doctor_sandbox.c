// doctor_sandbox.c -- see doctor.h: what can hold a stranger's program. Each is
// tried for real, in a child that does it to itself.
#define _GNU_SOURCE // syscall
#include "doctor.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#endif

static bool take_no_new_privileges(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

// A filter that forbids one call, and the call.
static bool filter_calls(void)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), // the number of the call
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {.len = sizeof program / sizeof program[0],
                                .filter = program};
    return take_no_new_privileges() &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0 &&
           syscall(SYS_getppid) == -1 && errno == EPERM;
}

static struct diagnosis *add(struct diagnoses *all, const char *name, bool good,
                             const char *found, const char *cost)
{
    struct diagnosis *row =
        doctor_row(all, name, good ? HEALTH_OK : HEALTH_DEGRADED);
    snprintf(row->found, sizeof row->found, "%s", found);
    if (!good)
        snprintf(row->cost, sizeof row->cost, "%s", cost);
    return row;
}

void doctor_sandbox(struct diagnoses *all)
{
    enum { LANDLOCK_VERSION = 1 };
    doctor_section(all, "grade", "To hold strangers' programs when grading");
    bool root = geteuid() == 0;
    add(all, "user", true,
        root ? "root: submissions run as nobody"
             : "not root: submissions run as you, confined",
        "");
    add(all, "no_new_privs", doctor_try_child(take_no_new_privileges), "",
        "a submission could gain rights by a setuid program");
    add(all, "seccomp", doctor_try_child(filter_calls), "",
        "a submission may use the network, and start programs");
    long version =
        syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);
    char found[40];
    snprintf(found, sizeof found, version > 0 ? "version %ld" : "not there",
             version);
    add(all, "landlock", version > 0, found,
        root ? "a submission may read what nobody may read"
             : "a submission may read your files");
}
