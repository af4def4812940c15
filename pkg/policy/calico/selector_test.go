package calico

import (
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/selector"
)

func TestSelectors(t *testing.T) {
	labels := map[string]string{"app": "web", "x.io/tier": "back-end"}
	own := func(key string) (string, bool, bool) {
		v, has := labels[key]
		return v, has, key != "unread"
	}
	for text, want := range map[string]selector.Result{
		"":                             selector.Yes,
		"all()":                        selector.Yes,
		"app == 'web'":                 selector.Yes,
		`app=="web"`:                   selector.Yes,
		"app != 'web'":                 selector.No,
		"nope != 'web'":                selector.Yes,
		"has(app) && !has(nope)":       selector.Yes,
		"app in {'db', 'web'}":         selector.Yes,
		"app not in {'db'}":            selector.Yes,
		"nope not in {'db'}":           selector.Yes,
		"nope in {'db'}":               selector.No,
		"x.io/tier starts with 'back'": selector.Yes,
		"x.io/tier ends with 'end'":    selector.Yes,
		"x.io/tier contains 'k-e'":     selector.Yes,
		"nope contains ''":             selector.No,
		"app == 'db' || x.io/tier in {'back-end'} && !(app == 'db')": selector.Yes,
		"!app == 'web'":                 selector.No,
		"unread == 'x'":                 selector.Undetermined,
		"unread == 'x' || app == 'web'": selector.Yes,
		"unread == 'x' && app == 'db'":  selector.No,
	} {
		e, err := parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := e(own); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	for _, text := range []string{"app", "app ==", "app == web", "app == 'web", "(all()", "all() all()", "in {'a'}", "app in 'a'", "app in {'a'", "&& all()", "has()", "app starts 'x'"} {
		if _, err := parse(text); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}

// Whatever stands in a selector, it is parsed or refused.
func FuzzParse(f *testing.F) {
	f.Add("app in {'web', 'x'} && tier == 'back' || !has(nope)")
	f.Fuzz(func(_ *testing.T, text string) {
		if e, err := parse(text); err == nil {
			e(func(string) (string, bool, bool) { return "", false, true })
		}
	})
}
