package snapshot

// Program is a container that may be an Ingress or Gateway controller, with what it
// was told about which objects it serves. Nothing else of the container is kept.
type Program struct {
	// Image is the image as the container names it.
	Image string
	// Args are the command and the arguments that tell what is served, each with
	// its value: --ingress-class=nginx.
	Args []string
	// Env are the variables that do so, and those that Args refer to.
	Env []EnvVar
	// EnvFrom are the ConfigMaps whose entries are variables too; HiddenEnv: so are
	// those of Secrets, which are not read.
	EnvFrom   []string
	HiddenEnv bool
	// Files are the ConfigMaps that are mounted as files.
	Files []MountedConfig
}

// EnvVar is a variable of a container: its Value, or the ConfigMap and Key that hold
// it. Hidden: it comes from where netguard does not read, such as a Secret.
type EnvVar struct {
	Name, Value    string
	ConfigMap, Key string
	Hidden         bool
}

// MountedConfig is a ConfigMap that is mounted at a path. Keys are the files of it,
// by name, where only some are; Key is the one that is mounted alone (subPath).
type MountedConfig struct {
	Path, ConfigMap string
	Key             string
}
