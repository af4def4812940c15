package printer

import (
	"bytes"
	"io"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// Snapshot prints a recorded state as YAML documents: its header, then its
// objects. Each line of note stands above them as a comment.
func Snapshot(w io.Writer, r *report.Snapshot, note []string) error {
	var b bytes.Buffer
	for _, line := range note {
		b.WriteString("# " + plain(line) + "\n")
	}
	if err := asYAML(&b, r); err != nil {
		return err
	}
	for _, o := range r.Objects {
		b.WriteString("---\n")
		if err := asYAML(&b, o); err != nil {
			return err
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}
