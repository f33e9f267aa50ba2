// save.h -- writes a file as a whole, or not at all.
//
//     struct save save;
//     bool good = save_begin(&save, path) && fputs(text, save.out) >= 0;
//     good = save_end(&save, good);
//
// A regular file is written under another name beside it and takes the old
// one's place when all of it is there. What is no regular file (a device, a
// pipe) has no other name that it could be moved from: it is written in place.
// A symbolic link stays a link: its target is written. A folder that is missing
// is made, as out/ is on a clean clone; not at the root of the file system.
#ifndef GLASSRAFT_SAVE_H
#define GLASSRAFT_SAVE_H

#include <stdbool.h>
#include <stdio.h>

struct save {
    FILE *out;
    char *path, *part; // part NULL: in place
};

// Opens it; false and errno when that cannot be done. Each save_begin() needs
// a save_end().
bool save_begin(struct save *save, const char *path);
// Closes it. The file is the new one when everything was good, this included;
// else the old one is left as it was. False and errno.
bool save_end(struct save *save, bool good);

// All of it at once; false and errno.
bool save_file(const char *path, const void *bytes, size_t n);

// Makes a folder, and those above it, where they are missing. False and errno:
// it is no folder.
bool save_folder(const char *path);

#endif
