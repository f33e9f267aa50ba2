// paint.h -- colours, text and files of the pictures.
//
// Pictures are DOT text with every position computed by us (layout=nop2 for
// Graphviz) or a table; a child `dot` turns them into SVG or PNG. Positions
// are in points, y downwards; paint_y() turns it round for Graphviz.
#ifndef GLASSRAFT_PAINT_H
#define GLASSRAFT_PAINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PAINT_INK   "#333333"
#define PAINT_QUIET "#6E6E6E"
#define PAINT_FAINT "#B8B8B8"
#define PAINT_FAULT "#B84A00"
#define PAINT_SHADE "#E4E4E4"   // behind what is cut off
#define PAINT_BAR   "#8A8A8A"   // of a chart
#define PAINT_GAP   "#F6D5BF90" // time without a leader, over anything

// Okabe and Ito's colours, safe for the colour-blind, in an order in which
// neighbours differ most; terms go round. Term 0 is grey.
const char *paint_term(uint64_t term); // a fill
const char *paint_line(uint64_t term); // of the same hue, dark enough on white
const char *paint_text(uint64_t term); // on the fill
// The fill mixed with white: pale (45 %) and paler (68 %); 8 bytes into out.
const char *paint_pale(uint64_t term, char out[8]);
const char *paint_paler(uint64_t term, char out[8]);
// Behind the servers of one side of a partition.
const char *paint_side(int group);

// The nearest of the 256 colours of a terminal, legible on dark and light.
int paint_terminal(uint64_t term);
#define PAINT_TERMINAL_FAULT "38;5;166" // as an escape sequence takes it

// Writes text between quotes for DOT; for an HTML label.
void paint_quoted(FILE *out, const char *text);
void paint_html(FILE *out, const char *text);

// Turns all colours of a DOT text into greys, for paper: terms that follow each
// other differ as much as greys can. In place; the length stays.
void paint_greys(char *dot);

// Width of a text in Helvetica, in points (letters.c).
double paint_width(const char *text, double size, bool bold);

// The font of our texts, as DOT attributes. Bold is a font of its own here: an
// HTML label would be measured as thin.
#define PAINT_FONT "fontname=\"Helvetica,Arial,sans-serif\""
#define PAINT_BOLD "fontname=\"Helvetica,Arial,sans-serif bold\""

// Words for those who do not see the picture: its title, and what it shows in
// a sentence or two. A DOT text begins with them.
void paint_alt(FILE *out, const char *title, const char *sentence);

// Writes DOT to path (".dot"), or runs `dot` on it for ".svg" and ".png". The
// file appears whole or not at all. False with one line on stderr.
bool paint_save(const char *dot, size_t n, const char *path);

// How large the smallest type of the picture is, as a share of what its first
// line, "// for:" (svg.h), wants; 1: large enough. Runs dot; where that fails,
// nobody will see the picture: 1.
double paint_fits(const char *dot, size_t n);

#endif
