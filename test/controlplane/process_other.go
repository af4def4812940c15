//go:build !linux

package controlplane

import "syscall"

// detached keeps a terminal's Ctrl-C from reaching the servers, so that they end in our order.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
