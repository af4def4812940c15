package live

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/objects"
)

// served is a policy kind that the API server serves.
type served struct {
	*kinds.Kind
	resource   schema.GroupVersionResource
	namespaced bool
}

// readPolicyKinds asks which of the known policy kinds are served, and lists the
// names of their objects: what they say is not evaluated. A Need with a namespace
// reads namespaced kinds there (and in the kind's root namespace); the others
// bind every namespace, so they are listed either way.
func (l *Source) readPolicyKinds(ctx context.Context, need snapshot.Need) reading {
	there, gaps, err := l.servedKinds(ctx, need)
	if err != nil {
		return reading{err: err}
	}
	type result struct {
		found []snapshot.Unmodelled
		read  []*snapshot.PolicyObject
		gap   *snapshot.Gap
		err   error
	}
	var (
		results = make([]result, len(there))
		group   sync.WaitGroup
	)
	for i := range there {
		group.Go(func() {
			k := &there[i]
			namespaces := []string{""}
			if k.namespaced && need.Namespace != "" {
				namespaces = []string{need.Namespace}
				if k.Policy.RootNamespace != "" && k.Policy.RootNamespace != need.Namespace {
					namespaces = append(namespaces, k.Policy.RootNamespace)
				}
			}
			for _, ns := range namespaces {
				found, read, gap, err := l.listKind(ctx, need, k, ns)
				results[i].found, results[i].read = append(results[i].found, found...), append(results[i].read, read...)
				if gap != nil {
					results[i].gap = gap
				}
				if err != nil {
					results[i].err = err
					return
				}
			}
		})
	}
	group.Wait()
	var found []snapshot.Unmodelled
	var read []*snapshot.PolicyObject
	for _, r := range results {
		if r.err != nil {
			return reading{err: r.err}
		}
		found, read = append(found, r.found...), append(read, r.read...)
		if r.gap != nil {
			gaps = append(gaps, *r.gap)
		}
	}
	return reading{
		gaps: gaps,
		fill: func(b *snapshot.Builder) {
			for _, o := range found {
				b.AddUnmodelled(o)
			}
			for _, o := range read {
				b.Add(o)
			}
		},
	}
}

// listKind lists the objects of one kind in one namespace ("" for all, or for a
// cluster-scoped kind): whole where they are evaluated, and else by their names.
func (l *Source) listKind(
	ctx context.Context, need snapshot.Need, k *served, namespace string,
) (found []snapshot.Unmodelled, read []*snapshot.PolicyObject, gap *snapshot.Gap, err error) {
	if err := l.acquire(ctx); err != nil {
		return nil, nil, nil, l.fatal(ctx, err)
	}
	defer l.release()
	if k.Policy.Evaluated {
		read, err = l.listPolicies(ctx, k, namespace)
	} else {
		found, err = l.listNames(ctx, k, namespace)
	}
	switch {
	case err == nil:
		return found, read, nil, nil
	case apierrors.IsNotFound(err):
		return nil, nil, nil, nil // the kind went away since discovery
	}
	out, fatal := l.judge(ctx, need, err)
	if fatal != nil {
		return nil, nil, nil, fatal
	}
	where := ""
	switch {
	case namespace != "":
		where = fmt.Sprintf(" in namespace %q", namespace)
	case k.namespaced:
		where = " in all namespaces"
	}
	out.Takes = fmt.Sprintf("list %s.%s%s", k.resource.Resource, k.resource.Group, where)
	message := "cannot " + out.Takes
	if out.Reason != snapshot.GapForbidden {
		message += ": " + out.Message
	}
	out.Message, out.Group, out.Kind, out.OnlyDenies = message, k.Group, k.Name, k.Policy.OnlyDenies
	return nil, nil, &out, nil
}

// listNames lists the names of the objects of a kind.
func (l *Source) listNames(ctx context.Context, k *served, namespace string) ([]snapshot.Unmodelled, error) {
	var out []snapshot.Unmodelled
	list := l.clients.Metadata.Resource(k.resource).Namespace(namespace).List
	err := pages(ctx, list, metav1.ListOptions{},
		func(page *metav1.PartialObjectMetadataList, next func(string)) error {
			next(page.Continue)
			counted(ctx, len(page.Items))
			for i := range page.Items {
				if o := &page.Items[i]; !k.Mirrored(o.Name) {
					out = append(out, snapshot.UnmodelledOf(k.Kind, objects.NameOf(&o.ObjectMeta)))
				}
			}
			return nil
		},
		func() { out = nil })
	return out, err
}

// listPolicies lists the objects of a kind that is evaluated.
func (l *Source) listPolicies(ctx context.Context, k *served, namespace string) ([]*snapshot.PolicyObject, error) {
	path := []string{"/apis", k.resource.Group, k.resource.Version}
	if namespace != "" {
		path = append(path, "namespaces", namespace)
	}
	path = append(path, k.resource.Resource)
	var out []*snapshot.PolicyObject
	err := pages(ctx, func(ctx context.Context, options metav1.ListOptions) (*rawList, error) {
		raw, err := l.getRaw(ctx, path, &options)
		if err != nil {
			return nil, err
		}
		return asList(raw, k.Resource)
	}, metav1.ListOptions{},
		func(page *rawList, next func(string)) error {
			next(page.Continue)
			counted(ctx, len(page.Items))
			for _, raw := range page.Items {
				o, err := objects.DecodePolicyObject(k.Kind, raw)
				if err != nil {
					return err
				}
				if !k.Mirrored(o.Name.Name) {
					out = append(out, o)
				}
			}
			return nil
		},
		func() { out = nil })
	return out, err
}

// servedKinds intersects the table of policy kinds with what the server serves.
// Groups of other API servers that are down are a gap only if they are in the
// table: nothing else would have been listed.
func (l *Source) servedKinds(ctx context.Context, need snapshot.Need) ([]served, []snapshot.Gap, error) {
	resources, failed, err := l.discover(ctx)
	if err != nil {
		gap, fatal := l.judge(ctx, need, err)
		if fatal != nil {
			return nil, nil, fatal
		}
		gap.Message = "cannot discover which policy kinds are served: " + gap.Message
		return nil, []snapshot.Gap{gap}, nil
	}
	var (
		out  []served
		gaps []snapshot.Gap
	)
	for _, k := range kinds.Noticed() {
		if s, ok := findServed(k, resources); ok {
			out = append(out, s)
			continue
		}
		if err := failed[k.Group]; err != nil {
			gap, fatal := l.judge(ctx, need, err)
			if fatal != nil {
				return nil, nil, fatal
			}
			gap.Group, gap.Kind, gap.OnlyDenies = k.Group, k.Name, k.Policy.OnlyDenies
			gap.Takes = fmt.Sprintf("discover %s.%s", k.Name, k.Group)
			gap.Message = fmt.Sprintf("cannot %s: %s", gap.Takes, gap.Message)
			gaps = append(gaps, gap)
		}
	}
	// Two groups may show the same objects; the one of the API server is what
	// users write, and is what gets reported.
	isServed := func(group, kind string) bool {
		return slices.ContainsFunc(out, func(s served) bool { return s.Group == group && s.Name == kind })
	}
	for _, s := range slices.Clone(out) {
		if s.Policy.Mirrors != "" && isServed(s.Policy.Mirrors, s.Name) {
			out = slices.DeleteFunc(out, func(o served) bool { return o.Group == s.Policy.Mirrors && o.Name == s.Name })
		}
	}
	return out, gaps, nil
}

func findServed(k *kinds.Kind, resources []*metav1.APIResourceList) (served, bool) {
	for _, list := range resources {
		gv, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil || gv.Group != k.Group {
			continue
		}
		for i := range list.APIResources {
			r := &list.APIResources[i]
			if r.Kind == k.Name && !strings.Contains(r.Name, "/") && slices.Contains(r.Verbs, "list") {
				return served{k, gv.WithResource(r.Name), r.Namespaced}, true
			}
		}
	}
	return served{}, false
}

// discover returns the resources of the groups in the table, preferred versions
// first, and the groups whose resources could not be had. Aggregated discovery
// answers in one request (two, with /api); a server from before Kubernetes 1.26
// gets one more for each of its versions of those groups.
func (l *Source) discover(ctx context.Context) ([]*metav1.APIResourceList, map[string]error, error) {
	if err := l.acquire(ctx); err != nil {
		return nil, nil, err
	}
	defer l.release()
	var (
		groups *metav1.APIGroupList
		known  map[schema.GroupVersion]*metav1.APIResourceList
		broken map[schema.GroupVersion]error
		err    error
	)
	if aggregated, ok := l.clients.Discovery.(discovery.AggregatedDiscoveryInterfaceWithContext); ok {
		groups, known, broken, err = aggregated.GroupsAndMaybeResourcesWithContext(ctx)
	} else {
		groups, err = l.clients.Discovery.ServerGroupsWithContext(ctx)
	}
	if err != nil {
		return nil, nil, err
	}
	wanted := map[string]bool{}
	for _, k := range kinds.Noticed() {
		wanted[k.Group] = true
	}
	var (
		out    []*metav1.APIResourceList
		failed = map[string]error{}
	)
	for gv, err := range broken {
		if wanted[gv.Group] {
			failed[gv.Group] = err
		}
	}
	for i := range groups.Groups {
		g := &groups.Groups[i]
		if !wanted[g.Name] {
			continue
		}
		for _, v := range versions(g) {
			gv, err := schema.ParseGroupVersion(v)
			if err != nil {
				continue
			}
			list := known[gv]
			if list == nil && known == nil {
				list, err = l.clients.Discovery.ServerResourcesForGroupVersionWithContext(ctx, v)
				if err != nil && !apierrors.IsNotFound(err) {
					failed[g.Name] = err
				}
			}
			if list != nil {
				out = append(out, list)
			}
		}
	}
	return out, failed, nil
}

func versions(g *metav1.APIGroup) []string {
	out := []string{g.PreferredVersion.GroupVersion}
	for _, v := range g.Versions {
		if !slices.Contains(out, v.GroupVersion) {
			out = append(out, v.GroupVersion)
		}
	}
	return out
}
