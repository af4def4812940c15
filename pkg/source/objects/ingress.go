package objects

import (
	"maps"
	"net/netip"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Annotations of Ingresses and IngressClasses that decide who serves them.
const (
	legacyClassAnnotation  = "kubernetes.io/ingress.class"
	defaultClassAnnotation = "ingressclass.kubernetes.io/is-default-class"
	albTargetAnnotation    = "alb.ingress.kubernetes.io/target-type"
)

func ingress(in *networkingv1.Ingress) *snapshot.Ingress {
	out := &snapshot.Ingress{
		Name:        snapshot.Name{Namespace: in.Namespace, Name: in.Name},
		LegacyClass: in.Annotations[legacyClassAnnotation],
		TargetType:  in.Annotations[albTargetAnnotation],
		Annotations: ingressAnnotations(in.Annotations),
	}
	if in.Spec.IngressClassName != nil {
		out.Class = *in.Spec.IngressClassName
	}
	if in.Spec.DefaultBackend != nil {
		b := ingressBackendOf(in.Spec.DefaultBackend)
		out.Default = &b
	}
	for i := range in.Spec.Rules {
		r := &in.Spec.Rules[i]
		rule := snapshot.IngressRule{Host: r.Host}
		if r.HTTP != nil {
			for j := range r.HTTP.Paths {
				p := &r.HTTP.Paths[j]
				path := snapshot.IngressPath{Path: p.Path, Backend: ingressBackendOf(&p.Backend)}
				if p.PathType != nil {
					path.Type = string(*p.PathType)
				}
				rule.Paths = append(rule.Paths, path)
			}
		}
		out.Rules = append(out.Rules, rule)
	}
	for _, t := range in.Spec.TLS {
		out.TLS = append(out.TLS, snapshot.IngressTLS{Hosts: t.Hosts})
	}
	for _, a := range in.Status.LoadBalancer.Ingress {
		for _, text := range []string{a.IP, a.Hostname} {
			if text != "" {
				out.Addresses = append(out.Addresses, text)
			}
		}
	}
	return out
}

func ingressBackendOf(in *networkingv1.IngressBackend) snapshot.IngressBackend {
	switch {
	case in.Service != nil:
		return snapshot.IngressBackend{
			Service: in.Service.Name, PortNumber: uint16(in.Service.Port.Number), PortName: in.Service.Port.Name,
		}
	case in.Resource != nil:
		return snapshot.IngressBackend{Resource: in.Resource.Kind + "/" + in.Resource.Name}
	default:
		return snapshot.IngressBackend{}
	}
}

func ingressClass(in *networkingv1.IngressClass) *snapshot.IngressClass {
	return &snapshot.IngressClass{
		Name: in.Name, Controller: in.Spec.Controller, Default: in.Annotations[defaultClassAnnotation] == "true",
	}
}

func ingressClassObject(o *snapshot.IngressClass) *networkingv1.IngressClass {
	out := &networkingv1.IngressClass{ObjectMeta: metaOf(snapshot.Name{Name: o.Name}, nil)}
	out.Spec.Controller = o.Controller
	if o.Default {
		out.Annotations = map[string]string{defaultClassAnnotation: "true"}
	}
	return out
}

func ingressObject(o *snapshot.Ingress) *networkingv1.Ingress {
	out := &networkingv1.Ingress{ObjectMeta: metaOf(o.Name, nil)}
	out.Annotations = maps.Clone(o.Annotations)
	for key, value := range map[string]string{legacyClassAnnotation: o.LegacyClass, albTargetAnnotation: o.TargetType} {
		if value != "" {
			metav1.SetMetaDataAnnotation(&out.ObjectMeta, key, value)
		}
	}
	if o.Class != "" {
		out.Spec.IngressClassName = &o.Class
	}
	if o.Default != nil {
		b := ingressBackend(*o.Default)
		out.Spec.DefaultBackend = &b
	}
	for _, rule := range o.Rules {
		made := networkingv1.IngressRule{Host: rule.Host}
		if len(rule.Paths) > 0 {
			made.HTTP = &networkingv1.HTTPIngressRuleValue{}
		}
		for _, p := range rule.Paths {
			path := networkingv1.HTTPIngressPath{Path: p.Path, Backend: ingressBackend(p.Backend)}
			if p.Type != "" {
				kind := networkingv1.PathType(p.Type)
				path.PathType = &kind
			}
			made.HTTP.Paths = append(made.HTTP.Paths, path)
		}
		out.Spec.Rules = append(out.Spec.Rules, made)
	}
	for _, t := range o.TLS {
		out.Spec.TLS = append(out.Spec.TLS, networkingv1.IngressTLS{Hosts: t.Hosts})
	}
	for _, a := range o.Addresses {
		at := networkingv1.IngressLoadBalancerIngress{Hostname: a}
		if _, err := netip.ParseAddr(a); err == nil {
			at = networkingv1.IngressLoadBalancerIngress{IP: a}
		}
		out.Status.LoadBalancer.Ingress = append(out.Status.LoadBalancer.Ingress, at)
	}
	return out
}

func ingressBackend(b snapshot.IngressBackend) networkingv1.IngressBackend {
	if b.Resource != "" {
		kind, name, _ := strings.Cut(b.Resource, "/")
		return networkingv1.IngressBackend{Resource: &corev1.TypedLocalObjectReference{Kind: kind, Name: name}}
	}
	if b == (snapshot.IngressBackend{}) {
		return networkingv1.IngressBackend{}
	}
	return networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
		Name: b.Service, Port: networkingv1.ServiceBackendPort{Number: int32(b.PortNumber), Name: b.PortName},
	}}
}

// controllerArgs keeps the arguments by which an Ingress or Gateway controller
// is told which class it serves. The flags are those of ingress-nginx
// (--controller-class, --ingress-class, --watch-ingress-without-class), F5 NGINX (-ingress-class), NGINX Gateway
// Fabric (--gateway-ctlr-name, --gatewayclass), Traefik
// (--providers.kubernetesingress.ingressclass), HAProxy (--ingress.class) and
// Contour (--ingress-class-name).
func controllerArgs(args []string) []string {
	var out []string
	for i, a := range args {
		name, _, joined := strings.Cut(strings.TrimLeft(a, "-"), "=")
		switch strings.ToLower(name) {
		case "controller-class", "ingress-class", "ingress-class-name", "ingress.class", "gateway-ctlr-name", "gatewayclass",
			"watch-ingress-without-class", "providers.kubernetesingress", "providers.kubernetesingress.ingressclass", "providers.kubernetesgateway":
			if !joined && i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
				a += "=" + args[i+1]
			}
			out = append(out, a)
		}
	}
	return out
}
