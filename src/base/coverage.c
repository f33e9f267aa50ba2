// coverage.c -- a build for coverage counts what every process has reached.
//
// gcov writes its counters when a program ends as it should. Runs of scenarios
// are killed, crash, and sit in sandboxes where no file can be opened; explore
// takes back what it has done. So the counters of all processes of a program
// are one file beside it, mapped where the counters are (labs/counters.ld gives
// them pages of their own), and no end of a process writes anything. With
// GLASSRAFT_COVERAGE=write a program has gcov write its sum, and ends. In other
// builds this file is empty.
#define _GNU_SOURCE
#ifdef GLASSRAFT_COVERAGE
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

extern uint64_t glassraft_counters[], glassraft_counters_end[];

// Named after the time of its program, too: another build counts otherwise.
static int open_file(size_t n_bytes)
{
    char program[PATH_MAX], path[PATH_MAX + 80];
    struct stat about;
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (n < 0 || stat("/proc/self/exe", &about) != 0)
        return -1;
    program[n] = '\0';
    snprintf(path, sizeof path, "%s.%llx%lx.counters", program,
             (unsigned long long)about.st_mtim.tv_sec, about.st_mtim.tv_nsec);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return -1;
    (void)fchmod(fd, 0666); // the grader's user counts as well
    if (ftruncate(fd, (off_t)n_bytes) == 0)
        return fd;
    close(fd);
    return -1;
}

void __gcov_dump(void);
void __wrap___gcov_exit(void);
void coverage_shares(void);

// gcov's own end of a process, by the linker's --wrap.
void __wrap___gcov_exit(void)
{
}

// Where no file can be, at least children share with who has started them.
__attribute__((constructor)) void coverage_shares(void)
{
    size_t n_bytes =
        (size_t)((char *)glassraft_counters_end - (char *)glassraft_counters);
    int fd = open_file(n_bytes);
    int how = fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED;
    uint64_t *shared = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, how, fd, 0);
    if (shared != MAP_FAILED) {
        for (size_t i = 0; i < n_bytes / sizeof *shared; i++)
            if (glassraft_counters[i] != 0)
                __atomic_fetch_add(&shared[i], glassraft_counters[i],
                                   __ATOMIC_RELAXED);
        mremap(shared, n_bytes, n_bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
               glassraft_counters);
    }
    if (fd >= 0)
        close(fd);
    if (getenv("GLASSRAFT_COVERAGE") != NULL) {
        __gcov_dump();
        _exit(0);
    }
}
#endif
