// paint.c -- see paint.h.
#include "base/plain.h"
#include "paint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "trace/fields.h"
#include "base/save.h"
#include "svg.h"

static const struct {
    const char *fill, *line, *text;
} hues[] = {
    {"#F0E442", "#8C7B00", "#000000"}, // terms 6, 12 ...
    {"#0072B2", "#00598C", "#FFFFFF"}, {"#E69F00", "#A86F00", "#000000"},
    {"#009E73", "#00755A", "#000000"}, {"#56B4E9", "#2A7FB5", "#000000"},
    {"#CC79A7", "#A3477F", "#000000"},
};

const char *paint_term(uint64_t term)
{
    return term == 0 ? PAINT_FAINT : hues[term % 6].fill;
}

const char *paint_line(uint64_t term)
{
    return term == 0 ? PAINT_QUIET : hues[term % 6].line;
}

const char *paint_text(uint64_t term)
{
    return term == 0 ? "#000000" : hues[term % 6].text;
}

static const char *mix(uint64_t term, int percent_white, char out[8])
{
    unsigned colour = (unsigned)strtoul(paint_term(term) + 1, NULL, 16);
    unsigned mixed = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
        unsigned part = colour >> shift & 255;
        part += (255 - part) * (unsigned)percent_white / 100;
        mixed |= part << shift;
    }
    snprintf(out, 8, "#%06X", mixed & 0xFFFFFF);
    return out;
}

const char *paint_pale(uint64_t term, char out[8])
{
    return mix(term, 45, out);
}

const char *paint_paler(uint64_t term, char out[8])
{
    return mix(term, 68, out);
}

int paint_terminal(uint64_t term)
{
    static const int nearest[] = {178, 32, 172, 36, 74, 175};
    return term == 0 ? 245 : nearest[term % 6];
}

const char *paint_side(int group)
{
    static const char *const fill[] = {"#E9E3F2", "#FBF1DC", "#E4F0F6"};
    return fill[(unsigned)group % 3];
}

// dot reads the text and writes the picture by descriptors: no file beside
// the picture's is ever there. What fails is told, if there is a path.
static bool run_dot(const char *type, const struct svg_pixels *pixels, int text,
                    int picture, const char *path)
{
    char flag[16], dpi[48] = "-Gdpi=110", view[160] = "-Gbgcolor=white";
    snprintf(flag, sizeof flag, "-T%s", type);
    if (pixels != NULL) {
        snprintf(dpi, sizeof dpi, "-Gdpi=%.6f", pixels->per_inch);
        snprintf(view, sizeof view, "-Gviewport=%.6f,%.6f,%.6f,%.6f,%.6f",
                 pixels->width, pixels->height, pixels->scale,
                 pixels->middle[0], pixels->middle[1]);
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        if (dup2(text, STDIN_FILENO) < 0 || dup2(picture, STDOUT_FILENO) < 0)
            _exit(126);
        if (strcmp(type, "png") == 0)
            execlp("dot", "dot", flag, dpi, view, (char *)NULL);
        else
            execlp("dot", "dot", flag, (char *)NULL);
        _exit(127);
    }
    int status = -1;
    bool ended = pid >= 0 && waitpid(pid, &status, 0) >= 0;
    if (path == NULL)
        return ended && status == 0;
    if (!ended)
        fprintf(stderr, "glassraft: cannot run dot: %s\n", strerror(errno));
    else if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        fprintf(stderr, "glassraft: dot: not found; install graphviz, or ask"
                        " for a .dot file\n");
    else if (status != 0)
        fprintf(stderr, "glassraft: dot failed on %s\n", path);
    return pid > 0 && status == 0;
}

// dot's picture is not yet ours.
static bool draw_svg(const char *dot, FILE *text, FILE *out, const char *path)
{
    FILE *raw = tmpfile();
    bool good = raw != NULL;
    if (!good)
        fprintf(stderr, "glassraft: %s: cannot keep what dot draws: %s\n", path,
                strerror(errno));
    else
        good = run_dot("svg", NULL, fileno(text), fileno(raw), path);
    if (good) {
        rewind(raw);
        good = svg_finish(raw, dot, out, path) && fflush(out) == 0;
        if (!good)
            fprintf(stderr, "glassraft: %s: %s\n", path, strerror(errno));
    }
    if (raw != NULL)
        fclose(raw);
    return good;
}

// A PNG has the pixels of what it is for, as the SVG has the points.
static bool draw_png(const char *dot, FILE *text, FILE *out, const char *path)
{
    struct svg_pixels pixels;
    bool sized = false;
    FILE *raw = strncmp(dot, "// for:", 7) == 0 ? tmpfile() : NULL;
    if (raw != NULL) {
        sized = run_dot("svg", NULL, fileno(text), fileno(raw), NULL);
        rewind(raw);
        sized = sized && svg_pixels(raw, dot, path, &pixels);
        fclose(raw);
        rewind(text);
    }
    return run_dot("png", sized ? &pixels : NULL, fileno(text), fileno(out),
                   path);
}

static bool draw(const char *dot, size_t n, const char *type, FILE *out,
                 const char *path)
{
    FILE *text = tmpfile();
    bool good = text != NULL && fwrite(dot, 1, n, text) == n &&
                fflush(text) == 0 && fseek(text, 0, SEEK_SET) == 0;
    if (!good)
        fprintf(stderr, "glassraft: %s: cannot keep its text for dot: %s\n",
                path, strerror(errno));
    else if (strcmp(type, "svg") == 0)
        good = draw_svg(dot, text, out, path);
    else
        good = draw_png(dot, text, out, path);
    if (text != NULL)
        fclose(text);
    return good;
}

double paint_fits(const char *dot, size_t n)
{
    FILE *text = tmpfile(), *raw = tmpfile();
    bool drawn = text != NULL && raw != NULL && fwrite(dot, 1, n, text) == n &&
                 fflush(text) == 0 && fseek(text, 0, SEEK_SET) == 0 &&
                 run_dot("svg", NULL, fileno(text), fileno(raw), NULL);
    if (drawn)
        rewind(raw);
    double fits = drawn ? svg_fits(raw, dot) : 1;
    if (text != NULL)
        fclose(text);
    if (raw != NULL)
        fclose(raw);
    return fits;
}

bool paint_save(const char *dot, size_t n, const char *path)
{
    const char *type = strrchr(path, '.');
    bool drawn = type != NULL && strcmp(type, ".dot") != 0;
    if (type == NULL ||
        (drawn && strcmp(type, ".svg") != 0 && strcmp(type, ".png") != 0)) {
        fprintf(stderr, "glassraft: %s: expected a .svg, .png or .dot file\n",
                path);
        return false;
    }
    struct save save;
    bool told = false, good = save_begin(&save, path);
    if (good && drawn) {
        good = draw(dot, n, type + 1, save.out, path);
        told = !good;
    } else if (good) {
        good = fwrite(dot, 1, n, save.out) == n;
    }
    good = save_end(&save, good);
    if (!good && !told)
        fprintf(stderr, "glassraft: %s: %s\n", path, strerror(errno));
    return good;
}
