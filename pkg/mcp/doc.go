// Package mcp offers netguard's read-only questions as tools of the Model Context Protocol
// (https://modelcontextprotocol.io), by its official Go SDK.
//
// A tool is a command: its typed input becomes arguments, and what the command prints, within
// bounds, is the answer. The package knows no cluster and no flags but those it passes on;
// nothing that a client sends is taken for a flag or for a file.
package mcp
