package frontdoor

import (
	"encoding/json"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

const (
	albID = "ingress.k8s.aws/alb"
	alb   = "alb.ingress.kubernetes.io/"
)

// awsLoadBalancer is the AWS Load Balancer Controller, and EKS Auto Mode's.
func awsLoadBalancer() controller {
	return controller{
		name: "AWS Load Balancer Controller", ids: []string{albID, "eks.amazonaws.com/alb", "gateway.k8s.aws/alb", "gateway.k8s.aws/nlb"}, class: []string{"alb"},
		outside: &outside{throughNodes: true, why: "an AWS load balancer outside the cluster; the controller's pods carry no traffic"},
		images:  []string{"aws-load-balancer-controller", "aws-alb-ingress-controller"}, options: []string{"default-target-type"},
		control: []podLabels{match(appName, "aws-load-balancer-controller")},
		timeout: "504", refused: "502", source: "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/#target-type",
		ingress: &reader{
			serves: albServes, guards: albGuards, tls: albTLS, answers: albAnswers, forwards: albForward, throughNodes: albThroughNodes, together: &together{rule: groupOrder, group: albGroup},
			backends:    backends{external: func(*asked) claim { return refused(report.ExternalNameRefused, "", "") }},
			noEndpoints: "503", noService: "", notFound: "404",
		},
	}
}

// albServes follows pkg/ingress/class_loader.go and group_loader.go: the annotation
// (unless --disable-ingress-class-annotation), then an IngressClass that exists and is
// the controller's; without --ingress-class, Ingresses that have neither.
func albServes(q *asked) claim {
	if c := q.hidden("ingress-class", "watch-namespace"); c != nil {
		return *c
	}
	name := q.told.Value("ingress-class", "")
	var c claim
	switch annotation := q.annotated(); {
	case annotation != "":
		want := name
		if want == "" {
			want = "alb"
		}
		c = is(annotation, want, "ingress-class")
	case q.class != "":
		c = q.ofController(albID, "eks.amazonaws.com/alb")
	default:
		c = yesOr(q.pod != nil && name == "", refused(report.OtherClass, "ingress-class", name))
	}
	return both(c, q.watched(namespaces{only: []string{"watch-namespace"}}))
}

// albThroughNodes is the target type: that of the class's parameters, then of the
// Service, of the Ingress, and what the controller was told is the default
// (pkg/ingress/model_build_target_group.go buildTargetGroupTargetType).
func albThroughNodes(q *asked, s *snapshot.Service) nodesOrPods {
	params, takes := albParams(q)
	switch {
	case takes != "":
		return nodesOrPods{open: true, takes: takes}
	case params != nil && params.Spec.TargetType != "":
		return nodesOrPods{nodes: params.Spec.TargetType != "ip"}
	}
	value := q.ing.Annotations[alb+"target-type"]
	if v, ok := s.Annotations[alb+"target-type"]; ok {
		value = v
	}
	if value == "" {
		if takes := q.told.Hidden("default-target-type"); takes != "" {
			return nodesOrPods{open: true, takes: takes}
		}
		value = q.told.Value("default-target-type", "instance")
		if q.f.id == "eks.amazonaws.com/alb" {
			value = "ip" // EKS Auto Mode
		}
	}
	return nodesOrPods{nodes: value != "ip"}
}

// albParams are the settings of the Ingress's class, or nil, and what is missing to
// read them.
func albParams(q *asked) (*snapshot.ALBClassParams, string) {
	class, _ := q.classObject(q.class)
	if class == nil || class.Parameters == nil || class.Parameters.Kind != "IngressClassParams" {
		return nil, ""
	}
	need := snapshot.Need{Resource: snapshot.IngressClassParams, Name: class.Parameters.Name}
	if !q.f.look(need) || !q.f.m.Has(need) {
		return nil, need.Permission()
	}
	return snapshot.One[*snapshot.ALBClassParams](q.f.m.Snapshot, snapshot.IngressClassParams, snapshot.Name{Name: class.Parameters.Name}), ""
}

// albAnswers: a backend port use-annotation names an action: a redirect or a fixed
// response is the load balancer's own answer (docs/guide/ingress/annotations.md, actions).
func albAnswers(q *asked, b snapshot.IngressBackend) bool {
	if b.PortName != "use-annotation" {
		return false
	}
	var action struct{ Type string }
	text := q.ing.Annotations[alb+"actions."+b.Service]
	return json.Unmarshal([]byte(text), &action) == nil && (action.Type == "redirect" || action.Type == "fixed-response")
}

// albForward are the Services to which an action forwards.
func albForward(ing *snapshot.Ingress, b snapshot.IngressBackend) []snapshot.IngressBackend {
	type target struct {
		ServiceName string
		ServicePort any
		Weight      *int
	}
	var action struct {
		Type          string
		ForwardConfig struct{ TargetGroups []target }
	}
	if b.PortName != "use-annotation" || json.Unmarshal([]byte(ing.Annotations[alb+"actions."+b.Service]), &action) != nil {
		return nil
	}
	var out []snapshot.IngressBackend
	for _, t := range action.ForwardConfig.TargetGroups {
		if t.ServiceName == "" || t.Weight != nil && *t.Weight == 0 {
			continue
		}
		back := snapshot.IngressBackend{Service: t.ServiceName}
		switch v := t.ServicePort.(type) {
		case float64:
			back.PortNumber = uint16(v)
		case string:
			back.PortName = v
			if n := portNumber(v); n != 0 {
				back.PortName, back.PortNumber = "", n
			}
		}
		out = append(out, back)
	}
	return out
}

// albTLS: certificate-arn alone makes the listener HTTPS, listen-ports says which there
// are; spec.tls does not make one, and only helps to find certificates
// (docs/guide/ingress/cert_discovery.md).
func albTLS(q *asked) tlsHosts {
	var out tlsHosts
	ports, certificate := q.ing.Annotations[alb+"listen-ports"], q.ing.Annotations[alb+"certificate-arn"]
	if params, _ := albParams(q); params != nil && len(params.Spec.CertificateARN) > 0 && ports == "" {
		out.add([]string{""}, "ingressclassparams "+params.Name+" spec.certificateArn")
	}
	switch {
	case strings.Contains(ports, "HTTPS"):
		out.add([]string{""}, alb+"listen-ports")
	case certificate != "" && ports == "":
		out.add([]string{""}, alb+"certificate-arn")
	case q.ing.Annotations[alb+"create-acm-cert"] == "true" && ports == "":
		out.add([]string{""}, alb+"create-acm-cert")
	}
	return out
}

// albGroup: Ingresses of one group.name share a load balancer; its rules are tried in
// the order of group.order, 0 where it is absent, then of namespaces and names.
func albGroup(ing *snapshot.Ingress) (name, order string) {
	return ing.Annotations[alb+"group.name"], ing.Annotations[alb+"group.order"]
}
