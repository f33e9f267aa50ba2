// reports.c -- see reports.h.
#define _GNU_SOURCE
#include "reports.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/die.h"
#include "labs/suites/course.h"
#include "viz/figure2/curve.h"
#include "viz/figure2/figure2.h"
#include "cover/curve.h"
#include "base/save.h"
#include "base/text.h"
#include "selectors.h"

enum { MOST_COBERTURA = 64 << 20 }; // bytes

static struct {
    struct reports_asked asked;
    struct cover *cover; // NULL: lines are not asked for
    struct curve *curve;
    struct figure2_side rules;
    struct lab_cover taker;
    struct lab_run run; // all but scenario and seed
    const char *folder;
} reports;

static void take(void *context, const struct lab_run *run,
                 const struct lab_result *result, const struct met *met,
                 const uint64_t *counters)
{
    (void)context;
    struct cover_stop stop;
    char label[64];
    const struct cover_run here = {run->scenario->name, run->seed,
                                   run->crash_at};
    if (counters != NULL)
        cover_add(reports.cover, &here, counters,
                  cover_find_stop(result->property, result->text, &stop)
                      ? &stop
                      : NULL);
    // Lab 0 has no Raft in it.
    if (run->scenario->rpcs != NULL || reports.asked.chosen)
        return;
    curve_add(reports.curve, run->seed, met, reports.cover);
    course_label(run->scenario->name, label);
    figure2_add(&reports.rules, label, &met->rules);
}

static bool make(const char *path)
{
    if (save_folder(path))
        return true;
    fprintf(stderr, "glassraft run: --cover %s: %s\n", path, strerror(errno));
    return false;
}

static bool begin_cover(const char *folder, const struct lab_run *run)
{
    char error[300], counters[4096];
    snprintf(counters, sizeof counters, "%.4000s/counters", folder);
    if (!make(folder) || !make(counters))
        return false;
    reports.cover = cover_open(run->raft, error);
    if (reports.cover == NULL)
        fprintf(stderr, "glassraft run: --cover: %s\n", error);
    return reports.cover != NULL;
}

bool reports_begin(const struct reports_asked *asked, struct lab_run *run)
{
    reports.asked = *asked;
    reports.folder = asked->folder;
    if (asked->folder != NULL && !begin_cover(asked->folder, run))
        return false;
    reports.curve = curve_make();
    reports.taker = (struct lab_cover){
        .n = reports.cover != NULL ? reports.cover->n_counters : 0,
        .take = take};
    run->cover = &reports.taker;
    reports.run = *run;
    return true;
}

const struct cover *reports_cover(void)
{
    return reports.cover;
}

static const char *raft_name(void)
{
    return reports.run.given != NULL ? reports.run.given : "src/raft";
}

static bool draw_curve(const char *path)
{
    const struct curve *curve = reports.curve;
    struct viz_curve panel[CURVE_KINDS];
    char says[CURVE_KINDS][120], title[300], *text = NULL;
    size_t n = 0;
    int kinds = curve->covers ? CURVE_KINDS : CURVE_LINES;
    for (int k = 0; k < kinds; k++) {
        size_t flat = curve_flat(curve, (enum curve_kind)k);
        double more = curve_next(curve, (enum curve_kind)k);
        int at = snprintf(says[k], sizeof says[k],
                          flat > 0 ? "nothing new after seed %zu"
                                   : "seed %zu still met new ones",
                          curve->n_seeds - flat);
        if (more >= 0)
            snprintf(says[k] + at, sizeof says[k] - (size_t)at,
                     "; one more would add about %.2f", more);
        panel[k] = (struct viz_curve){curve_name[k], says[k], &curve->met[0][k],
                                      CURVE_KINDS, curve->most[k]};
    }
    snprintf(title, sizeof title, "%.200s: what %zu seeds met", raft_name(),
             curve->n_seeds);
    FILE *out = must_stream(&text, &n);
    viz_curves(title, panel, kinds, curve->n_seeds, out);
    fclose(out);
    struct selectors to = {.output = path};
    bool good = selectors_save(&to, text, n, true) == EXIT_GOOD;
    free(text);
    return good;
}

static void write_text(const struct cover *cover,
                       const struct cover_about *about, FILE *out)
{
    (void)about;
    cover_text(cover, out);
    fputc('\n', out);
    if (reports.curve->n_seeds > 0)
        curve_text(reports.curve, out);
}

static void write_rules(const struct cover *cover,
                        const struct cover_about *about, FILE *out)
{
    (void)cover;
    snprintf(reports.rules.name, sizeof reports.rules.name, "%.190s",
             about->raft);
    figure2_html(&reports.rules, 1, out);
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

// Some versions of gcovr add attributes that the format does not have, and by
// which its DTD would refuse the file.
static bool keep_format(const char *path)
{
    static const char *const unknown[] = {
        " function-rate=\"", " functions-covered=\"", " functions-valid=\""};
    size_t n = 0;
    char *text = text_read_file(path, MOST_COBERTURA, &n);
    if (text == NULL)
        return false;
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        for (char *at = text; (at = strstr(at, unknown[i])) != NULL;) {
            char *end = strchr(at + strlen(unknown[i]), '"');
            if (end == NULL)
                break;
            memmove(at, end + 1, strlen(end + 1) + 1);
        }
    bool good = text_write_file(path, text, strlen(text));
    free(text);
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
        if (!keep_format(xml))
            fprintf(stderr, "glassraft: %s: %s\n", xml, strerror(errno));
        return true;
    }
    if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 127)
        fprintf(stderr, "glassraft: gcovr: not found; Cobertura and its other"
                        " reports are left out\n");
    else
        fprintf(stderr, "glassraft: gcovr has failed; see %s\n", log);
    return false;
}

static bool write_all(void)
{
    char error[300], path[4096];
    struct cover *cover = reports.cover;
    reports.run.crash_at = 0;
    const struct cover_about about = {.raft = raft_name(),
                                      .options = lab_run_options(&reports.run),
                                      .links = reports.curve->n_seeds > 0};
    cover_finish(cover);
    reports.curve->most[CURVE_LINES] = cover_totals(cover).lines.n;
    bool good = write_one("index.html", &about, cover_html) &&
                write_one("cover.json", &about, cover_json) &&
                write_one("summary.txt", &about, write_text) &&
                write_one("summary.md", &about, cover_markdown);
    snprintf(path, sizeof path, "%.4000s/curve.svg", reports.folder);
    if (about.links)
        good = good && write_one("figure2.html", &about, write_rules) &&
               draw_curve(path);
    snprintf(path, sizeof path, "%.4000s/counters", reports.folder);
    if (good && !cover_save_counters(cover, path, error)) {
        fprintf(stderr, "glassraft run: %s\n", error);
        good = false;
    }
    if (good)
        run_gcovr();
    return good;
}

bool reports_end(void)
{
    const struct reports_asked *asked = &reports.asked;
    bool good = true;
    char line[300];
    curve_end(reports.curve);
    curve_line(reports.curve, line, sizeof line);
    bool met = reports.curve->n_seeds > 0;
    if (asked->folder != NULL)
        good = write_all();
    if (asked->curve != NULL && met)
        good &= draw_curve(asked->curve);
    if (!asked->quiet && asked->folder != NULL) {
        fputc('\n', stdout);
        cover_text(reports.cover, stdout);
    }
    if (!asked->quiet && met &&
        (asked->folder != NULL || asked->curve != NULL)) {
        fputc('\n', stdout);
        curve_text(reports.curve, stdout);
    }
    if (!asked->quiet && line[0] != '\0')
        printf("%s\n", line);
    if (!asked->quiet && asked->folder != NULL)
        printf("%s/index.html has the lines, and who reached them first\n",
               asked->folder);
    if (reports.cover != NULL)
        cover_free(reports.cover);
    curve_free(reports.curve);
    return good;
}
