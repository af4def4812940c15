package verify

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v3"

	"github.com/kubectl-netguard/netguard/pkg/document"
	"github.com/kubectl-netguard/netguard/pkg/reference"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// Kind of the files.
const Kind = "Intents"

// File is a file of intents as it is written.
type File struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	// Namespace of ends that name none.
	Namespace string       `yaml:"namespace"`
	Intents   []fileIntent `yaml:"intents"`
}

// fileIntent is an intent as it is written.
type fileIntent struct {
	Name   string  `yaml:"name"`
	From   endList `yaml:"from"`
	To     endList `yaml:"to"`
	Only   endList `yaml:"only"`
	Door   string  `yaml:"door"`
	Port   string  `yaml:"port"`
	Expect string  `yaml:"expect"`
}

// endList is an end or a list of them; an end is a reference as on the command line, or
// selectors.
type endList []fileEnd

// fileEnd is an end as it is written: a reference, or selectors.
type fileEnd struct {
	ref string
	endFields
	line int
}

// endFields are selectors of an end.
type endFields struct {
	// Namespaces selects namespaces by their labels, Pods the pods in them; Namespace
	// names one.
	Namespaces map[string]string `yaml:"namespaces"`
	Namespace  string            `yaml:"namespace"`
	Pods       map[string]string `yaml:"pods"`
}

// UnmarshalYAML reads an end or a list of ends.
func (l *endList) UnmarshalYAML(n *yaml.Node) error {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	for _, item := range items {
		e := fileEnd{line: item.Line}
		switch item.Kind {
		case yaml.ScalarNode:
			e.ref = item.Value
		case yaml.MappingNode:
			for i := 0; i+1 < len(item.Content); i += 2 {
				if key := item.Content[i]; !slices.Contains([]string{"namespaces", "namespace", "pods"}, key.Value) {
					return &lineError{key.Line, fmt.Sprintf("an end has no field %.40q; it is a reference such as deploy/web, or has namespace, namespaces and pods", key.Value)}
				}
			}
			if err := item.Decode(&e.endFields); err != nil {
				return err
			}
			if e.Namespace != "" && len(e.Namespaces) > 0 || e.Namespace == "" && len(e.Namespaces)+len(e.Pods) == 0 {
				return &lineError{item.Line, "an end has namespace or namespaces, and perhaps pods"}
			}
		default:
			return &lineError{item.Line, "an end is a reference such as deploy/web, or has namespace, namespaces and pods"}
		}
		*l = append(*l, e)
	}
	return nil
}

// lineError is an error at a line of a file whose name is not known.
type lineError struct {
	line int
	text string
}

func (e *lineError) Error() string { return e.text }

// Expectations.
const (
	Allow   = "allow"
	Deny    = "deny"
	Unknown = "unknown"
	Only    = "only"
	Works   = "works"
)

// Intent is what somebody expects.
type Intent struct {
	Name   string
	Expect string
	// From and To are the ends; To alone where Expect is Only, and From are those who may.
	From, To []End
	// Door works, where Expect is Works.
	Door reference.Reference
	File string
	Line int
}

// End is a reference, or selectors.
type End struct {
	Ref *reference.Reference
	// Namespaces selects by labels; Namespace names one.
	Namespaces map[string]string
	Namespace  string
	Pods       map[string]string
	Port       reference.Port
}

func (e *End) String() string {
	if e.Ref != nil {
		return e.Ref.String()
	}
	var parts []string
	switch {
	case e.Namespace != "":
		parts = append(parts, "ns/"+e.Namespace)
	case len(e.Namespaces) > 0:
		parts = append(parts, "namespaces with "+labelText(e.Namespaces))
	}
	if len(e.Pods) > 0 {
		parts = append(parts, "pods with "+labelText(e.Pods))
	}
	text := strings.Join(parts, ", ")
	if !e.Port.IsZero() {
		text += " port " + e.Port.String()
	}
	return text
}

func labelText(labels map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		out = append(out, k+"="+labels[k])
	}
	return strings.Join(out, ",")
}

// Recognise tells whether a text is intents, rather than manifests.
func Recognise(text []byte) bool {
	if netassert(text) {
		return true
	}
	var head struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string `yaml:"kind"`
	}
	return yaml.Unmarshal(text, &head) == nil && head.Kind == Kind && head.APIVersion == report.APIVersion
}

// Read reads a file of intents. Home is the namespace of ends where neither they nor the
// file name one.
func Read(file string, text []byte, home string) ([]Intent, error) {
	if netassert(text) {
		return readNetassert(file, text)
	}
	var out []Intent
	err := document.Each(file, text, func(f *File, lines map[string]int) error {
		bad := func(at, format string, args ...any) error {
			return &document.Error{File: file, Line: lines[at], Text: fmt.Sprintf(format, args...)}
		}
		if f.APIVersion != report.APIVersion || f.Kind != Kind {
			return bad("", "expected apiVersion: %s and kind: %s, or tests of netassert", report.APIVersion, Kind)
		}
		if f.Namespace != "" {
			home = f.Namespace
		}
		if len(f.Intents) == 0 {
			return bad("", "there are no intents")
		}
		var errs []error
		for i := range f.Intents {
			at := fmt.Sprintf("intents[%d]", i)
			x, err := f.Intents[i].intent(home)
			if err != nil {
				var l *lineError
				if errors.As(err, &l) && l.line > 0 {
					errs = append(errs, &document.Error{File: file, Line: l.line, Text: l.text})
				} else {
					errs = append(errs, bad(at, "%v", err))
				}
				continue
			}
			x.File, x.Line = file, lines[at]
			out = append(out, x)
		}
		return errors.Join(errs...)
	})
	if err == nil && len(out) == 0 {
		err = fmt.Errorf("%s: there are no intents", file)
	}
	return out, err
}

// intent makes sense of what is written.
func (f *fileIntent) intent(home string) (Intent, error) {
	out := Intent{Name: f.Name, Expect: strings.ToLower(f.Expect)}
	var port reference.Port
	if f.Port != "" {
		r, err := reference.Parse("x:"+f.Port, home)
		if err != nil {
			return out, fmt.Errorf("port %.40q: %w", f.Port, err)
		}
		port = r.Port
	}
	var err error
	switch {
	case f.Door != "":
		if len(f.From)+len(f.To)+len(f.Only) > 0 || f.Port != "" {
			return out, errors.New("an intent with door has neither from, to, only nor port")
		}
		if out.Expect == "" {
			out.Expect = Works
		}
		if out.Expect != Works {
			return out, fmt.Errorf("expect: %.40q: a door is expected to be %q", f.Expect, Works)
		}
		if out.Door, err = reference.Parse(f.Door, home); err != nil {
			return out, err
		}
		if out.Door.Form != reference.FormObject || !out.Door.Kind.IsDoor() {
			return out, fmt.Errorf("%s is no door: name an Ingress, Gateway or route", f.Door)
		}
	case len(f.To) == 0:
		return out, errors.New("an intent has to, with from or only; or door")
	case len(f.Only) > 0:
		if len(f.From) > 0 {
			return out, errors.New("from and only exclude each other: only lists all who may connect")
		}
		if f.Expect != "" && out.Expect != Only {
			return out, errors.New("an intent with only has no expect")
		}
		out.Expect = Only
		out.From, err = ends(f.Only, home, reference.Port{})
	case len(f.From) == 0:
		return out, errors.New("an intent has from or only")
	default:
		if !slices.Contains([]string{Allow, Deny, Unknown}, out.Expect) {
			return out, fmt.Errorf("expect is %q; it has to be %s, %s or %s", f.Expect, Allow, Deny, Unknown)
		}
		out.From, err = ends(f.From, home, reference.Port{})
	}
	if err == nil {
		out.To, err = ends(f.To, home, port)
	}
	for i := range out.To {
		if r := out.To[i].Ref; err == nil && out.Expect == Only && (r == nil || r.Form != reference.FormObject || r.Kind.IsDoor()) {
			err = errors.New("only is about a pod, a workload or a Service; for an Ingress, Gateway or route: door")
		}
	}
	if out.Name == "" {
		out.Name = out.short()
	}
	return out, err
}

// short is what an intent says.
func (x *Intent) short() string {
	switch x.Expect {
	case Works:
		return x.Door.String() + " works"
	case Only:
		return "only " + endTexts(x.From) + " may reach " + endTexts(x.To)
	default:
		return fmt.Sprintf("%s to %s: %s", endTexts(x.From), endTexts(x.To), x.Expect)
	}
}

func endTexts(all []End) string {
	var out []string
	for i := range all {
		out = append(out, all[i].String())
	}
	return strings.Join(out, ", ")
}

func ends(in endList, home string, port reference.Port) ([]End, error) {
	var out []End
	for _, e := range in {
		if e.ref == "" {
			x := End{Namespaces: e.Namespaces, Namespace: e.Namespace, Pods: e.Pods, Port: port}
			if x.Namespace == "" && len(x.Namespaces) == 0 {
				x.Namespace = home
			}
			out = append(out, x)
			continue
		}
		r, err := reference.Parse(e.ref, home)
		if err != nil {
			return nil, &lineError{e.line, err.Error()}
		}
		if !port.IsZero() {
			if !r.Port.IsZero() && r.Port != port {
				return nil, &lineError{e.line, fmt.Sprintf("%s has a port already", e.ref)}
			}
			r.Port = port
		}
		out = append(out, End{Ref: &r})
	}
	return out, nil
}
