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
)

func ingress(in *networkingv1.Ingress) *snapshot.Ingress {
	out := &snapshot.Ingress{
		Name:        snapshot.Name{Namespace: in.Namespace, Name: in.Name},
		LegacyClass: in.Annotations[legacyClassAnnotation],
		Labels:      in.Labels,
		Annotations: ingressAnnotations(in.Annotations),
		Created:     in.CreationTimestamp.Time,
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
	out := &snapshot.IngressClass{
		Name: in.Name, Controller: in.Spec.Controller, Default: in.Annotations[defaultClassAnnotation] == "true",
		Created: in.CreationTimestamp.Time,
	}
	if p := in.Spec.Parameters; p != nil {
		out.Parameters = &snapshot.ClassParameters{Kind: p.Kind, Name: p.Name}
		if p.APIGroup != nil {
			out.Parameters.Group = *p.APIGroup
		}
		if p.Namespace != nil {
			out.Parameters.Namespace = *p.Namespace
		}
	}
	return out
}

func ingressClassObject(o *snapshot.IngressClass) *networkingv1.IngressClass {
	out := &networkingv1.IngressClass{ObjectMeta: metaOf(snapshot.Name{Name: o.Name}, nil)}
	out.Spec.Controller = o.Controller
	out.CreationTimestamp = metav1.NewTime(o.Created)
	if o.Default {
		out.Annotations = map[string]string{defaultClassAnnotation: "true"}
	}
	if p := o.Parameters; p != nil {
		out.Spec.Parameters = &networkingv1.IngressClassParametersReference{Kind: p.Kind, Name: p.Name}
		if p.Group != "" {
			out.Spec.Parameters.APIGroup = &p.Group
		}
		if p.Namespace != "" {
			scope := networkingv1.IngressClassParametersReferenceScopeNamespace
			out.Spec.Parameters.Namespace, out.Spec.Parameters.Scope = &p.Namespace, &scope
		}
	}
	return out
}

func ingressObject(o *snapshot.Ingress) *networkingv1.Ingress {
	out := &networkingv1.Ingress{ObjectMeta: metaOf(o.Name, o.Labels)}
	out.CreationTimestamp = metav1.NewTime(o.Created)
	out.Annotations = maps.Clone(o.Annotations)
	if o.LegacyClass != "" {
		metav1.SetMetaDataAnnotation(&out.ObjectMeta, legacyClassAnnotation, o.LegacyClass)
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
