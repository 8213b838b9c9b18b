# The program that runs on the host, for POSIX sh. It reads the words and the input of a command as data, starts it, and says
# how it ended. `exec` takes no word for a builtin or a function, and nothing that was read is evaluated.
#
# It travels within single quotes, in a line that every login shell reads alike. So it contains no single quote, no `!` without
# a blank after it (csh), and no backslash before a quote or a backslash (fish).

# Another user: the same program once more, by sudo. Without a password, or not at all.
IFS= read -r user;
if [ -n "$user" ]; then IFS= read -r program; exec sudo -n -u "$user" -- sh -c "$program"; fi;
word() {
  IFS= read -r lines || exit 1;
  IFS= read -r word || exit 1;
  while [ "$lines" -gt 1 ]; do
    if [ -z "$newline" ]; then newline=$(printf "\n."); newline=${newline%.}; fi;
    IFS= read -r line || exit 1;
    word=$word$newline$line;
    lines=$((lines - 1));
  done;
};
newline=;
IFS= read -r nonce; IFS= read -r limit; IFS= read -r chunks; IFS= read -r count;
set --;
count=$((chunks + count));
while [ "$count" -gt 0 ]; do word; set -- "$@" "$word"; count=$((count - 1)); done;
# Nothing has begun until the other side answers.
printf "\n#rectify %s ready\n" "$nonce";
IFS= read -r go && [ "$go" = go ] || exit 1;
exec 3<&0 </dev/null;
# All that the command starts is to be ended at once. sshd has made this shell the leader of a process group; behind sudo, or
# another server, `setsid` makes one. Where that is missing, only the command itself is ended.
lead=; group=-$$;
if kill -0 "$group" 2>/dev/null; then :; elif command -v setsid >/dev/null 2>&1; then lead=setsid; group=-; else group=; fi;
feed() { while [ "$chunks" -gt 0 ]; do printf %s "$1"; shift; chunks=$((chunks - 1)); done; };
stop() {
  trap "" TERM;
  kill -TERM "$group"; sleep 2; kill -KILL "$group";
};
state=;
trap "state=stopped" TERM;
if [ "$chunks" -gt 0 ]; then
  feed "$@" 3<&- | { shift "$chunks"; exec $lead "$@" 3<&-; } & pid=$! ;
else
  ( exec $lead "$@" 3<&- ) & pid=$! ;
fi;
if [ "$group" = "-$$" ]; then :; else group=$group$pid; fi;
exec 2>/dev/null;
# The end of standard input means that the other side is gone, or has given up.
( while IFS= read -r rest; do :; done; stop ) <&3 >/dev/null & watch=$! ;
exec 3<&-;
( while [ "$limit" -gt 0 ]; do sleep 1; limit=$((limit - 1)); done; stop ) >/dev/null & timer=$! ;
# A signal interrupts `wait`.
while :; do
  wait "$pid"; code=$?;
  kill -0 "$pid" || break;
done;
# What the command has left running is its purpose, unless it was stopped.
if [ -z "$state" ]; then kill -KILL "$watch" "$timer"; fi;
printf "\n#rectify %s end %s %s\n" "$nonce" "$code" "$state";
exit 0
