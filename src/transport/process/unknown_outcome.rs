//! Endings of commands whose effect is unknown.

use super::ExitReason;

/// The exit code with which a shell reports a signal: 128 and the number of the signal.
const SIGNALLED: std::ops::RangeInclusive<i32> = 129..=192;

/// Programs that connect to other systems, and the exit codes with which they report a lost connection or a timeout.
///
/// `xargs` has its own codes: 124 and 125 if a command ended with 255 or by a signal, 123 if one of several failed,
/// which may have been `ssh`.
const CODES: [(&str, &[i32]); 7] = [
    ("rsync", &[10, 12, 20, 30, 35, 255]),
    ("timeout", &[124]),
    ("gtimeout", &[124]),
    ("xargs", &[123, 124, 125]),
    ("gxargs", &[123, 124, 125]),
    ("wget", &[4]),
    ("curl", &[16, 18, 28, 52, 55, 56, 92]),
];

/// Programs without `ssh` in their name that use ssh, or behave like it, and exit with 255.
const LIKE_SSH: [&str; 6] = ["slogin", "scp", "sftp", "mosh", "plink", "dbclient"];

/// Whether the effect of the command is unknown. Any of its words can be the program that sets the exit code: `sudo`,
/// `env` and `timeout` pass on the code of their command, and a shell has its command in one word.
pub(super) fn is_unknown(ending: ExitReason, arguments: &[String]) -> bool {
    match ending {
        ExitReason::Signal(_) => true,
        ExitReason::Code(code) if SIGNALLED.contains(&code) => true,
        ExitReason::Code(code) => arguments
            .iter()
            .flat_map(|argument| argument.split(|sign: char| sign.is_whitespace() || "'\"`();|&<>{}=".contains(sign)))
            .filter_map(|word| word.rsplit('/').next())
            .any(|name| reports_lost_connection(name, code)),
    }
}

fn reports_lost_connection(name: &str, code: i32) -> bool {
    let like_ssh = code == 255 && (name.contains("ssh") || LIKE_SSH.contains(&name));
    like_ssh || CODES.iter().any(|(program, codes)| *program == name && codes.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(code: i32, command: &str) -> bool {
        let arguments: Vec<String> = command.split('_').map(str::to_owned).collect();
        is_unknown(ExitReason::Code(code), &arguments)
    }

    #[test]
    fn a_lost_connection_is_told_by_who_says_it() {
        for command in [
            "ssh_be1_reboot",
            "/usr/bin/ssh_be1_reboot",
            "sudo_-u_ada_ssh_be1_reboot",
            "env_A=b_ssh_be1",
            "timeout_-k_5_9_sshpass_-e_ssh_be1",
            "sh_-c_cd /tmp && ssh be1 reboot",
            "sh_-c_out=$(ssh be1 reboot)",
            "rsync_-e_/opt/ssh -p 22_a_be1:a",
            "sftp_be1",
            "scp_a_be1:a",
        ] {
            assert!(lost(255, command), "{command}");
            assert!(!lost(1, command) && !lost(2, command) && !lost(127, command), "{command}");
        }
        assert!(lost(12, "rsync_a_b") && !lost(23, "rsync_a_b"));
        for code in [123, 124, 125] {
            assert!(lost(code, "xargs_-n1_ssh_be1") && lost(code, "sh_-c_ls | xargs -n1 deploy"), "{code}");
        }
        assert!(!lost(1, "xargs_true") && !lost(126, "xargs_true") && !lost(127, "xargs_true"));
        assert!(lost(4, "wget_http://be1/restart") && !lost(8, "wget_http://be1/restart"));
        assert!(lost(124, "timeout_9_true") && !lost(124, "true") && !lost(125, "timeout_9_true"));
        assert!(!lost(255, "deploy_--all") && !lost(255, "true"));
    }

    #[test]
    fn a_signal_is_lost_whoever_hands_it_on() {
        assert!(is_unknown(ExitReason::Signal(9), &[]));
        assert!(lost(137, "sh_-c_true") && lost(143, "deploy"));
        assert!(!lost(128, "deploy") && !lost(126, "env_x") && !lost(127, "env_x") && !lost(193, "deploy"));
    }
}
