// build.c -- see submission.h: a copy becomes a shared object.
#define _GNU_SOURCE
#include "submission.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/home.h"
#include "base/die.h"
#include "base/text.h"

enum {
    WALL_S = 120,
    CPU_S = 60, // of one process: a compiler's
    OUTPUT = 64 * 1024,
    SHOWN = 4000,
};

static void set_problem(struct submission *s, const char *text)
{
    free(s->problem);
    s->problem = text_cleaned(text, SHOWN);
}

// Places are the student's: no word of our folders.
static void hide_folders(const struct submission *s, char *text, size_t n)
{
    char path[240];
    snprintf(path, sizeof path, "%s/source/", s->work);
    text_replace(text, n, path, "");
    snprintf(path, sizeof path, "%s/source", s->work);
    text_replace(text, n, path, s->name);
    snprintf(path, sizeof path, "%s/build/raft.so.work/", s->work);
    text_replace(text, n, path, "");
    snprintf(path, sizeof path, "%s/build/raft.so.kv.o.work/", s->work);
    text_replace(text, n, path, "");
    snprintf(path, sizeof path, "%s/build/raft.so.raft.o.work/", s->work);
    text_replace(text, n, path, "");
    // A compiler's own files have another name each time.
    snprintf(path, sizeof path, "%s/build/cc", s->work);
    size_t known = strlen(path);
    for (char *at = text; (at = strstr(at, path)) != NULL;) {
        size_t random = strcspn(at + known, ". \n");
        memcpy(at, "cc", 2);
        memmove(at + 2, at + known + random, strlen(at + known + random) + 1);
    }
}

static bool take_object(struct submission *s)
{
    char path[240];
    bool none;
    snprintf(path, sizeof path, "%s/build/raft.so", s->work);
    snprintf(s->object, sizeof s->object, "%s/raft.so", s->work);
    bool good = submission_take_file(path, s->object, &none);
    if (none) {
        s->object[0] = '\0';
        set_problem(s, "the build left no object");
    }
    return good;
}

// Where things are, for the builder.
struct builder {
    char script[260], service[260], raft[260];
    char written[260]; // what the student has written: one of these two
};

static struct builder builder_of(const struct submission *s)
{
    struct builder b;
    snprintf(b.script, sizeof b.script, "%s/home/labs/build-raft", s->work);
    snprintf(b.raft, sizeof b.raft, "%s/%s", s->work,
             s->has_raft ? "source" : "home/lent.o");
    snprintf(b.service, sizeof b.service, "%s/%s", s->work,
             s->has_kv ? "source/kv" : "source");
    memcpy(b.written, s->is_service ? b.service : b.raft, sizeof b.written);
    return b;
}

// gcc's notes of each source, to where cover_open() looks for them.
static bool take_notes(const struct submission *s, const struct builder *b,
                       const char *notes)
{
    char path[600], to[600];
    struct dirent **entry;
    int n = scandir(b->written, &entry, NULL, alphasort);
    bool good = n >= 0;
    for (int i = 0; i < n; i++) {
        size_t length = strlen(entry[i]->d_name);
        bool none;
        if (length > 2 && strcmp(entry[i]->d_name + length - 2, ".c") == 0) {
            snprintf(path, sizeof path, "%s/build/cover.so.work/%.*s.gcno",
                     s->work, (int)(length - 2), entry[i]->d_name);
            snprintf(to, sizeof to, "%s/%.*s.gcno", notes, (int)(length - 2),
                     entry[i]->d_name);
            good &= submission_take_file(path, to, &none) && !none;
        }
        free(entry[i]);
    }
    if (n >= 0)
        free(entry);
    return good;
}

enum { BUILDER_WORDS = 8 };

static void set_words(const struct submission *s, const struct builder *b,
                      const char *config, const char *object,
                      const char *argv[BUILDER_WORDS])
{
    int n = 0;
    argv[n++] = b->script;
    argv[n++] = "-c";
    argv[n++] = config;
    if (s->is_service) {
        argv[n++] = "-k";
        argv[n++] = b->service;
    }
    argv[n++] = b->raft;
    argv[n++] = object;
    argv[n] = NULL;
}

// The same sources once more, so that runs count. It is information: without
// it a grade is as good.
static void build_cover(struct submission *s, const struct sandbox_tool *tool,
                        const struct builder *b)
{
    char object[260], kept[240], notes[260], link[280], output[400];
    bool none;
    snprintf(object, sizeof object, "%s/cover.so", tool->folder);
    const char *argv[BUILDER_WORDS];
    struct sandbox_tool cover = *tool;
    set_words(s, b, "cover", object, argv);
    cover.argv = argv;
    int status = sandbox_run_tool(&cover, output, sizeof output);
    sandbox_end_orphans(NULL, 0);
    snprintf(kept, sizeof kept, "%s/cover.so", s->work);
    snprintf(notes, sizeof notes, "%s.work", kept);
    snprintf(link, sizeof link, "%s/source", notes);
    if (status == 0 && mkdir(notes, 0700) == 0 &&
        symlink(b->written, link) == 0 &&
        submission_take_file(object, kept, &none) && !none &&
        take_notes(s, b, notes))
        snprintf(s->cover, sizeof s->cover, "%s", kept);
}

// The builder's own trouble is not the submission's.
static bool can_build(struct submission *s, const char *script,
                      const struct sandbox_tool *tool)
{
    const char *argv[] = {"test", "-x", script, NULL};
    char output[400];
    struct sandbox_tool test = *tool;
    test.argv = argv;
    int status = sandbox_run_tool(&test, output, sizeof output);
    if (status == 0)
        return true;
    if (status == SANDBOX_NO_TOOL)
        snprintf(s->trouble, sizeof s->trouble, "%.90s", output);
    else
        snprintf(s->trouble, sizeof s->trouble,
                 "%.180s: user %u cannot run it; set TMPDIR to a folder that"
                 " all can enter",
                 script,
                 sandbox_powers().user ? sandbox_user(tool->sandbox->user)
                                       : (unsigned)geteuid());
    return false;
}

// What the builder needs of our tree, copied. False: it cannot build, and that
// is our trouble or the submission's problem.
static bool stage(struct submission *s, const char *script,
                  const struct sandbox_tool *tool)
{
    char place[PATH_MAX];
    mode_t mask = umask(022);
    bool found = lab_home(place, sizeof place);
    bool lends = found && !s->has_raft && submission_can_lend(place);
    bool staged = found && submission_stage(place, tool->readable);
    umask(mask);
    if (!staged)
        submission_trouble(s, "the builder's own files cannot be copied");
    else if (!s->has_raft && !lends)
        set_problem(s, "There is no Raft in it, and none here to lend. Hand in"
                       " your Raft, and your service in a folder kv in it.");
    else
        staged = can_build(s, script, tool) &&
                 (s->has_raft || submission_lend(s, place, tool->sandbox));
    return staged && s->problem == NULL;
}

bool submission_build(struct submission *s, const struct sandbox *sandbox)
{
    char home[240], source[240], object[260], folder[240];
    const char *argv[BUILDER_WORDS];
    const struct builder b = builder_of(s);
    snprintf(home, sizeof home, "%s/home", s->work);
    snprintf(source, sizeof source, "%s/source", s->work);
    snprintf(folder, sizeof folder, "%s/build", s->work);
    snprintf(object, sizeof object, "%s/raft.so", folder);
    set_words(s, &b, lab_config(), object, argv);
    struct sandbox_tool tool = {.argv = argv,
                                .folder = folder,
                                .writes = true,
                                .readable = home,
                                .also_readable = source,
                                .wall_s = WALL_S,
                                .cpu_s = CPU_S,
                                .sandbox = sandbox};
    if (!stage(s, b.script, &tool))
        return s->problem != NULL;
    char *output = must_malloc(OUTPUT);
    int status = sandbox_run_tool(&tool, output, OUTPUT);
    sandbox_end_orphans(NULL, 0);
    hide_folders(s, output, OUTPUT);
    bool good = status != SANDBOX_NO_TOOL;
    if (!good)
        submission_trouble(s, output);
    else if (status < 0)
        set_problem(s, "the compiler did not end in time");
    else if (status != 0)
        set_problem(s, output[0] != '\0' ? output : "the build failed");
    else
        good = take_object(s);
    if (!good && s->trouble[0] == '\0')
        submission_trouble(s, "the object cannot be kept");
    if (good && s->problem == NULL && s->counts)
        build_cover(s, &tool, &b);
    submission_remove_inside(s, "build");
    free(output);
    return good;
}
