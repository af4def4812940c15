package scale

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-netguard/netguard/test/fleet"
)

func TestPowerIsTheExponent(t *testing.T) {
	for _, exponent := range []float64{1, 1.1, 2} {
		var times []sized
		for _, size := range fleet.Sizes() {
			times = append(times, sized{size, int64(1000 * math.Pow(float64(size.Pods), exponent))})
		}
		if got := power(times); math.Abs(got-exponent) > 1e-6 {
			t.Errorf("power of times that grow with exponent %g is %g", exponent, got)
		}
	}
}

// What slows the machine down falls on both, and what is odd decides nothing.
func TestInTurn(t *testing.T) {
	var order []string
	times := map[string][]time.Duration{"it": {9, 2, 3, 1, 2}, "base": {5, 4, 80, 4, 4}}
	next := func(of string) (time.Duration, error) {
		order = append(order, of)
		took := times[of][0]
		times[of] = times[of][1:]
		return took, nil
	}
	it, base, err := inTurn(func() (time.Duration, error) { return next("it") }, func(d time.Duration) time.Duration { return d },
		func() (time.Duration, error) { return next("base") })
	if it != 2 || base != 4 || err != nil {
		t.Errorf("got %v, %v, %v", it, base, err)
	}
	if got := strings.Join(order, " "); got != strings.TrimSpace(strings.Repeat("it base ", 5)) {
		t.Errorf("measured %s", got)
	}
}
