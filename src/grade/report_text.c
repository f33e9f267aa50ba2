// report_text.c -- a grade as text, TAP and CSV, and the reasons as texts.
#include "report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/text.h"

// Failures that the text for terminals explains.
enum { SHOWN = 5 };

// Without the last newline.
static char *end_text(FILE *out, char **text, size_t *n)
{
    fclose(out);
    if (*n > 0 && (*text)[*n - 1] == '\n')
        (*text)[*n - 1] = '\0';
    return *text;
}

char *report_why(const struct grade *grade, int task)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = must_stream(&text, &n);
    grade_why(grade, task, out);
    return end_text(out, &text, &n);
}

char *report_remarks(const struct grade *grade)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = must_stream(&text, &n);
    grade_remarks(grade, out);
    return end_text(out, &text, &n);
}

static const char *name_of(const struct grade *grade, int task)
{
    return grade->rubric->task[task].scenario->name;
}

static const char *part_of(const struct grade *grade, int task)
{
    return grade->rubric->part[grade->rubric->task[task].part];
}

// Each line of a text behind this.
static void print_lines(FILE *out, const char *before, const char *text)
{
    while (*text != '\0') {
        size_t n = strcspn(text, "\n");
        fprintf(out, "%s%.*s\n", before, (int)n, text);
        text += n + (text[n] == '\n');
    }
}

static void print_tap_name(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '#' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
}

void report_tap(const struct grade *grade, FILE *out)
{
    char *remarks = report_remarks(grade);
    fprintf(out, "TAP version 13\n1..%d\n", grade->rubric->n_tasks);
    print_lines(out, "# ", remarks);
    free(remarks);
    for (int i = 0; i < grade->rubric->n_tasks; i++) {
        int points = grade_task_points(grade, i);
        int most = grade->rubric->task[i].points;
        bool good = grade->task[i].state == GRADE_PASSED && points == most;
        fprintf(out, "%sok %d - ", good ? "" : "not ", i + 1);
        print_tap_name(out, part_of(grade, i));
        fprintf(out, ": %s (%d of %d points)\n", name_of(grade, i), points,
                most);
        if (good)
            continue;
        char *why = report_why(grade, i);
        fprintf(out, "  ---\n  message: |\n");
        print_lines(out, "    ", why);
        fprintf(out, "  severity: fail\n  ...\n");
        free(why);
    }
    fprintf(out, "# %d of %d points\n", grade_points(grade),
            rubric_points(grade->rubric));
}

static const char *state_word(const struct grade_task *task)
{
    return task->state == GRADE_PASSED   ? "passed"
           : task->state == GRADE_FAILED ? "failed"
                                         : "not run";
}

void report_csv(const struct grade *grade, FILE *out)
{
    fprintf(out, "submission,digest,lab,part,scenario,points,max_points,status,"
                 "seeds,run,failed,not_set_up,property,rule,why\r\n");
    for (int i = 0; i < grade->rubric->n_tasks; i++) {
        const struct grade_task *task = &grade->task[i];
        char *why = report_why(grade, i);
        text_csv(out, grade->submission.name);
        fprintf(out, ",%016" PRIx64 ",%u,", grade->submission.digest,
                grade->rubric->lab);
        text_csv(out, part_of(grade, i));
        fprintf(out,
                ",%s,%d,%d,%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",",
                name_of(grade, i), grade_task_points(grade, i),
                grade->rubric->task[i].points, state_word(task), task->n_seeds,
                task->n_run, task->n_failed, task->n_not_set_up);
        text_csv(out, task->first.property);
        fputc(',', out);
        text_csv(out, task->first.tag);
        fputc(',', out);
        text_csv(out, why);
        fprintf(out, "\r\n");
        free(why);
    }
}

static void print_part(const struct grade *grade, int part, FILE *out)
{
    fprintf(out, "%-58s %4d of %3d\n", grade->rubric->part[part],
            grade_part_points(grade, part),
            rubric_part_points(grade->rubric, part));
    for (int i = 0; i < grade->rubric->n_tasks; i++) {
        char state[64];
        if (grade->rubric->task[i].part != part)
            continue;
        grade_state_text(grade, i, state, sizeof state);
        fprintf(out, "  %-28s %-27s %4d of %3d\n", name_of(grade, i), state,
                grade_task_points(grade, i), grade->rubric->task[i].points);
    }
}

void report_text(const struct grade *grade, FILE *out)
{
    char *remarks = report_remarks(grade);
    fprintf(out, "%s: lab %u, %s\n", grade->submission.name, grade->rubric->lab,
            grade->rubric->title);
    print_lines(out, "", remarks);
    free(remarks);
    for (int part = 0; part < grade->rubric->n_parts; part++)
        print_part(grade, part, out);
    int n_failed = 0;
    for (int i = 0; i < grade->rubric->n_tasks; i++) {
        n_failed += grade->task[i].state == GRADE_FAILED;
        if (grade->task[i].state != GRADE_FAILED || n_failed > SHOWN)
            continue;
        char *why = report_why(grade, i);
        fprintf(out, "\nFAIL %s  ", name_of(grade, i));
        size_t n = strcspn(why, "\n");
        fprintf(out, "%.*s\n", (int)n, why);
        print_lines(out, "  ", why + n + (why[n] == '\n'));
        free(why);
    }
    if (n_failed > SHOWN)
        fprintf(out, "\n%d more scenario%s failed; --report json shows all\n",
                n_failed - SHOWN, n_failed - SHOWN == 1 ? "" : "s");
    fprintf(out, "\n%d of %d points\n", grade_points(grade),
            rubric_points(grade->rubric));
}
