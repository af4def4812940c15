package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"

	yaml "go.yaml.in/yaml/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/resource"
	kjson "sigs.k8s.io/json"

	"github.com/kubectl-netguard/netguard/pkg/kinds"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
	"github.com/kubectl-netguard/netguard/pkg/source"
	"github.com/kubectl-netguard/netguard/pkg/source/objects"
)

// Object is one API object of a document.
type Object struct {
	doc *document
	// index among the document's objects: a List has several.
	index int
	// Raw is the object as it was decoded; see [Typed], [Strict] and [Object.API].
	Raw *unstructured.Unstructured
	// converted is the object as its API type, where convertAhead made it; raw then
	// has nothing left but what names the object, and its metadata.
	converted runtime.Object
	nodes     *nodes
}

// node is the object's YAML and the line of the file that its first line is; nil
// where the text cannot be had (kustomize, or several JSON values run together).
func (o *Object) node() (*yaml.Node, int) {
	return o.nodes.at(o.doc, o.index)
}

// line is the object's first line, as exactly as it is known without parsing.
func (o *Object) line() int {
	if o.nodes.read {
		if n, first := o.node(); n != nil {
			return first + n.Line - 1
		}
	}
	return o.doc.line
}

// Errorf is an error about the object.
func (o *Object) Errorf(format string, args ...any) *InputError {
	return o.doc.Errorf(o.line(), format, args...)
}

// Place is the file that the object stands in, and its first line there.
func (o *Object) Place() (file string, line int) { return o.doc.file, o.line() }

// File is the name of the file that the object stands in, as the user typed it.
func (o *Object) File() string { return o.doc.file }

// At is Errorf for the line where a field stands.
func (o *Object) At(path, format string, args ...any) *InputError {
	from, _ := o.Origin()
	line := from.Line
	for p := path; p != ""; p = p[:max(strings.LastIndexAny(p, ".["), 0)] {
		if l, ok := from.Lines[p]; ok {
			line = l
			break
		}
	}
	return o.doc.Errorf(line, format, args...)
}

// decode reads a document's objects the way kubectl reads a file's.
func decode(doc *document, share sharing) ([]*Object, error) {
	if found, ok := direct(doc.text, share); ok {
		return inDocument(doc, found), nil
	}
	return build(doc)
}

// build has kubectl's own builder read a document.
func build(doc *document) ([]*Object, error) {
	infos, err := resource.NewLocalBuilder().Unstructured().
		Stream(bytes.NewReader(doc.text), doc.file).
		Flatten().ContinueOnError().
		Do().Infos()
	if err != nil {
		return nil, diagnose(doc, err)
	}
	return built(doc, infos)
}

// kustomize builds a kustomization; its objects stand in no file of their own.
func kustomize(dir string) ([]*Object, error) {
	doc := &document{file: dir}
	infos, err := resource.NewLocalBuilder().Unstructured().
		FilenameParam(false, &resource.FilenameOptions{Kustomize: dir}).
		Flatten().ContinueOnError().
		Do().Infos()
	if err != nil {
		return nil, doc.Errorf(0, "kustomize: %s", source.OneLine(err.Error()))
	}
	return built(doc, infos)
}

func built(doc *document, infos []*resource.Info) ([]*Object, error) {
	found := make([]*Object, 0, len(infos))
	for _, info := range infos {
		raw, ok := info.Object.(*unstructured.Unstructured)
		if !ok {
			return nil, doc.Errorf(doc.line, "is not a Kubernetes object")
		}
		found = append(found, &Object{Raw: raw})
	}
	return inDocument(doc, found), nil
}

func inDocument(doc *document, found []*Object) []*Object {
	shared := &nodes{count: len(found)}
	for i, o := range found {
		o.doc, o.index, o.nodes = doc, i, shared
	}
	return found
}

// diagnose says what is wrong with a document that the builder refused, and in
// which line; the builder's own words name neither.
func diagnose(doc *document, cause error) error {
	if strings.Contains(cause.Error(), "invalid Yaml document separator") {
		for i, line := range bytes.Split(doc.text, []byte("\n")) {
			if bytes.HasPrefix(line, []byte("---")) {
				return doc.Errorf(doc.line+i, "is not valid YAML: nothing but a comment may follow ---")
			}
		}
	}
	root, err := parseNode(doc.text)
	if err != nil {
		line, problem := syntaxError(doc.text, err)
		return doc.Errorf(doc.line+line-1, "is not valid YAML: %s", problem)
	}
	if root == nil {
		return doc.Errorf(doc.line, "is not a Kubernetes object: it has no content")
	}
	for _, n := range itemNodes(root) {
		if problem := notAnObject(n); problem != "" {
			if problem == missingKind && isKustomization(doc.file) {
				return nil
			}
			return doc.Errorf(doc.line+n.Line-1, "is not a Kubernetes object: %s", problem)
		}
		// What the builder checks beyond that is that metadata has its types.
		if err := typeError(n, new(metadataOnly)); err != nil {
			path, line, problem := err.locate(n)
			return doc.Errorf(doc.line+line-1, "%s: %s", path, problem)
		}
	}
	text := cause.Error()
	for _, prefix := range []string{fmt.Sprintf("unable to decode %q: ", doc.file), fmt.Sprintf("error parsing %s: ", doc.file)} {
		text = strings.TrimPrefix(text, prefix)
	}
	return doc.Errorf(doc.line, "cannot be read: %s", source.OneLine(text))
}

const missingKind = "kind is missing"

func notAnObject(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.MappingNode {
		return "it is not a mapping with apiVersion and kind"
	}
	for _, field := range []string{"kind", "apiVersion"} {
		switch v := child(n, field); {
		case v == nil || v.Value == "" && v.Kind == yaml.ScalarNode:
			return field + " is missing"
		case jsonType(v) != "string":
			return field + " is not a string"
		}
	}
	return ""
}

// isKustomization: kustomize lets its own file leave out apiVersion and kind.
func isKustomization(file string) bool {
	switch filepath.Base(file) {
	case "kustomization.yaml", "kustomization.yml", "Kustomization":
		return true
	}
	return false
}

// syntaxError finds the line of a YAML error. The parser names the line where the
// broken block begins, or none; the text up to the right line is the shortest
// that fails in the same way.
func syntaxError(text []byte, cause error) (line int, problem string) {
	lines := bytes.SplitAfter(text, []byte("\n"))
	ends := make([]int, len(lines)+1)
	for i, l := range lines {
		ends[i+1] = ends[i] + len(l)
	}
	if len(text) > maxSearched {
		line = 1
		_, _ = fmt.Sscanf(cause.Error(), "yaml: line %d:", &line)
		return line, syntaxProblem(cause)
	}
	good, bad := 0, len(lines)
	for bad-good > 1 {
		middle := (good + bad) / 2
		if _, err := parseNode(text[:ends[middle]]); err != nil && err.Error() == cause.Error() {
			bad = middle
		} else {
			good = middle
		}
	}
	return bad, syntaxProblem(cause)
}

// maxSearched bounds the text that is parsed again and again to find a line.
const maxSearched = 2 << 20

// syntaxProblem is the parser's message without its line.
func syntaxProblem(cause error) string {
	problem := strings.TrimPrefix(cause.Error(), "yaml: ")
	if rest, ok := strings.CutPrefix(problem, "line "); ok {
		if _, after, ok := strings.Cut(rest, ": "); ok {
			problem = after
		}
	}
	return source.OneLine(problem)
}

type metadataOnly struct {
	Metadata struct {
		Name         string            `json:"name"`
		GenerateName string            `json:"generateName"`
		Namespace    string            `json:"namespace"`
		Labels       map[string]string `json:"labels"`
		Annotations  map[string]string `json:"annotations"`
	} `json:"metadata"`
}

// fieldError is a field that has another type than its API says.
type fieldError struct {
	// steps is the field's path without list indices.
	steps string
	found string
	want  string
	text  string
}

// typeError decodes a node into a typed object, and returns what does not fit.
func typeError(n *yaml.Node, into any) *fieldError {
	var value any
	if err := n.Decode(&value); err != nil {
		return nil
	}
	data, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	return asFieldError(kjson.UnmarshalCaseSensitivePreserveInts(data, into))
}

func asFieldError(err error) *fieldError {
	var mismatch *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &mismatch):
		found, _, _ := strings.Cut(mismatch.Value, " ")
		return &fieldError{steps: mismatch.Field, found: found, want: mismatch.Type.Kind().String()}
	default:
		return &fieldError{text: source.OneLine(strings.TrimPrefix(err.Error(), "json: "))}
	}
}

// locate finds the field in the object's YAML; n may be nil.
func (e *fieldError) locate(n *yaml.Node) (path string, line int, problem string) {
	path, line = e.steps, 1
	if n != nil {
		line = n.Line
	}
	at, hit := find(n, "", e.steps, e.found, 0)
	if hit == nil {
		at, hit = find(n, "", e.steps, "", 0)
	}
	if hit != nil && e.steps != "" {
		path, line = at, hit.Line
		if e.found == "bool" && yaml11Bool(hit.Value) {
			return path, line, fmt.Sprintf("expected %s; YAML reads %s as true or false unless it is quoted", typeWords(e.want), hit.Value)
		}
	}
	if e.text != "" {
		return path, line, e.text
	}
	return path, line, fmt.Sprintf("expected %s, found %s", typeWords(e.want), typeWords(e.found))
}

// yaml11Bool: kubectl reads YAML 1.1, in which these words are booleans.
func yaml11Bool(word string) bool {
	switch strings.ToLower(word) {
	case "y", "n", "yes", "no", "on", "off":
		return true
	}
	return false
}

func typeWords(t string) string {
	switch t {
	case "slice", "array":
		return "a list"
	case "map", "struct", "object", "ptr":
		return "a mapping"
	case "string":
		return "text"
	case "bool":
		return "true or false"
	case "number":
		return "a number"
	}
	if strings.HasPrefix(t, "int") || strings.HasPrefix(t, "uint") {
		return "a whole number in range"
	}
	return t
}

// Typed converts an object to its API type. Unknown fields are ignored.
func Typed[T any](o *Object) (*T, error) {
	if in, ok := any(o.converted).(*T); ok {
		return in, nil
	}
	in := new(T)
	if err := o.into(in); err != nil {
		return nil, o.mismatch(new(T), err)
	}
	return in, nil
}

// typedAs is [Typed] for an empty object of the type.
func (o *Object) typedAs(empty runtime.Object) (runtime.Object, error) {
	if o.converted != nil {
		return o.converted, nil
	}
	if err := o.into(empty); err != nil {
		return nil, o.mismatch(reflect.New(reflect.TypeOf(empty).Elem()).Interface(), err)
	}
	return empty, nil
}

func (o *Object) into(out any) error {
	// managedFields can be most of a dumped object, and nobody reads them here.
	unstructured.RemoveNestedField(o.Raw.Object, "metadata", "managedFields")
	return runtime.DefaultUnstructuredConverter.FromUnstructured(o.Raw.Object, out)
}

// API is an object of a kind that is read, as what its codec takes.
func (o *Object) API(kind *kinds.Kind) (*Decoded, error) {
	codec := objects.Of(kind.Resource)
	if codec == nil {
		return nil, o.Errorf("internal error: %s are read, and have no codec", kind.Resource)
	}
	into := codec.New()
	if into == nil {
		meta, err := Typed[metav1.PartialObjectMetadata](o)
		if err != nil {
			return nil, err
		}
		return &Decoded{of: o, codec: codec, Meta: &meta.ObjectMeta}, nil
	}
	in, err := o.typedAs(into)
	if err != nil {
		return nil, err
	}
	meta, ok := in.(metav1.ObjectMetaAccessor)
	if !ok {
		return nil, o.Errorf("internal error: %T has no metadata", in)
	}
	out := &Decoded{of: o, codec: codec, In: in}
	out.Meta, _ = meta.GetObjectMeta().(*metav1.ObjectMeta)
	return out, nil
}

// Decoded is an object as its API type, or as its JSON where In is nil.
type Decoded struct {
	of    *Object
	codec objects.Codec
	// In is the API type's object, or nil.
	In runtime.Object
	// Meta is its metadata, which may be changed.
	Meta *metav1.ObjectMeta
}

// AddTo adds the object to a snapshot, under the name that its metadata says by now.
func (a *Decoded) AddTo(b *snapshot.Builder) error {
	if a.In != nil {
		return a.codec.Add(b, a.In)
	}
	a.of.Raw.SetNamespace(a.Meta.Namespace)
	raw, err := a.of.Raw.MarshalJSON()
	if err != nil {
		return a.of.Errorf("%v", err)
	}
	list, err := a.codec.List()
	if err == nil {
		err = list.Item(raw)
	}
	if err != nil {
		return a.of.Errorf("%v", err)
	}
	list.Fill(b)
	return nil
}

// Strict converts an object to its API type and refuses fields that the type does
// not have: in a policy, a misspelt `from` would admit everybody.
func Strict[T any](o *Object) (*T, error) {
	unstructured.RemoveNestedField(o.Raw.Object, "metadata", "managedFields")
	data, err := o.Raw.MarshalJSON()
	if err != nil {
		return nil, o.Errorf("cannot be read: %s", source.OneLine(err.Error()))
	}
	out := new(T)
	unknown, err := kjson.UnmarshalStrict(data, out)
	if err != nil {
		return nil, o.mismatch(new(T), err)
	}
	for _, e := range unknown {
		path := strings.TrimSuffix(strings.TrimPrefix(e.Error(), `unknown field "`), `"`)
		if strings.HasPrefix(path, "spec.") {
			return nil, o.At(path, "%s: %s has no such field", Printable(path), o.Raw.GetKind())
		}
	}
	return out, nil
}

// mismatch turns a failed conversion into an error that names the field.
func (o *Object) mismatch(into any, cause error) *InputError {
	data, err := o.Raw.MarshalJSON()
	if err == nil {
		if err := kjson.UnmarshalCaseSensitivePreserveInts(data, into); err != nil {
			cause = err
		}
	}
	e := asFieldError(cause)
	n, first := o.node()
	path, line, problem := e.locate(n)
	line += first - 1
	if path == "" {
		return o.doc.Errorf(line, "%s cannot be read: %s", o.Title(), problem)
	}
	return o.doc.Errorf(line, "%s: %s: %s", o.Title(), path, problem)
}

// Title is the object's kind and name as far as they may be printed.
func (o *Object) Title() string {
	name := o.Raw.GetName()
	if ns := o.Raw.GetNamespace(); ns != "" {
		name = ns + "/" + name
	}
	return o.Raw.GetKind() + " " + Printable(name)
}
