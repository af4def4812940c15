package controlplane

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/csv"
	"encoding/pem"
	"fmt"
	"os"
	"strings"
)

// AdminUser is the user of group system:masters that every control plane knows.
const AdminUser = "admin"

// Token lets whoever sends it act as a user. What the user may do is up to RBAC rules made in the cluster.
type Token struct {
	User   string
	Groups []string
	Token  string
}

// writeTokens makes the file for --token-auth-file.
func writeTokens(path string, tokens []Token) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("make token file: %w", err)
	}
	defer f.Close()
	w := csv.NewWriter(f)
	for _, t := range tokens {
		if t.User == "" || t.Token == "" {
			return fmt.Errorf("token of user %q: both the user and the token must be given", t.User)
		}
		_ = w.Write([]string{t.Token, t.User, t.User, strings.Join(t.Groups, ",")}) // the writer keeps its error
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return fmt.Errorf("write token file: %w", err)
	}
	return nil
}

// writeSigningKey makes the key with which ServiceAccount tokens are signed and checked.
func writeSigningKey(path string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make ServiceAccount signing key: %w", err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return fmt.Errorf("encode ServiceAccount signing key: %w", err)
	}
	raw := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		return fmt.Errorf("write ServiceAccount signing key: %w", err)
	}
	return nil
}
