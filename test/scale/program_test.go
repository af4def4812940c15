package scale

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestRunTellsWhatItTook(t *testing.T) {
	p := &program{path: "/bin/sh", limits: Limits{Time: time.Minute, Memory: 1e9}}
	r, err := p.run(t.Context(), "-c", "echo out; echo err >&2; exit 3")
	if err != nil {
		t.Fatal(err)
	}
	if r.stdout != "out\n" || r.stderr != "err" || r.status != 3 || r.ended != "" || r.printed != 4 {
		t.Errorf("got %+v", r)
	}
	if r.peak <= 0 || r.elapsed <= 0 {
		t.Errorf("peak %d and time %v are not those of a process", r.peak, r.elapsed)
	}
}

func TestRunIsEndedAtItsLimits(t *testing.T) {
	late := &program{path: "/bin/sh", limits: Limits{Time: 50 * time.Millisecond, Memory: 1e9}}
	r, err := late.run(t.Context(), "-c", "exec sleep 600")
	if err != nil || !strings.HasPrefix(r.ended, "unfinished after") {
		t.Errorf("one that takes too long: ended %q, %v", r.ended, err)
	}
	greedy := &program{path: os.Args[0], args: []string{waste}, limits: Limits{Time: time.Minute, Memory: 100e6}}
	r, err = greedy.run(t.Context())
	if err != nil || r.ended != "ended at 100 MB" {
		t.Errorf("one that takes too much: ended %q, %v", r.ended, err)
	}
	if r.peak < 90e6 || r.peak > 450e6 {
		t.Errorf("its peak memory was %s", bytesText(r.peak))
	}
}

// The peak of a small program is its own, however much this one holds.
func TestPeakIsNotTheParents(t *testing.T) {
	held := make([]byte, 200e6)
	for i := range held {
		held[i] = 1
	}
	p := &program{path: "/bin/sh", limits: Limits{Time: time.Minute, Memory: 1e9}}
	r, err := p.run(t.Context(), "-c", "sleep 0.1")
	if err != nil {
		t.Fatal(err)
	}
	if r.peak == 0 || r.peak > 100e6 {
		t.Errorf("the peak of a shell is %s while this process holds %s", bytesText(r.peak), bytesText(int64(len(held))))
	}
}
