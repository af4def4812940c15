package source

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// gatewayKind returns the Gateway API kind of a resource, or "".
func gatewayKind(r snapshot.Resource) string {
	switch r {
	case snapshot.Gateways:
		return "Gateway"
	case snapshot.GatewayClasses:
		return "GatewayClass"
	case snapshot.HTTPRoutes:
		return "HTTPRoute"
	case snapshot.GRPCRoutes:
		return "GRPCRoute"
	case snapshot.TLSRoutes:
		return "TLSRoute"
	case snapshot.TCPRoutes:
		return "TCPRoute"
	case snapshot.ReferenceGrants:
		return "ReferenceGrant"
	default:
		return ""
	}
}

// gatewayVersions of the Gateway API, the most stable first. Which of them serve
// a kind depends on the release installed; all have the fields that are read.
func gatewayVersions() []string { return []string{"v1", "v1beta1", "v1alpha3", "v1alpha2"} }

// readGatewayAPI reads a kind of the Gateway API in the first version in which
// it is served. A cluster that serves none of them has no such objects.
func (l *Live) readGatewayAPI(ctx context.Context, need snapshot.Need, kind string) reading {
	if l.clients.Raw == nil {
		return reading{}
	}
	if err := l.acquire(ctx); err != nil {
		return reading{err: l.fatal(ctx, err)}
	}
	defer l.release()
	for _, version := range l.servedGatewayVersions(ctx) {
		fill, served, err := l.readGatewayVersion(ctx, need, kind, version)
		if err != nil {
			gap, fatal := l.judge(ctx, need, err)
			if fatal != nil {
				return reading{err: fatal}
			}
			return reading{gaps: []snapshot.Gap{gap}}
		}
		if served {
			return reading{fill: fill}
		}
	}
	return reading{}
}

// servedGatewayVersions asks which versions the server has, once. A server
// without any refuses requests of users who may do little before it says that
// there is nothing to read; the group itself everybody may ask for. Where that
// fails, all versions are tried.
func (l *Live) servedGatewayVersions(ctx context.Context) []string {
	l.gateway.Lock()
	defer l.gateway.Unlock()
	if l.gateway.versions != nil {
		return l.gateway.versions
	}
	raw, err := l.getRaw(ctx, []string{"/apis", gatewayGroup}, nil)
	if isAbsent(err) {
		l.gateway.versions = []string{}
		return l.gateway.versions
	}
	var group metav1.APIGroup
	if err != nil || json.Unmarshal(raw, &group) != nil || group.Kind != "APIGroup" {
		return gatewayVersions()
	}
	served := []string{}
	for _, v := range gatewayVersions() {
		if slices.ContainsFunc(group.Versions, func(g metav1.GroupVersionForDiscovery) bool { return g.Version == v }) {
			served = append(served, v)
		}
	}
	l.gateway.versions = served
	return served
}

// rawList is a list whose items are decoded one by one.
type rawList struct {
	Kind            string `json:"kind"`
	metav1.ListMeta `json:"metadata"`
	Items           []json.RawMessage `json:"items"`
}

func (l *Live) readGatewayVersion(ctx context.Context, need snapshot.Need, kind, version string) (fill func(*snapshot.Builder), served bool, err error) {
	path := []string{"/apis", gatewayGroup, version}
	if need.Namespace != "" {
		path = append(path, "namespaces", need.Namespace)
	}
	path = append(path, string(need.Resource))
	if need.Name != "" {
		raw, err := l.getRaw(ctx, append(path, need.Name), nil)
		if isAbsent(err) {
			// The object or the kind: the next version tells, or none does.
			return nil, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		return fillGateway(kind, []json.RawMessage{raw})
	}
	var items []json.RawMessage
	list := func(ctx context.Context, options metav1.ListOptions) (*rawList, error) {
		raw, err := l.getRaw(ctx, path, &options)
		if err != nil {
			return nil, err
		}
		out := &rawList{}
		if err := json.Unmarshal(raw, out); err != nil {
			return nil, fmt.Errorf("decode the list of %s: %w", need.Resource, err)
		}
		if !strings.HasSuffix(out.Kind, "List") {
			return nil, fmt.Errorf("the answer is a %.40q instead of a list of %s", out.Kind, need.Resource)
		}
		return out, nil
	}
	err = pages(ctx, list, metav1.ListOptions{LabelSelector: need.Labels, FieldSelector: need.Fields},
		func(page *rawList, next func(string)) error {
			next(page.Continue)
			counted(ctx, len(page.Items))
			items = append(items, page.Items...)
			return nil
		}, func() { items = nil })
	if isAbsent(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	return fillGateway(kind, items)
}

// isAbsent: a single object that does not exist and a kind that is not served
// are both 404.
func isAbsent(err error) bool { return err != nil && apierrors.IsNotFound(err) }

func (l *Live) getRaw(ctx context.Context, path []string, options *metav1.ListOptions) ([]byte, error) {
	request := l.clients.Raw.Get().AbsPath(strings.Join(path, "/")).SetHeader("Accept", "application/json")
	if options != nil {
		for key, value := range listParameters(options) {
			request = request.Param(key, value)
		}
	}
	return request.DoRaw(ctx)
}

func listParameters(o *metav1.ListOptions) map[string]string {
	out := map[string]string{}
	for key, value := range map[string]string{
		"labelSelector": o.LabelSelector, "fieldSelector": o.FieldSelector, "continue": o.Continue,
	} {
		if value != "" {
			out[key] = value
		}
	}
	if o.Limit > 0 {
		out["limit"] = url.QueryEscape(fmt.Sprint(o.Limit))
	}
	return out
}

// fillGateway decodes before anything is added, so that a bad item adds nothing.
func fillGateway(kind string, items []json.RawMessage) (func(*snapshot.Builder), bool, error) {
	scratch := snapshot.NewBuilder(nil)
	for _, raw := range items {
		if _, err := addGatewayObject(scratch, kind, raw); err != nil {
			return nil, true, err
		}
	}
	return func(b *snapshot.Builder) {
		for _, raw := range items {
			_, _ = addGatewayObject(b, kind, raw) // decoded above
		}
	}, true, nil
}
