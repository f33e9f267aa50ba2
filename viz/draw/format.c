// format.c -- the sizes of finished pictures: see viz.h.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "paint.h"
#include "viz.h"

const struct viz_format *viz_format(const char *name)
{
    static const struct viz_format formats[] = {
        {"slide", 960, 540, 14, 1920},  // 16:9, as presentations have it
        {"column", 240, 0, 6, 1000},    // of a paper: 300 pixels an inch
        {"readme", 660, 0, 7, 880},     // as pages show it
        {"screen", 1080, 675, 8, 1440}, // 1440 by 900 pixels
    };
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

enum { EDGES = 30 }; // what dot leaves empty around a picture

// What fits into a width of 10 fits, a little smaller, the next time.
static double shrunk(double points, int less)
{
    return points * pow(0.95, less);
}

double viz_room_width(const struct viz_room *room, double type)
{
    const struct viz_format *f = room->format;
    return shrunk(f->width * type / f->least - EDGES, room->less);
}

double viz_room_height(const struct viz_room *room, double type)
{
    const struct viz_format *f = room->format;
    return f->height <= 0
               ? HUGE_VAL
               : shrunk(f->height * type / f->least - EDGES, room->less);
}

bool viz_room_is_low(const struct viz_room *room)
{
    return room->format != NULL && room->format->height > 0 &&
           room->format->least > 10;
}

bool viz_room_is_narrow(const struct viz_room *room)
{
    return room->format != NULL && room->format->width < 400;
}

char *viz_fitted(const struct viz_format *format,
                 void (*draw)(void *context, struct viz_room room, FILE *out),
                 void *context, size_t *n)
{
    enum { TRIES = 14 };
    char *best = NULL;
    double most = -1;
    for (int less = 0; less < TRIES && most < 1; less++) {
        char *text = NULL;
        size_t n_text;
        FILE *out = must_stream(&text, &n_text);
        if (format != NULL)
            fprintf(out, "// for: %.0f %.0f %.1f %s %d\n", format->width,
                    format->height, format->least, format->name,
                    format->pixels);
        draw(context, (struct viz_room){format, less}, out);
        fclose(out);
        double fits = format == NULL ? 1 : paint_fits(text, n_text);
        if (fits > most) {
            free(best);
            best = text;
            *n = n_text;
            most = fits;
        } else
            free(text);
    }
    return best;
}
