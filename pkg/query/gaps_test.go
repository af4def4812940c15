package query_test

import (
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// forbid copies a snapshot as a source would have filled it for a user who is
// refused some lists: what they would have brought is not there.
func forbid(s *snapshot.Snapshot, refused ...snapshot.Need) *snapshot.Snapshot {
	hidden := func(r snapshot.Resource, namespace string) bool {
		for _, n := range refused {
			if n.Resource == r && (n.Namespace == "" || n.Namespace == namespace) {
				return true
			}
		}
		return false
	}
	b := snapshot.NewBuilder(nil)
	for _, o := range s.Namespaces() {
		if !hidden(snapshot.Namespaces, "") {
			b.AddNamespace(o)
		}
		for _, r := range []snapshot.Resource{snapshot.Pods, snapshot.Services, snapshot.EndpointSlices, snapshot.NetworkPolicies} {
			if !hidden(r, o.Name) {
				b.Read(snapshot.Need{Resource: r, Namespace: o.Name})
			}
		}
		if !hidden(snapshot.PolicyKinds, "") {
			b.Read(snapshot.Need{Resource: snapshot.PolicyKinds, Namespace: o.Name})
		}
	}
	for _, o := range s.Pods() {
		if !hidden(snapshot.Pods, o.Namespace) {
			b.AddPod(o)
		}
	}
	for _, o := range s.Services() {
		if !hidden(snapshot.Services, o.Namespace) {
			b.AddService(o)
		}
	}
	for _, o := range s.Ingresses() {
		b.Add(o)
	}
	for _, o := range s.IngressClasses() {
		if !hidden(snapshot.IngressClasses, "") {
			b.Add(o)
		}
	}
	for _, o := range s.EndpointSlices() {
		if !hidden(snapshot.EndpointSlices, o.Namespace) {
			b.AddEndpointSlice(o)
		}
	}
	for _, o := range s.Policies() {
		if !hidden(snapshot.NetworkPolicies, o.Namespace) {
			b.AddPolicy(o)
		}
	}
	for _, o := range s.PolicyObjects() {
		if !hidden(snapshot.PolicyKinds, o.Namespace) {
			b.Add(o)
		}
	}
	for _, o := range s.Nodes() {
		if !hidden(snapshot.Nodes, "") {
			b.AddNode(o)
		}
	}
	for _, o := range s.Workloads() {
		b.AddWorkload(o)
	}
	for _, r := range []snapshot.Resource{snapshot.Namespaces, snapshot.IngressClasses, snapshot.Nodes, snapshot.Pods, snapshot.Services, snapshot.EndpointSlices, snapshot.NetworkPolicies, snapshot.PolicyKinds} {
		refusedSome := false
		for _, n := range refused {
			refusedSome = refusedSome || n.Resource == r
		}
		if !refusedSome {
			b.Read(snapshot.Need{Resource: r})
		}
	}
	for _, n := range refused {
		b.AddGap(snapshot.Gap{Need: n, Reason: snapshot.GapForbidden, Message: "forbidden: " + n.Permission()})
	}
	return b.Snapshot()
}

func refused(r snapshot.Resource, namespace string) snapshot.Need {
	return snapshot.Need{Resource: r, Namespace: namespace}
}

func withoutAll(t *testing.T, needs []snapshot.Need, manifests ...string) *model.Model {
	t.Helper()
	return model.New(forbid(snapshotOf(t, manifests...), needs...))
}

func without(t *testing.T, n snapshot.Need, manifests ...string) *model.Model {
	t.Helper()
	return model.New(forbid(snapshotOf(t, manifests...), n))
}

func TestGapPoliciesOfANamespace(t *testing.T) {
	m := without(t, refused(snapshot.NetworkPolicies, "other"), world,
		policy("shop/p", "podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 8080}]}]"))
	hold(t, m,
		flow{"client", "web:8080", Allowed, report.RuleAllows},
		flow{"client", "web:81", Denied, report.NoRuleAllows},
		flow{"other/pod/client", "web:8080", Unknown, report.NotRead}, // its egress is not known
		flow{"other/pod/client", "web:81", Denied, report.NoRuleAllows},
		flow{"client", "other/pod/db:9090", Unknown, report.NotRead},
		flow{"other/pod/host1", "web:8080", Allowed, ""}, // the node, which no policy selects
		flow{"other/pod/host1", "web:81", Allowed, report.SameNode},
		flow{"client", "other/pod/host2:80", Allowed, ""},
		flow{"other/pod/db", "other/pod/db:9090", Allowed, report.SamePod},
		flow{"8.8.8.8", "other/pod/db:9090", Unknown, report.NotRead})
	p, err := query.CanReach(m, ref(t, "client"), ref(t, "other/pod/db:9090"), query.Options{})
	if err != nil || len(p.Gaps) != 1 || p.Gaps[0].Needs != `list networkpolicies in namespace "other"` {
		t.Errorf("gaps %+v, error %v", p.Gaps, err)
	}
	if p, _ = query.CanReach(m, ref(t, "client"), ref(t, "web:8080"), query.Options{}); len(p.Gaps) != 0 {
		t.Errorf("a gap that did not matter: %+v", p.Gaps)
	}
}

func TestGapNamespaceLabels(t *testing.T) {
	for peer, want := range map[string]struct {
		shop, other report.Verdict
	}{
		"{podSelector: {matchLabels: {app: client}}}":                                                                    {Allowed, Denied},
		"{namespaceSelector: {matchLabels: {team: b}}}":                                                                  {Unknown, Unknown},
		"{namespaceSelector: {}}":                                                                                        {Allowed, Allowed},
		"{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: other}}}":                                       {Denied, Allowed},
		"{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: other, team: b}}}":                              {Denied, Unknown},
		"{namespaceSelector: {matchLabels: {team: b}}, podSelector: {matchLabels: {app: nobody}}}":                       {Denied, Denied},
		"{namespaceSelector: {matchExpressions: [{key: team, operator: DoesNotExist}]}}":                                 {Unknown, Unknown},
		"{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [shop]}]}}": {Denied, Allowed},
		"{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: DoesNotExist}]}}":          {Denied, Denied},
		"{ipBlock: {cidr: 10.0.1.0/24}}":                                                                                 {Denied, Allowed},
	} {
		t.Run(peer, func(t *testing.T) {
			m := without(t, refused(snapshot.Namespaces, ""), world, policy("shop/p", "podSelector: {matchLabels: {app: web}}, ingress: [{from: ["+peer+"]}]"))
			hold(t, m, flow{"client", "web:8080", want.shop, ""}, flow{"other/pod/client", "web:8080", want.other, ""})
		})
	}
}

func TestGapPodsOfOtherNamespaces(t *testing.T) {
	row := func(t *testing.T, peers string) report.ReachRow {
		t.Helper()
		m := without(t, refused(snapshot.Pods, "other"), world, policy("shop/p", "podSelector: {matchLabels: {app: web}}, ingress: [{from: ["+peers+"]}]"))
		r, err := query.WhoCanReach(m, ref(t, "web:8080"), query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range r.Rows {
			for _, e := range row.Ends {
				if e.End.Kind == "Namespace" && e.End.Name == "other" || e.End.Namespace == "other" {
					return row
				}
			}
		}
		t.Fatalf("no row for the namespace that could not be read: %+v", r.Rows)
		return report.ReachRow{}
	}
	for peers, want := range map[string]report.Verdict{
		"{podSelector: {}}":                                                                    Denied,
		"{namespaceSelector: {matchLabels: {team: a}}}":                                        Denied,
		"{namespaceSelector: {matchLabels: {team: b}}}":                                        Allowed,
		"{namespaceSelector: {matchLabels: {team: b}}, podSelector: {matchLabels: {app: x1}}}": Unknown,
		"{ipBlock: {cidr: 10.0.1.0/24}}":                                                       Unknown,
	} {
		t.Run(peers, func(t *testing.T) {
			if got := row(t, peers); got.Verdict != want {
				t.Errorf("got %v %s, want %v", got.Verdict, got.Reason, want)
			}
		})
	}
	t.Run("reachable-from, isolated", func(t *testing.T) {
		m := without(t, refused(snapshot.Pods, "other"), world, policy("other/p", "podSelector: {matchLabels: {app: db}}"))
		r, err := query.ReachableFrom(m, ref(t, "web"), query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range r.Rows {
			for _, e := range row.Ends {
				if (e.End.Name == "other" || e.End.Namespace == "other") && row.Verdict != Unknown {
					t.Errorf("its pods may be isolated: got %v %s", row.Verdict, row.Reason)
				}
			}
		}
	})
	t.Run("reachable-from", func(t *testing.T) {
		m := without(t, refused(snapshot.Pods, "other"), world,
			policy("shop/p", "podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {team: b}}}], ports: [{port: 9090}]}]"))
		r, err := query.ReachableFrom(m, ref(t, "web"), query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, row := range r.Rows {
			for _, e := range row.Ends {
				if e.End.Kind == "Namespace" && e.End.Name == "other" || e.End.Namespace == "other" {
					found = true
					if row.Verdict != Unknown {
						t.Errorf("its ports are not known, and 9090 is allowed: got %v %s", row.Verdict, row.Reason)
					}
				}
			}
		}
		if !found {
			t.Errorf("no row for what could not be read: %+v", r.Rows)
		}
	})
}

func TestGapUnmodelledPolicyKinds(t *testing.T) {
	const closed = "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {app: client}}}]}]"
	for name, c := range map[string]struct {
		object                  snapshot.Unmodelled
		allowed, denied, remote report.Verdict
	}{
		"namespaced":                {snapshot.Unmodelled{Kind: "CiliumNetworkPolicy", Name: snapshot.Name{Namespace: "shop", Name: "u"}}, Unknown, Unknown, Allowed},
		"of another namespace":      {snapshot.Unmodelled{Kind: "CiliumNetworkPolicy", Name: snapshot.Name{Namespace: "third", Name: "u"}}, Allowed, Denied, Allowed},
		"namespaced, only denies":   {snapshot.Unmodelled{Kind: "AuthorizationPolicy", Name: snapshot.Name{Namespace: "shop", Name: "u"}, OnlyDenies: true}, Unknown, Denied, Allowed},
		"cluster-scoped":            {snapshot.Unmodelled{Kind: "ClusterNetworkPolicy", Name: snapshot.Name{Name: "u"}}, Unknown, Unknown, Unknown},
		"cluster-wide, only denies": {snapshot.Unmodelled{Kind: "AuthorizationPolicy", Name: snapshot.Name{Namespace: "third", Name: "u"}, OnlyDenies: true, ClusterWide: true}, Unknown, Denied, Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			b := snapshot.NewBuilder(snapshotOf(t, world, policy("shop/p", closed)))
			b.AddUnmodelled(c.object)
			m := model.New(b.Snapshot())
			hold(t, m,
				flow{"client", "web:8080", c.allowed, ""},
				flow{"8.8.8.8", "web:8080", c.denied, ""},
				flow{"other/pod/client", "other/pod/db:9090", c.remote, ""},
				flow{"web", "web:8080", Allowed, report.SamePod},
				flow{"no/n1", "other/pod/client:80", Allowed, report.SameNode})
		})
	}
	t.Run("kinds that could not be listed", func(t *testing.T) {
		b := snapshot.NewBuilder(forbid(snapshotOf(t, world, policy("shop/p", closed)), refused(snapshot.PolicyKinds, "")))
		b.AddGap(snapshot.Gap{Need: refused(snapshot.PolicyKinds, ""), Reason: snapshot.GapForbidden, Message: "list x", Group: "g", Kind: "k"})
		hold(t, model.New(b.Snapshot()), flow{"client", "web:8080", Unknown, report.NotRead}, flow{"8.8.8.8", "web:8080", Unknown, report.NotRead})
	})
}

// Somebody who may read one namespace, and policies everywhere: what is said of
// everybody else has to hold for pods in namespaces that are not even known.
func TestGapNamespacesAndPods(t *testing.T) {
	verdicts := func(t *testing.T, m *model.Model, target string) map[report.Verdict]bool {
		t.Helper()
		r, err := query.WhoCanReach(m, ref(t, target), query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		out := map[report.Verdict]bool{}
		for _, row := range r.Rows {
			for _, e := range row.Ends {
				if e.End.Namespace != "shop" && (e.End.Kind == "Pod" || e.End.Kind == "Namespace") {
					out[row.Verdict] = true
				}
			}
		}
		return out
	}
	needs := []snapshot.Need{refused(snapshot.Namespaces, ""), refused(snapshot.Pods, "other"), refused(snapshot.Pods, "third")}
	others := world + pod("third/x1", "10.0.2.1", "n1", "app: x1", "")
	t.Run("egress policies elsewhere", func(t *testing.T) {
		m := withoutAll(t, needs, others, policy("other/p", "podSelector: {matchLabels: {app: db}}, policyTypes: [Egress]"))
		if got := verdicts(t, m, "web:8080"); !got[Unknown] {
			t.Errorf("other/db may not leave: %v", got)
		}
	})
	t.Run("a podSelector alone", func(t *testing.T) {
		const own = "podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {}}]}]"
		if got := verdicts(t, withoutAll(t, needs, others, policy("shop/p", own)), "web:8080"); got[Allowed] || got[Unknown] {
			t.Errorf("nobody elsewhere matches: %v", got)
		}
		all := []snapshot.Need{refused(snapshot.Namespaces, ""), refused(snapshot.Pods, "")}
		b := snapshot.NewBuilder(forbid(snapshotOf(t, others, policy("shop/p", own)), all...))
		web := snapshotOf(t, world).Pod(snapshot.Name{Namespace: "shop", Name: "web"})
		b.AddPod(web)
		b.Read(snapshot.Need{Resource: snapshot.Pods, Namespace: "shop", Name: "web"})
		r, err := query.WhoCanReach(model.New(b.Snapshot()), ref(t, "web:8080"), query.Options{})
		if err != nil {
			t.Fatal(err)
		}
		own2 := false
		for _, row := range r.Rows {
			for _, e := range row.Ends {
				own2 = own2 || row.Verdict == Allowed && row.Reason != report.SamePod && (e.End.Namespace == "shop" || e.End.Name == "shop")
			}
		}
		if !own2 {
			t.Errorf("whoever else is in shop gets in: %+v", r.Rows)
		}
	})
}

func TestGapEndpointsWithoutPod(t *testing.T) {
	m := withoutAll(t, []snapshot.Need{refused(snapshot.Pods, "other"), refused(snapshot.Pods, "third")}, world,
		service("shop/s", "ports: [{port: 80, targetPort: 8080}]"), slice("shop/s", "IPv4", "{port: 8080, protocol: TCP}", "{addresses: [10.0.1.1]}"),
		policy("shop/out", "podSelector: {matchLabels: {app: client}}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}}]}]"))
	hold(t, m, flow{"client", "svc/s:80", Unknown, report.NotRead})
}

// Clients need not come to the nodes' own ports, although the controller listens
// there: its Service, which could not be read, may be where they come.
func TestGapServiceOfAControllerOnNodesPorts(t *testing.T) {
	ports := strings.Replace(controllerPod("in/ctl", "10.0.9.1", "n1"), "containerPort: 80}", "containerPort: 80, hostPort: 80}", 1)
	for name, controller := range map[string]string{"hostPort": ports, "hostNetwork": hostController("in/ctl", "192.168.0.1", "n1")} {
		all := snapshotOf(t, world, namespace("in", ""), webService(""), controller, ingressTo("nginx", "", "web"), ingressClass("nginx", "k8s.io/ingress-nginx"),
			frontService("app: nginx", "type: LoadBalancer, loadBalancerSourceRanges: [198.51.100.0/24]"))
		hold(t, model.New(all), flow{"internet", "ingress/app", Denied, report.SourceRangeDenied})
		b := snapshot.NewBuilder(forbid(all, refused(snapshot.Services, "")))
		b.AddService(all.Service(snapshot.Name{Namespace: "shop", Name: "web"}))
		b.Read(snapshot.Need{Resource: snapshot.Services, Namespace: "shop"}) // where the backend is
		m := model.New(b.Snapshot())
		hold(t, m, flow{"internet", "ingress/app", Unknown, report.NotRead})
		x := explained(t, m, "internet", "ingress/app")
		if len(x.Gaps) != 1 || x.Gaps[0].Needs != "list services in all namespaces" {
			t.Errorf("%s: gaps %+v", name, x.Gaps)
		}
	}
}

// What a policy changes at a controller's pods need change nothing for clients: the
// Service by which they come could not be read, and may lead to another port.
func TestGapServiceOfADoorInADiff(t *testing.T) {
	all := snapshotOf(t, world, namespace("in", ""), webService(""), controllerPod("in/ctl", "10.0.9.1", "n1"), ingressTo("nginx", "", "web"),
		ingressClass("nginx", "k8s.io/ingress-nginx"), frontService("app: nginx", "type: LoadBalancer, loadBalancerSourceRanges: [198.51.100.0/24]"))
	b := snapshot.NewBuilder(forbid(all, refused(snapshot.Services, "")))
	b.AddService(all.Service(snapshot.Name{Namespace: "shop", Name: "web"}))
	b.Read(snapshot.Need{Resource: snapshot.Services, Namespace: "shop"}) // where the backend is
	m := model.New(b.Snapshot())
	hold(t, m, flow{"internet", "ingress/app", Unknown, report.NotRead})
	b.AddPolicy(snapshotOf(t, policy("in/shut", "podSelector: {}, policyTypes: [Ingress]")).Policies()[0])
	d := query.Diff(m, m.With(b.Snapshot()), query.Options{})
	for _, r := range d.Rows {
		if r.Kind == report.DiffEntry {
			t.Errorf("%s -> %s is told as %s", r.From.Kind, r.To.Name, r.Change)
		}
	}
	if len(d.Gaps) != 1 || d.Gaps[0].Needs != "list services in all namespaces" {
		t.Errorf("gaps %+v", d.Gaps)
	}
}
