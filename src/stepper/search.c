// search.c -- see search.h.
#include "search.h"

#include <stdio.h>

#include "sim/sim.h"

void search_ask(struct search *search, enum order order, uint32_t code)
{
    search->mail->order = order;
    search->mail->code = code;
    sim_go_on();
}

void search_give_up(struct search *search, const char *text)
{
    snprintf(search->post->text, sizeof search->post->text, "%s", text);
    atomic_store(&search->shared->stop, true);
}
