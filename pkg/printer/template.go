package printer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-netguard/netguard/pkg/report"
)

// templateFormat prints every kind of report by a template of the user's, which
// sees what -o json prints. What the template writes comes out as it is, names
// with control characters included, as from kubectl: it is for programs.
type templateFormat struct{ template printers.ResourcePrinter }

func (f templateFormat) explanation(b *bytes.Buffer, r *report.Explanation) error {
	return f.print(b, r)
}
func (f templateFormat) permission(b *bytes.Buffer, r *report.Permission) error {
	return f.print(b, r)
}
func (f templateFormat) reach(b *bytes.Buffer, r *report.Reach) error         { return f.print(b, r) }
func (f templateFormat) frontDoor(b *bytes.Buffer, r *report.FrontDoor) error { return f.print(b, r) }
func (f templateFormat) connections(w *bufio.Writer, r *report.Map) error     { return f.print(w, r) }
func (f templateFormat) version(b *bytes.Buffer, r *report.Version) error     { return f.print(b, r) }
func (f templateFormat) diff(b *bytes.Buffer, r *report.Diff) error           { return f.print(b, r) }
func (f templateFormat) scaffold(b *bytes.Buffer, r *report.Scaffold) error {
	return f.print(b, policyList(r))
}

func (f templateFormat) print(w io.Writer, r any) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	// Numbers become what they are in kubectl's own objects, int64 where they can.
	object := map[string]any{}
	if err := utiljson.Unmarshal(data, &object); err != nil {
		return err
	}
	return f.template.PrintObj(&unstructured.Unstructured{Object: object}, w)
}
