package report_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kubectl-netguard/netguard/pkg/internal/golden"
)

// kinds are the reports, in the order in which docs/json.md has them.
var kinds = []string{"Explanation", "Permission", "Reach", "FrontDoor", "Map", "Diff", "Audit", "Verification", "Probe", "Version", "Snapshot"}

// TestJSONIsDocumented holds docs/json.md against the code: every field, every
// code and what it means, and no more, from the comments here. -update rewrites it.
func TestJSONIsDocumented(t *testing.T) {
	const path, begin, end = "../../docs/json.md", "<!-- reference: begin -->\n", "<!-- reference: end -->"
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok1 := strings.Cut(string(have), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("%s lacks its markers %q and %q", path, begin, end)
	}
	s := readSource(t)
	golden.File(t, path, []byte(head+begin+"\n"+s.reference(t)+end+tail))
}

// source is what the package's files declare.
type source struct {
	order   []string
	structs map[string]*ast.StructType
	// codes are the constants of each string type.
	codes map[string][]code
	docs  map[string]string
}

type code struct{ value, doc string }

func readSource(t *testing.T) *source {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	s := &source{structs: map[string]*ast.StructType{}, codes: map[string][]code{}, docs: map[string]string{}}
	for _, name := range files {
		// What is only printed as policies and prose, or for eyes, is no JSON.
		if strings.HasSuffix(name, "_test.go") || name == "scaffold.go" || name == "fold.go" {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if g, ok := d.(*ast.GenDecl); ok {
				s.declaration(t, g)
			}
		}
	}
	return s
}

func (s *source) declaration(t *testing.T, g *ast.GenDecl) {
	t.Helper()
	for _, spec := range g.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			name := spec.Name.Name
			s.docs[name] = sentence(name, text(spec.Doc, g.Doc))
			if st, ok := spec.Type.(*ast.StructType); ok {
				s.structs[name] = st
			}
			s.order = append(s.order, name)
		case *ast.ValueSpec:
			of, ok := spec.Type.(*ast.Ident)
			if !ok || len(spec.Values) != 1 {
				continue
			}
			literal, ok := spec.Values[0].(*ast.BasicLit)
			if !ok {
				continue
			}
			value, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			doc := text(spec.Doc)
			if !g.Lparen.IsValid() {
				doc = text(g.Doc)
			}
			if doc == "" {
				t.Errorf("%s %s has no comment that says what it means", of.Name, value)
			}
			s.codes[of.Name] = append(s.codes[of.Name], code{value, sentence(spec.Names[0].Name, doc)})
		}
	}
}

func text(groups ...*ast.CommentGroup) string {
	for _, g := range groups {
		if g != nil {
			return strings.Join(strings.Fields(g.Text()), " ")
		}
	}
	return ""
}

// sentence is a comment without the name with which Go has it begin.
func sentence(name, doc string) string {
	for _, cut := range []string{name + ": ", name + " is ", name + " are ", name + " says ", name + " answers ", name + " names "} {
		if rest, ok := strings.CutPrefix(doc, cut); ok {
			if verb := strings.TrimSpace(strings.TrimPrefix(cut, name)); len(verb) > len("are") {
				rest = verb + " " + rest
			}
			return strings.ToUpper(rest[:1]) + rest[1:]
		}
	}
	return doc
}

// reference is the generated part of the page.
func (s *source) reference(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("## Reports\n")
	for _, name := range kinds {
		s.object(t, &b, name)
	}
	b.WriteString("\n## Parts of reports\n")
	for _, name := range s.order {
		if s.structs[name] != nil && !slices.Contains(kinds, name) && name != "Header" {
			s.object(t, &b, name)
		}
	}
	b.WriteString("\n## Codes\n")
	for _, name := range s.order {
		if codes := s.codes[name]; len(codes) > 0 {
			fmt.Fprintf(&b, "\n### %s\n\n%s\n\n| Code | Meaning |\n|---|---|\n", name, s.docs[name])
			for _, c := range codes {
				fmt.Fprintf(&b, "| `%s` | %s |\n", c.value, cell(c.doc))
			}
		}
	}
	return b.String() + "\n"
}

func (s *source) object(t *testing.T, b *strings.Builder, name string) {
	t.Helper()
	fmt.Fprintf(b, "\n### %s\n\n%s\n\n| Field | Type | Meaning |\n|---|---|---|\n", name, s.docs[name])
	s.fields(t, b, name)
}

func (s *source) fields(t *testing.T, b *strings.Builder, name string) {
	t.Helper()
	for _, f := range s.structs[name].Fields.List {
		tag := ""
		if f.Tag != nil {
			tag = reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("json")
		}
		key, options, _ := strings.Cut(tag, ",")
		switch {
		case key == "-":
			continue
		case options == "inline":
			s.fields(t, b, f.Type.(*ast.Ident).Name)
			continue
		case key == "" || len(f.Names) != 1:
			t.Errorf("%s has a field without a name of its own in JSON", name)
			continue
		}
		doc := text(f.Doc, f.Comment)
		if doc == "" {
			t.Errorf("%s.%s has no comment that says what it means", name, f.Names[0].Name)
		}
		if strings.Contains(options, "omitempty") {
			key += "?"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", key, s.typeOf(f.Type), cell(sentence(f.Names[0].Name, doc)))
	}
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// typeOf is a type as the page names it, linked where it is described there.
func (s *source) typeOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return s.typeOf(e.X)
	case *ast.ArrayType:
		return "list of " + s.typeOf(e.Elt)
	case *ast.IndexExpr: // iter.Seq, which is a list in JSON
		return "list of " + s.typeOf(e.Index)
	case *ast.MapType:
		return "map of " + s.typeOf(e.Value)
	case *ast.SelectorExpr:
		if e.Sel.Name == "Set" {
			return "[connections](#connections)"
		}
		if e.Sel.Name == "NetworkPolicy" {
			return "NetworkPolicy (networking.k8s.io/v1)"
		}
		return "string"
	case *ast.Ident:
		switch e.Name {
		case "string":
			return "string"
		case "bool":
			return "boolean"
		case "int", "int32", "uint16":
			return "number"
		case "Verdict":
			return "[verdict](#verdicts)"
		}
		return "[" + e.Name + "](#" + strings.ToLower(e.Name) + ")"
	}
	return "?"
}
