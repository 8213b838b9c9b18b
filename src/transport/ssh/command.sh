# The program that runs on the host, for POSIX sh. It reads the words and the input of a command as data, starts it, and says
# how it ended. `exec` takes no word for a builtin or a function, and nothing that was read is evaluated.
#
# It travels within single quotes, in a line that every login shell reads alike. So it contains no single quote, no `!` without
# a blank after it (csh), and no backslash before a quote or a backslash (fish). Its variables begin with `r_`, since those that
# the environment has already would reach the command.

# Another user: the same program once more, by sudo. Without a password, or not at all.
IFS= read -r r_user;
if [ -n "$r_user" ]; then IFS= read -r r_program; exec sudo -n -u "$r_user" -- sh -c "$r_program"; fi;
# No text of the command is sent before the other side has seen this line: whatever may have read standard input before this
# program, none of it can be taken for the program's own lines.
IFS= read -r r_nonce;
printf "\n#rectify %s ready\n" "$r_nonce";
r_read() {
  IFS= read -r r_lines || exit 1;
  IFS= read -r r_word || exit 1;
  while [ "$r_lines" -gt 1 ]; do
    if [ -z "$r_newline" ]; then r_newline=$(printf "\n."); r_newline=${r_newline%.}; fi;
    IFS= read -r r_line || exit 1;
    r_word=$r_word$r_newline$r_line;
    r_lines=$((r_lines - 1));
  done;
};
r_newline=;
IFS= read -r r_limit && IFS= read -r r_chunks && IFS= read -r r_count || exit 1;
set --;
r_count=$((r_chunks + r_count));
while [ "$r_count" -gt 0 ]; do r_read; set -- "$@" "$r_word"; r_count=$((r_count - 1)); done;
IFS= read -r r_go && [ "$r_go" = "go $r_nonce" ] || exit 1;
exec 3<&0 </dev/null;
# All that the command starts is to be ended at once. sshd has made this shell the leader of a process group; behind sudo, or
# another server, `setsid` makes one. Where that is missing, only the command itself is ended.
r_lead=; r_group=-$$;
if kill -0 "$r_group" 2>/dev/null; then :; elif command -v setsid >/dev/null 2>&1; then r_lead=setsid; r_group=-; else r_group=; fi;
r_feed() { while [ "$r_chunks" -gt 0 ]; do printf %s "$1"; shift; r_chunks=$((r_chunks - 1)); done; };
# A command such as `timeout` makes a group of its own.
r_signal() { kill "$1" "$r_group"; kill "$1" "$r_pid"; kill "$1" "-$r_pid"; };
r_stop() { trap "" TERM; r_signal -TERM; sleep 2; r_signal -KILL; };
r_state=;
trap "r_state=stopped; r_again=yes" TERM;
if [ "$r_chunks" -gt 0 ]; then
  r_feed "$@" 3<&- | { shift "$r_chunks"; exec $r_lead "$@" 3<&-; } & r_pid=$! ;
else
  ( exec $r_lead "$@" 3<&- ) & r_pid=$! ;
fi;
if [ "$r_group" = "-$$" ]; then :; else r_group=$r_group$r_pid; fi;
exec 2>/dev/null;
# The end of standard input means that the other side is gone, or has given up.
( while IFS= read -r r_rest; do :; done; r_stop ) <&3 >/dev/null & r_watch=$! ;
exec 3<&-;
( while [ "$r_limit" -gt 0 ]; do sleep 1; r_limit=$((r_limit - 1)); done; r_stop ) >/dev/null & r_timer=$! ;
# A signal interrupts `wait`. Where the command ended at that moment, a second `wait` knows it no longer.
r_again=; wait "$r_pid"; r_code=$?;
while [ -n "$r_again" ]; do
  r_again=; wait "$r_pid"; r_last=$?;
  if [ "$r_last" -ne 127 ]; then r_code=$r_last; fi;
done;
# What the command has left running is its purpose, unless it was stopped.
if [ -z "$r_state" ]; then kill -KILL "$r_watch" "$r_timer"; fi;
printf "\n#rectify %s end %s %s\n" "$r_nonce" "$r_code" "$r_state";
exit 0
