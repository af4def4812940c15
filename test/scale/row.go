package scale

import (
	"fmt"
	"strings"
	"time"
)

// Row is one figure: what netguard took, by what the baseline took.
type Row struct {
	// Section is what of netguard the figure is about.
	Section  string
	Size     string
	Question string
	// Figure says what is compared with what.
	Figure string
	// Netguard and Baseline are the two, in words with a unit.
	Netguard, Baseline string
	// Ratio is Netguard by Baseline; 0 if there is none.
	Ratio float64
	// Target is what Ratio is to be at most; 0 for a figure without target.
	Target float64
	// TargetText is the target in words.
	TargetText string
	// Ended says why a question was ended; the ratio is then more than Ratio.
	Ended string
	// BaselineEnded says why the baseline was ended. What it took until then is the
	// least that it takes, and the ratio is less than Ratio: enough for a target that
	// Ratio meets.
	BaselineEnded string
	// What the question took besides; 0 for what was not measured.
	Time  time.Duration
	Bytes int64
	Peak  int64
}

// The Result of a target that is met, and of one that is missed.
const (
	pass = "PASS"
	over = "over"
)

// none is the target of a figure that is to be 0.
const none = 1e-9

// Result is PASS, over, or why the question did not finish.
func (r Row) Result() string {
	switch {
	case r.Ended != "":
		return r.Ended
	case r.Target == 0:
		return ""
	case r.Ratio <= r.Target:
		return pass
	case r.BaselineEnded != "":
		return "the baseline did not finish"
	default:
		return over
	}
}

// compare fills in two times.
func (r *Row) compare(netguard, baseline time.Duration) {
	r.Netguard, r.Baseline, r.Ratio = timeText(netguard), timeText(baseline), float64(netguard)/float64(baseline)
}

// atMost sets the target.
func (r *Row) atMost(target float64) {
	r.Target, r.TargetText = target, "≤ "+number(target)
}

// figure is Figure without what differs from size to size.
func (r Row) figure() string {
	return strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return -1
		}
		return c
	}, r.Figure)
}

func (r Row) ratio() string {
	switch {
	case r.Ratio == 0 && r.TargetText != "0":
		return ""
	case r.Ended != "" && r.BaselineEnded != "":
		return "not known"
	case r.Ended != "":
		return "> " + number(r.Ratio)
	case r.BaselineEnded != "":
		return "< " + number(r.Ratio)
	default:
		return number(r.Ratio)
	}
}

// baseline is Baseline, and how it ended if it did not finish.
func (r Row) baseline() string {
	if r.BaselineEnded == "" {
		return r.Baseline
	}
	return r.Baseline + " (" + r.BaselineEnded + ")"
}

// cells are what a table shows of a row.
func (r Row) cells() []string {
	cells := []string{r.Size, r.Question, r.Figure, r.Netguard, r.baseline(), r.ratio(), r.TargetText, r.Result(), "", "", ""}
	if r.Time > 0 {
		cells[8] = timeText(r.Time)
	}
	if r.Bytes > 0 {
		cells[9] = bytesText(r.Bytes)
	}
	if r.Peak > 0 {
		cells[10] = bytesText(r.Peak)
	}
	return cells
}

func headers() []string {
	return []string{"Size", "Question", "Figure", "netguard", "Baseline", "Ratio", "Target", "Result", "Time", "Transferred", "Peak memory"}
}

func (r Row) line() string {
	return fmt.Sprintf("%-2s %s, %s: %s / %s = %s (%s) %s  [%s]", r.Size, r.Question, r.Figure, r.Netguard, r.baseline(), r.ratio(), r.TargetText, r.Result(), bytesText(r.Peak))
}

// number keeps two or three digits.
func number(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2g", v)
}

func timeText(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return number(float64(d)/float64(time.Microsecond)) + " µs"
	case d < time.Second:
		return number(float64(d)/float64(time.Millisecond)) + " ms"
	default:
		return number(d.Seconds()) + " s"
	}
}

func bytesText(n int64) string {
	for _, unit := range []struct {
		name string
		size float64
	}{{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}} {
		switch v := float64(n) / unit.size; {
		case v >= 10:
			return fmt.Sprintf("%.0f %s", v, unit.name)
		case v >= 1:
			return fmt.Sprintf("%.1f %s", v, unit.name)
		}
	}
	return fmt.Sprintf("%d B", n)
}
