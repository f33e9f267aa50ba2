// reports.c -- see reports.h.
#define _GNU_SOURCE
#include "reports.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../cover/cover.h"
#include "base/save.h"

static struct {
    struct cover *cover;
    struct lab_cover taker;
    struct lab_run run; // all but scenario and seed
    const char *folder;
} reports;

// The frame that the report of a crash begins with: "    f at raft.c:290".
static bool find_stop(const struct lab_result *result, struct cover_stop *stop)
{
    static const char *const kinds[] = {"crash", "memory error",
                                        "stack overflow",
                                        "a thread that never blocks"};
    bool stopped = false;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        stopped |= strcmp(result->property, kinds[i]) == 0;
    for (const char *line = strchr(result->text, '\n'); stopped && line != NULL;
         line = strchr(line + 1, '\n')) {
        char file[200];
        if (sscanf(line, " %79[A-Za-z0-9_] at %199[^: \n]:%u", stop->function,
                   file, &stop->line) != 3)
            continue;
        const char *name = strrchr(file, '/');
        snprintf(stop->file, sizeof stop->file, "%.79s",
                 name != NULL ? name + 1 : file);
        return true;
    }
    return false;
}

static void take(void *context, const struct lab_run *run,
                 const struct lab_result *result, const uint64_t *counters)
{
    (void)context;
    struct cover_stop stop;
    const struct cover_run here = {run->scenario->name, run->seed,
                                   run->crash_at};
    cover_add(reports.cover, &here, counters,
              find_stop(result, &stop) ? &stop : NULL);
}

static bool make(const char *path)
{
    if (mkdir(path, 0777) == 0 || errno == EEXIST)
        return true;
    fprintf(stderr, "glassraft run: --cover %s: %s\n", path, strerror(errno));
    return false;
}

bool reports_begin(const char *folder, struct lab_run *run)
{
    char error[300], counters[4096];
    snprintf(counters, sizeof counters, "%.4000s/counters", folder);
    if (!make(folder) || !make(counters))
        return false;
    reports.cover = cover_open(run->raft, error);
    if (reports.cover == NULL) {
        fprintf(stderr, "glassraft run: --cover: %s\n", error);
        return false;
    }
    reports.folder = folder;
    reports.taker =
        (struct lab_cover){.n = reports.cover->n_counters, .take = take};
    run->cover = &reports.taker;
    reports.run = *run;
    return true;
}

static void write_text(const struct cover *cover,
                       const struct cover_about *about, FILE *out)
{
    (void)about;
    cover_text(cover, out);
}

static bool write_one(const char *name, const struct cover_about *about,
                      void (*report)(const struct cover *cover,
                                     const struct cover_about *about,
                                     FILE *out))
{
    char path[4096];
    struct save save;
    snprintf(path, sizeof path, "%.4000s/%s", reports.folder, name);
    bool good = save_begin(&save, path);
    if (good)
        report(reports.cover, about, save.out);
    good = save_end(&save, good && !ferror(save.out));
    if (!good)
        fprintf(stderr, "glassraft run: %s: %s\n", path, strerror(errno));
    return good;
}

// gcovr's reports of the same counters, for the tools that read them. What it
// says goes to a file.
static bool run_gcovr(void)
{
    char root[4096], objects[4096], xml[4096], json[4096], html[4096];
    char log[4096];
    const char *folder = reports.folder;
    snprintf(root, sizeof root, "%s", reports.cover->folder);
    snprintf(objects, sizeof objects, "%.4000s/counters", folder);
    snprintf(xml, sizeof xml, "%.4000s/cobertura.xml", folder);
    snprintf(json, sizeof json, "%.4000s/summary.json", folder);
    snprintf(html, sizeof html, "%.4000s/gcovr.html", folder);
    snprintf(log, sizeof log, "%.4000s/gcovr.log", folder);
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0666);
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
        execlp("gcovr", "gcovr", "--root", root, "--object-directory", root,
               "--xml", xml, "--json-summary", json, "--html-details", html,
               objects, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        unlink(log);
        return true;
    }
    if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 127)
        fprintf(stderr, "glassraft: gcovr: not found; Cobertura and its other"
                        " reports are left out\n");
    else
        fprintf(stderr, "glassraft: gcovr has failed; see %s\n", log);
    return false;
}

bool reports_end(void)
{
    char error[300], counters[4096];
    struct cover *cover = reports.cover;
    reports.run.crash_at = 0;
    const struct cover_about about = {
        .raft = reports.run.given != NULL ? reports.run.given : "src/raft",
        .options = lab_run_options(&reports.run)};
    snprintf(counters, sizeof counters, "%.4000s/counters", reports.folder);
    cover_finish(cover);
    bool good = write_one("index.html", &about, cover_html) &&
                write_one("cover.json", &about, cover_json) &&
                write_one("summary.txt", &about, write_text) &&
                write_one("summary.md", &about, cover_markdown);
    if (good && !cover_save_counters(cover, counters, error)) {
        fprintf(stderr, "glassraft run: %s\n", error);
        good = false;
    }
    if (good)
        run_gcovr();
    fputc('\n', stdout);
    cover_text(cover, stdout);
    printf("%s/index.html has the lines, and who reached them first\n",
           reports.folder);
    cover_free(cover);
    return good;
}
