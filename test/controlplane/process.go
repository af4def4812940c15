package controlplane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// tailLines is how much of a log an error shows: enough for the flag usage error or the panic that ended the program.
const tailLines = 25

// process is a running server whose output goes to a file.
type process struct {
	name    string
	logFile string
	cmd     *exec.Cmd
	gone    chan struct{} // closed when the process has ended
	waitErr error         // how it ended; read it only after gone is closed
}

// startProcess runs a program with its log in dir. The process outlives the caller's context: stop ends it.
func startProcess(dir, path string, args ...string) (*process, error) {
	p := &process{name: filepath.Base(path), gone: make(chan struct{})}
	p.logFile = filepath.Join(dir, p.name+".log")
	log, err := os.Create(p.logFile)
	if err != nil {
		return nil, fmt.Errorf("make log of %s: %w", p.name, err)
	}
	defer log.Close()
	p.cmd = exec.Command(path, args...)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, log, log
	p.cmd.SysProcAttr = detached()
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", p.name, err)
	}
	go func() {
		p.waitErr = p.cmd.Wait()
		close(p.gone)
	}()
	return p, nil
}

// stop kills the process and returns when it is gone, and with it its port and its files. It does not ask nicely: what
// these servers would write on the way out is thrown away with their directory.
func (p *process) stop() error {
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", p.name, err)
	}
	<-p.gone
	return nil
}

// waitUntil polls ready until it returns nil. It gives up, with the tail of the log, when the process ends or ctx does.
func (p *process) waitUntil(ctx context.Context, what string, ready func(context.Context) error) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.gone:
			return fmt.Errorf("%s ended before %s: %w; the end of its log:\n%s", p.name, what, p.waitErr, p.logTail())
		case <-ctx.Done():
			return fmt.Errorf("wait until %s: %w (last: %w); the end of the log of %s:\n%s", what, ctx.Err(), err, p.name, p.logTail())
		case <-tick.C:
		}
	}
}

func (p *process) logTail() string {
	raw, err := os.ReadFile(p.logFile)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	return strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
}
