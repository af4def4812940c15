package scale

import (
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"text/template"
)

//go:embed page.md.tmpl
var page string

// The sections of figures.
const (
	sectionFiles  = "Manifests"
	sectionPair   = "Two pods by name"
	sectionTarget = "Who can reach a target"
	sectionAll    = "Everything"
	sectionModel  = "Once everything has been read"
)

// about a section, for a reader.
func sectionText(section string) string {
	switch section {
	case sectionFiles:
		return "Files as `kubectl get -o yaml` dumps a cluster, one for each namespace. Decoding them, by netguard's own code and nothing " +
			"more, in a process of its own, is the baseline."
	case sectionPair:
		return "These must not depend on how large the cluster is. By hand means the very requests that netguard made, sent again one after the other."
	case sectionTarget:
		return "A database that pods of one team may reach, one in a hundred of the cluster from size L on; and one in a namespace without policies, " +
			"where no pod has to be looked at. An Ingress takes the list of all Services and of all nodes besides, by whose addresses its controller is found."
	case sectionAll:
		return "The baseline gets the same lists, each in one piece and all at once, as protobuf without compression, and throws them away. The two take turns, five times each, and the middle one of each counts."
	default:
		return "Answers alone, with everything in memory: no server, no printing. The times set for it are targets in seconds, which hold for a machine like this one."
	}
}

// Page writes the page about a run.
func (b *Bench) Page(w io.Writer, rows []Row) error {
	type section struct{ Title, Text, Table string }
	data := struct {
		Program, Machine, Load, Names string
		Limits                        Limits
		Sizes                         any
		Sections                      []section
		Over                          []string
	}{Program: b.program(), Machine: machine(), Load: b.load, Limits: b.Limits, Sizes: b.Sizes}
	var names []string
	for _, s := range b.Sizes {
		names = append(names, s.Name)
	}
	data.Names = strings.Join(names, ", ")
	for _, s := range sections(rows) {
		data.Sections = append(data.Sections, section{s, sectionText(s), markdown(of(rows, s))})
	}
	for _, r := range rows {
		if result := r.Result(); result == over || r.Ended != "" {
			data.Over = append(data.Over, fmt.Sprintf("%s, `%s`: %s: %s", r.Size, r.Question, r.Figure, strings.TrimPrefix(r.ratio()+", "+result, ", ")))
		}
	}
	t, err := template.New("page").Funcs(template.FuncMap{"bytes": bytesText}).Parse(page)
	if err != nil {
		return fmt.Errorf("read the page's template: %w", err)
	}
	return t.Execute(w, data)
}

// program says which netguard was measured.
func (b *Bench) program() string {
	out, err := exec.Command("git", "describe", "--tags", "--always", "--dirty").Output()
	if err != nil {
		return "netguard"
	}
	return "netguard " + strings.TrimSpace(string(out))
}

// machine says what this run had.
func machine() string {
	out := fmt.Sprintf("%d processors", runtime.NumCPU())
	if total := memory("MemTotal"); total > 0 {
		out += fmt.Sprintf(" and %.0f GB of memory", float64(total)/1e9)
	}
	return out + " (" + runtime.GOOS + "/" + runtime.GOARCH + ")"
}

// memory is a line of /proc/meminfo, in bytes; 0 where that is not known.
func memory(line string) int64 {
	raw, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(raw), line+":")
	value, _, _ := strings.Cut(after, "kB")
	kilobytes, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
	if err != nil {
		return 0
	}
	return kilobytes * 1024
}

// machineLoad is how many processes want a processor, on average over a minute.
func machineLoad() string {
	raw, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "not known"
	}
	average, _, _ := strings.Cut(string(raw), " ")
	return average
}
