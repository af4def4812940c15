package scale

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-netguard/netguard/test/fleet"
)

// The steps that measureModel times.
const (
	stepRead = "read"
	// stepFirst is one target asked about first: a model compiles what a question
	// needs when it needs it.
	stepFirst    = "compile and one target"
	stepTarget   = "one target"
	stepBare     = "bare answer"
	stepWhy      = "why"
	stepAllPairs = "compile and all pairs"
	stepKept     = "kept"
)

// timing is what one step took, or for [stepKept] how many bytes the model and all
// pairs hold beyond what was read.
type timing struct {
	Step    string
	Elapsed time.Duration
	Bytes   int64
}

// measureModel times what questions cost once everything has been read from the
// server of a kubeconfig, and writes
// each timing as soon as it is known: a later step may not come to an end.
func measureModel(ctx context.Context, kubeconfig string, size fleet.Size, out io.Writer) error {
	began := time.Now()
	s, err := readServer(ctx, kubeconfig, size)
	if err != nil {
		return err
	}
	write := json.NewEncoder(out)
	if err := write.Encode(timing{Step: stepRead, Elapsed: time.Since(began)}); err != nil {
		return err
	}
	for _, step := range []struct {
		name string
		run  func() error
	}{
		{stepFirst, func() error {
			s.compile()
			_, err := s.whoCanReach()
			return err
		}},
		{stepTarget, func() error { _, err := s.whoCanReach(); return err }},
		{stepBare, s.canReach},
		{stepWhy, s.explain},
		{stepAllPairs, func() error {
			s.compile()
			s.allPairs()
			return nil
		}},
	} {
		took, err := typical(step.run)
		if err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		if err := write.Encode(timing{Step: step.name, Elapsed: took}); err != nil {
			return err
		}
	}
	s.model = nil
	before := heap()
	s.compile()
	kept := s.allPairs()
	bytes := int64(heap()) - int64(before)
	runtime.KeepAlive(kept)
	return write.Encode(timing{Step: stepKept, Bytes: bytes})
}

// heap is the bytes in use once the garbage is collected.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// typical is the median of as many runs as fit into a second, of 3 at least, or of
// one that takes long.
func typical(f func() error) (time.Duration, error) {
	var (
		times []time.Duration
		total time.Duration
	)
	for (total < time.Second || len(times) < 3) && total < 10*time.Second && len(times) < 1000 {
		began := time.Now()
		if err := f(); err != nil {
			return 0, err
		}
		took := time.Since(began)
		times, total = append(times, took), total+took
	}
	return median(times), nil
}

// brief is how long something may take to be repeated: it is easily disturbed.
const brief = 12 * time.Second

// usual is the middle one of three, or the only one of what takes long.
func usual[T any](f func() (T, error), took func(T) time.Duration) (T, error) {
	var all []T
	for range 3 {
		one, err := f()
		if err != nil {
			return one, err
		}
		if all = append(all, one); took(one) > brief {
			break
		}
	}
	return middle(all, took), nil
}

// inTurn measures a thing and its baseline one after the other, five times, and
// returns the middle one of each: what slows the machine down for a while falls on
// both.
func inTurn[A any](
	f func() (A, error), took func(A) time.Duration, baseline func() (time.Duration, error),
) (A, time.Duration, error) {
	var (
		all       []A
		baselines []time.Duration
	)
	for range 5 {
		one, err := f()
		if err != nil {
			return one, 0, err
		}
		base, err := baseline()
		if err != nil {
			return one, 0, err
		}
		all, baselines = append(all, one), append(baselines, base)
		if took(one) > brief {
			break
		}
	}
	return middle(all, took), median(baselines), nil
}

// middle is the one that took neither the longest nor the shortest.
func middle[T any](all []T, took func(T) time.Duration) T {
	slices.SortFunc(all, func(a, b T) int { return cmp.Compare(took(a), took(b)) })
	return all[len(all)/2]
}

// parseTimings reads what measureModel wrote.
func parseTimings(text string) (map[string]timing, error) {
	out := map[string]timing{}
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		var t timing
		if err := json.Unmarshal(lines.Bytes(), &t); err != nil {
			return nil, fmt.Errorf("read the timings: %w", err)
		}
		out[t.Step] = t
	}
	return out, lines.Err()
}

// power is the exponent that fits times to numbers of pods best: 1 is in
// proportion, 2 is as the square.
func power(times []sized) float64 {
	var n, sx, sy, sxx, sxy float64
	for _, t := range times {
		x, y := math.Log(float64(t.Pods)), math.Log(float64(t.number))
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	return (n*sxy - sx*sy) / (n*sxx - sx*sx)
}
