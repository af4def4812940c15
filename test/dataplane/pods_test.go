package dataplane

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"
)

// The rules of docs/verdicts.md and generated policies, from every pod, node and from outside to every pod and port.
func TestPackets(t *testing.T) {
	c := start(t)
	c.apply(t, stagePods)
	c.wire(t, ports...)
	c.plugins(t)
	c.settle(t)
	tab := &table{start: time.Now()}
	defer tab.report(t)
	senders, receivers := c.senders(), c.receivers(t)
	c.ask(t, tab, "no policies", senders, receivers)
	for seed := range sets(16) {
		c.replacePolicies(t, newGenerator(uint64(seed)).policies())
		c.ask(t, tab, fmt.Sprintf("generated %d", seed), senders, receivers)
	}
}

// replacePolicies has these policies in place of those of the last scenario, and waits until they are obeyed.
func (c *cluster) replacePolicies(t *testing.T, manifests string) {
	t.Helper()
	for _, ns := range []string{"one", "two", "three"} {
		_, err := c.kubectl.Must(t.Context(), "delete", "networkpolicies", "--all", "-n", ns)
		must(t, err)
	}
	c.apply(t, manifests)
	c.settle(t)
}

// sets is how many generated sets of policies are tried: as many as fit in CI, or as the environment asks for.
func sets(usual int) int {
	if n, err := strconv.Atoi(os.Getenv("NETGUARD_DATAPLANE_SETS")); err == nil {
		return n
	}
	return usual
}
