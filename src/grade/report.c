// report.c -- see report.h: the formats by name.
#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "base/die.h"
#include "base/text.h"

static const struct {
    const char *name;
    enum report_format format;
    void (*print)(const struct grade *grade, FILE *out);
} formats[] = {
    {"text", REPORT_TEXT, report_text},
    {"gradescope", REPORT_GRADESCOPE, report_gradescope},
    {"junit", REPORT_JUNIT, report_junit},
    {"tap", REPORT_TAP, report_tap},
    {"json", REPORT_JSON, report_json},
    {"csv", REPORT_CSV, report_csv},
};

enum { N_FORMATS = sizeof formats / sizeof formats[0] };

bool report_format(const char *name, enum report_format *format)
{
    for (int i = 0; i < N_FORMATS; i++)
        if (strcmp(formats[i].name, name) == 0) {
            *format = formats[i].format;
            return true;
        }
    return false;
}

void report_print(enum report_format format, const struct grade *grade,
                  FILE *out)
{
    for (int i = 0; i < N_FORMATS; i++)
        if (formats[i].format == format)
            formats[i].print(grade, out);
}

bool report_write(enum report_format format, const struct grade *grade,
                  const char *path)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = must_stream(&text, &n);
    report_print(format, grade, out);
    fclose(out);
    bool good = text_write_file(path, text, n);
    free(text);
    return good;
}
