// The end of a meeting that pion/ice has, or pion/webrtc: what test_ice_agents.py and test_data_channels.py run.
//
//	end [-channels opens|waits] controlling|controlled COUNT ADDRESS|- [ADDRESS PORT USER PASSWORD]
//
// The first address is its host candidate's, or `-` for relayed candidates alone; the second one is the relay's. With
// -channels DTLS and data channels run over the path; who is controlling offers, and who opens opens the session's channels.
// What it reads and writes, every end does: see meeting.py.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pion/ice/v2"
)

// A path that is dead shows while a test watches; a machine that is busy has its time to find one.
var keepalive, disconnected, failed = 500 * time.Millisecond, 5 * time.Second, 25 * time.Second

func main() {
	channels := flag.String("channels", "", "opens or waits")
	flag.Parse()
	if flag.NArg() != 3 && flag.NArg() != 7 {
		fail(fmt.Errorf("usage: end [-channels opens|waits] controlling|controlled COUNT ADDRESS|- [ADDRESS PORT USER PASSWORD]"))
	}
	count, err := strconv.Atoi(flag.Arg(1))
	check(err)
	role, address, relay := flag.Arg(0), flag.Arg(2), flag.Args()[3:]
	payloads := &payloads{count: uint32(count)}
	if *channels != "" {
		converseOverChannels(role, address, relay, *channels == "opens", payloads)
		return
	}
	agent, err := ice.NewAgent(configuration(address, relay))
	check(err)
	converse(agent, role, payloads)
	check(agent.Close())
}

func configuration(address string, relay []string) *ice.AgentConfig {
	config := &ice.AgentConfig{
		NetworkTypes:        []ice.NetworkType{ice.NetworkTypeUDP4, ice.NetworkTypeUDP6},
		IncludeLoopback:     true,
		MulticastDNSMode:    ice.MulticastDNSModeDisabled,
		KeepaliveInterval:   &keepalive,
		DisconnectedTimeout: &disconnected,
		FailedTimeout:       &failed,
	}
	if address != "-" {
		config.CandidateTypes = append(config.CandidateTypes, ice.CandidateTypeHost)
		config.IPFilter = func(ip net.IP) bool { return ip.Equal(net.ParseIP(address)) }
	}
	if len(relay) == 4 {
		port, err := strconv.Atoi(relay[1])
		check(err)
		config.CandidateTypes = append(config.CandidateTypes, ice.CandidateTypeRelay)
		config.Urls = []*ice.URL{{
			Scheme: ice.SchemeTypeTURN, Host: relay[0], Port: port, Username: relay[2], Password: relay[3],
			Proto: ice.ProtoTypeUDP,
		}}
		if address != "-" {
			config.CandidateTypes = append(config.CandidateTypes, ice.CandidateTypeServerReflexive)
			config.Urls = append(config.Urls, &ice.URL{Scheme: ice.SchemeTypeSTUN, Host: relay[0], Port: port})
		}
	}
	return config
}

func converse(agent *ice.Agent, role string, payloads *payloads) {
	check(agent.OnCandidate(func(candidate ice.Candidate) {
		if candidate == nil {
			say("a=end-of-candidates")
		} else {
			say("a=candidate:" + candidate.Marshal())
		}
	}))
	check(agent.OnSelectedCandidatePairChange(func(local, remote ice.Candidate) {
		report(map[string]any{"event": "selected", "role": role, "local": place(local), "remote": place(remote)})
	}))
	check(agent.OnConnectionStateChange(func(state ice.ConnectionState) {
		if state == ice.ConnectionStateDisconnected || state == ice.ConnectionStateFailed {
			report(map[string]any{"event": "lost"})
		}
	}))
	fragment, password, err := agent.GetLocalUserCredentials()
	check(err)
	say("a=ice-ufrag:" + fragment + "\na=ice-pwd:" + password)
	check(agent.GatherCandidates())

	remote := map[string]string{}
	listen(payloads, func(name, value string) {
		switch name {
		case "ice-ufrag", "ice-pwd":
			remote[name] = value
			if len(remote) == 2 {
				fragment, password := remote["ice-ufrag"], remote["ice-pwd"]
				go func() { payloads.answer(connect(agent, role, fragment, password)) }()
			}
		case "candidate":
			candidate, err := ice.UnmarshalCandidate(value)
			check(err)
			check(agent.AddRemoteCandidate(candidate))
		}
	})
}

// listen takes the other end's attributes and the test's commands, until it is told to stop.
func listen(payloads *payloads, attribute func(name, value string)) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() && lines.Text() != "stop" {
		if lines.Text() == "exchange" {
			payloads.begin()
		} else if text := strings.TrimPrefix(lines.Text(), "a="); text != lines.Text() {
			name, value, _ := strings.Cut(text, ":")
			attribute(name, value)
		}
	}
}

func connect(agent *ice.Agent, role, fragment, password string) net.Conn {
	dial := agent.Accept
	if role == "controlling" {
		dial = agent.Dial
	}
	conn, err := dial(context.Background(), fragment, password)
	check(err)
	report(map[string]any{"event": "connected"})
	return conn
}

func place(candidate ice.Candidate) string {
	return net.JoinHostPort(candidate.Address(), strconv.Itoa(candidate.Port()))
}

var speaking sync.Mutex

func say(line string) {
	speaking.Lock()
	defer speaking.Unlock()
	fmt.Println(line)
}

func report(event map[string]any) {
	line, err := json.Marshal(event)
	check(err)
	say(string(line))
}

func check(err error) {
	if err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
