package live

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/rest"
	clienttesting "k8s.io/client-go/testing"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
)

// authorizer stands in for a server's authorizers.
type authorizer struct {
	// everywhere and bank are granted in all namespaces, and in namespace bank.
	everywhere, bank []authorizationv1.ResourceRule
	// incomplete: the list of rules leaves out what others than RBAC grant.
	incomplete bool
	// fail is the error of every review; evaluation is that within an answer.
	fail       error
	evaluation string
	asked      int
}

func (a *authorizer) live(t *testing.T) *Source {
	t.Helper()
	s := server(t, map[string]http.HandlerFunc{
		"/api": discoveryOf(t, ""),
		"/apis": discoveryOf(t, "",
			"policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy clusternetworkpolicies Cluster",
			"cilium.io/v2 CiliumNetworkPolicy ciliumnetworkpolicies Namespaced"),
	})
	client := fake.NewClientset()
	client.PrependReactor("create", "selfsubjectaccessreviews", func(action clienttesting.Action) (bool, runtime.Object, error) {
		a.asked++
		review := action.(clienttesting.CreateAction).GetObject().(*authorizationv1.SelfSubjectAccessReview)
		attributes := review.Spec.ResourceAttributes
		p := permission{attributes.Verb, attributes.Group, attributes.Resource, true}
		review.Status.Allowed = grants(a.everywhere, p) || attributes.Namespace == "bank" && grants(a.bank, p)
		if !review.Status.Allowed {
			review.Status.EvaluationError = a.evaluation
		}
		return true, review, a.fail
	})
	client.PrependReactor("create", "selfsubjectrulesreviews", func(action clienttesting.Action) (bool, runtime.Object, error) {
		a.asked++
		review := action.(clienttesting.CreateAction).GetObject().(*authorizationv1.SelfSubjectRulesReview)
		if !a.incomplete {
			review.Status.ResourceRules = append(slices.Clone(a.everywhere), a.bank...)
		}
		review.Status.Incomplete = a.incomplete
		return true, review, a.fail
	})
	live := liveOf(t, &rest.Config{Host: s.URL})
	live.clients.Kubernetes = client
	live.slots = make(chan struct{}, 1) // the reactors count
	return live
}

// rulesOf are the rules of a documented role.
func rulesOf(t *testing.T, file string) []authorizationv1.ResourceRule {
	t.Helper()
	text, err := os.ReadFile("../../../docs/rbac/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var role rbacv1.ClusterRole
	if err := yaml.Unmarshal(text, &role); err != nil {
		t.Fatal(err)
	}
	var out []authorizationv1.ResourceRule
	for _, r := range role.Rules {
		out = append(out, authorizationv1.ResourceRule{Verbs: r.Verbs, APIGroups: r.APIGroups, Resources: r.Resources, ResourceNames: r.ResourceNames})
	}
	return out
}

func TestAccess(t *testing.T) {
	all := []authorizationv1.ResourceRule{{Verbs: []string{"*"}, APIGroups: []string{"*"}, Resources: []string{"*"}}}
	documented, role := rulesOf(t, "clusterrole.yaml"), rulesOf(t, "role.yaml")
	tests := map[string]struct {
		authorizer
		// missing everywhere, and of them held in bank; most is how many reviews it may take.
		missing, inBank, most int
		unchecked             string
	}{
		"an admin":                    {authorizer{everywhere: all}, 0, 0, 1, ""},
		"the documented ClusterRole":  {authorizer{everywhere: documented}, 0, 0, 31, ""},
		"the same from a webhook":     {authorizer{everywhere: documented, incomplete: true}, 0, 0, 31, ""},
		"the documented Role in bank": {authorizer{bank: role}, 29, 23, 31, ""},
		"the Role, from a webhook":    {authorizer{bank: role, incomplete: true}, 29, 23, 60, ""},
		"nothing":                     {authorizer{}, 29, 0, 2, ""},
		"reviews fail":                {authorizer{fail: apierrors.NewInternalError(errors.New("the server is tired"))}, 0, 0, 2, "the server is tired"},
		// What is not in the list is missing; whether the rest is held everywhere, nobody says.
		"a webhook does not answer": {authorizer{bank: role, evaluation: "webhook: timeout"}, 5, 0, 31, ": webhook: timeout"},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := c.live(t).Access(context.Background(), "bank")
			if err != nil {
				t.Fatal(err)
			}
			inBank := 0
			for _, m := range got.Missing {
				if m.InNamespace {
					inBank++
				}
			}
			if c.asked > c.most {
				t.Errorf("%d reviews", c.asked)
			}
			if len(got.Missing) != c.missing || inBank != c.inBank || !strings.Contains(got.Unchecked, c.unchecked) || (got.Unchecked == "") != (c.unchecked == "") {
				t.Errorf("%d missing, %d of them held in bank, unchecked %q:\n%+v", len(got.Missing), inBank, got.Unchecked, got.Missing)
			}
		})
	}
}

// The documented roles hold what is asked about.
func TestDocumentedRolesHoldWhatIsNeeded(t *testing.T) {
	documented, role := rulesOf(t, "clusterrole.yaml"), rulesOf(t, "role.yaml")
	for _, p := range permissionsFor(func(*kinds.Kind) bool { return true }) {
		if !grants(documented, p) {
			t.Errorf("clusterrole.yaml does not permit to %s", p)
		}
		if p.namespaced && !grants(role, p) {
			t.Errorf("role.yaml does not permit to %s", p)
		}
	}
	// And what they permit is asked about, but Cilium's ConfigMap and policy kinds.
	for _, r := range documented {
		for _, group := range r.APIGroups {
			for _, resource := range r.Resources {
				for _, verb := range r.Verbs {
					known := slices.ContainsFunc(permissionsFor(func(*kinds.Kind) bool { return true }), func(p permission) bool {
						return p.verb == verb && p.group == group && p.resource == resource
					})
					policies := slices.ContainsFunc(kinds.Noticed(), func(k *kinds.Kind) bool { return k.Group == group })
					if !known && !policies && resource != "configmaps" {
						t.Errorf("clusterrole.yaml permits to %s %s.%s, which is not asked about", verb, resource, group)
					}
				}
			}
		}
	}
}
