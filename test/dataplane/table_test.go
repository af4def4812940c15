package dataplane

import (
	"cmp"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/plan"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/live"
)

// end is who sends, or where to.
type end struct {
	// name as netguard is asked.
	name string
	// from is the namespace of one that sends.
	from *netns
	// protocol and address of one that is sent to.
	protocol, address string
	// tries is how many packets go there: a Service may send each elsewhere.
	tries int
}

// row is one line of the table: who, where to, what happened, what netguard says.
type row struct {
	scenario          string
	source, target    string
	packets           []packet
	verdict           report.Verdict
	partly            bool
	reason            report.Reason
	hop               report.HopKind
	detail            string
	judgement         judgement
	protocol, address string
}

// judgement is whether a row's verdict and packets go together.
type judgement string

const (
	right     judgement = "right"
	wrong     judgement = "WRONG"
	undecided judgement = "undecided" // netguard says Unknown
	mixed     judgement = "mixed"     // several endpoints, of which a packet chooses one
)

func (r row) String() string {
	return fmt.Sprintf("%-9s %-22s %-28s %-34s %-5s %s  %s %s %s %s", r.judgement, r.scenario, r.source, r.target, r.verdict, r.packets, r.reason, r.hop, r.detail, r.address)
}

// judge holds what happened against what was said. Anything that got through is proof; that nothing did, is one where the
// target is known to listen, which all of them do.
func (r *row) judge() {
	open := 0
	for _, p := range r.packets {
		if p.outcome == "open" {
			open++
		}
	}
	switch {
	case r.verdict == report.Unknown:
		r.judgement = undecided
	case r.partly:
		r.judgement = mixed
	case r.verdict == report.Allowed && open == len(r.packets), r.verdict == report.Denied && open == 0:
		r.judgement = right
	default:
		r.judgement = wrong
	}
}

// table is what the whole run has tried.
type table struct {
	mu    sync.Mutex
	rows  []row
	start time.Time
}

// ask tries everything from everywhere, and asks netguard of each.
func (c *cluster) ask(t *testing.T, tab *table, scenario string, sources, targets []end) {
	t.Helper()
	m := c.model(t, sources, targets)
	rows := make([]row, 0, len(sources)*len(targets))
	for _, s := range sources {
		for _, to := range targets {
			rows = append(rows, row{scenario: scenario, source: s.name, target: to.name, protocol: to.protocol, address: to.address})
		}
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, 48)
	for i := range rows {
		s, to := sources[i/len(targets)], targets[i%len(targets)]
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			rows[i].fill(t, m, s, to)
		})
	}
	wg.Wait()
	for i := range rows {
		if r := &rows[i]; r.judgement == wrong && r.verdict == report.Allowed {
			// Under load a packet may be late. One that should not get through, and did, is never tried again.
			s, to := sources[i/len(targets)], targets[i%len(targets)]
			r.packets = nil
			r.fill(t, m, s, to)
		}
		if rows[i].judgement == wrong {
			t.Error(rows[i])
		}
	}
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.rows = append(tab.rows, rows...)
}

func (r *row) fill(t *testing.T, m *model.Model, s, to end) {
	for range max(1, to.tries) {
		r.packets = append(r.packets, s.from.try(to.protocol, to.address))
	}
	p, err := query.CanReach(m, parse(t, s.name), parse(t, to.name), query.Options{})
	if err != nil {
		t.Errorf("%s %s: %v", s.name, to.name, err)
		return
	}
	r.verdict, r.partly, r.reason, r.hop, r.detail = p.Verdict, p.Partly, p.Reason, p.Hop, p.Detail
	r.judge()
}

func parse(t *testing.T, text string) reference.Reference {
	t.Helper()
	r, err := reference.Parse(text, "default")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// model is what netguard reads of the cluster, for all of the questions at once.
func (c *cluster) model(t *testing.T, ends ...[]end) *model.Model {
	t.Helper()
	flags := genericclioptions.NewConfigFlags(false)
	flags.KubeConfig = &c.config
	source, err := live.New(flags)
	must(t, err)
	q := plan.Question{Home: "default", Services: true}
	for _, list := range ends {
		for _, e := range list {
			q.More = append(q.More, parse(t, e.name))
		}
	}
	nodes := snapshot.Need{Resource: snapshot.Nodes}
	s, err := source.Load(t.Context(), func(s *snapshot.Snapshot) []snapshot.Need {
		if next := plan.Next(q, s); len(next) > 0 || s.Tried(nodes) {
			return next
		}
		return []snapshot.Need{nodes}
	})
	must(t, err)
	return model.New(s)
}

// senders are all pods, both nodes, and somebody outside.
func (c *cluster) senders() []end {
	out := []end{{name: outsideAddress, from: c.outside}}
	for name, n := range c.nodes {
		out = append(out, end{name: "node/" + name, from: n.netns})
	}
	for name, n := range c.pods {
		if ns, pod, _ := strings.Cut(name, "/"); ns != "marker" {
			out = append(out, end{name: ns + "/pod/" + pod, from: n})
		}
	}
	return sorted(out)
}

// receivers are all pods with each port they listen on.
func (c *cluster) receivers(t *testing.T) []end {
	t.Helper()
	list, err := c.client.CoreV1().Pods("").List(t.Context(), metav1.ListOptions{})
	must(t, err)
	var out []end
	for i := range list.Items {
		p := &list.Items[i]
		if p.Namespace == "marker" || p.Namespace == "kube-system" {
			continue
		}
		listening := ports
		if p.Spec.HostNetwork {
			listening = nil
			for _, declared := range p.Spec.Containers[0].Ports {
				listening = append(listening, port{string(declared.Protocol), int(declared.ContainerPort)})
			}
		}
		for _, l := range listening {
			out = append(out, end{
				name:     fmt.Sprintf("%s/pod/%s:%d/%s", p.Namespace, p.Name, l.number, l.protocol),
				protocol: l.protocol, address: net.JoinHostPort(p.Status.PodIP, fmt.Sprint(l.number)),
			})
		}
	}
	return sorted(out)
}

func sorted(ends []end) []end {
	slices.SortFunc(ends, func(a, b end) int { return cmp.Compare(a.name, b.name) })
	return ends
}

// report says how many rows there are of which judgement, and leaves all of them in a file where one is asked for.
func (tab *table) report(t *testing.T) {
	t.Helper()
	count := map[judgement]int{}
	verdicts := map[report.Verdict]int{}
	outcomes := map[string]int{}
	tried := 0
	for _, r := range tab.rows {
		count[r.judgement]++
		verdicts[r.verdict]++
		tried += len(r.packets)
		outcomes[r.packets[0].outcome]++
	}
	t.Logf("%d rows, %d packets in %s: %v; verdicts %v; packets %v", len(tab.rows), tried, time.Since(tab.start).Round(time.Second), count, verdicts, outcomes)
	if path := os.Getenv("NETGUARD_DATAPLANE_TABLE"); path != "" {
		f, err := os.Create(path)
		must(t, err)
		defer f.Close()
		for _, r := range tab.rows {
			fmt.Fprintln(f, r)
		}
	}
}
