package live

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/objects"
)

// readJSON reads a kind that has no API type here in the first version in which it is
// served. A cluster that serves none of them has no such objects.
func (l *Source) readJSON(ctx context.Context, need snapshot.Need, kind *kinds.Kind, codec objects.Codec) (func(*snapshot.Builder), error) {
	if l.clients.Raw == nil {
		return nil, nil
	}
	for _, version := range l.servedVersions(ctx, kind) {
		list, err := codec.List()
		if err != nil {
			return nil, err
		}
		served, err := l.readVersion(ctx, need, kind, version, list)
		if apierrors.IsForbidden(err) && !l.hasKind(ctx, kind, version) {
			continue
		}
		if served || err != nil {
			return list.Fill, err
		}
	}
	return nil, nil
}

// servedVersions asks which of a kind's versions the server has, once for a group. A
// server without any refuses requests of users who may do little before it says that
// there is nothing to read; the group itself everybody may ask for. Where that
// fails, all versions are tried.
func (l *Source) servedVersions(ctx context.Context, kind *kinds.Kind) []string {
	l.served.Lock()
	defer l.served.Unlock()
	served, known := l.served.versions[kind.Group]
	if !known {
		raw, err := l.getRaw(ctx, []string{"/apis", kind.Group}, nil)
		var group metav1.APIGroup
		switch {
		case isAbsent(err):
		case err != nil || json.Unmarshal(raw, &group) != nil || group.Kind != "APIGroup":
			return kind.Versions
		}
		for _, v := range group.Versions {
			served = append(served, v.Version)
		}
		if l.served.versions == nil {
			l.served.versions = map[string][]string{}
		}
		l.served.versions[kind.Group] = served
	}
	var out []string
	for _, v := range kind.Versions {
		if slices.Contains(served, v) {
			out = append(out, v)
		}
	}
	return out
}

// hasKind tells whether a version of a group has a kind: a server refuses requests for
// one that it does not have, as it does for any other. It is true where the server
// does not say.
func (l *Source) hasKind(ctx context.Context, kind *kinds.Kind, version string) bool {
	raw, err := l.getRaw(ctx, []string{"/apis", kind.Group, version}, nil)
	var list metav1.APIResourceList
	if err != nil || json.Unmarshal(raw, &list) != nil || list.Kind != "APIResourceList" {
		return true
	}
	return slices.ContainsFunc(list.APIResources, func(r metav1.APIResource) bool { return r.Name == kind.Resource.Plural() })
}

// rawList is a list whose items are decoded one by one.
type rawList struct {
	Kind            string `json:"kind"`
	metav1.ListMeta `json:"metadata"`
	Items           []json.RawMessage `json:"items"`
}

// asList is an answer that has to be a list.
func asList(raw []byte, of snapshot.Resource) (*rawList, error) {
	out := &rawList{}
	if err := json.Unmarshal(raw, out); err != nil {
		return nil, fmt.Errorf("decode the list of %s: %w", of, err)
	}
	if !strings.HasSuffix(out.Kind, "List") {
		return nil, fmt.Errorf("the answer is a %.40q instead of a list of %s", out.Kind, of)
	}
	return out, nil
}

// readVersion reads a kind in one version, and tells whether it is served.
func (l *Source) readVersion(ctx context.Context, need snapshot.Need, kind *kinds.Kind, version string, into objects.List) (served bool, err error) {
	path := []string{"/apis", kind.Group, version}
	if need.Namespace != "" {
		path = append(path, "namespaces", need.Namespace)
	}
	path = append(path, kind.Resource.Plural())
	if need.Name != "" {
		raw, err := l.getRaw(ctx, append(path, need.Name), nil)
		if isAbsent(err) {
			// The object or the kind: the next version tells, or none does.
			return false, nil
		}
		if err != nil {
			return false, err
		}
		return true, into.Item(raw)
	}
	list := func(ctx context.Context, options metav1.ListOptions) (*rawList, error) {
		raw, err := l.getRaw(ctx, path, &options)
		if err != nil {
			return nil, err
		}
		return asList(raw, need.Resource)
	}
	err = pages(ctx, list, metav1.ListOptions{LabelSelector: need.Labels, FieldSelector: need.Fields},
		func(page *rawList, next func(string)) error {
			next(page.Continue)
			counted(ctx, len(page.Items))
			for _, raw := range page.Items {
				if err := into.Item(raw); err != nil {
					return err
				}
			}
			return nil
		}, into.Reset)
	if isAbsent(err) {
		return false, nil
	}
	return err == nil, err
}

// isAbsent: a single object that does not exist and a kind that is not served
// are both 404.
func isAbsent(err error) bool { return err != nil && apierrors.IsNotFound(err) }

func (l *Source) getRaw(ctx context.Context, path []string, options *metav1.ListOptions) ([]byte, error) {
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
