package query_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/files"
)

// world is the cluster that most rules are shown on: two nodes, two namespaces,
// a server and clients in each, and a hostNetwork pod on each node.
var world = strings.Join([]string{
	node("n1", "192.168.0.1"), node("n2", "192.168.0.2"),
	namespace("shop", "team: a"), namespace("other", "team: b"),
	pod("shop/web", "10.0.0.1", "n1", "app: web", "{name: http, containerPort: 8080}, {name: dns, containerPort: 53, protocol: UDP}"),
	pod("shop/client", "10.0.0.2", "n2", "app: client, tier: front", ""),
	pod("other/client", "10.0.1.1", "n1", "app: client", ""),
	pod("other/db", "10.0.1.2", "n2", "app: db", "{name: http, containerPort: 9090}"),
	hostPod("other/host1", "192.168.0.1", "n1", "app: client"),
	hostPod("other/host2", "192.168.0.2", "n2", "app: client"),
}, "")

func namespace(name, labels string) string {
	return fmt.Sprintf("---\n{apiVersion: v1, kind: Namespace, metadata: {name: %s, labels: {%s}}}\n", name, labels)
}

func node(name string, ips ...string) string {
	var list []string
	for _, ip := range ips {
		list = append(list, "{type: InternalIP, address: '"+ip+"'}")
	}
	return fmt.Sprintf("---\n{apiVersion: v1, kind: Node, metadata: {name: %s}, status: {addresses: [%s]}}\n", name, strings.Join(list, ", "))
}

// pod is a running pod. Addresses are separated by blanks; a namespaced name
// has a slash; ports are in YAML's flow style.
func pod(name, ips, node, labels, ports string) string {
	return podWith(name, labels, "nodeName: "+node+", containers: [{name: c, image: c, ports: ["+ports+"]}]", running(ips))
}

func hostPod(name, ips, node, labels string) string {
	return podWith(name, labels, "hostNetwork: true, nodeName: "+node+", containers: [{name: c, image: c}]",
		running(ips)+", hostIPs: "+ipList(ips))
}

func podWith(name, labels, spec, status string) string {
	ns, n, _ := strings.Cut(name, "/")
	return fmt.Sprintf("---\n{apiVersion: v1, kind: Pod, metadata: {namespace: %s, name: %s, labels: {%s}}, spec: {%s}, status: {%s}}\n",
		ns, n, labels, spec, status)
}

func running(ips string) string {
	return "phase: Running, conditions: [{type: Ready, status: 'True'}], podIPs: " + ipList(ips)
}

func ipList(ips string) string {
	var out []string
	for _, ip := range strings.Fields(ips) {
		out = append(out, "{ip: '"+ip+"'}")
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// policy is a NetworkPolicy with a spec in YAML's flow style.
func policy(name, spec string) string {
	return object("networking.k8s.io/v1", "NetworkPolicy", name, spec)
}

func service(name, spec string) string { return object("v1", "Service", name, spec) }

func object(apiVersion, kind, name, spec string) string {
	ns, n, _ := strings.Cut(name, "/")
	return fmt.Sprintf("---\n{apiVersion: %s, kind: %s, metadata: {namespace: %s, name: %s}, spec: {%s}}\n", apiVersion, kind, ns, n, spec)
}

// deployment is a Deployment with its ReplicaSet; deployed is a pod of it.
func deployment(name string) string {
	ns, n, _ := strings.Cut(name, "/")
	template := fmt.Sprintf("selector: {matchLabels: {of: %[1]s}}, template: {metadata: {labels: {of: %[1]s}}, spec: {containers: [{name: c, image: c}]}}", n)
	return object("apps/v1", "Deployment", name, template) + fmt.Sprintf(
		"---\n{apiVersion: apps/v1, kind: ReplicaSet, metadata: {namespace: %s, name: %s-1, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: %[2]s, uid: u, controller: true}]}, spec: {%s}}\n",
		ns, n, template)
}

func deployed(pod, by string) string {
	return strings.Replace(pod, "labels: {", fmt.Sprintf(
		"ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: %s-1, uid: u, controller: true}], labels: {", by), 1)
}

// snapshotOf reads manifests.
func snapshotOf(t *testing.T, manifests ...string) *snapshot.Snapshot {
	t.Helper()
	m, err := files.New(files.Options{Filenames: []string{"-"}, In: strings.NewReader(strings.Join(manifests, ""))})
	if err != nil {
		t.Fatal(err)
	}
	s, err := m.Load(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// cluster is a model of manifests.
func cluster(t *testing.T, manifests ...string) *model.Model {
	t.Helper()
	return model.New(snapshotOf(t, manifests...))
}

// Verdicts under short names.
const (
	Allowed = report.Allowed
	Denied  = report.Denied
	Unknown = report.Unknown
)

// flow is one line of a truth table. References are read in namespace shop.
type flow struct {
	from, to string
	verdict  report.Verdict
	reason   report.Reason
}

// hold holds a truth table against explain and can-reach.
func hold(t *testing.T, m *model.Model, table ...flow) {
	t.Helper()
	for _, f := range table {
		holdWith(t, m, query.Options{}, f)
	}
}

func holdWith(t *testing.T, m *model.Model, o query.Options, f flow) {
	t.Helper()
	x, err := query.Explain(m, ref(t, f.from), ref(t, f.to), o)
	if err != nil {
		t.Errorf("%s -> %s: %v", f.from, f.to, err)
		return
	}
	p, err := query.CanReach(m, ref(t, f.from), ref(t, f.to), o)
	if err != nil {
		t.Errorf("%s -> %s: %v", f.from, f.to, err)
		return
	}
	if p.Verdict != x.Verdict || p.Partly != x.Partly {
		t.Errorf("%s -> %s: can-reach %v partly=%v, explain %v partly=%v", f.from, f.to, p.Verdict, p.Partly, x.Verdict, x.Partly)
	}
	if p.Verdict != f.verdict || f.reason != "" && p.Reason != f.reason {
		t.Errorf("%s -> %s: got %v %s, want %v %s", f.from, f.to, p.Verdict, p.Reason, f.verdict, f.reason)
	}
	if p.Verdict == Unknown && p.Reason == "" {
		t.Errorf("%s -> %s: Unknown without a reason", f.from, f.to)
	}
}

// explained is an explanation.
func explained(t *testing.T, m *model.Model, from, to string) *report.Explanation {
	t.Helper()
	x, err := query.Explain(m, ref(t, from), ref(t, to), query.Options{})
	if err != nil {
		t.Fatalf("%s -> %s: %v", from, to, err)
	}
	return x
}

// classes are an explanation's answers as lines: verdict, reason, who to whom, ports.
func classes(x *report.Explanation) []string {
	var out []string
	for _, a := range x.Answers {
		var ports []string
		for _, p := range a.Ports {
			ports = append(ports, fmt.Sprintf("%s/%d", p.Protocol, p.Pod))
		}
		out = append(out, fmt.Sprintf("%v %s %s -> %s %s", a.Verdict, a.Reason, who(a.Source), who(a.Target), strings.Join(ports, ",")))
	}
	slices.Sort(out)
	return out
}

func who(m report.Members) string {
	if len(m.Names) > 0 {
		return strings.Join(m.Names, "+")
	}
	return m.End.Kind + m.End.Name + strings.Join(m.End.Addresses, "+")
}

// differ holds the classes of an explanation against what is wanted.
func differ(t *testing.T, x *report.Explanation, want ...string) {
	t.Helper()
	slices.Sort(want)
	if got := classes(x); !slices.Equal(got, want) {
		t.Errorf("classes:\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

func ref(t *testing.T, text string) reference.Reference {
	t.Helper()
	r, err := reference.Parse(text, "shop")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func hasCaveat(x *report.Explanation, code report.CaveatCode, otherwise report.Verdict) bool {
	for _, a := range x.Answers {
		for _, c := range a.Caveats {
			if c.Code == code && c.Otherwise == otherwise {
				return true
			}
		}
	}
	return false
}
