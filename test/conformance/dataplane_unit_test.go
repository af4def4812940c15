package conformance

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestParseProbe(t *testing.T) {
	for command, want := range map[string]string{
		"/agnhost connect 10.96.0.7:80 --timeout=3s --protocol=tcp":       "10.96.0.7:80/TCP",
		"/agnhost connect [fd00:10:96::7]:81 --timeout=3s --protocol=udp": "[fd00:10:96::7]:81/UDP",
		"/agnhost connect 10.96.0.7:82 --protocol=sctp":                   "10.96.0.7:82/SCTP",
	} {
		if got, err := parseProbe(strings.Fields(command)); err != nil || got.String() != want {
			t.Errorf("%s: got %v, %v; want %s", command, got, err, want)
		}
	}
	for _, command := range []string{
		"",
		"/agnhost connect",
		"/agnhost netexec 10.96.0.7:80",
		"/agnhost connect web.bank:80",
		"/agnhost connect 10.96.0.7:80 --protocol=icmp",
		"/agnhost connect 10.96.0.7:80 --udp-data=x",
	} {
		if got, err := parseProbe(strings.Fields(command)); err == nil {
			t.Errorf("%q: got %v; want an error", command, got)
		}
	}
}

func TestExitStatusIsTheVerdict(t *testing.T) {
	probe := strings.Fields("/agnhost connect 10.96.0.7:80 --timeout=3s --protocol=tcp")
	for _, c := range []struct {
		script   string
		exitCode int
		stderr   string
		given    int
		failures int
	}{
		{`test "$*" = "x/pod/a 10.96.0.7:80/TCP"`, 0, "", 1, 0},
		{`exit 1`, 1, "TIMEOUT\n", 1, 0},
		{`echo cannot tell; exit 3`, 2, "cannot tell\n", 0, 1},
		{`kill -9 $$`, 2, "killed", 0, 1},
	} {
		d := newDataPlane([]string{"sh", "-c", c.script, "verdict"}, nil, nil)
		var stdout, stderr bytes.Buffer
		if got := d.exec(t.Context(), "x", "a", "agnhost", probe, &stdout, &stderr); got != c.exitCode {
			t.Errorf("%s: exit status %d, want %d", c.script, got, c.exitCode)
		}
		if stdout.Len() > 0 || !strings.Contains(stderr.String(), c.stderr) || c.stderr == "" && stderr.Len() > 0 {
			t.Errorf("%s: printed %q and, on stderr, %q; want %q", c.script, &stdout, &stderr, c.stderr)
		}
		if v := d.take(); v.given != c.given || len(v.failures) != c.failures {
			t.Errorf("%s: counted %+v", c.script, v)
		}
		if v := d.take(); v.given != 0 || len(v.failures) != 0 {
			t.Errorf("%s: counted twice: %+v", c.script, v)
		}
	}
}

func TestNoVerdictsEndTheSuite(t *testing.T) {
	var reasons []error
	d := newDataPlane([]string{"/no/such/program"}, nil, func(err error) { reasons = append(reasons, err) })
	ask := func(times int) {
		for range times {
			d.exec(t.Context(), "x", "a", "agnhost", strings.Fields("/agnhost connect 10.96.0.7:80"), io.Discard, io.Discard)
		}
	}
	ask(patience - 1)
	d.command = []string{"true"}
	ask(1)
	d.command = []string{"/no/such/program"}
	ask(patience - 1)
	if len(reasons) > 0 {
		t.Errorf("gave up too early: %v", reasons)
	}
	ask(patience)
	if len(reasons) != 1 || !strings.Contains(reasons[0].Error(), "/no/such/program") {
		t.Errorf("gave up for %v; want once, with the command's name", reasons)
	}
}
