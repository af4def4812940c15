package connset_test

import (
	"encoding/json"
	"math/big"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/connset"
)

// bits is the naive set: one bit for each protocol and port.
type bits = *big.Int

func bitOf(p int, port int) int { return p<<16 | port }

// decode reads operations of six bytes each: which set, which protocol, first, last. It returns three sets, built by
// Union, and the same built bit by bit.
func decode(data []byte) (sets [3]connset.Set, naive [3]bits) {
	for i := range naive {
		naive[i] = new(big.Int)
	}
	for ; len(data) >= 6; data = data[6:] {
		which, slot := int(data[0])%3, int(data[1])%3
		first, last := uint16(data[2])<<8|uint16(data[3]), uint16(data[4])<<8|uint16(data[5])
		sets[which] = sets[which].Union(connset.Of(connset.Protocols()[slot], first, last))
		if first = max(first, 1); first <= last {
			run := new(big.Int).Lsh(big.NewInt(1), uint(last-first)+1)
			run.Sub(run, big.NewInt(1))
			naive[which].Or(naive[which], run.Lsh(run, uint(bitOf(slot, int(first)))))
		}
	}
	return sets, naive
}

// bitsOf spells a set out from its ranges, and fails if they are not canonical.
func bitsOf(t *testing.T, s connset.Set) bits {
	t.Helper()
	out := new(big.Int)
	for slot, p := range connset.Protocols() {
		before := -1
		for _, r := range s.Ranges(p) {
			if int(r.First) <= before+1 || r.Last < r.First || r.First == 0 {
				t.Fatalf("%s ranges are not canonical: %v", p, s.Ranges(p))
			}
			before = int(r.Last)
			for port := int(r.First); port <= int(r.Last); port++ {
				out.SetBit(out, bitOf(slot, port), 1)
			}
		}
	}
	return out
}

func FuzzLaws(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 0, 0, 80, 0, 80, 1, 0, 0, 0, 0xff, 0xff, 2, 1, 0, 53, 0, 53})
	f.Add([]byte{0, 0, 0, 80, 0, 90, 1, 0, 0, 85, 0, 95, 2, 0, 0, 91, 0, 91, 0, 2, 0, 1, 0xff, 0xff, 1, 2, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{0, 0, 0, 1, 0, 9, 0, 0, 0, 11, 0, 19, 1, 0, 0, 10, 0, 10, 2, 0, 0, 0, 0, 0, 2, 0, 0, 9, 0, 3})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 6*24 {
			return
		}
		sets, naive := decode(data)
		a, b, c := sets[0], sets[1], sets[2]
		all, none := connset.All(), connset.Empty()
		not := func(s connset.Set) connset.Set { return all.Subtract(s) }

		for i := range sets {
			if bitsOf(t, sets[i]).Cmp(naive[i]) != 0 {
				t.Fatalf("%v does not match the bitmap", sets[i])
			}
		}
		same := func(law string, got, want connset.Set) {
			t.Helper()
			if !got.Equal(want) || got != want {
				t.Errorf("%s: %v is not %v, with a = %v, b = %v, c = %v", law, got, want, a, b, c)
			}
		}
		same("a∪b = b∪a", a.Union(b), b.Union(a))
		same("a∩b = b∩a", a.Intersect(b), b.Intersect(a))
		same("a∪(b∪c) = (a∪b)∪c", a.Union(b.Union(c)), a.Union(b).Union(c))
		same("a∩(b∩c) = (a∩b)∩c", a.Intersect(b.Intersect(c)), a.Intersect(b).Intersect(c))
		same("a∩(b∪c) = a∩b ∪ a∩c", a.Intersect(b.Union(c)), a.Intersect(b).Union(a.Intersect(c)))
		same("a∪(b∩c) = a∪b ∩ a∪c", a.Union(b.Intersect(c)), a.Union(b).Intersect(a.Union(c)))
		same("¬(a∪b) = ¬a∩¬b", not(a.Union(b)), not(a).Intersect(not(b)))
		same("¬(a∩b) = ¬a∪¬b", not(a.Intersect(b)), not(a).Union(not(b)))
		same("¬¬a = a", not(not(a)), a)
		same("a−b = a∩¬b", a.Subtract(b), a.Intersect(not(b)))
		same("a∪a = a", a.Union(a), a)
		same("a∪(a∩b) = a", a.Union(a.Intersect(b)), a)
		same("a∪∅ = a", a.Union(none), a)
		same("a∩U = a", a.Intersect(all), a)
		same("a∪U = U", a.Union(all), all)
		same("a∩∅ = ∅", a.Intersect(none), none)
		same("a−a = ∅", a.Subtract(a), none)
		same("(a−b)∪(a∩b) = a", a.Subtract(b).Union(a.Intersect(b)), a)

		match := func(name string, got connset.Set, want bits) {
			t.Helper()
			if bitsOf(t, got).Cmp(want) != 0 {
				t.Errorf("%s = %v does not match the bitmap, with a = %v, b = %v", name, got, a, b)
			}
		}
		match("a∪b", a.Union(b), new(big.Int).Or(naive[0], naive[1]))
		match("a∩b", a.Intersect(b), new(big.Int).And(naive[0], naive[1]))
		match("a−b", a.Subtract(b), new(big.Int).AndNot(naive[0], naive[1]))
		if got, want := a.ContainsAll(b), b.Subtract(a).IsEmpty(); got != want {
			t.Errorf("ContainsAll = %v but b−a = %v", got, b.Subtract(a))
		}
		for slot, p := range connset.Protocols() {
			for _, r := range append(a.Ranges(p), b.Ranges(p)...) {
				for _, port := range []uint16{r.First - 1, r.First, r.Last, r.Last + 1} {
					if got, want := a.Contains(p, port), naive[0].Bit(bitOf(slot, int(port))) == 1; got != want {
						t.Errorf("%v contains %s %d: %v", a, p, port, got)
					}
				}
			}
		}

		text, err := json.Marshal(a)
		var back connset.Set
		if err != nil || json.Unmarshal(text, &back) != nil || back != a {
			t.Errorf("%v became %s (%v) became %v", a, text, err, back)
		}
		for i := range sets { // no operation changed its operands
			if bitsOf(t, sets[i]).Cmp(naive[i]) != 0 {
				t.Errorf("operand %d has changed to %v", i, sets[i])
			}
		}
	})
}

func FuzzUnmarshal(f *testing.F) {
	f.Add(`[{"protocol":"TCP","port":80,"endPort":90},{"protocol":"UDP"}]`)
	f.Add(`[{"protocol":"TCP","port":80}] []`)
	f.Add(`null`)
	f.Fuzz(func(t *testing.T, text string) {
		var s, back connset.Set
		if s.UnmarshalJSON([]byte(text)) != nil {
			return
		}
		bitsOf(t, s)
		out, err := json.Marshal(s)
		if err != nil || json.Unmarshal(out, &back) != nil || back != s {
			t.Errorf("%q read as %v, written as %s (%v), read as %v", text, s, out, err, back)
		}
	})
}
