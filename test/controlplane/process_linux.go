package controlplane

import "syscall"

// detached keeps a terminal's Ctrl-C from reaching the servers, so that they end in our order, and has the kernel end
// them when we are killed and cannot.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
