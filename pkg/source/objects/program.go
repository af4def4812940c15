package objects

import (
	"path"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-netguard/netguard/pkg/cni"
	"github.com/kubectl-netguard/netguard/pkg/settings"
	"github.com/kubectl-netguard/netguard/pkg/snapshot"
)

// mayControl reports whether a pod has a container that may be a controller. Most
// pods have none, and nothing of their containers is kept.
func mayControl(spec *corev1.PodSpec) bool {
	for i := range spec.Containers {
		c := &spec.Containers[i]
		if settings.Likely(c.Image, argv(c)) || len(settings.Args(argv(c))) > 0 {
			return true
		}
	}
	return false
}

func argv(c *corev1.Container) []string {
	if len(c.Command) == 0 {
		return c.Args
	}
	return slices.Concat(c.Command, c.Args)
}

// programs keeps of a pod's containers what tells which doors a controller serves.
func programs(in *corev1.Pod) []snapshot.Program {
	if !mayControl(&in.Spec) {
		return nil
	}
	var out []snapshot.Program
	for i := range in.Spec.Containers {
		c := &in.Spec.Containers[i]
		args := settings.Args(argv(c))
		likely := settings.Likely(c.Image, argv(c))
		if !likely && len(args) == 0 {
			continue
		}
		p := snapshot.Program{Image: settings.Repository(c.Image), Args: args}
		environment(&p, in, c)
		if likely {
			p.Files = mountedConfigs(&in.Spec, c)
		}
		out = append(out, p)
	}
	return out
}

// environment keeps the variables that options are read from, or that the arguments
// refer to.
func environment(p *snapshot.Program, in *corev1.Pod, c *corev1.Container) {
	used := func(name string) bool {
		return settings.KeptVariable(name) || slices.ContainsFunc(p.Args, func(a string) bool { return settings.RefersTo(a, name) })
	}
	for _, e := range c.Env {
		if !used(e.Name) {
			continue
		}
		v := snapshot.EnvVar{Name: e.Name, Value: e.Value}
		if from := e.ValueFrom; from != nil {
			switch {
			case from.FieldRef != nil && from.FieldRef.FieldPath == "metadata.namespace":
				v.Value = in.Namespace
			case from.ConfigMapKeyRef != nil:
				v.ConfigMap, v.Key = from.ConfigMapKeyRef.Name, from.ConfigMapKeyRef.Key
			default:
				v.Hidden = true
			}
		}
		p.Env = append(p.Env, v)
	}
	for _, from := range c.EnvFrom {
		switch {
		case from.Prefix != "":
		case from.ConfigMapRef != nil:
			p.EnvFrom = append(p.EnvFrom, from.ConfigMapRef.Name)
		case from.SecretRef != nil:
			p.HiddenEnv = true
		}
	}
}

// mountedConfigs are the ConfigMaps that a container sees as files.
func mountedConfigs(spec *corev1.PodSpec, c *corev1.Container) []snapshot.MountedConfig {
	var out []snapshot.MountedConfig
	for _, m := range c.VolumeMounts {
		i := slices.IndexFunc(spec.Volumes, func(v corev1.Volume) bool { return v.Name == m.Name && v.ConfigMap != nil })
		if i < 0 {
			continue
		}
		from := spec.Volumes[i].ConfigMap
		switch {
		case m.SubPath != "":
			key := m.SubPath
			for _, item := range from.Items {
				if item.Path == m.SubPath {
					key = item.Key
				}
			}
			out = append(out, snapshot.MountedConfig{Path: m.MountPath, ConfigMap: from.Name, Key: key})
		case len(from.Items) > 0:
			for _, item := range from.Items {
				out = append(out, snapshot.MountedConfig{Path: path.Join(m.MountPath, item.Path), ConfigMap: from.Name, Key: item.Key})
			}
		default:
			out = append(out, snapshot.MountedConfig{Path: m.MountPath, ConfigMap: from.Name})
		}
	}
	return out
}

// recordedProgram is a program as a container again.
func recordedProgram(p *snapshot.Program, number int) corev1.Container {
	out := corev1.Container{Name: "c" + strconv.Itoa(number), Image: p.Image, Args: p.Args}
	for _, v := range p.Env {
		e := corev1.EnvVar{Name: v.Name, Value: v.Value}
		switch {
		case v.Hidden:
			e.ValueFrom = &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{Key: "unread"}}
		case v.ConfigMap != "":
			e.ValueFrom = &corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{
				LocalObjectReference: corev1.LocalObjectReference{Name: v.ConfigMap}, Key: v.Key,
			}}
		}
		out.Env = append(out.Env, e)
	}
	for _, name := range p.EnvFrom {
		out.EnvFrom = append(out.EnvFrom, corev1.EnvFromSource{
			ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: name}},
		})
	}
	if p.HiddenEnv {
		out.EnvFrom = append(out.EnvFrom, corev1.EnvFromSource{
			SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "unread"}},
		})
	}
	for _, f := range p.Files {
		out.VolumeMounts = append(out.VolumeMounts, corev1.VolumeMount{Name: volumeOf(f), MountPath: f.Path, SubPath: f.Key})
	}
	return out
}

func volumeOf(f snapshot.MountedConfig) string { return "config-" + f.ConfigMap }

func recordedVolumes(of []snapshot.Program) []corev1.Volume {
	var out []corev1.Volume
	for _, p := range of {
		for _, f := range p.Files {
			if slices.ContainsFunc(out, func(v corev1.Volume) bool { return v.Name == volumeOf(f) }) {
				continue
			}
			out = append(out, corev1.Volume{Name: volumeOf(f), VolumeSource: corev1.VolumeSource{
				ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: f.ConfigMap}},
			}})
		}
	}
	return out
}

// keptConfig is what network plugins and controllers read of a ConfigMap.
func keptConfig(data map[string]string) map[string]string {
	out := cni.KeptConfig(data)
	for key, value := range settings.KeptConfig(data) {
		if out == nil {
			out = map[string]string{}
		}
		out[key] = value
	}
	return out
}
