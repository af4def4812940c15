package source

import (
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/kubectl-netguard/netguard/pkg/settings"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Annotations of Ingresses and IngressClasses that decide who serves them.
const (
	legacyClassAnnotation  = "kubernetes.io/ingress.class"
	defaultClassAnnotation = "ingressclass.kubernetes.io/is-default-class"
)

func convertIngress(in *networkingv1.Ingress) *snapshot.Ingress {
	out := &snapshot.Ingress{
		Name:        snapshot.Name{Namespace: in.Namespace, Name: in.Name},
		LegacyClass: in.Annotations[legacyClassAnnotation],
		Labels:      in.Labels,
		Annotations: settings.Annotations(in.Annotations),
		Created:     in.CreationTimestamp.Time,
	}
	if in.Spec.IngressClassName != nil {
		out.Class = *in.Spec.IngressClassName
	}
	if in.Spec.DefaultBackend != nil {
		b := convertIngressBackend(in.Spec.DefaultBackend)
		out.Default = &b
	}
	for i := range in.Spec.Rules {
		r := &in.Spec.Rules[i]
		rule := snapshot.IngressRule{Host: r.Host}
		if r.HTTP != nil {
			for j := range r.HTTP.Paths {
				p := &r.HTTP.Paths[j]
				path := snapshot.IngressPath{Path: p.Path, Backend: convertIngressBackend(&p.Backend)}
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

func convertIngressBackend(in *networkingv1.IngressBackend) snapshot.IngressBackend {
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

func convertIngressClass(in *networkingv1.IngressClass) *snapshot.IngressClass {
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
