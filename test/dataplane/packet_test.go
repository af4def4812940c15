package dataplane

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// patience is how long a packet is waited for. Nothing here is further away than two veth pairs.
const patience = 1200 * time.Millisecond

// packet is what became of one try.
type packet struct {
	// outcome is open, refused, timeout, reset or other.
	outcome string
	// server is who answered, and client the address that it saw.
	server, client string
	detail         string
}

func (p packet) String() string {
	if p.outcome == "open" {
		return fmt.Sprintf("open (%s saw %s)", p.server, p.client)
	}
	return strings.TrimSpace(p.outcome + " " + p.detail)
}

// try sends what a client in the namespace would: a connection, or a datagram that wants an answer.
func (n *netns) try(protocol, address string) packet {
	var out packet
	err := n.do(func() error {
		if protocol == "UDP" {
			out = tryUDP(address)
		} else {
			out = tryTCP(address)
		}
		return nil
	})
	if err != nil {
		return packet{outcome: "other", detail: err.Error()}
	}
	return out
}

func tryTCP(address string) packet {
	c, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return failed(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	text, err := io.ReadAll(io.LimitReader(c, 200))
	if err != nil {
		return failed(err)
	}
	return answered(string(text))
}

// tryUDP asks twice: what is sent first may get lost while an address is looked up.
func tryUDP(address string) packet {
	c, err := net.Dial("udp", address)
	if err != nil {
		return failed(err)
	}
	defer c.Close()
	buffer := make([]byte, 200)
	for range 2 {
		_ = c.SetDeadline(time.Now().Add(patience / 2))
		if _, err = c.Write([]byte("hello")); err != nil {
			return failed(err)
		}
		var n int
		if n, err = c.Read(buffer); err == nil {
			return answered(string(buffer[:n]))
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
	}
	return failed(err)
}

func answered(text string) packet {
	server, client, _ := strings.Cut(strings.TrimSpace(text), " ")
	return packet{outcome: "open", server: server, client: client}
}

func failed(err error) packet {
	var timeout net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return packet{outcome: "refused"}
	case errors.Is(err, syscall.ECONNRESET):
		return packet{outcome: "reset"}
	case errors.As(err, &timeout) && timeout.Timeout():
		return packet{outcome: "timeout"}
	default:
		return packet{outcome: "other", detail: err.Error()}
	}
}

// listen has something in the namespace answer whoever comes with its own name and the client's address.
func (n *netns) listen(name, protocol string, port int) (stop func(), err error) {
	address := fmt.Sprintf(":%d", port)
	err = n.do(func() error {
		if protocol == "UDP" {
			c, err := net.ListenPacket("udp4", address)
			if err != nil {
				return err
			}
			stop = func() { _ = c.Close() }
			go serveUDP(name, c)
			return nil
		}
		l, err := net.Listen("tcp4", address)
		if err != nil {
			return err
		}
		stop = func() { _ = l.Close() }
		go serve(l, func(c net.Conn) {
			fmt.Fprintf(c, "%s %s\n", name, host(c.RemoteAddr()))
			_ = c.Close()
		})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listen as %s on %s %s: %w", name, protocol, address, err)
	}
	return stop, nil
}

func serve(l net.Listener, answer func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go answer(c)
	}
}

func serveUDP(name string, c net.PacketConn) {
	buffer := make([]byte, 200)
	for {
		_, from, err := c.ReadFrom(buffer)
		if err != nil {
			return
		}
		_, _ = c.WriteTo([]byte(name+" "+host(from)), from)
	}
}

func host(a net.Addr) string {
	h, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return h
}

// relay takes connections to an address of the namespace to the same address of the caller's: it is how programs on a
// node get to the API server, which listens on the loopback of the first process.
func (n *netns) relay(address string, count *atomic.Int64) error {
	return n.do(func() error {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return fmt.Errorf("relay %s: %w", address, err)
		}
		go serve(l, func(in net.Conn) {
			defer in.Close()
			out, err := net.Dial("tcp", address)
			if err != nil {
				return
			}
			defer out.Close()
			count.Add(1)
			go func() {
				_, _ = io.Copy(out, in)
				_ = out.Close()
			}()
			_, _ = io.Copy(in, out)
		})
		return nil
	})
}
