// pack_sound.c -- looks through a packed record that a stranger may have made.
#include <string.h>

#include "fields.h"
#include "pack.h"

#define ABSENT UINT64_MAX // as in pack.c

struct walk {
    const uint64_t *word;
    size_t at, n;
    int n_servers;
    bool good;
};

static uint64_t get(struct walk *w)
{
    if (w->at >= w->n) {
        w->good = false;
        return 0;
    }
    return w->word[w->at++];
}

// Bytes in whole words; NULL when there are fewer.
static const char *get_bytes(struct walk *w, uint64_t n)
{
    const char *bytes = (const char *)(w->word + w->at);
    uint64_t left = (w->n - w->at) * sizeof *w->word;
    if (!w->good || n > left) {
        w->good = false;
        return NULL;
    }
    w->at += (size_t)((n + sizeof *w->word - 1) / sizeof *w->word);
    return bytes;
}

static void see_text(struct walk *w)
{
    uint64_t n = get(w);
    if (n == ABSENT)
        return;
    const char *text = get_bytes(w, n < ABSENT ? n + 1 : n);
    w->good = w->good && text[n] == '\0';
}

static void see_entries(struct walk *w)
{
    uint64_t n = get(w);
    for (uint64_t i = 0; i < n && w->good; i++) {
        const char *at = get_bytes(w, sizeof(struct trace_entry));
        struct trace_entry entry;
        if (at == NULL)
            return;
        memcpy(&entry, at, sizeof entry);
        w->good = memchr(entry.command, 0, sizeof entry.command) != NULL;
    }
}

static bool is_server(const struct walk *w, int64_t server)
{
    return server >= TRACE_NONE && server < w->n_servers;
}

static void see_list(struct walk *w, size_t size)
{
    uint64_t n = get(w);
    if (n > UINT32_MAX)
        w->good = false;
    get_bytes(w, n * size);
}

static void see_groups(struct walk *w)
{
    uint64_t n = get(w);
    w->good = w->good && n <= (uint64_t)w->n_servers;
    get_bytes(w, n * sizeof(int));
}

static void see(struct walk *w, const struct trace_field *field)
{
    uint64_t n;
    switch (field->type) {
    case TRACE_AS_NUMBER:
    case TRACE_AS_BOOL:
        get(w);
        break;
    case TRACE_AS_ENDPOINT:
    case TRACE_AS_PEER:
        w->good = is_server(w, (int64_t)get(w)) && w->good;
        break;
    case TRACE_AS_ROLE:
        w->good = get(w) <= TRACE_LEADER && w->good;
        break;
    case TRACE_AS_TEXT:
    case TRACE_AS_OBJECT:
        see_text(w);
        break;
    case TRACE_AS_ENTRIES:
        see_entries(w);
        break;
    case TRACE_AS_EVENTS:
        see_list(w, sizeof(uint64_t));
        break;
    case TRACE_AS_GROUPS:
        see_groups(w);
        break;
    case TRACE_AS_MESSAGE:
        n = get(w);
        if (n != ABSENT)
            get_bytes(w, n);
        break;
    }
}

bool pack_is_sound(const uint64_t *word, size_t room, int n_servers)
{
    enum { HEAD = PACK_HASHED + 4 };
    if (room <= HEAD || word[PACK_SIZE] <= HEAD || word[PACK_SIZE] > room)
        return false;
    struct walk w = {word, HEAD - 1, (size_t)word[PACK_SIZE], n_servers, true};
    uint64_t what = get(&w);
    if ((what & 0xffff) >= TRACE_N_KINDS ||
        !is_server(&w, (int16_t)(what >> 16 & 0xffff)))
        return false;
    see_text(&w);
    for
        EACH_FIELD(field, what & 0xffff)
    if (w.good)
        see(&w, field);
    return w.good && w.at == w.n;
}
