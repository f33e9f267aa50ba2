// paint_greys.c -- a picture in greys, for paper.
#include <stdlib.h>
#include <string.h>

#include "paint.h"

// Fills of terms 6, 1, 2 ...: far apart where terms follow each other.
static const unsigned greys[] = {0xC0, 0x50, 0xB0, 0x70, 0xCC, 0x90};

static unsigned mix(unsigned grey, unsigned percent_white)
{
    return grey + (255 - grey) * percent_white / 100;
}

// The grey of a colour "#RRGGBB"; a term's own, else by its lightness.
static unsigned grey_of(const char *colour)
{
    char pale[8];
    for (uint64_t term = 6; term < 12; term++) {
        unsigned grey = greys[term - 6];
        if (strncmp(colour, paint_term(term), 7) == 0)
            return grey;
        if (strncmp(colour, paint_line(term), 7) == 0)
            return 0x40;
        if (strncmp(colour, paint_text(term), 7) == 0)
            break;
        if (strncmp(colour, paint_pale(term, pale), 7) == 0)
            return mix(grey, 45);
        if (strncmp(colour, paint_paler(term, pale), 7) == 0)
            return mix(grey, 68);
    }
    unsigned long rgb = strtoul(colour + 1, NULL, 16) & 0xFFFFFF;
    return (unsigned)((rgb >> 16) * 299 + (rgb >> 8 & 255) * 587 +
                      (rgb & 255) * 114) /
           1000;
}

static bool is_hex(const char *text, size_t n)
{
    return strspn(text, "0123456789ABCDEFabcdef") >= n;
}

static bool follows(const char *dot, const char *at, const char *word)
{
    size_t n = strlen(word);
    return (size_t)(at - dot) >= n && strncmp(at - n, word, n) == 0;
}

// Only where a colour stands: a label's quotes are escaped.
static bool is_colour(const char *dot, const char *at)
{
    return (follows(dot, at, "color=\"") || follows(dot, at, "COLOR=\"") ||
            follows(dot, at, "white:")) &&
           is_hex(at + 1, 6);
}

void paint_greys(char *dot)
{
    for (char *at = dot; (at = strchr(at, '#')) != NULL; at++) {
        if (!is_colour(dot, at))
            continue;
        char grey[8];
        char copy[8];
        memcpy(copy, at, 7);
        copy[7] = '\0';
        unsigned value = grey_of(copy) & 255;
        snprintf(grey, sizeof grey, "#%02X%02X%02X", value, value, value);
        memcpy(at, grey, 7);
    }
}
