# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The whole build, non-recursive; `make help` prints the lines that begin with
# two hashes. Objects go under build/, with SAN=1 under build/san, so that the
# two never mix. A missing tool or library is named in one line; nothing is
# fetched from here: scripts/deps does that, and scripts/arm64.

## tcpwatch: what the Linux kernel does with a program's sockets
##
## Targets
##   all           ./tcpwatch and the programs in experiments/ (default)
##   unit          build and run the unit tests: no root, no clang, no BPF
##   golden        compare views and exports of recorded captures
##   fuzz          give the fuzzers SECONDS (60) of time (clang)
##   fuzz-corpus   run what fuzzers found before, and what they start from
##   live          trace real programs on this kernel (root)
##   page          open the page of --html in a browser (node, chromium)
##   check         unit, golden, live and page
##   bench         what tracing costs, and what the offline path takes (root)
##   test-programs build what the tests run, and run nothing
##   lint          who may include whom, licence lines, sizes, course, scripts
##   tidy          what clang-tidy finds (.clang-tidy)
##   valgrind      unit, fuzz-corpus and golden, watched by valgrind
##   format        rewrite the C files with clang-format
##   check-format  say which C files clang-format would change
##   arm64         build for arm64, in build/arm64; fetches libraries (apt)
##   install       copy programs and man page below DESTDIR/PREFIX
##   uninstall     remove what install copied
##   clean         remove all that was built
##
## Variables
##   V=1           show the commands
##   WERROR=1      warnings are errors
##   SAN=1         address and undefined-behaviour sanitizers, in build/san
##   FUZZ=1        as SAN=1, for libFuzzer of clang, in build/fuzz
##   PREFIX=DIR    install below DIR (/usr/local)
##   DESTDIR=DIR   put DIR before every installed path
##   ARCH=NAME     kernel architecture of the BPF program (x86, arm64, ...)
##   CC, CLANG, BPFTOOL, LLVM_STRIP, CLANG_FORMAT, CLANG_TIDY, PKG_CONFIG,
##   CFLAGS, BPF_CFLAGS, CPPFLAGS, LDFLAGS, LDLIBS   as everywhere

VERSION := 0.1.0
PREFIX ?= /usr/local

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDEXPANSION:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

CLANG ?= clang

ifeq ($(V),1)
Q :=
msg = @:
else
Q := @
msg = @printf '  %-8s %s\n' '$(1)' '$(2)'
endif

PKG_CONFIG ?= pkg-config
LLVM_STRIP ?= llvm-strip
CLANG_TIDY ?= clang-tidy

# Runs a shell command when the variable is first used, and only then.
once = $(eval $(1) := $(shell $(2)))$($(1))

ifndef BPFTOOL
BPFTOOL = $(call once,BPFTOOL,scripts/deps --find-bpftool || echo bpftool)
endif
ifndef CLANG_FORMAT
CLANG_FORMAT = $(call once,CLANG_FORMAT,command -v clang-format-14 || echo clang-format)
endif
ifndef ARCH
ARCH = $(call once,ARCH,uname -m | sed -e 's/x86_64/x86/' -e 's/i.86/x86/' -e \
	's/aarch64/arm64/' -e 's/arm[^6].*/arm/' -e 's/riscv64/riscv/' -e 's/ppc64.*/powerpc/' \
	-e 's/s390x/s390/' -e 's/loongarch64/loongarch/')
endif

# $(call require,TOOLS,LIBRARIES): one line for all that is missing. A stamp
# under found/ remembers success, so an up-to-date tree needs no tools.
define require
@missing=; for tool in $(1); do \
	command -v "$$tool" >/dev/null || missing="$$missing, $$tool"; done; \
for library in $(foreach l,$(2),'$(subst >=, >= ,$(l))'); do \
	$(PKG_CONFIG) --exists "$$library" 2>/dev/null || missing="$$missing, $$library"; done; \
test -z "$$missing" || { echo "make: missing: $${missing#, }: run scripts/deps" >&2; exit 1; }; \
touch $@
endef

sanitizers := -fno-sanitize-recover=all -fno-omit-frame-pointer -fsanitize=address,undefined
fuzz_main := tests/fuzz/replay
# As in tests/unit/run.
fixed_addresses = $(if $(filter 1,$(SAN)),$(shell setarch -R true 2>/dev/null && echo setarch -R))
ifeq ($(FUZZ),1)
BUILD := build/fuzz
OUT := build/fuzz/
CC := $(CLANG)
CFLAGS ?= -O1 -g
hardening := $(sanitizers),fuzzer-no-link
fuzz_link := -fsanitize=fuzzer
fuzz_main := tests/fuzz/mutator
else ifeq ($(SAN),1)
BUILD := build/san
OUT := build/san/
CFLAGS ?= -O1 -g
hardening := $(sanitizers) -DSANITIZED
else
BUILD := build
OUT :=
CFLAGS ?= -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
hardening := -fstack-protector-strong
endif

ifeq ($(WERROR),1)
werror := -Werror
endif

warnings := -Wall -Wextra -Wformat=2 -Wshadow -Wstrict-prototypes -Wmissing-prototypes $(werror)
defines := -D_GNU_SOURCE -DTCPWATCH_VERSION=\"$(VERSION)\"
compile = $(CC) -std=gnu11 $(warnings) $(hardening) -fPIE $(defines) -I. -Ibuild -MMD -MP \
	$(CPPFLAGS) $(CFLAGS)
link = $(CC) $(hardening) $(CFLAGS) -pie -Wl,-z,relro,-z,now $(LDFLAGS)
# The BPF_PROG macro of libbpf gives every hook a context that few use.
compile_bpf = $(CLANG) -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_$(ARCH) -Wall -Wextra \
	-Wno-unused-parameter $(werror) -I. -Ivmlinux -MMD -MP $(BPF_CFLAGS)

core_cflags = $(call once,core_cflags,$(PKG_CONFIG) --cflags zlib)
bpf_cflags = $(call once,bpf_cflags,$(PKG_CONFIG) --cflags libbpf libelf)
unit_cflags = $(call once,unit_cflags,$(PKG_CONFIG) --cflags cmocka)
libs = $(call once,libs,$(PKG_CONFIG) --libs libbpf libelf zlib)
core_libs = $(call once,core_libs,$(PKG_CONFIG) --libs zlib)
unit_libs = $(call once,unit_libs,$(PKG_CONFIG) --libs cmocka zlib)

objects = $(patsubst %.c,$(BUILD)/%.o,$(1))
find_c = $(foreach d,$(1),$(wildcard $(d)/*.c $(d)/*/*.c))

# What unit tests call of the files beside main.c.
core_mains := $(wildcard user/options*.c) user/fence.c user/pieces.c
# Right of the ring buffer: builds and is tested without root, clang or BPF.
core_objects := $(call objects,$(call find_c,user/base user/capture user/model user/export) \
	$(wildcard $(core_mains)))
collect_objects := $(call objects,$(call find_c,user/collect))
main_objects := $(call objects,$(filter-out $(core_mains),$(wildcard user/*.c)))
core := $(BUILD)/libtcpwatch.a

# The page of --html: joined from its parts, taken in as bytes.
page_parts := build/page/head.html build/page/tail.html
page_object := $(BUILD)/user/export/page/page.o

bpf_object := build/bpf/tcpwatch.bpf.o
skeleton := build/bpf/tcpwatch.skel.h

# What has a header is shared by the experiments; every other file is one.
shared_experiment_objects := $(call objects,$(wildcard $(patsubst %.h,%.c, \
	$(wildcard experiments/*.h))))
experiment_objects := $(filter-out $(shared_experiment_objects), \
	$(call objects,$(wildcard experiments/*.c)))
experiments := $(experiment_objects:$(BUILD)/%.o=$(OUT)%)

unit_sources := $(wildcard tests/unit/*_test.c)
unit_objects := $(call objects,$(unit_sources))
unit_helper_objects := $(call objects,$(filter-out $(unit_sources),$(wildcard tests/unit/*.c)))
unit_tests := $(unit_objects:.o=)

live_objects := $(call objects,$(wildcard tests/live/*.c))
live_helpers := $(live_objects:.o=)

page_test_objects := $(call objects,$(wildcard tests/page/*.c))
page_helpers := $(page_test_objects:.o=)

fuzz_objects := $(call objects,$(wildcard tests/fuzz/*.c))
fuzz_targets := $(patsubst %,$(BUILD)/tests/fuzz/%,capture packet records)
fuzz_judge := $(call objects,$(wildcard tests/unit/judge*.c) tests/unit/sinks.c)

bench_objects := $(call objects,$(wildcard tests/bench/*.c))
bench_programs := $(bench_objects:.o=)

all_objects := $(core_objects) $(collect_objects) $(main_objects) $(shared_experiment_objects) \
	$(experiment_objects) $(unit_objects) $(unit_helper_objects) $(live_objects) \
	$(page_test_objects) $(fuzz_objects) $(bench_objects)
directories := $(sort build/bpf $(BUILD) $(BUILD)/found \
	$(patsubst %/,%,$(dir $(all_objects) $(page_object))))

.PHONY: all
all: $(BUILD)/found/all $(OUT)tcpwatch $(experiments)

$(OUT)tcpwatch: $(main_objects) $(collect_objects) $(core) $(BUILD)/sources | $(BUILD)/found/all
	$(call msg,LINK,$@)
	$(Q)$(link) $(main_objects) $(collect_objects) $(core) $(libs) $(LDLIBS) -o $@

$(core): $(core_objects) $(page_object) $(BUILD)/sources
	$(call msg,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $(core_objects) $(page_object)

$(page_object): user/export/page/page.S $(page_parts) $(BUILD)/flags | $$(@D) $(BUILD)/found/core
	$(call msg,AS,$<)
	$(Q)$(compile) -c $< -o $@

build/page/head.html: scripts/page $(wildcard user/export/page/page.* user/export/page/js/*.js)
	$(call msg,PAGE,$(@D))
	$(Q)scripts/page $(@D)

build/page/tail.html: build/page/head.html ;

$(experiments): $(OUT)%: $(BUILD)/%.o $(shared_experiment_objects) | $(OUT)experiments
	$(call msg,LINK,$@)
	$(Q)$(link) $^ -pthread $(LDLIBS) -o $@

$(unit_tests): %: %.o $(unit_helper_objects) $(core)
	$(call msg,LINK,$@)
	$(Q)$(link) $^ $(unit_libs) $(LDLIBS) -o $@

$(live_helpers) $(bench_programs): %: %.o
	$(call msg,LINK,$@)
	$(Q)$(link) $^ -pthread $(LDLIBS) -o $@

$(page_helpers): %: %.o $(core)
	$(call msg,LINK,$@)
	$(Q)$(link) $^ $(core_libs) $(LDLIBS) -o $@

$(fuzz_targets): %: %.o $(BUILD)/$(fuzz_main).o $(BUILD)/tests/fuzz/shared.o \
		$(BUILD)/tests/fuzz/steps.o $(fuzz_judge) $(core)
	$(call msg,LINK,$@)
	$(Q)$(link) $(fuzz_link) $^ $(core_libs) $(LDLIBS) -o $@

$(BUILD)/tests/fuzz/seeds: %: %.o $(BUILD)/tests/fuzz/steps.o $(core)
	$(call msg,LINK,$@)
	$(Q)$(link) $^ $(core_libs) $(LDLIBS) -o $@

$(core_objects) $(page_test_objects) $(fuzz_objects): extra = $(core_cflags)
$(collect_objects): extra = $(bpf_cflags)
$(unit_objects) $(unit_helper_objects): extra = $(unit_cflags)
$(experiment_objects) $(shared_experiment_objects) $(live_objects) $(bench_objects): \
	extra = -pthread

$(core_objects) $(main_objects) $(page_test_objects) $(fuzz_objects): | $(BUILD)/found/core
$(collect_objects): | $(skeleton)
$(unit_objects) $(unit_helper_objects): | $(BUILD)/found/unit
$(experiment_objects) $(shared_experiment_objects) $(live_objects) $(bench_objects): \
	| $(BUILD)/found/cc

$(all_objects): $(BUILD)/%.o: %.c $(BUILD)/flags | $$(@D)
	$(call msg,CC,$<)
	$(Q)$(compile) $(extra) -c $< -o $@

$(bpf_object): bpf/tcpwatch.bpf.c build/bpf/flags | build/bpf $(BUILD)/found/all
	$(call msg,CLANG,$<)
	$(Q)$(compile_bpf) $(bpf_cflags) -c $< -o $@
	$(Q)if command -v $(LLVM_STRIP) >/dev/null; then $(LLVM_STRIP) -g $@; fi

$(skeleton): $(bpf_object)
	$(call msg,BPFTOOL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name tcpwatch_bpf > $@

-include $(wildcard $(all_objects:.o=.d) $(bpf_object:.o=.d))

$(directories) $(filter-out $(directories),$(OUT:%/=%) $(OUT)experiments):
	@mkdir -p $@

# Rewritten only when the text differs: other flags, or a source file more or
# less, rebuild what depends on them.
define remember
@text='$(subst ','\'',$(1))'; \
test "$$text" = "$$(cat $@ 2>/dev/null)" || printf '%s\n' "$$text" > $@
endef

.PHONY: FORCE
$(BUILD)/flags: FORCE | $(BUILD)
	$(call remember,$(compile) $(link) $(LDLIBS))

$(BUILD)/sources: FORCE | $(BUILD)
	$(call remember,$(core_objects) $(collect_objects) $(main_objects))

build/bpf/flags: FORCE | build/bpf
	$(call remember,$(compile_bpf))

$(BUILD)/found/cc: | $(BUILD)/found
	$(call require,$(firstword $(CC)))

$(BUILD)/found/core: | $(BUILD)/found
	$(call require,$(firstword $(CC)) $(PKG_CONFIG),zlib)

$(BUILD)/found/unit: | $(BUILD)/found
	$(call require,$(firstword $(CC)) $(PKG_CONFIG),zlib cmocka)

$(BUILD)/found/all: | $(BUILD)/found
	$(call require,$(firstword $(CC)) $(CLANG) $(BPFTOOL) $(PKG_CONFIG),libbpf>=1.1 libelf zlib)

.PHONY: check unit golden valgrind tidy fuzz fuzz-corpus fuzz-programs live page test-programs
check:
	$(Q)$(MAKE) --no-print-directory unit
	$(Q)$(MAKE) --no-print-directory golden
	$(Q)$(MAKE) --no-print-directory live
	$(Q)$(MAKE) --no-print-directory page

test-programs: $(fuzz_targets) $(BUILD)/tests/fuzz/seeds $(unit_tests) $(live_helpers) $(page_helpers) $(bench_programs)

unit: $(unit_tests)
	$(Q)SAN=$(SAN) tests/tally -q unit$(SAN:1=-sanitized) tests/unit/run $(unit_tests)

golden: $(OUT)tcpwatch
	$(Q)TCPWATCH=$(CURDIR)/$(OUT)tcpwatch $(fixed_addresses) \
		tests/tally golden$(SAN:1=-sanitized) tests/golden/run

SECONDS ?= 60
fuzz:
	$(Q)tests/tally fuzz tests/fuzz/run $(SECONDS)

fuzz-corpus: $(fuzz_targets)
	$(Q)SAN=$(SAN) tests/tally -q fuzz-corpus$(SAN:1=-sanitized) tests/fuzz/again $(fuzz_targets)

fuzz-programs: $(fuzz_targets)

valgrind: $(unit_tests) $(fuzz_targets) tcpwatch
	$(call require_now,valgrind)
	$(Q)RUN=tests/valgrind LIMIT_S=7200 tests/tally -q unit-valgrind tests/unit/run $(unit_tests)
	$(Q)RUN=tests/valgrind LIMIT_S=7200 tests/tally -q fuzz-corpus-valgrind \
		tests/fuzz/again $(fuzz_targets)
	$(Q)TCPWATCH=$(CURDIR)/tests/valgrind-tcpwatch tests/tally golden-valgrind tests/golden/run

tidy: $(skeleton)
	$(call require_now,$(CLANG_TIDY))
	$(Q)status=0; for file in $(filter user/%.c experiments/%.c tests/%.c,$(c_files)); do \
		echo "  TIDY     $$file"; $(CLANG_TIDY) --quiet "$$file" -- -std=gnu11 $(warnings) \
			$(defines) -I. -Ibuild $(bpf_cflags) 2>/dev/null || status=1; \
	done; exit $$status

live: all $(live_helpers)
	$(Q)tests/tally live tests/live/run

page: $(OUT)tcpwatch $(page_helpers)
	$(Q)TCPWATCH=$(CURDIR)/$(OUT)tcpwatch MAKE_CAPTURE=$(CURDIR)/$(page_helpers) \
		tests/tally page tests/page/run

.PHONY: arm64
arm64:
	$(Q)WERROR=$(WERROR) scripts/arm64

.PHONY: bench
bench: all test-programs
	$(Q)scripts/bench

c_files := $(foreach d,bpf user experiments tests,$(wildcard $(foreach p,* */* */*/*, \
	$(d)/$(p).c $(d)/$(p).h)))
scripts = $(shell grep -lsE '^\#!.*[/ ](ba)?sh|shellcheck shell=' \
	$(wildcard .ci/* scripts/* tests/* tests/*/*))

.PHONY: lint format check-format
lint: $(experiments) $(OUT)tcpwatch
	$(call msg,LAYERS,bpf user experiments tests)
	$(Q)scripts/check-layers
	$(call msg,STYLE,bpf user experiments tests)
	$(Q)scripts/check-style
	$(call msg,COURSE,experiments)
	$(Q)EXPERIMENTS=$(OUT)experiments scripts/course --check
	$(call msg,HARDENED,$(OUT)tcpwatch)
	$(Q)$(if $(OUT),,scripts/check-hardening tcpwatch $(experiments))
	$(call msg,SHELL,scripts tests .ci)
	$(call require_now,shellcheck)
	$(Q)shellcheck -x $(scripts)

format:
	$(call require_now,$(CLANG_FORMAT))
	$(Q)$(CLANG_FORMAT) -i $(c_files)

check-format:
	$(call require_now,$(CLANG_FORMAT))
	$(Q)status=0; for file in $(c_files); do \
		$(CLANG_FORMAT) --dry-run --Werror "$$file" 2>/dev/null || \
			{ echo "  $$file: make format would change it"; status=1; }; \
	done; exit $$status

define require_now
@command -v $(1) >/dev/null || { echo "make: missing: $(1): run scripts/deps --tests" >&2; exit 1; }
endef

sbin := $(DESTDIR)$(PREFIX)/sbin
libexec := $(DESTDIR)$(PREFIX)/libexec/tcpwatch
man8 := $(DESTDIR)$(PREFIX)/share/man/man8

.PHONY: install uninstall clean help
install: all
	$(call msg,INSTALL,$(DESTDIR)$(PREFIX))
	$(Q)install -d '$(sbin)' '$(libexec)' '$(man8)'
	$(Q)install -m 755 $(OUT)tcpwatch '$(sbin)'
	$(Q)install -m 755 $(experiments) '$(libexec)'
	$(Q)install -m 644 user/tcpwatch.8 '$(man8)'

uninstall:
	$(call msg,REMOVE,$(DESTDIR)$(PREFIX))
	$(Q)rm -f '$(sbin)/tcpwatch' '$(man8)/tcpwatch.8'
	$(Q)cd '$(libexec)' 2>/dev/null && rm -f $(notdir $(experiments)) || :
	$(Q)rmdir '$(libexec)' 2>/dev/null || :

clean:
	$(call msg,CLEAN,build)
	$(Q)rm -rf build tcpwatch $(experiment_objects:$(BUILD)/%.o=%)

help:
	@sed -n 's/^## \{0,1\}//p' Makefile
