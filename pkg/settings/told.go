package settings

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// Told is what one program was told. The zero value was told nothing.
type Told struct {
	program   *snapshot.Program
	namespace string
	state     *snapshot.Snapshot
	values    map[string][]string
	hidden    map[string]string
}

// Needs are the ConfigMaps that have to be read before [Read] knows what a program
// of a namespace was told by its variables.
func Needs(p *snapshot.Program, namespace string) []snapshot.Need {
	var out []snapshot.Need
	add := func(name string) {
		n := snapshot.Need{Resource: snapshot.ConfigMaps, Namespace: namespace, Name: name}
		if name != "" && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	for _, name := range p.EnvFrom {
		add(name)
	}
	for _, v := range p.Env {
		add(v.ConfigMap)
	}
	return out
}

var reference = regexp.MustCompile(`\$\(([^)]*)\)`)

// Read takes together what a program of a namespace was told by its arguments. As
// the kubelet does, $(NAME) is replaced by a variable, and stays as it is where there
// is none (https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/).
func Read(p *snapshot.Program, namespace string, s *snapshot.Snapshot) Told {
	t := Told{program: p, namespace: namespace, state: s, values: map[string][]string{}, hidden: map[string]string{}}
	for _, a := range p.Args {
		option := Option(a)
		if option == "" {
			continue
		}
		_, value, joined := strings.Cut(a, "=")
		if !joined {
			value = "true"
		}
		value = reference.ReplaceAllStringFunc(value, func(text string) string {
			got, found, hidden := t.variable(text[2 : len(text)-1])
			switch {
			case hidden != "":
				t.hidden[option] = hidden
				return text
			case !found:
				return text
			default:
				return got
			}
		})
		t.values[option] = append(t.values[option], value)
	}
	return t
}

// variable is the value of a variable, or why it is hidden: the permission to read
// what holds it, or "its Secret".
func (t *Told) variable(name string) (value string, found bool, hidden string) {
	for _, v := range t.program.Env {
		if v.Name != name {
			continue
		}
		switch {
		case v.Hidden:
			return "", true, hiddenVariable(name)
		case v.ConfigMap != "":
			data, gap := t.configMap(v.ConfigMap)
			if gap != "" {
				return "", true, gap
			}
			value, found = data[v.Key]
			return value, found, ""
		default:
			return v.Value, true, ""
		}
	}
	for _, from := range slices.Backward(t.program.EnvFrom) { // the last one wins
		data, gap := t.configMap(from)
		if gap != "" {
			return "", false, gap
		}
		if value, found = data[name]; found {
			return value, true, ""
		}
	}
	if t.program.HiddenEnv {
		return "", false, hiddenVariable(name)
	}
	return "", false, ""
}

func hiddenVariable(name string) string { return "variable " + name }

func (t *Told) configMap(name string) (data map[string]string, hidden string) {
	return Config(t.state, snapshot.Name{Namespace: t.namespace, Name: name})
}

// Config is a ConfigMap's data; hidden is the permission that it takes to read it. A
// ConfigMap that does not exist has no data.
func Config(s *snapshot.Snapshot, name snapshot.Name) (data map[string]string, hidden string) {
	data, found := s.ConfigMap(name)
	need := snapshot.Need{Resource: snapshot.ConfigMaps, Namespace: name.Namespace, Name: name.Name}
	if !found && !s.Has(need) {
		return nil, need.Permission()
	}
	return data, ""
}

// Name is the program's own name, where its first word is one: nginx-ingress-controller.
func (t *Told) Name() string {
	if t.program == nil || len(t.program.Args) == 0 || strings.HasPrefix(t.program.Args[0], "-") {
		return ""
	}
	return path.Base(t.program.Args[0])
}

// Values of an option, each time it was given; several values in one are parted at
// commas.
func (t *Told) Values(option string) []string {
	var out []string
	for _, v := range t.values[option] {
		for part := range strings.SplitSeq(v, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}

// Value is the last value of an option, or the other where it was not given.
func (t *Told) Value(option, other string) string {
	if all := t.values[option]; len(all) > 0 {
		return all[len(all)-1]
	}
	return other
}

// Given reports whether an option was given at all.
func (t *Told) Given(option string) bool { return len(t.values[option]) > 0 }

// True reports whether a flag is on.
func (t *Told) True(option string) bool { return IsTrue(t.Value(option, "")) }

// IsTrue reads a flag's value as strconv.ParseBool does, on which most programs rely.
func IsTrue(value string) bool {
	switch value {
	case "true", "True", "TRUE", "t", "T", "1":
		return true
	default:
		return false
	}
}

// Hidden says why an option's value is not known: the permission that is missing, or
// the variable that comes from a Secret; "" where it is known.
func (t *Told) Hidden(option string) string { return t.hidden[option] }

// Variable is an environment variable of the program, and why it is hidden, as with
// [Told.Hidden].
func (t *Told) Variable(name string) (value string, found bool, hidden string) {
	if t.program == nil {
		return "", false, ""
	}
	return t.variable(name)
}

// Options takes values besides those of the arguments: those of a configuration file.
func (t *Told) Options(more map[string][]string) {
	for option, values := range more {
		t.values[option] = append(t.values[option], values...)
	}
}

// Forget drops the arguments: some programs read them only where there is no file.
func (t *Told) Forget() { t.values, t.hidden = map[string][]string{}, map[string]string{} }

// Names are the options that were given, in order.
func (t *Told) Names() []string {
	var out []string
	for name := range t.values {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// FileNeed is the ConfigMap behind a file of the program, to be read before
// [Told.File]; false where the file is not from a ConfigMap.
func (t *Told) FileNeed(file string) (snapshot.Need, bool) {
	m, _ := t.mounted(file)
	if m == nil {
		return snapshot.Need{}, false
	}
	return snapshot.Need{Resource: snapshot.ConfigMaps, Namespace: t.namespace, Name: m.ConfigMap}, true
}

func (t *Told) mounted(file string) (*snapshot.MountedConfig, string) {
	if t.program == nil {
		return nil, ""
	}
	for i := range t.program.Files {
		m := &t.program.Files[i]
		if m.Key != "" {
			if path.Clean(m.Path) == path.Clean(file) {
				return m, m.Key
			}
			continue
		}
		if path.Dir(path.Clean(file)) == path.Clean(m.Path) {
			return m, path.Base(file)
		}
	}
	return nil, ""
}

// File is the text of one of the program's files, where it is mounted from a
// ConfigMap; hidden is why it cannot be read all the same.
func (t *Told) File(file string) (text string, found bool, hidden string) {
	m, key := t.mounted(file)
	if m == nil {
		return "", false, ""
	}
	data, gap := t.configMap(m.ConfigMap)
	if gap != "" {
		return "", false, gap
	}
	text, found = data[key]
	return text, found, ""
}

// String shows the options for messages of tests.
func (t *Told) String() string { return fmt.Sprint(t.values) }

// RefersTo reports whether an argument refers to a variable.
func RefersTo(arg, variable string) bool { return strings.Contains(arg, "$("+variable+")") }

// FromVariables are the options that variables of a program stand for:
// TRAEFIK_PROVIDERS_KUBERNETESINGRESS=true.
func (t *Told) FromVariables() map[string][]string {
	out := map[string][]string{}
	if t.program == nil {
		return out
	}
	for _, v := range t.program.Env {
		if strings.HasPrefix(v.Name, "TRAEFIK_") && !v.Hidden && v.ConfigMap == "" {
			out[fromVariable(v.Name)] = []string{v.Value}
		}
	}
	return out
}
