package scale

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/kubectl-netguard/netguard/test/fleet"
)

// repeats is how often a short question is asked; its time is the median.
const repeats = 5

// answer is one question's cost, and what was asked of the server for it.
type answer struct {
	run
	bytes    int64
	requests []request
}

// ask runs netguard once. An answer that is an error of netguard's is one here.
func (c *cluster) ask(ctx context.Context, args ...string) (answer, error) {
	var a answer
	var err error
	a.requests, err = c.record.during(func() error {
		var err error
		a.bytes, err = c.wire.count(func() error {
			a.run, err = c.netguard.run(ctx, args...)
			return err
		})
		return err
	})
	if err == nil && a.ended == "" && a.status == 2 {
		err = fmt.Errorf("netguard %v: %s", args, a.stderr)
	}
	return a, err
}

// row is a row about an answer.
func (c *cluster) row(question, figure string, a answer) Row {
	return Row{Size: c.size.Name, Question: question, Figure: figure, Ended: a.ended, Time: a.elapsed, Bytes: a.bytes, Peak: a.peak}
}

// onePair asks about two pods by name. That costs the same in any cluster, and not
// much more than asking the server by hand.
func (b *Bench) onePair(ctx context.Context, c *cluster) error {
	from, err := c.size.Pod(fleet.Ordinary, "frontend")
	if err != nil {
		return err
	}
	to, err := c.size.Pod(fleet.Ordinary, "database")
	if err != nil {
		return err
	}
	for _, verb := range []string{"explain", "can-reach"} {
		question := verb + " pod pod"
		var (
			a     answer
			times []time.Duration
		)
		for range repeats {
			if a, err = c.ask(ctx, verb, fleet.Ordinary+"/pod/"+from, fleet.Ordinary+"/pod/"+to); err != nil {
				return err
			}
			times = append(times, a.elapsed)
		}
		a.elapsed = median(times)

		r := c.row(question, "bytes, by those at a smaller size", a)
		r.Netguard = bytesText(a.bytes)
		if before, ok := b.bytes[question]; ok {
			r.Baseline = bytesText(before.bytes) + " at " + before.size
			r.Ratio = float64(a.bytes) / float64(before.bytes)
			r.Target, r.TargetText = 1.1, "≤ 1.1"
		}
		b.bytes[question] = sized{c.size.Name, a.bytes}
		b.add(r)

		if err := b.byHand(ctx, c, question, a); err != nil {
			return err
		}
	}
	return nil
}

// byHand compares with the same requests one after the other, by a client that has
// nothing to start and nothing to say, and by kubectl.
func (b *Bench) byHand(ctx context.Context, c *cluster, question string, a answer) error {
	uris := whole(a.requests)
	kubectl := &program{path: c.server.Binaries().Kubectl, env: c.netguard.env, limits: b.Limits}
	var bare, typed []time.Duration
	for range repeats {
		took, err := c.plain.get(ctx, 1, uris...)
		if err != nil {
			return err
		}
		bare = append(bare, took)
		began := time.Now()
		for _, uri := range uris {
			if _, err := kubectl.run(ctx, "get", "--raw", uri); err != nil {
				return err
			}
		}
		typed = append(typed, time.Since(began))
	}
	for _, by := range []struct {
		figure string
		took   time.Duration
		target float64
	}{
		{fmt.Sprintf("time, by that of the same %d requests with kubectl get --raw", len(uris)), median(typed), 2},
		{fmt.Sprintf("time, by that of the same %d requests in a client that runs already", len(uris)), median(bare), 0},
	} {
		r := c.row(question, by.figure, a)
		r.Netguard, r.Baseline = timeText(a.elapsed), timeText(by.took)
		r.Ratio = float64(a.elapsed) / float64(by.took)
		if by.target > 0 {
			r.Target, r.TargetText = by.target, "≤ "+number(by.target)
		}
		b.add(r)
	}
	return nil
}

// oneTarget asks who can reach a database that one pod in a hundred may reach, and
// one that everybody may reach.
func (b *Bench) oneTarget(ctx context.Context, c *cluster) error {
	all, err := c.wire.count(func() error {
		_, err := c.plain.get(ctx, 1, "/api/v1/pods")
		return err
	})
	if err != nil {
		return err
	}
	a, err := c.ask(ctx, "who-can-reach", "svc/database-2", "-n", fleet.Shared)
	if err != nil {
		return err
	}
	compression := "uncompressed"
	if c.plain.gzip {
		compression = "compressed"
	}
	r := c.row("who-can-reach, 1 % admitted", "bytes, by those of a list of all pods, both "+compression, a)
	r.Netguard, r.Baseline, r.Ratio = bytesText(a.bytes), bytesText(all), float64(a.bytes)/float64(all)
	r.Target, r.TargetText = 0.05, "≤ 0.05"
	b.add(r)

	if a, err = c.ask(ctx, "who-can-reach", "svc/database-2", "-n", fleet.Open); err != nil {
		return err
	}
	r = c.row("who-can-reach, all admitted", "lists of all pods", a)
	lists := allPodLists(a.requests)
	r.Netguard, r.Baseline, r.Ratio = fmt.Sprint(lists), "none", float64(lists)
	r.Target, r.TargetText = none, "0"
	b.add(r)
	return nil
}

// everything asks what takes lists of everything, and compares with transferring
// these lists.
func (b *Bench) everything(ctx context.Context, c *cluster) error {
	change := filepath.Join(c.dir, "change.yaml")
	if err := os.WriteFile(change, []byte(changedPolicy), 0o600); err != nil {
		return fmt.Errorf("write a change: %w", err)
	}
	for _, q := range []struct {
		question string
		args     []string
	}{
		{"map -A", []string{"map", "-A"}},
		{"diff -f POLICY", []string{"diff", "-f", change}},
		{"scaffold --keep-current", []string{"scaffold", "svc/database-2", "-n", fleet.Ordinary, "--keep-current"}},
	} {
		done := b.step("size %s: %s", c.size.Name, q.question)
		a, err := c.ask(ctx, q.args...)
		done()
		if err != nil {
			return err
		}
		bare := c.plain
		bare.gzip = false // curl does not ask for it, and close by it only takes time
		uris := whole(a.requests)
		took, err := bare.get(ctx, len(uris), uris...)
		if err != nil {
			return err
		}
		r := c.row(q.question, fmt.Sprintf("time, by that of transferring the same %d lists", len(uris)), a)
		r.Netguard, r.Baseline, r.Ratio = timeText(a.elapsed), timeText(took), float64(a.elapsed)/float64(took)
		r.Target, r.TargetText = 1.5, "≤ 1.5"
		b.add(r)
		r = c.row(q.question, "peak memory, by 500 MB", a)
		r.Netguard, r.Baseline, r.Ratio = bytesText(a.peak), "500 MB", float64(a.peak)/500e6
		r.Target, r.TargetText = 1, "≤ 1"
		b.add(r)
	}
	return nil
}

// changedPolicy replaces the policy of the Ordinary namespace's databases.
const changedPolicy = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: policy-02
  namespace: ` + fleet.Ordinary + `
spec:
  podSelector:
    matchLabels:
      tier: database
  policyTypes: [Ingress]
  ingress:
    - from:
        - namespaceSelector:
            matchLabels:
              team: team-7
          podSelector:
            matchLabels:
              tier: backend
      ports:
        - port: 5432
`
