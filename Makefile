# What one types here. `make demo` and `make test` install what is missing on Debian 12 with Swift 6.3.

.PHONY: build demo test check lab bench-relay bench-connect bench-rendezvous bench-micro package clean

build:            ## the three programs, in .build/release
	Tools/install-packages
	swift build -c release

demo:             ## a session across two routers (root) or on loopback, and its picture in out/demo.png
	Tools/install-packages demo
	swift build -c release
	Tools/demo

test:             ## unit, simulation, lab and others' programs
	Tools/test

check:            ## the house's rules, the lab's own tests, what is in Deploy/, a little fuzzing, a quick bench-relay
	Tools/check

package:          ## Debian packages in out/: ra-relay, and ra-connect with ra-probe
	Tools/install-packages package
	swift build -c release
	Tools/package

lab:              ## a shell behind a home router; LAB="--sharer symmetric --helper-upnp all" for another network
	Tools/install-packages demo
	python3 Tests/Lab/lab.py up $(LAB)

bench-relay:      ## the relay beside coturn, as ratios of one run (root); BENCH="--profile up-1000-20" for a part
	Tools/install-packages bench
	swift build -c release
	Benchmarks/bench-relay $(BENCH)

bench-connect:    ## from the key to `connected`, in round trips, over slow lines (root); BENCH="--kind punched --timeline"
	Tools/install-packages demo bench
	Tools/python-environment
	swift build -c release
	.venv/bin/python Benchmarks/bench-connect $(BENCH)

bench-rendezvous: ## ten thousand who wait at one relay, 500 invitations met per second; BENCH="--rate 100" for less
	Tools/install-packages
	swift build -c release
	Benchmarks/bench-rendezvous $(BENCH)

bench-micro:      ## the relay's parts one at a time: decoding, look-ups, ChannelData; MICRO="--filter 'look up.*'" for some
	swift package --package-path Benchmarks/Micro --scratch-path .build/micro benchmark --no-progress --grouping metric $(MICRO)

clean:
	rm -rf .build .venv out
