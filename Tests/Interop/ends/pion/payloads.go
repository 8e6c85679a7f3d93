package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	again        = 250 * time.Millisecond
	ours, theirs = 0x4F, 0x55
)

// payloads asks the other end for its payloads one after the other, and answers what it asks for.
type payloads struct {
	sync.Mutex
	count, next uint32
	asking      bool
	conn        io.ReadWriter
}

func body(number uint32, author int) []byte {
	bytes := make([]byte, 1+number*13%1150)
	for index := range bytes {
		bytes[index] = byte(int(number)*31 + index*author)
	}
	return bytes
}

// begin asks for all of them.
func (p *payloads) begin() {
	p.Lock()
	defer p.Unlock()
	p.next, p.asking = 0, true
	p.ask()
}

func (p *payloads) ask() {
	if p.asking && p.conn != nil {
		p.conn.Write(binary.BigEndian.AppendUint32([]byte{'q'}, p.next))
	}
}

// askAgain repairs what is lost.
func (p *payloads) askAgain() {
	var last uint32
	for range time.Tick(again) {
		p.Lock()
		if p.next == last {
			p.ask()
		}
		last = p.next
		p.Unlock()
	}
}

// answer takes what comes, as long as the connection lives.
func (p *payloads) answer(conn io.ReadWriter) {
	p.Lock()
	p.conn = conn
	p.ask()
	p.Unlock()
	go p.askAgain()
	buffer := make([]byte, 2048)
	for {
		size, err := conn.Read(buffer)
		if err != nil {
			return
		}
		if size >= 5 {
			p.take(buffer[0], binary.BigEndian.Uint32(buffer[1:]), buffer[5:size])
		}
	}
}

func (p *payloads) take(kind byte, number uint32, payload []byte) {
	p.Lock()
	defer p.Unlock()
	if kind == 'q' {
		p.conn.Write(append(binary.BigEndian.AppendUint32([]byte{'d'}, number), body(number, theirs)...))
	} else if kind == 'd' && p.asking && number == p.next {
		if !bytes.Equal(payload, body(number, ours)) {
			fail(fmt.Errorf("payload %d is not what was sent", number))
		}
		p.next++
		p.asking = p.next < p.count
		if p.asking {
			p.ask()
		} else {
			report(map[string]any{"event": "exchanged", "payloads": p.count})
		}
	}
}
