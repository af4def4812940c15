package plan_test

import (
	"fmt"
	"math/rand"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/plan"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// taken is a set of permissions that a user does not have, as RBAC has them: a
// resource may be read nowhere, or in some namespaces alone.
type taken struct {
	// nowhere are resources that may not be read at all; only, those that may be
	// read in these namespaces.
	nowhere map[snapshot.Resource]bool
	only    map[snapshot.Resource][]string
}

func (x taken) forbids(n snapshot.Need) bool {
	if x.nowhere[n.Resource] {
		return true
	}
	namespaces, limited := x.only[n.Resource]
	return limited && !slices.Contains(namespaces, n.Namespace)
}

func (x taken) String() string {
	var out []string
	for r := range x.nowhere {
		out = append(out, string(r))
	}
	for r, namespaces := range x.only {
		out = append(out, fmt.Sprintf("%s but in %v", r, namespaces))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// permissions are the resources of a snapshot that a user may be refused.
func permissions() []snapshot.Resource {
	return []snapshot.Resource{
		snapshot.Namespaces, snapshot.Pods, snapshot.Services, snapshot.EndpointSlices, snapshot.NetworkPolicies, snapshot.Nodes,
		snapshot.ConfigMaps, snapshot.ReplicaSets, snapshot.DaemonSets, snapshot.Jobs, snapshot.PolicyKinds, snapshot.Ingresses,
		snapshot.IngressClasses, snapshot.Gateways, snapshot.GatewayClasses, snapshot.HTTPRoutes, snapshot.ReferenceGrants,
	}
}

// takes is one resource nowhere for each, then some at random.
func takes(rnd *rand.Rand, s *snapshot.Snapshot, several int) []taken {
	var out []taken
	for _, r := range permissions() {
		out = append(out, taken{nowhere: map[snapshot.Resource]bool{r: true}})
	}
	var namespaces []string
	for _, ns := range s.Namespaces() {
		namespaces = append(namespaces, ns.Name)
	}
	for range several {
		x := taken{nowhere: map[snapshot.Resource]bool{}, only: map[snapshot.Resource][]string{}}
		var home []string
		for _, ns := range namespaces {
			if rnd.Intn(2) == 0 {
				home = append(home, ns)
			}
		}
		everything := rnd.Intn(3) == 0 // as with a Role: nothing beyond the namespaces
		for _, r := range permissions() {
			clusterScoped := snapshot.Need{Resource: r}.ClusterScoped()
			switch {
			case everything && clusterScoped, !everything && rnd.Intn(6) == 0:
				x.nowhere[r] = true
			case everything, !clusterScoped && rnd.Intn(4) == 0:
				x.only[r] = home
			}
		}
		out = append(out, x)
	}
	return out
}

// withPlugin adds the agent of a network plugin whose answers differ from others'.
func withPlugin(rnd *rand.Rand, s *snapshot.Snapshot) *snapshot.Snapshot {
	agents := map[string][2]string{"cilium": {"cilium-agent", "cilium/cilium"}, "aws-node": {"aws-node", "amazon-k8s-cni"}, "kube-router": {"kube-router", "cloudnativelabs/kube-router"}, "": {}}
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range agents {
			if !yield(name) {
				return
			}
		}
	})
	name := names[rnd.Intn(len(names))]
	if name == "" {
		return s
	}
	b := snapshot.NewBuilder(s)
	b.AddWorkload(&snapshot.Workload{
		Kind: "DaemonSet", Name: snapshot.Name{Namespace: "kube-system", Name: name},
		Containers: []snapshot.Container{{Name: agents[name][0], Image: agents[name][1]}, {Name: "aws-eks-nodeagent", Args: []string{"--enable-network-policy=true"}}},
	})
	return b.Snapshot()
}

// question is one that is asked of a cluster, and its answer: verdicts by what they
// are about, and whether a permission is named.
type question struct {
	name string
	plan plan.Question
	ask  func(m *model.Model) (verdicts map[string]report.Verdict, gaps []report.Gap, err error)
}

// questionsOf are questions of every command that answers about connections.
func questionsOf(t *testing.T, all *snapshot.Snapshot) []question {
	t.Helper()
	var ends []string
	for i, p := range all.Pods() {
		if i%5 < 2 && i < 20 && !p.Several() {
			ends = append(ends, p.Namespace+"/pod/"+p.Name.Name)
		}
	}
	for _, s := range all.Services() {
		ends = append(ends, s.Namespace+"/svc/"+s.Name.Name)
		for _, a := range slices.Concat(s.ExternalIPs, s.LoadBalancerIPs) {
			ends = append(ends, a.String())
		}
	}
	for _, o := range all.Ingresses() {
		ends = append(ends, o.Namespace+"/ingress/"+o.Name.Name)
	}
	for _, o := range all.Gateways() {
		ends = append(ends, o.Namespace+"/gateway/"+o.Name.Name)
	}
	for _, o := range all.Routes() {
		ends = append(ends, o.Namespace+"/"+strings.ToLower(o.Kind)+"/"+o.Name.Name)
	}
	for i, n := range all.Nodes() {
		if i == 0 && len(n.IPs) > 0 {
			ends = append(ends, "node/"+n.Name, n.IPs[0].String())
		}
	}
	ends = ends[:min(len(ends), 14)]
	sources := []string{"internet"}
	if p := all.Pods(); len(p) > 0 && !p[0].Several() {
		p := p[0]
		sources = append(sources, p.Namespace+"/pod/"+p.Name.Name)
	}
	var out []question
	add := func(name string, q plan.Question, ask func(*model.Model) (map[string]report.Verdict, []report.Gap, error)) {
		q.Home = "bank"
		out = append(out, question{name, q, ask})
	}
	explain := func(from, to *reference.Reference) {
		add(from.String()+" → "+to.String(), plan.Question{Source: from, Target: to}, func(m *model.Model) (map[string]report.Verdict, []report.Gap, error) {
			x, err := query.Explain(m, *from, *to, query.Options{})
			if err != nil {
				return nil, nil, err
			}
			return map[string]report.Verdict{"": x.Verdict}, x.Gaps, nil
		})
	}
	for _, end := range ends {
		r := ref(t, end)
		for _, from := range sources {
			if end != from {
				explain(ref(t, from), r)
			}
		}
		if pods := all.Pods(); len(pods) > 1 && !pods[1].Several() {
			p := pods[1]
			if to := p.Namespace + "/pod/" + p.Name.Name; to != end && r.Form == reference.FormObject {
				explain(r, ref(t, to))
			}
		}
		reach := func(name string, q plan.Question, ask func(*model.Model) (*report.Reach, error)) {
			add(name, q, func(m *model.Model) (map[string]report.Verdict, []report.Gap, error) {
				r, err := ask(m)
				if err != nil {
					return nil, nil, err
				}
				return rowVerdicts(all, m, r), r.Gaps, nil
			})
		}
		switch {
		case r.Form != reference.FormObject:
		case frontdoor.IsDoor(r.Kind):
			add("who-can-reach "+end, plan.Question{Target: r, Brief: true}, func(m *model.Model) (map[string]report.Verdict, []report.Gap, error) {
				d, err := query.FrontDoor(m, *r, query.Options{})
				if err != nil {
					return nil, nil, err
				}
				out := map[string]report.Verdict{}
				for i, d := range d.Doors {
					out[fmt.Sprint("door ", i)] = d.Verdict
				}
				return out, d.Gaps, nil
			})
		default:
			for _, brief := range []bool{true, false} {
				reach(fmt.Sprint("who-can-reach ", end, brief), plan.Question{Target: r, Brief: brief}, func(m *model.Model) (*report.Reach, error) {
					return query.WhoCanReach(m, *r, query.Options{})
				})
			}
			reach("reachable-from "+end, plan.Question{Source: r}, func(m *model.Model) (*report.Reach, error) {
				return query.ReachableFrom(m, *r, query.Options{})
			})
		}
	}
	add("map", plan.Question{Doors: true}, func(m *model.Model) (map[string]report.Verdict, []report.Gap, error) {
		r := query.Map(m, query.Scope{Labels: selector.Everything()}, query.Options{})
		return edgeVerdicts(m, r), r.Gaps, nil
	})
	return out
}

// rowVerdicts are the verdicts of rows on each pod that rows name, or stand for, and
// on the internet; mixed ones are left out.
func rowVerdicts(all *snapshot.Snapshot, read *model.Model, r *report.Reach) map[string]report.Verdict {
	out := map[string]report.Verdict{}
	mixed := map[string]bool{}
	add := func(name string, row report.ReachRow) {
		if v, seen := out[name]; seen && v != row.Verdict || row.Of != nil {
			mixed[name] = true
		}
		out[name] = row.Verdict
	}
	for _, row := range r.Rows {
		for _, e := range row.Ends {
			switch {
			case e.End.Kind == "Internet":
				add("internet", row)
			case e.End.Kind == "Namespace" && !e.Others:
				for _, p := range all.PodsIn(e.End.Name) {
					// Where pods were not read, a row tells of those with addresses of
					// their own; those of a node are the node.
					if !p.Finished() && (!p.HostNetwork || read.Pod(p.Name) != nil) {
						add(p.Name.String(), row)
					}
				}
			case e.Others, e.End.Kind == "Addresses":
			default:
				for _, name := range e.Names {
					add(e.End.Namespace+"/"+name, row)
				}
			}
		}
	}
	for name := range mixed {
		delete(out, name)
	}
	return out
}

// edgeVerdicts is what a map says of port 8080 between all ends that it may have an
// edge for, shown one by one.
func edgeVerdicts(m *model.Model, r *report.Map) map[string]report.Verdict {
	ends := map[string]bool{}
	for _, p := range m.Pods() {
		if !p.Finished() {
			kind, name := m.TopOwner(p)
			ends[kind+"/"+name.String()] = true
		}
	}
	port := connset.Of(connset.TCP, 8080, 8080)
	out := map[string]report.Verdict{}
	for from := range ends {
		for to := range ends {
			if from != to {
				out[from+" → "+to] = report.Denied
			}
		}
	}
	partly := map[string]bool{}
	for e := range r.AllEdges() {
		name := func(e report.End) string { return e.Kind + "/" + e.Namespace + "/" + e.Name }
		key := name(e.From) + " → " + name(e.To)
		if _, known := out[key]; !known || e.Connections.Intersect(port).IsEmpty() {
			continue
		}
		partly[key] = partly[key] || e.Partly
		if out[key] == report.Denied || e.Verdict == report.Unknown {
			out[key] = e.Verdict
		}
	}
	for key := range partly {
		if partly[key] {
			delete(out, key)
		}
	}
	return out
}

// With any set of permissions taken away, an answer is the one that the whole cluster
// gives, or Unknown, which names a permission that was taken: never another yes or no.
func TestWhatMayNotBeReadIsUnknownAndNamed(t *testing.T) {
	clusters := map[string]func() *snapshot.Snapshot{}
	for seed := range drawn(10) {
		clusters[fmt.Sprint("world ", seed)] = func() *snapshot.Snapshot { return randomWorld(seed) }
		clusters[fmt.Sprint("doors ", seed)] = func() *snapshot.Snapshot { return announcingTheirOwn(t, doorWorld(seed)) }
	}
	paths, err := filepath.Glob("../cmd/testdata/*/*/*/cluster.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no clusters (%v)", err)
	}
	for _, path := range append(paths, "testdata/doors.yaml", "testdata/cluster.yaml", "testdata/permissions.yaml") {
		clusters[path] = func() *snapshot.Snapshot { return read(t, path) }
	}
	open, certain := 0, 0
	for name, of := range clusters {
		t.Run(strings.ReplaceAll(name, "/", "_"), func(t *testing.T) {
			rnd := rand.New(rand.NewSource(int64(len(name))))
			all := withPlugin(rnd, of())
			failures := 0
			for _, q := range questionsOf(t, all) {
				want, _, err := q.ask(model.New(all))
				if err != nil {
					continue
				}
				for _, x := range takes(rnd, all, 8) {
					server := &server{t: t, all: all, forbidden: x.forbids}
					read := server.load(q.plan)
					got, gaps, err := q.ask(model.New(read))
					if err != nil {
						t.Errorf("%s: error %v; without %s", q.name, err, x)
						failures++
						continue
					}
					unknown := false
					for of, v := range got {
						truth, known := want[of]
						switch {
						case v == report.Unknown && truth != report.Unknown:
							unknown, open = true, open+1
						case !known || v == report.Unknown:
						case v != truth && truth != report.Unknown, v != truth && q.name != "map":
							t.Errorf("%s: %s is %v, in truth %v; without %s", q.name, of, v, truth, x)
							failures++
						default:
							certain++
						}
					}
					if unknown && !namesOne(gaps, x, read) {
						t.Errorf("%s: Unknown, and of what was taken nothing is named: %+v; without %s", q.name, gaps, x)
						failures++
					}
					if failures > 12 {
						t.FailNow()
					}
				}
			}
		})
	}
	t.Logf("%d verdicts were left open, %d were not", open, certain)
}

// namesOne tells whether some gap is about a read that was refused.
func namesOne(gaps []report.Gap, x taken, read *snapshot.Snapshot) bool {
	for _, g := range gaps {
		for _, refused := range read.Gaps() {
			if g.Needs == refused.Permission() || x.forbids(refused.Need) && strings.Contains(g.Needs, string(refused.Need.Resource)) {
				return true
			}
		}
	}
	return false
}
