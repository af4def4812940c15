package query

import (
	"github.com/kubectl-netguard/netguard/pkg/policy"
)

// values numbers what policies let through. A set is what is admitted under one
// behaviour of network plugins; a value is a set for each behaviour that counts.
type values struct {
	sets   []policy.Admitted
	setIDs map[policy.Admitted]int32
	list   [][]int32
	ids    map[string]int32
}

// The numbers of the values, and of the sets, that are nothing and everything.
const (
	none int32 = iota
	all
)

// newValues numbers the two that always are.
func newValues(behaviours int) *values {
	v := &values{setIDs: map[policy.Admitted]int32{}, ids: map[string]int32{}}
	sum := make([]policy.Admitted, behaviours)
	v.of(sum)
	for i := range sum {
		sum[i] = policy.Everything()
	}
	v.of(sum)
	return v
}

func (v *values) set(a policy.Admitted) int32 {
	id, ok := v.setIDs[a]
	if !ok {
		id = int32(len(v.sets))
		v.setIDs[a] = id
		v.sets = append(v.sets, a)
	}
	return id
}

// of is the number of a value.
func (v *values) of(sets []policy.Admitted) int32 {
	vector := make([]int32, len(sets))
	key := make([]byte, 0, 32)
	for i, s := range sets {
		vector[i] = v.set(s)
		key = append(key, byte(vector[i]), byte(vector[i]>>8), byte(vector[i]>>16), byte(vector[i]>>24))
	}
	id, ok := v.ids[string(key)]
	if !ok {
		id = int32(len(v.list))
		v.ids[string(key)] = id
		v.list = append(v.list, vector)
	}
	return id
}

// change is a value with each of its sets changed.
func (v *values) change(value int32, to func(behaviour int, a policy.Admitted) policy.Admitted) int32 {
	sets := make([]policy.Admitted, len(v.list[value]))
	for i, id := range v.list[value] {
		sets[i] = to(i, v.sets[id])
	}
	return v.of(sets)
}

// meet is the set that both sides of a connection let through. Where several
// behaviours count, it is certain only if it is so under each of them.
func (v *values) meet(a, b int32) int32 {
	var out policy.Admitted
	for i := range v.list[a] {
		s := intersect(v.sets[v.list[a][i]], v.sets[v.list[b][i]])
		if i == 0 {
			out = s
			continue
		}
		out = bothWays(out, s)
	}
	return v.set(out)
}

// bothWays is what is let through where it is not known which of two holds.
func bothWays(a, b policy.Admitted) policy.Admitted {
	return policy.Admitted{Certain: a.Certain.Intersect(b.Certain), Possible: a.Possible.Union(b.Possible)}
}

func intersect(a, b policy.Admitted) policy.Admitted {
	return policy.Admitted{Certain: a.Certain.Intersect(b.Certain), Possible: a.Possible.Intersect(b.Possible)}
}
