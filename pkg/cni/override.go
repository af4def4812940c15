package cni

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/policy"
	"github.com/kubectl-netguard/netguard/pkg/report"
)

// mode is a setting of a plugin that changes what policies mean.
type mode struct {
	// name is how a user says it: --network-plugin "AWS VPC CNI,mode=strict".
	name    string
	differs difference
	// undo: the mode takes a difference of the plugin's default away.
	undo report.CaveatCode
}

// ByName is the plugin that a user names, with its modes: NAME[,mode=MODE...]. Names
// are those that `version --cluster` says, whatever their case, with "-" for a blank.
// The error says which names, or modes, there are.
func ByName(text string) (Plugin, error) {
	name, rest, _ := strings.Cut(text, ",")
	at := slices.IndexFunc(plugins(), func(r row) bool { return plain(r.name) == plain(name) })
	if at < 0 {
		return Plugin{}, fmt.Errorf("unknown network plugin %q: use one of %s", name, strings.Join(names(), ", "))
	}
	r := plugins()[at]
	p := Plugin{Name: r.name, Enforced: report.EnforcedYes, Evidence: "named by --network-plugin " + text, Source: r.source}
	var modes []string
	for _, part := range strings.FieldsFunc(rest, func(c rune) bool { return c == ',' }) {
		key, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok || key != "mode" {
			return Plugin{}, fmt.Errorf("--network-plugin: %q is not mode=MODE", part)
		}
		if value == "off" {
			p.Enforced = report.EnforcedNo
			continue
		}
		if !slices.ContainsFunc(r.modes, func(m mode) bool { return m.name == value }) {
			return Plugin{}, fmt.Errorf("--network-plugin: %s has no mode %q; it has %s", r.name, value, strings.Join(append(modeNames(r), "off"), ", "))
		}
		modes = append(modes, value)
	}
	p.behave(r, modes)
	return p, nil
}

// behave gives a plugin the behaviours of its row in these modes.
func (p *Plugin) behave(r row, modes []string) {
	differs := slices.Clone(r.differs)
	for _, m := range r.modes {
		switch {
		case !slices.Contains(modes, m.name):
		case m.undo != "":
			differs = slices.DeleteFunc(differs, func(d difference) bool { return d.code == m.undo })
		default:
			differs = append(differs, m.differs)
		}
	}
	p.Behaviour, p.Deviations = policy.Behaviour{}, nil
	for _, d := range differs {
		p.Behaviour = merge(p.Behaviour, d.behaviour)
		p.Deviations = append(p.Deviations, d.deviation(r.name))
	}
	p.Modes = modes
}

func modeNames(r row) []string {
	var out []string
	for _, m := range r.modes {
		out = append(out, m.name)
	}
	return out
}

// plain is a name as it is compared.
func plain(name string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(name)), " ", "-")
}

func names() []string {
	var out []string
	for _, r := range plugins() {
		out = append(out, plain(r.name))
	}
	return out
}
