// letters.c -- how wide a text is: see paint_width() in paint.h.
//
// The widths of Helvetica, which Arial and Liberation Sans have as well. An
// SVG tells every viewer to keep to them (svg.c), whatever font it has.
#include <stdint.h>

#include "paint.h"

enum { FIRST = ' ', LAST = '~', SYMBOL = 800 };

// Thousandths of the size, from ' ' to '~'.
static const uint16_t plain[] = {
    278, 278, 355, 556, 556,  889, 667, 191, 333, 333, 389, 584, 278, 333,
    278, 278, 556, 556, 556,  556, 556, 556, 556, 556, 556, 556, 278, 278,
    584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
    500, 667, 556, 833, 722,  778, 667, 778, 722, 667, 611, 722, 667, 944,
    667, 667, 611, 278, 278,  278, 469, 556, 333, 556, 556, 500, 556, 556,
    278, 556, 556, 222, 222,  500, 222, 833, 556, 556, 556, 556, 333, 500,
    278, 556, 500, 722, 500,  500, 500, 334, 260, 334, 584,
};
static const uint16_t bold[] = {
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333,
    278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333,
    584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278,
    556, 722, 611, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944,
    667, 667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611, 556,
    333, 611, 611, 278, 278, 556, 278, 889, 611, 611, 611, 611, 389, 556,
    333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
};

// Of the letters of Latin-1 and the signs that our pictures use.
static unsigned other(const unsigned char *c)
{
    bool latin = c[0] == 0xC3 && c[1] != 0x97;
    bool dot = c[0] == 0xC2 && c[1] == 0xB7;
    bool wide = c[0] == 0xE2 && c[1] == 0x80 && (c[2] == 0xA6 || c[2] == 0x94);
    bool sum = c[0] == 0xC3 || (c[0] == 0xE2 && c[1] == 0x88) ||
               (c[0] == 0xE2 && c[1] == 0x89); // × − ≤
    return latin                  ? 600
           : dot                  ? 278
           : wide || c[0] >= 0xE3 ? 1000
           : sum                  ? 584
                                  : SYMBOL;
}

double paint_width(const char *text, double size, bool is_bold)
{
    const uint16_t *widths = is_bold ? bold : plain;
    unsigned width = 0;
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c >= FIRST && c <= LAST)
            width += widths[c - FIRST];
        else if (c >= 0xC0)
            width += other((const unsigned char *)text);
    }
    return width * size / 1000;
}
