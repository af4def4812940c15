package dataplane

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// netns is a network namespace. The zero value's file is none: use newNetns.
type netns struct {
	name string
	file *os.File
}

func newNetns(name string) (*netns, error) {
	if err := ip("netns", "add", name); err != nil {
		return nil, err
	}
	f, err := os.Open("/run/netns/" + name)
	if err != nil {
		return nil, fmt.Errorf("open namespace: %w", err)
	}
	n := &netns{name: name, file: f}
	return n, n.ip("link", "set", "lo", "up")
}

// do calls f in the namespace: the sockets and processes that f makes belong to it. The thread comes back afterwards and
// lives on: servers of the control plane end with the thread that started them (Pdeathsig), and that may be any.
func (n *netns) do(f func() error) error {
	runtime.LockOSThread()
	home, err := os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
	if err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("leave namespace: %w", err)
	}
	defer home.Close()
	if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("enter namespace %s: %w", n.name, err)
	}
	err = f()
	if back := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); back != nil {
		panic(fmt.Sprintf("a thread cannot come back from namespace %s: %v", n.name, back))
	}
	runtime.UnlockOSThread()
	return err
}

// ip runs iproute2 in the namespace.
func (n *netns) ip(args ...string) error { return ip(append([]string{"-n", n.name}, args...)...) }

// set writes a switch of the namespace's network.
func (n *netns) set(name, value string) error {
	return n.do(func() error {
		return os.WriteFile("/proc/sys/net/"+strings.ReplaceAll(name, ".", "/"), []byte(value), 0o644)
	})
}

func ip(args ...string) error {
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
