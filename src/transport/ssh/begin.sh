# The first part: it reads the others, and becomes another user where one is named. Without a password, or not at all.
IFS= read -r lead; IFS= read -r program; IFS= read -r user;
if [ -n "$user" ]; then exec sudo -n -u "$user" -- sh -c "$lead" sh "$program"; fi;
set -- "$program"; eval "$lead"
