package frontdoor

import (
	"encoding/json"
	"net/netip"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// gke is GKE's external Ingress, whose controller runs in Google's control plane and is
// told nothing.
func gke() controller {
	return controller{
		name: "GKE Ingress", ids: []string{"networking.gke.io/gateway", "k8s.io/ingress-gce"}, class: []string{"gce"},
		outside: &outside{
			ranges: []netip.Prefix{netip.MustParsePrefix("35.191.0.0/16"), netip.MustParsePrefix("130.211.0.0/22")},
			why:    "Google's load balancer outside the cluster; requests and health checks come from its documented ranges",
		},
		timeout: "502", refused: "502", source: "https://cloud.google.com/load-balancing/docs/firewall-rules",
		ingress: gkeReader("gce"),
	}
}

// gkeInternal is GKE's internal Ingress.
func gkeInternal() controller {
	return controller{
		name: "GKE internal Ingress", class: []string{"gce-internal"},
		outside: &outside{why: "Google's internal load balancer; its proxies use the proxy-only subnet of your VPC, health checks 35.191.0.0/16 and 130.211.0.0/22"},
		timeout: "502", refused: "502", source: "https://cloud.google.com/load-balancing/docs/proxy-only-subnets",
		ingress: gkeReader("gce-internal"),
	}
}

// gkeRegional is GKE's regional external Ingress.
func gkeRegional() controller {
	return controller{
		name: "GKE regional Ingress", class: []string{"gce-regional-external"},
		outside: &outside{why: "Google's regional load balancer; its proxies use the proxy-only subnet of your VPC, health checks 35.191.0.0/16 and 130.211.0.0/22"},
		timeout: "502", refused: "502", source: "https://cloud.google.com/load-balancing/docs/proxy-only-subnets",
		ingress: gkeReader("gce-regional-external"),
	}
}

func gkeReader(class string) *reader {
	return &reader{
		serves: func(q *asked) claim { return gkeServes(q, class) }, guards: gkeGuards, tls: gkeTLS, throughNodes: gkeThroughNodes,
		backends:    backends{external: func(*asked) claim { return refused(report.ExternalNameRefused, "", "") }},
		noEndpoints: "502", noService: "", notFound: "404",
	}
}

// gkeServes follows the table "GKE Ingress controller behavior"
// (https://cloud.google.com/kubernetes-engine/docs/concepts/ingress) and
// kubernetes/ingress-gce IsGCEIngress: the annotation alone counts, without it only
// Ingresses that name no class by field either are served, by the external one.
func gkeServes(q *asked, class string) claim {
	annotation := q.annotated()
	if annotation == "" && q.class == "" {
		if gap := q.f.m.Hidden(snapshot.Nodes, ""); gap != nil && class == "gce" && !q.f.onGKE() {
			return undecided(gap.Permission()) // nodes say whose cluster it is
		}
		return yesOr(class == "gce" && q.f.onGKE(), refused(report.OtherClass, "", class))
	}
	if object, _ := q.classObject(q.class); annotation == "" && object != nil && byController(object.Controller) != nil {
		return served()
	}
	return is(annotation, class, "")
}

// onGKE: a node says that the cluster is GKE's
// (https://cloud.google.com/kubernetes-engine/docs/how-to/creating-managing-labels).
func (f *finder) onGKE() bool {
	f.look(snapshot.Need{Resource: snapshot.Nodes})
	for _, n := range f.m.Nodes() {
		if _, ok := n.Labels["cloud.google.com/gke-nodepool"]; ok || strings.Contains(n.KubeletVersion, "-gke.") {
			return true
		}
	}
	return false
}

// gkeThroughNodes: with network endpoint groups the load balancer sends to pods, which
// is what a Service has unless its annotation neg says that it has none for Ingress;
// then it sends to node ports of instance groups
// (https://cloud.google.com/kubernetes-engine/docs/how-to/container-native-load-balancing).
func gkeThroughNodes(_ *asked, s *snapshot.Service) nodesOrPods {
	text, ok := s.Annotations["cloud.google.com/neg"]
	if !ok {
		return nodesOrPods{}
	}
	var neg struct{ Ingress *bool }
	if json.Unmarshal([]byte(text), &neg) != nil || neg.Ingress == nil || *neg.Ingress {
		return nodesOrPods{}
	}
	return nodesOrPods{nodes: true}
}

// gkeTLS: certificates are named by annotations, or by spec.tls.
func gkeTLS(q *asked) tlsHosts {
	out := specTLS(q)
	for _, key := range []string{"networking.gke.io/managed-certificates", "ingress.gcp.kubernetes.io/pre-shared-cert", "networking.gke.io/certmap"} {
		if q.ing.Annotations[key] != "" {
			out.add([]string{""}, key)
		}
	}
	if len(q.ing.TLS) > 0 {
		out.add([]string{""}, "") // one HTTPS proxy has all hosts
	}
	return out
}
