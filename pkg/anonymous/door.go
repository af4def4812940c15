package anonymous

import (
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/settings"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// programs are what controllers were told, with the new names of what it names.
func (n *Names) programs(of []snapshot.Program) []snapshot.Program {
	var out []snapshot.Program
	for _, p := range of {
		if !settings.Likely(p.Image, nil) {
			p.Image = "" // a name that tells nothing of a controller
		} else {
			p.Image = settings.PublicName(p.Image)
		}
		p.Args = mapped(p.Args, n.argument)
		p.Env = slices.Clone(p.Env)
		for i := range p.Env {
			v := &p.Env[i]
			names := settings.Names(v.Name)
			for _, a := range p.Args {
				if names == settings.Nothing && settings.RefersTo(a, v.Name) {
					names = settings.Names(settings.Option(a))
				}
			}
			switch names {
			case settings.Namespaces:
				v.Value = n.list(v.Value, n.Namespace)
			case settings.Objects:
				v.Value = n.list(v.Value, n.namespaced)
			case settings.Labels:
				v.Value = n.Selector(v.Value)
			case settings.Nothing:
			}
		}
		out = append(out, p)
	}
	return out
}

// argument is an option with the new names in its value.
func (n *Names) argument(old string) string {
	name, value, joined := strings.Cut(old, "=")
	if !joined || strings.Contains(value, "$(") {
		return old
	}
	switch settings.Names(settings.Option(old)) {
	case settings.Namespaces:
		value = n.list(value, n.Namespace)
	case settings.Objects:
		value = n.list(value, n.namespaced)
	case settings.Labels:
		value = n.Selector(value)
	case settings.Nothing:
	}
	return name + "=" + value
}

func (n *Names) list(old string, each func(string) string) string {
	if old == "" {
		return ""
	}
	return strings.Join(mapped(strings.Split(old, ","), each), ",")
}

// namespaced is NAMESPACE/NAME of a Service or ConfigMap; ConfigMaps keep their names,
// and of a Service that stands here alone nothing else is asked.
func (n *Names) namespaced(old string) string {
	ns, name, ok := strings.Cut(old, "/")
	if !ok {
		return old
	}
	return n.Namespace(ns) + "/" + name
}

// config is a ConfigMap's data as far as controllers read it.
func (n *Names) config(data map[string]string) map[string]string {
	return settings.RenameConfig(data, settings.Renaming{
		Namespace: n.Namespace, Service: func(service string) string { return n.Object("Service", service) }, Selector: n.Selector, URL: n.settings,
	})
}
