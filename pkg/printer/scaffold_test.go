package printer_test

import (
	"bytes"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/internal/golden"
	"github.com/kubectl-netguard/netguard/pkg/printer"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

func policies(b *bytes.Buffer, r *report.Scaffold, o printer.Options) error {
	return printer.Scaffold(b, r, o)
}
func impact(b *bytes.Buffer, r *report.Scaffold, o printer.Options) error {
	return printer.Impact(b, r, o)
}
func differences(b *bytes.Buffer, r *report.Diff, o printer.Options) error {
	return printer.Diff(b, r, o)
}

// scaffold is a report with everything in it, by one name.
func scaffold(name string) *report.Scaffold {
	port := intstr.FromString("http")
	who := report.End{Kind: "Deployment", Namespace: name, Name: name}
	object := report.Object{Kind: "Deployment", Namespace: name, Name: name}
	out := &report.Scaffold{
		Of: report.End{Kind: "Ingress", Namespace: name, Name: name}, Verdict: report.Allowed,
		Policies: []report.ProposedPolicy{{
			Policy: networkingv1.NetworkPolicy{
				TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
				ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: name, Annotations: map[string]string{"netguard.dev/scaffolded-for": name}},
				Spec: networkingv1.NetworkPolicySpec{
					PodSelector: metav1.LabelSelector{MatchLabels: map[string]string{"app": name}},
					PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
					Ingress: []networkingv1.NetworkPolicyIngressRule{{
						From: []networkingv1.NetworkPolicyPeer{
							{PodSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": name}}},
							{IPBlock: &networkingv1.IPBlock{CIDR: "192.168.0.1/32"}},
						},
						Ports: []networkingv1.NetworkPolicyPort{{Port: &port}},
					}},
				},
			},
			Purpose: report.ForBackends, Backends: []report.Object{object}, Pods: []report.Members{all(who, 2)}, Replaces: true,
			Rules: []report.RuleNote{
				{Path: "spec.ingress[0]", Why: report.WhyDoor, For: &who, Door: &object, Detail: name},
				{Path: "spec.ingress[0].from[1]", Why: report.WhyNodeAddress, For: &report.End{Kind: "Node", Name: name}},
			},
		}},
		CutOff: []report.End{who},
		Gaps:   []report.Gap{{Needs: name, Reason: "Forbidden", Message: name}},
	}
	policy := report.Object{Kind: "NetworkPolicy", Namespace: name, Name: name}
	for _, c := range []report.ImpactChange{report.Keeps, report.Gains, report.Loses, report.StillOpen, report.AlsoAdmitted} {
		out.Impact = append(out.Impact, report.ImpactRow{
			Policy: policy, Change: c, Direction: report.Ingress, Ends: []report.Members{all(who, 1)},
			Connections: connset.Of(connset.TCP, 80, 80), By: []report.Object{policy}, Of: []report.End{who},
		})
	}
	for _, code := range []report.NoticeCode{
		report.KubeletProbes, report.NodePeers, report.Scrapers, report.ACMESolvers, report.Webhooks, report.AmbientMesh, report.OtherDoor,
		report.DoorShut, report.DoorAnswers, report.OutsideBackend, report.NoPolicyFor, report.DNSNotFound, report.DoorsUnread, report.AllPorts, report.EgressOnlyDNS,
	} {
		out.Notices = append(out.Notices, report.Notice{Code: code, Objects: []report.Object{object}, Of: &who, Detail: name})
	}
	return out
}

func failed(name string) *report.Scaffold {
	return &report.Scaffold{Verdict: report.Unknown, Failed: []report.Explanation{
		*byPort(),
		{Source: end("Ingress", name, name), Target: end("Service", name, name), Answers: []report.Answer{{
			Hops: []report.Hop{{Kind: report.HopRoute, Reason: report.ControllerAmbiguous, Detail: name}},
		}}},
	}}
}

func diff(name string) *report.Diff {
	set, none := connset.Of(connset.TCP, 80, 80), connset.Empty()
	policy := report.RuleRef{Policy: report.Object{Kind: "NetworkPolicy", Namespace: name, Name: name}, Path: "spec.ingress[0]"}
	yes := report.DiffCause{Verdict: report.Allowed, Reason: report.RuleAllows, Hop: report.HopIngress, DecidedBy: []report.RuleRef{policy}}
	no := report.DiffCause{Verdict: report.Denied, Reason: report.NoRuleAllows, Hop: report.HopIngress, DecidedBy: []report.RuleRef{policy}}
	open := report.DiffCause{Reason: report.NotModelled, Detail: name}
	a, b := end("Deployment", name, name), end("Service", "other", name)
	b.Port = "80/TCP"
	return &report.Diff{Rows: []report.DiffRow{
		{Kind: report.DiffConnections, From: a, To: end("Deployment", "other", "db"), Change: report.DiffChanged, Before: &none, After: &set,
			Gained: &report.Difference{Connections: &set, Before: no, After: yes}, Lost: &report.Difference{Connections: &set, Partly: true, Before: yes, After: no}},
		{Kind: report.DiffConnections, From: report.End{Kind: "Internet"}, To: a, Change: report.DiffUndecided, Before: &none, After: &none,
			Undecided: &report.Difference{Connections: &set, Before: open, After: open}},
		{Kind: report.DiffDoor, From: end("Ingress", name, name), To: b, Change: report.DiffLost,
			Lost: &report.Difference{Before: yes, After: report.DiffCause{Verdict: report.Denied, Absent: true}}},
	}, Gaps: []report.Gap{{Needs: name, Reason: "Forbidden"}}}
}

func TestScaffoldAndDiff(t *testing.T) {
	files := golden.New(t, "testdata/scaffold")
	files.Check(t, "policies.yaml", render(t, policies, scaffold("bank"), printer.Options{}))
	files.Check(t, "policies.json", render(t, policies, scaffold("bank"), printer.Options{Format: printer.JSON}))
	files.Check(t, "policies.name", render(t, policies, scaffold("bank"), printer.Options{Format: printer.Name}))
	files.Check(t, "impact", render(t, impact, scaffold("bank"), printer.Options{}))
	files.Check(t, "failed", render(t, impact, failed("bank"), printer.Options{}))
	for _, format := range printer.Formats(printer.KindDiff) {
		files.Check(t, "diff."+format, render(t, differences, diff("bank"), printer.Options{Format: format}))
	}
	files.Check(t, "diff-no-headers", render(t, differences, diff("bank"), printer.Options{NoHeaders: true}))
	files.Check(t, "diff-none", render(t, differences, &report.Diff{}, printer.Options{}))
	files.Check(t, "diff-none.md", render(t, differences, &report.Diff{}, printer.Options{Format: printer.MD}))
}

// The YAML is what was proven, whatever its comments say.
func TestScaffoldPrintsThePolicyItself(t *testing.T) {
	for _, name := range append(hostileNames(), "bank") {
		want := scaffold(name).Policies[0].Policy
		var got networkingv1.NetworkPolicy
		out := render(t, policies, scaffold(name), printer.Options{})
		if err := yaml.UnmarshalStrict(out, &got); err != nil {
			t.Errorf("%q: %v in\n%s", name, err, out)
			continue
		}
		a, _ := yaml.Marshal(want)
		b, _ := yaml.Marshal(got)
		if !bytes.Equal(a, b) {
			t.Errorf("%q: printed\n%s\nfor\n%s", name, out, a)
		}
	}
}

func TestHostileNamesInScaffoldAndDiff(t *testing.T) {
	for _, name := range hostileNames() {
		outputs := [][]byte{
			render(t, policies, scaffold(name), printer.Options{}), render(t, policies, scaffold(name), printer.Options{Format: printer.JSON}),
			render(t, policies, scaffold(name), printer.Options{Format: printer.Name}),
			render(t, impact, scaffold(name), printer.Options{}), render(t, impact, failed(name), printer.Options{}),
		}
		var kept bytes.Buffer
		if err := printer.KeepCurrent(&kept, scaffold(name), printer.Options{}); err != nil {
			t.Fatal(err)
		}
		outputs = append(outputs, kept.Bytes())
		for _, format := range append(printer.Formats(printer.KindDiff), printer.Text) {
			outputs = append(outputs, render(t, differences, diff(name), printer.Options{Format: format}))
		}
		for _, out := range outputs {
			if at := bytes.IndexFunc(out, forbidden); at >= 0 {
				t.Errorf("%q comes through in %q", name, out[max(0, at-20):min(len(out), at+20)])
			}
		}
		for line := range strings.Lines(string(render(t, differences, diff(name), printer.Options{Format: printer.MD}))) {
			if strings.HasPrefix(line, "|") && strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") != 6 {
				t.Errorf("%q breaks the table: %s", name, line)
			}
		}
	}
}
