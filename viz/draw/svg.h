// svg.h -- an SVG of dot's made to look the same in every viewer.
//
// dot trusts the viewer to have the font that it measured with. Here each text
// is told its width, that of paint_width(), which the boxes were made for, and
// centred text is anchored at its middle. Readers who cannot see the picture
// get its title and a sentence; what dot names its parts for itself goes.
#ifndef GLASSRAFT_SVG_H
#define GLASSRAFT_SVG_H

#include <stdbool.h>
#include <stdio.h>

// Copies the SVG that dot made of the text `dot`; the lines that paint_alt()
// began that with become its words. False, with errno, when that fails.
//
// A DOT text that begins with "// for: WIDTH HEIGHT TYPE NAME PIXELS" becomes a
// picture of that size in points (height 0: as high as it needs); type that is
// smaller then is told on stderr, as the file's at path.
bool svg_finish(FILE *in, const char *dot, FILE *out, const char *path);

// The smallest type that it would have, as a share of what is wanted: 1 and
// more is large enough.
double svg_fits(FILE *in, const char *dot);

// The same picture in pixels: the size in points, pixels to an inch, the scale
// at which dot draws into that, and what of the drawing is in the middle.
struct svg_pixels {
    double width, height, per_inch, scale, middle[2];
};
// False: the DOT text says nothing of its size. Tells of small type, as
// svg_finish().
bool svg_pixels(FILE *in, const char *dot, const char *path,
                struct svg_pixels *pixels);

#endif
