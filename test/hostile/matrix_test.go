package hostile

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// workers is how many commands run at once: most of them wait.
const workers = 24

// Whatever goes wrong with whatever a command reads, what it says is not wrong.
func TestNoFaultMakesAWrongAnswer(t *testing.T) {
	clean := cleanAnswers(t)
	all := faults()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			patience, lines := longPatience, mainQuestions()
			if lasting(name) {
				patience = shortPatience
			}
			if thorough(name) {
				lines = questions()
			}
			var jobs []func()
			for _, line := range lines {
				for _, what := range clean[line].requests {
					jobs = append(jobs, func() {
						p := startProxy(t, all[name], func(r request) bool { return r == what })
						got := run(t, p, patience, line)
						if wrong := judge(clean[line].result, got); wrong != "" {
							t.Errorf("%s\nwith %s on %+v: %s\nexit status %d, and %d without the fault\n--- stdout\n%s--- stderr\n%s",
								line, name, what, wrong, got.status, clean[line].status, shorten(got.stdout), got.stderr)
						}
					})
				}
			}
			atOnce(jobs)
			t.Logf("%d commands", len(jobs))
		})
	}
}

// The same when everything that is asked fails.
func TestNothingWorks(t *testing.T) {
	clean := cleanAnswers(t)
	all := faults()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if strings.HasSuffix(name, " once") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			patience := longPatience
			if lasting(name) {
				patience = shortPatience
			}
			var jobs []func()
			for _, line := range questions() {
				jobs = append(jobs, func() {
					got := run(t, startProxy(t, all[name], nil), patience, line)
					if got.status != failed && got.status != undecided {
						t.Errorf("%s with %s: exit status %d\n%s%s", line, name, got.status, shorten(got.stdout), got.stderr)
					} else if wrong := judge(clean[line].result, got); wrong != "" {
						t.Errorf("%s with %s: %s\n%s%s", line, name, wrong, shorten(got.stdout), got.stderr)
					}
				})
			}
			atOnce(jobs)
		})
	}
}

// answer is what a question comes to, and what it takes.
type answer struct {
	result
	requests []request
}

// cleanAnswers asks through a proxy that does nothing but cut lists into pages.
func cleanAnswers(t *testing.T) map[string]answer {
	t.Helper()
	out := map[string]answer{}
	for _, line := range questions() {
		p := startProxy(t, nil, nil)
		got := run(t, p, longPatience, line)
		if got.status != yes && got.status != no || got.stdout == "" {
			t.Fatalf("%s: exit status %d without any fault\n%s%s", line, got.status, got.stdout, got.stderr)
		}
		out[line] = answer{got, p.requests()}
	}
	return out
}

// judge says what is wrong with an answer, given the right one; "" is nothing.
func judge(right, got result) string {
	for _, r := range got.stdout + got.stderr {
		if r < ' ' && r != '\n' {
			return fmt.Sprintf("control character %q", r)
		}
	}
	switch got.status {
	case failed:
		switch {
		case got.stdout != "":
			return "an error, and something on stdout"
		case strings.Count(got.stderr, "\n") != 1 || !strings.HasPrefix(got.stderr, "error: "):
			return "an error that is not one line"
		}
		return ""
	case yes, no:
		if got.status != right.status {
			return "another exit status"
		}
		if got.stdout == right.stdout || sameButEmptyNamespaces(right.stdout, got.stdout) {
			return ""
		}
		return judgeDecided(right, got)
	case undecided:
		return judgeUndecided(right, got)
	}
	return "an exit status that no --help promises"
}

// judgeDecided: what does not depend on what could not be read is known all the same. The rest of the report may lack, if it
// says so.
func judgeDecided(right, got result) string {
	if text := words(got); !strings.Contains(text, "could not") && !strings.Contains(text, "not read") && !strings.Contains(text, `"needs"`) {
		return "another answer, and not a word why:\n" + shorten(right.stdout)
	}
	if !strings.HasPrefix(right.stdout, "{") {
		return ""
	}
	want, _, err := verdictsOf(right.stdout)
	if err != nil {
		return err.Error()
	}
	have, _, err := verdictsOf(got.stdout)
	if err != nil {
		return err.Error()
	}
	return contradiction(want, have)
}

// sameButEmptyNamespaces: "any pod of any other namespace" is said where the other pods need not be read, and "all 7 other
// namespaces (every pod)" where they were. What is said of every pod is the same.
func sameButEmptyNamespaces(right, got string) bool {
	others := regexp.MustCompile(`any pod of any other namespace|all \d+ other namespaces \(every pod\)`)
	one := regexp.MustCompile(`any pod of (namespaces? [^(]*?)( {2,}|\n)`)
	plain := func(text string) string {
		text = one.ReplaceAllString(others.ReplaceAllString(text, ""), "$1 (every pod)$2")
		return strings.Join(strings.Fields(text), " ")
	}
	return plain(right) == plain(got)
}

// judgeUndecided: what is less certain says why, and contradicts nothing.
func judgeUndecided(right, got result) string {
	if strings.Contains(right.stdout, `"kind": "List"`) || !strings.HasPrefix(right.stdout, "{") || !strings.HasPrefix(got.stdout, "{") {
		if text := words(got); !strings.Contains(text, "unknown") && !strings.Contains(text, "could not") && !strings.Contains(text, "cannot") && !strings.Contains(text, "not known") && !strings.Contains(text, "not read") {
			return "it does not say what it does not know"
		}
		return ""
	}
	want, _, err := verdictsOf(right.stdout)
	if err != nil {
		return err.Error()
	}
	have, gaps, err := verdictsOf(got.stdout)
	if err != nil {
		return err.Error()
	}
	if len(gaps) == 0 {
		return "no gap says what could not be read"
	}
	for _, g := range gaps {
		if g.Needs == "" || g.Reason == "" || g.Message == "" {
			return fmt.Sprintf("a gap without words: %+v", g)
		}
	}
	return contradiction(want, have)
}

// words are what was said, on one line.
func words(r result) string {
	return strings.ToLower(strings.Join(strings.Fields(r.stdout+r.stderr), " "))
}

// atOnce runs jobs side by side, and returns when all have ended.
func atOnce(jobs []func()) {
	next := make(chan func())
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for job := range next {
				job()
			}
		})
	}
	for _, job := range jobs {
		next <- job
	}
	close(next)
	group.Wait()
}

func shorten(text string) string {
	const most = 1500
	if len(text) > most {
		return text[:most] + "…\n"
	}
	return text
}
