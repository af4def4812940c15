package connset_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/connset"
)

func union(sets ...connset.Set) connset.Set {
	var out connset.Set
	for _, s := range sets {
		out = out.Union(s)
	}
	return out
}

func tcp(first, last uint16) connset.Set { return connset.Of(connset.TCP, first, last) }
func udp(first, last uint16) connset.Set { return connset.Of(connset.UDP, first, last) }

func TestStringAndJSON(t *testing.T) {
	for _, c := range []struct {
		set        connset.Set
		text, json string
	}{
		{connset.Set{}, "none", `[]`},
		{connset.All(), "all", `[{"protocol":"TCP"},{"protocol":"UDP"},{"protocol":"SCTP"}]`},
		{connset.AllOf(connset.TCP), "all TCP", `[{"protocol":"TCP"}]`},
		{tcp(80, 80), "TCP 80", `[{"protocol":"TCP","port":80}]`},
		{
			union(udp(53, 53), tcp(8000, 9000), tcp(443, 443), tcp(80, 80)), "TCP 80,443,8000-9000; UDP 53",
			`[{"protocol":"TCP","port":80},{"protocol":"TCP","port":443},` +
				`{"protocol":"TCP","port":8000,"endPort":9000},{"protocol":"UDP","port":53}]`,
		},
		{
			connset.All().Subtract(udp(53, 53)), "all TCP; UDP 1-52,54-65535; all SCTP",
			`[{"protocol":"TCP"},{"protocol":"UDP","port":1,"endPort":52},` +
				`{"protocol":"UDP","port":54,"endPort":65535},{"protocol":"SCTP"}]`,
		},
		{union(tcp(80, 80), tcp(81, 81)), "TCP 80-81", `[{"protocol":"TCP","port":80,"endPort":81}]`},
		{union(tcp(1, 1000), tcp(500, 65535)), "all TCP", `[{"protocol":"TCP"}]`},
		{tcp(0, 5), "TCP 1-5", `[{"protocol":"TCP","port":1,"endPort":5}]`},
		{tcp(0, 0), "none", `[]`},
		{tcp(90, 80), "none", `[]`},
		{connset.AllOf("ICMP"), "none", `[]`},
		{connset.Of("", 80, 80), "none", `[]`},
	} {
		if got := c.set.String(); got != c.text {
			t.Errorf("String() = %q, want %q", got, c.text)
		}
		got, err := json.Marshal(c.set)
		if err != nil || string(got) != c.json {
			t.Errorf("%v: Marshal = %s, %v, want %s", c.set, got, err, c.json)
		}
		var back connset.Set
		if err := json.Unmarshal(got, &back); err != nil || back != c.set {
			t.Errorf("Unmarshal(%s) = %v, %v, want %v", got, back, err, c.set)
		}
	}
}

func TestUnmarshalAcceptsAnyOrderAndOverlap(t *testing.T) {
	var s connset.Set
	text := `[{"protocol":"udp","port":53},{"protocol":"TCP","port":5,"endPort":9},{"protocol":"TCP","port":7,"endPort":20}]`
	if err := json.Unmarshal([]byte(text), &s); err != nil || s.String() != "TCP 5-20; UDP 53" {
		t.Errorf("got %v, %v", s, err)
	}
}

func TestUnmarshalRejects(t *testing.T) {
	for _, text := range []string{
		`{}`, `"all"`, `[80]`, `[{}]`, `[{"port":80}]`, `[{"protocol":"ICMP"}]`, `[{"protocol":"TCP","port":0}]`,
		`[{"protocol":"TCP","port":65536}]`, `[{"protocol":"TCP","port":-1}]`, `[{"protocol":"TCP","port":"http"}]`,
		`[{"protocol":"TCP","ports":"80"}]`, `[{"protocol":"TCP","endPort":80}]`,
		`[{"protocol":"TCP","port":80,"endPort":79}]`, `[{"protocol":"TCP","port":80,"endPort":0}]`,
	} {
		s := tcp(1, 2)
		if err := json.Unmarshal([]byte(text), &s); err == nil {
			t.Errorf("Unmarshal(%s) = %v, want an error", text, s)
		}
		if s != tcp(1, 2) {
			t.Errorf("Unmarshal(%s) failed and still changed the set to %v", text, s)
		}
	}
	s := tcp(1, 2)
	if err := json.Unmarshal([]byte("null"), &s); err != nil || s != tcp(1, 2) {
		t.Errorf("null: %v, %v; want no change", s, err)
	}
}

func TestParseProtocol(t *testing.T) {
	for text, want := range map[string]connset.Protocol{"tcp": connset.TCP, "Udp": connset.UDP, "SCTP": connset.SCTP} {
		if got, err := connset.ParseProtocol(text); got != want || err != nil {
			t.Errorf("ParseProtocol(%q) = %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "ICMP", "TCP ", "\x1b[31m"} {
		if got, err := connset.ParseProtocol(text); err == nil {
			t.Errorf("ParseProtocol(%q) = %q, want an error", text, got)
		}
	}
}

func TestContains(t *testing.T) {
	s := union(tcp(80, 80), tcp(8000, 9000), udp(1, 1), udp(65535, 65535))
	for _, c := range []struct {
		protocol connset.Protocol
		port     uint16
		want     bool
	}{
		{connset.TCP, 80, true},
		{connset.TCP, 79, false},
		{connset.TCP, 81, false},
		{connset.TCP, 8000, true},
		{connset.TCP, 9000, true},
		{connset.TCP, 9001, false},
		{connset.UDP, 80, false},
		{connset.UDP, 1, true},
		{connset.UDP, 65535, true},
		{connset.UDP, 0, false},
		{connset.SCTP, 80, false},
		{"ICMP", 80, false},
	} {
		if got := s.Contains(c.protocol, c.port); got != c.want {
			t.Errorf("Contains(%s, %d) = %v", c.protocol, c.port, got)
		}
	}
	if connset.All().Contains(connset.TCP, 0) {
		t.Error("All contains port 0")
	}
}

func TestRangesAreTheCallersOwn(t *testing.T) {
	s := union(tcp(1, 2), tcp(10, 20))
	s.Ranges(connset.TCP)[0] = connset.Range{First: 7, Last: 7}
	if s.String() != "TCP 1-2,10-20" {
		t.Errorf("changing the ranges changed the set to %v", s)
	}
	if got := s.Ranges("ICMP"); len(got) != 0 {
		t.Errorf("Ranges of an unknown protocol = %v", got)
	}
}

// The sets that rules really hold must combine without garbage: all-pairs queries do little else.
func TestCommonOperationsDoNotAllocate(t *testing.T) {
	some := union(tcp(80, 80), tcp(443, 443), udp(53, 53))
	same := union(udp(53, 53), tcp(443, 443), tcp(80, 80))
	part := tcp(443, 443)
	for _, other := range []connset.Set{connset.Empty(), connset.All(), connset.AllOf(connset.TCP), same, part} {
		allocs := testing.AllocsPerRun(100, func() {
			_ = some.Union(other)
			_ = other.Union(some)
			_ = some.Intersect(other)
			_ = other.Intersect(some)
			_ = some.ContainsAll(other)
			_ = some.Equal(other)
		})
		if allocs != 0 {
			t.Errorf("%v with %v: %v allocations", some, other, allocs)
		}
	}
}

func BenchmarkUnion(b *testing.B) {
	x := union(tcp(80, 80), tcp(443, 443), udp(53, 53))
	for name, y := range map[string]connset.Set{
		"empty": {}, "all": connset.All(), "equal": x, "part": tcp(80, 80), "other": tcp(8080, 8090),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = x.Union(y)
			}
		})
	}
}

// Many scattered ports outgrow the stack buffer; the result must not differ for it.
func TestManyRanges(t *testing.T) {
	var s connset.Set
	for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(30000) {
		if i%97 == 0 {
			s = s.Union(tcp(uint16(2*i+1), uint16(2*i+1)))
		}
	}
	if got := len(s.Ranges(connset.TCP)); got != 310 {
		t.Errorf("%d ranges, want 310", got)
	}
	if !s.Contains(connset.TCP, 195) || s.Contains(connset.TCP, 196) {
		t.Error("wrong membership")
	}
}
