package source

import (
	"bytes"
	"encoding/json"
	"unicode"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kjson "sigs.k8s.io/json"
)

// direct reads the objects of a document that is as documents usually are. kubectl's
// builder has the YAML written as JSON and reads the JSON six times; here it is
// parsed once, by the same parser. What is out of the ordinary, and whatever is
// wrong, is left to the builder (ok is false): its objects and errors are what counts.
func direct(text []byte) (found []*unstructured.Unstructured, ok bool) {
	read := readYAML
	if text[0] == '{' {
		read = readJSON
	}
	object, ok := read(text)
	if !ok {
		return nil, false
	}
	u, ok := ordinary(object)
	if !ok {
		return nil, false
	}
	if _, isList := object["items"]; !isList {
		return []*unstructured.Unstructured{u}, true
	}
	items, ok := object["items"].([]any)
	if !ok {
		return nil, false
	}
	found = make([]*unstructured.Unstructured, 0, len(items))
	for _, item := range items {
		object, ok := item.(map[string]any)
		if !ok {
			return nil, false
		}
		if _, isList := object["items"]; isList {
			return nil, false
		}
		u, ok := ordinary(object)
		if !ok {
			return nil, false
		}
		found = append(found, u)
	}
	return found, true
}

// ordinary is an object that says what it is: the builder refuses one that does not,
// or takes it for what the List's name says.
func ordinary(object map[string]any) (*unstructured.Unstructured, bool) {
	u := &unstructured.Unstructured{Object: object}
	if u.GetNamespace() == "" {
		// resource.FilterNamespace: a namespace that is null or no text is as none.
		u.SetNamespace("")
	}
	gvk := u.GroupVersionKind()
	return u, gvk.Kind != "" && gvk.Version != ""
}

// readJSON reads one JSON value; several in a row are the builder's.
func readJSON(text []byte) (object map[string]any, ok bool) {
	if kjson.UnmarshalCaseSensitivePreserveInts(text, &object) != nil {
		return nil, false
	}
	return object, typedMetadata(text)
}

// typedMetadata reports whether the builder finds nothing wrong with the metadata of
// a document. It does not look at that of a List's items.
func typedMetadata(text []byte) bool {
	var typed struct {
		Metadata metav1.ObjectMeta `json:"metadata"`
	}
	return kjson.UnmarshalCaseSensitivePreserveInts(text, &typed) == nil
}

// readYAML parses YAML to what kubectl's way of reading makes of it.
func readYAML(text []byte) (object map[string]any, ok bool) {
	// The builder tries JSON first, takes each \r\n for \n, and has its own opinion of
	// lines that begin with dashes.
	first := bytes.TrimLeftFunc(text, unicode.IsSpace)
	if len(first) == 0 || first[0] == '{' || bytes.IndexByte(text, '\r') >= 0 ||
		bytes.HasPrefix(text, []byte("---")) || bytes.Contains(text, []byte("\n---")) {
		return nil, false
	}
	if text[len(text)-1] != '\n' {
		// As the builder does. It is not nothing: the line may end a literal text.
		text = append(text[:len(text):len(text)], '\n')
	}
	var value any
	if yaml.Unmarshal(text, &value) != nil {
		return nil, false
	}
	if value, ok = asJSON(value, 0); !ok {
		return nil, false
	}
	if object, ok = value.(map[string]any); !ok {
		return nil, false
	}
	meta, err := json.Marshal(map[string]any{"metadata": object["metadata"]})
	return object, err == nil && typedMetadata(meta)
}

// maxDirect bounds how deep a value is followed. kubectl's own bound, of 10,000, is
// of no concern to manifests; it is the builder that says so.
const maxDirect = 500

// asJSON is what becomes of a YAML value that is written as JSON and read again.
func asJSON(value any, depth int) (any, bool) {
	if depth > maxDirect {
		return nil, false
	}
	switch v := value.(type) {
	case nil, bool:
		return v, true
	case int:
		return int64(v), true
	case string:
		if utf8.ValidString(v) {
			return v, true
		}
	case []any:
		for i := range v {
			item, ok := asJSON(v[i], depth+1)
			if !ok {
				return nil, false
			}
			v[i] = item
		}
		return v, true
	case map[any]any:
		out := make(map[string]any, len(v))
		for key, in := range v {
			name, isText := key.(string)
			field, ok := asJSON(in, depth+1)
			if !ok || !isText || !utf8.ValidString(name) {
				return nil, false
			}
			out[name] = field
		}
		return out, true
	}
	// Numbers that are no int, and bytes that are no text.
	text, err := json.Marshal(value)
	if err != nil {
		return nil, false
	}
	var out any
	return out, kjson.UnmarshalCaseSensitivePreserveInts(text, &out) == nil
}
