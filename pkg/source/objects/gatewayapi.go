package objects

import (
	"encoding/json"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// wire is the part of a Gateway API object that netguard reads.
type wire struct {
	Metadata struct {
		Name              string      `json:"name"`
		Namespace         string      `json:"namespace"`
		Generation        int64       `json:"generation"`
		CreationTimestamp metav1.Time `json:"creationTimestamp"`
	} `json:"metadata"`
	Spec struct {
		ControllerName   string         `json:"controllerName"`
		GatewayClassName string         `json:"gatewayClassName"`
		Listeners        []wireListener `json:"listeners"`
		AllowedListeners *wireAllowed   `json:"allowedListeners"`
		ParentRef        wireObjectRef  `json:"parentRef"`
		ParentRefs       []wireParent   `json:"parentRefs"`
		Hostnames        []string       `json:"hostnames"`
		Rules            []wireRule     `json:"rules"`
		TargetRefs       []struct {
			wireObjectRef
			SectionName string `json:"sectionName"`
		} `json:"targetRefs"`
		Validation struct {
			CACertificateRefs       []wireObjectRef `json:"caCertificateRefs"`
			WellKnownCACertificates string          `json:"wellKnownCACertificates"`
		} `json:"validation"`
		From []wireGrantFrom `json:"from"`
		To   []wireGrantTo   `json:"to"`
	} `json:"spec"`
	Status struct {
		Addresses []struct {
			Value string `json:"value"`
		} `json:"addresses"`
		Conditions []metav1.Condition `json:"conditions"`
		Listeners  []struct {
			Name       string             `json:"name"`
			Conditions []metav1.Condition `json:"conditions"`
		} `json:"listeners"`
		Parents []struct {
			ParentRef      wireParent         `json:"parentRef"`
			ControllerName string             `json:"controllerName"`
			Conditions     []metav1.Condition `json:"conditions"`
		} `json:"parents"`
		Ancestors []struct {
			AncestorRef    wireParent         `json:"ancestorRef"`
			ControllerName string             `json:"controllerName"`
			Conditions     []metav1.Condition `json:"conditions"`
		} `json:"ancestors"`
	} `json:"status"`
}

type wireListener struct {
	Name     string `json:"name"`
	Hostname string `json:"hostname"`
	Port     uint16 `json:"port"`
	Protocol string `json:"protocol"`
	TLS      *struct {
		Mode            string          `json:"mode"`
		CertificateRefs []wireObjectRef `json:"certificateRefs"`
	} `json:"tls"`
	AllowedRoutes *wireAllowed `json:"allowedRoutes"`
}

// wireAllowed is allowedRoutes of a listener, or allowedListeners of a Gateway.
type wireAllowed struct {
	Namespaces *struct {
		From     string                `json:"from"`
		Selector *metav1.LabelSelector `json:"selector"`
	} `json:"namespaces"`
	Kinds []struct {
		Group *string `json:"group"`
		Kind  string  `json:"kind"`
	} `json:"kinds"`
}

// wireObjectRef refers to an object; its group and kind default by where it stands.
type wireObjectRef struct {
	Group     *string `json:"group"`
	Kind      *string `json:"kind"`
	Namespace string  `json:"namespace"`
	Name      string  `json:"name"`
}

type wireParent struct {
	wireObjectRef
	SectionName string `json:"sectionName"`
	Port        uint16 `json:"port"`
}

type wireRule struct {
	Matches []struct {
		Path *struct {
			Type  string `json:"type"`
			Value string `json:"value"`
		} `json:"path"`
		// Method is a string in HTTPRoute and an object in GRPCRoute.
		Method      json.RawMessage `json:"method"`
		Headers     []wireField     `json:"headers"`
		QueryParams []wireField     `json:"queryParams"`
	} `json:"matches"`
	Filters []struct {
		Type            string `json:"type"`
		RequestRedirect *struct {
			StatusCode int `json:"statusCode"`
		} `json:"requestRedirect"`
		RequestMirror *struct {
			BackendRef wireBackend `json:"backendRef"`
		} `json:"requestMirror"`
		ExtensionRef *wireObjectRef `json:"extensionRef"`
	} `json:"filters"`
	BackendRefs []wireBackend `json:"backendRefs"`
}

// wireField is a header or a query parameter.
type wireField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Type  string `json:"type"`
}

type wireBackend struct {
	wireObjectRef
	Port   uint16 `json:"port"`
	Weight *int32 `json:"weight"`
}

type wireGrantFrom struct {
	Group     string `json:"group"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
}

type wireGrantTo struct {
	Group string `json:"group"`
	Kind  string `json:"kind"`
	Name  string `json:"name"`
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

func (w *wire) revision() snapshot.Revision {
	out := snapshot.Revision{Generation: w.Metadata.Generation}
	if !w.Metadata.CreationTimestamp.IsZero() {
		out.Created = w.Metadata.CreationTimestamp.UTC()
	}
	return out
}

func (w *wire) gateway(name snapshot.Name) *snapshot.Gateway {
	out := &snapshot.Gateway{
		Name: name, Revision: w.revision(), Class: w.Spec.GatewayClassName, Listeners: w.listeners(name.Namespace),
		AllowedListeners: w.Spec.AllowedListeners.from(), Conditions: conditions(w.Status.Conditions), ListenerStatuses: w.listenerStatuses(),
	}
	for _, a := range w.Status.Addresses {
		out.Addresses = append(out.Addresses, a.Value)
	}
	return out
}

// listeners of a Gateway or ListenerSet.
func (w *wire) listeners(home string) []snapshot.Listener {
	var out []snapshot.Listener
	for _, l := range w.Spec.Listeners {
		listener := snapshot.Listener{
			Name: l.Name, Hostname: l.Hostname, Port: l.Port, Protocol: l.Protocol, TLS: l.TLS != nil, Routes: l.AllowedRoutes.from(),
		}
		if l.TLS != nil {
			listener.TLSMode = l.TLS.Mode
			for _, ref := range l.TLS.CertificateRefs {
				// Defaults of SecretObjectReference.
				listener.Certificates = append(listener.Certificates, ref.object("", "Secret", home))
			}
		}
		if l.AllowedRoutes != nil {
			for _, k := range l.AllowedRoutes.Kinds {
				kind := snapshot.GroupKind{Group: kinds.GatewayAPI, Kind: k.Kind}
				if k.Group != nil {
					kind.Group = *k.Group
				}
				listener.Kinds = append(listener.Kinds, kind)
			}
		}
		out = append(out, listener)
	}
	return out
}

func (w *wire) listenerSet(name snapshot.Name) *snapshot.ListenerSet {
	ref := w.Spec.ParentRef.object(kinds.GatewayAPI, "Gateway", name.Namespace)
	return &snapshot.ListenerSet{
		Name: name, Revision: w.revision(), Gateway: snapshot.Name{Namespace: ref.Namespace, Name: ref.Name},
		Listeners: w.listeners(name.Namespace), Conditions: conditions(w.Status.Conditions), ListenerStatuses: w.listenerStatuses(),
	}
}

func (w *wire) listenerStatuses() map[string]snapshot.Conditions {
	var out map[string]snapshot.Conditions
	for _, l := range w.Status.Listeners {
		if c := conditions(l.Conditions); c != nil {
			if out == nil {
				out = map[string]snapshot.Conditions{}
			}
			out[l.Name] = c
		}
	}
	return out
}

func conditions(list []metav1.Condition) snapshot.Conditions {
	var out snapshot.Conditions
	for _, c := range list {
		if out == nil {
			out = snapshot.Conditions{}
		}
		out[c.Type] = snapshot.StatusCondition{Status: string(c.Status), Reason: c.Reason, Message: c.Message, Generation: c.ObservedGeneration}
	}
	return out
}

func (a *wireAllowed) from() snapshot.AllowedNamespaces {
	if a == nil || a.Namespaces == nil {
		return snapshot.AllowedNamespaces{}
	}
	return snapshot.AllowedNamespaces{From: a.Namespaces.From, Selector: a.Namespaces.Selector}
}

func (r wireObjectRef) object(group, kind, namespace string) snapshot.ObjectRef {
	out := snapshot.ObjectRef{Group: group, Kind: kind, Namespace: namespace, Name: r.Name}
	if r.Group != nil {
		out.Group = *r.Group
	}
	if r.Kind != nil {
		out.Kind = *r.Kind
	}
	if r.Namespace != "" {
		out.Namespace = r.Namespace
	}
	return out
}

func (w *wire) route(kind string, name snapshot.Name) *snapshot.Route {
	out := &snapshot.Route{Kind: kind, Name: name, Revision: w.revision(), Hostnames: w.Spec.Hostnames}
	for _, p := range w.Spec.ParentRefs {
		out.Parents = append(out.Parents, p.parent(name.Namespace))
	}
	for _, r := range w.Spec.Rules {
		out.Rules = append(out.Rules, r.rule(name.Namespace))
	}
	for _, p := range w.Status.Parents {
		out.Statuses = append(out.Statuses, snapshot.ParentStatus{
			Parent: p.ParentRef.parent(name.Namespace), Controller: p.ControllerName, Conditions: conditions(p.Conditions),
		})
	}
	return out
}

func (w *wire) backendTLS(name snapshot.Name) *snapshot.BackendTLSPolicy {
	out := &snapshot.BackendTLSPolicy{Name: name, Revision: w.revision(), WellKnown: w.Spec.Validation.WellKnownCACertificates}
	for _, t := range w.Spec.TargetRefs {
		ref := t.object("", "", name.Namespace)
		out.Targets = append(out.Targets, snapshot.PolicyTarget{Group: ref.Group, Kind: ref.Kind, Name: ref.Name, Section: t.SectionName})
	}
	for _, c := range w.Spec.Validation.CACertificateRefs {
		out.CAs = append(out.CAs, c.object("", "", name.Namespace))
	}
	for _, a := range w.Status.Ancestors {
		out.Statuses = append(out.Statuses, snapshot.ParentStatus{
			Parent: a.AncestorRef.parent(name.Namespace), Controller: a.ControllerName, Conditions: conditions(a.Conditions),
		})
	}
	return out
}

func (r *wireRule) rule(home string) snapshot.RouteRule {
	out := snapshot.RouteRule{}
	for _, m := range r.Matches {
		match := snapshot.RouteMatch{Headers: fields(m.Headers), Queries: fields(m.QueryParams)}
		if m.Path != nil {
			match.Path = snapshot.RoutePath{Path: m.Path.Value, Type: m.Path.Type}
		}
		if json.Unmarshal(m.Method, &match.Method) != nil {
			_ = json.Unmarshal(m.Method, &match.Call) // neither: absent
		}
		out.Matches = append(out.Matches, match)
	}
	for _, f := range r.Filters {
		switch {
		case f.Type == "RequestRedirect":
			// Default of HTTPRequestRedirectFilter.statusCode.
			if out.Redirect = 302; f.RequestRedirect != nil && f.RequestRedirect.StatusCode != 0 {
				out.Redirect = f.RequestRedirect.StatusCode
			}
		case f.Type == "RequestMirror" && f.RequestMirror != nil:
			out.Mirrors = append(out.Mirrors, f.RequestMirror.BackendRef.backend(home))
		case f.Type == "ExtensionRef":
			// The implementation's own, and may answer too.
			if out.Extension = "an ExtensionRef"; f.ExtensionRef != nil {
				ref := f.ExtensionRef.object("", "", home)
				out.Extension = kindIn(ref.Group, ref.Kind) + "/" + ref.Name
			}
		}
	}
	for _, ref := range r.BackendRefs {
		out.Backends = append(out.Backends, ref.backend(home))
	}
	return out
}

func fields(list []wireField) []snapshot.RouteField {
	var out []snapshot.RouteField
	for _, f := range list {
		out = append(out, snapshot.RouteField(f))
	}
	return out
}

// backend has the defaults of BackendObjectReference and BackendRef: a core Service
// in the route's namespace, weight 1.
func (b wireBackend) backend(home string) snapshot.RouteBackend {
	ref := b.object("", "Service", home)
	out := snapshot.RouteBackend{Kind: kindIn(ref.Group, ref.Kind), Namespace: ref.Namespace, Name: ref.Name, Port: b.Port, Weight: 1}
	if b.Weight != nil {
		out.Weight = *b.Weight
	}
	return out
}

func (p wireParent) parent(namespace string) snapshot.RouteParent {
	ref := p.object(kinds.GatewayAPI, "Gateway", namespace)
	if ref.Group == kinds.GatewayAPI {
		ref.Group = ""
	}
	return snapshot.RouteParent{Kind: kindIn(ref.Group, ref.Kind), Namespace: ref.Namespace, Name: ref.Name, SectionName: p.SectionName, Port: p.Port}
}

// kindIn is a kind with its group, if it has one.
func kindIn(group, kind string) string {
	if group == "" {
		return kind
	}
	return kind + "." + group
}
