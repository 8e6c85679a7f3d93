package main

import (
	"bytes"
	"fmt"
	"net"
	"time"
)

// payload makes message number n; sizes go from 10 bytes to 1,200 and hit every remainder of 4.
//
// No shorter ones: pion's stream reader takes ChannelData of up to 8 bytes for a part and waits for the next.
func payload(n int) []byte {
	text := []byte(fmt.Sprintf("message %d:", n))
	return append(text, bytes.Repeat([]byte{byte(n)}, (n*7)%1190)...)
}

// answer returns everything to its sender, until the socket closes.
func answer(socket net.PacketConn) {
	buffer := make([]byte, 65536)
	for {
		n, from, err := socket.ReadFrom(buffer)
		if err != nil {
			return
		}
		socket.WriteTo(buffer[:n], from)
	}
}

// bounce sends message n to an address and waits for it to come back from there.
//
// The relay keeps the order of one flow, so any other message is an error, and silence is one.
func bounce(from net.PacketConn, to net.Addr, n int) error {
	sent, buffer := payload(n), make([]byte, 65536)
	if _, err := from.WriteTo(sent, to); err != nil {
		return fmt.Errorf("message %d: %w", n, err)
	}
	from.SetReadDeadline(time.Now().Add(*patience))
	size, source, err := from.ReadFrom(buffer)
	if err != nil {
		return fmt.Errorf("message %d did not come back: %w", n, err)
	}
	if !bytes.Equal(buffer[:size], sent) || source.String() != to.String() {
		return fmt.Errorf("message %d came back as %d other bytes from %s", n, size, source)
	}
	return nil
}

type report struct {
	Bounced int    `json:"bounced"`
	Relayed string `json:"relayed"`
	Mapped  string `json:"mapped"`
}

// echo talks to a peer that is no client of the relay. pion begins with Send indications and goes over to a
// channel as soon as that is bound, so both are used.
func echo() (any, error) {
	peer, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer peer.Close()
	go answer(peer)
	here, err := allocate()
	if err != nil {
		return nil, err
	}
	defer here.close()
	return converse(here, peer.LocalAddr())
}

// pair talks between two allocations of the same relay.
func pair() (any, error) {
	here, there, err := meet()
	if err != nil {
		return nil, err
	}
	defer here.close()
	defer there.close()
	go answer(there.relayed)
	return converse(here, there.relayed.LocalAddr())
}

// meet makes two allocations that permit each other.
func meet() (here, there *leg, err error) {
	if here, err = allocate(); err != nil {
		return nil, nil, err
	}
	if there, err = allocate(); err != nil {
		here.close()
		return nil, nil, err
	}
	if err = there.client.CreatePermission(here.relayed.LocalAddr()); err != nil {
		here.close()
		there.close()
		return nil, nil, fmt.Errorf("permission: %w", err)
	}
	return here, there, nil
}

func converse(here *leg, to net.Addr) (any, error) {
	mapped, err := here.mapped()
	if err != nil {
		return nil, fmt.Errorf("binding: %w", err)
	}
	for n := 0; n < *count; n++ {
		if err := bounce(here.relayed, to, n); err != nil {
			return nil, err
		}
	}
	return report{*count, here.relayed.LocalAddr().String(), mapped.String()}, nil
}

// permit asks for one permission, and for nothing else.
func permit(address string) (any, error) {
	peer, err := net.ResolveUDPAddr("udp4", address)
	if err != nil {
		return nil, err
	}
	here, err := allocate()
	if err != nil {
		return nil, err
	}
	defer here.close()
	if err := here.client.CreatePermission(peer); err != nil {
		return nil, fmt.Errorf("permission: %w", err)
	}
	return report{Relayed: here.relayed.LocalAddr().String()}, nil
}
