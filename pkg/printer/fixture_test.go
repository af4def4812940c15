package printer_test

import (
	"slices"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// The reports that the golden files are made from: the bankapp example and what
// can happen to it.

const file = "examples/bankapp/policy.yaml"

func end(kind, namespace, name string) report.End {
	return report.End{Kind: kind, Namespace: namespace, Name: name}
}

func all(e report.End, count int) report.Members {
	return report.Members{End: e, Count: count, Total: count}
}

func some(e report.End, count, total int, names ...string) report.Members {
	return report.Members{End: e, Count: count, Total: total, Names: names}
}

var (
	frontend   = end("Deployment", "bank", "frontend")
	bankapp    = end("Deployment", "bank", "bankapp")
	service    = end("Service", "bank", "bankapp-service")
	controller = end("Deployment", "ingress-nginx", "ingress-nginx-controller")
	internet   = report.End{Kind: "Internet"}
	restrict   = report.Object{Kind: "NetworkPolicy", Namespace: "bank", Name: "bankapp-restrict-access"}
	http       = report.PortMapping{Protocol: connset.TCP, Pod: 8080, PodPortName: "http", Service: 80}
	metrics    = report.PortMapping{Protocol: connset.TCP, Pod: 9090, PodPortName: "metrics", Service: 9090}
)

func ref(e report.End) *report.Object {
	return &report.Object{Kind: e.Kind, Namespace: e.Namespace, Name: e.Name}
}

func translated(port report.PortMapping) report.Hop {
	return report.Hop{Kind: report.HopService, Verdict: report.Allowed, Reason: report.Translated, Object: ref(service), Port: &port}
}

func free(kind report.HopKind) report.Hop {
	return report.Hop{Kind: kind, Verdict: report.Allowed, Reason: report.NotIsolated}
}

func hop(kind report.HopKind, v report.Verdict, r report.Reason) report.Hop {
	return report.Hop{Kind: kind, Verdict: v, Reason: r}
}

func denied(kind report.HopKind, policies ...report.PolicyEvidence) report.Hop {
	return report.Hop{Kind: kind, Verdict: report.Denied, Reason: report.NoRuleAllows, Policies: policies}
}

func evidence(p report.Object, location string, rules ...report.RuleEvidence) report.PolicyEvidence {
	return report.PolicyEvidence{Policy: p, Match: report.DoesNotMatch, Rules: rules, Location: location}
}

func yes(path, clause string) report.ClauseEvidence {
	return report.ClauseEvidence{Path: path, Clause: clause, Match: report.Matches}
}

func no(path, clause, location string, m report.Mismatch) report.ClauseEvidence {
	return report.ClauseEvidence{Path: path, Clause: clause, Match: report.DoesNotMatch, Mismatch: &m, Location: location}
}

// wrongPort is the rule of the tutorial: it names the Service's port.
func wrongPort(peer report.ClauseEvidence) report.PolicyEvidence {
	return evidence(restrict, file+":7", report.RuleEvidence{
		Path: "spec.ingress[0]", Match: report.DoesNotMatch, Peers: []report.ClauseEvidence{peer},
		Ports: []report.ClauseEvidence{no("spec.ingress[0].ports[0]", "TCP 80", file+":21", report.Mismatch{
			Reason: report.Port, Path: "spec.ingress[0].ports[0].port", Want: "80", Got: "8080", ServicePort: true,
		})},
	})
}

func explanation(source, target report.End, answers ...report.Answer) *report.Explanation {
	r := &report.Explanation{
		Header: report.NewHeader("Explanation"), Source: source, Target: target,
		Enforcement: report.Enforcement{Enforced: report.EnforcedUnknown}, Answers: answers,
	}
	counts := map[report.Verdict]int{}
	for _, a := range answers {
		counts[a.Verdict]++
	}
	switch {
	case counts[report.Allowed] == len(answers):
		r.Verdict = report.Allowed
	case counts[report.Denied] > 0:
		r.Verdict = report.Denied
	}
	r.Partly = counts[report.Allowed] > 0 && r.Verdict != report.Allowed
	return r
}

func answer(source, target report.Members, port report.PortMapping, hops ...report.Hop) report.Answer {
	a := report.Answer{Verdict: report.Allowed, Source: source, Target: target, Ports: []report.PortMapping{port}, Hops: hops}
	for _, h := range hops {
		if a.Verdict == report.Allowed && h.Verdict != report.Allowed || h.Verdict == report.Denied && a.Verdict != report.Denied {
			a.Verdict, a.Reason = h.Verdict, h.Reason
		}
	}
	if a.Reason == "" {
		a.Reason = hops[len(hops)-1].Reason
	}
	return a
}

func port80(e report.End) report.End {
	e.Port = "80/TCP"
	return e
}

func matchesFrontend() report.ClauseEvidence {
	return yes("spec.ingress[0].from[0]", "podSelector app=frontend")
}

// byPort: frontend to bankapp, denied because the rule names the Service's port.
func byPort() *report.Explanation {
	r := explanation(frontend, port80(service), answer(all(frontend, 1), all(bankapp, 2), http,
		translated(http), free(report.HopEgress), denied(report.HopIngress, wrongPort(matchesFrontend()))))
	patch := `[{"op":"replace","path":"/spec/ingress/0/ports/0/port","value":8080}]`
	r.Fix = &report.Fix{Verdict: report.Allowed, Patches: []report.Patch{{
		Policy: restrict, Patch: patch, Change: report.ReplacePort, Rule: "spec.ingress[0]",
		Command:   "kubectl patch networkpolicy bankapp-restrict-access -n bank --type=json -p '" + patch + "'",
		Direction: report.Ingress, Subject: "app=bankapp", Peers: []string{"podSelector app=frontend"}, Ports: []string{"TCP 8080"},
	}}}
	return r
}

// byNamespace: the Ingress controller lives elsewhere.
func byNamespace() *report.Explanation {
	return explanation(controller, port80(service), answer(all(controller, 1), all(bankapp, 2), http,
		translated(http), free(report.HopEgress), denied(report.HopIngress, wrongPort(
			no("spec.ingress[0].from[0]", "podSelector app=frontend", file+":17", report.Mismatch{
				Reason: report.NamespaceDiffers, Path: "spec.ingress[0].from[0]", Want: "bank", Got: "ingress-nginx",
			})))))
}

func allowed() *report.Explanation {
	byRule := report.Hop{
		Kind: report.HopIngress, Verdict: report.Allowed, Reason: report.RuleAllows,
		DecidedBy: &report.RuleRef{Policy: restrict, Path: "spec.ingress[0]"},
		Policies: []report.PolicyEvidence{{Policy: restrict, Match: report.Matches, Rules: []report.RuleEvidence{{
			Path: "spec.ingress[0]", Match: report.Matches, AnyPort: true, Peers: []report.ClauseEvidence{matchesFrontend()},
		}}}},
	}
	return explanation(frontend, service, answer(all(frontend, 1), all(bankapp, 2), http, translated(http), free(report.HopEgress), byRule))
}

func notIsolated() *report.Explanation {
	return explanation(internet, bankapp, report.Answer{
		Verdict: report.Allowed, Reason: report.NotIsolated, Source: report.Members{End: internet}, Target: all(bankapp, 2),
		Ports:   []report.PortMapping{{Protocol: connset.TCP, Pod: 9999, Undeclared: true}},
		Hops:    []report.Hop{hop(report.HopEgress, report.Allowed, report.NotPoliced), free(report.HopIngress)},
		Caveats: []report.Caveat{{Code: report.RoutedOutside, Otherwise: report.Denied}},
	})
}

// partlyPods: the pods of the target differ in their labels.
func partlyPods() *report.Explanation {
	bare := evidence(restrict, "", report.RuleEvidence{
		Path: "spec.ingress[0]", Match: report.DoesNotMatch, AnyPort: true,
		Peers: []report.ClauseEvidence{
			no("spec.ingress[0].from[0]", "ipBlock 10.0.0.0/8", "", report.Mismatch{
				Reason: report.OutsideIPBlock, Path: "spec.ingress[0].from[0].ipBlock.cidr", Want: "10.0.0.0/8", Got: "192.168.4.7",
			}),
			no("spec.ingress[0].from[1]", "podSelector app=frontend,tier=web", "", report.Mismatch{
				Reason: report.PodLabel, Path: "spec.ingress[0].from[1].podSelector.matchLabels.tier", Key: "tier", Want: "web", Absent: true,
			}),
		},
	})
	return explanation(frontend, port80(service),
		answer(all(frontend, 1), some(bankapp, 2, 3, "bankapp-5d9f-a", "bankapp-5d9f-b"), http, translated(http), free(report.HopEgress), free(report.HopIngress)),
		answer(all(frontend, 1), some(bankapp, 1, 3, "bankapp-7c4d-x"), http, translated(http), free(report.HopEgress), denied(report.HopIngress, bare)))
}

func partlyPorts() *report.Explanation {
	return explanation(frontend, service,
		answer(all(frontend, 1), all(bankapp, 2), metrics, translated(metrics), free(report.HopEgress), free(report.HopIngress)),
		answer(all(frontend, 1), all(bankapp, 2), http, translated(http), free(report.HopEgress), denied(report.HopIngress, wrongPort(matchesFrontend()))))
}

// perNode: a hostNetwork controller works from the node that has the pod.
func perNode() *report.Explanation {
	daemons := end("DaemonSet", "ingress-nginx", "controller")
	near, away := some(daemons, 1, 3, "controller-a"), some(daemons, 2, 3, "controller-b", "controller-c")
	near.Nodes, away.Nodes = []string{"node-a"}, []string{"node-b", "node-c"}
	host := hop(report.HopEgress, report.Allowed, report.NotPoliced)
	return explanation(daemons, port80(service),
		answer(near, all(bankapp, 1), http, translated(http), host, hop(report.HopIngress, report.Allowed, report.SameNode)),
		answer(away, all(bankapp, 1), http, translated(http), host, denied(report.HopIngress, wrongPort(
			no("spec.ingress[0].from[0]", "namespaceSelector {} and podSelector app=ingress", "", report.Mismatch{
				Reason: report.HostNetwork, Path: "spec.ingress[0].from[0]",
			})))))
}

func gap() *report.Explanation {
	open := hop(report.HopIngress, report.Unknown, report.NotRead)
	open.Needs = []string{`list networkpolicies in namespace "bank"`}
	r := explanation(frontend, port80(service), answer(all(frontend, 1), all(bankapp, 2), http, translated(http), free(report.HopEgress), open))
	r.Gaps = []report.Gap{{
		Needs: `list networkpolicies in namespace "bank"`, Reason: "Forbidden",
		Message: `networkpolicies.networking.k8s.io is forbidden: User "jo" cannot list resource "networkpolicies" in API group "networking.k8s.io" in the namespace "bank"`,
	}, {Needs: "list nodes", Reason: "Failed", Message: "the server was unable to return a response\nin the time allotted"}}
	return r
}

func notModelled() *report.Explanation {
	open := hop(report.HopIngress, report.Unknown, report.NotModelled)
	open.Detail = "CiliumNetworkPolicy bank/l7-rules"
	return explanation(frontend, port80(service), answer(all(frontend, 1), all(bankapp, 2), http, translated(http), free(report.HopEgress), open))
}

func notEnforced() *report.Explanation {
	r := byPort()
	r.Fix = nil
	r.Enforcement = flannel()
	return r
}

func flannel() report.Enforcement {
	return report.Enforcement{
		Plugin: "Flannel", Enforced: report.EnforcedNo, Evidence: "daemonset kube-flannel/kube-flannel-ds",
		Source: "https://github.com/flannel-io/flannel",
	}
}

func caveats() *report.Explanation {
	r := allowed()
	r.Answers[0].Caveats = []report.Caveat{
		{Code: report.PodsInIPBlocks, Plugins: []string{"Cilium"}, Otherwise: report.Denied, Source: "https://docs.cilium.io/en/stable/network/kubernetes/policy/"},
		{Code: report.Hairpin, Plugins: []string{"Calico", "Antrea"}, Otherwise: report.Denied},
	}
	r.Enforcement = report.Enforcement{Plugin: "AWS VPC CNI", Evidence: "daemonset kube-system/aws-node", Enforced: report.EnforcedUnknown}
	return r
}

// broken is a Service that leads nowhere, for one of its reasons.
func broken(reason report.Reason, detail string) *report.Explanation {
	h := translated(report.PortMapping{Protocol: connset.TCP, Service: 80})
	h.Verdict, h.Reason, h.Detail = report.Denied, reason, detail
	return explanation(frontend, port80(service), answer(all(frontend, 1), report.Members{End: service}, *h.Port, h))
}

// manyRules: what is far off is summed up, and two policies need a change.
func manyRules() *report.Explanation {
	web := report.Object{Kind: "NetworkPolicy", Namespace: "bank", Name: "web-ingress"}
	deny := report.Object{Kind: "NetworkPolicy", Namespace: "bank", Name: "default-deny"}
	out := report.Object{Kind: "NetworkPolicy", Namespace: "bank", Name: "frontend-egress"}
	label := func(path, want string) report.ClauseEvidence {
		return no(path, "podSelector app="+want, "", report.Mismatch{
			Reason: report.PodLabel, Path: path + ".podSelector.matchLabels.app", Key: "app", Want: want, Got: "frontend",
		})
	}
	port := func(path, want string) report.ClauseEvidence {
		return no(path, "TCP "+want, "", report.Mismatch{Reason: report.Port, Path: path + ".port", Want: want, Got: "8080"})
	}
	rules := []report.RuleEvidence{
		{Path: "spec.ingress[0]", Peers: []report.ClauseEvidence{label("spec.ingress[0].from[0]", "batch")}, Ports: []report.ClauseEvidence{port("spec.ingress[0].ports[0]", "5432")}},
		{Path: "spec.ingress[1]", Peers: []report.ClauseEvidence{label("spec.ingress[1].from[0]", "cron")}, Ports: []report.ClauseEvidence{port("spec.ingress[1].ports[0]", "5432")}},
		{Path: "spec.ingress[2]", AnyPort: true, Peers: []report.ClauseEvidence{
			label("spec.ingress[2].from[0]", "admin"), label("spec.ingress[2].from[1]", "ops"), label("spec.ingress[2].from[2]", "oncall"),
			label("spec.ingress[2].from[3]", "audit"), label("spec.ingress[2].from[4]", "probe"),
		}},
		{Path: "spec.ingress[4]", AnyPort: true, Peers: []report.ClauseEvidence{no("spec.ingress[4].from[0]",
			"namespaceSelector kubernetes.io/metadata.name=ingress-nginx and podSelector app.kubernetes.io/component=controller,app.kubernetes.io/instance=ingress-nginx", "",
			report.Mismatch{Reason: report.NamespaceLabel, Path: "spec.ingress[4].from[0].namespaceSelector.matchLabels.kubernetes.io/metadata.name", Key: "kubernetes.io/metadata.name", Want: "ingress-nginx", Got: "bank"},
		)}},
		{Path: "spec.ingress[3]", AnyPeer: true, Ports: []report.ClauseEvidence{no("spec.ingress[3].ports[0]", "TCP web", "", report.Mismatch{
			Reason: report.PortName, Path: "spec.ingress[3].ports[0].port", Want: "web", Absent: true,
		})}},
	}
	for i := range rules {
		rules[i].Match = report.DoesNotMatch
	}
	egress := denied(report.HopEgress, evidence(out, "", report.RuleEvidence{
		Path: "spec.egress[0]", Match: report.DoesNotMatch, AnyPeer: true,
		Ports: []report.ClauseEvidence{no("spec.egress[0].ports[0]", "UDP 53", "", report.Mismatch{
			Reason: report.Protocol, Path: "spec.egress[0].ports[0].protocol", Want: "UDP", Got: "TCP",
		})},
	}))
	r := explanation(frontend, port80(service), answer(all(frontend, 1), all(bankapp, 2), http,
		translated(http), egress, denied(report.HopIngress, evidence(deny, ""), evidence(web, "", rules...))))
	add := func(p report.Object, path string, d report.Direction, subject, peer string) report.Patch {
		patch := `[{"op":"add","path":"` + path + `","value":{}}]`
		return report.Patch{
			Policy: p, Patch: patch, Command: "kubectl patch networkpolicy " + p.Name + " -n bank --type=json -p '" + patch + "'",
			Change: report.AddRule, Rule: "spec.ingress[4]", Direction: d, Subject: subject, Peers: []string{peer}, Ports: []string{"TCP 8080"},
		}
	}
	egressPatch := add(out, "/spec/egress/-", report.Egress, "app=frontend", "")
	egressPatch.Rule = "spec.egress[1]"
	r.Fix = &report.Fix{Verdict: report.Allowed, Patches: []report.Patch{egressPatch, add(web, "/spec/ingress/-", report.Ingress, "", "podSelector app=frontend")}}
	return r
}

// manyAnswers: the pods of a namespace differ in all there is.
func manyAnswers(n int) *report.Explanation {
	var answers []report.Answer
	for i := range n {
		source := all(end("Deployment", "bank", "client-"+string(rune('a'+i))), 1)
		a := answer(source, all(bankapp, 1), http, translated(http), free(report.HopEgress), free(report.HopIngress))
		if i%2 == 1 {
			a = answer(source, all(bankapp, 1), http, translated(http), free(report.HopEgress), denied(report.HopIngress, evidence(restrict, "")))
		}
		answers = append(answers, a)
	}
	return explanation(end("Namespace", "", "bank"), port80(service), answers...)
}

func rule(path string) []report.RuleRef {
	return []report.RuleRef{{Policy: restrict, Path: path, Location: file + ":14"}}
}

func whoCanReach() *report.Reach {
	policies := []report.RuleRef{{Policy: restrict, Location: file + ":7"}}
	ports := []report.PortMapping{http}
	row := func(v report.Verdict, r report.Reason, scope report.RowScope, ends ...report.Members) report.ReachRow {
		return report.ReachRow{Verdict: v, Reason: r, Scope: scope, Ends: ends, Ports: ports, Hop: report.HopIngress}
	}
	namespaces := func(names ...string) []report.Members {
		var out []report.Members
		for _, name := range names {
			out = append(out, all(end("Namespace", "", name), 3))
		}
		return out
	}
	node := row(report.Allowed, report.SameNode, report.ScopeNodes)
	admin := row(report.Allowed, report.RuleAllows, report.ScopeWorkloads, some(end("StatefulSet", "bank", "admin"), 2, 3, "admin-0", "admin-2"))
	admin.DecidedBy = rule("spec.ingress[1]")
	office := row(report.Allowed, report.RuleAllows, report.ScopeAddresses, report.Members{End: report.End{Kind: "Addresses", Addresses: []string{"203.0.113.0/24 except 203.0.113.128/25"}}})
	office.DecidedBy = rule("spec.ingress[2]")
	office.Caveats = []report.Caveat{{Code: report.RoutedOutside, Otherwise: report.Denied}}
	open := row(report.Unknown, report.NotRead, report.ScopeNamespaces, namespaces("hidden")...)
	port := row(report.Denied, report.NoRuleAllows, report.ScopeWorkloads, all(frontend, 1))
	port.DecidedBy = policies
	port.Nearest = &report.Mismatch{Reason: report.Port, Path: "spec.ingress[0].ports[0].port", Want: "80", Got: "8080", ServicePort: true}
	label := row(report.Denied, report.NoRuleAllows, report.ScopeWorkloads, all(end("Deployment", "bank", "other"), 1),
		all(end("Pod", "bank", "debug"), 1), all(end("CronJob", "bank", "report"), 2), all(end("Job", "bank", "migrate"), 1), all(bankapp, 2))
	label.DecidedBy, label.Nearest = policies, &report.Mismatch{Reason: report.PodLabel, Path: "spec.ingress[0].from[0].podSelector.matchLabels.app", Key: "app", Want: "frontend", Got: "other"}
	differs := &report.Mismatch{Reason: report.NamespaceDiffers, Path: "spec.ingress[0].from[0]", Want: "bank", Got: "ingress-nginx"}
	far := row(report.Denied, report.NoRuleAllows, report.ScopeWorkloads, all(controller, 1))
	far.DecidedBy, far.Nearest = policies, differs
	far.Caveats = []report.Caveat{{Code: report.HostNetworkPeers, Plugins: []string{"Antrea"}, Otherwise: report.Allowed, Source: "https://antrea.io/docs"}}
	folded := row(report.Denied, report.NoRuleAllows, report.ScopeNamespaces, namespaces("shop", "team-a", "team-b", "team-c", "team-d")...)
	folded.DecidedBy, folded.Nearest = policies, differs
	others := row(report.Denied, report.NoRuleAllows, report.ScopeOtherNamespaces, namespaces("default", "kube-system", "monitoring")...)
	others.DecidedBy, others.Nearest = append(policies, policies...), differs
	world := row(report.Denied, report.NoRuleAllows, report.ScopeAddresses, report.Members{End: internet})
	world.DecidedBy, world.Nearest = policies, &report.Mismatch{Reason: report.NotAPod, Path: "spec.ingress[0].from[0]"}
	return &report.Reach{
		Header: report.NewHeader("Reach"), Of: port80(service), Direction: report.Ingress,
		Enforcement: report.Enforcement{Enforced: report.EnforcedUnknown},
		Ports:       ports, Pods: []report.Members{all(bankapp, 2)},
		Rows: []report.ReachRow{node, admin, office, open, port, label, far, folded, others, world},
		Unmatched: []report.Unmatched{{
			RuleRef: report.RuleRef{Policy: restrict, Path: "spec.ingress[1].from[0]", Location: file + ":20"}, Clause: "podSelector app=frontned",
		}},
		Gaps: []report.Gap{{Needs: `list pods in namespace "hidden"`, Reason: "Forbidden", Message: "pods is forbidden"}},
	}
}

func reachableFrom() *report.Reach {
	tcp := func(port uint16) []report.PortMapping {
		return []report.PortMapping{{Protocol: connset.TCP, Pod: port}}
	}
	everywhere := report.ReachRow{Verdict: report.Allowed, Reason: report.NotIsolated, Scope: report.ScopeEverywhere, Hop: report.HopIngress}
	of := some(frontend, 1, 2, "frontend-1")
	one := report.ReachRow{
		Verdict: report.Denied, Reason: report.NotExposed, Scope: report.ScopeWorkloads, Ends: []report.Members{all(bankapp, 2)},
		Ports: tcp(8080), Of: &of, Hop: report.HopIngress,
	}
	kind := report.ReachRow{
		Verdict: report.Unknown, Reason: report.NotModelled, Detail: "AuthorizationPolicy bank/deny-all", Scope: report.ScopeWorkloads,
		Ends: []report.Members{all(controller, 1)}, Ports: append(tcp(80), tcp(443)...), Hop: report.HopIngress,
	}
	dns := connset.Of(connset.UDP, 53, 53)
	out := report.ReachRow{
		Verdict: report.Allowed, Reason: report.RuleAllows, Scope: report.ScopeAddresses, Connections: &dns, Hop: report.HopEgress,
		DecidedBy: []report.RuleRef{{Policy: restrict}}, Ends: []report.Members{{End: report.End{Kind: "Addresses", Addresses: []string{"internet", "10.0.0.0/8"}}}},
	}
	return &report.Reach{
		Header: report.NewHeader("Reach"), Of: frontend, Direction: report.Egress, Enforcement: flannel(),
		Pods: []report.Members{all(frontend, 2)}, Rows: []report.ReachRow{everywhere, out, kind, one},
	}
}

func connections() *report.Map {
	tcp := connset.Of(connset.TCP, 8080, 8080)
	return &report.Map{
		Header: report.NewHeader("Map"), Enforcement: report.Enforcement{Enforced: report.EnforcedUnknown},
		Edges: slices.Values([]report.Edge{
			{From: frontend, To: bankapp, Verdict: report.Allowed, Connections: tcp.Union(connset.Of(connset.UDP, 53, 53)), Partly: true},
			{From: controller, To: bankapp, Verdict: report.Unknown, Connections: connset.AllOf(connset.TCP).Union(connset.Of(connset.SCTP, 80, 90))},
			{From: internet, To: controller, Verdict: report.Allowed, Connections: connset.All()},
			{From: frontend, To: report.End{Kind: "Addresses", Addresses: []string{"0.0.0.0/0", "::/0"}}, Verdict: report.Allowed, Connections: connset.Of(connset.TCP, 443, 443)},
		}),
		Gaps: []report.Gap{{Needs: "list nodes", Reason: "Forbidden"}},
	}
}

func version() *report.Version {
	e := flannel()
	return &report.Version{
		Header: report.NewHeader("Version"), Client: "v0.1.0", GoVersion: "go1.26.8", Platform: "linux/amd64", Server: "v1.37.2",
		Enforcement: &e, PolicyKinds: []string{"CiliumNetworkPolicy", "AuthorizationPolicy"},
	}
}

func permission(v report.Verdict, r report.Reason, hop report.HopKind) *report.Permission {
	return &report.Permission{
		Header: report.NewHeader("Permission"), Source: frontend, Target: port80(service), Verdict: v, Reason: r, Hop: hop,
		Enforcement: report.Enforcement{Enforced: report.EnforcedUnknown},
	}
}
