# The second part makes the shell the leader of a process group, so that all that the command starts can be ended at once.
# sshd has made it one already; behind sudo it may be another. Where `setsid` is missing, only the command itself is ended.
kill -0 "-$$" 2>/dev/null || { command -v setsid >/dev/null 2>&1 && exec setsid sh -c "$1"; };
eval "$1"
