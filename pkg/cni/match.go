package cni

import (
	"path"
	"slices"
	"strings"

	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// agent describes the DaemonSet by which a plugin is recognised: its name, and
// a container's name or image. The name alone would be fooled by anyone's
// DaemonSet that is called cilium; the namespace is the installer's choice.
type agent struct {
	// names may end in *: kube-flannel-ds-amd64 is a kube-flannel*.
	names      []string
	containers []string
	// images are repositories without registry: mirrors keep the last parts.
	images []string
}

func (a agent) matches(w *snapshot.Workload) bool {
	named := slices.ContainsFunc(a.names, func(pattern string) bool {
		ok, _ := path.Match(pattern, w.Name.Name)
		return ok
	})
	return named && a.container(w) != nil
}

// match is a DaemonSet that is a known plugin's agent.
type match struct {
	row row
	set *snapshot.Workload
}

// agents returns the known agents among the DaemonSets, in the table's order.
func agents(s *snapshot.Snapshot) []match {
	var out []match
	for _, r := range plugins() {
		for _, w := range s.Workloads() {
			if w.Kind == "DaemonSet" && r.agent.matches(w) {
				out = append(out, match{row: r, set: w})
			}
		}
	}
	return out
}

// container returns the container that identifies the agent, or nil.
func (a agent) container(w *snapshot.Workload) *snapshot.Container {
	for i := range w.Containers {
		c := &w.Containers[i]
		if slices.Contains(a.containers, c.Name) ||
			slices.ContainsFunc(a.images, func(want string) bool { return isImage(c.Image, want) }) {
			return c
		}
	}
	return nil
}

// isImage tells whether the image's repository ends in the given path.
func isImage(image, want string) bool {
	repository, _ := splitImage(image)
	return repository == want || strings.HasSuffix(repository, "/"+want)
}

// splitImage separates an image's tag from its repository; a colon before the
// last slash is a registry's port. A digest is dropped.
func splitImage(image string) (repository, tag string) {
	image, _, _ = strings.Cut(image, "@")
	i := strings.LastIndexByte(image, ':')
	if i < 0 || i < strings.LastIndexByte(image, '/') {
		return image, ""
	}
	return image[:i], image[i+1:]
}

// argument returns the last value that arguments give to a flag, as pflag reads
// them: --name=value, --name value, or --name alone, which is "true".
func argument(args []string, name string) (value string, ok bool) {
	for i, a := range args {
		rest, found := strings.CutPrefix(a, "--"+name)
		switch {
		case !found:
		case strings.HasPrefix(rest, "="):
			value, ok = rest[1:], true
		case rest == "" && i+1 < len(args) && !strings.HasPrefix(args[i+1], "-"):
			value, ok = args[i+1], true
		case rest == "":
			value, ok = "true", true
		}
	}
	return value, ok
}
