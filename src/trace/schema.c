// schema.c -- the JSON Schema and the page's tables, from the table of kinds.
#include "trace.h"

#include "fields.h"

// A JSON string of a text.
static void put_text(FILE *out, const char *text)
{
    char quoted[512];
    trace_quote(text, quoted, sizeof quoted);
    fputs(quoted, out);
}

// In the order of enum trace_type: the schema's definition and a word for it.
static const struct {
    const char *name, *schema, *word;
} types[] = {
    [TRACE_AS_NUMBER] = {"number",
                         "{\"anyOf\":[{\"type\":\"integer\",\"minimum\":0,"
                         "\"exclusiveMaximum\":1000000000000000},"
                         "{\"type\":\"string\","
                         "\"pattern\":\"^0x[0-9a-fA-F]{1,16}$\"}]}",
                         "number"},
    [TRACE_AS_PEER] = {"server",
                       "{\"type\":[\"integer\",\"null\"],\"minimum\":0,"
                       "\"maximum\":255}",
                       "server or null"},
    [TRACE_AS_ENDPOINT] = {"endpoint", "{\"$ref\":\"#/$defs/server\"}",
                           "server or null"},
    [TRACE_AS_BOOL] = {"bool", "{\"type\":\"boolean\"}", "true or false"},
    [TRACE_AS_ROLE] = {"role",
                       "{\"enum\":[\"follower\",\"candidate\",\"leader\"]}",
                       "role"},
    [TRACE_AS_TEXT] = {"text", "{\"type\":\"string\"}", "text"},
    [TRACE_AS_ENTRIES] = {"entries",
                          "{\"type\":\"array\",\"items\":{\"type\":\"object\","
                          "\"required\":[\"term\"],\"properties\":{"
                          "\"term\":{\"$ref\":\"#/$defs/number\"},"
                          "\"command\":{\"type\":\"string\"},"
                          "\"bytes\":{\"$ref\":\"#/$defs/number\"}}}}",
                          "list of entries"},
    [TRACE_AS_EVENTS] = {"events",
                         "{\"type\":\"array\","
                         "\"items\":{\"$ref\":\"#/$defs/number\"}}",
                         "list of event numbers"},
    [TRACE_AS_GROUPS] = {"groups",
                         "{\"type\":\"array\",\"items\":{\"type\":\"integer\","
                         "\"minimum\":0}}",
                         "list of numbers"},
    [TRACE_AS_MESSAGE] = {"message",
                          "{\"type\":\"object\",\"properties\":{"
                          "\"entries\":{\"$ref\":\"#/$defs/entries\"}}}",
                          "object"},
    [TRACE_AS_OBJECT] = {"object", "{\"type\":\"object\"}", "object"},
};

enum { N_TYPES = sizeof types / sizeof types[0] };

static void schema_kind(FILE *out, const struct trace_kind_info *kind)
{
    fprintf(out, "{\"if\":{\"properties\":{\"ev\":{\"const\":\"%s\"}}},\n",
            kind->name);
    fputs("   \"then\":{\"description\":", out);
    put_text(out, kind->about);
    fputs(",\n    \"properties\":{", out);
    for (const struct trace_field *f = kind->fields; f->name != NULL; f++) {
        fprintf(out, "%s\n     \"%s\":{\"$ref\":\"#/$defs/%s\",",
                f > kind->fields ? "," : "", f->name, types[f->type].name);
        fputs("\"description\":", out);
        put_text(out, f->about);
        fputs("}", out);
    }
    fputs("},\n    \"required\":[", out);
    const char *comma = "";
    if (kind != &trace_kinds[TRACE_VERDICT]) {
        fputs("\"n\"", out);
        comma = ",";
    }
    fprintf(out, "%s\"us\"", comma);
    for (const struct trace_field *f = kind->fields; f->name != NULL; f++)
        if (!f->optional)
            fprintf(out, ",\"%s\"", f->name);
    fputs("]}}", out);
}

static const char schema_header[] =
    "{\"if\":{\"properties\":{\"ev\":{\"const\":\"trace\"}}},\n"
    "   \"then\":{\"description\":\"line 1: the header\",\n"
    "    \"properties\":{\"v\":{\"const\":1},\n"
    "     \"scenario\":{\"type\":\"string\"},\"seed\":{\"type\":\"string\"},\n"
    "     \"servers\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":256},\n"
    "     \"mode\":{\"enum\":[\"sim\",\"real\"]},\n"
    "     \"glassraft\":{\"type\":\"string\"},\n"
    "     \"raft\":{\"type\":\"string\"},\n"
    "     \"members\":{\"enum\":[\"fixed\",\"change\"]}},\n"
    "    \"required\":[\"v\",\"scenario\",\"seed\",\"servers\",\"mode\","
    "\"glassraft\"]}}";

static const char schema_common[] =
    " \"properties\":{\n"
    "  \"ev\":{\"type\":\"string\",\"description\":\"the kind\"},\n"
    "  \"n\":{\"$ref\":\"#/$defs/number\"},\n"
    "  \"us\":{\"$ref\":\"#/$defs/number\"},\n"
    "  \"node\":{\"$ref\":\"#/$defs/server\"},\n"
    "  \"inc\":{\"$ref\":\"#/$defs/number\"},\n"
    "  \"rule\":{\"type\":\"string\"},\n"
    "  \"cause\":{\"$ref\":\"#/$defs/number\"}},\n";

void trace_print_schema(FILE *out)
{
    fputs("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\n"
          " \"title\":\"a line of a Glassraft trace\",\n"
          " \"type\":\"object\",\"required\":[\"ev\"],\n",
          out);
    fputs(schema_common, out);
    fputs(" \"allOf\":[\n  ", out);
    fputs(schema_header, out);
    for (int kind = TRACE_UNKNOWN + 1; kind < TRACE_N_KINDS; kind++) {
        fputs(",\n  ", out);
        schema_kind(out, &trace_kinds[kind]);
    }
    fputs("],\n \"$defs\":{", out);
    for (int i = 0; i < N_TYPES; i++)
        fprintf(out, "%s\n  \"%s\":%s", i > 0 ? "," : "", types[i].name,
                types[i].schema);
    fputs("}}\n", out);
}

void trace_print_page(FILE *out)
{
    for (int i = TRACE_UNKNOWN + 1; i < TRACE_N_KINDS; i++) {
        const struct trace_kind_info *kind = &trace_kinds[i];
        fprintf(out, "### %s\n\n%s.\n\n", kind->name, kind->about);
        if (kind->fields[0].name != NULL)
            fputs("| field | holds | meaning |\n|---|---|---|\n", out);
        for (const struct trace_field *f = kind->fields; f->name != NULL; f++)
            fprintf(out, "| %s | %s%s | %s |\n", f->name, types[f->type].word,
                    f->optional ? ", may be absent" : "", f->about);
        if (kind->fields[0].name != NULL)
            fputs("\n", out);
    }
}
