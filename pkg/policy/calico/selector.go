package calico

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/selector"
)

// expression is a selector of Calico's language (docs.tigera.io, reference/resources/
// networkpolicy, "Selectors"; libcalico-go/lib/selector).
type expression func(lookup) selector.Result

// lookup finds a label: its value, and whether it is there; known is false where that
// was not read.
type lookup func(key string) (value string, has, known bool)

// parse parses a selector; an empty one selects everything.
func parse(text string) (expression, error) {
	p := parser{rest: text}
	if p.space(); p.rest == "" {
		return always, nil
	}
	out := p.or(0)
	if p.space(); p.err == nil && p.rest != "" {
		p.fail("a selector ends before %q", p.rest)
	}
	return out, p.err
}

func always(lookup) selector.Result { return selector.Yes }

type parser struct {
	rest string
	err  error
}

// maxDepth is how deep brackets and negations may nest.
const maxDepth = 100

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
}

func (p *parser) space() { p.rest = strings.TrimLeft(p.rest, " \t\n\r") }

// take takes a token, if it is next.
func (p *parser) take(token string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.rest, token)
	if ok {
		p.rest = rest
	}
	return ok
}

func (p *parser) or(depth int) expression {
	out := p.and(depth)
	for p.err == nil && p.take("||") {
		a, b := out, p.and(depth)
		out = func(l lookup) selector.Result { return most(a(l), b(l), selector.Yes) }
	}
	return out
}

func (p *parser) and(depth int) expression {
	out := p.operand(depth)
	for p.err == nil && p.take("&&") {
		a, b := out, p.operand(depth)
		out = func(l lookup) selector.Result { return most(a(l), b(l), selector.No) }
	}
	return out
}

// most is the result that decides if either has it, else what is open, else the other.
func most(a, b, decides selector.Result) selector.Result {
	switch {
	case a == decides || b == decides:
		return decides
	case a == selector.Undetermined || b == selector.Undetermined:
		return selector.Undetermined
	default:
		return a
	}
}

func (p *parser) operand(depth int) expression {
	switch {
	case depth > maxDepth:
		p.fail("is nested too deeply")
	case p.take("!"):
		of := p.operand(depth + 1)
		return func(l lookup) selector.Result {
			switch of(l) {
			case selector.Yes:
				return selector.No
			case selector.No:
				return selector.Yes
			default:
				return selector.Undetermined
			}
		}
	case p.take("("):
		out := p.or(depth + 1)
		if !p.take(")") {
			p.fail("a bracket is not closed")
		}
		return out
	}
	if p.err != nil {
		return always
	}
	return p.clause()
}

func (p *parser) clause() expression {
	key := p.key()
	switch {
	case key == "":
		p.fail("no label before %q", p.rest)
	case key == "all" && p.take("("):
		if !p.take(")") {
			p.fail("all() takes nothing")
		}
		return always
	case key == "global" && p.take("("):
		if !p.take(")") {
			p.fail("global() takes nothing")
		}
		return func(l lookup) selector.Result {
			_, has, known := l("projectcalico.org/namespace")
			return result(!has, known || has)
		}
	case key == "has" && p.take("("):
		of := p.key()
		if of == "" || !p.take(")") {
			p.fail("has takes one label")
		}
		return func(l lookup) selector.Result {
			_, has, known := l(of)
			return result(has, known || has)
		}
	case p.take("=="):
		value := p.value()
		return test(key, false, func(v string) bool { return v == value })
	case p.take("!="):
		value := p.value()
		return test(key, true, func(v string) bool { return v != value })
	case p.word("contains"):
		value := p.value()
		return test(key, false, func(v string) bool { return strings.Contains(v, value) })
	case p.word("starts"):
		return p.edge(key, strings.HasPrefix)
	case p.word("ends"):
		return p.edge(key, strings.HasSuffix)
	case p.word("not"):
		if !p.word("in") {
			p.fail("not is followed by in")
		}
		values := p.values()
		return test(key, true, func(v string) bool { return !slices.Contains(values, v) })
	case p.word("in"):
		values := p.values()
		return test(key, false, func(v string) bool { return slices.Contains(values, v) })
	default:
		p.fail("label %q has no operator", key)
	}
	return always
}

// edge is what follows "starts" or "ends".
func (p *parser) edge(key string, holds func(s, edge string) bool) expression {
	if !p.word("with") {
		p.fail("starts and ends are followed by with")
	}
	value := p.value()
	return test(key, false, func(v string) bool { return holds(v, value) })
}

// test holds the value of a label against a condition; absent is what holds without it.
func test(key string, absent bool, holds func(string) bool) expression {
	return func(l lookup) selector.Result {
		v, has, known := l(key)
		if has {
			return result(holds(v), true)
		}
		return result(absent, known)
	}
}

func result(yes, known bool) selector.Result {
	switch {
	case !known:
		return selector.Undetermined
	case yes:
		return selector.Yes
	default:
		return selector.No
	}
}

// word takes a word that is not the beginning of a longer one.
func (p *parser) word(w string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.rest, w)
	if !ok || rest != "" && isKey(rest[0]) {
		return false
	}
	p.rest = rest
	return true
}

func isKey(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '/' || c == '-'
}

func (p *parser) key() string {
	p.space()
	n := 0
	for n < len(p.rest) && isKey(p.rest[n]) {
		n++
	}
	key := p.rest[:n]
	p.rest = p.rest[n:]
	return key
}

// value is a text in quotes of either kind.
func (p *parser) value() string {
	p.space()
	if p.rest == "" || p.rest[0] != '\'' && p.rest[0] != '"' {
		p.fail("a value stands in quotes")
		return ""
	}
	end := strings.IndexByte(p.rest[1:], p.rest[0])
	if end < 0 {
		p.fail("a quote is not closed")
		return ""
	}
	out := p.rest[1 : 1+end]
	p.rest = p.rest[2+end:]
	return out
}

func (p *parser) values() []string {
	if !p.take("{") {
		p.fail("in is followed by a list in braces")
		return nil
	}
	var out []string
	for !p.take("}") {
		if len(out) > 0 && !p.take(",") {
			p.fail("a list is not closed")
		}
		out = append(out, p.value())
		if p.err != nil {
			return nil
		}
	}
	return out
}
