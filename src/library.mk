# The library for other programs, and what `make install` puts where.

# The library for other programs: the Raft and its traces on the system's own
# threads, position-independent. It shows the names of its three headers and no
# other, since a program may well have a lock() or an append() of its own.
LIBRARY_SRC := $(wildcard src/raft/*.c) src/base/thread.c src/wire/stub.c \
               $(addprefix src/base/,arena.c die.c plain.c save.c) \
               $(addprefix src/wire/,figure2.c message.c saved.c) \
               $(addprefix src/trace/,args.c args_scan.c kinds.c operation.c \
                 pack.c record.c scan.c write.c)
LIBRARY_OBJ = $(LIBRARY_SRC:%.c=$B/lib/%.o)
SHOWN := raft_* trace_* message_*
SO := libglassraft.so.1

$B/lib/%.o: %.c
	@mkdir -p $(@D)
	@echo "CC $< (library)"
	@$(CC) $(BASE) $(SAN) -fPIC $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

$B/lib/shown: src/library.mk
	@mkdir -p $(@D)
	@echo '{ global: $(SHOWN:%=%;) local: *; };' > $@

$B/lib/$(SO): $(LIBRARY_OBJ) $B/lib/shown
	@echo "LD $@"
	@$(CC) $(SAN) -shared -Wl,-soname,$(SO) -Wl,--version-script=$B/lib/shown \
	  -Wl,-z,defs -pthread $(LDFLAGS) -o $@ $(LIBRARY_OBJ)

$B/lib/libglassraft.a: $(LIBRARY_OBJ)
	@rm -f $@
	@$(CC) -r -nostdlib -o $B/lib/glassraft.o $^
	@$(OBJCOPY) --wildcard $(SHOWN:%='--keep-global-symbol=%') \
	  $B/lib/glassraft.o
	@ar rcs $@ $B/lib/glassraft.o

.PHONY: install
install: SHARE = $(DESTDIR)$(PREFIX)/share/glassraft
install: ## into PREFIX, /usr/local by default; DESTDIR too
install: build/glassraft $B/lib/$(SO) $B/lib/libglassraft.a
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig
	install -d $(addprefix $(DESTDIR)$(PREFIX)/include/glassraft/,raft trace wire)
	install -m 755 $B/glassraft $B/glassraft-cage \
	  $(if $(HAS_HTTP),$B/glassraft-play) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $B/lib/libglassraft.a $(DESTDIR)$(PREFIX)/lib/
	install -m 644 $B/lib/$(SO) $(DESTDIR)$(PREFIX)/lib/
	ln -sf $(SO) $(DESTDIR)$(PREFIX)/lib/libglassraft.so
	install -m 644 src/raft/raft.h $(DESTDIR)$(PREFIX)/include/glassraft/raft
	install -d $(SHARE)/labs $(addprefix $(SHARE)/src/,raft kv base wire trace \
	  harness sim)
	install -m 755 labs/build-raft $(SHARE)/labs
	install -m 644 labs/allowed-symbols labs/counters.ld $(SHARE)/labs
	install -m 755 labs/refused-calls $(SHARE)/labs
	install -m 644 src/raft/raft.h $(SHARE)/src/raft
	install -m 644 src/kv/kv.h $(SHARE)/src/kv
	install -m 644 src/harness/warmup.h $(SHARE)/src/harness
	install -m 644 src/base/*.h $(SHARE)/src/base
	install -m 644 src/wire/*.h $(SHARE)/src/wire
	install -m 644 src/trace/*.h $(SHARE)/src/trace
	install -m 644 src/sim/sim.syms src/sim/refused-calls $(SHARE)/src/sim
	install -m 644 src/trace/trace.h $(DESTDIR)$(PREFIX)/include/glassraft/trace
	install -m 644 src/wire/message.h $(DESTDIR)$(PREFIX)/include/glassraft/wire
	echo '#include "../wire/message.h"' \
	  > $(DESTDIR)$(PREFIX)/include/glassraft/trace/message.h
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	src/cli/man-page $B/glassraft > $B/glassraft.1
	install -m 644 $B/glassraft.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	printf '%s\n' 'prefix=$(PREFIX)' 'Name: glassraft' \
	  'Description: a Raft you can see through' \
	  "Version: $$(sed -n 's/.*GLASSRAFT_VERSION "\(.*\)"/\1/p' \
	    src/base/version.h)" \
	  'Libs: -L$${prefix}/lib -lglassraft' 'Libs.private: -pthread' \
	  'Cflags: -I$${prefix}/include/glassraft' \
	  > $(DESTDIR)$(PREFIX)/lib/pkgconfig/glassraft.pc

.PHONY: uninstall
uninstall: ## what make install with the same PREFIX and DESTDIR has put there
	cd $(DESTDIR)$(PREFIX) && rm -f bin/glassraft bin/glassraft-cage \
	  bin/glassraft-play \
	  lib/libglassraft.a lib/$(SO) lib/libglassraft.so \
	  lib/pkgconfig/glassraft.pc share/man/man1/glassraft.1
	rm -rf $(DESTDIR)$(PREFIX)/include/glassraft
	rm -rf $(DESTDIR)$(PREFIX)/share/glassraft
