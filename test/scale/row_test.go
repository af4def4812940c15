package scale

import (
	"strings"
	"testing"
)

func TestResult(t *testing.T) {
	for _, c := range []struct {
		row           Row
		result, ratio string
	}{
		{Row{Ratio: 1.5, Target: 2}, "PASS", "1.5"},
		{Row{Ratio: 2.5, Target: 2}, "over", "2.5"},
		{Row{Ratio: 2.5}, "", "2.5"},
		{Row{Ratio: 2.5, Target: 2, Ended: "unfinished after 120 s"}, "unfinished after 120 s", "> 2.5"},
		{Row{Ratio: 0.5, Target: 2, Ended: "unfinished after 120 s"}, "unfinished after 120 s", "> 0.5"},
		// What the baseline took until it was ended is the least that it takes.
		{Row{Ratio: 0.01, Target: 0.02, BaselineEnded: "unfinished after 80 s"}, "PASS", "< 0.01"},
		{Row{Ratio: 0.02, Target: 0.02, BaselineEnded: "ended at 16 GB"}, "PASS", "< 0.02"},
		{Row{Ratio: 0.03, Target: 0.02, BaselineEnded: "ended at 16 GB"}, "the baseline did not finish", "< 0.03"},
		{Row{Ratio: 0.03, BaselineEnded: "ended at 16 GB"}, "", "< 0.03"},
		{Row{Ratio: 0.01, Target: 0.02, Ended: "unfinished after 120 s", BaselineEnded: "ended at 16 GB"}, "unfinished after 120 s", "not known"},
		{Row{Ratio: 0, Target: none, TargetText: "0"}, "PASS", "0"},
		{Row{Ratio: 1, Target: none, TargetText: "0"}, "over", "1"},
		{Row{}, "", ""},
	} {
		if result, ratio := c.row.Result(), c.row.ratio(); result != c.result || ratio != c.ratio {
			t.Errorf("%+v: result %q and ratio %q, want %q and %q", c.row, result, ratio, c.result, c.ratio)
		}
	}
}

// The sizes of a figure stand together, though they are measured one after the other.
func TestTableGathersSizes(t *testing.T) {
	rows := []Row{
		{Section: "A", Size: "S", Question: "q", Figure: "of 7 requests"}, {Section: "A", Size: "S", Question: "r"},
		{Section: "B", Size: "S", Question: "q"},
		{Section: "A", Size: "M", Question: "q", Figure: "of 12 requests"}, {Section: "A", Size: "M", Question: "r"},
	}
	var got []string
	for _, section := range sections(rows) {
		for _, r := range of(rows, section) {
			got = append(got, r.Section+r.Question+r.Size)
		}
	}
	if text := strings.Join(got, " "); text != "AqS AqM ArS ArM BqS" {
		t.Errorf("got %s", text)
	}
}
