package scaffold

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-netguard/netguard/test/controlplane"
	"github.com/kubectl-netguard/netguard/test/kubelet"
)

// readerToken is the token of a user who may get and list, and nothing else;
// tenantToken that of one who may so in namespace bank alone.
const readerToken, tenantToken = "reader-token", "tenant-token"

// cluster is a control plane with the plugin on kubectl's PATH.
type cluster struct {
	*testing.T
	admin, reader, tenant *controlplane.Kubectl
}

func start(t *testing.T) *cluster {
	t.Helper()
	plugins, err := filepath.Abs("../../bin")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(plugins, "kubectl-netguard")); err != nil {
		t.Skip("the plugin is not built: run make build")
	}
	cp, err := controlplane.Start(t.Context(), controlplane.Options{
		Log: os.Stderr, Tokens: []controlplane.Token{{User: "reader", Token: readerToken}, {User: "tenant", Token: tenantToken}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cp.Stop(); err != nil {
			t.Error(err)
		}
	})
	nodes, err := kubelet.Start(t.Context(), cp.AdminConfig(), kubelet.Options{AssignLoadBalancers: true, Log: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nodes.Stop)
	c := &cluster{T: t}
	for user, k := range map[string]**controlplane.Kubectl{controlplane.AdminUser: &c.admin, "reader": &c.reader, "tenant": &c.tenant} {
		kubeconfig, err := cp.Kubeconfig(user)
		if err != nil {
			t.Fatal(err)
		}
		*k = cp.Kubectl(kubeconfig, plugins)
	}
	c.apply(readerRole + gatewayCRDs)
	return c
}

func (c *cluster) apply(manifests string) {
	c.Helper()
	r, err := c.admin.RunWithInput(c.Context(), manifests, "apply", "-f", "-")
	if err != nil || r.ExitCode != 0 {
		c.Fatalf("kubectl apply: %v %s\n%s", err, r.Stderr, manifests)
	}
}

func (c *cluster) applyPath(path string) {
	c.Helper()
	if _, err := c.admin.Must(c.Context(), "apply", "-f", path); err != nil {
		c.Fatal(err)
	}
}

// settle waits for the pods of a namespace, and for its Services to lead to them: the
// controller that sees to that has been seen to lag behind.
func (c *cluster) settle(namespaces ...string) {
	c.Helper()
	for _, ns := range namespaces {
		for _, what := range []string{"deployments", "daemonsets"} {
			found, err := c.admin.Must(c.Context(), "get", what, "-n", ns, "-o", "name")
			if err != nil {
				c.Fatal(err)
			}
			for _, name := range strings.Fields(found) {
				if _, err := c.admin.Must(c.Context(), "rollout", "status", name, "-n", ns, "--timeout=180s"); err != nil {
					c.Fatal(err)
				}
			}
		}
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
			missing := c.withoutEndpoint(ns)
			if len(missing) == 0 {
				break
			}
			if time.Now().After(deadline) {
				c.Fatalf("namespace %s: no ready endpoint for %s", ns, strings.Join(missing, ", "))
			}
		}
	}
}

// withoutEndpoint are the ready pods of a namespace that a Service selects and that
// none of its EndpointSlices lists as ready.
func (c *cluster) withoutEndpoint(ns string) (missing []string) {
	c.Helper()
	var services corev1.ServiceList
	var pods corev1.PodList
	var endpoints discoveryv1.EndpointSliceList
	for kind, into := range map[string]any{"services": &services, "pods": &pods, "endpointslices": &endpoints} {
		text, err := c.admin.Must(c.Context(), "get", kind, "-n", ns, "-o", "json")
		if err != nil {
			c.Fatal(err)
		}
		if err := json.Unmarshal([]byte(text), into); err != nil {
			c.Fatal(err)
		}
	}
	listed := map[[2]string]bool{}
	for _, s := range endpoints.Items {
		for _, e := range s.Endpoints {
			if e.TargetRef != nil && e.Conditions.Ready != nil && *e.Conditions.Ready {
				listed[[2]string{s.Labels[discoveryv1.LabelServiceName], e.TargetRef.Name}] = true
			}
		}
	}
	for _, s := range services.Items {
		for _, p := range pods.Items {
			ready := slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool { return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue })
			if ready && len(s.Spec.Selector) > 0 && labels.SelectorFromSet(s.Spec.Selector).Matches(labels.Set(p.Labels)) && !listed[[2]string{s.Name, p.Name}] {
				missing = append(missing, "svc/"+s.Name+" → "+p.Name)
			}
		}
	}
	return missing
}

// netguard runs the plugin as the reader.
func (c *cluster) netguard(want int, args ...string) controlplane.Result {
	c.Helper()
	return c.netguardWith("", want, args...)
}

func (c *cluster) netguardWith(input string, want int, args ...string) controlplane.Result {
	c.Helper()
	r, err := c.reader.RunWithInput(c.Context(), input, append([]string{"netguard"}, args...)...)
	if err != nil {
		c.Fatal(err)
	}
	if r.ExitCode != want {
		c.Fatalf("kubectl netguard %s: exit status %d, want %d\n%s%s", strings.Join(args, " "), r.ExitCode, want, r.Stdout, r.Stderr)
	}
	return r
}

// scaffolded prints policies, checks them with the API server, and checks that
// the diff before the apply says just what is different after it.
func (c *cluster) scaffolded(args ...string) controlplane.Result {
	c.Helper()
	out := c.netguard(0, append([]string{"scaffold"}, args...)...)
	for _, format := range []string{"", "json"} {
		text := out.Stdout
		if format != "" {
			text = c.netguard(0, append(append([]string{"scaffold"}, args...), "-o", format)...).Stdout
		}
		dry, err := c.admin.RunWithInput(c.Context(), text, "apply", "--dry-run=server", "-f", "-")
		if err != nil || dry.ExitCode != 0 || strings.Contains(dry.Stderr, "arning") {
			c.Fatalf("kubectl apply --dry-run=server of scaffold -o %q: %v %s\n%s", format, err, dry.Stderr, text)
		}
	}
	before := c.edges()
	said := c.diff(out.Stdout)
	c.apply(out.Stdout)
	after := c.edges()
	for _, line := range differing(before, after) {
		if !slices.Contains(said, line) {
			c.Errorf("the diff did not say: %s", line)
		}
	}
	for _, line := range said {
		if !slices.Contains(differing(before, after), line) {
			c.Errorf("the diff said, and it is not so: %s", line)
		}
	}
	if again := c.netguardWith(out.Stdout, 0, "diff", "-f", "-"); strings.TrimSpace(again.Stdout) != "no connection is gained or lost" {
		c.Errorf("what is applied already differs:\n%s", again.Stdout)
	}
	if again := c.netguard(0, append([]string{"scaffold"}, args...)...); again.Stdout != out.Stdout {
		c.Errorf("scaffolding again prints something else:\n%s\nbefore:\n%s", again.Stdout, out.Stdout)
	}
	return out
}

type end struct {
	Kind, Namespace, Name string
	Addresses             []string
}

func (e end) String() string {
	if e.Kind == "Internet" || e.Kind == "Addresses" {
		return "outside"
	}
	return e.Namespace + "/" + e.Kind + "/" + e.Name
}

func (e end) workload() bool {
	return !slices.Contains([]string{"Internet", "Addresses", "Ingress", "Gateway", "Service"}, e.Kind)
}

// edges are the connections between workloads as the map has them.
func (c *cluster) edges() map[string]string {
	c.Helper()
	var m struct {
		Edges []struct {
			From, To    end
			Verdict     string
			Connections json.RawMessage
			Partly      bool
		}
	}
	c.decode(c.netguard(0, "map", "-A", "-o", "json").Stdout, &m)
	out := map[string]string{}
	for _, e := range m.Edges {
		if e.From.workload() && e.To.workload() && e.Verdict == "Allowed" {
			out[e.From.String()+" -> "+e.To.String()] += fmt.Sprint(compact(e.Connections), e.Partly)
		}
	}
	return out
}

// compact is JSON without what its layout may differ in.
func compact(raw json.RawMessage) string {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return string(raw)
	}
	text, _ := json.Marshal(v)
	return string(text)
}

// differing are the pairs that have other connections.
func differing(before, after map[string]string) []string {
	var out []string
	for pair, set := range before {
		if after[pair] != set {
			out = append(out, pair)
		}
	}
	for pair := range after {
		if _, had := before[pair]; !had {
			out = append(out, pair)
		}
	}
	slices.Sort(out)
	return out
}

// diff are the pairs of workloads that the diff says will have other connections.
func (c *cluster) diff(manifests string) []string {
	c.Helper()
	r, err := c.reader.RunWithInput(c.Context(), manifests, "netguard", "diff", "-f", "-", "-o", "json")
	if err != nil || r.ExitCode > 1 {
		c.Fatalf("diff: %v %d %s", err, r.ExitCode, r.Stderr)
	}
	var d struct {
		Rows []struct {
			Kind     string
			From, To end
			Change   string
		}
	}
	c.decode(r.Stdout, &d)
	if (len(d.Rows) > 0) != (r.ExitCode == 1) {
		c.Errorf("diff has %d rows and exit status %d", len(d.Rows), r.ExitCode)
	}
	var out []string
	for _, row := range d.Rows {
		if row.Kind == "Connections" && row.From.workload() && row.To.workload() {
			out = append(out, row.From.String()+" -> "+row.To.String())
		}
	}
	slices.Sort(out)
	return out
}

func (c *cluster) decode(text string, into any) {
	c.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		c.Fatalf("%v in %s", err, text)
	}
}

// who is who reaches the backends of a front door: the door itself, and the
// workloads that get in directly, by backend.
func (c *cluster) who(door, namespace string) (open []string, in map[string][]string) {
	c.Helper()
	var f struct {
		Doors []struct {
			Backends []struct {
				Service struct{ Name string }
				Verdict string
				Inside  []struct {
					Verdict, Reason string
					Ends            []struct{ End end }
				}
			}
		}
	}
	r, err := c.reader.Run(c.Context(), "netguard", "who-can-reach", door, "-n", namespace, "-o", "json")
	if err != nil || r.ExitCode != 0 {
		c.Fatalf("who-can-reach: %v %d %s", err, r.ExitCode, r.Stderr)
	}
	c.decode(r.Stdout, &f)
	in = map[string][]string{}
	for _, d := range f.Doors {
		for _, b := range d.Backends {
			open = append(open, b.Service.Name+" "+b.Verdict)
			in[b.Service.Name] = []string{}
			for _, row := range b.Inside {
				for _, e := range row.Ends {
					if row.Verdict == "Allowed" && row.Reason != "SameNode" {
						in[b.Service.Name] = append(in[b.Service.Name], e.End.String())
					}
				}
			}
			slices.Sort(in[b.Service.Name])
		}
	}
	return open, in
}

// wantWho checks who reaches what.
func (c *cluster) wantWho(door, namespace string, open []string, in map[string][]string) {
	c.Helper()
	gotOpen, gotIn := c.who(door, namespace)
	if !slices.Equal(gotOpen, open) {
		c.Errorf("%s: the door has %v, want %v", door, gotOpen, open)
	}
	for service, want := range in {
		if !slices.Equal(gotIn[service], want) {
			c.Errorf("%s: %s lets in %v, want %v", door, service, gotIn[service], want)
		}
	}
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	flat := strings.Join(strings.Fields(text), " ")
	for _, p := range parts {
		if !strings.Contains(flat, p) {
			t.Errorf("%q is missing in:\n%s", p, text)
		}
	}
}

func TestScaffold(t *testing.T) {
	c := start(t)
	c.applyPath("../../examples/bankapp")
	c.settle("bank", "ingress-nginx")
	run := func(name string, test func(*cluster)) {
		t.Run(name, func(t *testing.T) { test(&cluster{T: t, admin: c.admin, reader: c.reader, tenant: c.tenant}) })
	}
	run("bankapp", bankapp)
	run("three backends", threeBackends)
	run("host network", hostNetwork)
	run("gateway", gateway)
	run("egress", egressWithDNS)
	run("blocked", blocked)
	run("delete", deleting)
	run("tenant", tenant)
}

// The tutorial's claim becomes true.
func bankapp(c *cluster) {
	c.wantWho("ingress/bankapp", "bank", []string{"bankapp-service Denied"}, map[string][]string{"bankapp-service": {}})
	out := c.scaffolded("ingress/bankapp", "-n", "bank", "--allow-from", "deploy/frontend")
	contains(c.T, out.Stderr, "still in deploy/frontend: TCP 80, which no container declares, by networkpolicy bankapp-restrict-access")
	contains(c.T, out.Stdout, "port: http", "kubernetes.io/metadata.name: ingress-nginx", "app.kubernetes.io/component: controller")
	if strings.Contains(out.Stdout, "pod-template-hash") {
		c.Errorf("a label that does not last:\n%s", out.Stdout)
	}
	c.wantWho("ingress/bankapp", "bank", []string{"bankapp-service Allowed"},
		map[string][]string{"bankapp-service": {"bank/Deployment/frontend"}})
}

// An Ingress with backends in three Services, in a namespace that already holds
// a policy which opens more than asked.
func threeBackends(c *cluster) {
	c.apply(namespace("three", "") + app("three", "one", 8080) + app("three", "two", 8080) + app("three", "three", 9000) +
		app("three", "client", 80) + fmt.Sprintf(ingress, "three", "shop", "nginx",
		path("/one", "one")+path("/two", "two")+path("/three", "three")) + openToClients)
	c.settle("three")
	out := c.scaffolded("ingress/shop", "-n", "three")
	if n := strings.Count(out.Stdout, "kind: NetworkPolicy"); n != 3 {
		c.Errorf("%d policies for three backends", n)
	}
	contains(c.T, out.Stderr, "still in deploy/client: every port, by networkpolicy clients-everywhere")
	c.wantWho("ingress/shop", "three", []string{"one Allowed", "two Allowed", "three Allowed"}, map[string][]string{
		"one": {}, "two": {"three/Deployment/client"}, "three": {},
	})
}

func hostNetwork(c *cluster) {
	c.apply(namespace("edge", "") + edgeController + namespace("web", "") + app("web", "site", 8080) + app("web", "stranger", 80) +
		fmt.Sprintf(ingress, "web", "site", "edge", path("/", "site")))
	c.settle("edge", "web")
	out := c.scaffolded("ingress/site", "-n", "web")
	contains(c.T, out.Stdout, "cidr: 10.0.0.11/32", "cidr: fd00:10::11/128", "Address of node/node-a")
	contains(c.T, out.Stderr, "they admit everything on those nodes' networks")
	c.wantWho("ingress/site", "web", []string{"site Allowed"}, map[string][]string{"site": {}})
}

func gateway(c *cluster) {
	c.apply(namespace("gw", "") + app("gw", "api", 8080) + app("gw", "stranger", 80) + gatewayManifests)
	c.settle("gw")
	for _, target := range []string{"gateway/public", "httproute/api"} {
		c.scaffolded(target, "-n", "gw")
		c.wantWho(target, "gw", []string{"api Allowed"}, map[string][]string{"api": {}})
		name := target[strings.Index(target, "/")+1:]
		if _, err := c.admin.Must(c.Context(), "delete", "netpol", "-n", "gw", "api-allow-"+name); err != nil {
			c.Fatal(err)
		}
	}
}

func egressWithDNS(c *cluster) {
	c.apply(clusterDNS)
	c.settle("kube-system")
	out := c.scaffolded("svc/site", "-n", "web", "--egress", "--namespace-defaults", "--allow-to", "gw/svc/api", "--allow-from", "deploy/stranger:80")
	contains(c.T, out.Stdout, "k8s-app: kube-dns", "cidr: 169.254.20.10/32", "port: 1053", "name: default-deny", "name: allow-same-namespace")
	for _, to := range []string{"kube-system/svc/kube-dns:53/UDP", "gw/svc/api", "web/svc/stranger"} {
		c.netguard(0, "can-reach", "web/deploy/site", to)
	}
	c.netguard(1, "can-reach", "web/deploy/site", "internet")
	// The bank's own policies do not let the site in, and that hop is named.
	denied := c.netguard(1, "scaffold", "svc/site", "-n", "web", "--allow-to", "bank/svc/bankapp-service")
	contains(c.T, denied.Stderr, "entering deploy/bankapp DENIED")
}

// Something else is in the way, and that hop is named.
func blocked(c *cluster) {
	c.apply(namespace("shut", "") + app("shut", "site", 8080) + app("shut", "client", 80) + clientWithoutEgress)
	c.settle("shut")
	out := c.netguard(1, "scaffold", "svc/site", "-n", "shut", "--allow-from", "deploy/client")
	if out.Stdout != "" {
		c.Errorf("printed though it does not work:\n%s", out.Stdout)
	}
	contains(c.T, out.Stderr, "no-egress", "client")
	out = c.netguard(1, "scaffold", "daemonset/edge-controller", "-n", "edge")
	contains(c.T, out.Stderr, "use their node's network")
	c.netguard(2, "scaffold", "ingress/nope", "-n", "shut")
}

func deleting(c *cluster) {
	out := c.netguard(1, "diff", "--delete", "shut/netpol/no-egress")
	contains(c.T, out.Stdout, "+ shut/deploy/client", "no policy restricts its egress")
	c.netguard(2, "diff", "--delete", "shut/netpol/nope")
	out = c.netguard(0, "diff", "-f", "../../examples/bankapp")
	contains(c.T, out.Stdout, "no connection is gained or lost")
}

// Who may read one namespace only is told what is not known, and gets no policy
// that was not proven.
func tenant(c *cluster) {
	r, err := c.tenant.Run(c.Context(), "netguard", "scaffold", "ingress/bankapp", "-n", "bank")
	if err != nil || r.ExitCode != 3 || r.Stdout != "" {
		c.Errorf("scaffold: %v, exit status %d\n%s%s", err, r.ExitCode, r.Stdout, r.Stderr)
	}
	r, err = c.tenant.Run(c.Context(), "netguard", "diff", "--delete", "netpol/bankapp-restrict-access", "-n", "bank")
	if err != nil || r.ExitCode == 2 || r.ExitCode == 0 {
		c.Errorf("diff: %v, exit status %d\n%s%s", err, r.ExitCode, r.Stdout, r.Stderr)
	}
	c.Logf("%s%s", r.Stdout, r.Stderr)
}
