package manifest

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// Labels remembers the labels that it has found valid: a big input repeats them.
type Labels struct {
	valid map[[2]string]bool
	// Open: values that a controller is yet to make up may be among them, as in a
	// recorded state.
	Open bool
}

// Check is nil for labels that an object may have at path.
func (c *Labels) Check(o *Object, labels map[string]string, path string) error {
	var bad []string
	for key, value := range labels {
		pair := [2]string{key, value}
		if c.valid[pair] {
			continue
		}
		if prefix, open := selector.OpenValue(value); open && c.Open {
			value = strings.TrimRight(prefix, "-")
		}
		if len(validation.IsQualifiedName(key)) > 0 || len(validation.IsValidLabelValue(value)) > 0 {
			bad = append(bad, key)
			continue
		}
		if c.valid == nil {
			c.valid = map[[2]string]bool{}
		}
		c.valid[pair] = true
	}
	if len(bad) == 0 {
		return nil
	}
	key := slices.Min(bad)
	return o.At(Join(path, key), "%s: %s: %q: %q is not a valid label", o.Title(), path, key, labels[key])
}
