package scale

import (
	"context"
	"fmt"
	"time"

	"github.com/kubectl-netguard/netguard/test/fleet"
)

// modelTargets are in seconds, since there is nothing to compare with: the sizes
// that have them, for all pairs (compiling included) and for one target.
func modelTargets(size string) (allPairs, target time.Duration) {
	switch size {
	case "L":
		return 200 * time.Millisecond, 5 * time.Millisecond
	case "XL":
		return 4 * time.Second, 50 * time.Millisecond
	default:
		return 0, 0
	}
}

// model measures what questions cost once everything has been read.
func (b *Bench) model(ctx context.Context, c *cluster) error {
	b.section = sectionModel
	done := b.step("size %s: the model", c.size.Name)
	r, err := b.self(Limits{Time: 2 * b.Limits.Time, Memory: 2 * b.Limits.Memory}).run(ctx, "model", c.size.Name, c.kubeconfig)
	done()
	if err != nil {
		return err
	}
	if r.status != 0 {
		return fmt.Errorf("the model: %s", r.stderr)
	}
	took, err := parseTimings(r.stdout)
	if err != nil {
		return err
	}
	b.modelRows(c.size, r, took)
	if first := took[stepFirst].Elapsed; first > 0 {
		b.once = append(b.once, sized{c.size, int64(first)})
	}
	return nil
}

// growth tells how the time for one target grows with the cluster.
func (b *Bench) growth() {
	if len(b.once) < 2 {
		return
	}
	p := power(b.once)
	b.add(Row{
		Size: b.once[0].Name + " to " + b.once[len(b.once)-1].Name, Question: "model",
		Figure:   "growth of the time after reading for one target: the exponent, by 1 (in proportion)",
		Netguard: number(p), Baseline: "1", Ratio: p, Target: 1.1, TargetText: "≤ 1.1",
	})
}

func (b *Bench) modelRows(size fleet.Size, r run, took map[string]timing) {
	row := func(figure string, took, baseline time.Duration, target float64) {
		out := Row{Size: size.Name, Question: "model", Figure: figure}
		switch {
		case took == 0:
			out.Ended = r.ended
			if baseline > 0 {
				out.Baseline = timeText(baseline)
				out.atMost(target)
			}
		case baseline == 0:
			out.Netguard = timeText(took)
		default:
			out.compare(took, baseline)
			out.atMost(target)
		}
		b.add(out)
	}
	allPairs, target := modelTargets(size.Name)
	row("compile and all pairs, by the time set for it", took[stepAllPairs].Elapsed, allPairs, 1)
	b.rows[len(b.rows)-1].Peak = r.peak // of the process, in which all pairs come last and take most
	if kept := took[stepKept].Bytes; kept > 0 {
		const most = 100e6
		out := Row{
			Size: size.Name, Question: "model", Figure: "what compiled policies and all pairs keep in memory, by 100 MB",
			Netguard: bytesText(kept), Baseline: bytesText(most), Ratio: float64(kept) / most,
		}
		out.atMost(1)
		b.add(out)
	}
	row("one target with all reasons once compiled, by the time set for it", took[stepTarget].Elapsed, target, 1)
	row("explain (why, and a fix) of two pods, by can-reach of them", took[stepWhy].Elapsed, took[stepBare].Elapsed, 5)
}
