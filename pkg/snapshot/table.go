package snapshot

import (
	"maps"
	"slices"
)

// table holds objects by key. A Builder and the Snapshots that it made, or began
// with, share one until the Builder changes it: what a cluster of 150,000 pods
// looks like with one policy more costs a copy of the policies, and of no pod.
type table[K comparable, V any] struct {
	by map[K]V
	// list is what by holds, in the order of its keys; nil until it is asked for.
	list []V
	// shared: a Snapshot holds by as well, so that it must not be written to.
	shared bool
}

func (t *table[K, V]) put(key K, v V) {
	t.write()
	t.by[key] = v
}

func (t *table[K, V]) delete(key K) {
	if _, ok := t.by[key]; ok {
		t.write()
		delete(t.by, key)
	}
}

func (t *table[K, V]) deleteFunc(drop func(K, V) bool) {
	for key, v := range t.by {
		if drop(key, v) {
			t.delete(key)
		}
	}
}

// write makes the table the Builder's own.
func (t *table[K, V]) write() {
	switch {
	case t.by == nil:
		t.by = map[K]V{}
	case t.shared:
		t.by = maps.Clone(t.by)
	}
	t.list, t.shared = nil, false
}

// share returns the table for a Snapshot, which never changes it.
func (t *table[K, V]) share(compare func(K, K) int) table[K, V] {
	if t.list == nil {
		t.list = sortedFunc(t.by, compare)
	}
	t.shared = true
	return *t
}

func sortedFunc[K comparable, V any](m map[K]V, compare func(K, K) int) []V {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compare)
	out := make([]V, len(keys))
	for i, k := range keys {
		out[i] = m[k]
	}
	return out
}
