// Package fields reads the spec of a policy of which netguard knows the fields that
// its API had when this was written. A field that is not known may change what the
// policy does: it is noticed, by its path, so that whoever reads the spec can leave
// open what it may decide.
//
// It knows no kind of policy. Objects come from API servers and from files: nothing
// in them is taken for granted, and nothing in them makes it panic.
package fields

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// Reader remembers the first thing in what it read that is not understood.
type Reader struct{ unclear string }

// Unclear says what is not understood, naming its field; "" where everything is.
func (r *Reader) Unclear() string { return r.unclear }

// Fail notes what is not understood about a field.
func (r *Reader) Fail(path, format string, args ...any) {
	if r.unclear == "" {
		r.unclear = path + " " + fmt.Sprintf(format, args...)
	}
}

// Object is a JSON object that is being read. A nil Object is one that is absent.
type Object struct {
	*Reader
	Path   string
	fields map[string]any
	read   map[string]bool
}

// Object begins to read a value that has to be an object.
func (r *Reader) Object(path string, value any) *Object {
	fields, ok := value.(map[string]any)
	if !ok && value != nil {
		r.Fail(path, "is no mapping of fields")
	}
	return &Object{Reader: r, Path: path, fields: fields, read: map[string]bool{}}
}

// Has tells whether a field is there; null is as if it were not.
func (o *Object) Has(key string) bool { return o.fields[key] != nil }

// Len is how many fields there are.
func (o *Object) Len() int {
	n := 0
	for _, v := range o.fields {
		if v != nil {
			n++
		}
	}
	return n
}

// At is the path of a field.
func (o *Object) At(key string) string {
	if o.Path == "" {
		return key
	}
	return o.Path + "." + key
}

func (o *Object) value(key string) any {
	o.read[key] = true
	return o.fields[key]
}

// Ignore reads fields that decide nothing.
func (o *Object) Ignore(keys ...string) {
	for _, k := range keys {
		o.read[k] = true
	}
}

// Text is a string field; "" where it is absent.
func (o *Object) Text(key string) string {
	switch v := o.value(key).(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		o.Fail(o.At(key), "is no text")
		return ""
	}
}

// Flag is a boolean field, and whether it is there.
func (o *Object) Flag(key string) (value, there bool) {
	switch v := o.value(key).(type) {
	case nil:
		return false, false
	case bool:
		return v, true
	default:
		o.Fail(o.At(key), "is neither true nor false")
		return false, true
	}
}

// Number is a whole number, and whether it is there.
func (o *Object) Number(key string) (int64, bool) {
	v := o.value(key)
	if v == nil {
		return 0, false
	}
	n, ok := Whole(v)
	if !ok {
		o.Fail(o.At(key), "is no whole number")
	}
	return n, true
}

// Whole is a JSON number, however it was decoded, that is a whole one.
func Whole(value any) (int64, bool) {
	switch v := value.(type) {
	case int64:
		return v, true
	case float64:
		if v != math.Trunc(v) || math.Abs(v) > 1<<53 {
			return 0, false
		}
		return int64(v), true
	default:
		return 0, false
	}
}

// Real is a JSON number, and whether it is there.
func (o *Object) Real(key string) (float64, bool) {
	switch v := o.value(key).(type) {
	case nil:
		return 0, false
	case int64:
		return float64(v), true
	case float64:
		return v, true
	default:
		o.Fail(o.At(key), "is no number")
		return 0, true
	}
}

// Sub is a field that is an object; nil where it is absent.
func (o *Object) Sub(key string) *Object {
	v := o.value(key)
	if v == nil {
		return nil
	}
	return o.Object(o.At(key), v)
}

// Item is an item of a list, with its path.
type Item struct {
	Path  string
	Value any
}

// List are the items of a field that is a list.
func (o *Object) List(key string) []Item {
	v := o.value(key)
	if v == nil {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		o.Fail(o.At(key), "is no list")
		return nil
	}
	out := make([]Item, len(list))
	for i := range list {
		out[i] = Item{fmt.Sprintf("%s[%d]", o.At(key), i), list[i]}
	}
	return out
}

// Texts are the items of a field that is a list of strings.
func (o *Object) Texts(key string) []string {
	var out []string
	for _, item := range o.List(key) {
		text, ok := item.Value.(string)
		if !ok {
			o.Fail(item.Path, "is no text")
			continue
		}
		out = append(out, text)
	}
	return out
}

// Selector is a label selector (metav1.LabelSelector); nil where it is absent, and
// where it is not understood.
func (o *Object) Selector(key string) *selector.Selector {
	v := o.value(key)
	if v == nil {
		return nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		o.Fail(o.At(key), "is no selector")
		return nil
	}
	var in metav1.LabelSelector
	decode := json.NewDecoder(bytes.NewReader(text))
	decode.DisallowUnknownFields()
	if err := decode.Decode(&in); err != nil {
		o.Fail(o.At(key), "is no selector that netguard knows")
		return nil
	}
	s, err := selector.Compile(&in)
	if err != nil {
		o.Fail(o.At(key), "is no valid selector: %v", err)
		return nil
	}
	return &s
}

// Done ends reading the object: fields that nobody has asked for are not known.
func (o *Object) Done() {
	var rest []string
	for key, v := range o.fields {
		if !o.read[key] && v != nil {
			rest = append(rest, key)
		}
	}
	if len(rest) > 0 {
		o.Fail(o.At(slices.Min(rest)), "is a field that netguard does not know")
	}
}
