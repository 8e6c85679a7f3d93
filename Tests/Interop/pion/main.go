// A TURN client built with pion/turn: what test_pion.py runs against the relay.
//
//	pion [-transport udp|tcp|tls|dtls] [-ca FILE] -server HOST:PORT -user NAME -password WORD SCENARIO
//
// SCENARIO is echo (through one allocation to a peer outside), pair (between two allocations), load (pairs that
// allocate again when the relay goes away, until standard input ends) or permit ADDRESS (one permission).
// Prints one line of JSON and exits 0; says on standard error what failed, and exits 1.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

var (
	transport = flag.String("transport", "udp", "udp, tcp, tls or dtls")
	server    = flag.String("server", "", "HOST:PORT of the relay")
	ca        = flag.String("ca", "", "PEM file of the authority that the relay's certificate must come from")
	user      = flag.String("user", "", "")
	password  = flag.String("password", "", "")
	count     = flag.Int("count", 200, "messages of each direction")
	pairs     = flag.Int("pairs", 4, "pairs of allocations under load")
	patience  = flag.Duration("patience", 5*time.Second, "how long an answer may take before it is lost")
)

func main() {
	flag.Parse()
	time.AfterFunc(50*time.Second, func() { fail(fmt.Errorf("not done after 50 s")) })
	var seen any
	var err error
	switch flag.Arg(0) {
	case "echo":
		seen, err = echo()
	case "pair":
		seen, err = pair()
	case "load":
		seen, err = load()
	case "permit":
		seen, err = permit(flag.Arg(1))
	default:
		err = fmt.Errorf("no such scenario: %s", strings.Join(flag.Args(), " "))
	}
	if err != nil {
		fail(err)
	}
	json.NewEncoder(os.Stdout).Encode(seen)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
