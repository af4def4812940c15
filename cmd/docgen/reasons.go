package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// set is a type of codes.
type set struct {
	name, doc string
	codes     []code
}

// code is a code, or several that are explained together.
type code struct {
	values []string
	doc    string
}

// stable begins the comment on a type whose constants are codes of their own, rather than names of the API or of a
// report's parts.
const stable = "a stable code for "

// codes is the page of the codes that reports in JSON and YAML hold: the constants of package report, type by type,
// with the comments on them.
func codes(dir string) (string, error) {
	sets, err := readSets(dir)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(generated)
	b.WriteString(`# Codes in reports

` + "`-o json` and `-o yaml`" + ` say why in these codes. A code never changes its meaning; new ones may come.
`)
	for _, s := range sets {
		fmt.Fprintf(&b, "\n## Codes for %s\n\n| Code | Meaning |\n|---|---|\n", strings.TrimSuffix(strings.TrimPrefix(s.doc, stable), "."))
		for _, c := range s.codes {
			fmt.Fprintf(&b, "| `%s` | %s |\n", strings.Join(c.values, "`, `"), cell(c.doc))
		}
	}
	return b.String(), nil
}

func readSets(dir string) ([]*set, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var (
		files = token.NewFileSet()
		sets  []*set
		find  = map[string]*set{}
		decls []ast.Decl
	)
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, filepath.Join(dir, e.Name()), nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		decls = append(decls, file.Decls...)
	}
	for _, d := range decls {
		if gen, ok := d.(*ast.GenDecl); ok && gen.Tok == token.TYPE {
			for _, s := range gen.Specs {
				t := s.(*ast.TypeSpec)
				if base, ok := t.Type.(*ast.Ident); ok && base.Name == "string" && t.Name.IsExported() {
					find[t.Name.Name] = &set{name: t.Name.Name, doc: sentence(t.Name.Name, gen.Doc)}
					sets = append(sets, find[t.Name.Name])
				}
			}
		}
	}
	for _, d := range decls {
		if gen, ok := d.(*ast.GenDecl); ok && gen.Tok == token.CONST {
			if err := addCodes(find, gen); err != nil {
				return nil, err
			}
		}
	}
	sets = slices.DeleteFunc(sets, func(s *set) bool { return !strings.HasPrefix(s.doc, stable) })
	slices.SortStableFunc(sets, func(a, b *set) int { return strings.Compare(a.name, b.name) })
	return sets, nil
}

// addCodes adds the constants of a declaration to the sets that their types are. One without a comment shares that of
// the constant before it.
func addCodes(find map[string]*set, gen *ast.GenDecl) error {
	for _, s := range gen.Specs {
		v := s.(*ast.ValueSpec)
		t, ok := v.Type.(*ast.Ident)
		if !ok || find[t.Name] == nil {
			continue
		}
		to := find[t.Name]
		doc := v.Doc
		if doc == nil && len(gen.Specs) == 1 {
			doc = gen.Doc
		}
		for i, name := range v.Names {
			literal, ok := v.Values[i].(*ast.BasicLit)
			if !ok {
				return fmt.Errorf("%s is no literal", name.Name)
			}
			value, err := strconv.Unquote(literal.Value)
			if err != nil {
				return err
			}
			switch {
			case value == "":
			case doc == nil && v.Comment != nil:
				to.codes = append(to.codes, code{[]string{value}, sentence(name.Name, v.Comment)})
			case doc == nil && len(to.codes) > 0:
				last := &to.codes[len(to.codes)-1]
				last.values = append(last.values, value)
			default:
				to.codes = append(to.codes, code{[]string{value}, sentence(name.Name, doc)})
			}
		}
	}
	return nil
}

// sentence is a comment without the names that Go wants it to begin with: "NotRead: ", "NamespaceLabel and PodLabel: ".
func sentence(name string, doc *ast.CommentGroup) string {
	text := strings.Join(strings.Fields(doc.Text()), " ")
	names, rest, ok := strings.Cut(text, ": ")
	if ok && (names == name || strings.HasPrefix(names, name+", ") || strings.HasPrefix(names, name+" and ")) {
		return rest
	}
	return strings.TrimPrefix(text, name+" is ")
}
