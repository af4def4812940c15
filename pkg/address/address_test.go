package address_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/address"
)

// block reads "10.0.0.0/8 except 10.1.0.0/16, 10.2.0.0/16".
func block(text string) address.Block {
	prefix, except, _ := strings.Cut(text, " except ")
	return address.Block{Prefix: netip.MustParsePrefix(prefix), Except: list(except)}
}

func list(text string) (out []netip.Prefix) {
	for _, p := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

func TestCanonical(t *testing.T) {
	for in, want := range map[string]string{
		"10.1.2.3/8": "10.0.0.0/8", "::ffff:10.1.2.3/104": "10.0.0.0/8", "::ffff:10.1.2.3/128": "10.1.2.3/32",
		"::ffff:0.0.0.0/96": "0.0.0.0/0", "::ffff:0.0.0.0/95": "::fffe:0:0/95", "fd00::1/8": "fd00::/8",
	} {
		if got := address.Canonical(netip.MustParsePrefix(in)); got.String() != want {
			t.Errorf("Canonical(%s) = %v, want %s", in, got, want)
		}
	}
	if address.Canonical(netip.Prefix{}).IsValid() {
		t.Error("an invalid prefix became valid")
	}
}

func TestContains(t *testing.T) {
	for _, c := range []struct {
		block, addr string
		want        bool
	}{
		{"10.0.0.0/8 except 10.1.0.0/16", "10.2.0.0", true},
		{"10.0.0.0/8 except 10.1.0.0/16", "10.1.255.255", false},
		{"10.0.0.0/8 except 10.1.0.0/16", "11.0.0.0", false},
		{"10.0.0.0/8", "::ffff:10.0.0.1", true},
		{"::ffff:10.0.0.0/104", "10.0.0.1", true},
		{"10.0.0.0/8 except 11.0.0.0/8", "10.0.0.1", true},
		{"0.0.0.0/0", "::1", false},
		{"fe80::/10", "fe80::1%eth0", true},
	} {
		if got := block(c.block).Contains(netip.MustParseAddr(c.addr)); got != c.want {
			t.Errorf("(%s).Contains(%s) = %v", c.block, c.addr, got)
		}
	}
	if (address.Block{}).Contains(netip.MustParseAddr("0.0.0.0")) || (address.Block{}).Contains(netip.Addr{}) {
		t.Error("the zero Block contains something")
	}
}

func TestRelation(t *testing.T) {
	for _, c := range []struct {
		block, cidr string
		want        address.Relation
	}{
		{"10.0.0.0/8", "10.0.0.0/8", address.Inside},
		{"10.0.0.0/8", "0.0.0.0/0", address.Inside},
		{"10.0.0.0/8", "10.0.0.0/16", address.Partly},
		{"10.0.0.0/8", "11.0.0.0/8", address.Outside},
		{"10.0.0.0/8", "::/0", address.Outside},
		{"10.0.0.0/8", "::ffff:0.0.0.0/96", address.Inside},
		{"10.0.0.0/8 except 10.1.0.0/16", "10.1.0.0/16", address.Outside},
		{"10.0.0.0/8 except 10.1.0.0/16", "10.1.2.0/24", address.Outside},
		{"10.0.0.0/8 except 10.1.0.0/16", "10.0.0.0/9", address.Partly},
		{"10.0.0.0/8 except 10.1.0.0/17, 10.1.128.0/17", "10.1.0.0/16", address.Outside},
		{"10.0.0.0/8 except 10.128.0.0/9", "10.0.0.0/9", address.Inside},
		{"10.0.0.0/8 except 10.0.0.0/7", "10.0.0.0/8", address.Outside},
	} {
		if got := block(c.block).Relation(netip.MustParsePrefix(c.cidr)); got != c.want {
			t.Errorf("(%s).Relation(%s) = %v, want %v", c.block, c.cidr, got, c.want)
		}
	}
	if got := (address.Block{}).Relation(netip.MustParsePrefix("0.0.0.0/0")); got != address.Outside {
		t.Errorf("the zero Block lies %v", got)
	}
}

func TestString(t *testing.T) {
	for _, text := range []string{"10.0.0.0/8", "10.0.0.0/8 except 10.1.0.0/16, 10.2.0.0/16", "203.0.113.7/32"} {
		if got := block(text).String(); got != text {
			t.Errorf("String() = %q, want %q", got, text)
		}
	}
	if got := (address.Block{}).String(); got != "none" {
		t.Errorf("String() of the zero Block = %q", got)
	}
	got, err := json.Marshal(block("10.0.0.0/8 except 10.1.0.0/16"))
	if want := `{"cidr":"10.0.0.0/8","except":["10.1.0.0/16"]}`; string(got) != want || err != nil {
		t.Errorf("Marshal = %s, %v", got, err)
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		name     string
		universe []string
		cuts     string
		want     []string
	}{
		{"nothing to cut", []string{"0.0.0.0/0", "::/0"}, "", []string{"0.0.0.0/0", "::/0"}},
		{
			"nested cuts", []string{"0.0.0.0/0"}, "10.1.0.0/16,10.0.0.0/8",
			[]string{"0.0.0.0/0 except 10.0.0.0/8", "10.0.0.0/8 except 10.1.0.0/16", "10.1.0.0/16"},
		},
		{"a cut that is all", []string{"10.0.0.0/8"}, "0.0.0.0/0,10.0.0.0/8", []string{"10.0.0.0/8"}},
		{"a cut elsewhere", []string{"10.0.0.0/8"}, "11.0.0.0/8,fd00::/8", []string{"10.0.0.0/8"}},
		{"halves", []string{"10.0.0.0/8"}, "10.0.0.0/9,10.128.0.0/9", []string{"10.0.0.0/9", "10.128.0.0/9"}},
		{"half", []string{"10.0.0.0/8"}, "10.0.0.0/9", []string{"10.0.0.0/9", "10.128.0.0/9"}},
		{
			"neighbours are one exception", []string{"10.0.0.0/8"}, "10.2.0.0/16,10.3.0.0/16",
			[]string{"10.0.0.0/8 except 10.2.0.0/15", "10.2.0.0/16", "10.3.0.0/16"},
		},
		{
			"cuts and holes", []string{"0.0.0.0/0 except 10.0.0.0/8"}, "10.0.0.0/8,10.1.0.0/16,8.0.0.0/6",
			[]string{"0.0.0.0/0 except 8.0.0.0/6", "8.0.0.0/6 except 10.0.0.0/8"},
		},
		{"overlapping universe", []string{"10.0.0.0/8", "10.1.0.0/16", "10.0.0.0/8"}, "", []string{"10.0.0.0/8"}},
		{"a hole filled again", []string{"10.0.0.0/8 except 10.1.0.0/16", "10.1.0.0/16"}, "", []string{"10.0.0.0/8"}},
		{"IPv4 written as IPv6", []string{"::ffff:10.0.0.0/104"}, "::ffff:10.1.0.0/112", []string{"10.0.0.0/8 except 10.1.0.0/16", "10.1.0.0/16"}},
		{"nothing", nil, "10.0.0.0/8", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var universe []address.Block
			for _, u := range c.universe {
				universe = append(universe, block(u))
			}
			var got []string
			for _, b := range address.Cut(universe, append(list(c.cuts), netip.Prefix{})) {
				got = append(got, b.String())
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("Cut = %q, want %q", got, c.want)
			}
		})
	}
}

func TestInternet(t *testing.T) {
	in := func(text string) (n int) {
		for _, b := range address.Internet() {
			if b.Contains(netip.MustParseAddr(text)) {
				n++
			}
		}
		return n
	}
	for _, text := range []string{
		"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0",
		"192.0.1.0", "192.0.2.1", "198.51.100.1", "203.0.113.7", "198.17.255.255", "198.20.0.0", "223.255.255.255",
		"2001:db8::1", "2606:4700::1111", "3fff::1", "64:ff9b::808:808", "2001:200::1",
	} {
		if in(text) != 1 {
			t.Errorf("%s is in %d blocks of the internet, want 1", text, in(text))
		}
	}
	for _, text := range []string{
		"0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1",
		"192.168.1.1", "198.18.0.1", "198.19.255.255", "224.0.0.1", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::ffff:10.0.0.1", "64:ff9b:1::1", "100::1", "2001::1", "2001:2::1", "4000::1", "5f00::1",
		"fc00::1", "fd00::1", "fe80::1", "fec0::1", "ff02::1",
	} {
		if in(text) != 0 {
			t.Errorf("%s is in the internet", text)
		}
	}
	if got := address.Cut(address.Internet(), nil); len(got) != 3 {
		t.Errorf("uncut, the internet is %d blocks: %v", len(got), got)
	}
	address.Internet()[0].Except[0] = netip.Prefix{}
	if in("0.0.0.1") != 0 {
		t.Error("changing the answer changed the internet")
	}
}

func TestPrefixesOfInternet(t *testing.T) {
	var all []netip.Prefix
	for _, b := range address.Internet() {
		all = append(all, b.Prefixes()...)
	}
	for i, p := range all {
		if i > 0 && (all[i-1].Compare(p) >= 0 || all[i-1].Overlaps(p)) {
			t.Errorf("%v comes before %v", all[i-1], p)
		}
		if slices.ContainsFunc(all[:i], func(q netip.Prefix) bool {
			return q.Bits() == p.Bits() && q.Bits() > 0 &&
				netip.PrefixFrom(q.Addr(), q.Bits()-1).Masked() == netip.PrefixFrom(p.Addr(), p.Bits()-1).Masked()
		}) {
			t.Errorf("%v and its sibling could be one", p)
		}
	}
}

// FuzzCut works in the 256 addresses of 10.0.0.0/24 and of fd00::/120, where every address can be tried.
func FuzzCut(f *testing.F) {
	f.Add([]byte{0, 24, 0, 1, 25, 0, 2, 26, 64})
	f.Add([]byte{0, 24, 0, 3, 25, 128, 2, 24, 0, 2, 32, 255, 2, 32, 254})
	f.Add([]byte{4, 24, 0, 5, 28, 16, 6, 27, 0, 0, 30, 4, 2, 31, 4})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 90 {
			return
		}
		var universe []address.Block
		var cuts []netip.Prefix
		for ; len(data) >= 3; data = data[3:] { // what it is and its family, its length, its last byte
			bits := 24 + int(data[1])%9
			p := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, data[2]}), bits)
			if data[0]&4 != 0 {
				p = netip.PrefixFrom(netip.AddrFrom16([16]byte{0: 0xfd, 15: data[2]}), bits+96)
			}
			switch last := len(universe) - 1; {
			case data[0]%4 < 2 && (data[0]%4 == 0 || last < 0):
				universe = append(universe, address.Block{Prefix: p})
			case data[0]%4 < 2:
				universe[last].Except = append(universe[last].Except, p)
			default:
				cuts = append(cuts, p)
			}
		}
		before := fmt.Sprint(universe, cuts)
		blocks := address.Cut(universe, cuts)
		if before != fmt.Sprint(universe, cuts) {
			t.Error("Cut changed its operands")
		}
		classes := map[string]bool{}
		for i := range 512 {
			a := netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})
			if i > 255 {
				a = netip.AddrFrom16([16]byte{0: 0xfd, 15: byte(i)})
			}
			want := slices.ContainsFunc(universe, func(u address.Block) bool {
				return u.Prefix.Contains(a) && !slices.ContainsFunc(u.Except, func(e netip.Prefix) bool { return e.Contains(a) })
			})
			found := 0
			for _, b := range blocks {
				inPrefixes := slices.ContainsFunc(b.Prefixes(), func(p netip.Prefix) bool { return p.Contains(a) })
				if b.Contains(a) != inPrefixes {
					t.Fatalf("%v and its prefixes disagree on %v", b, a)
				}
				if inPrefixes {
					found++
				}
				for _, c := range cuts {
					if b.Contains(a) && (b.Relation(c) == address.Inside) != c.Contains(a) {
						t.Fatalf("%v lies %v to %v, which holds %v: %v", b, b.Relation(c), c, a, c.Contains(a))
					}
				}
			}
			if want && found != 1 || !want && found != 0 {
				t.Fatalf("%v is in %d blocks of %v; in the universe: %v", a, found, blocks, want)
			}
			if want {
				class := fmt.Sprint(a.Is4())
				for _, c := range cuts {
					class += fmt.Sprint(c.Contains(a))
				}
				classes[class] = true
			}
		}
		for i, b := range blocks {
			if i > 0 && blocks[i-1].Prefix.Compare(b.Prefix) >= 0 {
				t.Errorf("%v comes before %v", blocks[i-1], b)
			}
			for _, c := range cuts {
				if b.Relation(c) == address.Partly {
					t.Errorf("%v is divided by %v", b, c)
				}
			}
			if again := address.Cut([]address.Block{b}, nil); len(again) != 1 || !reflect.DeepEqual(again[0], b) {
				t.Errorf("%v is not canonical: %v", b, again)
			}
		}
		if len(universe) == 1 && len(blocks) != len(classes) {
			t.Errorf("%d blocks where %d would do: %v", len(blocks), len(classes), blocks)
		}
		slices.Reverse(universe)
		slices.Reverse(cuts)
		if again := address.Cut(universe, cuts); !reflect.DeepEqual(again, blocks) {
			t.Errorf("in another order: %v, before: %v", again, blocks)
		}
	})
}
