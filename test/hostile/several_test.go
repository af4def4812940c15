package hostile

import (
	"fmt"
	"hash/fnv"
	"os"
	"strconv"
	"strings"
	"testing"
)

// A busy server fails at more than one thing. Which, a seed decides: a third of what is asked. NETGUARD_SEEDS asks more of
// them.
func TestSeveralFaults(t *testing.T) {
	seeds := 12
	if given, err := strconv.Atoi(os.Getenv("NETGUARD_SEEDS")); err == nil {
		seeds = given
	}
	clean := cleanAnswers(t)
	for _, name := range []string{"403", "500", "410"} {
		t.Run(name, func(t *testing.T) {
			var jobs []func()
			for seed := range seeds {
				fails := func(r request) bool {
					h := fnv.New32a()
					fmt.Fprint(h, seed, r)
					return h.Sum32()>>16%3 == 0
				}
				for _, line := range questions() {
					jobs = append(jobs, func() {
						got := run(t, startProxy(t, faults()[name], fails), longPatience, line)
						if wrong := judge(clean[line].result, got); wrong != "" {
							t.Errorf("%s\nwith %s, seed %d: %s\nexit status %d, and %d without the faults\n--- stdout\n%s--- stderr\n%s",
								line, name, seed, wrong, got.status, clean[line].status, shorten(got.stdout), got.stderr)
						}
						if strings.Contains(got.stderr, "always reaches itself") {
							t.Errorf("%s\nwith %s, seed %d: what is known is told as what is not\n%s", line, name, seed, got.stderr)
						}
					})
				}
			}
			atOnce(jobs)
			t.Logf("%d commands", len(jobs))
		})
	}
}
