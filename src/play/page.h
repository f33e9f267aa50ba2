// page.h -- the page of glassraft play.
#ifndef GLASSRAFT_PLAY_PAGE_H
#define GLASSRAFT_PLAY_PAGE_H

#include <stdio.h>

// Writes it, with what it begins with: the JSON of table_start().
void play_page(FILE *out, const char *start);

#endif
