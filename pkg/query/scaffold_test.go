package query_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// street is a shop behind an Ingress whose controller runs in a namespace of its own.
var street = strings.Join([]string{
	node("n1", "192.168.0.1"), node("n2", "192.168.0.2"),
	namespace("shop", ""), namespace("edge", ""), namespace("monitoring", ""), namespace("kube-system", ""),
	pod("shop/web-1", "10.0.0.1", "n1", "app: web, pod-template-hash: abc", "{name: http, containerPort: 8080}, {name: metrics, containerPort: 9100}"),
	pod("shop/web-2", "10.0.0.2", "n2", "app: web, pod-template-hash: abc", "{name: http, containerPort: 8080}, {name: metrics, containerPort: 9100}"),
	pod("shop/client", "10.0.0.3", "n2", "app: client", ""),
	pod("shop/stranger", "10.0.0.4", "n2", "app: stranger", ""),
	pod("edge/proxy-1", "10.0.1.1", "n1", "app: proxy, pod-template-hash: x1", "{containerPort: 80}"),
	pod("edge/other", "10.0.1.2", "n1", "app: other", ""),
	pod("monitoring/prometheus-0", "10.0.2.1", "n1", "app.kubernetes.io/name: prometheus", ""),
	service("shop/web", "selector: {app: web}, ports: [{port: 80, targetPort: http}]"),
	object("networking.k8s.io/v1", "IngressClass", "/edge", "controller: example.com/edge"),
	object("networking.k8s.io/v1", "Ingress", "shop/web",
		"ingressClassName: edge, rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]"),
}, "")

// proxy is what the user says is behind the Ingress.
func proxy() query.Options {
	return query.Options{Controllers: []reference.Reference{{Form: reference.FormLabels, Namespace: "edge", Labels: map[string]string{"app": "proxy"}}}}
}

func scaffolded(t *testing.T, m *model.Model, r query.ScaffoldRequest, o query.Options) *report.Scaffold {
	t.Helper()
	out, err := query.Scaffold(m, r, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// specOf is the spec of a proposed policy as YAML in flow style would have it.
func specOf(t *testing.T, r *report.Scaffold, name string) networkingv1.NetworkPolicySpec {
	t.Helper()
	for _, p := range r.Policies {
		if p.Policy.Name == name {
			return p.Policy.Spec
		}
	}
	t.Fatalf("no policy %s among %d; failed: %+v", name, len(r.Policies), r.Failed)
	return networkingv1.NetworkPolicySpec{}
}

func wantSpec(t *testing.T, r *report.Scaffold, name, want string) {
	t.Helper()
	var spec networkingv1.NetworkPolicySpec
	if err := yaml.UnmarshalStrict([]byte("{"+want+"}"), &spec); err != nil {
		t.Fatal(err)
	}
	got, _ := yaml.Marshal(specOf(t, r, name))
	wanted, _ := yaml.Marshal(spec)
	if string(got) != string(wanted) {
		t.Errorf("%s:\n%s\nwant:\n%s", name, got, wanted)
	}
}

// impactLines are rows as text.
func impactLines(r *report.Scaffold) []string {
	var out []string
	for _, row := range r.Impact {
		var ends []string
		for _, m := range row.Ends {
			switch {
			case m.End.Kind == "Namespace":
				ends = append(ends, "ns "+m.End.Name)
			case m.End.Name != "":
				ends = append(ends, m.End.Name)
			default:
				ends = append(ends, m.End.Kind)
			}
		}
		line := fmt.Sprintf("%s %s %s %s", row.Direction, row.Change, strings.Join(ends, ","), row.Connections)
		for _, b := range row.By {
			line += " by " + b.Name
		}
		out = append(out, line)
	}
	return out
}

func wantImpact(t *testing.T, r *report.Scaffold, want ...string) {
	t.Helper()
	if got := impactLines(r); !slices.Equal(got, want) {
		t.Errorf("impact:\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

func codes(r *report.Scaffold) []report.NoticeCode {
	var out []report.NoticeCode
	for _, n := range r.Notices {
		out = append(out, n.Code)
	}
	return out
}

func wantNotice(t *testing.T, r *report.Scaffold, code report.NoticeCode, objects ...string) {
	t.Helper()
	for _, n := range r.Notices {
		if n.Code != code {
			continue
		}
		var got []string
		for _, o := range n.Objects {
			got = append(got, o.Name)
		}
		if !slices.Equal(got, objects) {
			t.Errorf("%s is about %v, want %v", code, got, objects)
		}
		return
	}
	t.Errorf("no notice %s among %v", code, codes(r))
}

const webRule = `podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress], ingress: [{from: [{
	namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: edge}}, podSelector: {matchLabels: {app: proxy}}}], ports: [{protocol: TCP, port: http}]}`

func TestScaffoldAdmitsTheDoorAndItsClients(t *testing.T) {
	m := cluster(t, street)
	r := scaffolded(t, m, query.ScaffoldRequest{
		Of:        ref(t, "ingress/web"),
		AllowFrom: []reference.Reference{ref(t, "client"), ref(t, "monitoring/pod/prometheus-0:metrics"), ref(t, "203.0.113.0/24:80")},
	}, proxy())
	if r.Verdict != Allowed {
		t.Fatalf("%+v", r.Failed)
	}
	wantSpec(t, r, "web-allow-web", strings.ReplaceAll(webRule, "\n", " ")+`,
		{from: [{podSelector: {matchLabels: {app: client}}}], ports: [{protocol: TCP, port: http}]},
		{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}},
			podSelector: {matchLabels: {app.kubernetes.io/name: prometheus}}}], ports: [{protocol: TCP, port: 9100}]},
		{from: [{ipBlock: {cidr: 203.0.113.0/24}}], ports: [{protocol: TCP, port: http}]}]`)
	wantImpact(t, r,
		"Ingress Keeps proxy-1,client,Addresses TCP 8080",
		"Ingress Keeps prometheus-0 TCP 9100",
		"Ingress Loses other,stranger,web-1,web-2,Addresses TCP 8080,9100",
		"Ingress Loses proxy-1,client,Addresses TCP 9100",
		"Ingress Loses prometheus-0 TCP 8080",
	)
	wantNotice(t, r, report.Scrapers, "prometheus-0")
}

// A door that leads to a Service is a client when the Service is asked about.
func TestScaffoldOfAServiceKeepsItsDoors(t *testing.T) {
	for _, of := range []string{"svc/web", "ns/shop"} {
		r := scaffolded(t, cluster(t, street), query.ScaffoldRequest{Of: ref(t, of)}, proxy())
		wantSpec(t, r, "web-allow-clients", strings.ReplaceAll(webRule, "\n", " ")+"]")
	}
	r := scaffolded(t, cluster(t, street), query.ScaffoldRequest{Of: ref(t, "ns/shop")}, proxy())
	wantNotice(t, r, report.NoPolicyFor, "client", "stranger")
}

func TestScaffoldKeepsWhoConnectsToday(t *testing.T) {
	m := cluster(t, street)
	r := scaffolded(t, m, query.ScaffoldRequest{Of: ref(t, "svc/web"), Keep: []reference.Reference{ref(t, "client")}}, proxy())
	wantSpec(t, r, "web-allow-clients", strings.ReplaceAll(webRule, "\n", " ")+`,
		{from: [{podSelector: {matchLabels: {app: client}}}], ports: [{protocol: TCP, port: http}, {protocol: TCP, port: 9100}]}]`)
	var cut []string
	for _, e := range r.CutOff {
		cut = append(cut, e.Name)
	}
	if want := []string{"other", "proxy-1", "prometheus-0", "stranger", "web-1", "web-2"}; !slices.Equal(cut, want) {
		t.Errorf("cut off: %v, want %v", cut, want)
	}
	r = scaffolded(t, m, query.ScaffoldRequest{Of: ref(t, "svc/web"), KeepAll: true}, proxy())
	for _, line := range impactLines(r) {
		if strings.Contains(line, "Loses") && !strings.Contains(line, "Internet") {
			t.Errorf("all are kept, and yet: %s", line)
		}
	}
	if _, err := query.Scaffold(m, query.ScaffoldRequest{Of: ref(t, "svc/web"), Keep: []reference.Reference{ref(t, "internet")}}, proxy()); err == nil {
		t.Error("the internet is no client inside the cluster")
	}
}

// A port name that not every selected pod declares would shut some of them.
func TestScaffoldNamesPortsOnlyWhereAllPodsDo(t *testing.T) {
	m := cluster(t, street, pod("shop/web-3", "10.0.0.9", "n1", "app: web", "{name: www, containerPort: 8080}"))
	r := scaffolded(t, m, query.ScaffoldRequest{Of: ref(t, "ingress/web")}, proxy())
	wantSpec(t, r, "web-allow-web", strings.ReplaceAll(strings.ReplaceAll(webRule, "\n", " "), "port: http", "port: 8080")+"]")
}

// The controller's labels are also another's: a label that tells them apart is
// preferred, and where there is none it is said.
func TestScaffoldTellsWhoLooksAlike(t *testing.T) {
	m := cluster(t, street, pod("edge/twin", "10.0.1.9", "n1", "app: proxy", ""))
	o := query.Options{Controllers: []reference.Reference{ref(t, "edge/pod/proxy-1")}}
	r := scaffolded(t, m, query.ScaffoldRequest{Of: ref(t, "ingress/web")}, o)
	if !slices.Contains(impactLines(r), "Ingress AlsoAdmitted twin TCP 8080") {
		t.Errorf("%v", impactLines(r))
	}
}

func TestScaffoldNamesWhatOthersOpen(t *testing.T) {
	m := cluster(t, street, policy("shop/wide", "podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: [{port: 8080}, {port: 22}]}]"))
	r := scaffolded(t, m, query.ScaffoldRequest{Of: ref(t, "ingress/web"), AllowFrom: []reference.Reference{ref(t, "client")}}, proxy())
	lines := impactLines(r)
	for _, want := range []string{
		"Ingress StillOpen client TCP 22 by wide", "Ingress StillOpen stranger,web-1,web-2 TCP 22,8080 by wide",
	} {
		if !slices.Contains(lines, want) {
			t.Errorf("%q is missing in %v", want, lines)
		}
	}
	if r.Verdict != Allowed {
		t.Errorf("what others open is no failure: %+v", r.Failed)
	}
}

// Applying the output again changes nothing: the policy of that name is replaced.
func TestScaffoldIsIdempotent(t *testing.T) {
	base := snapshotOf(t, street)
	request := query.ScaffoldRequest{Of: ref(t, "ingress/web"), AllowFrom: []reference.Reference{ref(t, "client")}, NamespaceDefaults: true}
	first := scaffolded(t, model.New(base), request, proxy())
	b := snapshot.NewBuilder(base)
	for _, p := range first.Policies {
		b.AddPolicy(&snapshot.Policy{Name: snapshot.Name{Namespace: p.Policy.Namespace, Name: p.Policy.Name}, Spec: p.Policy.Spec})
	}
	again := scaffolded(t, model.New(b.Snapshot()), request, proxy())
	for i, p := range again.Policies {
		if !p.Replaces {
			t.Errorf("%s replaces nothing", p.Policy.Name)
		}
		a, _ := yaml.Marshal(first.Policies[i].Policy)
		c, _ := yaml.Marshal(p.Policy)
		if string(a) != string(c) {
			t.Errorf("the second time:\n%s\nthe first:\n%s", c, a)
		}
	}
	for _, line := range impactLines(again) {
		if strings.Contains(line, "Loses") || strings.Contains(line, "Gains") {
			t.Errorf("applied already, and yet: %s", line)
		}
	}
}

func TestScaffoldOfHostNetwork(t *testing.T) {
	host := hostPod("edge/host", "192.168.0.1", "n1", "app: host")
	o := query.Options{Controllers: []reference.Reference{ref(t, "edge/pod/host")}}
	r := scaffolded(t, cluster(t, street, host), query.ScaffoldRequest{Of: ref(t, "ingress/web")}, o)
	wantSpec(t, r, "web-allow-web", `podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress],
		ingress: [{from: [{ipBlock: {cidr: 192.168.0.1/32}}], ports: [{protocol: TCP, port: http}]}]`)
	wantNotice(t, r, report.NodePeers, "n1")
	// A backend on its node's network is beyond any policy.
	r = scaffolded(t, cluster(t, street, host), query.ScaffoldRequest{Of: ref(t, "edge/pod/host")}, query.Options{})
	if r.Verdict != Denied || len(r.Policies) > 0 {
		t.Errorf("%v with %d policies", r.Verdict, len(r.Policies))
	}
}

func TestScaffoldFailsWhereSomethingElseIsInTheWay(t *testing.T) {
	for name, c := range map[string]struct {
		more    string
		request query.ScaffoldRequest
		o       query.Options
		verdict report.Verdict
		reason  report.Reason
	}{
		"the controller's egress": {
			more:    policy("edge/shut", "podSelector: {matchLabels: {app: proxy}}, policyTypes: [Egress]"),
			request: query.ScaffoldRequest{Of: ref(t, "ingress/web")}, o: proxy(), verdict: Denied, reason: report.NoRuleAllows,
		},
		"the client's egress": {
			more:    policy("shop/shut", "podSelector: {matchLabels: {app: client}}, policyTypes: [Egress]"),
			request: query.ScaffoldRequest{Of: ref(t, "svc/web"), AllowFrom: []reference.Reference{ref(t, "client")}}, o: proxy(),
			verdict: Denied, reason: report.NoRuleAllows,
		},
		"no controller": {request: query.ScaffoldRequest{Of: ref(t, "ingress/web")}, verdict: Unknown, reason: report.ControllerUnknown},
		"no such Service": {
			more: object("networking.k8s.io/v1", "Ingress", "shop/lost",
				"ingressClassName: edge, rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: nope, port: {number: 80}}}}]}}]"),
			request: query.ScaffoldRequest{Of: ref(t, "ingress/lost")}, o: proxy(), verdict: Denied, reason: report.BackendMissing,
		},
		"no endpoints": {
			more:    service("shop/empty", "selector: {app: nobody}, ports: [{port: 80}]"),
			request: query.ScaffoldRequest{Of: ref(t, "svc/empty")}, verdict: Denied, reason: report.NoPods,
		},
		"another kind of policy": {
			more:    "---\n{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {namespace: shop, name: cnp}, spec: {}}\n",
			request: query.ScaffoldRequest{Of: ref(t, "ingress/web")}, o: proxy(), verdict: Unknown, reason: report.NotModelled,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := scaffolded(t, cluster(t, street, c.more), c.request, c.o)
			if r.Verdict != c.verdict || len(r.Failed) == 0 {
				t.Fatalf("%v, %d failed, want %v", r.Verdict, len(r.Failed), c.verdict)
			}
			if got := r.Failed[0].Answers[0].Reason; got != c.reason {
				t.Errorf("reason %s, want %s", got, c.reason)
			}
		})
	}
}

// Where another policy is in the way, the refusal says what mends it, and once that is
// done, it is none.
func TestScaffoldMendsWhatIsInTheWay(t *testing.T) {
	shut := policy("edge/shut", "podSelector: {matchLabels: {app: proxy}}, policyTypes: [Egress]")
	request := query.ScaffoldRequest{Of: ref(t, "ingress/web")}
	r := scaffolded(t, cluster(t, street, shut), request, proxy())
	if len(r.Failed) != 1 || r.Failed[0].Fix == nil || len(r.Failed[0].Fix.Patches) != 1 {
		t.Fatalf("failed: %+v", r.Failed)
	}
	if p := r.Failed[0].Fix.Patches[0]; p.Policy.Name != "shut" || p.Policy.Namespace != "edge" {
		t.Errorf("patches %+v", p.Policy)
	}
	mended := policy("edge/shut", `podSelector: {matchLabels: {app: proxy}}, policyTypes: [Egress], egress: [
		{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}, podSelector: {matchLabels: {app: web}}}], ports: [{port: 8080}]}]`)
	if r := scaffolded(t, cluster(t, street, mended), request, proxy()); r.Verdict != Allowed {
		t.Errorf("mended: %v, failed %+v", r.Verdict, r.Failed)
	}
}

// What is not known is told of two pods, and of a port that they have: that a pod
// reaches itself is always known.
func TestScaffoldWhereThePoliciesAreUnread(t *testing.T) {
	m := without(t, refused(snapshot.NetworkPolicies, "shop"), namespace("shop", ""),
		pod("shop/web-1", "10.0.0.1", "n1", "app: web, pod-template-hash: abc", "{name: http, containerPort: 8080}"),
		pod("shop/web-2", "10.0.0.2", "n2", "app: web, pod-template-hash: abc", "{name: http, containerPort: 8080}"),
		service("shop/web", "selector: {app: web}, ports: [{port: 80, targetPort: http}]"))
	r := scaffolded(t, m, query.ScaffoldRequest{Of: ref(t, "svc/web")}, query.Options{})
	if r.Verdict != Unknown || len(r.Failed) == 0 {
		t.Fatalf("%v, %d failed", r.Verdict, len(r.Failed))
	}
	if a := r.Failed[0].Answers[0]; a.Reason != report.NotRead || a.Ports[0].Pod != 8080 {
		t.Errorf("%s at %+v, want %s at 8080", a.Reason, a.Ports, report.NotRead)
	}
}

// A pod whose labels are another's, too, cannot be selected alone.
func TestScaffoldSelectsExactlyTheBackend(t *testing.T) {
	m := cluster(t, street, pod("shop/old", "10.0.0.7", "n1", "app: web, old: yes1", ""))
	r := scaffolded(t, m, query.ScaffoldRequest{Of: ref(t, "old")}, query.Options{})
	wantSpec(t, r, "old-allow-clients", "podSelector: {matchLabels: {app: web, old: yes1}}, policyTypes: [Ingress]")
	r = scaffolded(t, m, query.ScaffoldRequest{Of: ref(t, "old"), AllowFrom: []reference.Reference{ref(t, "client")}}, query.Options{})
	wantNotice(t, r, report.AllPorts, "old")
	r = scaffolded(t, m, query.ScaffoldRequest{Of: ref(t, "web-1")}, query.Options{})
	if r.Verdict != Denied || r.Failed[0].Answers[0].Reason != report.NoOwnLabels {
		t.Errorf("%v %+v", r.Verdict, r.Failed)
	}
}

func TestScaffoldEgress(t *testing.T) {
	dns := pod("kube-system/dns", "10.0.3.1", "n1", "k8s-app: kube-dns", "{name: dns, containerPort: 1053, protocol: UDP}, {name: dns-tcp, containerPort: 1053}") +
		service("kube-system/kube-dns", "clusterIP: 10.96.0.10, selector: {k8s-app: kube-dns}, ports: [{name: dns, port: 53, protocol: UDP, targetPort: dns}, {name: dns-tcp, port: 53, targetPort: dns-tcp}]")
	local := hostPod("kube-system/node-local", "192.168.0.1", "n1", "k8s-app: node-local-dns")
	request := query.ScaffoldRequest{Of: ref(t, "svc/web"), Egress: true, AllowTo: []reference.Reference{ref(t, "edge/pod/other:5432")}}
	r := scaffolded(t, cluster(t, street, dns, local), request, proxy())
	if r.Verdict != Allowed {
		t.Fatalf("%+v", r.Failed)
	}
	wantSpec(t, r, "web-allow-clients", strings.ReplaceAll(strings.ReplaceAll(webRule, "\n", " "), "[Ingress]", "[Ingress, Egress]")+`], egress: [
		{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: {matchLabels: {k8s-app: kube-dns}}}],
			ports: [{protocol: UDP, port: 1053}, {protocol: TCP, port: 1053}]},
		{to: [{ipBlock: {cidr: 169.254.20.10/32}}, {ipBlock: {cidr: 10.96.0.10/32}}], ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]},
		{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: edge}}, podSelector: {matchLabels: {app: other}}}], ports: [{protocol: TCP, port: 5432}]}]`)
	// Without DNS to be found, the rule is a convention, and called one.
	r = scaffolded(t, cluster(t, street), query.ScaffoldRequest{Of: ref(t, "svc/web"), Egress: true}, proxy())
	wantNotice(t, r, report.DNSNotFound)
}

func TestScaffoldNotices(t *testing.T) {
	m := cluster(t, strings.Replace(street, namespace("shop", ""), namespace("shop", "istio.io/dataplane-mode: ambient"), 1),
		pod("shop/cm-acme", "10.0.0.20", "n1", "acme.cert-manager.io/http01-solver: 'true'", "{containerPort: 8089}"),
		pod("shop/hook", "10.0.0.21", "n1", "app: hook", "{containerPort: 9443}"),
		service("shop/web-webhook", "selector: {app: hook}, ports: [{port: 443, targetPort: 9443}]"),
		pod("edge/second", "10.0.1.7", "n1", "app: second", "{containerPort: 80}"),
	)
	r := scaffolded(t, m, query.ScaffoldRequest{Of: ref(t, "svc/web"), NamespaceDefaults: true}, proxy())
	wantNotice(t, r, report.KubeletProbes)
	wantNotice(t, r, report.AmbientMesh, "shop")
	wantNotice(t, r, report.ACMESolvers, "cm-acme")
	wantNotice(t, r, report.Webhooks, "web-webhook")
	wantNotice(t, r, report.Scrapers, "prometheus-0")
	wantSpec(t, r, "default-deny", "podSelector: {}, policyTypes: [Ingress]")
	wantSpec(t, r, "allow-same-namespace", "podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {}}]}]")
}

// Services of one set of pods share a policy; of two selectors that mean the same
// pods the wider one is taken.
func TestScaffoldOnePolicyForEachSetOfPods(t *testing.T) {
	m := cluster(t, street,
		service("shop/admin", "selector: {app: web}, ports: [{port: 9100, targetPort: metrics}]"),
		service("shop/client", "selector: {app: client}, ports: [{port: 80}]"),
		object("networking.k8s.io/v1", "Ingress", "shop/all", `ingressClassName: edge, rules: [{http: {paths: [
			{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}},
			{path: /a, pathType: Prefix, backend: {service: {name: admin, port: {number: 9100}}}},
			{path: /c, pathType: Prefix, backend: {service: {name: client, port: {number: 80}}}}]}}]`),
	)
	r := scaffolded(t, m, query.ScaffoldRequest{Of: ref(t, "ingress/all")}, proxy())
	if len(r.Policies) != 2 {
		t.Fatalf("%d policies", len(r.Policies))
	}
	wantSpec(t, r, "admin-allow-all", strings.ReplaceAll(strings.ReplaceAll(webRule, "\n", " "), "port: http}", "port: http}, {protocol: TCP, port: metrics}")+"]")
	wantSpec(t, r, "client-allow-all", strings.NewReplacer("\n", " ", "app: web", "app: client", "port: http", "port: 80").Replace(webRule)+"]")
	if _, err := query.Scaffold(m, query.ScaffoldRequest{Of: ref(t, "ingress/all"), AllowFrom: []reference.Reference{ref(t, "stranger:nope")}}, proxy()); err == nil {
		t.Error("no backend has port nope")
	}
}

// A namespace without Services has its defaults at least.
func TestScaffoldOfANamespaceWithoutServices(t *testing.T) {
	m := cluster(t, street)
	r := scaffolded(t, m, query.ScaffoldRequest{Of: ref(t, "ns/monitoring"), NamespaceDefaults: true, Egress: true}, query.Options{})
	if r.Verdict != Allowed || len(r.Policies) != 2 {
		t.Fatalf("%v, %d policies, %+v", r.Verdict, len(r.Policies), r.Failed)
	}
	wantSpec(t, r, "default-deny", "podSelector: {}, policyTypes: [Ingress, Egress]")
	if _, err := query.Scaffold(m, query.ScaffoldRequest{Of: ref(t, "ns/monitoring")}, query.Options{}); err == nil {
		t.Error("nothing to scaffold, and no error")
	}
}
