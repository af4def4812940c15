package printer_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/printer"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// Names that a manifest may carry and no API server would accept.
func hostileNames() []string {
	return []string{
		"\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\u009b31m", "del\x7f", "two\nlines\r", "tab\there", "nul\x00",
		"\u202egnp.exe", "\u2066isolate\u2069", "zero\u200bwidth", "\ufeffbom", "hangul\u3164filler", "soft\u00adhyphen", "\u2028line", "\xff\xfe",
		"tag\U000e0041", `quote"and\back`, "pipe|`tick`", "<script>alert(1)</script>", "[x](http://evil)", "=cmd|' /C calc'!A0", "+1", "-1", "@user #1",
		`\N\l`, "#quot;", "]]; click n1 \"javascript:x\"", "a --> b", "%%{init}%%", "$(reboot)", "",
	}
}

// hostileMap has every hostile name at both ends.
func hostileMap() *report.Map {
	var list []report.Edge
	for _, name := range hostileNames() {
		list = append(list, report.Edge{
			From: end("Pod", name, name), To: end(name, "", name), Verdict: report.Allowed, Connections: connset.Of(connset.TCP, 80, 80),
		})
	}
	return &report.Map{Edges: slices.Values(list)}
}

func hostileExplanation(name string) *report.Explanation {
	r := manyRules()
	r.Source.Name, r.Target.Namespace, r.Target.Port = name, name, name
	r.Source.Kind = name
	r.Answers = append(r.Answers, partlyPods().Answers...)
	r.Answers[1].Target.Names = []string{name}
	for i := range r.Answers {
		a := &r.Answers[i]
		a.Source.Nodes, a.Source.End.Name, a.Target.End.Namespace = []string{name}, name, name
		a.Ports[0].PodPortName, a.Ports[0].Undeclared = name, true
		a.Caveats = []report.Caveat{{Code: report.Hairpin, Plugins: []string{name}, Source: name}}
		for j := range a.Hops {
			h := &a.Hops[j]
			h.Detail = name
			for k := range h.Policies {
				e := &h.Policies[k]
				e.Policy.Name, e.Location = name, name
				for l := range e.Rules {
					rule := &e.Rules[l]
					rule.Path = name
					for _, clauses := range [][]report.ClauseEvidence{rule.Peers, rule.Ports} {
						for m := range clauses {
							c := &clauses[m]
							c.Path, c.Clause, c.Location = name, name, name
							if c.Mismatch != nil {
								*c.Mismatch = report.Mismatch{Reason: c.Mismatch.Reason, Path: name, Key: name, Want: name, Got: name}
							}
						}
					}
				}
			}
		}
		for _, reason := range []report.Reason{report.NotModelled, report.LeavesCluster, report.NoPods, report.TargetPortMissing, report.NotRead} {
			a.Hops = append(a.Hops, report.Hop{Kind: report.HopEndpoint, Reason: reason, Detail: name, Needs: []string{name}})
		}
	}
	for i := range r.Fix.Patches {
		p := &r.Fix.Patches[i]
		p.Command, p.Rule, p.Subject, p.Peers, p.Ports = name, name, name, []string{name, name}, []string{name}
		p.Policy.Namespace = name
	}
	r.Gaps = []report.Gap{{Needs: name, Reason: name, Message: name}, {Needs: name, Reason: "Forbidden", Message: name}, {Reason: "Invalid", Message: name}}
	r.Enforcement = report.Enforcement{Plugin: name, Enforced: report.EnforcedNo, Evidence: name, Source: name}
	return r
}

func hostileReach(name string) *report.Reach {
	r := whoCanReach()
	r.Of.Namespace, r.Of.Name = name, name
	r.Ports[0].PodPortName = name
	r.Pods = []report.Members{some(end("Deployment", name, name), 1, 2, name)}
	for i := range r.Rows {
		row := &r.Rows[i]
		for j := range row.Ends {
			m := &row.Ends[j]
			m.End.Namespace, m.End.Name, m.Names, m.Nodes = name, name, []string{name}, []string{name}
			m.End.Labels = map[string]string{name: name}
			if len(m.End.Addresses) > 0 {
				m.End.Addresses = []string{name}
			}
		}
		row.DecidedBy = []report.RuleRef{{Policy: report.Object{Namespace: name, Name: name}, Path: name, Location: name}}
		row.Detail = name
		if row.Nearest != nil {
			row.Nearest = &report.Mismatch{Reason: row.Nearest.Reason, Path: name, Key: name, Want: name, Got: name}
		}
		row.Of = &report.Members{End: end("Pod", name, name), Names: []string{name}, Count: 1, Total: 2}
	}
	r.Unmatched[0].Path, r.Unmatched[0].Clause, r.Unmatched[0].Location = name, name, name
	return r
}

// forbidden are the runes that must not reach a terminal as they are.
func forbidden(r rune) bool {
	return r != '\n' && (r < 0x20 || r >= 0x7f && r < 0xa0) ||
		strings.ContainsRune("\u00ad\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2028\u2029\u2066\u2067\u2068\u2069\ufeff\u3164\U000e0041", r)
}

func TestHostileNamesNeverReachTheTerminalRaw(t *testing.T) {
	check := func(what, name string, out []byte) {
		t.Helper()
		if at := bytes.IndexFunc(out, forbidden); at >= 0 {
			t.Errorf("%s: %q comes through in %q", what, name, out[max(0, at-20):min(len(out), at+20)])
		}
	}
	for _, name := range hostileNames() {
		for _, format := range []string{printer.Text, printer.Wide, printer.Name, printer.JSON} {
			o := printer.Options{Format: format}
			check("explanation "+format, name, render(t, explain, hostileExplanation(name), o))
			check("reach "+format, name, render(t, reach, hostileReach(name), o))
			if format == printer.Wide {
				continue
			}
			p := permission(report.Unknown, report.NotModelled, report.HopIngress)
			p.Detail, p.DecidedBy = name, []report.RuleRef{{Policy: report.Object{Namespace: name, Name: name}}}
			check("permission "+format, name, render(t, permit, p, o))
			if format == printer.Name {
				continue
			}
			v := version()
			v.Client, v.Server, v.PolicyKinds, v.Enforcement.Plugin, v.Enforcement.Evidence = name, name, []string{name}, name, name
			check("version "+format, name, render(t, versions, v, o))
		}
	}
	for _, format := range printer.Formats(printer.KindMap) {
		out := render(t, edges, hostileMap(), printer.Options{Format: format})
		switch format {
		case printer.CSV:
			check(format, "", bytes.ReplaceAll(out, []byte("\r\n"), []byte("\n")))
		default:
			check(format, "", out)
		}
	}
}

func TestJSONAndYAMLKeepHostileNames(t *testing.T) {
	want := hostileMap()
	var fromJSON, fromYAML report.Map
	if err := json.Unmarshal(render(t, edges, want, printer.Options{Format: printer.JSON}), &fromJSON); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(render(t, edges, want, printer.Options{Format: printer.YAML}), &fromYAML); err != nil {
		t.Fatal(err)
	}
	back := map[string][]report.Edge{printer.JSON: slices.Collect(fromJSON.Edges), printer.YAML: slices.Collect(fromYAML.Edges)}
	for i, e := range slices.Collect(want.Edges) {
		// Neither format can hold invalid UTF-8.
		name := strings.ReplaceAll(e.From.Name, "\xff\xfe", "\ufffd\ufffd")
		for format, got := range back {
			if got[i].From.Name != name {
				t.Errorf("%s: %q came back as %q", format, name, got[i].From.Name)
			}
		}
	}
}

func TestCSVHasNoFormulas(t *testing.T) {
	var list []report.Edge
	for _, name := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "plain"} {
		from := report.End{Kind: "Addresses", Addresses: []string{name}}
		list = append(list, report.Edge{From: from, To: bankapp, Verdict: report.Allowed, Connections: connset.AllOf(connset.UDP)})
	}
	r := &report.Map{Edges: slices.Values(list)}
	records, err := csv.NewReader(bytes.NewReader(render(t, edges, r, printer.Options{Format: printer.CSV}))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != 6 {
		t.Fatalf("%d records", len(records))
	}
	for _, record := range records {
		if strings.ContainsAny(record[0][:1], "=+-@") {
			t.Errorf("%q would be a formula", record[0])
		}
	}
}

// Each line of a diagram or table must still be one statement, whatever the names.
func TestHostileNamesStayInsideTheirQuotes(t *testing.T) {
	for _, line := range strings.Split(string(render(t, edges, hostileMap(), printer.Options{Format: printer.MD})), "\n") {
		if n := strings.Count(line, "|"); line != "" && n != 4 {
			t.Errorf("md: %d pipes in %s", n, line)
		}
	}
	for _, line := range strings.Split(string(render(t, edges, hostileMap(), printer.Options{Format: printer.Mermaid})), "\n") {
		if n := strings.Count(line, `"`); n != 0 && n != 2 {
			t.Errorf("mermaid: %d quotes in %s", n, line)
		}
	}
	for _, line := range strings.Split(string(render(t, edges, hostileMap(), printer.Options{Format: printer.DOT})), "\n") {
		bare := strings.ReplaceAll(strings.ReplaceAll(line, `\\`, ""), `\"`, "")
		if n := strings.Count(bare, `"`); n != 0 && n != 2 || strings.Contains(bare, `\`) {
			t.Errorf("dot: %d quotes in %s", n, line)
		}
	}
}

func TestUnknownFormatNamesTheKnownOnes(t *testing.T) {
	for kind, want := range map[printer.Kind]string{
		printer.KindExplanation: "wide, json, yaml, name", printer.KindVersion: "json, yaml",
		printer.KindMap: "table, wide, json, yaml, name, csv, md, dot, mermaid, svg, html",
	} {
		err := printer.Options{Format: "xml\x1b"}.Validate(kind)
		if err == nil || !strings.Contains(err.Error(), want) || strings.ContainsRune(err.Error(), 0x1b) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	var b bytes.Buffer
	if err := printer.Reach(&b, whoCanReach(), printer.Options{Format: printer.DOT}); err == nil || b.Len() > 0 {
		t.Errorf("dot of a reach: %v, %d bytes", err, b.Len())
	}
}

type full struct{ calls int }

func (w *full) Write([]byte) (int, error) {
	w.calls++
	return 0, errors.New("disk full")
}

func TestReportsAreWrittenAtOnce(t *testing.T) {
	w := &full{}
	if err := printer.Reach(w, whoCanReach(), printer.Options{}); err == nil || w.calls != 1 {
		t.Errorf("%v after %d writes", err, w.calls)
	}
}

func TestNothingIsWiderThanTheTerminalButNames(t *testing.T) {
	for _, r := range []*report.Explanation{byPort(), byNamespace(), allowed(), partlyPods(), perNode(), gap(), notModelled(), notEnforced(), manyRules()} {
		for _, line := range strings.Split(string(render(t, explain, r, printer.Options{Width: 80})), "\n") {
			if n := len([]rune(line)); n > 80 && !strings.Contains(line, "    -p '") {
				t.Errorf("%d columns: %s", n, line)
			}
		}
	}
	for _, line := range strings.Split(string(render(t, reach, whoCanReach(), printer.Options{Width: 80})), "\n") {
		if n := len([]rune(line)); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func TestWordsCarryTheMeaningOfColors(t *testing.T) {
	strip := strings.NewReplacer("\x1b[31m", "", "\x1b[32m", "", "\x1b[33m", "", "\x1b[0m", "")
	for _, width := range []int{80, 200} {
		plain := render(t, reach, whoCanReach(), printer.Options{Width: width})
		color := render(t, reach, whoCanReach(), printer.Options{Width: width, Color: true})
		if got := strip.Replace(string(color)); got != string(plain) {
			t.Errorf("without its colours the text differs:\n%s\n%s", got, plain)
		}
	}
}
