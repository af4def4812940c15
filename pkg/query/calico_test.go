package query_test

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/connset"
	"github.com/kubectl-netguard/netguard/pkg/model"
	"github.com/kubectl-netguard/netguard/pkg/query"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// Calico's own verdicts on generated clusters: N/cluster.yaml has tiers, policies of
// both groups and cluster policies; N/truth.tsv has from, to, protocol, port, and what
// v3.32.1 does (its calculation graph, update processors and conversions).
func TestCalicosOwnVerdicts(t *testing.T) {
	rows := 0
	for name, files := range archive(t, "testdata/calico-v3.32.1.tar.gz") {
		m := model.New(snapshotOf(t, files["cluster.yaml"]))
		sets := map[[2]string]connset.Set{}
		for e := range query.Map(m, query.Scope{Labels: selector.Everything()}, query.Options{}).Edges {
			if e.Verdict == report.Allowed {
				sets[[2]string{e.From.Namespace + "/" + e.From.Name, e.To.Namespace + "/" + e.To.Name}] = e.Connections
			}
		}
		for _, line := range strings.Split(strings.TrimSpace(files["truth.tsv"]), "\n") {
			w := strings.Split(line, "\t")
			rows++
			want := map[string]report.Verdict{"allow": report.Allowed, "deny": report.Denied}[w[4]]
			port := fmt.Sprintf(":%s/%s", w[3], strings.ToLower(w[2]))
			got, err := query.Explain(m, truthEnd(t, w[0], ""), truthEnd(t, w[1], port), query.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got.Verdict != want {
				t.Errorf("%s: %s: %v", name, line, got.Verdict)
			}
			if !strings.Contains(w[0], "/") || !strings.Contains(w[1], "/") {
				continue
			}
			var number uint16
			if _, err := fmt.Sscan(w[3], &number); err != nil {
				t.Fatal(err)
			}
			if set := sets[[2]string{w[0], w[1]}]; set.Contains(connset.Protocol(w[2]), number) != (want == report.Allowed) {
				t.Errorf("%s: %s: the map has %v", name, line, set)
			}
		}
	}
	if rows != 15840 {
		t.Errorf("%d verdicts", rows)
	}
}

func truthEnd(t *testing.T, text, port string) reference.Reference {
	t.Helper()
	if ns, name, ok := strings.Cut(text, "/"); ok {
		text = ns + "/pod/" + name
	} else if _, err := netip.ParseAddr(text); err != nil {
		t.Fatal(err)
	}
	r, err := reference.Parse(text+port, "default")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// archive is the files of an archive, by their folder and name.
func archive(t *testing.T, file string) map[string]map[string]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]string{}
	for in := tar.NewReader(unzipped); ; {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		folder := path.Dir(header.Name)
		if out[folder] == nil {
			out[folder] = map[string]string{}
		}
		out[folder][path.Base(header.Name)] = string(text)
	}
}
