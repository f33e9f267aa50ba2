// saved.c -- see saved.h.
#include "saved.h"

#include <stdlib.h>

#include "base/die.h"

void saved_image_set(struct saved_image *image, const struct saved_state *state,
                     uint64_t n_cuts)
{
    struct saved_state news = *state, none = *state;
    bool grows = image->n_cuts == n_cuts && image->n_entries > 0;
    image->n_same = grows ? image->n_log : 0;
    image->same_snapshot =
        image->last_included_index == state->last_included_index;
    if (grows) {
        news.entries.entry += image->n_entries;
        news.entries.n -= image->n_entries;
    }
    none.entries.n = 0;
    image->n = image->n_same + message_size(&saved_state_type, &news);
    if (image->n > image->room) {
        image->room = 2 * image->n;
        image->bytes = must_realloc(image->bytes, image->room);
    }
    message_put(&saved_state_type, &news, image->bytes + image->n_same);
    image->n_log = image->n - message_size(&saved_state_type, &none);
    image->n_entries = state->entries.n;
    image->n_cuts = n_cuts;
    image->last_included_index = state->last_included_index;
}

void saved_image_free(struct saved_image *image)
{
    free(image->bytes);
    *image = (struct saved_image){0};
}
