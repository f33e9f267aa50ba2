// open.c -- see cover.h: from gcc's notes to lines, branches and functions.
#include "inside.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"

static char *copy(const char *text)
{
    return must_copy(text, strlen(text) + 1);
}

// The Raft's own files have relative names that stay in its folder.
static bool is_own(const char *name)
{
    return name[0] != '/' && strncmp(name, "..", 2) != 0 && name[0] != '<';
}

static int file_of(struct cover *cover, const char *name)
{
    if (!is_own(name))
        return -1;
    for (size_t i = 0; i < cover->n_files; i++)
        if (strcmp(cover->file[i].name, name) == 0)
            return (int)i;
    cover->file =
        must_realloc(cover->file, (cover->n_files + 1) * sizeof *cover->file);
    cover->file[cover->n_files] = (struct cover_file){.name = name};
    return (int)cover->n_files++;
}

// Notes its line, unless it is there.
static void note_line(struct cover_file *file, unsigned number,
                      const char *function)
{
    for (size_t i = 0; i < file->n_lines; i++)
        if (file->line[i].number == number)
            return;
    file->line =
        must_realloc(file->line, (file->n_lines + 1) * sizeof *file->line);
    file->line[file->n_lines++] =
        (struct cover_line){.number = number, .function = function};
}

static int by_number(const void *a, const void *b)
{
    const struct cover_line *one = a, *other = b;
    return (one->number > other->number) - (one->number < other->number);
}

static int by_name(const void *a, const void *b)
{
    const struct cover_file *one = a, *other = b;
    return strcmp(one->name, other->name);
}

static int by_unit_name(const void *a, const void *b)
{
    const struct unit *one = a, *other = b;
    return strcmp(one->name, other->name);
}

static struct place find_line(const struct cover *cover, int file,
                              unsigned number)
{
    struct cover_line key = {.number = number};
    const struct cover_file *in = &cover->file[file];
    const struct cover_line *line =
        bsearch(&key, in->line, in->n_lines, sizeof key, by_number);
    return (struct place){file, (size_t)(line - in->line)};
}

// Its own entry; *again when another object has the function as well.
static struct place name_function(struct cover *cover,
                                  const struct gcno_function *f, int file,
                                  bool *again)
{
    *again = false;
    if (file < 0)
        return (struct place){.file = -1};
    struct cover_file *in = &cover->file[file];
    for (size_t i = 0; i < in->n_functions; i++)
        if (strcmp(in->function[i].name, f->name) == 0 &&
            in->function[i].line == f->line) {
            *again = true;
            return (struct place){file, i};
        }
    in->function = must_realloc(in->function,
                                (in->n_functions + 1) * sizeof *in->function);
    in->function[in->n_functions] =
        (struct cover_function){.name = f->name, .line = f->line};
    return (struct place){file, in->n_functions++};
}

// An arc is a branch where there is another way that a program may go.
static bool is_branch(const struct gcno_function *f, size_t a)
{
    int n = 0;
    for (size_t i = 0; i < f->n_arcs; i++)
        n += f->arc[i].from == f->arc[a].from && !f->arc[i].fake;
    return !f->arc[a].fake && n > 1;
}

// The last line of a block has its branches.
static struct place last_line(const struct part *part, unsigned block)
{
    struct place at = {.file = -1};
    for (size_t i = 0; i < part->function->n_lines; i++)
        if (part->function->lines[i].block == block)
            at = part->line[i];
    return at;
}

static void place_branches(struct cover *cover, struct part *part, bool again)
{
    const struct gcno_function *f = part->function;
    for (size_t a = 0; a < f->n_arcs; a++) {
        struct place at = last_line(part, f->arc[a].from);
        part->branch[a] = (struct branch_at){.file = -1};
        if (at.file < 0 || f->arc[a].from < 2 || !is_branch(f, a))
            continue;
        struct cover_line *line = &cover->file[at.file].line[at.line];
        size_t number = line->n_branches;
        if (again) {
            number = 0;
            for (size_t b = 0; b < a; b++)
                number += part->branch[b].file == at.file &&
                          part->branch[b].line == at.line;
        }
        part->branch[a] = (struct branch_at){at.file, at.line, number};
        if (number < line->n_branches)
            continue;
        line->branch = must_realloc(line->branch, (line->n_branches + 1) *
                                                      sizeof *line->branch);
        line->branch[line->n_branches++] = (struct cover_branch){.n_taken = 0};
    }
}

static void gather_lines(struct cover *cover, const struct gcno *gcno)
{
    for (size_t i = 0; i < gcno->n_functions; i++) {
        const struct gcno_function *f = &gcno->function[i];
        for (size_t l = 0; l < f->n_lines && !f->artificial; l++) {
            int file = file_of(cover, gcno->file[f->lines[l].file]);
            if (file >= 0)
                note_line(&cover->file[file], f->lines[l].line, f->name);
        }
    }
}

static bool place_part(struct cover *cover, const struct unit *unit, size_t i,
                       const struct symbols *symbols)
{
    const struct gcno *gcno = &unit->gcno;
    const struct gcno_function *f = &gcno->function[i];
    struct part *part = &unit->part[i];
    char source[300];
    bool again;
    *part = (struct part){.function = f};
    if (!flow_plan(f, &part->flow))
        return false;
    snprintf(source, sizeof source, "%.250s.c", unit->name);
    part->at = symbols_find(symbols, source, f->name, part->flow.n_counters);
    part->line = must_calloc(f->n_lines + 1, sizeof *part->line);
    part->branch = must_calloc(f->n_arcs + 1, sizeof *part->branch);
    int own = f->artificial ? -1 : file_of(cover, gcno->file[f->file]);
    part->named = name_function(cover, f, own, &again);
    for (size_t l = 0; l < f->n_lines; l++) {
        int file =
            f->artificial ? -1 : file_of(cover, gcno->file[f->lines[l].file]);
        part->line[l] = file >= 0 ? find_line(cover, file, f->lines[l].line)
                                  : (struct place){.file = -1};
    }
    place_branches(cover, part, again);
    return true;
}

static bool read_units(struct cover *cover, char error[300])
{
    struct cover_inside *in = cover->inside;
    DIR *folder = opendir(in->notes);
    bool good = folder != NULL;
    if (!good)
        snprintf(error, 300, "%.200s: %s", in->notes, strerror(errno));
    for (struct dirent *entry; good && (entry = readdir(folder)) != NULL;) {
        size_t n = strlen(entry->d_name);
        char path[4096];
        if (n < 6 || strcmp(entry->d_name + n - 5, ".gcno") != 0)
            continue;
        struct unit unit = {.name = copy(entry->d_name)};
        unit.name[n - 5] = '\0';
        snprintf(path, sizeof path, "%.3000s/%.300s", in->notes, entry->d_name);
        good = gcno_read(path, &unit.gcno, error);
        in->unit = must_realloc(in->unit, (in->n_units + 1) * sizeof *in->unit);
        in->unit[in->n_units++] = unit;
    }
    if (folder != NULL)
        closedir(folder);
    if (good && in->n_units == 0) {
        snprintf(error, 300, "%.200s: has no notes of gcc's", in->notes);
        good = false;
    }
    return good;
}

static bool place_all(struct cover *cover, const struct symbols *symbols,
                      char error[300])
{
    struct cover_inside *in = cover->inside;
    size_t most_arcs = 1, most_blocks = 2;
    qsort(in->unit, in->n_units, sizeof *in->unit, by_unit_name);
    for (size_t u = 0; u < in->n_units; u++)
        gather_lines(cover, &in->unit[u].gcno);
    qsort(cover->file, cover->n_files, sizeof *cover->file, by_name);
    in->stamp = must_calloc(cover->n_files + 1, sizeof *in->stamp);
    for (size_t i = 0; i < cover->n_files; i++) {
        struct cover_file *file = &cover->file[i];
        qsort(file->line, file->n_lines, sizeof *file->line, by_number);
        in->stamp[i] = must_calloc(file->n_lines + 1, sizeof **in->stamp);
    }
    for (size_t u = 0; u < in->n_units; u++) {
        struct unit *unit = &in->unit[u];
        unit->part =
            must_calloc(unit->gcno.n_functions + 1, sizeof *unit->part);
        for (size_t i = 0; i < unit->gcno.n_functions; i++) {
            const struct gcno_function *f = &unit->gcno.function[i];
            if (!place_part(cover, unit, i, symbols)) {
                snprintf(error, 300,
                         "%.100s.gcno: arcs of %.100s() are no"
                         " graph",
                         unit->name, f->name);
                return false;
            }
            most_arcs = f->n_arcs > most_arcs ? f->n_arcs : most_arcs;
            most_blocks = f->n_blocks > most_blocks ? f->n_blocks : most_blocks;
        }
    }
    in->sum = must_calloc(cover->n_counters + 1, sizeof *in->sum);
    in->count = must_calloc(most_arcs, sizeof *in->count);
    in->entered = must_calloc(most_blocks, sizeof *in->entered);
    return true;
}

struct cover *cover_open(const char *object, char error[300])
{
    char notes[4096], folder[4096];
    struct cover *cover = must_calloc(1, sizeof *cover);
    cover->inside = must_calloc(1, sizeof *cover->inside);
    snprintf(notes, sizeof notes, "%.3000s.work", object);
    snprintf(folder, sizeof folder, "%.3000s.work/source", object);
    cover->inside->notes = copy(notes);
    cover->folder = copy(folder);
    struct symbols *symbols = symbols_open(object, &cover->n_counters, error);
    bool good = symbols != NULL && read_units(cover, error) &&
                place_all(cover, symbols, error);
    if (symbols != NULL)
        symbols_free(symbols);
    if (!good) {
        cover_free(cover);
        return NULL;
    }
    return cover;
}

static void free_unit(struct unit *unit)
{
    for (size_t i = 0; unit->part != NULL && i < unit->gcno.n_functions; i++) {
        flow_free(&unit->part[i].flow);
        free(unit->part[i].line);
        free(unit->part[i].branch);
    }
    free(unit->part);
    gcno_free(&unit->gcno);
    free(unit->name);
}

void cover_free(struct cover *cover)
{
    struct cover_inside *in = cover->inside;
    for (size_t u = 0; u < in->n_units; u++)
        free_unit(&in->unit[u]);
    for (size_t i = 0; i < cover->n_files; i++) {
        struct cover_file *file = &cover->file[i];
        for (size_t l = 0; l < file->n_lines; l++) {
            free(file->line[l].branch);
            free(file->line[l].hint);
        }
        free(file->line);
        free(file->function);
        if (in->stamp != NULL)
            free(in->stamp[i]);
    }
    free(in->stamp);
    free(in->unit);
    free(in->notes);
    free(in->sum);
    free(in->count);
    free(in->entered);
    free(in);
    free(cover->file);
    free(cover->folder);
    free(cover);
}

char *cover_source(const struct cover *cover, const struct cover_file *file)
{
    char path[4096];
    snprintf(path, sizeof path, "%.3000s/%.300s", cover->folder, file->name);
    FILE *in = fopen(path, "r");
    if (in == NULL)
        return NULL;
    size_t room = 4096, n = 0;
    char *text = must_malloc(room + 1);
    for (size_t now; (now = fread(text + n, 1, room - n, in)) > 0;) {
        n += now;
        if (n == room)
            text = must_realloc(text, (room *= 2) + 1);
    }
    text[n] = '\0';
    fclose(in);
    return text;
}
