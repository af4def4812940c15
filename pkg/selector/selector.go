package selector

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Result is the outcome of a match. The zero value is Undetermined.
type Result uint8

// Results of a match.
const (
	Undetermined Result = iota
	No
	Yes
)

// Labels are an object's labels. With Partial set, other labels may exist that
// were not read, so that an absent key proves nothing.
type Labels struct {
	Set     map[string]string
	Partial bool
	// Not are selectors that the labels are known not to match, although they
	// were not read: the server has been asked for all objects that do.
	Not []Selector
}

// Known wraps completely known labels.
func Known(set map[string]string) Labels { return Labels{Set: set} }

// Open is the last character of a label's value that a controller is yet to make up, and
// which no real value may have: "nightly-*" begins like that, and "*" is any.
const Open = "*"

// OpenValue tells whether a label's value is not known yet, and how it begins.
func OpenValue(value string) (prefix string, open bool) { return strings.CutSuffix(value, Open) }

// Includes tells whether labels that are not known beforehand, too, may be those that a
// Service selects.
func Includes(labels, set map[string]string) bool {
	for k, want := range set {
		got, ok := labels[k]
		if prefix, open := OpenValue(got); open && strings.HasPrefix(want, prefix) {
			continue
		}
		if !ok || got != want {
			return false
		}
	}
	return true
}

// Requirement is one clause of a selector: a matchLabels entry or a
// matchExpressions item.
type Requirement struct {
	// Path of the clause below the selector: matchLabels.app or matchExpressions[0].
	Path     string
	Key      string
	Operator metav1.LabelSelectorOperator
	Values   []string
	// Plain marks a matchLabels entry.
	Plain bool
}

// Selector is a compiled metav1.LabelSelector: all requirements must hold; with
// none it selects everything.
type Selector struct{ requirements []Requirement }

// Everything selects every object, as the empty selector does.
func Everything() Selector { return Selector{} }

// Compile checks a label selector the way the API server validates it
// (apimachinery, metav1.LabelSelectorAsSelector) and orders its requirements:
// matchLabels by key, then matchExpressions as written.
func Compile(in *metav1.LabelSelector) (Selector, error) {
	if in == nil {
		return Selector{}, fmt.Errorf("selector is absent")
	}
	if _, err := metav1.LabelSelectorAsSelector(in); err != nil {
		return Selector{}, err
	}
	var s Selector
	for _, key := range slices.Sorted(maps.Keys(in.MatchLabels)) {
		s.requirements = append(s.requirements, Requirement{
			Path: "matchLabels." + key, Key: key, Operator: metav1.LabelSelectorOpIn,
			Values: []string{in.MatchLabels[key]}, Plain: true,
		})
	}
	for i, e := range in.MatchExpressions {
		values := slices.Clone(e.Values)
		sort.Strings(values)
		s.requirements = append(s.requirements, Requirement{
			Path: fmt.Sprintf("matchExpressions[%d]", i), Key: e.Key, Operator: e.Operator, Values: values,
		})
	}
	return s, nil
}

// OfSet returns the selector whose matchLabels are set, as a Service's selector is.
func OfSet(set map[string]string) Selector {
	var s Selector
	for _, key := range slices.Sorted(maps.Keys(set)) {
		s.requirements = append(s.requirements, Requirement{
			Path: "matchLabels." + key, Key: key, Operator: metav1.LabelSelectorOpIn, Values: []string{set[key]}, Plain: true,
		})
	}
	return s
}

// Empty reports whether the selector selects everything.
func (s Selector) Empty() bool { return len(s.requirements) == 0 }

// Requirements returns the compiled clauses; callers must not modify them.
func (s Selector) Requirements() []Requirement { return s.requirements }

// Match tells whether labels satisfy the selector.
func (s Selector) Match(labels Labels) Result {
	result, _ := s.Explain(labels)
	return result
}

// Explain is Match with the first requirement that is failed for certain, or
// else the first that cannot be determined; nil when the result is Yes.
func (s Selector) Explain(labels Labels) (Result, *Requirement) {
	for i := range labels.Not {
		if s.same(&labels.Not[i]) {
			return No, s.whole()
		}
	}
	var open *Requirement
	for i := range s.requirements {
		r := &s.requirements[i]
		switch r.match(labels) {
		case No:
			return No, r
		case Undetermined:
			if open == nil {
				open = r
			}
		case Yes:
		}
	}
	if open != nil {
		return Undetermined, open
	}
	return Yes, nil
}

// same reports whether two selectors are written alike.
func (s Selector) same(o *Selector) bool {
	return slices.EqualFunc(s.requirements, o.requirements, func(a, b Requirement) bool {
		return a.Key == b.Key && a.Operator == b.Operator && slices.Equal(a.Values, b.Values)
	})
}

// Contradicts reports whether no labels can match both selectors, as far as their
// matchLabels tell.
func (s Selector) Contradicts(o Selector) bool {
	for i := range s.requirements {
		for j := range o.requirements {
			a, b := &s.requirements[i], &o.requirements[j]
			if a.Plain && b.Plain && a.Key == b.Key && a.Values[0] != b.Values[0] {
				return true
			}
		}
	}
	return false
}

// whole stands for a requirement that fails, where it is not known which. A
// selector without any matches everything, and is never one of [Labels.Not].
func (s Selector) whole() *Requirement {
	if len(s.requirements) == 1 {
		return &s.requirements[0]
	}
	return &Requirement{Key: s.String(), Operator: metav1.LabelSelectorOpExists}
}

// Failed counts the requirements that labels do not satisfy for certain.
func (s Selector) Failed(labels Labels) int {
	n := 0
	for i := range s.requirements {
		if s.requirements[i].match(labels) == No {
			n++
		}
	}
	return n
}

// match follows labels.Requirement.Matches: In and Exists need the key; NotIn
// and DoesNotExist hold where the key is absent.
func (r *Requirement) match(labels Labels) Result {
	value, has := labels.Set[r.Key]
	if !has && labels.Partial {
		return Undetermined
	}
	if prefix, open := OpenValue(value); open && has {
		switch r.Operator {
		case metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn:
			if slices.ContainsFunc(r.Values, func(v string) bool { return strings.HasPrefix(v, prefix) }) {
				return Undetermined
			}
		default:
		}
	}
	var ok bool
	switch r.Operator {
	case metav1.LabelSelectorOpIn:
		ok = has && slices.Contains(r.Values, value)
	case metav1.LabelSelectorOpNotIn:
		ok = !has || !slices.Contains(r.Values, value)
	case metav1.LabelSelectorOpExists:
		ok = has
	case metav1.LabelSelectorOpDoesNotExist:
		ok = !has
	}
	if ok {
		return Yes
	}
	return No
}

// String is the requirement as kubectl -l takes it.
func (r Requirement) String() string {
	switch r.Operator {
	case metav1.LabelSelectorOpIn:
		if len(r.Values) == 1 {
			return r.Key + "=" + r.Values[0]
		}
		return r.Key + " in (" + strings.Join(r.Values, ",") + ")"
	case metav1.LabelSelectorOpNotIn:
		if len(r.Values) == 1 {
			return r.Key + "!=" + r.Values[0]
		}
		return r.Key + " notin (" + strings.Join(r.Values, ",") + ")"
	case metav1.LabelSelectorOpExists:
		return r.Key
	case metav1.LabelSelectorOpDoesNotExist:
		return "!" + r.Key
	}
	return r.Key
}

// String is the selector as kubectl -l takes it; "" selects everything.
func (s Selector) String() string {
	parts := make([]string, len(s.requirements))
	for i, r := range s.requirements {
		parts[i] = r.String()
	}
	return strings.Join(parts, ",")
}
