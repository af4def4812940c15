package printer_test

import (
	"bytes"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/internal/golden"
	"github.com/kubectl-netguard/netguard/pkg/printer"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

func render[R any](t *testing.T, print func(*bytes.Buffer, R, printer.Options) error, r R, o printer.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := print(&b, r, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func explain(b *bytes.Buffer, r *report.Explanation, o printer.Options) error {
	return printer.Explanation(b, r, o)
}
func reach(b *bytes.Buffer, r *report.Reach, o printer.Options) error { return printer.Reach(b, r, o) }
func doors(b *bytes.Buffer, r *report.FrontDoor, o printer.Options) error {
	return printer.FrontDoor(b, r, o)
}
func edges(b *bytes.Buffer, r *report.Map, o printer.Options) error { return printer.Map(b, r, o) }
func versions(b *bytes.Buffer, r *report.Version, o printer.Options) error {
	return printer.Version(b, r, o)
}
func permit(b *bytes.Buffer, r *report.Permission, o printer.Options) error {
	return printer.Permission(b, r, o)
}

func TestExplanation(t *testing.T) {
	files := golden.New(t, "testdata/explanation")
	for _, c := range []struct {
		name   string
		report *report.Explanation
		o      printer.Options
	}{
		{"denied-by-port", byPort(), printer.Options{}},
		{"denied-by-port-200", byPort(), printer.Options{Width: 200}},
		{"denied-by-port-color", byPort(), printer.Options{Color: true}},
		{"denied-by-port-wide", byPort(), printer.Options{Format: printer.Wide}},
		{"denied-by-port.json", byPort(), printer.Options{Format: printer.JSON}},
		{"denied-by-port.yaml", byPort(), printer.Options{Format: printer.YAML}},
		{"denied-by-port.name", byPort(), printer.Options{Format: printer.Name}},
		{"other-namespace", byNamespace(), printer.Options{}},
		{"other-namespace-at-home", byNamespace(), printer.Options{Namespace: "bank"}},
		{"allowed", allowed(), printer.Options{}},
		{"allowed-wide", allowed(), printer.Options{Format: printer.Wide}},
		{"allowed.name", allowed(), printer.Options{Format: printer.Name}},
		{"not-isolated", notIsolated(), printer.Options{}},
		{"partly-pods", partlyPods(), printer.Options{}},
		{"partly-ports", partlyPorts(), printer.Options{}},
		{"partly-nodes", perNode(), printer.Options{}},
		{"unknown-gap", gap(), printer.Options{}},
		{"unknown-gap-wide", gap(), printer.Options{Format: printer.Wide}},
		{"unknown-kind", notModelled(), printer.Options{}},
		{"through-door", throughDoor(), printer.Options{}},
		{"through-door-wide", throughDoor(), printer.Options{Format: printer.Wide}},
		{"not-enforced", notEnforced(), printer.Options{}},
		{"not-enforced-color", notEnforced(), printer.Options{Color: true}},
		{"caveats", caveats(), printer.Options{}},
		{"many-rules", manyRules(), printer.Options{}},
		{"many-rules-wide", manyRules(), printer.Options{Format: printer.Wide}},
		{"five-answers", manyAnswers(5), printer.Options{}},
		{"twenty-answers", manyAnswers(20), printer.Options{}},
		{"service-no-pods", broken(report.NoPods, "app=bankap"), printer.Options{}},
		{"service-no-endpoints", broken(report.NoEndpoints, "0 of 3"), printer.Options{}},
		{"service-no-port", broken(report.ServicePortMissing, "443/TCP, 8443/TCP"), printer.Options{}},
		{"service-target-port", broken(report.TargetPortMissing, "web"), printer.Options{}},
		{"service-not-local", broken(report.NoLocalEndpoint, "internalTrafficPolicy: Local"), printer.Options{}},
		{"service-not-exposed", broken(report.NotExposed, "ClusterIP"), printer.Options{}},
		{"service-source-ranges", broken(report.SourceRangeDenied, "31829"), printer.Options{}},
	} {
		t.Run(c.name, func(t *testing.T) { files.Check(t, c.name, render(t, explain, c.report, c.o)) })
	}
}

func TestPermission(t *testing.T) {
	files := golden.New(t, "testdata/permission")
	denied := permission(report.Denied, report.NoRuleAllows, report.HopIngress)
	denied.DecidedBy = []report.RuleRef{{Policy: restrict}}
	ignored := permission(report.Denied, report.NoRuleAllows, report.HopEgress)
	ignored.DecidedBy, ignored.Enforcement, ignored.Partly = denied.DecidedBy, flannel(), true
	unread := permission(report.Unknown, report.NotRead, report.HopIngress)
	unread.Gaps = gap().Gaps[:1]
	nodes := permission(report.Unknown, report.AddressUnknown, report.HopIngress)
	nodes.Gaps = []report.Gap{{Needs: "list nodes", Reason: "Forbidden"}}
	plugin := permission(report.Unknown, report.NetworkPluginDecides, report.HopIngress)
	plugin.Gaps, plugin.Detail = []report.Gap{{Needs: "list daemonsets in all namespaces", Reason: "Forbidden"}}, "list daemonsets in all namespaces"
	kind := permission(report.Unknown, report.NotModelled, report.HopIngress)
	kind.Detail = "CiliumNetworkPolicy bank/l7"
	for _, c := range []struct {
		name   string
		report *report.Permission
		o      printer.Options
	}{
		{"yes", permission(report.Allowed, report.NotIsolated, report.HopIngress), printer.Options{}},
		{"no", denied, printer.Options{}},
		{"no-color", denied, printer.Options{Color: true}},
		{"no.json", denied, printer.Options{Format: printer.JSON}},
		{"no.name", denied, printer.Options{Format: printer.Name}},
		{"not-enforced", ignored, printer.Options{}},
		{"unread", unread, printer.Options{}},
		{"unread-nodes", nodes, printer.Options{}},
		{"unread-plugin", plugin, printer.Options{}},
		{"kind", kind, printer.Options{}},
	} {
		t.Run(c.name, func(t *testing.T) { files.Check(t, c.name, render(t, permit, c.report, c.o)) })
	}
}

func TestFrontDoor(t *testing.T) {
	files := golden.New(t, "testdata/frontdoor")
	for _, c := range []struct {
		name   string
		report *report.FrontDoor
		o      printer.Options
	}{
		{"denied", doorDenied(), printer.Options{}},
		{"denied-home", doorDenied(), printer.Options{Namespace: "bank"}},
		{"denied-color", doorDenied(), printer.Options{Color: true}},
		{"denied-wide", doorDenied(), printer.Options{Format: printer.Wide}},
		{"denied-no-headers", doorDenied(), printer.Options{NoHeaders: true}},
		{"denied.name", doorDenied(), printer.Options{Format: printer.Name}},
		{"denied.json", doorDenied(), printer.Options{Format: printer.JSON}},
		{"allowed", doorAllowed(), printer.Options{}},
		{"allowed.name", doorAllowed(), printer.Options{Format: printer.Name}},
		{"per-node", doorPerNode(), printer.Options{}},
		{"several", doorSeveral(), printer.Options{}},
		{"unknown-controller", doorProblem(report.ControllerUnknown, "the status has no address; no pod has the labels of Traefik"), printer.Options{}},
		{"ambiguous", doorProblem(report.ControllerAmbiguous, "a/deploy/nginx, b/deploy/nginx"), printer.Options{}},
		{"no-class", doorProblem(report.ClassMissing, "nginx"), printer.Options{}},
		{"unread", doorProblem(report.NotRead, "list pods in all namespaces"), printer.Options{}},
		{"closed-outside", doorClosed(), printer.Options{}},
		{"not-enforced", doorNotEnforced(), printer.Options{}},
		{"no-routes", &report.FrontDoor{Doors: []report.Door{{Object: report.Object{Kind: "Gateway", Namespace: "infra", Name: "edge"}, Verdict: report.Denied}}}, printer.Options{}},
	} {
		t.Run(c.name, func(t *testing.T) { files.Check(t, c.name, render(t, doors, c.report, c.o)) })
	}
}

func TestReach(t *testing.T) {
	files := golden.New(t, "testdata/reach")
	for _, c := range []struct {
		name   string
		report *report.Reach
		o      printer.Options
	}{
		{"who", whoCanReach(), printer.Options{}},
		{"who-home", whoCanReach(), printer.Options{Namespace: "bank"}},
		{"who-200", whoCanReach(), printer.Options{Width: 200}},
		{"brief", manyNamespaces(), printer.Options{}},
		{"brief-wide", manyNamespaces(), printer.Options{Format: printer.Wide}},
		{"partly-read", partlyRead(), printer.Options{Width: 120}},
		{"partly-read-wide", partlyRead(), printer.Options{Format: printer.Wide}},
		{"partly-read.name", partlyRead(), printer.Options{Format: printer.Name}},
		{"who-color", whoCanReach(), printer.Options{Color: true}},
		{"who-wide", whoCanReach(), printer.Options{Format: printer.Wide}},
		{"who-no-headers", whoCanReach(), printer.Options{NoHeaders: true}},
		{"who.name", whoCanReach(), printer.Options{Format: printer.Name}},
		{"who.json", whoCanReach(), printer.Options{Format: printer.JSON}},
		{"from", reachableFrom(), printer.Options{}},
		{"from-200", reachableFrom(), printer.Options{Width: 200}},
		{"from.yaml", reachableFrom(), printer.Options{Format: printer.YAML}},
		{"empty", &report.Reach{Of: bankapp, Direction: report.Ingress}, printer.Options{}},
	} {
		t.Run(c.name, func(t *testing.T) { files.Check(t, c.name, render(t, reach, c.report, c.o)) })
	}
}

func TestMap(t *testing.T) {
	files := golden.New(t, "testdata/map")
	for _, format := range printer.Formats(printer.KindMap) {
		name := "map." + format
		t.Run(name, func(t *testing.T) {
			files.Check(t, name, render(t, edges, connections(), printer.Options{Format: format}))
		})
	}
	t.Run("empty.txt", func(t *testing.T) { files.Check(t, "empty.txt", render(t, edges, &report.Map{}, printer.Options{})) })
}

func TestVersion(t *testing.T) {
	files := golden.New(t, "testdata/version")
	for _, c := range []struct {
		name   string
		report *report.Version
		o      printer.Options
	}{
		{"client", &report.Version{Client: "v0.1.0", GoVersion: "go1.26.8", Platform: "linux/amd64"}, printer.Options{}},
		{"cluster", version(), printer.Options{}},
		{"cluster.json", version(), printer.Options{Format: printer.JSON}},
		{"cluster.yaml", version(), printer.Options{Format: printer.YAML}},
	} {
		t.Run(c.name, func(t *testing.T) { files.Check(t, c.name, render(t, versions, c.report, c.o)) })
	}
}
