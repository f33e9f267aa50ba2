// format.c -- the sizes of finished pictures: see viz.h.
#include <string.h>

#include "viz.h"

const struct viz_format *viz_format(const char *name)
{
    static const struct viz_format formats[] = {
        {"slide", 960, 540, 14},  // 16:9, as presentations have it
        {"column", 240, 0, 6},    // of a paper in two columns
        {"readme", 660, 0, 7},    // 880 pixels
        {"screen", 1080, 675, 8}, // 1440 by 900 pixels
    };
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

enum { EDGES = 30 }; // what dot leaves empty around a picture

double viz_format_width(const struct viz_format *format, double type)
{
    return format->width * type / format->least - EDGES;
}

double viz_format_height(const struct viz_format *format, double type)
{
    return format->height * type / format->least - EDGES;
}
