package frontdoor

import (
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// backends follows one backend of a route, which an InferencePool has two of.
func (e *entrance) backends(m *model.Model, r *snapshot.Route, b snapshot.RouteBackend) []Route {
	if b.Kind == inferencePool {
		return e.pool(m, r, b)
	}
	return []Route{e.backend(m, r, b)}
}

// backend follows one backend of a route.
func (e *entrance) backend(m *model.Model, r *snapshot.Route, b snapshot.RouteBackend) Route {
	out := Route{Port: strconv.Itoa(int(b.Port))}
	if b.Kind != "Service" {
		out.Broken, out.Detail, out.Undecided = report.ResourceBackend, b.Kind+"/"+b.Name, !e.invalidKind(r)
		return out
	}
	out.Backend = report.Object{Kind: "Service", Namespace: b.Namespace, Name: b.Name}
	to := snapshot.ObjectRef{Kind: "Service", Namespace: b.Namespace, Name: b.Name}
	if grant := granted(m, r.Kind, r.Namespace, to); !grant.none() {
		out.Broken, out.Detail, out.Undecided = grant.reason, grant.detail, grant.undecided
		return out
	}
	if tls := e.backendTLS(m, snapshot.Name{Namespace: b.Namespace, Name: b.Name}, b.Port); !tls.none() && r.Kind != "UDPRoute" && r.Kind != "TCPRoute" {
		if tls.reason != report.NotRead {
			out.broken(tls)
			return out
		}
		// Requests lead there, and may be kept from it: who else gets there does not change.
		out.Unsure, out.UnsureOf = tls.reason, tls.detail
	}
	follow(m, &out, snapshot.Name{Namespace: b.Namespace, Name: b.Name}, reference.Port{Number: b.Port, Protocol: protocolOf(r.Kind)})
	return out
}

// protocolOf is the one in which a kind of route sends to its backends.
func protocolOf(kind string) connset.Protocol {
	if kind == "UDPRoute" {
		return connset.UDP
	}
	return connset.TCP
}

func transportOf(scheme string) connset.Protocol {
	if scheme == "udp" {
		return connset.UDP
	}
	return connset.TCP
}

// invalidKind: the controller says that it does not follow a kind of backend that
// the route names; netguard follows Services alone.
func (e *entrance) invalidKind(r *snapshot.Route) bool {
	for _, s := range r.Statuses {
		if !e.decides(s) {
			continue
		}
		if c, ok := says(s.Conditions, "ResolvedRefs", r.Generation); ok && c.Status == string(metav1.ConditionFalse) && c.Reason == "InvalidKind" {
			return true
		}
	}
	return false
}
