package objects

import (
	"encoding/json"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// wire is the part of a Gateway API object that netguard reads.
type wire struct {
	Metadata struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	} `json:"metadata"`
	Spec struct {
		ControllerName   string          `json:"controllerName"`
		GatewayClassName string          `json:"gatewayClassName"`
		Listeners        []wireListener  `json:"listeners"`
		ParentRefs       []wireParent    `json:"parentRefs"`
		Hostnames        []string        `json:"hostnames"`
		Rules            []wireRule      `json:"rules"`
		From             []wireGrantFrom `json:"from"`
		To               []wireGrantTo   `json:"to"`
	} `json:"spec"`
	Status struct {
		Addresses []struct {
			Value string `json:"value"`
		} `json:"addresses"`
		Parents []struct {
			ParentRef  wireParent         `json:"parentRef"`
			Conditions []metav1.Condition `json:"conditions"`
		} `json:"parents"`
	} `json:"status"`
}

type wireListener struct {
	Name          string    `json:"name"`
	Hostname      string    `json:"hostname"`
	Port          uint16    `json:"port"`
	Protocol      string    `json:"protocol"`
	TLS           *struct{} `json:"tls"`
	AllowedRoutes *struct {
		Namespaces *struct {
			From     string                `json:"from"`
			Selector *metav1.LabelSelector `json:"selector"`
		} `json:"namespaces"`
		Kinds []struct {
			Kind string `json:"kind"`
		} `json:"kinds"`
	} `json:"allowedRoutes"`
}

type wireParent struct {
	Group       *string `json:"group"`
	Kind        *string `json:"kind"`
	Namespace   string  `json:"namespace"`
	Name        string  `json:"name"`
	SectionName string  `json:"sectionName"`
	Port        uint16  `json:"port"`
}

type wireRule struct {
	Matches []struct {
		Path *struct {
			Type  string `json:"type"`
			Value string `json:"value"`
		} `json:"path"`
		// Method is a string in HTTPRoute and an object in GRPCRoute.
		Method json.RawMessage `json:"method"`
	} `json:"matches"`
	Filters []struct {
		Type string `json:"type"`
	} `json:"filters"`
	BackendRefs []struct {
		Group     *string `json:"group"`
		Kind      *string `json:"kind"`
		Namespace string  `json:"namespace"`
		Name      string  `json:"name"`
		Port      uint16  `json:"port"`
		Weight    *int32  `json:"weight"`
	} `json:"backendRefs"`
}

type wireGrantFrom struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
}

type wireGrantTo struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

// gatewayAPI is the codec of a kind of the Gateway API.
func gatewayAPI[O snapshot.Object](r snapshot.Resource, decode func(*wire, snapshot.Name) O, fields func(O) map[string]any) Codec {
	return &byJSON{
		resource: r,
		decode: func(raw []byte) (snapshot.Object, error) {
			var w wire
			if err := json.Unmarshal(raw, &w); err != nil {
				return nil, err
			}
			return decode(&w, snapshot.Name{Namespace: w.Metadata.Namespace, Name: w.Metadata.Name}), nil
		},
		fields: func(o snapshot.Object) (map[string]any, error) {
			kept, ok := o.(O)
			if !ok {
				return nil, fmt.Errorf("internal error: %T is none of the %s", o, r)
			}
			return fields(kept), nil
		},
	}
}

func route(r snapshot.Resource) Codec {
	kind := kinds.Of(r).Name
	return gatewayAPI(r, func(w *wire, name snapshot.Name) *snapshot.Route { return w.route(kind, name) }, routeFields)
}

func (w *wire) class(name snapshot.Name) *snapshot.GatewayClass {
	return &snapshot.GatewayClass{Name: name.Name, Controller: w.Spec.ControllerName}
}

func (w *wire) grant(name snapshot.Name) *snapshot.ReferenceGrant {
	out := &snapshot.ReferenceGrant{Name: name}
	for _, f := range w.Spec.From {
		out.From = append(out.From, snapshot.GrantFrom(f))
	}
	for _, t := range w.Spec.To {
		out.To = append(out.To, snapshot.GrantTo(t))
	}
	return out
}

func (w *wire) gateway(name snapshot.Name) *snapshot.Gateway {
	out := &snapshot.Gateway{Name: name, Class: w.Spec.GatewayClassName}
	for _, a := range w.Status.Addresses {
		out.Addresses = append(out.Addresses, a.Value)
	}
	for _, l := range w.Spec.Listeners {
		listener := snapshot.Listener{
			Name: l.Name, Hostname: l.Hostname, Port: l.Port, Protocol: l.Protocol,
			TLS: l.TLS != nil || l.Protocol == "HTTPS" || l.Protocol == "TLS",
			// AllowedRoutes.namespaces.from defaults to Same.
			From: "Same",
		}
		if a := l.AllowedRoutes; a != nil {
			if n := a.Namespaces; n != nil && n.From != "" {
				listener.From = n.From
				listener.Selector = metav1.FormatLabelSelector(n.Selector)
			}
			for _, k := range a.Kinds {
				listener.Kinds = append(listener.Kinds, k.Kind)
			}
		}
		out.Listeners = append(out.Listeners, listener)
	}
	return out
}

func (w *wire) route(kind string, name snapshot.Name) *snapshot.Route {
	out := &snapshot.Route{
		Kind: kind, Name: name, Hostnames: w.Spec.Hostnames, Accepted: map[string]bool{}, Rejected: map[string]string{},
	}
	for _, p := range w.Spec.ParentRefs {
		out.Parents = append(out.Parents, p.parent(name.Namespace))
	}
	for _, r := range w.Spec.Rules {
		rule := snapshot.RouteRule{}
		for _, m := range r.Matches {
			if m.Path != nil {
				rule.Paths = append(rule.Paths, snapshot.RoutePath{Path: m.Path.Value, Type: m.Path.Type})
			} else {
				rule.Paths = append(rule.Paths, snapshot.RoutePath{})
			}
		}
		for _, f := range r.Filters {
			// An ExtensionRef is the implementation's own, and may answer too.
			rule.Answers = rule.Answers || f.Type == "RequestRedirect" || f.Type == "ExtensionRef"
		}
		for _, ref := range r.BackendRefs {
			// Defaults of BackendObjectReference and BackendRef: a core Service
			// in the route's namespace, weight 1.
			backend := snapshot.RouteBackend{Kind: "Service", Namespace: name.Namespace, Name: ref.Name, Port: ref.Port, Weight: 1}
			if ref.Kind != nil {
				backend.Kind = *ref.Kind
			}
			if ref.Group != nil && *ref.Group != "" {
				backend.Kind += "." + *ref.Group
			}
			if ref.Namespace != "" {
				backend.Namespace = ref.Namespace
			}
			if ref.Weight != nil {
				backend.Weight = *ref.Weight
			}
			rule.Backends = append(rule.Backends, backend)
		}
		out.Rules = append(out.Rules, rule)
	}
	for _, p := range w.Status.Parents {
		key := p.ParentRef.parent(name.Namespace).Key()
		for _, c := range p.Conditions {
			// Accepted says that the route attaches; ResolvedRefs is judged from
			// the objects themselves.
			if c.Type != "Accepted" {
				continue
			}
			if c.Status == metav1.ConditionTrue {
				out.Accepted[key] = true
			} else {
				out.Rejected[key] = strings.TrimSpace(c.Reason + " " + c.Message)
			}
		}
	}
	return out
}

func (p wireParent) parent(namespace string) snapshot.RouteParent {
	out := snapshot.RouteParent{Kind: "Gateway", Namespace: namespace, Name: p.Name, SectionName: p.SectionName, Port: p.Port}
	if p.Kind != nil {
		out.Kind = *p.Kind
	}
	if p.Group != nil && *p.Group != "" && *p.Group != kinds.GatewayAPI {
		out.Kind += "." + *p.Group
	}
	if p.Namespace != "" {
		out.Namespace = p.Namespace
	}
	return out
}
