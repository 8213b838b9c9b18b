# The third part reads the words and the input of the command as data, starts it, and says how it ended. `exec` takes no word
# for a builtin or a function, and nothing that was read is evaluated.
newline=$(printf '\n.'); newline=${newline%.};
word() {
  IFS= read -r lines || exit 1;
  word=;
  while [ "$lines" -gt 0 ]; do
    IFS= read -r line || exit 1;
    word=$word$line;
    lines=$((lines - 1));
    if [ "$lines" -gt 0 ]; then word=$word$newline; fi;
  done;
};
IFS= read -r nonce; IFS= read -r limit; IFS= read -r chunks; IFS= read -r count;
set --;
count=$((chunks + count));
while [ "$count" -gt 0 ]; do word; set -- "$@" "$word"; count=$((count - 1)); done;
# Nothing has begun until the other side answers.
printf '\n#rectify %s ready\n' "$nonce";
IFS= read -r go && [ "$go" = go ] || exit 1;
exec 3<&0 </dev/null;
feed() { while [ "$chunks" -gt 0 ]; do printf %s "$1"; shift; chunks=$((chunks - 1)); done; };
stop() {
  trap '' TERM;
  if kill -0 "-$$"; then group=-$$; else group=$pid; fi;
  kill -TERM "$group"; sleep 2; kill -KILL "$group";
};
state=;
trap 'state=stopped' TERM;
if [ "$chunks" -gt 0 ]; then
  feed "$@" 3<&- | { shift "$chunks"; exec "$@" 3<&-; } & pid=$!;
else
  ( exec "$@" 3<&- ) & pid=$!;
fi;
exec 2>/dev/null;
# The end of standard input means that the other side is gone, or has given up.
( cat <&3; stop ) >/dev/null & watch=$!;
exec 3<&-;
( while [ "$limit" -gt 0 ]; do sleep 1; limit=$((limit - 1)); done; stop ) >/dev/null & timer=$!;
# A signal interrupts `wait`.
while :; do
  wait "$pid"; code=$?;
  kill -0 "$pid" || break;
done;
# What the command has left running is its purpose, unless it was stopped.
if [ -z "$state" ]; then kill -KILL "$watch" "$timer"; fi;
printf '\n#rectify %s end %s %s\n' "$nonce" "$code" "$state";
exit 0
