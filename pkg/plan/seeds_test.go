package plan_test

import "testing"

// drawn is how many clusters are generated of n: a tenth with -short.
func drawn(n int64) int64 {
	if testing.Short() {
		return max(n/10, 1)
	}
	return n
}
