package selector

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// FuzzAgainstLabels: a compiled selector matches what apimachinery's matches, its
// text selects the same, and with labels partly known it never guesses.
func FuzzAgainstLabels(f *testing.F) {
	for i := range 64 {
		f.Add([]byte{byte(i), byte(i * 7), byte(i * 3), 1, 2, byte(i), 3, 4, byte(i * 5), 0, 1, 2})
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		next := func(n int) int {
			if len(data) == 0 {
				return 0
			}
			b := int(data[0])
			data = data[1:]
			return b % n
		}
		keys, values := []string{"app", "a/b", "kubernetes.io/metadata.name"}, []string{"", "a", "b", "A-1"}
		in := &metav1.LabelSelector{}
		for range next(3) {
			if in.MatchLabels == nil {
				in.MatchLabels = map[string]string{}
			}
			in.MatchLabels[keys[next(3)]] = values[next(4)]
		}
		for range next(4) {
			r := metav1.LabelSelectorRequirement{Key: keys[next(3)], Operator: []metav1.LabelSelectorOperator{"In", "NotIn", "Exists", "DoesNotExist", "Gt"}[next(5)]}
			for range next(3) {
				r.Values = append(r.Values, values[next(4)])
			}
			in.MatchExpressions = append(in.MatchExpressions, r)
		}
		set := map[string]string{}
		for range next(4) {
			set[keys[next(3)]] = values[next(4)]
		}

		want, wantErr := metav1.LabelSelectorAsSelector(in)
		got, err := Compile(in)
		if (err != nil) != (wantErr != nil) {
			t.Fatalf("Compile(%v): %v; apimachinery: %v", in, err, wantErr)
		}
		if err != nil {
			return
		}
		result := got.Match(Known(set))
		if result == Undetermined || (result == Yes) != want.Matches(labels.Set(set)) {
			t.Errorf("%v on %v: %v, apimachinery %v", in, set, result, want.Matches(labels.Set(set)))
		}
		parsed, err := labels.Parse(got.String())
		if err != nil || parsed.Matches(labels.Set(set)) != want.Matches(labels.Set(set)) {
			t.Errorf("%v as text %q selects otherwise (%v)", in, got.String(), err)
		}
		if got.Empty() != want.Empty() {
			t.Errorf("%v: Empty is %v", in, got.Empty())
		}
		explained, failed := got.Explain(Known(set))
		if explained != result || (failed == nil) != (result == Yes) || (got.Failed(Known(set)) == 0) != (result == Yes) {
			t.Errorf("%v on %v: Explain says %v %v", in, set, explained, failed)
		}

		// Hide a label: the answer may only become open, and it must, where both
		// answers are possible.
		hidden := keys[next(3)]
		partial := Labels{Set: map[string]string{}, Partial: true}
		for k, v := range set {
			if k != hidden {
				partial.Set[k] = v
			}
		}
		open := got.Match(partial)
		if open != Undetermined && open != result {
			t.Errorf("%v on %v without %s: %v, and with it %v", in, set, hidden, open, result)
		}
		possible := completions(want, partial.Set, keys, append(values, "other"))
		if open == Undetermined && len(possible) == 1 && len(got.Requirements()) == 1 {
			t.Errorf("%v on %v: open, though every completion says %v", in, partial.Set, possible)
		}
	})
}

// completions are the answers for all labels that the known ones may be part of.
func completions(s labels.Selector, known map[string]string, keys, values []string) []bool {
	answers := map[bool]bool{}
	var walk func(i int, set labels.Set)
	walk = func(i int, set labels.Set) {
		if i == len(keys) {
			answers[s.Matches(set)] = true
			return
		}
		if v, ok := known[keys[i]]; ok {
			set[keys[i]] = v
			walk(i+1, set)
			delete(set, keys[i])
			return
		}
		walk(i+1, set)
		for _, v := range values {
			set[keys[i]] = v
			walk(i+1, set)
			delete(set, keys[i])
		}
	}
	walk(0, labels.Set{})
	var out []bool
	for a := range answers {
		out = append(out, a)
	}
	return out
}
