package cmd

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/labels"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-netguard/netguard/pkg/frontdoor"
	"github.com/kubectl-netguard/netguard/pkg/kinds"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source"
	"github.com/kubectl-netguard/netguard/pkg/source/live"
)

// completionTimeout is how long a person who has pressed TAB is kept waiting.
const completionTimeout = 2 * time.Second

// completion is what cobra calls for the words that may follow. It never says
// anything but words: a shell has no place for an error.
type completion = func(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective)

// completeEnds completes the arguments of a command that names this many ends.
// sourceNamespace is --source-namespace, which goes for the first, or nil.
func (g *globals) completeEnds(ends int, sourceNamespace *string) completion {
	return func(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) >= ends {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		if len(args) > 0 {
			sourceNamespace = nil
		}
		return g.completeEnd(c, sourceNamespace, typed)
	}
}

// completeEnd completes one end.
func (g *globals) completeEnd(c *cobra.Command, namespace *string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return referring(c, func(ctx context.Context) []cobra.Completion {
		home := g.home()
		if namespace != nil && *namespace != "" {
			home = *namespace
		}
		return g.reference(ctx, home, typed)
	})
}

// home is the namespace of what is typed without one.
func (g *globals) home() string {
	home, err := g.namespace()
	if err != nil {
		return "default"
	}
	return home
}

// referring offers words that are references, or parts of them.
func referring(c *cobra.Command, find func(context.Context) []cobra.Completion) ([]cobra.Completion, cobra.ShellCompDirective) {
	words := bounded(c, find)
	directive := cobra.ShellCompDirectiveNoFileComp
	// A space comes after a finished word only. Shells have one rule for all the words they offer.
	if len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return !strings.HasSuffix(word(w), "/") }) {
		directive |= cobra.ShellCompDirectiveNoSpace
	}
	return words, directive
}

// word is a completion without its description.
func word(c cobra.Completion) string {
	text, _, _ := strings.Cut(c, "\t")
	return text
}

// bounded runs f for as long as a person waits, whatever f hangs on.
func bounded(c *cobra.Command, f func(context.Context) []cobra.Completion) []cobra.Completion {
	ctx, cancel := context.WithTimeout(c.Context(), completionTimeout)
	defer cancel()
	out := make(chan []cobra.Completion, 1)
	go func() { out <- f(ctx) }()
	select {
	case words := <-out:
		return words
	case <-ctx.Done():
		select {
		case words := <-out: // What was read until then is better than nothing.
			return words
		case <-time.After(completionTimeout / 10):
			return nil
		}
	}
}

// reference completes what is typed of [NAMESPACE/]TYPE/NAME[:PORT].
func (g *globals) reference(ctx context.Context, home, typed string) []cobra.Completion {
	if strings.Contains(typed, "=") {
		return nil
	}
	if object, _, ok := strings.Cut(typed, ":"); ok {
		return g.ports(ctx, home, object, typed)
	}
	switch parts := strings.Split(typed, "/"); len(parts) {
	case 1:
		return g.firstWord(ctx, home, typed)
	case 2:
		if kind, ok := reference.ParseKind(parts[0]); ok {
			return g.names(ctx, kind, home, parts[0]+"/", parts[1])
		}
		return types(parts[0]+"/", parts[1])
	case 3:
		if kind, ok := reference.ParseKind(parts[1]); ok && kind.Namespaced() {
			return g.names(ctx, kind, parts[0], parts[0]+"/"+parts[1]+"/", parts[2])
		}
	}
	return nil
}

// firstWord is a type, a pod's name, a namespace, or the internet.
func (g *globals) firstWord(ctx context.Context, home, typed string) []cobra.Completion {
	out := types("", typed)
	out = append(out, g.names(ctx, reference.Pod, home, "", typed)...)
	if typed == "" {
		return out // Everything is too much to read.
	}
	if strings.HasPrefix("internet", typed) {
		out = append(out, "internet\tany public address")
	}
	for _, ns := range g.names(ctx, reference.Namespace, "", "", typed) {
		if _, isType := reference.ParseKind(ns); !isType {
			out = append(out, ns+"/\tobjects of namespace "+ns)
		}
	}
	return out
}

// types are the kinds that an end may be, as the user has begun to write one:
// deploy/, but deployments/ for somebody who has come as far as "deployme".
// After a namespace only namespaced kinds can follow.
func types(namespace, typed string) []cobra.Completion {
	var out []cobra.Completion
	for _, kind := range reference.Kinds() {
		if namespace != "" && !kind.Namespaced() {
			continue
		}
		for _, name := range []string{kind.Short(), strings.ToLower(string(kind)), kinds.Resource(kind.Resource()).Plural()} {
			if strings.HasPrefix(name, strings.ToLower(typed)) {
				out = append(out, namespace+name+"/\t"+string(kind))
				break
			}
		}
	}
	return out
}

// names are the objects of a kind whose names begin as typed, each after prefix.
func (g *globals) names(ctx context.Context, kind reference.Kind, namespace, prefix, typed string) []cobra.Completion {
	if !kind.Namespaced() {
		namespace = ""
	}
	var out []cobra.Completion
	for _, name := range g.objects(ctx, kind, namespace) {
		if !strings.HasPrefix(name, typed) {
			continue
		}
		// A manifest may name an object as nothing can be named, and the pods of a workload have no names yet.
		if _, err := reference.Parse(prefix+name, "default"); err == nil {
			out = append(out, prefix+name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// objects are the names of a kind's objects: those in the manifests, or those
// that the API server lists. On a failure there are fewer, or none.
func (g *globals) objects(ctx context.Context, kind reference.Kind, namespace string) []string {
	if !g.offline() {
		live, err := live.New(g.config)
		if err != nil {
			return nil
		}
		names, _ := live.Names(ctx, kinds.ByType(string(kind)), namespace) // the names until then
		return names
	}
	m := g.read(ctx, namespace, nil)
	if m == nil {
		return nil
	}
	var out []string
	for _, n := range m.Names(kind) {
		if n.Namespace == namespace {
			out = append(out, n.Name)
		}
	}
	return out
}

// read reads what next asks for; nil when that fails. Standard input is the
// user's, and cannot be read twice.
func (g *globals) read(ctx context.Context, home string, next source.Planner) *model.Model {
	if slices.Contains(g.filenames, "-") {
		return nil
	}
	s, err := g.source(home)
	if err != nil {
		return nil
	}
	snap, err := s.Load(ctx, next)
	if err != nil {
		return nil
	}
	return model.New(snap)
}

// ports completes OBJECT: with the ports that the object has.
func (g *globals) ports(ctx context.Context, home, object, typed string) []cobra.Completion {
	r, err := reference.Parse(object, home)
	if err != nil || r.Form != reference.FormObject {
		return nil
	}
	m := g.read(ctx, home, func(s *snapshot.Snapshot) []snapshot.Need { return portNeeds(s, r) })
	if m == nil {
		return nil
	}
	// What the ports of one number are called: dns/UDP, dns-tcp/TCP.
	called := map[uint16][]string{}
	for _, p := range portsOf(m, r) {
		text := string(p.Protocol)
		if p.Name != "" {
			text = p.Name + "/" + text
		}
		if !slices.Contains(called[p.Port], text) {
			called[p.Port] = append(called[p.Port], text)
		}
	}
	var out []cobra.Completion
	for _, number := range slices.Sorted(maps.Keys(called)) {
		if text := object + ":" + strconv.Itoa(int(number)); strings.HasPrefix(text, typed) {
			out = append(out, fmt.Sprintf("%s\t%s", text, strings.Join(called[number], ", ")))
		}
	}
	return out
}

// portNeeds asks for the object itself, and for what its ports depend on.
func portNeeds(s *snapshot.Snapshot, r reference.Reference) []snapshot.Need {
	get := snapshot.Need{Resource: model.ResourceOf(r.Kind), Namespace: r.Namespace, Name: r.Name}
	switch {
	case frontdoor.IsDoor(r.Kind):
		return doorPortNeeds(s, r)
	case r.Kind != reference.Pod && r.Kind != reference.Service && !r.Kind.IsWorkload():
		return nil
	case !s.Tried(get):
		return []snapshot.Need{get}
	}
	w := s.Workload(string(r.Kind), snapshot.Name{Namespace: r.Namespace, Name: r.Name})
	if w == nil || len(w.Selector) == 0 {
		return nil
	}
	pods := snapshot.Need{Resource: snapshot.Pods, Namespace: r.Namespace, Labels: labels.Set(w.Selector).String()}
	if s.Tried(pods) {
		return nil
	}
	return []snapshot.Need{pods}
}

// portsOf are the ports that an object declares, of a Service its own.
func portsOf(m *model.Model, r reference.Reference) []snapshot.ContainerPort {
	name := snapshot.Name{Namespace: r.Namespace, Name: r.Name}
	var pods []*snapshot.Pod
	switch {
	case frontdoor.IsDoor(r.Kind):
		return doorPorts(m, r)
	case r.Kind == reference.Service:
		var out []snapshot.ContainerPort
		if s := m.Service(name); s != nil {
			for _, p := range s.Ports {
				out = append(out, snapshot.ContainerPort{Name: p.Name, Protocol: p.Protocol, Port: p.Port})
			}
		}
		return out
	case r.Kind == reference.Pod:
		if p := m.Pod(name); p != nil {
			pods = append(pods, p)
		}
	case r.Kind.IsWorkload():
		pods = m.Owned(string(r.Kind), name)
		if w := m.Workload(string(r.Kind), name); len(pods) == 0 && w != nil && len(w.Selector) > 0 {
			pods = m.Selected(r.Namespace, w.Selector) // what is in between was not read
		}
	}
	var out []snapshot.ContainerPort
	for _, p := range pods {
		out = append(out, p.Ports...)
	}
	return out
}

// completeNamespaces completes the value of a flag that is a namespace.
func (g *globals) completeNamespaces(c *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return bounded(c, func(ctx context.Context) []cobra.Completion {
		return g.names(ctx, reference.Namespace, "", "", typed)
	}), cobra.ShellCompDirectiveNoFileComp
}

// completeConfig completes the value of a flag that names a part of the kubeconfig.
func (g *globals) completeConfig(names func(*clientcmdapi.Config) []string) completion {
	return func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		config, err := g.config.ToRawKubeConfigLoader().RawConfig()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		out := slices.DeleteFunc(names(&config), func(name string) bool { return !strings.HasPrefix(name, typed) })
		slices.Sort(out)
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}

// registerController completes --controller of a command that has it.
func (g *globals) registerController(c *cobra.Command) {
	if c.Flags().Lookup("controller") != nil {
		cobra.CheckErr(c.RegisterFlagCompletionFunc("controller", func(c *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return g.completeEnd(c, nil, typed)
		}))
	}
}

// registerCompletions completes the values of the flags that every command has.
func (g *globals) registerCompletions(root *cobra.Command) {
	for flag, complete := range map[string]completion{
		"namespace": g.completeNamespaces,
		"context": g.completeConfig(func(c *clientcmdapi.Config) []string {
			return slices.Collect(maps.Keys(c.Contexts))
		}),
		"cluster": g.completeConfig(func(c *clientcmdapi.Config) []string {
			return slices.Collect(maps.Keys(c.Clusters))
		}),
		"user": g.completeConfig(func(c *clientcmdapi.Config) []string {
			return slices.Collect(maps.Keys(c.AuthInfos))
		}),
	} {
		cobra.CheckErr(root.RegisterFlagCompletionFunc(flag, complete))
	}
	cobra.CheckErr(root.MarkPersistentFlagFilename("filename", "json", "yaml", "yml"))
	cobra.CheckErr(root.MarkPersistentFlagDirname("kustomize"))
	for _, c := range root.Commands() {
		g.registerController(c)
		for _, sub := range c.Commands() {
			g.registerController(sub)
		}
		if c.ValidArgsFunction == nil {
			c.ValidArgsFunction = cobra.NoFileCompletions
		}
	}
	root.ValidArgsFunction = cobra.NoFileCompletions
}
