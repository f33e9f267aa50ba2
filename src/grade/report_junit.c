// report_junit.c -- see report.h: JUnit's XML.
//
// No times: they would differ from run to run, and say nothing of a simulated
// run.
#include "report.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"
#include "check/findings.h"

struct counts {
    int tests, failures, errors;
};

// What was not run is the student's fault if they have used up the time or it
// does not build, otherwise ours.
static bool is_error(const struct grade *grade, int task)
{
    return grade->task[task].state == GRADE_NOT_RUN &&
           grade->submission.problem == NULL && !grade->out_of_time;
}

static bool is_failure(const struct grade *grade, int task)
{
    return !is_error(grade, task) &&
           (grade->task[task].state != GRADE_PASSED ||
            grade_zeroed_by(grade, grade->rubric->task[task].part) >= 0);
}

// Of a part, or of all with -1.
static struct counts count(const struct grade *grade, int part)
{
    struct counts counts = {0, 0, 0};
    for (int i = 0; i < grade->rubric->n_tasks; i++)
        if (part < 0 || grade->rubric->task[i].part == part) {
            counts.tests++;
            counts.failures += is_failure(grade, i);
            counts.errors += is_error(grade, i);
        }
    return counts;
}

static void print_counts(FILE *out, struct counts counts)
{
    fprintf(out, " tests=\"%d\" failures=\"%d\" errors=\"%d\"", counts.tests,
            counts.failures, counts.errors);
}

static void print_property(FILE *out, const char *name, const char *value)
{
    fprintf(out, "        <property name=\"%s\" value=\"", name);
    text_xml(out, value);
    fprintf(out, "\"/>\n");
}

static void print_properties(const struct grade *grade, int task, FILE *out)
{
    char text[300];
    const struct grade_finding *finding = &grade->task[task].first;
    fprintf(out, "      <properties>\n");
    snprintf(text, sizeof text, "%d of %d", grade_task_points(grade, task),
             grade->rubric->task[task].points);
    print_property(out, "points", text);
    grade_state_text(grade, task, text, sizeof text);
    print_property(out, "state", text);
    grade_replay(grade, task, text, sizeof text);
    if (text[0] != '\0') {
        print_property(out, "replay", text);
        snprintf(text, sizeof text, "0x%" PRIx64, finding->seed);
        print_property(out, "seed", text);
    }
    if (finding->tag[0] != '\0')
        print_property(out, "rule", finding->tag);
    fprintf(out, "      </properties>\n");
}

static void print_outcome(const struct grade *grade, int task, FILE *out)
{
    const struct grade_finding *finding = &grade->task[task].first;
    const char *element = is_error(grade, task) ? "error" : "failure";
    bool failed = grade->task[task].state == GRADE_FAILED;
    if (!is_error(grade, task) && !is_failure(grade, task))
        return;
    char *why = report_why(grade, task);
    fprintf(out, "      <%s type=\"", element);
    text_xml(out, failed ? finding_headline(finding->property) : "no points");
    fprintf(out, "\" message=\"");
    text_xml(out, failed ? finding->text : why);
    fprintf(out, "\">");
    text_xml(out, why);
    fprintf(out, "</%s>\n", element);
    char replay[300];
    grade_replay(grade, task, replay, sizeof replay);
    if (replay[0] != '\0' || finding->printed != NULL) {
        fprintf(out, "      <system-out>");
        text_xml(out, replay);
        fprintf(out, "\n");
        text_xml(out, finding->printed != NULL ? finding->printed : "");
        fprintf(out, "</system-out>\n");
    }
    free(why);
}

static void print_case(const struct grade *grade, int task, FILE *out)
{
    const struct rubric_task *asked = &grade->rubric->task[task];
    fprintf(out, "    <testcase classname=\"lab%u.", grade->rubric->lab);
    text_xml(out, grade->rubric->part[asked->part]);
    fprintf(out, "\" name=\"");
    text_xml(out, asked->scenario->name);
    fprintf(out, "\">\n");
    print_properties(grade, task, out);
    print_outcome(grade, task, out);
    fprintf(out, "    </testcase>\n");
}

static void print_suite(const struct grade *grade, int part, FILE *out)
{
    char *remarks = report_remarks(grade);
    fprintf(out, "  <testsuite name=\"");
    text_xml(out, grade->rubric->part[part]);
    fprintf(out, "\"");
    print_counts(out, count(grade, part));
    fprintf(out, ">\n");
    for (int i = 0; i < grade->rubric->n_tasks; i++)
        if (grade->rubric->task[i].part == part)
            print_case(grade, i, out);
    if (remarks[0] != '\0') {
        fprintf(out, "    <system-err>");
        text_xml(out, remarks);
        fprintf(out, "</system-err>\n");
    }
    fprintf(out, "  </testsuite>\n");
    free(remarks);
}

void report_junit(const struct grade *grade, FILE *out)
{
    fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                 "<testsuites name=\"");
    text_xml(out, grade->submission.name);
    fprintf(out, " lab %u\"", grade->rubric->lab);
    print_counts(out, count(grade, -1));
    fprintf(out, ">\n");
    for (int part = 0; part < grade->rubric->n_parts; part++)
        print_suite(grade, part, out);
    fprintf(out, "</testsuites>\n");
}
