package controlplane

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// freePort picks a port of 127.0.0.1 that nothing listens on. It stays below the range from which the kernel takes the
// local ports of outgoing connections, one of which could otherwise get the port before the server does.
func freePort() (int, error) {
	var tried []error
	for range 50 {
		port := 20000 + rand.IntN(10000)
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
		tried = append(tried, err)
	}
	return 0, fmt.Errorf("find a free port on 127.0.0.1: %w", errors.Join(tried...))
}
