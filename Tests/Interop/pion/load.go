package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// What one pair saw until standard input ended: `Bounced` has the messages that came back before the first outage,
// then those after each one. Every message that was lost began an outage; none is lost unnoticed.
type history struct {
	Bounced []int    `json:"bounced"`
	Outages []string `json:"outages"`
	Err     string   `json:"error,omitempty"`
}

// load runs pairs at once. Standard output gets a line when all of them talk, and again after an outage of all.
func load() (any, error) {
	over := make(chan struct{})
	go func() {
		io.Copy(io.Discard, os.Stdin)
		close(over)
	}()
	histories := make([]history, *pairs)
	var running sync.WaitGroup
	talking := &gathering{wanted: *pairs}
	for index := range histories {
		running.Add(1)
		go func(seen *history) {
			defer running.Done()
			if err := keepTalking(seen, talking, over); err != nil {
				seen.Err = err.Error()
			}
		}(&histories[index])
	}
	running.Wait()
	return histories, nil
}

// keepTalking bounces messages, and makes both allocations anew when one does not come back.
func keepTalking(seen *history, talking *gathering, over <-chan struct{}) error {
	for n := 0; ; {
		here, there, err := meetSoon(over)
		if err != nil {
			return err
		}
		go answer(there.relayed)
		bounced := 0
		for err == nil {
			select {
			case <-over:
				seen.Bounced = append(seen.Bounced, bounced)
				here.close()
				there.close()
				return nil
			default:
			}
			if err = bounce(here.relayed, there.relayed.LocalAddr(), n); err == nil {
				bounced++
			}
			if bounced == 20 {
				talking.arrive(len(seen.Outages))
			}
			n++
		}
		seen.Bounced = append(seen.Bounced, bounced)
		seen.Outages = append(seen.Outages, err.Error())
		here.socket.Close()
		there.socket.Close()
	}
}

// meetSoon tries until the relay is there again.
func meetSoon(over <-chan struct{}) (*leg, *leg, error) {
	for {
		here, there, err := meet()
		if err == nil {
			return here, there, nil
		}
		select {
		case <-over:
			return nil, nil, err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// A gathering tells standard output when everybody has arrived in the same round.
type gathering struct {
	sync.Mutex
	wanted int
	seen   map[int]int
}

func (g *gathering) arrive(round int) {
	g.Lock()
	defer g.Unlock()
	if g.seen == nil {
		g.seen = map[int]int{}
	}
	g.seen[round]++
	if g.seen[round] == g.wanted {
		fmt.Printf("all talk, round %d\n", round)
	}
}
