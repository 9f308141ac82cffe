# Two words are enough on a fresh Debian 12 or Ubuntu machine with a Swift toolchain:
#   make run     install what is missing, build, run the service on the demo line with live progress; prints the address to open
#   make test    the whole test suite
# And for those who stay: make check, make bench, make plant-test, make usb-test, make fuzz, make lint, make format, make clean.

SWIFT ?= swift
STATION = $(SWIFT) run --skip-build station
DEMO = stations/demo
ORDER ?= WO-2026-0117
LISTEN ?= 127.0.0.1:8720
# Each `make run` keeps its record in a folder of its own; nothing is ever overwritten.
RECORD := .build/demo/$(shell date +%Y%m%d-%H%M%S)/station.db

.PHONY: run test screenshots usb-test plant-test plant-figures fuzz check bench lint format clean packages build

run: packages
	@echo "Building the station (the first build takes a few minutes) ..."
	@$(SWIFT) build --product station
	@$(STATION) init --folder $(DEMO) --database $(RECORD)
	@if [ -t 1 ]; then stay="--listen $(LISTEN)"; else stay="--listen 127.0.0.1:0 --until-done"; fi; \
	$(STATION) serve --folder $(DEMO) --database $(RECORD) --order $(ORDER) --mode automatic --pace 25 --guests $$stay

test: packages
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --disable-xctest

check: build
	$(STATION) check $(DEMO)

build: packages
	$(SWIFT) build --product station

bench: packages
	$(SWIFT) build -c release --product station --product station-bench
	$(SWIFT) run -c release --skip-build station-bench

# Our libusb code, flashrom and the kernel's drivers against a virtual FT2232H, in a guest with a real USB stack.
# USB_PARTS names some of: libusb order flashrom drivers usbip.
usb-test: packages
	@sh stations/setup/packages.sh usb-test
	$(SWIFT) build --product usb-guest
	$(SWIFT) build --product station
	stations/usb-guest/usb-test.sh .build/debug $(USB_PARTS)

# A PostgreSQL server, twelve stations, and somebody who kills stations, the network and the database in turn.
# PLANT_SEED repeats a run, PLANT_SECONDS makes it longer.
PLANT_SECONDS ?= 60
plant-test: packages
	@sh stations/setup/packages.sh plant
	$(SWIFT) build --product plant-test
	.build/debug/plant-test --seconds $(PLANT_SECONDS) $(if $(PLANT_SEED),--seed $(PLANT_SEED))

# The figures of docs/scale.md: a record of PLANT_UNITS units at four stations, sent to a PostgreSQL server and asked.
PLANT_UNITS ?= 20000
plant-figures: packages
	@sh stations/setup/packages.sh plant
	$(SWIFT) build -c release --product plant-test
	.build/release/plant-test scale $(PLANT_UNITS)
	.build/release/plant-test simulate

# The pages in a real browser, and pictures of them for the documentation.
screenshots: packages
	@sh stations/setup/packages.sh browser
	$(SWIFT) build --build-tests
	SCREENSHOTS=docs/images $(SWIFT) test --skip-build --disable-xctest --filter BrowserTests

# libFuzzer on the Squirrel compiler and machine; findings are kept in .build/fuzz. `make fuzz FUZZ_SECONDS=3600`.
FUZZ_SECONDS ?= 60
fuzz:
	@mkdir -p .build/fuzz/corpus
	swiftc -O -wmo -parse-as-library -swift-version 6 -sanitize=fuzzer -module-name SquirrelFuzzer -o .build/fuzz/squirrel \
		$$(find Sources/Squirrel -name '*.swift') Tests/Fuzzing/SquirrelFuzzer.swift
	.build/fuzz/squirrel -max_total_time=$(FUZZ_SECONDS) -timeout=20 -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1 \
		-artifact_prefix=.build/fuzz/ .build/fuzz/corpus Tests/SquirrelTests/Programs

lint:
	$(SWIFT) format lint --strict --configuration .swift-format --parallel --recursive Package.swift Sources Tests

format:
	$(SWIFT) format --in-place --configuration .swift-format --parallel --recursive Package.swift Sources Tests

packages:
	@sh stations/setup/packages.sh

clean:
	$(SWIFT) package clean
