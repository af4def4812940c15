package frontdoor

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The example: one command shows that the door does not work, and both faults of
// the tutorial's policy.
func TestBankapp(t *testing.T) {
	r := ask[frontDoor](t, cluster.Admin, yes, "who-can-reach ingress/bankapp -n bank")
	if r.Kind != "FrontDoor" || len(r.Doors) != 1 || len(r.Doors[0].Backends) != 1 {
		t.Fatalf("got %+v", r)
	}
	d, b := r.Doors[0], r.Doors[0].Backends[0]
	if d.Verdict != "Denied" || d.foundBy() != "Status" || d.DataPlane[0].End.Name != "ingress-nginx-controller" {
		t.Errorf("got door %+v", d)
	}
	if d.Entry == nil || d.Entry.Name != "ingress-nginx-controller" || d.Outside[0].Verdict != "Allowed" {
		t.Errorf("clients: %+v %+v", d.Entry, d.Outside)
	}
	if b.Verdict != "Denied" || b.Reason != "NoRuleAllows" || b.ClientSees != "504" || !b.Routes[0].TLS || b.Fix == nil || len(b.Around) != 0 {
		t.Errorf("got backend %+v", b)
	}
	if len(b.Meant) != 1 || b.Meant[0].End.Name != "frontend" {
		t.Errorf("meant: %+v", b.Meant)
	}
	text := run(t, cluster.Admin, yes, "who-can-reach ingress/bankapp -n bank").Stdout
	for _, words := range []string{
		"DENIED", "https://bank.example.com/ does not work", "504", "A podSelector alone only matches pods in the policy's own namespace",
		"80 is the Service's port", "kubectl patch networkpolicy bankapp-restrict-access", "deploy/frontend", "Other exposed routes to these pods: none",
		"ingress-nginx/deploy/ingress-nginx-controller", "found by the address in the door's status",
	} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), words) {
			t.Errorf("it does not say %q:\n%s", words, text)
		}
	}
	for _, line := range strings.Split(text, "\n") {
		if len([]rune(line)) > 80 && !strings.Contains(line, "-p '[") {
			t.Errorf("wider than 80 columns: %s", line)
		}
	}
	run(t, cluster.Admin, no, "can-reach internet ingress/bankapp -n bank")
	run(t, cluster.Admin, no, "can-reach ingress/bankapp svc/bankapp-service -n bank")
	run(t, cluster.Admin, yes, "can-reach internet ingress-nginx/svc/ingress-nginx-controller")
	run(t, cluster.Admin, yes, "reachable-from ingress/bankapp -n bank")
	if x := ask[explanation](t, cluster.Admin, yes, "explain internet ingress/bankapp -n bank"); x.Verdict != "Denied" || x.Fix == nil {
		t.Errorf("got %+v", x)
	}
}

// The fix that who-can-reach prints works when it is typed as it stands.
func TestTheFixFixes(t *testing.T) {
	r := ask[frontDoor](t, cluster.Admin, yes, "who-can-reach ingress/bankapp -n bank")
	t.Cleanup(func() {
		if _, err := cluster.Admin.Must(context.Background(), "apply", "-f", "../../examples/bankapp/policy.yaml"); err != nil {
			t.Error(err)
		}
	})
	for _, p := range r.Doors[0].Backends[0].Fix.Patches {
		must(t, "patch", "networkpolicy", p.Policy.Name, "-n", p.Policy.Namespace, "--type=json", "-p", p.Patch)
	}
	run(t, cluster.Admin, yes, "can-reach internet ingress/bankapp -n bank")
	run(t, cluster.Admin, no, "can-reach deploy/other svc/bankapp-service -n bank")
}

// A controller on hostNetwork gets to the pods of its own node alone.
func TestHostNetwork(t *testing.T) {
	r := ask[frontDoor](t, cluster.Admin, yes, "who-can-reach ingress/host -n shop")
	d, b := r.Doors[0], r.Doors[0].Backends[0]
	if d.Verdict != "Denied" || !d.Partly || d.foundBy() != "Status" || d.DataPlane[0].Count != 3 || d.Entry != nil {
		t.Errorf("got door %+v", d)
	}
	if len(b.Answers) != 2 || b.Answers[1].Verdict != "Allowed" || b.Answers[1].Reason != "SameNode" || !slices.Equal(b.Answers[1].Source.Nodes, []string{"node-a"}) || b.Answers[1].Source.Total != 3 {
		t.Errorf("got answers %+v", b.Answers)
	}
	text := run(t, cluster.Admin, yes, "explain internet ingress/host -n shop").Stdout
	if !strings.Contains(strings.Join(strings.Fields(text), " "), "It only works through 1 of 3 pods of host-ingress/ds/controller") {
		t.Errorf("it does not say how many pods:\n%s", text)
	}
	run(t, cluster.Admin, no, "can-reach internet ingress/host -n shop")
}

// Traefik serves the Ingress that names no class, being the default.
func TestTraefik(t *testing.T) {
	r := ask[frontDoor](t, cluster.Admin, yes, "who-can-reach ingress/traefik -n shop")
	d, b := r.Doors[0], r.Doors[0].Backends[0]
	if d.Verdict != "Allowed" || d.foundBy() != "Status" || d.DataPlane[0].Count != 2 || d.Entry == nil || d.Entry.Namespace != "traefik" {
		t.Errorf("got door %+v", d)
	}
	if b.Verdict != "Allowed" || b.Reason != "RuleAllows" || !b.Routes[0].TLS {
		t.Errorf("got backend %+v", b)
	}
	run(t, cluster.Admin, yes, "can-reach ingress/traefik svc/web -n shop")
	run(t, cluster.Admin, yes, "can-reach internet ingress/traefik -n shop")
}

// --controller overrules what is found.
func TestControllerFlag(t *testing.T) {
	run(t, cluster.Admin, no, "can-reach internet ingress/traefik -n shop --controller ingress-nginx/deploy/ingress-nginx-controller")
	run(t, cluster.Admin, yes, "can-reach internet ingress/traefik -n shop --controller app.kubernetes.io/name=traefik")
	run(t, cluster.Admin, no, "can-reach internet ingress/traefik -n shop --controller 198.51.100.0/24")
}

func TestMap(t *testing.T) {
	m := ask[netmap](t, cluster.Admin, yes, "map -n shop")
	has := func(fromKind, from, toKind, to string) bool {
		return slices.ContainsFunc(m.Edges, func(e struct {
			From, To end
			Verdict  string
		},
		) bool {
			return e.From.Kind == fromKind && e.From.Name == from && e.To.Kind == toKind && e.To.Name == to && e.Verdict == "Allowed"
		})
	}
	for _, edge := range [][4]string{
		{"Ingress", "traefik", "Pod", "web"}, {"Ingress", "host", "Pod", "web"}, {"Internet", "", "Ingress", "traefik"}, {"Internet", "", "Ingress", "host"},
	} {
		if !has(edge[0], edge[1], edge[2], edge[3]) {
			t.Errorf("no edge %v in %+v", edge, m.Edges)
		}
	}
	m = ask[netmap](t, cluster.Admin, yes, "map -n bank")
	if has("Ingress", "bankapp", "Deployment", "bankapp") || !has("Internet", "", "Ingress", "bankapp") {
		t.Errorf("got %+v", m.Edges)
	}
}

// A cluster without the Gateway API has no Gateways, and whoever asks is told so;
// for somebody without permissions that is no gap either.
func TestWithoutGatewayAPI(t *testing.T) {
	r := run(t, cluster.Admin, failed, "who-can-reach gateway/edge -n infra")
	if !strings.Contains(r.Stderr, `"edge" not found`) {
		t.Errorf("stderr: %s", r.Stderr)
	}
	run(t, cluster.Admin, yes, "map -A")
	kubeconfig, err := cluster.Kubeconfig(nobody)
	if err != nil {
		t.Fatal(err)
	}
	k := cluster.ControlPlane.Kubectl(kubeconfig, cluster.PluginDir)
	m := ask[netmap](t, k, undecided, "map -A")
	if text := gaps(m.Gaps); strings.Contains(text, "gateways") || !strings.Contains(text, "ingresses") {
		t.Errorf("gaps: %s", text)
	}
	run(t, k, undecided, "can-reach internet ingress/bankapp -n bank")
}

func gaps(all []struct{ Needs string }) string {
	var out []string
	for _, g := range all {
		out = append(out, g.Needs)
	}
	return strings.Join(out, "; ")
}

// exported are the kinds that questions about doors are answered from.
const exported = "namespaces,nodes,pods,services,endpointslices,networkpolicies,ingresses,ingressclasses,deployments,replicasets,daemonsets"

// The same objects give the same JSON, byte for byte, whether an API server or a file says them.
func TestClusterAndManifestsGiveTheSameJSON(t *testing.T) {
	same(t, exported,
		"who-can-reach ingress/bankapp -n bank", "who-can-reach ingress/host -n shop", "who-can-reach ingress/traefik -n shop",
		"explain internet ingress/bankapp -n bank", "explain internet ingress/host -n shop", "explain internet ingress/traefik -n shop",
		"explain ingress/bankapp svc/bankapp-service -n bank", "explain ingress/host pod/web -n shop", "reachable-from ingress/host -n shop",
		"can-reach deploy/frontend ingress/bankapp -n bank", "explain ns/bank ingress/traefik -n shop", "map -A", "map -n shop",
		"who-can-reach ingress/traefik -n shop --controller 198.51.100.0/24", "who-can-reach ingress/host -n shop --controller app=controller",
	)
}

func same(t *testing.T, kinds string, questions ...string) {
	t.Helper()
	dump := filepath.Join(t.TempDir(), "dump.yaml")
	if err := os.WriteFile(dump, []byte(must(t, "get", kinds, "-A", "-o", "yaml")), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, q := range questions {
		args := append(append([]string{"netguard"}, strings.Fields(q)...), "-o", "json")
		live, err := cluster.Admin.Run(t.Context(), args...)
		if err != nil {
			t.Fatal(err)
		}
		offline, err := cluster.Admin.Run(t.Context(), append(args, "-f", dump)...)
		if err != nil {
			t.Fatal(err)
		}
		if live.ExitCode != offline.ExitCode || live.Stdout != offline.Stdout || live.ExitCode == failed {
			a, b := strings.Split(live.Stdout, "\n"), strings.Split(offline.Stdout, "\n")
			i := 0
			for i < min(len(a), len(b)) && a[i] == b[i] {
				i++
			}
			from := max(0, i-6)
			t.Errorf("%s: exit status %d live, %d with -f; from line %d\nlive:\n%s\n-f:\n%s\n%s%s", q, live.ExitCode, offline.ExitCode, i+1,
				strings.Join(a[from:min(i+4, len(a))], "\n"), strings.Join(b[from:min(i+4, len(b))], "\n"), live.Stderr, offline.Stderr)
		}
	}
}

// A Gateway's data plane is found by its label, and by its address once the
// controller has written it.
func TestGateway(t *testing.T) {
	t.Cleanup(func() {
		for _, args := range [][]string{
			{"delete", "-f", "testdata/gateway.yaml", "-f", "testdata/grant.yaml", "--ignore-not-found", "--wait"},
			{"delete", "-f", "testdata/gateway-crds.yaml", "--wait"},
		} {
			if _, err := cluster.Admin.Must(context.Background(), args...); err != nil {
				t.Error(err)
			}
		}
	})
	must(t, "apply", "-f", "testdata/gateway-crds.yaml")
	must(t, "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
	must(t, "apply", "-f", "testdata/gateway.yaml")
	must(t, "wait", "-n", "infra", "--for=condition=Available", "deployment/edge-nginx", "--timeout=60s")
	must(t, "wait", "-n", "infra", "--for=condition=Ready", "pods", "--all", "--timeout=60s")

	r := ask[frontDoor](t, cluster.Admin, yes, "who-can-reach httproute/web -n shop")
	d, b := r.Doors[0], r.Doors[0].Backends[0]
	if d.Object != (object{"Gateway", "infra", "edge"}) || d.Verdict != "Denied" || d.foundBy() != "GatewayLabel" || d.DataPlane[0].End.Name != "edge-nginx" {
		t.Errorf("got door %+v", d)
	}
	// A route for each listener that takes it: http, then https.
	if b.ClientSees != "504" || b.Fix == nil || len(b.Routes) != 2 || b.Routes[0].TLS || !b.Routes[1].TLS || b.Routes[0].Host != "shop.example.com" || d.Entry == nil || d.Entry.Name != "edge-nginx" {
		t.Errorf("got backend %+v, entry %+v", b, d.Entry)
	}
	run(t, cluster.Admin, no, "can-reach internet infra/gateway/edge")
	run(t, cluster.Admin, no, "can-reach internet infra/httproute/foreign")
	if r := ask[frontDoor](t, cluster.Admin, yes, "who-can-reach infra/httproute/foreign"); r.Doors[0].Backends[0].Reason != "GrantMissing" {
		t.Errorf("got %+v", r.Doors[0].Backends)
	}

	// The grant makes a way of it, and the policy an open one.
	must(t, "apply", "-f", "testdata/grant.yaml")
	address, err := balancer(t.Context(), "infra/edge-nginx")
	if err != nil {
		t.Fatal(err)
	}
	if err := publish(t.Context(), "gateway", "infra/edge", `{"status":{"addresses":[{"type":"IPAddress","value":"`+address+`"}]}}`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := cluster.Admin.Must(context.Background(), "apply", "-f", "testdata/shop.yaml"); err != nil {
			t.Error(err)
		}
	})
	for _, p := range b.Fix.Patches {
		must(t, "patch", "networkpolicy", p.Policy.Name, "-n", p.Policy.Namespace, "--type=json", "-p", p.Patch)
	}
	r = ask[frontDoor](t, cluster.Admin, yes, "who-can-reach infra/gateway/edge")
	if d := r.Doors[0]; d.Verdict != "Allowed" || d.foundBy() != "Status" || len(d.Backends) != 1 || len(d.Backends[0].Routes) != 4 {
		t.Errorf("got door %+v", d)
	}
	run(t, cluster.Admin, yes, "can-reach internet infra/gateway/edge")
	run(t, cluster.Admin, yes, "can-reach infra/httproute/foreign svc/web -n shop")
	m := ask[netmap](t, cluster.Admin, yes, "map -n shop")
	if !slices.ContainsFunc(m.Edges, func(e struct {
		From, To end
		Verdict  string
	},
	) bool {
		return e.From.Kind == "Gateway" && e.To.Name == "web" && e.Verdict == "Allowed"
	}) {
		t.Errorf("the Gateway is not in the map: %+v", m.Edges)
	}
	same(t, exported+",gatewayclasses,gateways,httproutes,referencegrants",
		"who-can-reach infra/gateway/edge", "who-can-reach httproute/web -n shop", "explain internet infra/httproute/foreign", "explain infra/gateway/edge svc/web -n shop", "map -A")

	// A route that the controller does not take.
	if err := publish(t.Context(), "httproute", "shop/web", `{"status":{"parents":[{"parentRef":{"namespace":"infra","name":"edge"},"controllerName":"gateway.nginx.org/nginx-gateway-controller","conditions":[{"type":"Accepted","status":"False","reason":"NotAllowedByListeners","message":"no","lastTransitionTime":"2026-01-01T00:00:00Z"}]}]}}`); err != nil {
		t.Fatal(err)
	}
	if r := ask[frontDoor](t, cluster.Admin, yes, "who-can-reach httproute/web -n shop"); r.Doors[0].Backends[0].Reason != "RouteNotAccepted" {
		t.Errorf("got %+v", r.Doors[0].Backends)
	}
	run(t, cluster.Admin, no, "can-reach internet httproute/web -n shop")
}

// A table about a door is made from few pods; what it says of the door is what all
// pods say.
func TestATableSaysWhatAllPodsSay(t *testing.T) {
	for _, door := range []string{"ingress/bankapp -n bank", "ingress/host -n shop", "ingress/traefik -n shop"} {
		file := filepath.Join(t.TempDir(), "all.yaml")
		run(t, cluster.Admin, yes, "snapshot who-can-reach "+door+" --all-pods -o "+file)
		const besides = "Other sources of"
		got, _, _ := strings.Cut(run(t, cluster.Admin, yes, "who-can-reach "+door).Stdout, besides)
		want, _, _ := strings.Cut(run(t, cluster.Admin, yes, "who-can-reach "+door+" -f "+file).Stdout, besides)
		if got != want {
			t.Errorf("%s: a table says\n%s\nand of all pods:\n%s", door, got, want)
		}
	}
}
