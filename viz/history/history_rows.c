// history_rows.c -- how much of a history has room.
#include "history.h"

void history_take_room(struct history_picture *p, const struct viz_room *room,
                       double usual, int usual_rows)
{
    enum { TYPE = 9, PITCH = 42, AROUND = 190, LOW = 150 };
    p->room = *room;
    p->widest = usual;
    p->most_rows = usual_rows;
    if (room->format == NULL)
        return;
    p->least = TYPE;
    p->widest = viz_room_width(room, TYPE);
    double high =
        viz_room_height(room, TYPE) - (viz_room_is_low(room) ? LOW : AROUND);
    if (high < PITCH * usual_rows)
        p->most_rows = high < PITCH ? 1 : (int)(high / PITCH);
}

bool history_show(struct history_picture *p, struct drawn *d)
{
    int n_clients = 0;
    bool known = false;
    for (size_t i = 0; i < p->n && !known && p->least > 0; i++) {
        const struct drawn *other = &p->op[i];
        bool first = other->visible;
        for (size_t k = 0; k < i && first; k++)
            first = !p->op[k].visible || p->op[k].op.client != other->op.client;
        n_clients += first;
        known = other->visible && other->op.client == d->op.client;
    }
    d->visible = known || p->least <= 0 || n_clients < p->most_rows;
    return d->visible;
}
