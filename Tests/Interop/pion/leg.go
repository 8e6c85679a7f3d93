package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/turn/v2"
)

// A leg is one client of the relay with its allocation.
type leg struct {
	socket  net.PacketConn
	client  *turn.Client
	relayed net.PacketConn
}

// allocate dials the relay and allocates.
func allocate() (*leg, error) {
	socket, err := dial()
	if err != nil {
		return nil, err
	}
	client, err := turn.NewClient(&turn.ClientConfig{
		TURNServerAddr: *server, STUNServerAddr: *server, Username: *user, Password: *password, Conn: socket,
	})
	if err != nil {
		socket.Close()
		return nil, err
	}
	if err := client.Listen(); err != nil {
		socket.Close()
		return nil, err
	}
	relayed, err := client.Allocate()
	if err != nil {
		client.Close()
		socket.Close()
		return nil, fmt.Errorf("allocate: %w", err)
	}
	return &leg{socket, client, relayed}, nil
}

// close gives the allocation back.
func (l *leg) close() {
	l.relayed.Close()
	l.client.Close()
	l.socket.Close()
}

// mapped asks, by a Binding request, which address the relay sees.
func (l *leg) mapped() (net.Addr, error) { return l.client.SendBindingRequest() }

func dial() (net.PacketConn, error) {
	dialer := net.Dialer{Timeout: 5 * time.Second}
	switch *transport {
	case "udp":
		return net.ListenPacket("udp4", "127.0.0.1:0")
	case "tcp":
		stream, err := dialer.Dial("tcp", *server)
		if err != nil {
			return nil, err
		}
		return turn.NewSTUNConn(stream), nil
	case "tls":
		roots, err := authority()
		if err != nil {
			return nil, err
		}
		stream, err := tls.DialWithDialer(&dialer, "tcp", *server, &tls.Config{RootCAs: roots})
		if err != nil {
			return nil, err
		}
		return turn.NewSTUNConn(stream), nil
	case "dtls":
		roots, err := authority()
		if err != nil {
			return nil, err
		}
		socket, err := dialer.Dial("udp", *server)
		if err != nil {
			return nil, err
		}
		secured, err := dtls.Client(socket, &dtls.Config{RootCAs: roots, ServerName: "localhost"})
		if err != nil {
			socket.Close()
			return nil, err
		}
		return datagrams{secured}, nil
	}
	return nil, fmt.Errorf("no such transport: %s", *transport)
}

func authority() (*x509.CertPool, error) {
	pem, err := os.ReadFile(*ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("no certificate in %s", *ca)
	}
	return roots, nil
}

// datagrams is a connection whose reads and writes are whole messages: over DTLS nothing is cut or padded.
type datagrams struct{ net.Conn }

func (d datagrams) ReadFrom(p []byte) (int, net.Addr, error) {
	n, err := d.Read(p)
	return n, d.RemoteAddr(), err
}

func (d datagrams) WriteTo(p []byte, _ net.Addr) (int, error) { return d.Write(p) }
