package plan_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/plan"
	"github.com/kubectl-netguard/netguard/pkg/printer"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// countsWhatIs checks that what a report counts is what the whole cluster has, or,
// where it says that it does not know all, no more than that; and that it says so
// only where not all was read. Pods of a door are not among those of a namespace
// that get to what is behind it, too.
func countsWhatIs(t *testing.T, all, read *snapshot.Snapshot, rows []report.ReachRow, door map[string]bool) {
	t.Helper()
	m := model.New(read) // pods are shown as what their owners that were read make of them
	pods := map[report.Object]int{}
	for _, p := range all.Pods() {
		if p.Finished() {
			continue
		}
		kind, name := m.TopOwner(p)
		pods[report.Object{Kind: kind, Namespace: p.Namespace, Name: name.Name}]++
		if !door[p.Name.String()] {
			pods[report.Object{Kind: "Namespace", Name: p.Namespace}]++
		}
	}
	for _, row := range rows {
		for _, e := range row.Ends {
			if e.End.Kind == "Addresses" || e.End.Kind == "Internet" || e.Others {
				continue
			}
			end := report.Object{Kind: e.End.Kind, Namespace: e.End.Namespace, Name: e.End.Name}
			home := e.End.Namespace
			if e.End.Kind == "Namespace" {
				home = e.End.Name
			}
			got, want := e.Total, pods[end]
			partly := !read.Has(snapshot.Need{Resource: snapshot.Pods, Namespace: home}) && e.End.Kind != "Pod"
			switch {
			case e.Incomplete != partly:
				t.Errorf("%v is said to be known in part (%v), and is (%v)", end, e.Incomplete, partly)
			case e.Count > got, got > want, got < want && !partly:
				t.Errorf("%v is said to have %d of %d pods, and has %d", end, e.Count, got, want)
			}
		}
	}
}

// counted are the phrases of a table that count pods, or namespaces that have some.
var counted = regexp.MustCompile(`\d+ of \d+ pods of [^ ]+|all \d+ other namespaces|some pods of \d+ namespaces`)

// sameNumbers checks that a table of what was read counts what the table of the
// whole cluster counts.
func sameNumbers(t *testing.T, brief, whole *report.Reach) {
	t.Helper()
	// With -o wide, a table leaves no end out; without, it folds.
	want := counted.FindAllString(tableOf(t, whole, printer.Wide)+tableOf(t, whole, printer.Text), -1)
	table := tableOf(t, brief, printer.Text)
	for _, text := range counted.FindAllString(table, -1) {
		if !slices.Contains(want, text) {
			t.Errorf("the brief table says %q, the whole one %q:\n%s", text, want, table)
		}
	}
}

// tableOf prints a report in one line a row.
func tableOf(t *testing.T, r *report.Reach, format string) string {
	t.Helper()
	var b bytes.Buffer
	if err := printer.Reach(&b, r, printer.Options{Format: format, Width: 10000}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Of a DaemonSet on the host's network only the pods on the target's node are read,
// and of another namespace's workload only those that a rule names: their table tells
// which pods it means, and not of how many.
func TestBriefTablesCountNoPodsThatWereNotRead(t *testing.T) {
	all := model.New(read(t, "testdata/brief_counts.yaml"))
	target := ref(t, "api")
	server := &server{t: t, all: all.Snapshot}
	m := model.New(server.load(plan.Question{Target: target, Home: "bank", Brief: true}))
	r, err := query.WhoCanReach(m, *target, query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	table := tableOf(t, r, printer.Text)
	for _, want := range []string{
		"pod agent-a of edge/ds/agent on node n1",
		"pods client-a, client-b of clients/sts/client",
		"1 of 2 pods of bank/sts/own (own-b)",
		"any pod of namespace empty",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("the table does not say %q:\n%s", want, table)
		}
	}
	if strings.Contains(table, "every pod") {
		t.Errorf("the table tells of every pod where some were not read:\n%s", table)
	}
	countsWhatIs(t, all.Snapshot, m.Snapshot, r.Rows, nil)
}

// Nor are pods counted of what could not be read.
func TestBriefTablesCountNoPodsThatWereRefused(t *testing.T) {
	for seed := range drawn(30) {
		all := randomWorld(seed)
		for _, r := range refusals() {
			for _, text := range []string{"pod/pod0", "svc/svc", "app=b"} {
				target := ref(t, text)
				server := &server{t: t, all: all, forbidden: r.forbidden}
				read := server.load(plan.Question{Target: target, Home: "bank", Brief: true})
				brief, err := query.WhoCanReach(model.New(read), *target, query.Options{})
				if err != nil {
					t.Fatal(err)
				}
				countsWhatIs(t, all, read, brief.Rows, nil)
				if t.Failed() {
					t.Fatalf("seed %d, %s without %s; read: %v", seed, text, r.name, server.asked)
				}
			}
		}
	}
}
