package hostile

import (
	"fmt"
	"os"
	"testing"
)

func TestDbg(t *testing.T) {
	clean := cleanAnswers(t)
	os.MkdirAll("/tmp/hm", 0o755)
	i := 0
	name := "403"
	if os.Getenv("FAULT") != "" {
		name = os.Getenv("FAULT")
	}
	for _, line := range questions() {
		for _, what := range clean[line].requests {
			p := startProxy(t, faults()[name], func(r request) bool { return r == what })
			got := run(t, p, longPatience, line)
			if wrong := judge(clean[line].result, got); wrong != "" {
				i++
				os.WriteFile(fmt.Sprintf("/tmp/hm/%03d.head", i), []byte(fmt.Sprintf("%s ## %+v\n%.60s\nstatus %d was %d\n", line, what, wrong, got.status, clean[line].status)), 0o644)
				os.WriteFile(fmt.Sprintf("/tmp/hm/%03d.clean", i), []byte(clean[line].stdout+clean[line].stderr), 0o644)
				os.WriteFile(fmt.Sprintf("/tmp/hm/%03d.got", i), []byte(got.stdout+got.stderr), 0o644)
			}
		}
	}
}
