package printer_test

import (
	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

var (
	ingress = report.Object{Kind: "Ingress", Namespace: "bank", Name: "bankapp"}
	entry   = report.Object{Kind: "Service", Namespace: "ingress-nginx", Name: "ingress-nginx-controller"}
	web     = report.PortMapping{Protocol: connset.TCP, Pod: 80, PodPortName: "http", Service: 80}
	tls     = report.PortMapping{Protocol: connset.TCP, Pod: 443, PodPortName: "https", Service: 443}
)

// of says whom a hop is about.
func of(h report.Hop, e report.End) report.Hop {
	h.Of = &e
	return h
}

// entering is the way of clients to the controller.
func entering(in report.Hop) report.Answer {
	return report.Answer{
		Verdict: in.Verdict, Reason: in.Reason, Source: all(internet, 1), Target: all(controller, 2), Ports: []report.PortMapping{web, tls},
		Hops: []report.Hop{
			of(report.Hop{Kind: report.HopService, Verdict: report.Allowed, Reason: report.Translated, Object: &entry, Port: &web, Detail: "externalTrafficPolicy: Local"}, controller),
			of(hop(report.HopEgress, report.Allowed, report.NotPoliced), report.End{Kind: "Addresses"}), of(in, controller),
		},
	}
}

// leaving is the way of the controller to the pods.
func leaving(source report.Members, in report.Hop) report.Answer {
	return report.Answer{
		Verdict: in.Verdict, Reason: in.Reason, Source: source, Target: all(bankapp, 2), Ports: []report.PortMapping{http},
		Hops: []report.Hop{of(translated(http), bankapp), of(free(report.HopEgress), source.End), of(in, bankapp)},
	}
}

func bothFaults() report.PolicyEvidence { return byNamespace().Answers[0].Hops[2].Policies[0] }

// doorDenied is the bankapp example.
func doorDenied() *report.FrontDoor {
	patch := report.Patch{
		Policy: restrict, Patch: "[]", Change: report.AddRule, Rule: "spec.ingress[1]", Direction: report.Ingress, Subject: "app=bankapp",
		Command: "kubectl patch networkpolicy bankapp-restrict-access -n bank --type=json -p '[]'",
		Peers:   []string{"namespaceSelector kubernetes.io/metadata.name=ingress-nginx"}, Ports: []string{"TCP 8080"},
	}
	port := patch
	port.Change, port.Rule, port.Peers = report.ReplacePort, "spec.ingress[0]", []string{"podSelector app=frontend"}
	decided := []report.RuleRef{{Policy: restrict, Location: file + ":8"}}
	service := report.Object{Kind: "Service", Namespace: "bank", Name: "bankapp-service"}
	return &report.FrontDoor{
		Header: report.NewHeader("FrontDoor"), Of: end("Ingress", "bank", "bankapp"),
		Doors: []report.Door{{
			Object: ingress, Verdict: report.Denied, Class: "nginx", Controller: "k8s.io/ingress-nginx", ControllerName: "ingress-nginx",
			Source: "https://kubernetes.github.io/ingress-nginx/", Addresses: []string{"203.0.113.10"}, Entry: &entry,
			DataPlane: []report.Members{all(controller, 2)},
			Evidence: []report.Evidence{
				{Step: report.StepClass, Found: true, Detail: "ingressClassName nginx is served by controller k8s.io/ingress-nginx"},
				{Step: report.StepStatus, Found: true, Detail: "status address 203.0.113.10 is that of Service ingress-nginx/ingress-nginx-controller"},
			},
			Outside: []report.Answer{entering(free(report.HopIngress))},
			Backends: []report.DoorBackend{{
				Routes:  []report.DoorRoute{{By: ingress, Field: "spec.rules[0].http.paths[0]", Host: "bank.example.com", Path: "/", PathType: "Prefix", TLS: true}},
				Service: service, Port: "80", Verdict: report.Denied, Reason: report.NoRuleAllows, ClientSees: "504",
				Answers: []report.Answer{leaving(all(controller, 2), denied(report.HopIngress, bothFaults()))},
				Fix:     &report.Fix{Patches: []report.Patch{patch}, Verdict: report.Allowed},
				Inside: []report.ReachRow{
					{
						Verdict: report.Denied, Reason: report.NoRuleAllows, Scope: report.ScopeWorkloads, Hop: report.HopIngress, Ports: []report.PortMapping{http},
						Ends: []report.Members{all(frontend, 2)}, DecidedBy: decided,
						Nearest: &report.Mismatch{Reason: report.Port, Path: "spec.ingress[0].ports[0].port", Want: "80", Got: "8080", ServicePort: true},
					},
					{
						Verdict: report.Denied, Reason: report.NoRuleAllows, Scope: report.ScopeWorkloads, Hop: report.HopIngress, Ports: []report.PortMapping{http},
						Ends: []report.Members{all(end("Deployment", "bank", "other"), 1)}, DecidedBy: decided,
						Nearest: &report.Mismatch{Reason: report.PodLabel, Path: "spec.ingress[0].from[0].podSelector.matchLabels.app", Key: "app", Want: "frontend", Got: "other"},
					},
				},
				Meant: []report.Meant{{End: frontend, Fix: report.Fix{Patches: []report.Patch{port}, Verdict: report.Allowed}}},
			}},
		}},
	}
}

// doorAllowed has other ways in as well.
func doorAllowed() *report.FrontDoor {
	r := doorDenied()
	b := &r.Doors[0].Backends[0]
	b.Verdict, b.Reason, b.ClientSees, b.Fix, b.Meant = report.Allowed, report.RuleAllows, "", nil, nil
	r.Doors[0].Verdict = report.Allowed
	rule := report.RuleRef{Policy: restrict, Path: "spec.ingress[1]"}
	by := report.Hop{Kind: report.HopIngress, Verdict: report.Allowed, Reason: report.RuleAllows, DecidedBy: &rule}
	b.Answers = []report.Answer{leaving(all(controller, 2), by)}
	b.Inside[0].Verdict, b.Inside[0].Reason, b.Inside[0].Nearest = report.Allowed, report.RuleAllows, nil
	b.Inside[0].DecidedBy = []report.RuleRef{{Policy: restrict, Path: "spec.ingress[0]"}}
	nodePort := report.Object{Kind: "Service", Namespace: "bank", Name: "bankapp-debug"}
	b.Around = []report.Way{
		{Kind: report.WayNodePort, Object: nodePort, Port: "30080/TCP", Verdict: report.Denied, Partly: true, Reason: report.NoRuleAllows, DecidedBy: []report.RuleRef{{Policy: restrict}}},
		{Kind: report.WayLoadBalancer, Object: nodePort, Port: "80/TCP", Verdict: report.Unknown, Reason: report.NodeUnknown},
		{Kind: report.WayHostPort, Object: report.Object{Kind: "DaemonSet", Namespace: "bank", Name: "edge"}, Port: "8080/TCP", Verdict: report.Allowed, Reason: report.NotIsolated},
		{Kind: report.WayExternalIP, Object: nodePort, Port: "80/TCP", Verdict: report.Denied, Reason: report.NoEndpoints},
		{Kind: report.WayIPBlock, Object: restrict, Verdict: report.Allowed, Reason: report.RuleAllows, From: []string{"203.0.113.0/24"}, DecidedBy: []report.RuleRef{rule}},
	}
	return r
}

// doorPerNode is a hostNetwork controller on three nodes.
func doorPerNode() *report.FrontDoor {
	r := doorDenied()
	d, b := &r.Doors[0], &r.Doors[0].Backends[0]
	ds := end("DaemonSet", "ingress-nginx", "ingress-nginx-controller")
	d.DataPlane, d.Entry, d.Verdict, d.Partly = []report.Members{all(ds, 3)}, nil, report.Denied, true
	d.Outside, b.Partly, b.Fix, b.Inside, b.Meant = nil, true, nil, nil, nil
	far, near := some(ds, 2, 3, "c-2", "c-3"), some(ds, 1, 3, "c-1")
	far.Nodes, near.Nodes = []string{"n2", "n3"}, []string{"n1"}
	hosts := report.Mismatch{Reason: report.HostNetwork, Path: "spec.ingress[0].from[0]"}
	rules := evidence(restrict, "", report.RuleEvidence{
		Path: "spec.ingress[0]", Match: report.DoesNotMatch, AnyPort: true,
		Peers: []report.ClauseEvidence{{Path: "spec.ingress[0].from[0]", Clause: "namespaceSelector kubernetes.io/metadata.name=ingress-nginx", Match: report.DoesNotMatch, Mismatch: &hosts}},
	})
	b.Answers = []report.Answer{
		leaving(far, denied(report.HopIngress, rules)),
		leaving(near, hop(report.HopIngress, report.Allowed, report.SameNode)),
	}
	for i := range b.Answers {
		b.Answers[i].Hops[1].Reason = report.NotPoliced
	}
	return r
}

// doorSeveral is a Gateway with a backend of each kind of fault.
func doorSeveral() *report.FrontDoor {
	gateway := report.Object{Kind: "Gateway", Namespace: "infra", Name: "edge"}
	route := func(name string) report.Object {
		return report.Object{Kind: "HTTPRoute", Namespace: "bank", Name: name}
	}
	backend := func(name string, v report.Verdict, r report.Reason, detail string) report.DoorBackend {
		weight := int32(1)
		out := report.DoorBackend{
			Routes:  []report.DoorRoute{{By: route(name), Field: "spec.rules[0].backendRefs[0]", Host: name + ".example.com", TLS: name == "good", Weight: &weight}},
			Service: report.Object{Kind: "Service", Namespace: "bank", Name: name}, Port: "80", Verdict: v, Reason: r, Detail: detail,
		}
		if v != report.Allowed {
			h := hop(report.HopRoute, v, r)
			h.Detail, h.Object = detail, &out.Service
			out.Answers = []report.Answer{{Verdict: v, Reason: r, Source: all(end("Gateway", "infra", "edge"), 1), Target: all(end("Service", "bank", name), 1), Hops: []report.Hop{h}}}
		}
		return out
	}
	missing := backend("missing", report.Denied, report.BackendMissing, "")
	missing.ClientSees = "500"
	good := backend("good", report.Allowed, report.NotIsolated, "")
	heavy := int32(9)
	good.Routes[0].Weight = &heavy
	good.Inside = []report.ReachRow{{
		Verdict: report.Allowed, Reason: report.NotIsolated, Scope: report.ScopeEverywhere, Hop: report.HopIngress, Ports: []report.PortMapping{http}, Ends: []report.Members{},
	}}
	twin := good
	twin.Service.Name = "twin"
	nowhere := backend("nowhere", report.Denied, report.RouteNotAccepted, "NotAllowedByListeners the namespace is not allowed")
	nowhere.Service = report.Object{}
	return &report.FrontDoor{
		Header: report.NewHeader("FrontDoor"), Of: end("Gateway", "infra", "edge"),
		Doors: []report.Door{{
			Object: gateway, Verdict: report.Denied, Partly: true, Class: "envoy", ControllerName: "Envoy Gateway",
			DataPlane: []report.Members{all(end("Deployment", "infra", "edge-proxy"), 2)},
			Evidence:  []report.Evidence{{Step: report.StepGatewayLabel, Found: true, Detail: "pods of namespace infra"}},
			Backends: []report.DoorBackend{
				good, twin, missing, nowhere,
				backend("elsewhere", report.Denied, report.GrantMissing, "pay"),
				backend("bucket", report.Unknown, report.ResourceBackend, "StorageBucket/static"),
			},
		}},
	}
}

func doorProblem(r report.Reason, detail string) *report.FrontDoor {
	out := doorDenied()
	d, b := &out.Doors[0], &out.Doors[0].Backends[0]
	d.Problem, d.Detail, d.DataPlane, d.Entry, d.Outside, d.Evidence[1].Found = r, detail, nil, nil, nil, false
	d.Evidence[1].Detail = "the status has no address"
	d.Addresses, d.Verdict = nil, report.Unknown
	if r == report.ClassMissing {
		d.Verdict = report.Denied
	}
	b.Verdict, b.Reason, b.Detail, b.ClientSees, b.Answers, b.Fix, b.Inside, b.Meant = d.Verdict, r, detail, "", nil, nil, nil, nil
	if r == report.NotRead {
		out.Gaps = []report.Gap{{Needs: detail, Reason: "Forbidden"}}
	}
	return out
}

// doorClosed has a policy that keeps clients from the controller.
func doorClosed() *report.FrontDoor {
	r := doorAllowed()
	lock := report.Object{Kind: "NetworkPolicy", Namespace: "ingress-nginx", Name: "default-deny"}
	r.Doors[0].Verdict = report.Denied
	r.Doors[0].Outside = []report.Answer{entering(denied(report.HopIngress, evidence(lock, "")))}
	r.Doors[0].Backends[0].Around = nil
	return r
}

func doorNotEnforced() *report.FrontDoor {
	r := doorDenied()
	r.Enforcement = flannel()
	return r
}

// throughDoor is internet to an Ingress: three workloads on one way.
func throughDoor() *report.Explanation {
	in, out := entering(free(report.HopIngress)), leaving(all(controller, 2), denied(report.HopIngress, bothFaults()))
	in.Hops[0].MorePorts = []report.PortMapping{tls}
	sent := report.Hop{Kind: report.HopRoute, Verdict: report.Allowed, Reason: report.Routed, Object: &ingress, Detail: "bank.example.com/"}
	a := report.Answer{
		Verdict: report.Denied, Reason: report.NoRuleAllows, Source: in.Source, Target: out.Target, Ports: out.Ports,
		Hops: append(append(in.Hops, sent), out.Hops...),
	}
	return &report.Explanation{Source: internet, Target: end("Ingress", "bank", "bankapp"), Verdict: report.Denied, Answers: []report.Answer{a}}
}
