// findings.c -- see findings.h.
#include "findings.h"

#include <stddef.h>
#include <string.h>

static const char any[] = "*";
#define ANY any
// The test that points do not depend on words has other words.
#ifndef FINDING_WORDS
#define FINDING_WORDS(headline) headline
#endif

static const struct {
    const char *id, *tags, *headline;
    enum finding_cost cost;
} findings[N_FINDINGS] = {
#define FINDING(name, id, tags, cost, headline, besides, needs, whole)         \
    [FINDING_##name] = {id, tags, FINDING_WORDS(headline), FINDING_IS_##cost},
#include "findings.def"
#undef FINDING
};

const char *finding_id(enum finding finding)
{
    return finding != FINDING_NONE ? findings[finding].id : "";
}

enum finding finding_of(const char *id)
{
    for (int i = 1; id != NULL && i < N_FINDINGS; i++)
        if (strcmp(findings[i].id, id) == 0)
            return (enum finding)i;
    return FINDING_NONE;
}

bool finding_is(const char *id, enum finding finding)
{
    return id != NULL && finding != FINDING_NONE &&
           strcmp(findings[finding].id, id) == 0;
}

enum finding_cost finding_cost(const char *id, const char *tag)
{
    enum finding finding = finding_of(id);
    if (finding != FINDING_NONE)
        return findings[finding].cost;
    return tag != NULL && tag[0] != '\0' ? FINDING_IS_SAFETY : FINDING_IS_LAB;
}

bool finding_has_tag(enum finding finding, const char *tag)
{
    const char *at = findings[finding].tags;
    size_t n = strlen(tag);
    if (at == any || n == 0)
        return true;
    for (; (at = strstr(at, tag)) != NULL; at += n)
        if (at[n] == ' ' || at[n] == '\0')
            return true;
    return false;
}

const char *finding_headline(const char *id)
{
    enum finding finding = finding_of(id);
    return finding != FINDING_NONE ? findings[finding].headline
           : id != NULL            ? id
                                   : "";
}
