package printer

import (
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// doorReason is [names.reason] for the front door.
func (n names) doorReason(c cause) string {
	detail := n.esc(c.detail)
	switch c.reason {
	case report.BackendMissing:
		if strings.HasPrefix(c.detail, "InferencePool") {
			return detail + " does not exist"
		}
		return "the Service does not exist" + inParens(detail)
	case report.NoRoutes:
		return "no route sends requests anywhere"
	case report.NoBackends:
		if c.detail != "" {
			return "the rule has no backend that gets requests, only some " + detail
		}
		return "the rule has no backends"
	case report.RouteUndecided:
		return orElse(prose(c.detail), "whether the Gateway accepts the route is not known")
	case report.RouteShadowed:
		if c.detail == "" {
			return "another route gets these requests"
		}
		return "another rule gets these requests: " + prose(c.detail)
	case report.ListenerNotReady:
		return orElse(prose(c.detail), "the listener takes no requests")
	case report.ListenerIsolated:
		return prose(c.detail) + "; whether its controller keeps listeners apart is not known"
	case report.FilterUnknown:
		return "the filter " + detail + " decides what becomes of the requests, and netguard does not know it"
	case report.BackendTLSInvalid:
		return "the controller may not connect to the backend: " + prose(c.detail)
	case report.Redirected:
		return "the door answers " + detail + " itself"
	case report.ResourceBackend:
		if c.detail == "" {
			return "the backend is no Service, and netguard does not follow it"
		}
		return "the backend is " + detail + ", no Service, and netguard does not follow it"
	case report.GrantMissing:
		return "no ReferenceGrant in namespace " + orElse(detail, "of the Service") + " lets the route refer to its Service"
	case report.ParentMissing:
		if c.detail == "" {
			return "the route names no Gateway that exists"
		}
		return "the route's parent does not exist: " + detail
	case report.RouteNotAccepted:
		if c.detail == "" {
			return "the Gateway does not accept the route"
		}
		return "the Gateway does not accept the route: " + prose(c.detail)
	case report.ClassMissing:
		if c.detail == "" {
			return "it names no class and no class is the default: nobody serves it"
		}
		return "nobody serves its class: there is no class " + detail
	case report.ControllerUnknown:
		text := "what carries its traffic was not found"
		if c.detail != "" {
			text += " (" + prose(c.detail) + ")"
		}
		return text + "; name it with --controller"
	case report.ControllerAmbiguous:
		if c.detail == "" {
			return "several workloads may carry its traffic; name the right one with --controller"
		}
		return "several workloads may carry its traffic (" + detail + "); name the right one with --controller"
	case report.ControllerOutside:
		text := "its traffic comes from outside the cluster"
		if c.detail != "" {
			text = "its traffic comes from " + prose(c.detail)
		}
		return text + ": name its addresses with --controller CIDR"
	case report.InternalOnly:
		if c.verdict == report.Allowed {
			return "the load balancer is internal" + inParens(detail) + ": clients get to it wherever its address is routed"
		}
		return "the load balancer is internal" + inParens(detail) + ": not from the internet, only from where its address is routed"
	case report.GuardAdmits:
		return "the client's address is on the list" + inParens(detail)
	case report.GuardDenies:
		return "the door does not let the client's address in" + inParens(detail)
	case report.GuardOpen:
		return "the door has a guard that netguard cannot evaluate" + inParens(detail)
	case report.GuardAsked:
		return "asks before it passes a request on" + inParens(detail)
	case report.AnsweredByDoor:
		return "the controller answers itself" + inParens(detail)
	case report.Routed:
		if c.detail == "" {
			return "sends requests on"
		}
		return "sends requests for " + detail + " on"
	default:
		return n.refusal(c, c.option)
	}
}

// found is how a door's data plane was found, after the word "found".
func (n names) found(step report.EvidenceStep) string {
	switch step {
	case report.StepUser:
		return "as --controller says"
	case report.StepClass:
		return "by the class"
	case report.StepStatus:
		return "by the address in the door's status"
	case report.StepGatewayLabel:
		return "by the pods' label with the Gateway's name"
	case report.StepArguments:
		return "by the pods' arguments"
	case report.StepCatalogue:
		return "by what is known of this controller"
	}
	return ""
}

// stepName heads a line of evidence.
func (n names) stepName(step report.EvidenceStep) string {
	switch step {
	case report.StepUser:
		return "--controller"
	case report.StepClass:
		return "class"
	case report.StepStatus:
		return "status"
	case report.StepGatewayLabel:
		return "label"
	case report.StepArguments:
		return "arguments"
	case report.StepCatalogue:
		return "catalogue"
	}
	return n.esc(string(step))
}

// wayText is a way around a door, as a source of traffic.
func (n names) wayText(w report.Way) string {
	object := n.object(w.Object.Kind, w.Object.Namespace, w.Object.Name)
	switch w.Kind {
	case report.WayNodePort:
		if w.Port == "" {
			return "a NodePort of " + object + " on every node"
		}
		return "NodePort " + n.esc(w.Port) + " of " + object + " on every node"
	case report.WayLoadBalancer:
		return "load balancer of " + object + ", port " + n.esc(w.Port)
	case report.WayExternalIP:
		return "external IP of " + object + ", port " + n.esc(w.Port)
	case report.WayHostPort:
		return "hostPort " + n.esc(w.Port) + " of " + object
	case report.WayDoor:
		return object + " for " + n.list(w.From, 3)
	case report.WayStream:
		return "port " + n.esc(w.Port) + " of the controller, by " + object
	case report.WayTargetGroup:
		return "an AWS load balancer, by " + object
	case report.WayIPBlock:
		return "the pods' own addresses, from " + n.list(w.From, 3)
	}
	return ""
}

// clientSees says what becomes of a client's request.
func (n names) clientSees(b report.DoorBackend) string {
	switch {
	case b.Verdict != report.Denied:
		return ""
	case b.Instead != nil:
		return "Clients get the answer of " + n.object(b.Instead.Kind, b.Instead.Namespace, b.Instead.Name) + " instead."
	case b.Reason == report.NeverAsked || b.Reason == report.NoShare:
		return ""
	case b.Mirror:
		return "The requests themselves are not held up."
	case b.Reason == report.RouteShadowed:
		return "Clients get to that one instead."
	case b.ClientSees == "" && connections(b) == "udp":
		return "Clients get no answer."
	case b.ClientSees == "" && connections(b) != "" && (b.Reason == report.NoRuleAllows || b.Reason == report.RuleDenies):
		return "Connections are opened, hang, and end with a timeout."
	case b.ClientSees == "" && connections(b) != "":
		return "Connections are closed or reset."
	case b.ClientSees == "":
		return "Clients get no answer from it."
	case b.Reason.ByPolicy() && b.Partly:
		return "Some requests wait, and then fail with " + n.esc(b.ClientSees) + "."
	case b.Reason.ByPolicy():
		return "Clients wait, and then see " + n.esc(b.ClientSees) + "."
	case b.Partly:
		return "Some clients see " + n.esc(b.ClientSees) + "."
	default:
		return "Clients see " + n.esc(b.ClientSees) + " at once."
	}
}

// connections is the scheme of a backend whose clients have connections and no
// requests: they see no status. "" is any other.
func connections(b report.DoorBackend) string {
	out := ""
	for _, r := range b.Routes {
		if r.Scheme == "" || r.Scheme == "http" || r.Scheme == "https" {
			return ""
		}
		out = r.Scheme
	}
	return out
}
