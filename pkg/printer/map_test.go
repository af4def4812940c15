package printer_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/internal/golden"
	"github.com/kubectl-netguard/netguard/pkg/printer"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// manyEdges has more edges than a table shows one by one.
func manyEdges(n int) *report.Map {
	list := make([]report.Edge, n)
	for i := range list {
		list[i] = report.Edge{
			From: end("Deployment", fmt.Sprintf("team-%d", i%7), strings.Repeat("a", i%20)+"x"), To: end("Pod", "bank", fmt.Sprint("db-", i)),
			Verdict: report.Allowed, Connections: connset.Of(connset.TCP, uint16(i+1), uint16(i+1+i%3)), Partly: i%5 == 0,
		}
		if i%11 == 0 {
			list[i].To = report.End{Kind: "Addresses", Addresses: []string{"10.0.0.0/8", "fd00::/8"}}
			list[i].Verdict = report.Unknown
		}
	}
	return &report.Map{
		Header: report.NewHeader("Map"), Enforcement: report.Enforcement{Enforced: report.EnforcedUnknown}, Edges: slices.Values(list),
		Gaps: []report.Gap{{Needs: "list nodes", Reason: "Forbidden"}}, Fold: func() *report.FoldedMap { return folded(3) },
	}
}

// folded is a fold with a row of each kind, and more of one.
func folded(more int) *report.FoldedMap {
	outside, internet := report.End{Kind: "Addresses", Addresses: []string{"10.0.0.0/8", "fd00::/8"}}, report.End{Kind: "Internet"}
	row := func(from, to report.Crowd, ports connset.Set) report.FoldedRow {
		return report.FoldedRow{From: from, To: to, Verdict: report.Allowed, Connections: ports}
	}
	http, open := connset.Of(connset.TCP, 8080, 8080), []string{"team-0004", "team-0009", "team-0014", "team-0019"}
	out := &report.FoldedMap{OwnNode: true, Rows: []report.FoldedRow{
		row(report.Crowd{Everywhere: true}, report.Crowd{Every: open}, connset.All()),
		row(report.Crowd{Same: true, SameEvery: true}, report.Crowd{Every: []string{"bank"}, Some: []string{"kube-system", ""}}, http),
		row(report.Crowd{Same: true}, report.Crowd{Every: open[:2]}, http),
		row(report.Crowd{Named: []report.End{frontend, controller}}, report.Crowd{Named: []report.End{bankapp}}, http),
		row(report.Crowd{Every: []string{"bank"}, Except: []report.End{frontend}}, report.Crowd{Every: open, Named: []report.End{bankapp}}, http),
		row(report.Crowd{Outside: &internet}, report.Crowd{Kind: "Ingress", Some: open}, http.Union(connset.Of(connset.TCP, 443, 443))),
		row(report.Crowd{Kind: "Ingress", Same: true}, report.Crowd{Some: open}, http),
		{From: report.Crowd{Some: open}, To: report.Crowd{Outside: &outside}, Verdict: report.Unknown, Connections: connset.All(), Partly: true},
	}}
	for i := range more {
		out.Rows = append(out.Rows, row(report.Crowd{Every: []string{fmt.Sprint("ns", i)}}, report.Crowd{Every: open}, http))
	}
	return out
}

func TestFoldedMap(t *testing.T) {
	files := golden.New(t, "testdata/folded")
	for _, width := range []int{80, 200} {
		name := fmt.Sprint("folded-", width)
		t.Run(name, func(t *testing.T) {
			files.Check(t, name, render(t, edges, manyEdges(101), printer.Options{Width: width, Namespace: "bank"}))
		})
	}
	long := manyEdges(101)
	long.Fold = func() *report.FoldedMap { return folded(500) }
	out := string(render(t, edges, long, printer.Options{}))
	if !strings.Contains(out, "408 more rows") || !strings.Contains(out, "of ns91 ") || strings.Contains(out, "of ns92 ") || !strings.Contains(out, "some Ingresses of") || strings.Count(out, "\n") > 400 {
		t.Errorf("508 rows are printed as %d lines, which end in\n%s", strings.Count(out, "\n"), out[len(out)-800:])
	}
	if few := string(render(t, edges, manyEdges(100), printer.Options{})); strings.Contains(few, "Folded") {
		t.Errorf("100 edges are folded:\n%s", few)
	}
	for _, o := range []printer.Options{{Format: printer.Wide}, {NoHeaders: true}} {
		if out := string(render(t, edges, manyEdges(101), o)); strings.Contains(out, "Folded") || strings.Count(out, "bank/pod/db-") != 91 {
			t.Errorf("%+v is folded:\n%s", o, out[:800])
		}
	}
}

// A long table looks as a short one, row for row: what is held of it is no matter.
func TestLongTables(t *testing.T) {
	for _, o := range []printer.Options{{Format: printer.Wide}, {NoHeaders: true}} {
		long, short := manyEdges(101), manyEdges(100)
		last := report.Edge{From: bankapp, To: bankapp, Verdict: report.Allowed, Connections: connset.All()}
		list := append(slices.Collect(short.Edges), last)
		long.Edges = slices.Values(list)
		got, want := string(render(t, edges, long, o)), string(render(t, edges, short, o))
		lines := strings.SplitAfter(got, "\n")
		at := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "bank/deploy/bankapp ") })
		if at < 0 || strings.Join(slices.Delete(lines, at, at+1), "") != want {
			t.Errorf("%+v: with a row more:\n%s\nwithout:\n%s", o, got, want)
		}
	}
}

// What is written edge by edge is what was written whole.
func TestMachineFormatsAreWhole(t *testing.T) {
	for _, n := range []int{0, 1, 150} {
		r := manyEdges(n)
		data, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if got := string(render(t, edges, r, printer.Options{Format: printer.JSON})); got != string(data)+"\n" {
			t.Errorf("JSON of %d edges is\n%s", n, got)
		}
		if data, err = yaml.Marshal(r); err != nil {
			t.Fatal(err)
		}
		if got := string(render(t, edges, r, printer.Options{Format: printer.YAML})); got != string(data) {
			t.Errorf("YAML of %d edges is\n%s", n, got)
		}
	}
}

// narrow takes some bytes and no more.
type narrow struct{ room int }

func (f *narrow) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

// A reader who has gone away, as head does, ends the making of edges.
func TestStopsWhenNobodyReads(t *testing.T) {
	for _, format := range printer.Formats(printer.KindMap) {
		if format == printer.Table || format == printer.Name || format == printer.SVG || format == printer.HTML {
			continue // never much
		}
		const limit = 1_000_000
		made := 0
		r := &report.Map{Edges: func(yield func(report.Edge) bool) {
			for made = range limit {
				if !yield(report.Edge{From: bankapp, To: frontend, Verdict: report.Allowed, Connections: connset.All()}) {
					return
				}
				if format == printer.Wide && made == 10_000 {
					return
				}
			}
		}}
		err := printer.Map(&narrow{100_000}, r, printer.Options{Format: format})
		if !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("%s: %v", format, err)
		}
		if made > limit/2 && format != printer.DOT && format != printer.Mermaid { // which go over all for the nodes first
			t.Errorf("%s: %d edges were made for a reader that was gone", format, made)
		}
	}
	var b bytes.Buffer
	if err := printer.Map(&b, manyEdges(1), printer.Options{Format: "png"}); err == nil || b.Len() > 0 {
		t.Errorf("an unknown format: %v, and %q", err, b.String())
	}
}
