package scale

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/kubectl-netguard/netguard/test/controlplane"
)

// measured is the user whose requests the server writes down.
const measured = "measured"

// audit is the server's own record of who asked it what.
type audit struct{ dir string }

// newAudit writes the server's policy into dir: requests of one user, once they
// have been answered.
func newAudit(dir string) (*audit, error) {
	a := &audit{dir: dir}
	policy := `{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived", "ResponseStarted"],
		"rules": [{"level": "Metadata", "users": ["` + measured + `"]}, {"level": "None"}]}`
	if err := os.WriteFile(a.policy(), []byte(policy), 0o600); err != nil {
		return nil, fmt.Errorf("write audit policy: %w", err)
	}
	return a, nil
}

func (a *audit) policy() string { return filepath.Join(a.dir, "audit-policy.json") }
func (a *audit) log() string    { return filepath.Join(a.dir, "audit.log") }

// options make a control plane keep this record.
func (a *audit) options(o controlplane.Options) controlplane.Options {
	o.APIServerArgs = append(o.APIServerArgs, "--audit-policy-file="+a.policy(), "--audit-log-path="+a.log())
	return o
}

// request is one that was answered.
type request struct {
	Verb       string
	RequestURI string
}

// settle is how long the record is given to be complete.
const settle = 200 * time.Millisecond

// during runs f and returns the measured user's requests meanwhile, in the order in
// which they were answered.
func (a *audit) during(f func() error) ([]request, error) {
	time.Sleep(settle)
	var before int64
	if info, err := os.Stat(a.log()); err == nil {
		before = info.Size()
	}
	if err := f(); err != nil {
		return nil, err
	}
	time.Sleep(settle)
	file, err := os.Open(a.log())
	if os.IsNotExist(err) {
		return nil, nil // nothing was asked yet
	} else if err != nil {
		return nil, fmt.Errorf("read the server's record: %w", err)
	}
	defer file.Close()
	if _, err := file.Seek(before, 0); err != nil {
		return nil, fmt.Errorf("read the server's record: %w", err)
	}
	var out []request
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("read the server's record: %w", err)
		}
		out = append(out, r)
	}
	return out, lines.Err()
}

// whole are the URIs of lists read in one piece where they were read page by page,
// and of all else that was got.
func whole(requests []request) []string {
	var out []string
	seen := map[string]bool{}
	for _, r := range requests {
		u, err := url.Parse(r.RequestURI)
		if err != nil || r.Verb != "list" && r.Verb != "get" {
			continue
		}
		query := u.Query()
		for _, paging := range []string{"limit", "continue", "resourceVersion", "resourceVersionMatch"} {
			query.Del(paging)
		}
		u.RawQuery = query.Encode()
		if text := u.String(); !seen[text] {
			seen[text] = true
			out = append(out, text)
		}
	}
	return out
}

// allPodLists counts the lists of pods of all namespaces without a selector, pages
// as one.
func allPodLists(requests []request) int {
	n := 0
	for _, uri := range whole(requests) {
		if uri == "/api/v1/pods" {
			n++
		}
	}
	return n
}
