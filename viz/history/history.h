// history.h -- what the files of the history's picture share.
//
// Time runs to the right, a row for each client, a bar for each operation from
// its call to its return. history.c chooses the operations and gives each its
// place; history_draw.c draws them.
#ifndef GLASSRAFT_HISTORY_HISTORY_H
#define GLASSRAFT_HISTORY_HISTORY_H

#include "check/clients.h"
#include "viz/draw/shapes.h"
#include "viz/draw/viz.h"

#define HISTORY_LEFT 58.0

// One operation, shown or not.
struct drawn {
    struct linear_operation op;
    bool never;                        // it surely did not happen
    bool returned;                     // false: it has no end
    const char *result;                // of its return, "" = none
    const struct clients_answer *by;   // NULL: not known
    const struct clients_entry *entry; // the first that was applied; NULL
    uint64_t index;                    // of that, or as told; 0 = not known
    uint64_t again;                    // of a retry that was applied, too
    bool lost;                         // had entries, none of them was applied
    bool proves, wrong;                // is of the sub-history; the wrong one
    size_t place;                      // in the order that was found; 0 = none
    bool matches, visible;             // is asked for; and has room
    int row;
    double left, right;
    char label[80], note[120];
};

// A moment of the axis: a call or a return of what is visible, or the end.
struct instant {
    uint64_t at, us; // as the operations' called and returned; its time
    size_t of;       // n: the end of the run
    bool is_return;
    size_t n_hidden; // operations that begin between the last one and this
    double x, cut;   // cut: width before it that stands for a longer time
};

struct history_picture {
    const struct trace_file *trace; // NULL: a history without one
    const char *name, *seed;        // "" = none
    struct clients *clients;        // NULL likewise
    struct clients_verdict verdict; // its history is [n_history]
    const char *unjudged;           // why it was not judged; NULL: it was
    struct drawn *op;
    size_t n, n_visible, n_matching; // all; visible; that were asked for
    bool ordered;                    // each key has its order
    struct instant *instant;
    size_t n_instants;
    int n_rows;
    uint64_t *client_of_row;
    double width, top, bottom; // of the rows
    // What a format leaves, and its smallest type; without one 0.
    struct viz_room room;
    double widest, least;
    int most_rows;
};

// history.c: fills in all but trace, name, clients and verdict.
void history_place(struct history_picture *p, const struct viz_window *window,
                   const struct viz_history *asked);

// history_rows.c: the room of the picture, as wide and with as many rows where
// no format is asked for; is an operation shown, where rather more of the
// clients with a row are than more clients?
void history_take_room(struct history_picture *p, const struct viz_room *room,
                       double usual, int usual_rows);
bool history_show(struct history_picture *p, struct drawn *d);

// history_draw.c: the picture; where a time lies on its axis.
void history_draw(struct history_picture *p, FILE *out);
// A size of type that is large enough for the room.
static inline double history_type(const struct history_picture *p, double size)
{
    return size < p->least ? p->least : size;
}
double history_x(const struct history_picture *p, uint64_t us);

#endif
