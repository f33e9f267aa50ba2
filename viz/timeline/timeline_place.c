// timeline_place.c -- where things lie on a timeline's page.
#include "timeline.h"

#include "viz/draw/paint.h"

double timeline_x(const struct drawing *d, int server)
{
    // A server that is not shown is thought where it would stand.
    int lane = d->lane[server];
    for (int i = server; lane < 0 && i > 0; i--)
        lane = d->lane[i - 1];
    return d->left + (lane < 0 ? 0 : lane) * d->pitch;
}

double timeline_right(const struct drawing *d)
{
    return d->left + (d->n_lanes > 0 ? d->n_lanes - 1 : 0) * d->pitch;
}

double timeline_margin(const struct drawing *d)
{
    return timeline_right(d) + d->margin;
}

double timeline_y(const struct drawing *d, const struct trace_event *event)
{
    size_t at = (size_t)(event - d->scene.trace->event);
    if (at < d->scene.begin)
        return TIMELINE_TOP;
    return at >= d->scene.end ? d->end : d->y[at - d->scene.begin];
}

bool timeline_on_page(const struct drawing *d, double y)
{
    return y >= d->from && (y < d->until || d->page == d->n_pages);
}

double timeline_dot_y(const struct drawing *d, double y)
{
    return -(y - d->from + TIMELINE_TOP);
}

bool timeline_dims(const struct drawing *d, const struct trace_event *event)
{
    return d->dims && event != NULL && event->kind != TRACE_ACT &&
           !d->causes.past[event - d->scene.trace->event];
}

// Graphviz paints the clusters of one level in no certain order, but a cluster
// before those inside it: so what must lie behind stays open around the rest.
void timeline_rectangle(struct drawing *d, struct box box, bool base,
                        const char *looks)
{
    fprintf(d->back,
            "subgraph cluster_%d { graph [bb=\"%.1f,%.1f,%.1f,%.1f\", %s,"
            " label=\"\"];%s\n",
            d->n_names++, box.left, timeline_dot_y(d, box.bottom), box.right,
            timeline_dot_y(d, box.top), looks, base ? "" : " }");
    d->depth += base;
}
