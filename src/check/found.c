// found.c -- how judges report what they have found, and what a majority is.
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>

int check_majority(const struct check *check)
{
    int n = 0;
    for (int i = 0; i < check->model.n_servers; i++)
        n += check->told.seen[i];
    return n / 2 + 1;
}

void check_show(struct check *check, uint64_t event)
{
    struct check_finding *finding = &check->finding;
    size_t most = sizeof finding->events / sizeof finding->events[0];
    if (event != 0 && finding->n_events < most)
        finding->events[finding->n_events++] = event;
}

bool check_found(struct check *check, const struct trace_event *event,
                 enum finding found, const char *tag, int other,
                 uint64_t earlier, const char *text)
{
    struct check_finding *finding = &check->finding;
    // Whoever records wants the rule behind a property that is broken, too.
    bool first = !check->broken;
    if (!first && (check->reason.tag != NULL || finding->tag[0] != 'P' ||
                   finding->events[0] != event->n))
        return true;
    if (!first)
        finding = &check->reason;
    check->broken = true;
    finding->property = finding_id(found);
    finding->tag = tag;
    snprintf(finding->text, sizeof finding->text, "%s", text);
    finding->n_events = finding->n_servers = 0;
    finding->events[finding->n_events++] = event->n;
    if (first)
        check_show(check, earlier != 0 ? earlier : event->cause);
    finding->servers[finding->n_servers++] = event->node;
    if (other >= 0 && other != event->node)
        finding->servers[finding->n_servers++] = other;
    return false;
}

bool check_broken(struct check *check, const struct trace_event *event,
                  enum finding found, const char *tag, int other,
                  uint64_t earlier, const char *format, ...)
{
    char text[sizeof check->finding.text];
    if (!check_believes(check, found))
        return true;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return check_found(check, event, found, tag, other, earlier, text);
}

const struct check_finding *check_finding(const struct check *check)
{
    return check->broken ? &check->finding : NULL;
}

bool check_lies(struct check *check, const char *tag, int server,
                uint64_t event, const char *format, ...)
{
    struct check_finding *finding = &check->diagnosis;
    *finding = (struct check_finding){.property = finding_id(FINDING_LIVENESS),
                                      .tag = tag};
    va_list args;
    va_start(args, format);
    vsnprintf(finding->text, sizeof finding->text, format, args);
    va_end(args);
    if (event != 0)
        finding->events[finding->n_events++] = event;
    if (server >= 0)
        finding->servers[finding->n_servers++] = server;
    return true;
}
