package calico

import (
	"fmt"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/policy/fields"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// condition compiles a selector and a namespaceSelector. In a namespaced policy selectors
// mean its own namespace, unless a namespaceSelector says otherwise; a notSelector alone
// does so, too (libcalico-go/lib/backend/syncersv1/updateprocessors/rules.go).
func (c *compiler) condition(o *fields.Object, key, namespaceKey string, subject bool) *policy.Condition {
	text, namespaces := o.Text(key), ""
	if !subject || c.home == "" {
		namespaces = o.Text(namespaceKey)
	}
	if text == "" && namespaces == "" && !subject && (c.home == "" || !o.Has("notSelector")) {
		return nil
	}
	return c.conditionOf(o, key, text, namespaces, c.home != "")
}

// conditionOf is the condition of a selector, in selected namespaces or, where none are
// selected, at home.
func (c *compiler) conditionOf(o *fields.Object, key, text, namespaces string, atHome bool) *policy.Condition {
	pods, err := parse(text)
	if err != nil {
		o.Fail(o.At(key), "is no selector: %v", err)
		return nil
	}
	in, err := parse(namespaces)
	if err != nil {
		o.Fail(o.At("namespaceSelector"), "is no selector: %v", err)
		return nil
	}
	home := c.home
	global := strings.TrimSpace(namespaces) == "global()"
	matches := func(namespace string, labels selector.Labels, own lookup) selector.Result {
		switch {
		case global && namespace != "", namespaces != "" && !global && namespace == "", namespaces == "" && atHome && namespace != home:
			return selector.No
		}
		place := selector.Yes
		if namespaces != "" && !global {
			place = in(namespaceLookup(namespace, labels))
		}
		if place == selector.No {
			return selector.No
		}
		return most(place, pods(own), selector.No)
	}
	out := &policy.Condition{Labels: func(e *policy.Endpoint) selector.Result {
		return matches(e.Namespace, e.NamespaceLabels, podLookup(e))
	}}
	out.Text = fmt.Sprintf("%s %s", key, orAll(text))
	if namespaces != "" {
		out.Text += " namespaceSelector " + namespaces
	} else if atHome {
		out.Text += " in namespace " + home
	}
	for _, s := range c.sets {
		var reader fields.Reader
		own := func(key string) (string, bool, bool) {
			if key == "projectcalico.org/namespace" && s.Namespace != "" {
				return s.Namespace, true, true
			}
			v, has := s.Labels[key]
			return v, has, true
		}
		if matches(s.Namespace, c.labels(s.Namespace), own) != selector.Yes {
			continue
		}
		out.Sets = append(out.Sets, nets(reader.Object("spec", s.Spec), "nets")...)
	}
	return out
}

func orAll(text string) string {
	if text == "" {
		return "all()"
	}
	return text
}

// podLookup finds the labels of a pod, with those that Calico gives it.
func podLookup(e *policy.Endpoint) lookup {
	return func(key string) (string, bool, bool) {
		switch {
		case key == "projectcalico.org/namespace":
			return e.Namespace, true, true
		case key == "projectcalico.org/orchestrator":
			return "k8s", true, true
		case key == "projectcalico.org/serviceaccount", strings.HasPrefix(key, "pcsa."):
			return "", false, false
		case strings.HasPrefix(key, "pcns."):
			return namespaceLookup(e.Namespace, e.NamespaceLabels)(strings.TrimPrefix(key, "pcns."))
		}
		v, has := e.Labels.Set[key]
		return v, has, has || !e.Labels.Partial
	}
}

// namespaceLookup finds the labels of a namespace; Calico adds its name.
func namespaceLookup(name string, labels selector.Labels) lookup {
	return func(key string) (string, bool, bool) {
		if key == "projectcalico.org/name" || key == "projectcalico.org/namespace" {
			return name, true, true
		}
		v, has := labels.Set[key]
		return v, has, has || !labels.Partial
	}
}
