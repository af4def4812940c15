package scale

import (
	"math"
	"testing"

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
