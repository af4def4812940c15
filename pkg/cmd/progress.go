package cmd

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source"
	"github.com/kubectl-netguard/netguard/pkg/source/live"
)

// Nobody who waits for less than progressAfter wonders what is going on.
const (
	progressAfter = time.Second
	progressEvery = 200 * time.Millisecond
)

// eraseLine goes back to where the line begins and empties it.
const eraseLine = "\r\x1b[K"

// progress is one line on a terminal that says what is being read. It is there
// only while something is, and is gone before anything else is said.
type progress struct {
	out   io.Writer
	width int

	mu sync.Mutex
	// open is how many readings of a resource are under way, items what has come.
	open, items map[snapshot.Resource]int
}

var _ live.Progress = (*progress)(nil)

func newProgress(out io.Writer, width int) *progress {
	return &progress{out: out, width: width, open: map[snapshot.Resource]int{}, items: map[snapshot.Resource]int{}}
}

// Begin is called when the resource is about to be read.
func (p *progress) Begin(r snapshot.Resource) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open[r]++
}

// Count is called when n more objects have come.
func (p *progress) Count(r snapshot.Resource, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.items[r] += n
}

// End is called when a reading is over.
func (p *progress) End(r snapshot.Resource) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open[r]--; p.open[r] == 0 {
		delete(p.open, r)
	}
}

// line is what there is to say, in no more than width columns; "" is nothing.
// What most has come of stands first.
func (p *progress) line() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.open) == 0 {
		return ""
	}
	resources := slices.SortedFunc(maps.Keys(p.open), func(a, b snapshot.Resource) int {
		return cmp.Or(p.items[b]-p.items[a], cmp.Compare(a, b))
	})
	var parts []string
	for _, r := range resources {
		part := string(r)
		if r == snapshot.PolicyKinds {
			part = "policy kinds"
		}
		if n := p.items[r]; n > 0 {
			part += " (" + thousands(n) + " so far)"
		}
		parts = append(parts, part)
	}
	text := "reading " + strings.Join(parts, ", ")
	// The last column stays free: some terminals go on to the next line there.
	const more = 2 // columns of the dots
	if most := p.width - more - 1; len(text) > most {
		text = text[:max(most, 0)] // resources are ASCII
	}
	return text + " …"
}

// thousands groups digits: 12,000.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// start shows the line from progressAfter on, until stop is called, which
// returns when it is gone.
func (p *progress) start() (stop func()) {
	ending, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		shown := ""
		wait := time.NewTimer(progressAfter)
		defer wait.Stop()
		for {
			select {
			case <-ending:
				if shown != "" {
					fmt.Fprint(p.out, eraseLine) //nolint:errcheck // a terminal that is gone shows nothing
				}
				return
			case <-wait.C:
			}
			if line := p.line(); line != shown {
				fmt.Fprint(p.out, eraseLine, line) //nolint:errcheck // as above
				shown = line
			}
			wait.Reset(progressEvery)
		}
	}()
	return func() { close(ending); <-ended }
}

// follow shows the progress of a source that asks a cluster, where a person
// looks on. What it returns is called when all has been read.
func (g *globals) follow(s source.Source) (stop func()) {
	live, ok := s.(*live.Source)
	if !ok || g.silent || g.env.ErrWidth == 0 || g.env.Getenv("TERM") == "dumb" {
		return func() {}
	}
	p := newProgress(g.ErrOut, g.env.ErrWidth)
	live.Tell(p)
	return p.start()
}
