// doctor_tools.c -- see doctor.h: programs, headers, fonts, sanitizers.
#include "doctor.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct need {
    const char *group, *name, *debian, *fedora, *arch, *cost;
} needs[] = {
#define NEED(group, name, debian, fedora, arch, cost)                          \
    {group, name, debian, fedora, arch, cost},
#include "needs.def"
#undef NEED
};

enum { N_NEEDS = sizeof needs / sizeof needs[0] };

// Compiles with this: ${CC}, or the first of gcc and clang that is there.
#define COMPILER "${CC:-$(command -v gcc || command -v clang)}"

// The first number with a dot, or the first one: "2.43.0" of dot's "graphviz
// version 2.43.0 (0)". What stands in front of it is the program's business.
static void find_version(const char *text, char *out, size_t n)
{
    const char *best = NULL;
    size_t length = 0;
    for (const char *at = text; *at != '\0' && *at != '\n';) {
        size_t run = strspn(at, "0123456789.");
        bool starts =
            isdigit((unsigned char)*at) &&
            (at == text || !isalpha((unsigned char)at[-1]) || at[-1] == 'v');
        bool dotted = memchr(at, '.', run) != NULL;
        if (starts && (best == NULL || dotted)) {
            best = at;
            length = run;
            if (dotted)
                break;
        }
        at += run > 0 ? run : 1;
    }
    snprintf(out, n, "%.*s", (int)length, best != NULL ? best : "");
}

static void look_for_program(struct diagnosis *row)
{
    char command[120], out[2000];
    snprintf(command, sizeof command, "command -v %s", row->name);
    if (doctor_try(NULL, command, out, sizeof out) != 0)
        return;
    // dot has its version on stderr, where others have their worries.
    snprintf(command, sizeof command, "%s %s", row->name,
             strcmp(row->name, "dot") == 0 ? "-V" : "--version 2>/dev/null");
    int status = doctor_try(NULL, command, out, sizeof out);
    if (status == 0)
        row->health = HEALTH_OK;
    find_version(out, row->found, sizeof row->found);
    if (status != 0)
        snprintf(row->found, sizeof row->found,
                 "it is there, but ends with status %d", status);
}

static bool has_compiler(void)
{
    char out[500];
    return doctor_try(NULL, COMPILER " --version", out, sizeof out) == 0;
}

static void look_for_header(struct diagnosis *row)
{
    char command[300], out[500];
    // cmocka.h wants these before it.
    snprintf(command, sizeof command,
             "printf '#include <%%s>\\n' setjmp.h stdarg.h stddef.h stdint.h"
             " %s | " COMPILER " -E - >/dev/null",
             row->name);
    if (!has_compiler()) {
        row->health = HEALTH_UNKNOWN;
        snprintf(row->cost, sizeof row->cost,
                 "without a compiler this cannot be tried");
    } else if (doctor_try(NULL, command, out, sizeof out) == 0)
        row->health = HEALTH_OK;
    if (strcmp(row->name, "cjson/cJSON.h") == 0 && row->health == HEALTH_OK)
        snprintf(row->found, sizeof row->found, "%s", cJSON_Version());
}

// Each system has folders of its own for fonts.
static void look_for_font(struct diagnosis *row)
{
    char command[300], out[500];
    snprintf(command, sizeof command,
             "find -L /usr/share/fonts -name %s 2>/dev/null | grep -q .",
             row->name);
    if (doctor_try(NULL, command, out, sizeof out) == 0)
        row->health = HEALTH_OK;
}

static void add_need(struct diagnoses *all, const struct need *need)
{
    struct diagnosis *row = doctor_row(all, need->name, HEALTH_MISSING);
    row->debian = need->debian;
    row->fedora = need->fedora;
    row->arch = need->arch;
    row->needed = strcmp(need->group, "build") == 0;
    snprintf(row->cost, sizeof row->cost, "%s", need->cost);
}

// Adds the rows of a group, and looks at each.
static void look_for(struct diagnoses *all, const char *group)
{
    for (int i = 0; i < N_NEEDS; i++) {
        if (strcmp(needs[i].group, group) != 0)
            continue;
        add_need(all, &needs[i]);
        struct diagnosis *row = &all->row[all->n_rows - 1];
        if (strstr(row->name, ".h") != NULL)
            look_for_header(row);
        else if (strstr(row->name, ".ttf") != NULL)
            look_for_font(row);
        else
            look_for_program(row);
    }
}

static void remove_folder(const char *folder)
{
    DIR *open = opendir(folder);
    for (struct dirent *file; open != NULL && (file = readdir(open)) != NULL;) {
        char path[4400];
        snprintf(path, sizeof path, "%s/%s", folder, file->d_name);
        if (file->d_name[0] != '.')
            unlink(path);
    }
    if (open != NULL)
        closedir(open);
    rmdir(folder);
}

// A sanitizer's runtime maps memory at fixed places; where the kernel
// randomises 32 bits of an address, an older one finds them taken and dies.
static void explain_end(struct diagnosis *row, const char *folder,
                        const char *said)
{
    char out[500];
    bool helps = doctor_try(folder, "setarch -R ./probe", out, sizeof out) == 0;
    row->health = helps ? HEALTH_DEGRADED : HEALTH_MISSING;
    row->debian = row->fedora = row->arch = NULL; // no package mends it
    if (helps || strstr(said, "memory mapping") != NULL) {
        snprintf(row->found, sizeof row->found,
                 "programs die: \"unexpected memory mapping\"");
        snprintf(row->mend, sizeof row->mend, "%ssysctl -w vm.mmap_rnd_bits=28",
                 helps ? "setarch -R make ..., or as root: " : "as root: ");
    } else
        snprintf(row->found, sizeof row->found, "programs do not run: %.60s",
                 said);
    row->found[strcspn(row->found, "\n")] = '\0';
}

// Compiles, links and runs a program of one line.
static void try_sanitizer(struct diagnosis *row, const char *folder)
{
    char command[300], out[2000];
    snprintf(command, sizeof command,
             "echo 'int main(void) { return 0; }' >probe.c && " COMPILER
             " -pthread -fsanitize=%s probe.c -o probe",
             row->name);
    if (!has_compiler()) {
        row->health = HEALTH_UNKNOWN;
        snprintf(row->cost, sizeof row->cost,
                 "without a compiler this cannot be tried");
        return;
    }
    if (doctor_try(folder, command, out, sizeof out) != 0)
        return;
    if (doctor_try(folder, "./probe", out, sizeof out) == 0) {
        row->health = HEALTH_OK;
        snprintf(row->found, sizeof row->found, "compiles, links and runs");
    } else
        explain_end(row, folder, out);
}

static void try_sanitizers(struct diagnoses *all)
{
    char folder[4096];
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/glassraft-doctor-XXXXXX",
             tmp != NULL && tmp[0] != '\0' ? tmp : "/tmp");
    bool made = mkdtemp(folder) != NULL;
    for (int i = 0; i < N_NEEDS; i++) {
        if (strcmp(needs[i].group, "sanitizer") != 0)
            continue;
        add_need(all, &needs[i]);
        struct diagnosis *row = &all->row[all->n_rows - 1];
        if (made)
            try_sanitizer(row, folder);
        else {
            row->health = HEALTH_UNKNOWN;
            snprintf(row->cost, sizeof row->cost, "%.120s: cannot be made",
                     folder);
        }
    }
    if (made)
        remove_folder(folder);
}

static struct diagnosis *row_of(struct diagnoses *all, const char *name)
{
    for (int i = 0; i < all->n_rows; i++)
        if (strcmp(all->row[i].name, name) == 0)
            return &all->row[i];
    return NULL;
}

// Containers and emulators often keep a debugger from its program.
static void try_gdb(struct diagnosis *gdb)
{
    char out[2000];
    if (gdb->health != HEALTH_OK ||
        (doctor_try(NULL,
                    "gdb -nx -batch -iex 'set debuginfod enabled off' -ex run"
                    " --args \"$(command -v true || echo /bin/true)\" 2>&1",
                    out, sizeof out) == 0 &&
         strstr(out, "exited normally") != NULL))
        return;
    gdb->health = HEALTH_DEGRADED;
    gdb->debian = gdb->fedora = gdb->arch = NULL; // no package mends it
    snprintf(gdb->cost, sizeof gdb->cost,
             "it cannot start a program here: no glassraft gdb");
    snprintf(gdb->mend, sizeof gdb->mend,
             "in a container: podman or docker run --cap-add=SYS_PTRACE ...");
}

void doctor_tools(struct diagnoses *all)
{
    doctor_section(all, "build", "To build and run the labs");
    look_for(all, "build");
    struct diagnosis *gcc = row_of(all, "gcc");
    char out[500];
    if (gcc->health != HEALTH_OK &&
        doctor_try(NULL, "clang --version", out, sizeof out) == 0) {
        gcc->health = HEALTH_DEGRADED;
        snprintf(gcc->cost, sizeof gcc->cost, "clang does as well");
        snprintf(gcc->mend, sizeof gcc->mend, "make CC=clang ...");
    }
    doctor_section(all, "see", "To see what happened");
    look_for(all, "see");
    look_for(all, "extra");
    try_gdb(row_of(all, "gdb"));
    doctor_section(all, "sanitizer", "To find races and wild pointers");
    try_sanitizers(all);
}

void doctor_own_work(struct diagnoses *all)
{
    doctor_section(all, "class", "To spread a class over machines");
    look_for(all, "class");
    doctor_section(all, "test", "To work on Glassraft itself");
    look_for(all, "test");
    look_for(all, "page");
}
