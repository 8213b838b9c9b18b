//! Tables: the programs that read some of their words as code, sorted by kind, and the variables that make programs load
//! code.

/// Environment variables that make programs load or run what they name. `*` stands for any ending.
pub(super) const LOADING: [&str; 53] = [
    "BASH_*",
    "BROWSER",
    "CLASSPATH",
    "DYLD_*",
    "EDITOR",
    "ENV",
    "GCONV_PATH",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_ASKPASS",
    "GIT_CONFIG*",
    "GIT_DIR",
    "GIT_EDITOR",
    "GIT_EXEC_PATH",
    "GIT_EXTERNAL_DIFF",
    "GIT_PAGER",
    "GIT_PROXY_COMMAND",
    "GIT_SEQUENCE_EDITOR",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_TEMPLATE_DIR",
    "IFS",
    "JAVA_OPTS",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "LD_*",
    "LESSCLOSE",
    "LESSOPEN",
    "LUA_CPATH*",
    "LUA_INIT*",
    "LUA_PATH*",
    "MAKEFLAGS",
    "MANPAGER",
    "NODE_*",
    "OPENSSL_CONF",
    "PAGER",
    "PATH",
    "PERL5*",
    "PERLLIB",
    "PGOPTIONS",
    "PHPRC",
    "PHP_INI_SCAN_DIR",
    "PROMPT_COMMAND",
    "PS4",
    "PSQLRC",
    "PYTHON*",
    "RSYNC_RSH",
    "RUBY*",
    "SHELL",
    "SSH_ASKPASS",
    "TAR_OPTIONS",
    "VISUAL",
    "ZDOTDIR",
    "_JAVA_OPTIONS",
];

/// Which words of a program are code, besides the values of its options.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum CodeWords {
    Options,
    /// Every word after its name.
    EveryWord,
    /// A host, then a command for the shell there. Every word can reach that shell.
    RemoteCommand,
    /// The first operand, unless an option provides the code.
    FirstOperand,
    /// Every operand except the first.
    LaterOperands,
    /// Words such as `HOST:PATH`.
    RemotePaths,
    /// `NAME=VALUE`.
    Assignments,
    /// With `-c`, the first word after the options.
    ShellScript,
}

/// What a program does with its standard input.
#[derive(Clone, Copy)]
pub(super) enum Input {
    Data,
    Code,
    /// Code where neither a script nor a file with one is named.
    CodeWithoutScript,
}

/// A program that reads some of its words as code.
pub(super) struct Program {
    pub names: &'static [&'static str],
    pub reads: CodeWords,
    /// Subcommands with which it reads code; a `.` at the end stands for any ending.
    pub subcommands: &'static [&'static str],
    /// Options whose value is code.
    pub code: &'static [&'static str],
    /// Options that name a file with the code.
    pub files: &'static [&'static str],
    /// Other options with values, with the number of values.
    pub values: &'static [(&'static str, usize)],
    /// Options that a command follows.
    pub starts: &'static [&'static str],
    /// Whether a shell reads the code, so that plain characters stand for themselves.
    pub shell: bool,
    /// Whether it runs scripts, which must be literal.
    pub script: bool,
    /// Whether options after its first operand belong to that operand.
    pub stops: bool,
    /// Whether what follows its code belongs to the code.
    pub ends: bool,
    /// Whether every word after an option with code is code.
    pub to_the_end: bool,
    pub any_case: bool,
    pub input: Input,
}

const PLAIN: Program = Program {
    names: &[],
    reads: CodeWords::Options,
    subcommands: &[],
    code: &[],
    files: &[],
    values: &[],
    starts: &[],
    shell: false,
    script: false,
    stops: false,
    ends: false,
    to_the_end: false,
    any_case: false,
    input: Input::Data,
};

const SHELL: Program = Program { shell: true, ..PLAIN };
const JOINING: Program = Program { reads: CodeWords::EveryWord, ..SHELL };
const SCRIPTS: Program = Program { script: true, stops: true, input: Input::CodeWithoutScript, ..PLAIN };
const DATABASE: Program = Program { input: Input::Code, ..PLAIN };

const OF_SSH: &[(&str, usize)] = &[
    ("-p", 1),
    ("-i", 1),
    ("-o", 1),
    ("-l", 1),
    ("-J", 1),
    ("-F", 1),
    ("-L", 1),
    ("-R", 1),
    ("-D", 1),
    ("-W", 1),
    ("-b", 1),
    ("-c", 1),
    ("-E", 1),
    ("-m", 1),
    ("-Q", 1),
    ("-S", 1),
    ("-w", 1),
    ("-B", 1),
    ("-e", 1),
    ("-I", 1),
    ("-O", 1),
    ("-P", 1),
    ("-pw", 1),
    ("-M", 1),
];

pub(super) const PROGRAMS: [Program; 62] = [
    // Shells on other hosts.
    Program {
        names: &["ssh", "slogin", "rsh", "autossh", "plink", "mosh", "dbclient"],
        reads: CodeWords::RemoteCommand,
        values: OF_SSH,
        ..SHELL
    },
    Program { names: &["pdsh", "dsh", "clush", "pssh", "parallel-ssh", "pscp", "sshrc", "winrs"], ..JOINING },
    Program { names: &["tsh"], subcommands: &["ssh"], ..JOINING },
    Program { names: &["gcloud"], subcommands: &["ssh"], code: &["--command"], ..SHELL },
    Program { names: &["vagrant"], subcommands: &["ssh"], code: &["-c", "--command"], ..SHELL },
    Program { names: &["aws"], subcommands: &["ssm"], code: &["--parameters", "--cli-input-json"], ..PLAIN },
    Program { names: &["salt", "salt-call", "salt-ssh"], subcommands: &["cmd."], ..JOINING },
    Program { names: &["ansible"], code: &["-a", "--args", "-e", "--extra-vars"], ..SHELL },
    Program { names: &["ansible-playbook"], code: &["-e", "--extra-vars"], ..PLAIN },
    Program { names: &["scp"], reads: CodeWords::RemotePaths, code: &["-o", "-S"], ..SHELL },
    Program {
        names: &["sftp"],
        reads: CodeWords::RemotePaths,
        code: &["-o", "-S"],
        files: &["-b"],
        input: Input::CodeWithoutScript,
        ..SHELL
    },
    Program { names: &["rsync"], reads: CodeWords::RemotePaths, code: &["-e", "--rsh", "--rsync-path"], ..SHELL },
    // Shells on this one.
    Program {
        names: &["sh", "bash", "rbash", "dash", "ash", "zsh", "ksh", "mksh", "csh", "tcsh", "fish", "nu"],
        reads: CodeWords::ShellScript,
        shell: true,
        ..SCRIPTS
    },
    Program { names: &["su", "runuser"], code: &["-c", "--command", "--session-command"], input: Input::Code, ..SHELL },
    Program { names: &["watch", "parallel", "eval", "sg"], ..JOINING },
    Program {
        names: &["tmux"],
        subcommands: &[
            "new",
            "new-session",
            "new-window",
            "neww",
            "split-window",
            "splitw",
            "respawn-pane",
            "respawn-window",
            "send-keys",
            "send",
            "run-shell",
            "run",
            "if-shell",
            "pipe-pane",
            "display-popup",
        ],
        ..JOINING
    },
    Program { names: &["script", "flock"], code: &["-c", "--command"], ..SHELL },
    Program { names: &["find"], starts: &["-exec", "-execdir", "-ok", "-okdir"], ..PLAIN },
    Program {
        names: &["tar", "bsdtar"],
        code: &["-I", "--use-compress-program", "--to-command", "--checkpoint-action", "--rsh-command"],
        ..SHELL
    },
    Program { names: &["ncat", "nc"], code: &["-c", "--sh-exec", "-e", "--exec"], ..SHELL },
    Program { names: &["certbot"], code: &["--deploy-hook", "--pre-hook", "--post-hook", "--renew-hook"], ..SHELL },
    Program { names: &["socat"], reads: CodeWords::EveryWord, ..PLAIN },
    // Languages.
    Program { names: &["python", "pypy"], code: &["-c"], values: &[("-W", 1), ("-X", 1)], ends: true, ..SCRIPTS },
    Program { names: &["perl"], code: &["-e", "-E"], values: &[("-I", 1), ("-M", 0), ("-m", 0)], ..SCRIPTS },
    Program { names: &["ruby"], code: &["-e"], values: &[("-I", 1), ("-r", 1), ("-C", 1)], ..SCRIPTS },
    Program { names: &["lua", "luajit"], code: &["-e"], values: &[("-l", 1)], ..SCRIPTS },
    Program { names: &["Rscript"], code: &["-e"], ..SCRIPTS },
    Program {
        names: &["node", "nodejs"],
        code: &["-e", "--eval", "-p", "--print", "-pe"],
        values: &[("-r", 1), ("--require", 1), ("--import", 1)],
        ..SCRIPTS
    },
    Program {
        names: &["php"],
        code: &["-r", "-B", "-R", "-E"],
        values: &[("-d", 1), ("-c", 1)],
        files: &["-f"],
        ..SCRIPTS
    },
    Program {
        names: &["powershell", "pwsh"],
        code: &["-command", "-encodedcommand", "-ec"],
        files: &["-file"],
        values: &[
            ("-executionpolicy", 1),
            ("-ep", 1),
            ("-ex", 1),
            ("-version", 1),
            ("-windowstyle", 1),
            ("-inputformat", 1),
            ("-outputformat", 1),
            ("-workingdirectory", 1),
        ],
        reads: CodeWords::FirstOperand,
        to_the_end: true,
        any_case: true,
        ..SCRIPTS
    },
    Program { names: &["cmd"], code: &["/c", "/k"], to_the_end: true, any_case: true, ..SCRIPTS },
    Program {
        names: &["awk", "gawk", "mawk", "nawk"],
        reads: CodeWords::FirstOperand,
        code: &["-e", "--source"],
        files: &["-f", "--file"],
        values: &[
            ("-v", 1),
            ("-F", 1),
            ("-i", 1),
            ("-l", 1),
            ("--assign", 1),
            ("--field-separator", 1),
            ("--include", 1),
        ],
        ..PLAIN
    },
    Program {
        names: &["sed", "gsed"],
        reads: CodeWords::FirstOperand,
        code: &["-e", "--expression"],
        files: &["-f", "--file"],
        values: &[("-l", 1), ("-i", 0)],
        ..PLAIN
    },
    Program {
        names: &["jq", "gojq", "jaq"],
        reads: CodeWords::FirstOperand,
        files: &["-f", "--from-file"],
        values: &[("--arg", 2), ("--argjson", 2), ("--slurpfile", 2), ("--rawfile", 2), ("--indent", 1), ("-L", 1)],
        ..PLAIN
    },
    Program {
        names: &["yq"],
        reads: CodeWords::FirstOperand,
        code: &["e", "eval", "ea", "eval-all", "--expression"],
        files: &["-f", "--from-file"],
        values: &[("--arg", 2), ("--argjson", 2), ("-p", 1), ("-o", 1), ("-I", 1), ("--indent", 1)],
        ..PLAIN
    },
    Program {
        names: &["make", "gmake"],
        reads: CodeWords::Assignments,
        code: &["--eval"],
        files: &["-f", "--file", "--makefile"],
        ..PLAIN
    },
    Program {
        names: &["git"],
        code: &["-c", "--config-env", "--exec-path"],
        values: &[("-C", 1)],
        stops: true,
        ..PLAIN
    },
    Program { names: &["rails"], code: &["runner", "r"], ..PLAIN },
    Program { names: &["wp"], code: &["eval"], ..PLAIN },
    Program { names: &["rabbitmqctl"], code: &["eval"], ..PLAIN },
    Program { names: &["asterisk"], code: &["-x"], ..PLAIN },
    Program { names: &["vim", "vi", "nvim", "ex", "ed"], code: &["-c", "--cmd", "-S"], input: Input::Code, ..PLAIN },
    Program { names: &["emacs"], code: &["--eval", "-eval", "--execute"], ..PLAIN },
    Program {
        names: &["gdb"],
        code: &["-ex", "--ex", "-iex", "-eval-command", "--eval-command"],
        input: Input::Code,
        ..PLAIN
    },
    Program { names: &["bc", "dc", "expect", "tclsh"], code: &["-c", "-e"], input: Input::Code, ..PLAIN },
    Program { names: &["at", "batch", "crontab"], input: Input::Code, ..SHELL },
    // Databases and consoles.
    Program { names: &["psql"], code: &["-c", "--command"], ..DATABASE },
    Program { names: &["mysql", "mariadb"], code: &["-e", "--execute", "--init-command"], ..DATABASE },
    Program { names: &["mysqlsh"], code: &["-e", "--execute"], ..DATABASE },
    Program {
        names: &["sqlite3", "duckdb"],
        reads: CodeWords::LaterOperands,
        code: &["-cmd", "-c", "-s"],
        values: &[("-separator", 1), ("-init", 1), ("-nullvalue", 1), ("-newline", 1), ("-maxsize", 1)],
        ..DATABASE
    },
    Program { names: &["sqlcmd"], code: &["-Q", "-q"], ..DATABASE },
    Program { names: &["clickhouse-client", "clickhouse"], code: &["-q", "--query"], ..DATABASE },
    Program { names: &["cockroach"], subcommands: &["sql"], code: &["-e", "--execute"], ..DATABASE },
    Program { names: &["cqlsh"], code: &["-e", "--execute"], ..DATABASE },
    Program { names: &["mongo", "mongosh"], code: &["--eval"], ..DATABASE },
    Program { names: &["redis-cli", "valkey-cli"], code: &["eval", "EVAL", "--eval"], ..DATABASE },
    Program { names: &["influx"], code: &["-execute", "--execute"], ..DATABASE },
    Program { names: &["sqlplus", "isql", "tsql", "osql"], ..DATABASE },
    Program { names: &["vtysh"], code: &["-c"], ..DATABASE },
    Program { names: &["lftp"], code: &["-e", "-c"], ..DATABASE },
    Program { names: &["nft"], files: &["-f", "--file"], ..PLAIN },
    Program { names: &["iptables-restore", "ip6tables-restore", "nsupdate", "ldapmodify"], ..DATABASE },
];
