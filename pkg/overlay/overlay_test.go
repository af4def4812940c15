package overlay_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/overlay"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/files"
)

func manifests(t *testing.T, text string) *snapshot.Snapshot {
	t.Helper()
	m, err := files.New(files.Options{Filenames: []string{"-"}, In: strings.NewReader(text)})
	if err != nil {
		t.Fatal(err)
	}
	s, err := m.Load(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// live is what a cluster holds of web: what controllers and the API server add is
// part of it.
func live(t *testing.T) *snapshot.Snapshot {
	return manifests(t, `
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: a}}}
---
{apiVersion: v1, kind: Pod, metadata: {namespace: shop, name: web-abc-1, labels: {app: web, pod-template-hash: abc, service.istio.io/canonical-name: web},
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-abc, uid: u, controller: true}]},
  spec: {nodeName: n1, containers: [{name: c, image: c, ports: [{name: http, containerPort: 8080}]}, {name: sidecar, image: s, ports: [{containerPort: 15090}]}]},
  status: {phase: Running, conditions: [{type: Ready, status: "True"}], podIPs: [{ip: 10.0.0.1}]}}
---
{apiVersion: v1, kind: Service, metadata: {namespace: shop, name: web}, spec: {type: NodePort, clusterIP: 10.96.0.1, selector: {app: web}, ports: [{port: 80, targetPort: http, nodePort: 30080}]}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: shop, name: deny}, spec: {podSelector: {}}}
`)
}

func deployment(labels, port string) string {
	return fmt.Sprintf(`{apiVersion: apps/v1, kind: Deployment, metadata: {namespace: shop, name: web},
  spec: {replicas: 1, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {%s}}, spec: {containers: [{name: c, image: c, ports: [{name: http, containerPort: %s}]}]}}}}
---
`, labels, port)
}

const service = `{apiVersion: v1, kind: Service, metadata: {namespace: shop, name: web}, spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: http}]}}
`

// pods and endpoints of a state, as text.
func pods(s *snapshot.Snapshot) []string {
	var out []string
	for _, p := range s.Pods() {
		out = append(out, p.Name.Name)
	}
	return out
}

func endpoints(s *snapshot.Snapshot) []string {
	var out []string
	for _, slice := range s.EndpointSlices() {
		for _, e := range slice.Endpoints {
			for _, p := range slice.Ports {
				out = append(out, fmt.Sprintf("%s:%d", e.Pod, p.Port))
			}
		}
	}
	return out
}

func TestApplyingWhatIsThereChangesNothing(t *testing.T) {
	base := live(t)
	next := overlay.Apply(base, manifests(t, deployment("app: web", "8080")+service))
	if got := pods(next); !slices.Equal(got, []string{"web-abc-1"}) {
		t.Errorf("pods %v", got)
	}
	if got := endpoints(next); !slices.Equal(got, []string{"web-abc-1:8080"}) {
		t.Errorf("endpoints %v", got)
	}
	s := next.Service(snapshot.Name{Namespace: "shop", Name: "web"})
	if len(s.ClusterIPs) != 1 || s.Ports[0].NodePort != 30080 {
		t.Errorf("what the API server allocated is lost: %+v", s)
	}
	if next.Namespace("shop").Labels["team"] != "a" {
		t.Errorf("labels that others set are lost: %v", next.Namespace("shop").Labels)
	}
	if next.Policy(snapshot.Name{Namespace: "shop", Name: "deny"}) == nil {
		t.Error("an object that is not mentioned is gone")
	}
}

func TestAChangedTemplateReplacesThePods(t *testing.T) {
	for name, text := range map[string]string{
		"a label more": deployment("app: web, tier: front", "8080"), "another port": deployment("app: web", "9090"),
	} {
		next := overlay.Apply(live(t), manifests(t, text))
		if got := pods(next); len(got) != 1 || got[0] == "web-abc-1" {
			t.Errorf("%s: pods %v", name, got)
		}
		if got := endpoints(next); len(got) != 1 || strings.HasPrefix(got[0], "web-abc-1") {
			t.Errorf("%s: endpoints %v", name, got)
		}
	}
}

func TestAChangedSelectorMovesTheEndpoints(t *testing.T) {
	next := overlay.Apply(live(t), manifests(t, strings.Replace(service, "selector: {app: web}", "selector: {app: other}", 1)))
	if got := endpoints(next); len(got) > 0 {
		t.Errorf("endpoints %v", got)
	}
}

func TestDelete(t *testing.T) {
	base := live(t)
	for text, check := range map[string]func(*snapshot.Snapshot) bool{
		"netpol/deny":             func(s *snapshot.Snapshot) bool { return len(s.Policies()) == 0 },
		"shop/networkpolicy/deny": func(s *snapshot.Snapshot) bool { return len(s.Policies()) == 0 },
		"svc/web":                 func(s *snapshot.Snapshot) bool { return len(s.Services())+len(s.EndpointSlices()) == 0 },
		"web-abc-1":               func(s *snapshot.Snapshot) bool { return len(s.Pods())+len(endpoints(s)) == 0 },
		"ns/shop":                 func(s *snapshot.Snapshot) bool { return len(s.Pods())+len(s.Policies())+len(s.Namespaces()) == 0 },
	} {
		r, err := overlay.ParseObject(text, "shop")
		if err != nil {
			t.Fatal(err)
		}
		next, err := overlay.Delete(base, []reference.Reference{r})
		if err != nil || !check(next) {
			t.Errorf("%s: %v, and what is left is %v %v", text, err, pods(next), endpoints(next))
		}
	}
	for _, text := range []string{"netpol/nope", "svc/nope", "deploy/web"} {
		r, err := overlay.ParseObject(text, "shop")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := overlay.Delete(base, []reference.Reference{r}); err == nil {
			t.Errorf("%s does not exist, and is deleted", text)
		}
	}
	for _, text := range []string{"internet", "10.0.0.1", "app=web", "netpol/"} {
		if _, err := overlay.ParseObject(text, "shop"); err == nil {
			t.Errorf("%s is no object", text)
		}
	}
	if len(base.Policies()) != 1 || len(base.Pods()) != 1 || len(model.New(base).PoliciesIn("shop")) != 1 {
		t.Error("the base was changed")
	}
}

// A policy that may not be read may well be there.
func TestAPolicyToDeleteThatWasNotReadIsNotSaidToBeAbsent(t *testing.T) {
	b := snapshot.NewBuilder(nil)
	b.AddGap(snapshot.Gap{Need: snapshot.Need{Resource: snapshot.NetworkPolicies}, Reason: snapshot.GapForbidden, Message: "forbidden"})
	r, err := overlay.ParseObject("shop/netpol/deny", "bank")
	if err != nil {
		t.Fatal(err)
	}
	_, err = overlay.Delete(b.Snapshot(), []reference.Reference{r})
	if want := "shop/netpol/deny cannot be read: list networkpolicies in all namespaces: forbidden"; err == nil || err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
}
