package clusternetworkpolicy_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/policy/clusternetworkpolicy"
	"github.com/kubectl-netguard/netguard/pkg/selector"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

func compile(kind string, spec map[string]any) *policy.Policy {
	return clusternetworkpolicy.Compile(&snapshot.PolicyObject{
		Group: clusternetworkpolicy.Group, Kind: kind, Name: snapshot.Name{Name: "p"}, Spec: spec,
	}, func(s selector.Selector) *policy.Nodes { return &policy.Nodes{Selector: s} })
}

func specOf(t testing.TB, text string) map[string]any {
	var out map[string]any
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// What is not understood is said of just what it may change.
func TestWhatIsNotKnownIsTold(t *testing.T) {
	const head = `{"tier":"Admin","priority":5,"subject":{"namespaces":{}},`
	const rule = head + `"ingress":[{"action":"Deny","from":[{"namespaces":{}}]`
	for name, tt := range map[string]struct{ spec, want string }{
		"a field of the spec":      {head + `"egressDefault":"Deny"}`, "spec.egressDefault is a field"},
		"a field of a rule":        {rule + `,"schedule":"night"}]}`, "spec.ingress[0].schedule is a field"},
		"a field of the subject":   {`{"tier":"Admin","priority":5,"subject":{"nodes":{}}}`, "spec.subject.nodes is a field"},
		"a tier":                   {`{"tier":"Middle","priority":5,"subject":{"namespaces":{}}}`, `spec.tier is "Middle"`},
		"no priority":              {`{"tier":"Admin","subject":{"namespaces":{}}}`, "spec.priority"},
		"an action":                {head + `"ingress":[{"action":"Log","from":[{"namespaces":{}}]}]}`, `spec.ingress[0].action is "Log"`},
		"a protocol":               {rule + `,"protocols":[{"icmp":{}}]}]}`, "spec.ingress[0].protocols[0].icmp"},
		"two protocols in one":     {rule + `,"protocols":[{"tcp":{},"udp":{}}]}]}`, "exactly one"},
		"a range that goes back":   {rule + `,"protocols":[{"tcp":{"destinationPort":{"range":{"start":9,"end":8}}}}]}]}`, "range.start"},
		"a range that is a text":   {rule + `,"protocols":[{"tcp":{"destinationPort":{"range":"1-2"}}}]}]}`, "is no mapping"},
		"a CIDR":                   {head + `"egress":[{"action":"Deny","to":[{"networks":["10.0.0.0/99"]}]}]}`, "networks[0] is no CIDR"},
		"domain names":             {head + `"egress":[{"action":"Accept","to":[{"domainNames":["a.example"]}]}]}`, "domainNames"},
		"a selector of its own":    {head + `"ingress":[{"action":"Deny","from":[{"namespaces":{"matchCEL":"x"}}]}]}`, "namespaces is no selector"},
		"two peers in one":         {head + `"ingress":[{"action":"Deny","from":[{"namespaces":{},"pods":{}}]}]}`, "several things"},
		"a list that is an object": {head + `"ingress":{"action":"Deny"}}`, "spec.ingress is no list"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := unclear(compile(clusternetworkpolicy.ClusterNetworkPolicy, specOf(t, tt.spec))); !strings.Contains(got, tt.want) ||
				!strings.HasPrefix(got, "ClusterNetworkPolicy p: ") {
				t.Errorf("got %q", got)
			}
		})
	}
}

// unclear is what is not clear about a policy, anywhere in it.
func unclear(p *policy.Policy) string {
	if p.Wide.Unclear != "" {
		return p.Wide.Unclear
	}
	for _, rules := range []policy.Rules{p.Ingress, p.Egress} {
		for _, r := range rules.Rules {
			if r.Unclear != "" {
				return r.Unclear
			}
			for _, peer := range r.Peers {
				if peer.Unclear != "" {
					return peer.Unclear
				}
			}
		}
	}
	return ""
}

func TestWhatIsKnownIsClear(t *testing.T) {
	for kind, spec := range map[string]string{
		clusternetworkpolicy.ClusterNetworkPolicy: `{"tier":"Baseline","priority":0,"subject":{"pods":{"namespaceSelector":{},"podSelector":{}}},
			"ingress":[{"name":"x","action":"Pass","from":[{"pods":{"namespaceSelector":{},"podSelector":{}}}],
			"protocols":[{"tcp":{"destinationPort":{"number":1}}},{"destinationNamedPort":"http"},{"udp":{"destinationPort":{"range":{"start":1,"end":2}}}}]}],
			"egress":[{"action":"Accept","to":[{"networks":["10.0.0.0/8","::/0"]},{"nodes":{}},{"namespaces":{}}]}]}`,
		clusternetworkpolicy.AdminNetworkPolicy: `{"priority":7,"subject":{"namespaces":{}},
			"ingress":[{"action":"Allow","from":[{"namespaces":{}}],"ports":[{"portNumber":{"protocol":"TCP","port":1}},{"namedPort":"http"},{"portRange":{"start":1,"end":2}}]}]}`,
		clusternetworkpolicy.BaselineAdminNetworkPolicy: `{"subject":{"namespaces":{}},"egress":[{"action":"Deny","to":[{"namespaces":{}}]}]}`,
	} {
		if got := unclear(compile(kind, specOf(t, spec))); got != "" {
			t.Errorf("%s: %s", kind, got)
		}
	}
}

// Whatever somebody writes into a spec, it is compiled, and neither panics nor is
// taken for certain where it is not understood.
func FuzzCompile(f *testing.F) {
	f.Add("ClusterNetworkPolicy", `{"tier":"Admin","priority":5,"subject":{"namespaces":{}},"ingress":[{"action":"Deny","from":[{}],"protocols":[{"tcp":{"destinationPort":{"number":1}}}]}]}`)
	f.Add("AdminNetworkPolicy", `{"priority":1e9,"subject":{"pods":[]},"egress":[{"action":7,"to":[{"networks":[1,"::/0"]}],"ports":[{"portRange":null}]}]}`)
	f.Add("BaselineAdminNetworkPolicy", `{"subject":null,"ingress":[null,[],{"from":"x"}]}`)
	f.Fuzz(func(t *testing.T, kind, text string) {
		var spec map[string]any
		if json.Unmarshal([]byte(text), &spec) != nil {
			return
		}
		p := compile(kind, spec)
		for _, key := range []string{"unheardOf", "spec"} {
			if _, there := spec[key]; there && unclear(p) == "" {
				t.Errorf("%s: %s is passed over", text, key)
			}
		}
	})
}
