package manifest

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
func direct(text []byte, share sharing) (found []*Object, ok bool) {
	if text[0] == '{' {
		return directObjects(readJSON(text))
	}
	if !usualYAML(text) {
		return nil, false
	}
	if list, ok := cutList(text, pieceSize); ok {
		return list.read(share)
	}
	return directObjects(readYAML(text))
}

func directObjects(root map[string]any, ok bool) ([]*Object, bool) {
	if !ok {
		return nil, false
	}
	o, ok := ordinary(root)
	if !ok {
		return nil, false
	}
	if _, isList := root["items"]; !isList {
		o.convertAhead()
		return []*Object{o}, true
	}
	items, ok := root["items"].([]any)
	if !ok {
		return nil, false
	}
	return directItems(items)
}

func directItems(items []any) ([]*Object, bool) {
	found := make([]*Object, 0, len(items))
	for i, item := range items {
		items[i] = nil
		root, ok := item.(map[string]any)
		if !ok {
			return nil, false
		}
		if _, isList := root["items"]; isList {
			return nil, false
		}
		o, ok := ordinary(root)
		if !ok {
			return nil, false
		}
		o.convertAhead()
		found = append(found, o)
	}
	return found, true
}

// ordinary is an object that says what it is: the builder refuses one that does not,
// or takes it for what the List's name says.
func ordinary(root map[string]any) (*Object, bool) {
	u := &unstructured.Unstructured{Object: root}
	if u.GetNamespace() == "" {
		// resource.FilterNamespace: a namespace that is null or no text is as none.
		u.SetNamespace("")
	}
	gvk := u.GroupVersionKind()
	return &Object{Raw: u}, gvk.Kind != "" && gvk.Version != ""
}

// readJSON reads one JSON value; several in a row are the builder's.
func readJSON(text []byte) (root map[string]any, ok bool) {
	if kjson.UnmarshalCaseSensitivePreserveInts(text, &root) != nil {
		return nil, false
	}
	return root, typedMetadata(text)
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
func readYAML(text []byte) (root map[string]any, ok bool) {
	value, ok := parseYAML(text)
	if !ok {
		return nil, false
	}
	if root, ok = value.(map[string]any); !ok {
		return nil, false
	}
	meta, err := json.Marshal(map[string]any{"metadata": root["metadata"]})
	return root, err == nil && typedMetadata(meta)
}

// usualYAML: the builder tries JSON first, takes each \r\n for \n, and has its own
// opinion of lines that begin with dashes.
func usualYAML(text []byte) bool {
	first := bytes.TrimLeftFunc(text, unicode.IsSpace)
	return len(first) > 0 && first[0] != '{' && bytes.IndexByte(text, '\r') < 0 &&
		!bytes.HasPrefix(text, []byte("---")) && !bytes.Contains(text, []byte("\n---"))
}

func parseYAML(text []byte) (any, bool) {
	if text[len(text)-1] != '\n' {
		// As the builder does. It is not nothing: the line may end a literal text.
		text = append(text[:len(text):len(text)], '\n')
	}
	var value any
	if yaml.Unmarshal(text, &value) != nil {
		return nil, false
	}
	return asJSON(value, 0)
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
