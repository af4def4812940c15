package scale

import (
	"testing"
	"time"
)

func TestCyclonusLimits(t *testing.T) {
	b := &Bench{Limits: Limits{Time: 120 * time.Second, Memory: 4e9}}
	for _, c := range []struct {
		name      string
		row       Row
		available int64
		want      Limits
	}{
		{"long enough to prove the target", Row{Time: 1600 * time.Millisecond, Target: 1.0 / 50}, 24e9, Limits{100 * time.Second, 16e9}},
		{"but not for ever", Row{Time: time.Minute, Target: 1.0 / 50}, 24e9, Limits{6 * time.Minute, 16e9}},
		{"no target", Row{Time: time.Second}, 24e9, Limits{4 * time.Minute, 16e9}},
		{"a smaller machine", Row{Time: time.Second}, 8e9, Limits{4 * time.Minute, 6e9}},
		{"no word of the memory", Row{Time: time.Second}, 0, Limits{4 * time.Minute, 16e9}},
	} {
		if got := b.cyclonusLimits(c.row, c.available); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}
