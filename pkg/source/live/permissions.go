package live

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source"
)

// permission is one that netguard may need.
type permission struct {
	verb, group, resource string
	namespaced            bool
}

// String names it as an RBAC rule would: "list deployments.apps".
func (p permission) String() string {
	text := p.verb + " " + p.resource
	if p.group != "" {
		text += "." + p.group
	}
	return text
}

// permissionsFor are those for kinds that are read. Cilium's ConfigMap, which is
// read where Cilium is, is not among them.
func permissionsFor(match func(*kinds.Kind) bool) []permission {
	var out []permission
	for _, k := range kinds.Read() {
		if k.Only != "" || !match(k) {
			continue
		}
		for _, verb := range strings.Fields(k.Verbs) {
			out = append(out, permission{verb, k.Group, k.Resource.Plural(), !k.Cluster})
		}
	}
	return out
}

// neededPermissions are those for kinds that every server has.
func neededPermissions() []permission {
	return permissionsFor(func(k *kinds.Kind) bool { return !k.Optional })
}

// Access asks the server which of the permissions that netguard may need are
// missing, in all namespaces and in the given one. What could not be found out is
// said, and is no permission that is missing. The error is one after which nothing
// can be asked.
//
// An access review is exact for all namespaces, but answers one question each; a
// rules review lists what is granted in a namespace at once, by ClusterRoleBindings
// too, so that what is not in it need not be asked about. Its list may be
// incomplete, where others than RBAC authorize.
func (l *Source) Access(ctx context.Context, namespace string) (*report.Access, error) {
	out := &report.Access{Namespace: namespace, Missing: []report.MissingPermission{}}
	a := &access{live: l, ctx: ctx, out: out}
	if s, err := a.ask(permission{"*", "*", "*", true}, ""); err == nil && s.Allowed {
		return out, nil
	}
	rules, ok := a.rules(namespace)
	if !ok {
		return out, a.err
	}
	needed := append(neededPermissions(), l.servedPermissions(ctx, a)...)
	missing := make([]*report.MissingPermission, len(needed))
	var group sync.WaitGroup
	for i, p := range needed {
		group.Go(func() { missing[i] = a.missing(p, rules, namespace) })
	}
	group.Wait()
	for _, m := range missing {
		if m != nil {
			out.Missing = append(out.Missing, *m)
		}
	}
	return out, a.err
}

// servedPermissions are those for kinds that the server has.
func (l *Source) servedPermissions(ctx context.Context, a *access) []permission {
	var out []permission
	out = append(out, permissionsFor(func(k *kinds.Kind) bool {
		return k.Optional && l.clients.Raw != nil && len(l.servedVersions(ctx, k)) > 0
	})...)
	there, gaps, err := l.servedKinds(ctx, snapshot.Need{Resource: snapshot.PolicyKinds})
	if err != nil {
		a.fail("", err)
	}
	for _, g := range gaps {
		a.fail(g.Message, nil)
	}
	for i := range there {
		k := &there[i]
		out = append(out, permission{"list", k.Group, k.resource.Resource, k.namespaced})
	}
	return out
}

// access is one asking. Its methods may run side by side.
type access struct {
	live *Source
	ctx  context.Context // of the one call
	mu   sync.Mutex
	out  *report.Access
	err  error
}

// fail notes, once, why something could not be found out.
func (a *access) fail(message string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		gap, fatal := a.live.judge(a.ctx, snapshot.Need{}, err)
		if fatal != nil && a.err == nil {
			a.err = fatal
		}
		message += gap.Message
	}
	if a.out.Unchecked == "" {
		a.out.Unchecked = message
	}
}

// missing is nil for a permission that is held, or that nothing is known of.
func (a *access) missing(p permission, rules *authorizationv1.SubjectRulesReviewStatus, namespace string) *report.MissingPermission {
	granted := grants(rules.ResourceRules, p)
	if granted || rules.Incomplete {
		if held, ok := a.review(p, ""); !ok || held {
			return nil
		}
	}
	if !p.namespaced {
		return &report.MissingPermission{Needs: p.String()}
	}
	if !granted && rules.Incomplete {
		held, ok := a.review(p, namespace)
		if !ok {
			return nil
		}
		granted = held
	}
	return &report.MissingPermission{Needs: p.String() + " in all namespaces", InNamespace: granted}
}

// ask has a permission reviewed for a namespace, or for all ("").
func (a *access) ask(p permission, namespace string) (authorizationv1.SubjectAccessReviewStatus, error) {
	if err := a.live.acquire(a.ctx); err != nil {
		return authorizationv1.SubjectAccessReviewStatus{}, err
	}
	defer a.live.release()
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
		ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: namespace, Verb: p.verb, Group: p.group, Resource: p.resource},
	}}
	answer, err := a.live.clients.Kubernetes.AuthorizationV1().SelfSubjectAccessReviews().Create(a.ctx, review, metav1.CreateOptions{})
	if err != nil {
		return authorizationv1.SubjectAccessReviewStatus{}, err
	}
	return answer.Status, nil
}

// review tells whether a permission is held in a namespace, or in all (""), and
// whether that is known.
func (a *access) review(p permission, namespace string) (held, ok bool) {
	s, err := a.ask(p, namespace)
	if err != nil {
		a.fail(fmt.Sprintf("whether you may %s: ", p), err)
		return false, false
	}
	if !s.Allowed && !s.Denied && s.EvaluationError != "" {
		// "It is entirely possible to get an error and be able to continue determine authorization status in spite of
		// it": but not here, where nothing decided and something went wrong.
		a.fail(fmt.Sprintf("whether you may %s: %s", p, source.OneLine(s.EvaluationError)), nil)
		return false, false
	}
	return s.Allowed, true
}

// rules lists what is granted in a namespace.
func (a *access) rules(namespace string) (*authorizationv1.SubjectRulesReviewStatus, bool) {
	if err := a.live.acquire(a.ctx); err != nil {
		a.fail("", err)
		return nil, false
	}
	defer a.live.release()
	review := &authorizationv1.SelfSubjectRulesReview{Spec: authorizationv1.SelfSubjectRulesReviewSpec{Namespace: namespace}}
	answer, err := a.live.clients.Kubernetes.AuthorizationV1().SelfSubjectRulesReviews().Create(a.ctx, review, metav1.CreateOptions{})
	if err != nil {
		a.fail(fmt.Sprintf("what you may do in namespace %q: ", namespace), err)
		return nil, false
	}
	return &answer.Status, true
}

// grants tells whether a rule grants a permission on every object of the kind.
func grants(rules []authorizationv1.ResourceRule, p permission) bool {
	has := func(list []string, want string) bool {
		return slices.Contains(list, want) || slices.Contains(list, "*")
	}
	return slices.ContainsFunc(rules, func(r authorizationv1.ResourceRule) bool {
		return len(r.ResourceNames) == 0 && has(r.Verbs, p.verb) && has(r.APIGroups, p.group) && has(r.Resources, p.resource)
	})
}
