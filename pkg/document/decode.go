package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	yaml "go.yaml.in/yaml/v3"

	"github.com/kubectl-netguard/netguard/pkg/reference"
)

// Error is what is wrong at a line of a file.
type Error struct {
	File string
	Line int
	Text string
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text) }

// Each reads the documents of a text one by one into values that make returns, and tells
// done of each with the line of every field by its path. Empty documents are passed over.
func Each[T any](file string, text []byte, done func(value *T, lines map[string]int) error) error {
	d := yaml.NewDecoder(bytes.NewReader(text))
	var errs []error
	for {
		var n yaml.Node
		err := d.Decode(&n)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return errors.Join(append(errs, fmt.Errorf("%s: %w", file, err))...)
		}
		if len(n.Content) == 0 || n.Content[0].Tag == "!!null" {
			continue
		}
		c := checker{file: file, lines: map[string]int{}}
		c.value("", n.Content[0], reflect.TypeFor[T]())
		if len(c.errs) > 0 {
			errs = append(errs, c.errs...)
			continue
		}
		value := new(T)
		if err := n.Content[0].Decode(value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", file, err))
			continue
		}
		if err := done(value, c.lines); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// checker holds a tree of YAML against a type.
type checker struct {
	file  string
	lines map[string]int
	errs  []error
}

func (c *checker) errorf(n *yaml.Node, format string, args ...any) {
	c.errs = append(c.errs, &Error{c.file, n.Line, fmt.Sprintf(format, args...)})
}

func (c *checker) value(path string, n *yaml.Node, t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	c.lines[path] = n.Line
	switch {
	case reflect.PointerTo(t).Implements(reflect.TypeFor[yaml.Unmarshaler]()):
	case t.Kind() == reflect.Struct:
		c.mapping(path, n, t)
	case t.Kind() == reflect.Slice:
		if n.Kind != yaml.SequenceNode {
			c.errorf(n, "%s has to be a list", shown(path))
			return
		}
		for i, item := range n.Content {
			c.value(fmt.Sprintf("%s[%d]", path, i), item, t.Elem())
		}
	case t.Kind() == reflect.Map:
		if n.Kind != yaml.MappingNode {
			c.errorf(n, "%s has to be fields with values", shown(path))
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			c.value(path+"."+n.Content[i].Value, n.Content[i+1], t.Elem())
		}
	case n.Kind != yaml.ScalarNode:
		c.errorf(n, "%s has to be a single value", shown(path))
	case t.Kind() == reflect.Bool && n.Tag != "!!bool":
		c.errorf(n, "%s has to be true or false, not %.40q", shown(path), n.Value)
	case t.Kind() == reflect.Int && n.Tag != "!!int":
		c.errorf(n, "%s has to be a number, not %.40q", shown(path), n.Value)
	}
}

func (c *checker) mapping(path string, n *yaml.Node, t reflect.Type) {
	if n.Kind != yaml.MappingNode {
		c.errorf(n, "%s has to be fields with values", shown(path))
		return
	}
	fields := map[string]reflect.Type{}
	var names []string
	collect(t, fields, &names)
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		field, ok := fields[key.Value]
		switch {
		case !ok:
			c.errorf(key, "%s has no field %.40q%s", shown(path), key.Value, nearest(key.Value, names))
		case seen[key.Value]:
			c.errorf(key, "%s appears twice", strings.TrimPrefix(path+"."+key.Value, "."))
		default:
			seen[key.Value] = true
			at := strings.TrimPrefix(path+"."+key.Value, ".")
			c.value(at, n.Content[i+1], field)
			c.lines[at] = key.Line
		}
	}
}

// collect lists the fields of a struct by their YAML names.
func collect(t reflect.Type, fields map[string]reflect.Type, names *[]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if strings.Contains(options, "inline") {
			collect(f.Type, fields, names)
			continue
		}
		if name != "" && name != "-" {
			fields[name] = f.Type
			*names = append(*names, name)
		}
	}
}

// nearest is what somebody may have meant.
func nearest(got string, names []string) string {
	for _, name := range names {
		if strings.EqualFold(name, got) || reference.Similar(name, got) {
			return fmt.Sprintf("; did you mean %q?", name)
		}
	}
	slices.Sort(names)
	return "; it has " + strings.Join(names, ", ")
}

func shown(path string) string {
	if path == "" {
		return "the document"
	}
	return path
}
