package cmd

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
	"github.com/kubectl-netguard/netguard/pkg/overlay"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source/live"
)

// completeDeleted completes --delete: objects of the state that is changed, be it the
// cluster's or that of --against, policies among them.
func (o *diffOptions) completeDeleted(c *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	state := *o.globals
	state.filenames, state.kustomize = o.against, ""
	return referring(c, func(ctx context.Context) []cobra.Completion {
		home, at := state.home(), strings.LastIndex(typed, "/")+1
		if r, err := overlay.ParseObject(typed[:at]+"name", home); err == nil && r.Kind == overlay.NetworkPolicy {
			return state.policies(ctx, r.Namespace, typed[:at], typed[at:])
		}
		words := slices.DeleteFunc(state.reference(ctx, home, typed), func(w cobra.Completion) bool { return word(w) == "internet" })
		return append(words, policyTypes(typed)...)
	})
}

// policyTypes is the type of policies, as the user has begun to write it.
func policyTypes(typed string) []cobra.Completion {
	at := strings.LastIndex(typed, "/") + 1
	if _, isType := reference.ParseKind(strings.TrimSuffix(typed[:at], "/")); isType || strings.Count(typed, "/") > 1 {
		return nil
	}
	for _, name := range []string{"netpol", "networkpolicy", "networkpolicies"} {
		if begun := strings.ToLower(typed[at:]); strings.HasPrefix(name, begun) {
			return []cobra.Completion{typed[:at] + name + "/\t" + string(overlay.NetworkPolicy)}
		}
	}
	return nil
}

// policies are the policies of a namespace whose names begin as typed.
func (g *globals) policies(ctx context.Context, namespace, prefix, typed string) []cobra.Completion {
	var names []string
	if g.offline() {
		m := g.read(ctx, namespace, nil)
		if m == nil {
			return nil
		}
		for _, p := range m.Policies() {
			if p.Namespace == namespace {
				names = append(names, p.Name.Name)
			}
		}
	} else if live, err := live.New(g.config); err == nil {
		names, _ = live.Names(ctx, kinds.Of(snapshot.NetworkPolicies), namespace) // the names until then
	}
	var out []cobra.Completion
	for _, name := range names {
		if _, err := overlay.ParseObject(prefix+name, namespace); err == nil && strings.HasPrefix(name, typed) {
			out = append(out, prefix+name)
		}
	}
	slices.Sort(out)
	return out
}
