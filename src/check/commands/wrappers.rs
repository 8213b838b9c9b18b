//! Table: the programs that start other programs, sorted by kind.

/// A program that starts another, whose name and arguments are among its own.
pub(super) struct Wrapper {
    pub names: &'static [&'static str],
    /// The subcommands with which it starts a program. The empty one stands for no subcommand.
    pub paths: &'static [&'static [&'static str]],
    /// The number of operands before the program.
    pub operands: usize,
    /// Options without a value, and options whose value is the next word. Other options may or may not have a value.
    pub flags: &'static [&'static str],
    pub values: &'static [&'static str],
    /// Options whose value is code, and options whose value is an environment variable of the program.
    pub code: &'static [&'static str],
    pub env: &'static [&'static str],
    /// Whether `NAME=VALUE` can precede the program.
    pub assigns: bool,
    /// Whether the program directly follows `--`, where there is one.
    pub dashes: bool,
    /// Options with which it starts a shell where no program is named. An empty text: even without options.
    pub shells: &'static [&'static str],
    /// Whether it makes words of its input.
    pub input_as_words: bool,
}

const PLAIN_WRAPPER: Wrapper = Wrapper {
    names: &[],
    paths: &[&[]],
    operands: 0,
    flags: &[],
    values: &[],
    code: &[],
    env: &[],
    assigns: false,
    dashes: false,
    shells: &[],
    input_as_words: false,
};

const fn wrapper(
    names: &'static [&'static str],
    operands: usize,
    flags: &'static [&'static str],
    values: &'static [&'static str],
) -> Wrapper {
    Wrapper { names, operands, flags, values, ..PLAIN_WRAPPER }
}

const IN_CONTAINER: &[&str] = &[
    "-i",
    "-t",
    "-d",
    "-q",
    "-T",
    "-P",
    "--stdin",
    "--tty",
    "--privileged",
    "--rm",
    "--detach",
    "--interactive",
    "--init",
    "--no-deps",
];
const OF_CONTAINERS: &[&str] = &[
    "-u",
    "--user",
    "-e",
    "--env",
    "-w",
    "--workdir",
    "-n",
    "--namespace",
    "-c",
    "--container",
    "--name",
    "-v",
    "--volume",
    "-p",
    "--publish",
    "--network",
    "--net",
    "-h",
    "--hostname",
    "-l",
    "--label",
    "-m",
    "--memory",
    "--mount",
    "--env-file",
    "--cpus",
    "--context",
    "-H",
    "--host",
    "--cluster",
    "--kubeconfig",
    "-s",
    "--server",
    "--token",
    "-f",
    "--file",
    "--project-name",
    "--profile",
    "--project",
    "--image",
    "--entrypoint",
    "--add-host",
    "--restart",
    "--task",
    "--job",
    "--cap-add",
    "--device",
];

const fn container(names: &'static [&'static str], paths: &'static [&'static [&'static str]], dashes: bool) -> Wrapper {
    Wrapper { paths, dashes, env: &["-e", "--env"], ..wrapper(names, 1, IN_CONTAINER, OF_CONTAINERS) }
}

pub(super) const WRAPPERS: [Wrapper; 45] = [
    // Another user, another root.
    Wrapper {
        assigns: true,
        shells: &["-i", "-s", "--login", "--shell"],
        ..wrapper(
            &["sudo", "dzdo"],
            0,
            &[
                "-n",
                "-H",
                "-E",
                "-i",
                "-s",
                "-S",
                "-k",
                "-K",
                "-A",
                "-b",
                "-P",
                "-N",
                "-B",
                "--non-interactive",
                "--login",
                "--shell",
            ],
            &[
                "-u", "-g", "-h", "-p", "-C", "-T", "-U", "-D", "-R", "-a", "-c", "-r", "-t", "--user", "--group",
                "--host", "--prompt", "--chdir",
            ],
        )
    },
    Wrapper { shells: &["-s"], ..wrapper(&["doas"], 0, &["-n", "-s"], &["-u", "-C", "-a"]) },
    wrapper(&["gosu", "su-exec"], 1, &[], &[]),
    wrapper(&["pkexec"], 0, &["--disable-internal-agent", "--keep-cwd"], &["--user", "-u"]),
    Wrapper {
        shells: &[""],
        env: &["--setenv"],
        ..wrapper(&["run0"], 0, &["-i"], &["-u", "--user", "-g", "--group", "-D", "--chdir", "--unit", "--setenv"])
    },
    wrapper(
        &["runuser"],
        0,
        &["-"],
        &["-u", "--user", "-g", "--group", "-G", "-l", "--login", "-s", "--shell", "-c", "--command"],
    ),
    wrapper(
        &["setpriv"],
        0,
        &["--no-new-privs", "--clear-groups", "--init-groups"],
        &["--reuid", "--regid", "--groups"],
    ),
    Wrapper { shells: &[""], ..wrapper(&["chroot"], 1, &[], &[]) },
    Wrapper {
        shells: &[""],
        ..wrapper(&["unshare"], 0, &["-m", "-n", "-p", "-f", "-r", "-u", "-i"], &["-R", "-w", "-S", "-G"])
    },
    Wrapper {
        shells: &[""],
        ..wrapper(&["nsenter"], 0, &["-m", "-n", "-p", "-u", "-i", "-a", "-C", "-U"], &["-t", "--target", "-S", "-G"])
    },
    // Variables, time, priority, output.
    Wrapper {
        assigns: true,
        code: &["-S", "--split-string"],
        ..wrapper(&["env"], 0, &["-i", "-0", "-v", "-"], &["-u", "--unset", "-C", "--chdir"])
    },
    wrapper(
        &["timeout"],
        1,
        &["--preserve-status", "--foreground", "-v", "-f", "-p"],
        &["-k", "--kill-after", "-s", "--signal"],
    ),
    wrapper(&["nice"], 0, &[], &["-n", "--adjustment"]),
    wrapper(&["ionice"], 0, &["-t"], &["-c", "--class", "-n", "--classdata"]),
    wrapper(&["nohup", "chronic", "torsocks", "busybox", "ssh-agent", "command", "exec"], 0, &["-k"], &[]),
    wrapper(&["unbuffer"], 0, &["-p"], &[]),
    wrapper(&["setsid"], 0, &["-w", "-f", "-c", "--wait", "--fork"], &[]),
    wrapper(&["stdbuf"], 0, &[], &["-i", "-o", "-e", "--input", "--output", "--error"]),
    wrapper(&["time"], 0, &["-v", "-p"], &["-f", "-o", "--format", "--output"]),
    wrapper(&["chrt"], 1, &["-f", "-r", "-o", "-b", "-i"], &["-T", "-P", "-D"]),
    wrapper(&["taskset"], 1, &["-c", "-a"], &[]),
    wrapper(&["numactl"], 0, &["-l"], &["-N", "-C", "-m", "-p", "-i"]),
    wrapper(&["cgexec"], 0, &["--sticky"], &["-g"]),
    wrapper(&["flock"], 1, &["-n", "-x", "-s", "-e", "-o", "-u", "-F"], &["-w", "--timeout", "-E", "-c", "--command"]),
    wrapper(&["strace"], 0, &["-f", "-q", "-c", "-y"], &["-e", "-o", "-p", "-s", "-u", "-E"]),
    Wrapper {
        env: &["--setenv", "-E"],
        ..wrapper(
            &["systemd-run"],
            0,
            &[
                "--wait",
                "--pipe",
                "--collect",
                "-G",
                "-P",
                "-q",
                "-t",
                "--scope",
                "--user",
                "--system",
                "--pty",
                "--quiet",
            ],
            &[
                "-p",
                "--property",
                "-u",
                "--unit",
                "-M",
                "--machine",
                "-H",
                "--host",
                "-E",
                "--setenv",
                "--slice",
                "--uid",
                "--gid",
            ],
        )
    },
    wrapper(&["systemd-inhibit"], 0, &[], &["--what", "--who", "--why", "--mode"]),
    wrapper(&["systemd-cat"], 0, &[], &["-t", "-p", "--identifier", "--priority"]),
    Wrapper {
        input_as_words: true,
        ..wrapper(
            &["xargs"],
            0,
            &["-0", "-r", "-t", "-x", "-p", "-i", "--null", "--no-run-if-empty"],
            &["-n", "-P", "-L", "-I", "-d", "-s", "-a", "-E", "--max-args", "--max-procs", "--delimiter", "--arg-file"],
        )
    },
    wrapper(&["sshpass"], 0, &["-e", "-v"], &["-p", "-f", "-d", "-P"]),
    wrapper(&["proxychains4", "proxychains"], 0, &["-q"], &["-f"]),
    // Containers and machines.
    container(
        &["docker", "podman", "nerdctl"],
        &[&["exec"], &["run"], &["container", "exec"], &["container", "run"]],
        false,
    ),
    container(&["docker", "podman", "nerdctl"], &[&["compose", "exec"], &["compose", "run"]], false),
    container(&["docker-compose", "podman-compose"], &[&["exec"], &["run"]], false),
    container(&["crictl"], &[&["exec"]], false),
    container(&["kubectl"], &[&["exec"], &["run"], &["debug"]], true),
    container(&["oc"], &[&["exec"], &["rsh"], &["debug"]], true),
    container(&["lxc", "incus"], &[&["exec"]], true),
    container(&["nomad"], &[&["alloc", "exec"], &["exec"]], false),
    container(&["pct"], &[&["exec"]], true),
    Wrapper {
        paths: &[&["shell"]],
        shells: &[""],
        env: &["-E", "--setenv"],
        ..wrapper(&["machinectl"], 1, &["-q"], &["--uid", "-E", "--setenv", "-M", "-H"])
    },
    Wrapper {
        shells: &[""],
        env: &["-E", "--setenv"],
        ..wrapper(
            &["systemd-nspawn"],
            0,
            &["-q", "-b", "-x", "-a", "--quiet"],
            &["-D", "--directory", "-M", "--machine", "-u", "--user", "-i", "--image", "-E", "--setenv", "--bind"],
        )
    },
    Wrapper { shells: &[""], dashes: true, ..wrapper(&["lxc-attach"], 0, &[], &["-n", "--name", "-u", "-g"]) },
    Wrapper { paths: &[&["netns", "exec"]], ..wrapper(&["ip"], 1, &["-4", "-6"], &[]) },
    Wrapper { paths: &[&["vrf", "exec"]], ..wrapper(&["ip"], 1, &["-4", "-6"], &["-n", "-netns"]) },
];
