# The page, the page of `glassraft play`, and `make viewers`.

# The page's programs, each behind those that it uses.
PAGE_JS := reducer words clients run stories layout paint pen frame lanes \
           arrows marks logs panel minimap search ui player input main
PAGE := viz/page/page.html viz/page/page.css $(PAGE_JS:%=viz/page/%.js)

$B/viz/page.html: viz/page/assemble $(PAGE)
	@mkdir -p $(@D)
	@viz/page/assemble $(PAGE) > $@

# The page of `glassraft play`: the same, with hands, which ask its server.
PLAY_JS := $(PAGE_JS:%=viz/page/%.js) \
           $(patsubst %,viz/page/%.js,lessons net play)
PLAY := viz/page/hands.html viz/page/play.css $(PLAY_JS)
$B/viz/play.html: viz/page/assemble $(PAGE) $(PLAY)
	@mkdir -p $(@D)
	@sed -e '/^<main>$$/r viz/page/hands.html' \
	  -e "s/base-uri 'none'/connect-src 'self'; &/" viz/page/page.html > $@.in
	@viz/page/assemble $@.in viz/page/page.css viz/page/play.css $(PLAY_JS) > $@

$B/src/play/play_data.o: src/play/play_data.S $B/viz/play.html
	@mkdir -p $(@D)
	@$(CC) -g $(CPPFLAGS) -Wa,-I$B/viz -c $< -o $@

$B/viz/page/page_data.o: viz/page/page_data.S $B/viz/page.html
	@$(CC) -g $(CPPFLAGS) -Wa,-I$B/viz -c $< -o $@

# The programs that look at traces, without the simulator: for any POSIX system
# with a C11 compiler, cJSON and Graphviz. CJSON=FOLDER has cjson/cJSON.h and
# cJSON.c, where there is no library of it.
VIEWER_CLI := main check check_history history judge check_report artifacts \
              why timeline log columns page strip sheet roles terms diff \
              export schema version merge join import options selectors \
              results_table
VIEWER_SRC := $(wildcard src/base/*.c src/wire/*.c src/trace/*.c \
                src/replay/*.c src/import/*.c src/check/*.c viz/*/*.c) \
              src/harness/print.c \
              $(VIEWER_CLI:%=src/cli/%.c)
V ?= build/viewers
VIEWER_OBJ := $(VIEWER_SRC:%.c=$V/%.o) $V/page_data.o
.PHONY: viewers
viewers: $V/glassraft ## build/viewers/glassraft: traces only, any POSIX system

$V/glassraft: $(VIEWER_OBJ) $(if $(CJSON),$V/cJSON.o)
	@echo "LD $@"
	@$(CC) -pthread $(LDFLAGS) -o $@ $^ $(if $(CJSON),,-lcjson) -lm

$V/%.o: %.c
	@mkdir -p $(@D)
	@echo "CC $< (viewers)"
	@$(CC) $(STD) $(WARN) -g -O2 -pthread -Isrc -I. $(if $(CJSON),-I$(CJSON)) \
	  -DGLASSRAFT_VIEWERS -DGLASSRAFT_CONFIG='"viewers"' $(CPPFLAGS) \
	  $(CFLAGS) -MMD -MP -c $< -o $@

# The page as a table of bytes: not every assembler takes a file in.
$V/page_data.o: $V/page.html
	@(echo 'extern const char page_data[];'; echo 'const char page_data[] = {'; \
	  od -An -v -tu1 $< | sed 's/[0-9][0-9]*/(char)&,/g'; echo '0};') \
	  > $V/page_data.c
	@$(CC) $(STD) -c $V/page_data.c -o $@

$V/page.html: viz/page/assemble $(PAGE)
	@mkdir -p $(@D)
	@viz/page/assemble $(PAGE) > $@

$V/cJSON.o: $(CJSON)/cJSON.c
	@$(CC) -O2 -c $< -o $@

-include $(VIEWER_OBJ:.o=.d)
