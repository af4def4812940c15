package scale

import (
	"context"
	"fmt"
	"os"
	"os/exec"
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
	if err == nil && a.ended == "" && a.status == statusError {
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
	b.section = sectionPair
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
			bytes []int64 // they differ by how many connections were opened at once
		)
		for range repeats {
			if a, err = c.ask(ctx, verb, fleet.Ordinary+"/pod/"+from, fleet.Ordinary+"/pod/"+to); err != nil {
				return err
			}
			times, bytes = append(times, a.elapsed), append(bytes, a.bytes)
		}
		a.elapsed, a.bytes = median(times), median(bytes)

		r := c.row(question, "bytes, by those at a smaller size", a)
		r.Netguard = bytesText(a.bytes)
		if before, ok := b.bytes[question]; ok {
			r.Baseline = bytesText(before.number) + " at " + before.Name
			r.Ratio = float64(a.bytes) / float64(before.number)
			r.atMost(1.1)
		}
		if _, ok := b.bytes[question]; !ok || c.size.Name == "M" {
			b.bytes[question] = sized{c.size, a.bytes}
		}
		b.add(r)

		if err := b.byHand(ctx, c, question, a); err != nil {
			return err
		}
	}
	return nil
}

// byHand compares with the same requests one after the other: each with a curl of
// its own (or kubectl, where there is no curl), and by a client that has nothing to
// start.
func (b *Bench) byHand(ctx context.Context, c *cluster, question string, a answer) error {
	uris := whole(a.requests)
	hand, args, err := c.hand(b.Limits)
	if err != nil {
		return err
	}
	var typed, bare []time.Duration
	for range repeats {
		began := time.Now()
		for _, uri := range uris {
			if r, err := hand.run(ctx, args(uri)...); err != nil || r.status != 0 {
				return fmt.Errorf("%s %s: exit status %d: %w", hand.path, uri, r.status, err)
			}
		}
		typed = append(typed, time.Since(began))
		took, err := c.plain.get(ctx, 1, uris...)
		if err != nil {
			return err
		}
		bare = append(bare, took)
	}
	r := c.row(question, fmt.Sprintf("time, by that of the same %d requests with %s one after the other", len(uris), filepath.Base(hand.path)), a)
	r.compare(a.elapsed, median(typed))
	r.atMost(2)
	b.add(r)
	r = c.row(question, fmt.Sprintf("time, by that of the same %d requests in a client that runs already", len(uris)), a)
	r.compare(a.elapsed, median(bare))
	b.add(r)
	return nil
}

// hand is what a person would send requests with: the program, and its arguments for
// a URI.
func (c *cluster) hand(limits Limits) (*program, func(uri string) []string, error) {
	p := &program{env: c.netguard.env, limits: limits}
	var err error
	if p.path, err = exec.LookPath("curl"); err != nil {
		p.path = c.server.Binaries().Kubectl
		return p, func(uri string) []string { return []string{"get", "--raw", uri} }, nil //nolint:nilerr // kubectl will do
	}
	ca := filepath.Join(c.dir, "ca.crt")
	if err := os.WriteFile(ca, c.plain.ca, 0o600); err != nil {
		return nil, nil, fmt.Errorf("write the server's certificate: %w", err)
	}
	return p, func(uri string) []string {
		return []string{"-sS", "--cacert", ca, "-H", "Authorization: Bearer " + c.plain.token, "-H", "Accept: " + accept, "-o", os.DevNull, c.plain.server + uri}
	}, nil
}

// oneTarget asks who can reach a database that one pod in a hundred may reach, and
// one that everybody may reach.
func (b *Bench) oneTarget(ctx context.Context, c *cluster) error {
	b.section = sectionTarget
	const question = "who-can-reach, 1 % admitted"
	args := []string{"who-can-reach", "svc/database-2", "-n", fleet.Shared}
	bare := c.plain
	bare.gzip = false
	all, err := c.allPods(ctx, bare)
	if err != nil {
		return err
	}
	a, err := c.ask(ctx, append(args, "--disable-compression")...)
	if err != nil {
		return err
	}
	r := c.row(question, "bytes, by those of a list of all pods, nothing compressed", a)
	r.Netguard, r.Baseline, r.Ratio = bytesText(a.bytes), bytesText(all), float64(a.bytes)/float64(all)
	if c.size.Pods >= 15_000 {
		r.atMost(0.05) // in a smaller cluster it is more than one pod in a hundred
	}
	b.add(r)
	if c.plain.gzip {
		if all, err = c.allPods(ctx, c.plain); err != nil {
			return err
		}
		if a, err = c.ask(ctx, args...); err != nil {
			return err
		}
		r = c.row(question, "the same, both compressed", a)
		r.Netguard, r.Baseline, r.Ratio = bytesText(a.bytes), bytesText(all), float64(a.bytes)/float64(all)
		b.add(r)
	}

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

// allPods is how many bytes a list of all pods takes.
func (c *cluster) allPods(ctx context.Context, p plain) (int64, error) {
	return c.wire.count(func() error {
		_, err := p.get(ctx, 1, "/api/v1/pods")
		return err
	})
}

// everything asks what takes lists of everything, and compares with transferring
// these lists.
func (b *Bench) everything(ctx context.Context, c *cluster) error {
	b.section = sectionAll
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
		// The first lists of a kind take a server that has just started twice as long,
		// whoever asks for them; the baseline, asked for later, would not pay it.
		first, err := c.ask(ctx, q.args...)
		if err != nil {
			return err
		}
		bare := c.plain
		bare.gzip = false // curl does not ask for it, and close by it only takes time
		uris := whole(first.requests)
		a, took, err := inTurn(
			func() (answer, error) { return c.ask(ctx, q.args...) }, func(a answer) time.Duration { return a.elapsed },
			func() (time.Duration, error) { return bare.get(ctx, len(uris), uris...) })
		done()
		if err != nil {
			return err
		}
		r := c.row(q.question, fmt.Sprintf("time, by that of transferring the same %d lists", len(uris)), a)
		r.compare(a.elapsed, took)
		if c.size.Name == "XL" {
			r.atMost(1.5)
		}
		b.add(r)
		if c.size.Name == "XL" {
			r = c.row(q.question, "peak memory, by 500 MB", a)
			r.Netguard, r.Baseline, r.Ratio = bytesText(a.peak), "500 MB", float64(a.peak)/500e6
			r.atMost(1)
			b.add(r)
		}
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
