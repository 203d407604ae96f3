curl --silent --show-error --max-time 10 -- "$1"
