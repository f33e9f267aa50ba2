// page_story.h -- what the page says of events, in the words of `why`.
#ifndef GLASSRAFT_PAGE_STORY_H
#define GLASSRAFT_PAGE_STORY_H

#include <stdint.h>

// {"events":{"218":["S3 committed ...","L.4",[206,211]]},"rules":{"L.4":"..."},
// "finding":null or what `why --json` says of it} for the events of a trace
// from number first to last. The caller gives the text to cJSON_free().
char *page_story(const char *path, uint64_t first, uint64_t last);

#endif
