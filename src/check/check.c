#include "check.h"
struct check *check_make(int n) { (void)n; return NULL; }
void check_free(struct check *c) { (void)c; }
bool check_step(struct check *c, const struct trace_event *e) { (void)c; (void)e; return true; }
const struct check_finding *check_finding(const struct check *c) { (void)c; return NULL; }
size_t check_coverage(const struct check *c, char *o, size_t n) { (void)c; (void)o; (void)n; return 0; }
