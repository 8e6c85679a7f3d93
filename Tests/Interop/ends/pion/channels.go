package main

import (
	"fmt"
	"net"
	"strings"

	"github.com/pion/ice/v2"
	"github.com/pion/webrtc" // Debian has version 3 in this place
)

var labels = []string{"control", "screen", "path"}

// converseOverChannels is pion's whole stack: ICE, DTLS, SCTP and data channels.
func converseOverChannels(role, address string, relay []string, opens bool, payloads *payloads) {
	connection := peerConnection(address, relay, opens)
	defer connection.Close()
	offers := role == "controlling"
	adopt := func(channel *webrtc.DataChannel) {
		if channel.Label() == "control" {
			channel.OnOpen(func() { begin(connection, channel, payloads) })
		}
	}
	connection.OnDataChannel(adopt)
	if opens {
		protocol := "ra/1"
		for _, label := range labels {
			channel, err := connection.CreateDataChannel(label, &webrtc.DataChannelInit{Protocol: &protocol})
			check(err)
			adopt(channel)
		}
	} else if offers {
		_, err := connection.CreateDataChannel("not one of ours", nil)
		check(err)
	}
	connection.OnICECandidate(func(candidate *webrtc.ICECandidate) {
		if candidate == nil {
			say("a=end-of-candidates")
		} else {
			say("a=" + candidate.ToJSON().Candidate)
		}
	})
	if offers {
		describe(connection.CreateOffer(nil))(connection)
	}
	var described []string
	listen(payloads, func(name, value string) {
		switch name {
		case "ice-ufrag", "ice-pwd", "fingerprint", "setup":
			if name == "setup" && !offers {
				value = "actpass"
			}
			described = append(described, "a="+name+":"+value)
			if len(described) < 4 {
				return
			}
			kind := webrtc.SDPTypeOffer
			if offers {
				kind = webrtc.SDPTypeAnswer
			}
			check(connection.SetRemoteDescription(webrtc.SessionDescription{Type: kind, SDP: session(described)}))
			if !offers {
				describe(connection.CreateAnswer(nil))(connection)
			}
		case "candidate":
			check(connection.AddICECandidate(webrtc.ICECandidateInit{Candidate: "candidate:" + value}))
		}
	})
}

func peerConnection(address string, relay []string, opens bool) *webrtc.PeerConnection {
	settings, config := webrtc.SettingEngine{}, webrtc.Configuration{}
	settings.DetachDataChannels()
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetICETimeouts(disconnected, failed, keepalive)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	settings.SetIPFilter(func(ip net.IP) bool { return ip.Equal(net.ParseIP(address)) })
	// Who opens the channels is DTLS's client, as with ra-connect's helper.
	role := webrtc.DTLSRoleServer
	if opens {
		role = webrtc.DTLSRoleClient
	}
	check(settings.SetAnsweringDTLSRole(role))
	if address == "-" {
		config.ICETransportPolicy = webrtc.ICETransportPolicyRelay
	}
	if len(relay) == 4 {
		config.ICEServers = []webrtc.ICEServer{{
			URLs:     []string{fmt.Sprintf("turn:%s?transport=udp", net.JoinHostPort(relay[0], relay[1]))},
			Username: relay[2], Credential: relay[3],
		}}
	}
	connection, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings)).NewPeerConnection(config)
	check(err)
	connection.OnICEConnectionStateChange(func(state webrtc.ICEConnectionState) {
		if state == webrtc.ICEConnectionStateDisconnected || state == webrtc.ICEConnectionStateFailed {
			report(map[string]any{"event": "lost"})
		}
	})
	return connection
}

// describe makes a description ours, and says what the other end needs of it.
func describe(description webrtc.SessionDescription, err error) func(*webrtc.PeerConnection) {
	check(err)
	return func(connection *webrtc.PeerConnection) {
		seen := map[string]bool{}
		for _, line := range strings.Split(description.SDP, "\r\n") {
			name, _, _ := strings.Cut(strings.TrimPrefix(line, "a="), ":")
			switch name {
			case "ice-ufrag", "ice-pwd", "fingerprint", "setup":
				if !seen[name] {
					say(line)
				}
				seen[name] = true
			}
		}
		check(connection.SetLocalDescription(description))
	}
}

// session is a description with one data section (RFC 8841) around the other end's lines.
func session(described []string) string {
	lines := append([]string{
		"v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0",
		"m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=mid:0", "a=sctp-port:5000",
	}, described...)
	return strings.Join(lines, "\r\n") + "\r\n"
}

// begin tells of the pair that was found, and answers on a channel that is open.
func begin(connection *webrtc.PeerConnection, channel *webrtc.DataChannel, payloads *payloads) {
	detached, err := channel.Detach()
	check(err)
	transport := connection.SCTP().Transport().ICETransport()
	pair, err := transport.GetSelectedCandidatePair()
	check(err)
	report(map[string]any{
		"event": "selected", "role": transport.Role().String(),
		"local":  net.JoinHostPort(pair.Local.Address, fmt.Sprint(pair.Local.Port)),
		"remote": net.JoinHostPort(pair.Remote.Address, fmt.Sprint(pair.Remote.Port)),
	})
	report(map[string]any{"event": "connected"})
	payloads.answer(detached)
}
