// stack.c -- the text of a stack: the code under test, and what it called.
//
// A student's functions matter, from the innermost to the one that the harness
// called; of what they called in the harness the first function does. A stack
// without any of theirs is shown as it is.
#include "internal.h"

#include <stdio.h>
#include <string.h>

enum { MOST_LINES = 14 };

static void put(struct stack_text *text, const char *words)
{
    size_t n = strlen("\n      ") + strlen(words);
    if (text->n + n >= text->room)
        return;
    snprintf(text->out + text->n, text->room - text->n, "\n      %s", words);
    text->n += n;
}

static void end_repeat(struct stack_text *text)
{
    char words[60];
    snprintf(words, sizeof words, "... and so on, %d times more",
             text->n_again);
    if (text->n_again > 0)
        put(text, words);
    text->n_again = 0;
}

static void put_line(struct stack_text *text, const char *line)
{
    if (strcmp(line, text->last) == 0) {
        text->n_again++;
        return;
    }
    end_repeat(text);
    if (text->n_lines < MOST_LINES)
        put(text, line);
    snprintf(text->last, sizeof text->last, "%s", line);
    text->n_lines++;
}

void sim_stack_begin(struct stack_text *text, char *out, size_t room)
{
    *text = (struct stack_text){.out = out, .room = room};
    out[0] = '\0';
}

void sim_stack_add(struct stack_text *text, const char *place,
                   enum frame_kind kind)
{
    if (text->ended || kind == FRAME_NONE)
        return;
    if (kind == FRAME_PROGRAM) {
        if (!text->program && text->n_harness > 0)
            put_line(text, text->before);
        text->program = true;
        put_line(text, place);
    } else if (text->program) {
        text->ended = true;
    } else {
        snprintf(text->before, sizeof text->before, "%s", place);
        if (text->n_harness < MOST_HARNESS)
            snprintf(text->harness[text->n_harness++], sizeof text->before,
                     "%s", place);
    }
}

size_t sim_stack_end(struct stack_text *text)
{
    for (int i = 0; !text->program && i < text->n_harness; i++)
        put_line(text, text->harness[i]);
    end_repeat(text);
    return text->n;
}
